package compat

import (
	"slices"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestJSONRemarks: annotations that no event shows are remarks, in the order of
// the document, and what an engine decides is none.
func TestJSONRemarks(t *testing.T) {
	prop := func(more string) string {
		return `{"type":"object","properties":{"a":{"type":"string"` + more + `}}}`
	}
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"equal", prop(""), prop(""), nil},
		{"white space", prop(""), " " + prop(""), nil},
		{"key order", `{"type":"object","title":"A"}`, `{"title":"A","type":"object"}`, []string{"schema/text-only"}},
		{"data only", prop(""), prop(`,"maxLength":3`), nil},
		{"title", prop(""), prop(`,"title":"A"`), []string{"schema/doc-changed"}},
		{"title and description", prop(`,"title":"A"`), prop(`,"description":"B"`), []string{"schema/doc-changed"}},
		{"default comes", prop(""), prop(`,"default":""`), []string{"json/default-added"}},
		{"default null comes", prop(""), prop(`,"default":null`), []string{"json/default-added"}},
		{"key order of a default", prop(`,"default":{"x":1,"y":2}`), prop(`,"default":{"y":2,"x":1}`), []string{"schema/text-only"}},
		{"deprecated", prop(""), prop(`,"deprecated":true`), []string{"schema/deprecated-added"}},
		{"no longer deprecated", prop(`,"deprecated":true`), prop(`,"deprecated":false`), []string{"schema/deprecated-removed"}},
		{"of ours", prop(`,"x-owner":"a"`), prop(`,"x-owner":"b"`), []string{"schema/annotation-changed"}},
		{"read only", prop(""), prop(`,"readOnly":true`), []string{"schema/annotation-changed"}},
		{"format", prop(""), prop(`,"format":"date"`), []string{"json/format-added"}},
		{
			"below a reference", `{"$ref":"#/definitions/d","definitions":{"d":{"items":{"title":"A"}}}}`,
			`{"$ref":"#/definitions/e","definitions":{"e":{"items":{"title":"B"}}}}`,
			[]string{"json/ref-target-changed", "schema/doc-changed"},
		},
		{
			"a property that an open object takes anyway", `{"type":"object"}`, `{"type":"object","properties":{"a":{"title":"A"}}}`,
			[]string{"json/property-added-unconstrained"},
		},
		{"a property that a closed object refuses", `{"additionalProperties":false}`, `{"properties":{"a":{}},"additionalProperties":false}`, nil},
	} {
		older, newer := parseJSONSchema(t, c.old), parseJSONSchema(t, c.new)
		found := Remarks(older, newer, Meaning{})
		if got := names(found); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for i := range found {
			if f := &found[i]; f.Class() == ClassData || f.Proof() != ProofNoBreak || f.Refused {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
	if found := Remarks(parseJSONSchema(t, prop("")), parseJSONSchema(t, prop(`,"format":"date"`)), Meaning{AssertFormats: true}); len(found) > 0 {
		t.Errorf("a format that is asserted is the engine's: %v", names(found))
	}
}

// TestRemarksEnd: recursive schemas and a mix of formats have an end.
func TestRemarksEnd(t *testing.T) {
	tree := func(doc string) schema.Parsed {
		return parseAvro(t, `{"type":"record","name":"T","fields":[{"name":"left","type":["null","T"]},{"name":"right","type":{"type":"array","items":"T"},"doc":"`+doc+`"}]}`)
	}
	if got := names(Remarks(tree("a"), tree("b"), Meaning{})); !slices.Equal(got, []string{"schema/doc-changed"}) {
		t.Errorf("%v", got)
	}
	list := func(doc string) schema.Parsed {
		return parseJSONSchema(t, `{"properties":{"next":{"$ref":"#","title":"`+doc+`"},"also":{"$ref":"#"}},"title":"`+doc+`"}`)
	}
	if got := Remarks(list("a"), list("b"), Meaning{}); len(got) == 0 || len(got) > 3 {
		t.Errorf("%v", names(got))
	}
	if got := Remarks(tree("a"), list("a"), Meaning{}); got != nil {
		t.Errorf("%v", names(got))
	}
}
