package protobuf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCanonicalGolden prints every file of testdata/canonical in all forms.
func TestCanonicalGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/canonical/*.proto")
	if err != nil || len(files) < 4 {
		t.Fatalf("testdata is missing: %v %v", files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".proto")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := mustParse(t, string(text))
			laws(t, s)
			base := filepath.Join("testdata/canonical", name)
			golden(t, base+".canonical", s.Canonical())
			golden(t, base+".normalised", s.Normalised())
			slim, ok, err := s.Render("ignore_extensions")
			if !ok || err != nil {
				t.Fatal(ok, err)
			}
			golden(t, base+".slim", slim)
			serialized, _, err := s.Render("serialized")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, base+".fromdescriptor", mustParse(t, serialized).Canonical())
		})
	}
}

func TestRenderUnknownFormat(t *testing.T) {
	if _, ok, err := mustParse(t, `syntax = "proto3";`).Render("resolved"); ok || err != nil {
		t.Errorf("resolved: ok %v, error %v", ok, err)
	}
}

// TestBundledFiles links every bundled file and checks that the embedded texts
// are canonical.
func TestBundledFiles(t *testing.T) {
	names := BundledFiles()
	if len(names) != 30 {
		t.Fatalf("%d bundled files, want 30", len(names))
	}
	for _, name := range names {
		s := mustParse(t, "syntax = \"proto3\";\nimport \""+name+"\";\n")
		if got := s.Descriptor().Imports().Get(0).Path(); got != name {
			t.Errorf("imported %s, want %s", got, name)
		}
	}
	for _, name := range sourceNames {
		path := "bundled/" + name
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, path, mustParse(t, string(text)).Canonical())
	}
}
