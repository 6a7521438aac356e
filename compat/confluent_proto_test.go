package compat

import (
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
)

func protoSchema(t testing.TB, text string, docs ...schema.Document) *protobuf.Schema {
	t.Helper()
	if !strings.Contains(text, "syntax =") {
		text = "syntax = \"proto3\";\n" + text
	}
	s, err := protobuf.Parse(text, docs, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

func kindsAndPaths(ds []Difference) []string {
	var out []string
	for _, d := range ds {
		out = append(out, d.Kind+" "+d.Path)
	}
	return out
}

const proto2 = "syntax = \"proto2\";\n"

// protoCases hold, for each kind, pairs that emit it and pairs that only nearly
// do. want lists kind and path of everything that is found.
var protoCases = []struct {
	name, old, new string
	want           []string
}{
	{"same", "message A { int32 x = 1; oneof o { string s = 2; } map<string, A> m = 3; }", "message A { int32 x = 1; oneof o { string s = 2; } map<string, A> m = 3; }", nil},
	{"comment only", "message A { int32 x = 1; }", "// hello\nmessage A { int32 x = 1; } // there", nil},

	{"package changed", "package a; message A {}", "package b; message A {}", []string{"PACKAGE_CHANGED #/"}},
	{"package dropped", "package a; message A {}", "message A {}", []string{"PACKAGE_CHANGED #/"}},
	{"package added and type kept", "message A { B b = 1; } message B {}", "package p; message A { p.B b = 1; } message B {}", []string{"PACKAGE_CHANGED #/"}},

	{"message added", "message A {}", "message A {} message B {}", []string{"MESSAGE_ADDED #/B"}},
	{"nested message added", "message A {}", "message A { message N {} }", []string{"MESSAGE_ADDED #/A/N"}},
	{"map added is no message", "message A {}", "message A { map<string, int32> m = 1; }", []string{"FIELD_ADDED #/A/1"}},
	{"message removed", "message A {} message B {}", "message A {}", []string{"MESSAGE_REMOVED #/B"}},
	{"nested message removed", "message A { message N {} }", "message A {}", []string{"MESSAGE_REMOVED #/A/N"}},
	{"map removed is no message", "message A { map<string, int32> m = 1; }", "message A {}", []string{"FIELD_REMOVED #/A/1"}},
	{"message renamed", "message A {}", "message B {}", []string{"MESSAGE_REMOVED #/A", "MESSAGE_ADDED #/B"}},
	{"messages swapped", "message A {} message B {}", "message B {} message A {}", []string{"MESSAGE_MOVED #/A", "MESSAGE_MOVED #/B"}},
	{"enum between messages moves none", "message A {} message B {}", "message A {} enum E { Z = 0; } message B {}", []string{"ENUM_ADDED #/E"}},

	{"enum added", "message A {}", "message A {} enum E { Z = 0; }", []string{"ENUM_ADDED #/E"}},
	{"nested enum added", "message A {}", "message A { enum E { Z = 0; } }", []string{"ENUM_ADDED #/A/E"}},
	{"enum removed", "message A {} enum E { Z = 0; }", "message A {}", []string{"ENUM_REMOVED #/E"}},
	{"constant added", "enum E { Z = 0; }", "enum E { Z = 0; Y = 1; }", []string{"ENUM_CONST_ADDED #/E/1"}},
	{"constant removed", "enum E { Z = 0; Y = 1; }", "enum E { Z = 0; }", []string{"ENUM_CONST_REMOVED #/E/1"}},
	{"constant renamed", "enum E { Z = 0; Y = 1; }", "enum E { Z = 0; X = 1; }", []string{"ENUM_CONST_CHANGED #/E/1"}},
	{"constants reordered", "enum E { Z = 0; Y = 1; X = 2; }", "enum E { Z = 0; X = 2; Y = 1; }", nil},

	{"field added", "message A {}", "message A { int32 x = 1; }", []string{"FIELD_ADDED #/A/1"}},
	{"field removed", "message A { int32 x = 1; }", "message A {}", []string{"FIELD_REMOVED #/A/1"}},
	{"field removed and reserved", "message A { int32 x = 1; }", "message A { reserved 1; }", []string{"FIELD_REMOVED #/A/1"}},
	{"field renamed", "message A { int32 x = 1; }", "message A { int32 y = 1; }", []string{"FIELD_NAME_CHANGED #/A/1"}},
	{"field renumbered", "message A { int32 x = 1; }", "message A { int32 x = 2; }", []string{"FIELD_REMOVED #/A/1", "FIELD_ADDED #/A/2"}},
	{"fields reordered", "message A { int32 x = 1; int32 y = 2; }", "message A { int32 y = 2; int32 x = 1; }", nil},

	{"scalar to message", "message A { int32 x = 1; } message B {}", "message A { B x = 1; } message B {}", []string{"FIELD_KIND_CHANGED #/A/1"}},
	{"message to map", "message A { B x = 1; } message B {}", "message A { map<string, B> x = 1; } message B {}", []string{"FIELD_KIND_CHANGED #/A/1"}},
	{"map to scalar", "message A { map<string, int32> x = 1; }", "message A { string x = 1; }", []string{"FIELD_KIND_CHANGED #/A/1"}},
	{"map value kind", "message A { map<string, int32> x = 1; } message B {}", "message A { map<string, B> x = 1; } message B {}", []string{"FIELD_KIND_CHANGED #/A/1"}},

	{"int32 to string", "message A { int32 x = 1; }", "message A { string x = 1; }", []string{"FIELD_SCALAR_KIND_CHANGED #/A/1"}},
	{"int32 to sint32", "message A { int32 x = 1; }", "message A { sint32 x = 1; }", []string{"FIELD_SCALAR_KIND_CHANGED #/A/1"}},
	{"fixed32 to fixed64", "message A { fixed32 x = 1; }", "message A { fixed64 x = 1; }", []string{"FIELD_SCALAR_KIND_CHANGED #/A/1"}},
	{"float to double", "message A { float x = 1; }", "message A { double x = 1; }", []string{"FIELD_SCALAR_KIND_CHANGED #/A/1"}},
	{"fixed32 to float", "message A { fixed32 x = 1; }", "message A { float x = 1; }", []string{"FIELD_SCALAR_KIND_CHANGED #/A/1"}},
	{"map key group", "message A { map<string, int32> x = 1; }", "message A { map<int32, int32> x = 1; }", []string{"FIELD_SCALAR_KIND_CHANGED #/A/1"}},
	{"varint group", "message A { int32 a = 1; uint64 b = 2; bool c = 3; E d = 4; } enum E { Z = 0; }", "message A { uint64 a = 1; bool b = 2; E c = 3; int64 d = 4; } enum E { Z = 0; }", nil},
	{"zigzag group", "message A { sint32 x = 1; }", "message A { sint64 x = 1; }", nil},
	{"text group", "message A { string x = 1; }", "message A { bytes x = 1; }", nil},
	{"fixed groups", "message A { fixed32 x = 1; sfixed64 y = 2; }", "message A { sfixed32 x = 1; fixed64 y = 2; }", nil},
	{"another enum", "message A { E x = 1; } enum E { Z = 0; } enum F { Y = 0; }", "message A { F x = 1; } enum E { Z = 0; } enum F { Y = 0; }", nil},

	{"another message type", "message A { B x = 1; } message B {} message C {}", "message A { C x = 1; } message B {} message C {}", []string{"FIELD_NAMED_TYPE_CHANGED #/A/1"}},
	{"map value type", "message A { map<string, B> x = 1; } message B {} message C {}", "message A { map<string, C> x = 1; } message B {} message C {}", []string{"FIELD_NAMED_TYPE_CHANGED #/A/1"}},
	{"qualified name of the same type", "package p; message A { B x = 1; } message B {}", "package p; message A { .p.B x = 1; } message B {}", nil},
	{"type moved into the message", "message A { B x = 1; } message B {}", "message A { B x = 1; message B {} }", []string{"FIELD_NAMED_TYPE_CHANGED #/A/1", "MESSAGE_ADDED #/A/B", "MESSAGE_REMOVED #/B"}},
	{"same local type changed inside", "message A { B x = 1; } message B { int32 y = 1; }", "message A { B x = 1; } message B { string y = 1; }", []string{"FIELD_SCALAR_KIND_CHANGED #/B/1"}},

	{"optional to repeated number", "message A { optional int32 x = 1; }", "message A { repeated int32 x = 1; }", []string{"FIELD_NUMERIC_LABEL_CHANGED #/A/1"}},
	{"repeated to optional enum", "message A { repeated E x = 1; } enum E { Z = 0; }", "message A { optional E x = 1; } enum E { Z = 0; }", []string{"FIELD_NUMERIC_LABEL_CHANGED #/A/1"}},
	{"optional to required number", proto2 + "message A { optional int32 x = 1; }", proto2 + "message A { required int32 x = 1; }", []string{"FIELD_NUMERIC_LABEL_CHANGED #/A/1"}},
	{"singular to repeated number", "message A { int32 x = 1; }", "message A { repeated int32 x = 1; }", nil},
	{"optional to singular number", "message A { optional int32 x = 1; }", "message A { int32 x = 1; }", nil},
	{"message label", "message A { optional A x = 1; }", "message A { repeated A x = 1; }", nil},
	{"label and kind", "message A { optional int32 x = 1; }", "message A { repeated string x = 1; }", []string{"FIELD_SCALAR_KIND_CHANGED #/A/1"}},
	{"optional to repeated string", "message A { optional string x = 1; }", "message A { repeated string x = 1; }", []string{"FIELD_STRING_OR_BYTES_LABEL_CHANGED #/A/1"}},
	{"repeated to optional bytes", "message A { repeated bytes x = 1; }", "message A { optional bytes x = 1; }", []string{"FIELD_STRING_OR_BYTES_LABEL_CHANGED #/A/1"}},
	{"required to optional string", proto2 + "message A { required string x = 1; }", proto2 + "message A { optional bytes x = 1; }", []string{"FIELD_STRING_OR_BYTES_LABEL_CHANGED #/A/1"}},
	{"singular to repeated string", "message A { string x = 1; }", "message A { repeated string x = 1; }", nil},

	{"required added", proto2 + "message A { }", proto2 + "message A { required int32 x = 1; }", []string{"REQUIRED_FIELD_ADDED #/A/1"}},
	{"required message added", proto2 + "message A { }", proto2 + "message A { required A x = 1; }", []string{"REQUIRED_FIELD_ADDED #/A/1"}},
	{"required removed", proto2 + "message A { required int32 x = 1; }", proto2 + "message A { }", []string{"REQUIRED_FIELD_REMOVED #/A/1"}},
	{"required in a nested message", proto2 + "message A { message N { required int32 x = 1; } }", proto2 + "message A { message N { } }", []string{"REQUIRED_FIELD_REMOVED #/A/N/1"}},
	{"optional added", proto2 + "message A { }", proto2 + "message A { optional int32 x = 1; }", []string{"FIELD_ADDED #/A/1"}},

	{"oneof added", "message A {}", "message A { oneof o { int32 x = 1; } }", []string{"ONEOF_ADDED #/A/o"}},
	{"proto3 optional is no oneof", "message A { int32 x = 1; }", "message A { optional int32 x = 1; }", nil},
	{"oneof removed with all members", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A {}", []string{"ONEOF_REMOVED #/A/o"}},
	{
		"oneof removed, one member kept", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A { int32 x = 1; }",
		[]string{"ONEOF_REMOVED #/A/o", "ONEOF_FIELD_REMOVED #/A/o/2", "ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/A/1"},
	},
	{"oneof renamed", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A { oneof p { int32 x = 1; int32 y = 2; } }", []string{"ONEOF_REMOVED #/A/o", "ONEOF_ADDED #/A/p"}},
	{
		"oneof renamed and member changed", "message A { oneof o { int32 x = 1; } }", "message A { oneof p { string x = 1; } }",
		[]string{"ONEOF_REMOVED #/A/o", "ONEOF_ADDED #/A/p", "FIELD_SCALAR_KIND_CHANGED #/A/1"},
	},
	{"member added", "message A { oneof o { int32 x = 1; } }", "message A { oneof o { int32 x = 1; int32 y = 2; } }", []string{"ONEOF_FIELD_ADDED #/A/o/2"}},
	{"member removed", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A { oneof o { int32 x = 1; } }", []string{"ONEOF_FIELD_REMOVED #/A/o/2"}},
	{"member changed", "message A { oneof o { int32 x = 1; } }", "message A { oneof o { string x = 1; } }", []string{"FIELD_SCALAR_KIND_CHANGED #/A/o/1"}},
	{"member leaves", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A { oneof o { int32 x = 1; } int32 y = 2; }", []string{"ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/A/2"}},
	{
		"member leaves and changes", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A { oneof o { int32 x = 1; } string y = 2; }",
		[]string{"ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/A/2", "FIELD_SCALAR_KIND_CHANGED #/A/2"},
	},
	{"member leaves and is required", proto2 + "message A { oneof o { int32 x = 1; int32 y = 2; } }", proto2 + "message A { oneof o { int32 x = 1; } required int32 y = 2; }", []string{"REQUIRED_FIELD_ADDED #/A/2"}},

	{"two fields into a oneof", "message A { int32 x = 1; int32 y = 2; }", "message A { oneof o { int32 x = 1; int32 y = 2; } }", []string{"MULTIPLE_FIELDS_MOVED_TO_ONEOF #/A/o", "ONEOF_ADDED #/A/o"}},
	{
		"two fields into an old oneof", "message A { oneof o { int32 z = 3; } int32 x = 1; int32 y = 2; }", "message A { oneof o { int32 z = 3; int32 x = 1; int32 y = 2; } }",
		[]string{"MULTIPLE_FIELDS_MOVED_TO_ONEOF #/A/o", "ONEOF_FIELD_ADDED #/A/o/1", "ONEOF_FIELD_ADDED #/A/o/2"},
	},
	{"one field into a new oneof", "message A { int32 x = 1; }", "message A { oneof o { int32 x = 1; int32 y = 2; } }", []string{"ONEOF_ADDED #/A/o"}},
	{"two fields into two oneofs", "message A { int32 x = 1; int32 y = 2; }", "message A { oneof o { int32 x = 1; } oneof p { int32 y = 2; } }", []string{"ONEOF_ADDED #/A/o", "ONEOF_ADDED #/A/p"}},
	{
		"one field into an old oneof", "message A { oneof o { int32 z = 3; } int32 x = 1; }", "message A { oneof o { int32 z = 3; int32 x = 1; } }",
		[]string{"FIELD_MOVED_TO_EXISTING_ONEOF #/A/o", "ONEOF_FIELD_ADDED #/A/o/1"},
	},
	{
		"two oneofs joined", "message A { oneof o { int32 x = 1; } oneof p { int32 y = 2; } }", "message A { oneof o { int32 x = 1; int32 y = 2; } }",
		[]string{"FIELD_MOVED_TO_EXISTING_ONEOF #/A/o", "ONEOF_REMOVED #/A/p", "ONEOF_FIELD_ADDED #/A/o/2"},
	},
	{"new field beside a moved one", "message A { int32 x = 1; }", "message A { oneof o { int32 x = 1; int32 new = 9; } }", []string{"ONEOF_ADDED #/A/o"}},
	{"oneof split", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A { oneof o { int32 x = 1; } oneof p { int32 y = 2; } }", []string{"ONEOF_ADDED #/A/p"}},

	{
		"not compared: syntax, options, reserved, services", proto2 + "message A { optional int32 x = 1 [default = 3]; extensions 100 to 200; reserved 5; } service S { rpc R (A) returns (A); }",
		proto2 + "option java_package = \"x\"; message A { optional int32 x = 1 [default = 4, json_name = \"X\", deprecated = true]; reserved 6; }", nil,
	},
	{"not compared: groups", proto2 + "message A { optional group G = 1 { optional int32 x = 1; } }", proto2 + "message A { optional group H = 1 { optional string x = 1; } }", nil},
	{"recursive", "message A { A a = 1; B b = 2; } message B { A a = 1; }", "message A { A a = 1; B b = 2; } message B { A a = 1; int32 c = 2; }", []string{"FIELD_ADDED #/B/2"}},
}

func TestProtobufDifferences(t *testing.T) {
	seen := map[string]int{}
	for _, c := range protoCases {
		t.Run(c.name, func(t *testing.T) {
			old, new := protoSchema(t, c.old), protoSchema(t, c.new)
			got := protobufDifferences(old, new)
			if k := kindsAndPaths(got); !slices.Equal(k, c.want) {
				t.Errorf("got  %q\nwant %q", k, c.want)
			}
			for _, d := range got {
				seen[d.Kind]++
				checkDifference(t, d)
			}
			checkMirror(t, got, protobufDifferences(new, old))
			for _, s := range []*protobuf.Schema{old, new} {
				if d := protobufDifferences(s, s); len(d) > 0 {
					t.Errorf("a schema differs from itself: %v", d)
				}
			}
		})
	}
	for kind := range protoKinds {
		if seen[kind] == 0 {
			t.Errorf("no case emits %s", kind)
		}
	}
	if len(protoKinds) != 26 {
		t.Errorf("%d kinds, want 26", len(protoKinds))
	}
}

// refusedProtoKinds are the 11 kinds that the rule refuses.
var refusedProtoKinds = []string{
	"PACKAGE_CHANGED", "MESSAGE_REMOVED", "FIELD_KIND_CHANGED", "FIELD_SCALAR_KIND_CHANGED", "FIELD_NAMED_TYPE_CHANGED",
	"FIELD_NUMERIC_LABEL_CHANGED", "REQUIRED_FIELD_ADDED", "REQUIRED_FIELD_REMOVED", "ONEOF_FIELD_REMOVED",
	"MULTIPLE_FIELDS_MOVED_TO_ONEOF", "FIELD_MOVED_TO_EXISTING_ONEOF",
}

func checkDifference(t *testing.T, d Difference) {
	t.Helper()
	refused := slices.Contains(refusedProtoKinds, d.Kind)
	if d.Strict != refused || d.Lenient != refused {
		t.Errorf("%s: strict %v, lenient %v, want %v", d.Kind, d.Strict, d.Lenient, refused)
	}
	if !strings.Contains(d.Description, "'"+d.Path+"'") || d.Additional != "" {
		t.Errorf("%s: description %q", d.Kind, d.Description)
	}
}

// checkMirror checks that what one direction calls added, the other one calls
// removed, at the same place.
func checkMirror(t *testing.T, forth, back []Difference) {
	t.Helper()
	has := func(list []Difference, kind, path string) bool {
		return slices.ContainsFunc(list, func(d Difference) bool { return d.Kind == kind && d.Path == path })
	}
	mirrors := map[string]string{
		"MESSAGE_ADDED": "MESSAGE_REMOVED", "ENUM_ADDED": "ENUM_REMOVED", "ENUM_CONST_ADDED": "ENUM_CONST_REMOVED",
		"FIELD_ADDED": "FIELD_REMOVED", "ONEOF_ADDED": "ONEOF_REMOVED",
		"PACKAGE_CHANGED": "PACKAGE_CHANGED", "MESSAGE_MOVED": "MESSAGE_MOVED", "ENUM_CONST_CHANGED": "ENUM_CONST_CHANGED",
		"FIELD_NAME_CHANGED": "FIELD_NAME_CHANGED", "FIELD_KIND_CHANGED": "FIELD_KIND_CHANGED",
		"FIELD_SCALAR_KIND_CHANGED": "FIELD_SCALAR_KIND_CHANGED", "FIELD_NAMED_TYPE_CHANGED": "FIELD_NAMED_TYPE_CHANGED",
		"FIELD_NUMERIC_LABEL_CHANGED": "FIELD_NUMERIC_LABEL_CHANGED",
	}
	for added, removed := range mirrors {
		for _, d := range forth {
			if d.Kind == added && !has(back, removed, d.Path) {
				t.Errorf("%s %s has no %s the other way", added, d.Path, removed)
			}
			if d.Kind == removed && !has(back, added, d.Path) {
				t.Errorf("%s %s has no %s the other way", removed, d.Path, added)
			}
		}
	}
}

func TestProtobufDifferenceSentence(t *testing.T) {
	d := protobufDifferences(protoSchema(t, "message M { int32 x = 1; }"), protoSchema(t, "message M { M x = 1; }"))
	want := "The kind of a Proto field at path '#/M/1' in the new schema does not match its kind in the old schema"
	if len(d) != 1 || d[0].Description != want {
		t.Errorf("got %v", d)
	}
}

// TestProtobufReferences compares types that come from referenced texts.
func TestProtobufReferences(t *testing.T) {
	main := "syntax = \"proto3\"; import \"r.proto\"; message A { r.R x = 1; map<string, r.R> y = 2; }"
	ref := func(body string) schema.Document {
		return schema.Document{Name: "r.proto", Text: "syntax = \"proto3\"; package r; message R { R self = 9; " + body + " }"}
	}
	cases := []struct {
		name     string
		old, new schema.Document
		want     []string
	}{
		{"equal", ref("int32 a = 1;"), ref("int32 a = 1;"), nil},
		{"allowed change", ref("int32 a = 1;"), ref("int64 a = 1; int32 b = 2;"), []string{"FIELD_ADDED #/R/2"}},
		{"refused change", ref("int32 a = 1;"), ref("string a = 1;"), []string{"FIELD_SCALAR_KIND_CHANGED #/R/1", "FIELD_NAMED_TYPE_CHANGED #/A/1", "FIELD_NAMED_TYPE_CHANGED #/A/2"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := protobufDifferences(protoSchema(t, main, c.old), protoSchema(t, main, c.new))
			if k := kindsAndPaths(got); !slices.Equal(k, c.want) {
				t.Errorf("got  %q\nwant %q", k, c.want)
			}
		})
	}
	t.Run("type moved into a reference", func(t *testing.T) {
		old := protoSchema(t, "syntax = \"proto3\"; message A { R x = 1; } message R { int32 a = 1; }")
		doc := schema.Document{Name: "r.proto", Text: "syntax = \"proto3\"; package r; message R { string a = 1; }"}
		new := protoSchema(t, "syntax = \"proto3\"; import \"r.proto\"; message A { r.R x = 1; } message R { int32 a = 1; }", doc)
		want := []string{"FIELD_SCALAR_KIND_CHANGED #/R/1", "FIELD_NAMED_TYPE_CHANGED #/A/1"}
		if k := kindsAndPaths(protobufDifferences(old, new)); !slices.Equal(k, want) {
			t.Errorf("got  %q\nwant %q", k, want)
		}
	})
}

func BenchmarkProtobufDifferences(b *testing.B) {
	var text strings.Builder
	for i := range 50 {
		text.WriteString("message M" + string(rune('A'+i%26)) + string(rune('a'+i/26)) + " { int32 a = 1; optional string b = 2; repeated int64 c = 3; map<string, int32> d = 4; oneof o { bool e = 5; double f = 6; } }\n")
	}
	old, new := protoSchema(b, text.String()), protoSchema(b, strings.ReplaceAll(text.String(), "int64 c", "sint64 c"))
	old.Outline()
	new.Outline()
	for b.Loop() {
		if len(protobufDifferences(old, new)) != 50 {
			b.Fatal("not every change was found")
		}
	}
}
