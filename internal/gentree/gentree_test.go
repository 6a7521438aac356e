package gentree_test

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/gentree"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// TestTreeCompiles parses files of a tree with what they import, and the edit.
func TestTreeCompiles(t *testing.T) {
	tree := gentree.Tree{Files: 400, Messages: 3}
	var docs []schema.Document
	lines := 0
	if err := tree.Each(func(path, text string) error {
		docs = append(docs, schema.Document{Name: path, Text: text})
		lines += strings.Count(text, "\n")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(docs) != 400 || lines < 400*60 {
		t.Fatalf("%d files of %d lines", len(docs), lines)
	}
	middle := tree.Middle()
	used := 0
	for i := middle + 1; i < len(docs); i++ {
		if strings.Contains(docs[i].Text, docs[middle].Name) {
			used++
		}
	}
	if used == 0 {
		t.Error("no file imports the one in the middle")
	}
	edited := gentree.Edit(docs[middle].Text)
	if edited == docs[middle].Text {
		t.Error("the edit changes nothing")
	}
	for _, text := range []string{docs[0].Text, docs[middle].Text, edited} {
		if _, err := protobuf.Parse(text, docs[:middle], schema.Options{Limits: schema.DefaultLimits()}); err != nil {
			t.Error(err)
		}
	}
}

// TestTreeIsTheSame: what is generated is a function of the numbers alone.
func TestTreeIsTheSame(t *testing.T) {
	a, b := gentree.Tree{Files: 50, Messages: 2}, gentree.Tree{Files: 50, Messages: 2}
	seen := map[string]bool{}
	for i := range 50 {
		if a.Text(i) != b.Text(i) || seen[a.Path(i)] {
			t.Fatalf("file %d differs, or its path %s is there twice", i, a.Path(i))
		}
		seen[a.Path(i)] = true
	}
}
