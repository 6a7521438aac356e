package protobuf

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/instar-registry/instar/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func defaults() schema.Options { return schema.Options{Limits: schema.DefaultLimits()} }

// mustParse parses a text that has to be accepted.
func mustParse(t testing.TB, text string, deps ...schema.Document) *Schema {
	t.Helper()
	s, err := Parse(text, deps, defaults())
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, text)
	}
	return s
}

// golden compares a text with a file, or writes the file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

// sameDescriptor fails unless two schemas have the same descriptor.
func sameDescriptor(t testing.TB, what string, a, b *descriptorpb.FileDescriptorProto) {
	t.Helper()
	if !proto.Equal(a, b) {
		t.Errorf("%s: descriptors differ\n%v\n%v", what, a, b)
	}
}

// laws checks what must hold for every accepted text.
func laws(t testing.TB, s *Schema) {
	t.Helper()
	again, err := Parse(s.Canonical(), s.deps, s.opts)
	if err != nil {
		t.Fatalf("the canonical text does not parse: %v\n%s", err, s.Canonical())
	}
	if again.Canonical() != s.Canonical() {
		t.Fatalf("the canonical text is not a fixed point:\n%s\n---\n%s", s.Canonical(), again.Canonical())
	}
	sameDescriptor(t, "canonical", s.DescriptorProto(), again.DescriptorProto())
	if again.Normalised() != s.Normalised() {
		t.Fatalf("normalised texts differ:\n%s\n---\n%s", s.Normalised(), again.Normalised())
	}
	norm, err := Parse(s.Normalised(), s.deps, s.opts)
	if err != nil {
		t.Fatalf("the normalised text does not parse: %v\n%s", err, s.Normalised())
	}
	if norm.Normalised() != s.Normalised() {
		t.Fatalf("the normalised text is not a fixed point:\n%s\n---\n%s", s.Normalised(), norm.Normalised())
	}
	serialized, ok, err := s.Render("serialized")
	if !ok || err != nil {
		t.Fatalf("serialized: %v %v", ok, err)
	}
	back, err := Parse(serialized, s.deps, s.opts)
	if err != nil {
		t.Fatalf("the serialized form does not parse: %v\n%s", err, s.Canonical())
	}
	if back.Normalised() != s.Normalised() {
		t.Fatalf("the serialized form is another schema:\n%s\n---\n%s", s.Normalised(), back.Normalised())
	}
}
