package config

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the generated documents")

// generated are the documents that are derived from the struct.
var generated = []struct {
	path string
	make func() []byte
}{
	{"../../docs/configuration.md", Markdown},
	{"../../docs/configuration.schema.json", JSONSchema},
}

func TestGeneratedDocuments(t *testing.T) {
	for _, g := range generated {
		if *update {
			if err := os.WriteFile(g.path, g.make(), 0o644); err != nil { //nolint:gosec // a document for everybody
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(g.path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, g.make()) {
			t.Errorf("%s is not what the configuration struct says; run make generate", g.path)
		}
	}
}
