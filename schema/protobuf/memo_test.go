package protobuf

import (
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/internal/lru"
	"github.com/instar-registry/instar/schema"
)

// memoCase is a text with its documents, as "name: text" pairs.
type memoCase struct {
	name, text string
	docs       [][2]string
	lenient    bool
}

func (c *memoCase) parse(memo schema.Memo) (*Schema, error) {
	return c.parseWith(schema.Options{Memo: memo})
}

func (c *memoCase) parseWith(o schema.Options) (*Schema, error) {
	var docs []schema.Document
	for _, d := range c.docs {
		docs = append(docs, schema.Document{Name: d[0], Text: d[1]})
	}
	o.Limits, o.Lenient = schema.DefaultLimits(), c.lenient
	return Parse(c.text, docs, o)
}

const (
	memoOwn   = "syntax = \"proto3\";\nimport \"b.proto\";\nmessage Own { B b = 1; }\n"
	memoB     = "syntax = \"proto3\";\nimport \"a.proto\";\nmessage B { A a = 1; }\n"
	memoA     = "syntax = \"proto3\";\nmessage A { int32 x = 1; }\n"
	memoOther = "syntax = \"proto3\";\nimport \"b.proto\";\nimport \"c.proto\";\nmessage Own { B b = 1; C c = 2; }\n"
)

const (
	memoTwo       = "syntax = \"proto3\";\nimport \"x.proto\";\nimport \"y.proto\";\nmessage Own {}\n"
	memoExtension = "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FileOptions { string x = 5000; }\n"
)

const memoKinds = `syntax = "proto2";
package k;
import "o.proto";
import "google/protobuf/any.proto";
option java_package = "k";
message K {
  option deprecated = true;
  required int32 x = 1 [default = -7, (tag) = "t", json_name = "ex"];
  optional bytes b = 2 [default = "\001\xff\"a"];
  optional double d = 3 [default = inf];
  optional group G = 4 { repeated int32 p = 1 [packed = true]; }
  map<string, K> m = 5;
  oneof o { string s = 6; google.protobuf.Any a = 7; }
  optional E e = 8 [default = TWO];
  extensions 100 to 200;
  reserved 20 to 30, 40;
  reserved "old";
  enum E { option allow_alias = true; ONE = 1; TWO = 2; ALSO = 2 [deprecated = true]; reserved 9; }
}
extend K { optional K more = 100; }
service S { rpc Get(K) returns (stream K) { option idempotency_level = NO_SIDE_EFFECTS; } }
`

const memoEdition = `edition = "2023";
package n;
option features.field_presence = IMPLICIT;
enum E { option features.enum_type = CLOSED; ZERO = 0; }
message M { int32 x = 1 [features.field_presence = EXPLICIT]; M m = 2 [features.message_encoding = DELIMITED]; }
`

// declaring is a document with a message that declares an extension.
func declaring(message string) string {
	return "syntax = \"proto2\";\nmessage " + message + " {\n  extensions 100 to 199 [verification = DECLARATION, declaration = {number: 100, full_name: \".ext\", type: \"int32\"}];\n}\n"
}

// memoCases are parsed one after the other with one memo: each has what would be
// wrong for another one.
func memoCases() []memoCase {
	long := "M" + strings.Repeat("x", schema.DefaultLimits().NameBytes)
	longDoc := "syntax = \"proto3\";\nmessage " + long + " {}\n"
	options := "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FieldOptions { string tag = 50001; }\n"
	return []memoCase{
		{name: "first", text: memoOwn, docs: [][2]string{{"a.proto", memoA}, {"b.proto", memoB}}},
		{name: "again", text: memoOwn, docs: [][2]string{{"a.proto", memoA}, {"b.proto", memoB}}},
		{name: "what an import imports is another text", text: memoOwn, docs: [][2]string{{"a.proto", strings.Replace(memoA, "int32", "string", 1)}, {"b.proto", memoB}}},
		{name: "and lacks the type", text: memoOwn, docs: [][2]string{{"a.proto", strings.Replace(memoA, "A", "Z", 1)}, {"b.proto", memoB}}},
		{name: "and is gone", text: memoOwn, docs: [][2]string{{"b.proto", memoB}}},
		{name: "and makes a cycle", text: memoOwn, docs: [][2]string{{"a.proto", strings.Replace(memoA, "message", "import \"b.proto\";\nmessage", 1)}, {"b.proto", memoB}}},
		{name: "a third one", text: memoOther, docs: [][2]string{{"a.proto", memoA}, {"b.proto", memoB}, {"c.proto", "syntax = \"proto3\";\nmessage C {}\n"}}},
		{name: "a third one with a name that is taken", text: memoOther, docs: [][2]string{{"a.proto", memoA}, {"b.proto", memoB}, {"c.proto", "syntax = \"proto3\";\nmessage C {}\nmessage A {}\n"}}},
		{name: "the text takes a name of a document", text: memoOwn + "message A {}\n", docs: [][2]string{{"a.proto", memoA}, {"b.proto", memoB}}},
		{name: "the same texts under other names", text: strings.ReplaceAll(memoOwn, "b.proto", "x/b.proto"), docs: [][2]string{{"a.proto", memoA}, {"x/b.proto", memoB}}},
		{name: "options", text: "syntax = \"proto3\";\nimport \"o.proto\";\nmessage M { int32 x = 1 [(tag) = \"t\"]; }\n", docs: [][2]string{{"o.proto", options}}},
		{name: "an extension number that is taken", text: "syntax = \"proto3\";\nimport \"o.proto\";\nimport \"p.proto\";\nmessage M {}\n", docs: [][2]string{{"o.proto", options}, {"p.proto", strings.Replace(options, "tag", "other", 1)}}},
		{name: "options of a document", text: "syntax = \"proto3\";\nimport \"m.proto\";\nmessage N { M m = 1; }\n", docs: [][2]string{{"m.proto", "syntax = \"proto3\";\nimport \"o.proto\";\nmessage M { int32 x = 1 [(tag) = \"t\"]; }\n"}, {"o.proto", options}}},
		{name: "public", text: "syntax = \"proto3\";\nimport \"p.proto\";\nmessage N { A a = 1; }\n", docs: [][2]string{{"p.proto", "syntax = \"proto3\";\nimport public \"a.proto\";\n"}, {"a.proto", memoA}}},
		{name: "not public", text: "syntax = \"proto3\";\nimport \"p.proto\";\nmessage N { A a = 1; }\n", docs: [][2]string{{"p.proto", "syntax = \"proto3\";\nimport \"a.proto\";\n"}, {"a.proto", memoA}}},
		{name: "a bundled name", text: "syntax = \"proto3\";\nimport \"google/type/money.proto\";\nmessage N { google.type.Money m = 1; }\n"},
		{name: "a document of a bundled name", text: "syntax = \"proto3\";\nimport \"google/type/money.proto\";\nmessage N { google.type.Money m = 1; }\n", docs: [][2]string{{"google/type/money.proto", "syntax = \"proto3\";\npackage google.type;\nmessage Money { bool all = 1; }\n"}}},
		{name: "a name that is a package", text: memoTwo, docs: [][2]string{{"x.proto", "syntax = \"proto3\";\npackage p;\nmessage q {}\n"}, {"y.proto", "syntax = \"proto3\";\npackage p.q;\nmessage Y {}\n"}}},
		{name: "a name that is a longer package", text: memoTwo, docs: [][2]string{{"x.proto", "syntax = \"proto3\";\npackage p.q.r;\n"}, {"y.proto", "syntax = \"proto3\";\npackage p;\nservice q {}\n"}}},
		{name: "packages that begin alike", text: memoTwo, docs: [][2]string{{"x.proto", "syntax = \"proto3\";\npackage p.q;\nmessage X {}\n"}, {"y.proto", "syntax = \"proto3\";\npackage p.qq;\nmessage X { message q {} }\n"}}},
		{name: "values of two enums", text: memoTwo, docs: [][2]string{{"x.proto", "syntax = \"proto3\";\nenum X { ZERO = 0; }\n"}, {"y.proto", "syntax = \"proto3\";\nenum Y { ZERO = 0; }\n"}}},
		{name: "values of nested enums", text: memoTwo, docs: [][2]string{{"x.proto", "syntax = \"proto3\";\nmessage X { enum E { ZERO = 0; } }\n"}, {"y.proto", "syntax = \"proto3\";\nmessage Y { enum E { ZERO = 0; } }\n"}}},
		{name: "a value and a message", text: memoTwo, docs: [][2]string{{"x.proto", "syntax = \"proto3\";\nenum X { Y = 0; }\n"}, {"y.proto", "syntax = \"proto3\";\nmessage Y {}\n"}}},
		{name: "two services", text: memoTwo, docs: [][2]string{{"x.proto", "syntax = \"proto3\";\nservice S {}\n"}, {"y.proto", "syntax = \"proto3\";\nservice S {}\n"}}},
		{name: "two extensions of one name", text: memoTwo, docs: [][2]string{{"x.proto", memoExtension}, {"y.proto", strings.Replace(memoExtension, "5000", "5001", 1)}}},
		{name: "two extensions of one number, nested", text: memoTwo, docs: [][2]string{{"x.proto", memoExtension}, {"y.proto", "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nmessage Y { message Z { extend google.protobuf.FileOptions { string z = 5000; } } }\n"}}},
		{name: "two extensions", text: memoTwo, docs: [][2]string{{"x.proto", memoExtension}, {"y.proto", "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nmessage Y { message Z { extend google.protobuf.FileOptions { string z = 5002; } } }\n"}}},
		{name: "a name of the runtime", text: "syntax = \"proto3\";\npackage google.protobuf;\nimport \"x.proto\";\nmessage Any {}\n", docs: [][2]string{{"x.proto", "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\n"}}},
		{name: "public behind public", text: "syntax = \"proto3\";\nimport \"p.proto\";\nmessage N { A a = 1; }\n", docs: [][2]string{{"a.proto", memoA}, {"o.proto", "syntax = \"proto3\";\nimport public \"a.proto\";\n"}, {"p.proto", "syntax = \"proto3\";\nimport public \"o.proto\";\nmessage P { A a = 1; }\n"}}},
		{name: "a declared extension", text: declaring("Own"), docs: [][2]string{{"d.proto", declaring("D")}}},
		{name: "a declared extension that is taken", text: strings.Replace(declaring("Own"), "message", "import \"d.proto\";\nmessage", 1), docs: [][2]string{{"d.proto", declaring("D")}}},
		{name: "a declared extension that is taken, behind another import", text: strings.Replace(declaring("Own"), "message", "import \"e.proto\";\nmessage", 1), docs: [][2]string{{"d.proto", declaring("D")}, {"e.proto", "syntax = \"proto2\";\nimport \"d.proto\";\n"}}},
		{name: "all kinds of parts", text: "syntax = \"proto3\";\nimport \"k.proto\";\nimport \"n.proto\";\nmessage N { k.K k = 1; n.E e = 2; }\n", docs: [][2]string{{"k.proto", memoKinds}, {"n.proto", memoEdition}, {"o.proto", options}}},
		{name: "a long name, lenient", text: "syntax = \"proto3\";\nimport \"l.proto\";\nmessage N {}\n", docs: [][2]string{{"l.proto", longDoc}}, lenient: true},
		{name: "a long name behind an import, lenient", text: "syntax = \"proto3\";\nimport \"k.proto\";\nmessage N {}\n", docs: [][2]string{{"k.proto", "syntax = \"proto3\";\nimport \"l.proto\";\nmessage K {}\n"}, {"l.proto", longDoc}}, lenient: true},
		{name: "a long name behind an import", text: "syntax = \"proto3\";\nimport \"k.proto\";\nmessage N {}\n", docs: [][2]string{{"k.proto", "syntax = \"proto3\";\nimport \"l.proto\";\nmessage K {}\n"}, {"l.proto", longDoc}}},
		{name: "a long name", text: "syntax = \"proto3\";\nimport \"l.proto\";\nmessage N {}\n", docs: [][2]string{{"l.proto", longDoc}}},
		{name: "a mistake", text: memoOwn, docs: [][2]string{{"a.proto", memoA + "message {"}, {"b.proto", memoB}}},
	}
}

// TestMemoChangesNothing: what a schema is, and what is wrong with it, does not
// depend on what was parsed before.
func TestMemoChangesNothing(t *testing.T) {
	memo := lru.New[string, any](1 << 20)
	var before []*Schema
	for round := range 2 {
		for _, c := range memoCases() {
			want, wantErr := c.parse(nil)
			got, err := c.parse(memo)
			switch {
			case (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error():
				t.Errorf("%s, round %d: %v, without a memo %v", c.name, round, err, wantErr)
				continue
			case err != nil:
				continue
			}
			sameSchema(t, c.name, got, want)
			for _, old := range before {
				if with, without := got.SameInlined(old), want.Inlined() == old.Inlined(); with != without {
					t.Errorf("%s: the same as another one: %v, by their texts: %v", c.name, with, without)
				}
			}
			before = append(before, got)
		}
	}
	if len(before) < 20 {
		t.Errorf("only %d texts are schemas", len(before))
	}
}

func sameSchema(t *testing.T, name string, got, want *Schema) {
	t.Helper()
	if got.Canonical() != want.Canonical() || got.Inlined() != want.Inlined() || got.Normalised() != want.Normalised() {
		t.Errorf("%s: the texts are\n%s\nand without a memo\n%s", name, got.Inlined(), want.Inlined())
	}
	a, err := got.DescriptorBytes()
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.DescriptorBytes()
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) || len(got.Warnings()) != len(want.Warnings()) {
		t.Errorf("%s: the descriptors or warnings differ", name)
	}
	for _, o := range []ContainOptions{{}, {JSON: true}} {
		if c, err := Contain(t.Context(), want, got, o); err != nil || c.Verdict != schema.Compatible {
			t.Errorf("%s: %v, %v", name, c.Verdict, err)
		}
	}
}

// TestMemoIsUsed: a document is linked once for all schemas that have it, also
// when they are parsed at the same time.
func TestMemoIsUsed(t *testing.T) {
	memo := lru.New[string, any](1 << 20)
	c := memoCases()[0]
	first, err := c.parse(memo)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			next, err := c.parse(memo)
			if err != nil {
				t.Error(err)
				return
			}
			if plain(next.file.FindImportByPath("b.proto")) != plain(first.file.FindImportByPath("b.proto")) {
				t.Error("a document was linked once more")
			}
		})
	}
	all.Wait()
}

// forgetful is a memo that drops the values of some keys, as a full one does.
type forgetful struct {
	schema.Memo
	drop string // the key to drop
	puts map[string]int
}

func (f *forgetful) Get(key string) (any, bool) {
	if key == f.drop {
		return nil, false
	}
	return f.Memo.Get(key)
}

func (f *forgetful) Put(key string, value any, bytes int) {
	f.puts[key]++
	f.Memo.Put(key, value, bytes)
}

// TestMemoOfTwoLinks: a document that was linked twice, because the memo forgot it
// or goroutines linked it at once, does not keep schemas from what the memo has.
func TestMemoOfTwoLinks(t *testing.T) {
	own := func(imports ...string) *memoCase {
		text := "syntax = \"proto3\";\n"
		for _, i := range imports {
			text += "import \"" + i + "\";\n"
		}
		return &memoCase{text: text + "message Own { A a = 1; B b = 2; }\n", docs: [][2]string{{"a.proto", memoA}, {"b.proto", memoB}}}
	}
	keys := func(memo *forgetful, c *memoCase) (a, b string) {
		docs := newCompiler([]schema.Document{{Name: "a.proto", Text: memoA}, {Name: "b.proto", Text: memoB}}, schema.Options{Memo: memo})
		return "linked " + docs.key("a.proto"), "linked " + docs.key("b.proto")
	}
	for _, tc := range []struct {
		name    string
		imports []string
		linked  int // how often b.proto is linked
	}{
		{"what needs it first", []string{"b.proto", "a.proto"}, 1},
		{"it first", []string{"a.proto", "b.proto"}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			memo := &forgetful{Memo: lru.New[string, any](1 << 20), puts: map[string]int{}}
			c := own(tc.imports...)
			if _, err := c.parse(memo); err != nil {
				t.Fatal(err)
			}
			a, b := keys(memo, c)
			memo.drop = a
			got, err := c.parse(memo)
			if err != nil {
				t.Fatal(err)
			}
			if memo.puts[b] != tc.linked {
				t.Errorf("b.proto was linked %d times, not %d", memo.puts[b], tc.linked)
			}
			if l, ok := memo.Memo.Get(b); !ok || plain(got.file.FindImportByPath("b.proto")) != l.(linked).file {
				t.Error("the schema was linked without the memo")
			}
			want, err := c.parse(nil)
			if err != nil {
				t.Fatal(err)
			}
			sameSchema(t, tc.name, got, want)
		})
	}
}
