package api

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/instar-registry/instar/registry"
)

var update = flag.Bool("update", false, "write what the server answers into the transcripts")

// TestTranscripts plays testdata/*.txtar: pairs of a request and the answer it
// must get, in order, against one registry. Every GET is sent twice, so that the
// fast lane and the ordinary lane are held to the same answer.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { playTranscript(t, file) })
	}
}

func playTranscript(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, func(ro *registry.Options, ao *Options) { setOptions(t, string(archive.Comment), ro, ao) })
	changed := false
	for i := 0; i < len(archive.Files); i++ {
		f := &archive.Files[i]
		name, ok := strings.CutPrefix(f.Name, "request: ")
		if !ok {
			t.Fatalf("%s: section %q is not a request", file, f.Name)
		}
		got := show(s.send(string(f.Data)))
		if strings.HasPrefix(string(f.Data), "GET ") {
			if again := show(s.send(string(f.Data))); again != got {
				t.Errorf("%s: the second answer differs:\n%s\nfrom the first:\n%s", name, again, got)
			}
		}
		if i+1 >= len(archive.Files) || archive.Files[i+1].Name != "response" {
			archive.Files = slices.Insert(archive.Files, i+1, txtar.File{Name: "response"})
		}
		i++
		if want := string(archive.Files[i].Data); want != got {
			if !*update {
				t.Errorf("%s:\n%s\ngot:\n%s\nwant:\n%s", name, f.Data, got, want)
			}
			archive.Files[i].Data = []byte(got)
			changed = true
		}
	}
	if changed && *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// setOptions reads lines "set: key=value" of a transcript's head.
func setOptions(t *testing.T, comment string, ro *registry.Options, ao *Options) {
	t.Helper()
	for _, line := range strings.Split(comment, "\n") {
		setting, ok := strings.CutPrefix(line, "set: ")
		if !ok {
			continue
		}
		key, value, _ := strings.Cut(setting, "=")
		number, _ := strconv.Atoi(value)
		switch key {
		case "incompatible-code":
			ao.IncompatibleCode = number
		case "legacy-bodies":
			ao.LegacyBodies = value == "true"
		case "reported-version":
			ao.ReportedVersion = value
		case "page.schemas":
			ao.SchemasPage = number
		case "base-path":
			ao.BasePath = value
		case "policy":
			ro.Settings.Policy = value
		case "mode-mutability":
			ro.Settings.ModeMutable = value == "true"
		case "reject-empty-subject":
			ro.Settings.RejectEmptySubject = value == "true"
		default:
			t.Fatalf("the transcript sets %q, which the runner does not know", key)
		}
	}
}

// constant are headers that TestHeaders holds every answer to; transcripts leave
// them out.
var constant = []string{"Content-Length", "Vary", "X-Content-Type-Options", "X-Request-Id", "Date"}

func show(a answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", a.status)
	var names []string
	for name := range a.header {
		if slices.Contains(constant, name) || name == "Content-Type" && a.header.Get(name) == "application/vnd.schemaregistry.v1+json" {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(a.header[name], " | "))
	}
	if a.body != "" {
		b.WriteString("\n" + a.body + "\n")
	}
	return b.String()
}

var _ http.Handler = (*API)(nil)
