package rulepages

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/instar-registry/instar/compat"
)

var update = flag.Bool("update", false, "write docs/rules anew")

const (
	examplesDir = "../../compat/testdata/rules"
	pagesDir    = "../../docs/rules"
)

// TestDocuments holds the committed pages to the catalogue: each is current, and
// there is no other.
func TestDocuments(t *testing.T) {
	pages, err := Render(os.DirFS(examplesDir))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		write(t, pages)
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(pagesDir, name))
		if err != nil || string(got) != want {
			t.Errorf("docs/rules/%s is not current; run make generate (%v)", name, err)
		}
	}
	err = fs.WalkDir(os.DirFS(pagesDir), ".", func(name string, d fs.DirEntry, err error) error {
		if _, known := pages[name]; err == nil && !d.IsDir() && !known {
			t.Errorf("docs/rules/%s belongs to no rule", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, pages map[string]string) {
	t.Helper()
	if err := os.RemoveAll(pagesDir); err != nil {
		t.Fatal(err)
	}
	for name, text := range pages {
		file := filepath.Join(pagesDir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var links = regexp.MustCompile(`\]\(([^)]+)\)`)

// TestLinksLead: every link of every page leads to a page.
func TestLinksLead(t *testing.T) {
	pages, err := Render(os.DirFS(examplesDir))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for name, text := range pages {
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			count++
			if target := path.Join(path.Dir(name), m[1]); pages[target] == "" {
				t.Errorf("%s links to %s, which is no page", name, target)
			}
		}
	}
	if count < len(compat.Rules()) {
		t.Errorf("only %d links were followed", count)
	}
}

// TestPageSays what is promised of a page of a rule that breaks data.
func TestPageSays(t *testing.T) {
	pages, err := Render(os.DirFS(examplesDir))
	if err != nil {
		t.Fatal(err)
	}
	text := pages["avro/decimal-scale-changed.md"]
	for _, want := range []string{
		"# Decimal scale changed", "BACKWARD and FORWARD", "It says `12.34`", "is read as `0.1234`", "| EXACT | **refused** | **refused** |",
		"| STRICT | accepted | accepted |", "Neither side can go first", "## What to do", "`force=true`",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

// TestBrokenExamples: an example that cannot be judged stops the writing.
func TestBrokenExamples(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"half":    {"avro/field-added/old.avsc": {Data: []byte(`"int"`)}},
		"invalid": {"avro/field-added/old.avsc": {Data: []byte(`"int`)}, "avro/field-added/new.avsc": {Data: []byte(`"int"`)}},
	} {
		if _, err := Render(files); err == nil || !strings.Contains(err.Error(), "avro/field-added") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
