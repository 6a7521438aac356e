package protobuf

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// closure returns the documents that a file imports, dependencies first.
func closure(files map[string]string, path string) []schema.Document {
	var out []schema.Document
	seen := map[string]bool{path: true}
	var visit func(text string)
	visit = func(text string) {
		for _, line := range strings.Split(text, "\n") {
			rest, ok := strings.CutPrefix(strings.TrimSpace(line), "import ")
			if !ok {
				continue
			}
			name := strings.Trim(strings.TrimPrefix(rest, "public "), "\"; ")
			dep, declared := files[name]
			if seen[name] || !declared {
				continue
			}
			seen[name] = true
			visit(dep)
			out = append(out, schema.Document{Name: name, Text: dep})
		}
	}
	visit(files[path])
	return out
}

// TestOpenTelemetry checks the laws on a part of a public protocol.
func TestOpenTelemetry(t *testing.T) {
	const root = "testdata/opentelemetry-proto"
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".proto" {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for path, text := range files {
		t.Run(path, func(t *testing.T) {
			s := mustParse(t, text, closure(files, path)...)
			laws(t, s)
			if len(s.Fields()) == 0 || s.Size() < len(text) {
				t.Errorf("%d fields, size %d", len(s.Fields()), s.Size())
			}
			for seed := range uint64(20) {
				checkSample(t, s, nil, seed)
			}
		})
	}
}

// TestOpenTelemetryHistory checks the laws on every distinct file of the whole
// history. INSTAR_CORPORA names the folder that holds it.
func TestOpenTelemetryHistory(t *testing.T) {
	dir := os.Getenv("INSTAR_CORPORA")
	if dir == "" {
		t.Skip("INSTAR_CORPORA does not name a folder")
	}
	f, err := os.Open(filepath.Join(dir, "opentelemetry-proto.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	type commit struct {
		Commit, Root string
		Compiles     *bool
		Changed      []string
		Files        map[string]string
	}
	parsed, refused := 0, 0
	for d := json.NewDecoder(zr); ; {
		var c commit
		if err := d.Decode(&c); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for path, text := range c.Files {
			files[strings.TrimPrefix(path, c.Root)] = text
		}
		broken := false
		slices.Sort(c.Changed)
		for _, path := range c.Changed {
			name := strings.TrimPrefix(path, c.Root)
			s, err := Parse(files[name], closure(files, name), defaults())
			if err != nil {
				broken = true
				refused++
				if c.Compiles == nil {
					t.Errorf("%s %s: %v", c.Commit, name, err)
				}
				continue
			}
			parsed++
			laws(t, s)
			checkSample(t, s, nil, 1)
		}
		if c.Compiles != nil && !broken {
			t.Logf("%s: none of the changed files is at fault", c.Commit)
		}
	}
	t.Logf("%d file versions parsed, %d refused", parsed, refused)
	if parsed < 360 {
		t.Errorf("only %d file versions parsed", parsed)
	}
}
