package protobuf

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/cputime"
)

// nested returns a message nested n deep.
func nested(n int) string {
	return "syntax = \"proto3\";\n" + strings.Repeat("message M{", n) + strings.Repeat("}", n)
}

func messages(n int) string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\n")
	for i := range n {
		fmt.Fprintf(&b, "message M%d {}\n", i)
	}
	return b.String()
}

func enumOf(n int) string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\nenum E {\n")
	for i := range n {
		fmt.Fprintf(&b, "  V%d = %d;\n", i, i)
	}
	return b.String() + "}\n"
}

func fieldsOf(n int) string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\nmessage M {\n")
	for i := range n {
		fmt.Fprintf(&b, "  int32 f%d = %d;\n", i, i+1)
	}
	return b.String() + "}\n"
}

// TestRefusals holds texts that are refused, the part of the message that tells
// why, and where.
func TestRefusals(t *testing.T) {
	cases := []struct {
		name, text string
		docs       []schema.Document
		want       string
		limit      string
		at         schema.Position
		document   string
	}{
		{name: "syntax error", text: "syntax = \"proto3\";\nmessage A {\n  int32 x 1;\n}", want: "syntax error", at: schema.Position{Line: 3, Column: 11}},
		{name: "tabs and wide characters count once", text: "syntax = \"proto3\";\nmessage A {\n\t/* ä */ Missing x = 1;\n}", want: "unknown type Missing", at: schema.Position{Line: 3, Column: 10}},
		{name: "number used twice", text: "syntax = \"proto3\";\nmessage A { int32 x = 1; int32 y = 1; }", want: "same tag"},
		{name: "edition 2024", text: "edition = \"2024\";\nmessage A {}", want: `edition "2024" is not supported`, at: schema.Position{Line: 1, Column: 11}},
		{name: "unknown import", text: "syntax = \"proto3\";\nimport \"other.proto\";", want: `import "other.proto" is not a declared reference`, at: schema.Position{Line: 2, Column: 8}},
		{name: "unknown import names what is declared", text: "syntax = \"proto3\";\nimport \"other.proto\";", docs: []schema.Document{{Name: "known.proto", Text: ""}}, want: "declared are known.proto"},
		{name: "absolute path", text: "syntax = \"proto3\";\nimport \"/etc/passwd\";", want: `import path "/etc/passwd" is not allowed`, at: schema.Position{Line: 2, Column: 8}},
		{name: "parent path", text: "syntax = \"proto3\"; import \"../../x\";", want: `import path "../../x" is not allowed`},
		{name: "hidden parent path", text: "syntax = \"proto3\"; import \"a/../x.proto\";", want: "is not allowed"},
		{name: "URL", text: "syntax = \"proto3\"; import \"http://host/x.proto\";", want: "is not allowed"},
		{name: "backslash", text: `syntax = "proto3"; import "a\\b.proto";`, want: "is not allowed"},
		{name: "imports itself", text: "syntax = \"proto3\"; import \"default\";", want: "import cycle: default -> default"},
		{name: "cycle of two", text: "syntax = \"proto3\"; import \"a.proto\";", docs: []schema.Document{
			{Name: "a.proto", Text: "syntax = \"proto3\"; import \"b.proto\";"}, {Name: "b.proto", Text: "syntax = \"proto3\";\nimport \"a.proto\";"},
		}, want: "import cycle: a.proto -> b.proto -> a.proto", at: schema.Position{Line: 2, Column: 8}, document: "b.proto"},
		{name: "mistake in a reference", text: "syntax = \"proto3\"; import \"a.proto\";", docs: []schema.Document{{Name: "a.proto", Text: "syntax = \"proto3\";\n\nmessage {"}}, want: "syntax error", at: schema.Position{Line: 3, Column: 9}, document: "a.proto"},
		{name: "NUL", text: "syntax = \"proto3\"; // \x00", want: "byte 0x00", at: schema.Position{Line: 1, Column: 23}},
		{name: "not UTF-8", text: "syntax = \"proto3\"; // \xff", want: "byte 0xff"},
		{name: "too deep", text: nested(32), want: "messages are nested too deeply", limit: "proto-nesting"},
		{name: "at the limit of the text, beyond that of the compiler", text: nested(31)[:len(nested(31))-31] + "map<string, string> m = 1;" + strings.Repeat("}", 31), want: "messages are nested too deeply", limit: "proto-nesting"},
		{name: "one deeper", text: nested(33), want: "messages are nested too deeply", limit: "proto-nesting"},
		{name: "far too deep", text: nested(90_000), want: "messages are nested too deeply", limit: "proto-nesting"},
		{name: "deep without an end", text: "syntax = \"proto3\";" + strings.Repeat("message M{", 100_000), want: "messages are nested too deeply", limit: "proto-nesting"},
		{name: "deep groups", text: "message M {" + strings.Repeat("optional group G = 1 {", 40_000), want: "messages are nested too deeply", limit: "proto-nesting"},
		{name: "deep option value", text: "syntax = \"proto3\"; option (x) = " + strings.Repeat("{ a: ", 100_000), want: "brackets are nested too deeply", limit: "proto-nesting"},
		{name: "deep list", text: "syntax = \"proto3\"; option (x) = " + strings.Repeat("[", 100_000), want: "brackets are nested too deeply", limit: "proto-nesting"},
		{name: "deep angles", text: "syntax = \"proto3\"; option (x) = { a " + strings.Repeat("< a ", 100_000), want: "brackets are nested too deeply", limit: "proto-nesting"},
		{name: "nesting hidden by stray closers", text: "syntax = \"proto3\";" + strings.Repeat("message M { > ] ) ", 50_000), want: "brackets are nested too deeply", limit: "proto-nesting"},
		{name: "11 MB", text: strings.Repeat("// 0123456789\n", 800_000), want: "too large", limit: "schema-bytes"},
		{name: "too many messages", text: messages(10_001), want: "too many messages", limit: "messages"},
		{name: "too many fields", text: fieldsOf(10_001), want: "too many fields", limit: "fields"},
		{name: "too many constants", text: enumOf(20_001), want: "too many constants", limit: "symbols"},
		{name: "long name", text: "syntax = \"proto3\"; message " + strings.Repeat("a", 1025) + " {}", want: "name is too long", limit: "name-bytes"},
		{name: "long dotted name", text: "syntax = \"proto3\"; message A { " + strings.Repeat("a.", 300_000) + "b x = 1; }", want: "name is too long", limit: "name-bytes"},
		{name: "large references", text: "syntax = \"proto3\";", docs: []schema.Document{{Name: "a", Text: strings.Repeat(" ", 4<<20)}}, want: "too large", limit: "reference-bytes"},
		{name: "written-out map entry of nobody", text: "syntax = \"proto3\"; message A { message XEntry { option map_entry = true; string key = 1; string value = 2; } }", want: "map_entry"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			start := cputime.Used()
			_, err := Parse(c.text, c.docs, defaults())
			if took := cputime.Used() - start; took > time.Second {
				t.Errorf("took %v", took)
			}
			var e *schema.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v (%T)", err, err)
			}
			if !strings.Contains(e.Error(), c.want) || e.Limit != c.limit || e.Document != c.document {
				t.Errorf("got %v (limit %q, document %q)", e, e.Limit, e.Document)
			}
			if c.at.IsValid() && e.Position != c.at {
				t.Errorf("at %v, want %v", e.Position, c.at)
			}
		})
	}
}

// TestBoundaries accepts what stays at a limit.
func TestBoundaries(t *testing.T) {
	for name, text := range map[string]string{
		"nesting":   nested(31),
		"messages":  messages(10_000),
		"fields":    fieldsOf(10_000),
		"constants": enumOf(20_000),
		"name":      "syntax = \"proto3\"; message " + strings.Repeat("a", 1024) + " {}",
		"empty":     "",
		"brackets in strings and comments": "syntax = \"proto3\"; // " + strings.Repeat("{", 1000) + "\n/*" + strings.Repeat("[", 1000) +
			"*/ option java_package = \"" + strings.Repeat("{", 1000) + "\\\"<\";",
	} {
		if _, err := Parse(text, nil, defaults()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLenientNames(t *testing.T) {
	text := "syntax = \"proto3\"; message " + strings.Repeat("a", 2000) + " {}"
	_, err := Parse(text, nil, defaults())
	var e *schema.Error
	if !errors.As(err, &e) || !e.Soft {
		t.Errorf("strict: %v", err)
	}
	if _, err := Parse(text, nil, schema.Options{Limits: schema.DefaultLimits(), Lenient: true}); err != nil {
		t.Errorf("lenient: %v", err)
	}
}

func TestReferences(t *testing.T) {
	docs := []schema.Document{
		{Name: "b.proto", Text: "syntax = \"proto3\"; package b; message B { int32 x = 1; }"},
		{Name: "a.proto", Text: "syntax = \"proto3\"; package a; import public \"b.proto\"; message A { b.B b = 1; }"},
		{Name: "unused.proto", Text: "this is not even a schema"},
	}
	s := mustParse(t, "syntax = \"proto3\";\nimport \"a.proto\";\nmessage M { a.A a = 1; b.B b = 2; }", docs...)
	laws(t, s)
	if got := s.Inlined(); got == s.Canonical() || !strings.Contains(got, "package b;") || strings.Contains(got, "unused") {
		t.Errorf("inlined:\n%s", got)
	}
	alone := mustParse(t, "syntax = \"proto3\"; message M {}")
	if alone.Inlined() != alone.Canonical() || alone.Equivalence() != alone.Canonical() {
		t.Error("a text without references differs from its inlined form")
	}
	if n := len(s.Documents()); n != 3 {
		t.Errorf("%d documents", n)
	}
}

// TestDeclaredReferenceWins checks which of two files with one name is used.
func TestDeclaredReferenceWins(t *testing.T) {
	own := schema.Document{Name: "google/type/money.proto", Text: "syntax = \"proto3\"; package mine; message Mine {}"}
	mustParse(t, "syntax = \"proto3\"; import \"google/type/money.proto\"; message M { mine.Mine x = 1; }", own)
	runtime := schema.Document{Name: "google/protobuf/empty.proto", Text: "syntax = \"proto3\"; package mine; message Mine {}"}
	mustParse(t, "syntax = \"proto3\"; import \"google/protobuf/empty.proto\"; message M { google.protobuf.Empty x = 1; }", runtime)
}

func TestUnusedImportWarning(t *testing.T) {
	s := mustParse(t, "syntax = \"proto3\";\nimport \"google/protobuf/empty.proto\";\n")
	w := s.Warnings()
	if len(w) != 1 || !strings.Contains(w[0].What, "not used") || w[0].Line != 2 {
		t.Errorf("warnings %v", w)
	}
	if w := mustParse(t, "message A {}").Warnings(); len(w) != 0 {
		t.Errorf("a missing syntax line warns: %v", w)
	}
}

func encode(t *testing.T, fd *descriptorpb.FileDescriptorProto) string {
	t.Helper()
	raw, err := proto.Marshal(fd)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func TestSerializedInput(t *testing.T) {
	fd := &descriptorpb.FileDescriptorProto{
		Name: proto.String("orders.proto"), Syntax: proto.String("proto3"), Package: proto.String("acme"),
		MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("Order"),
			Field: []*descriptorpb.FieldDescriptorProto{{
				Name: proto.String("order_id"), Number: proto.Int32(1), JsonName: proto.String("orderId"),
				Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
			}},
		}},
	}
	want := "syntax = \"proto3\";\npackage acme;\n\nmessage Order {\n  string order_id = 1;\n}\n"
	if got := mustParse(t, encode(t, fd)).Canonical(); got != want {
		t.Errorf("got\n%s", got)
	}
	t.Run("unknown import", func(t *testing.T) {
		bad := proto.Clone(fd).(*descriptorpb.FileDescriptorProto)
		bad.Dependency = []string{"other.proto"}
		_, err := Parse(encode(t, bad), nil, defaults())
		if err == nil || !strings.Contains(err.Error(), "other.proto") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unknown option", func(t *testing.T) {
		bad := proto.Clone(fd).(*descriptorpb.FileDescriptorProto)
		bad.Options = &descriptorpb.FileOptions{}
		bad.Options.ProtoReflect().SetUnknown([]byte{0x8a, 0xb5, 0x18, 0x01, 'x'})
		_, err := Parse(encode(t, bad), nil, defaults())
		if err == nil || !strings.Contains(err.Error(), "no import defines") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("names that are no names", func(t *testing.T) {
		bad := proto.Clone(fd).(*descriptorpb.FileDescriptorProto)
		bad.MessageType[0].Name = proto.String("A {} message B")
		var e *schema.Error
		if _, err := Parse(encode(t, bad), nil, defaults()); !errors.As(err, &e) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("deep", func(t *testing.T) {
		m := &descriptorpb.DescriptorProto{Name: proto.String("M")}
		for range 60 {
			m = &descriptorpb.DescriptorProto{Name: proto.String("M"), NestedType: []*descriptorpb.DescriptorProto{m}}
		}
		bad := &descriptorpb.FileDescriptorProto{Name: proto.String("x"), MessageType: []*descriptorpb.DescriptorProto{m}}
		var e *schema.Error
		if _, err := Parse(encode(t, bad), nil, defaults()); !errors.As(err, &e) || e.Limit != "proto-nesting" {
			t.Errorf("got %v", err)
		}
	})
}
