package compat

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// TestRepairNumbers: a file whose messages were numbered anew is mended at once,
// and every fix that is offered holds.
func TestRepairNumbers(t *testing.T) {
	const old = `syntax = "proto3";
message Span {
  bytes trace = 1;
  string name = 2;
  Link link = 3;
  oneof kind { int64 code = 4; string word = 5; }
  message Link { fixed64 id = 1; string why = 2; }
}
`
	const renumbered = `syntax = "proto3";
// a { in a comment
message Span { // message Other {
  string name = 1 [deprecated = true];
  /* moved; */ bytes trace = 2;
  Link link = 3;
  oneof kind { string word = 4; int64 code = 5; }
  message Link { bytes id = 1; string why = 3; int32 fresh = 2; }
}
`
	const want = `syntax = "proto3";
// a { in a comment
message Span { // message Other {
  string name = 2 [deprecated = true];
  /* moved; */ bytes trace = 1;
  Link link = 3;
  oneof kind { string word = 5; int64 code = 4; }
  message Link { bytes id_v2 = 4; string why = 2; int32 fresh = 5; }
}
`
	parse := func(_, text string) (schema.Parsed, error) {
		s, err := protobuf.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	before, err := parse("", old)
	if err != nil {
		t.Fatal(err)
	}
	after, err := parse("", renumbered)
	if err != nil {
		t.Fatal(err)
	}
	q := Request{Candidate: after, History: []Version{{Number: 1, Parsed: before}}, Level: Full}
	r, err := Check(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	found := r.Findings()
	if err := Repair(t.Context(), q, Source{Text: renumbered, Parse: parse}, found); err != nil {
		t.Fatal(err)
	}
	for i := range found {
		f := &found[i]
		if f.Class() != ClassData {
			continue
		}
		if len(f.Fixes) == 0 {
			t.Errorf("%s at %s has no fix", f.Rule, f.Path)
		}
		for _, x := range f.Fixes {
			if text := applied(renumbered, x.Edits); x.Kind == FixKeepNumbers && strings.HasPrefix(f.Path, "link.") && !strings.Contains(text, "string why = 2;") {
				t.Errorf("%s at %s: %s", f.Rule, f.Path, text)
			}
		}
	}
	all := &protoText{text: renumbered}
	if all.renumberAll(old, protoBlocks(old)); all.text != want {
		t.Errorf("got\n%s\nwant\n%s", all.text, want)
	}
	q.Candidate, err = parse("", want)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = Check(t.Context(), q); err != nil || r.Refused {
		t.Errorf("%v, %v", err, r.Findings())
	}
}

func applied(text string, edits []TextEdit) string {
	for i := len(edits) - 1; i >= 0; i-- {
		e := edits[i]
		text = text[:e.Offset] + e.Insert + text[e.Offset+e.Delete:]
	}
	return text
}

// TestProtoBlocks: messages are found in texts of any layout, and nothing in
// comments and quoted texts is one.
func TestProtoBlocks(t *testing.T) {
	const text = `syntax="proto2";option (x)={a:"}" b{c:1}};message A{optional group G=1{optional int32 g=1;}enum E{X=0;}` +
		`extensions 5 to 9;message B{oneof o{int32 p=1;}map<string,int32>m=2;optional string s=3[default="message C { int32 z = 1; }"];}optional B b=2;}` +
		`service S{rpc R(A)returns(A){option d=1;}}message D{reserved 1;}`
	var got []string
	for _, b := range protoBlocks(text) {
		names := []string{}
		for _, f := range b.fields(text) {
			names = append(names, f.name)
		}
		got = append(got, b.name+"("+strings.Join(names, " ")+")")
	}
	if want := "A(b) A.B(p m s) D()"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
	for _, broken := range []string{"message A {", "message A { string s = 1", `message A { string s = 1 [a = "`, "}}}", "/*", "message A { // x"} {
		_ = protoBlocks(broken) // reads no further than the text
	}
}
