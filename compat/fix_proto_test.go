package compat

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// TestProtoTextEdits: an edit finds its place in a text of any layout, and fails
// rather than guess.
func TestProtoTextEdits(t *testing.T) {
	const text = "syntax = \"proto2\";\nmessage M { // ö\n\toptional string a = 1 [default = \"}; \\\" ]\"];\n\tenum E {\n\t\tX = 0; Y = 1;\n\t}\n}\n"
	at := func(line, column int) int { return offsetOf(text, schema.Position{Line: line, Column: column}) }
	finding := func(params ...string) *Finding {
		f := &Finding{}
		r := remarks{}
		r.note("schema/text-only", "$", schema.Place{}, schema.Place{}, params...)
		*f = r.found[0]
		return f
	}
	for _, c := range []struct {
		name string
		edit func(*protoText)
		want string // what the text has after the edit; empty if it must fail
	}{
		{"a line after the brace", func(p *protoText) { p.insert(at(2, 1), "reserved 7;") }, "message M {\n  reserved 7; // ö\n\toptional"},
		{"a declaration", func(p *protoText) { p.restate(at(3, 2), finding("number", "1"), "optional bytes a = 1;") }, "ö\n\toptional bytes a = 1;\n\tenum"},
		{"another number", func(p *protoText) { p.restate(at(3, 2), finding("number", "2"), "optional bytes a = 2;") }, ""},
		{"no old declaration", func(p *protoText) { p.restate(at(3, 2), finding("number", "1"), "") }, ""},
		{"no place", func(p *protoText) { p.insert(-1, "reserved 7;") }, ""},
		{"a field is no message", func(p *protoText) { p.insert(at(3, 2), "reserved 7;") }, ""},
		{"a value at the end", func(p *protoText) { p.keepSymbol(at(4, 2), finding("value", "m.Z", "number", "2")) }, "X = 0; Y = 1;\n\t\tZ = 2;\n\t}"},
		{"a value renamed", func(p *protoText) { p.keepSymbol(at(4, 2), finding("oldName", "W", "newName", "Y")) }, "X = 0; W = 1;"},
		{"a value gone", func(p *protoText) { p.restoreSymbol(at(4, 2), finding("value", "Y")) }, "X = 0;\n\t}"},
		{"a value that is not there", func(p *protoText) { p.restoreSymbol(at(4, 2), finding("value", "Z")) }, ""},
		{"a number", func(p *protoText) { p.restoreSymbol(at(4, 2), finding("value", "Y", "oldNumber", "5")) }, "Y = 5;"},
		{"a JSON name", func(p *protoText) { p.option(at(3, 2), finding("oldName", "old_name_x"), "") }, "a = 1 [json_name = \"oldNameX\", default ="},
		{"nothing is required", func(p *protoText) { p.optional(at(3, 2)) }, ""},
		{"no package", func(p *protoText) { p.restorePackage(finding("oldPackage", "a.b")) }, ""},
	} {
		p := &protoText{text: text}
		if c.edit(p); p.failed != (c.want == "") || !strings.Contains(p.text, c.want) {
			t.Errorf("%s: failed %v\n%s", c.name, p.failed, p.text)
		}
	}
	if at(9, 1) >= 0 || offsetOf(text, schema.Position{}) >= 0 || at(2, 99) >= 0 {
		t.Error("a place beyond the text was found")
	}
}

// TestProtoDeclarationIsUnambiguous: a field that two messages declare in two
// ways is not brought back.
func TestProtoDeclarationIsUnambiguous(t *testing.T) {
	r := remarks{}
	r.note("schema/text-only", "$", schema.Place{}, schema.Place{}, "field", "a", "number", "1")
	for text, want := range map[string]string{
		"message M {\n  int32 a = 1;\n}\nmessage N {\n  int32 a = 1;\n}\n":                                "int32 a = 1;",
		"message M {\n  int32 a = 1;\n}\nmessage N {\n  int64 a = 1;\n}\n":                                "",
		"message M {\n  map<string, a.B> a = 1 [deprecated = true];\n}\nmessage N {\n  int64 a = 2;\n}\n": "map<string, a.B> a = 1 [deprecated = true];",
		"message M {\n  int32 b = 1;\n}\n":                                                                "",
	} {
		if got := declaration(text, &r.found[0]); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestRepairProtoEdition: names are reserved as the syntax of the file writes
// them.
func TestRepairProtoEdition(t *testing.T) {
	const before = "edition = \"2023\";\nmessage M {\n  int32 a = 1;\n  int32 b = 2;\n}\n"
	const after = "edition = \"2023\";\nmessage M {\n  int32 a = 1;\n  reserved 2;\n}\n"
	parse := func(text string) (schema.Parsed, error) {
		return protobuf.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	}
	older, err := parse(before)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := parse(after)
	if err != nil {
		t.Fatal(err)
	}
	q := Request{Candidate: newer, History: []Version{{Number: 1, Parsed: older}}}
	r, err := Check(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	found := r.Findings()
	if err := Repair(t.Context(), q, Source{Text: after, Parse: func(_, text string) (schema.Parsed, error) { return parse(text) }}, found); err != nil {
		t.Fatal(err)
	}
	for i := range found {
		if f := &found[i]; f.Rule == "proto/field-name-unreserved" {
			if len(f.Fixes) != 1 || !f.Fixes[0].Safe || !strings.Contains(f.Fixes[0].Edits[0].Insert, "reserved b;") {
				t.Errorf("%+v", f.Fixes)
			}
			return
		}
	}
	t.Errorf("not found: %v", names(found))
}
