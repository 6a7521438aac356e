package plan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

func parseJSON(t testing.TB, text string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

// describeJSON prints a type for comparison.
func describeJSON(t *Type, depth int) string {
	if depth > 4 {
		return "…"
	}
	switch t.Kind {
	case Record:
		var parts []string
		for _, f := range t.Fields {
			mark := ""
			if f.Optional {
				mark = "?"
			}
			parts = append(parts, f.Name+mark+" "+describeJSON(f.Type, depth+1))
		}
		if t.Open {
			parts = append(parts, "…")
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case List:
		return "[" + describeJSON(t.Elem, depth+1) + "]"
	case Map:
		return "map " + describeJSON(t.Elem, depth+1)
	case Enum:
		return "enum " + strings.Join(t.Symbols, "/")
	case Union:
		var parts []string
		for _, b := range t.Branches {
			parts = append(parts, b.Name+" "+describeJSON(b.Type, depth+1))
		}
		return t.Tag + "(" + strings.Join(parts, " | ") + ")"
	default:
		return t.Kind.String()
	}
}

// TestJSONTypes holds what schemas say to the types that are read from them.
func TestJSONTypes(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a"]}`: `{a string, b? int, …}`,
		`{"type":"object","properties":{"a":{"type":"number"}},"additionalProperties":false}`:            `{a? float}`,
		`{"type":"object","additionalProperties":{"type":"boolean"}}`:                                    `map bool`,
		`{"type":"object"}`:                          `map any`,
		`{"type":["string","null"]}`:                 `(null null | string string)`,
		`{"enum":["A","B",null]}`:                    `(null null | string enum A/B)`,
		`{"const":1}`:                                `int`,
		`{"enum":[1,1.5]}`:                           `float`,
		`{"type":"array","items":{"type":"null"}}`:   `[null]`,
		`{"type":"array","items":[{"type":"null"}]}`: `[any]`,
		`true`:                      `any`,
		`{}`:                        `any`,
		`{"properties":{"a":true}}`: `(null null | boolean bool | number float | string string | array [any] | object {a? any, …})`,
		`{"type":"object","required":["a"],"properties":{"a":{"allOf":[{"type":["string","integer"]},{"type":"string"}]}}}`:                                                              `{a string, …}`,
		`{"definitions":{"n":{"type":"object","properties":{"next":{"$ref":"#/definitions/n"}},"additionalProperties":false}},"$ref":"#/definitions/n"}`:                                 `{next? {next? {next? {next? {next? …}}}}}`,
		`{"oneOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}]}`:                                                                            `(null null | object {a string, …})`,
		`{"oneOf":[{"type":"object","properties":{"k":{"const":"A"},"x":{"type":"string"}},"required":["k"]},{"type":"object","properties":{"k":{"enum":["B","C"]}},"required":["k"]}]}`: `k(A {k enum A, x? string, …} | B {k enum B/C, …})`,
		`{"oneOf":[{"type":"object","properties":{"k":{"const":"A"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"A"}},"required":["k"]}]}`:                            `{k? enum A, …}`,
		`{"type":"object","properties":{"id":{"type":"string"}},"anyOf":[{"properties":{"x":{"type":"string"}}},{"properties":{"x":{"type":"integer"}}}]}`:                               `{id? string, x? any, …}`,
		`{"type":"object","properties":{"id":{"type":"string"}},"anyOf":[{"properties":{"x":{"type":"string"}}},{"properties":{"y":{"type":"integer"}}}]}`:                               `{id? string, x? any, y? any, …}`,
		`{"type":"object","properties":{"a":{"type":"string"}},"patternProperties":{"^x":{"type":"integer"}},"additionalProperties":false}`:                                              `{a? string, …}`,
		`{"type":"object","required":["b"],"properties":{"a":{}},"additionalProperties":{"type":"string"}}`:                                                                              `{a? any, b string, …}`,
	} {
		if got := describeJSON(FromJSON(parseJSON(t, text)), 0); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// TestJSONValues reads generated events by their type and writes them again: the
// same text.
func TestJSONValues(t *testing.T) {
	for _, text := range []string{
		`{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"array","items":{"type":"number"}},"c":{"enum":["X","Y",3]}},"additionalProperties":{"type":"object"}}`,
		`{"oneOf":[{"type":"object","properties":{"k":{"const":"A"},"x":{"type":"string"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"B"}},"required":["k"],"minProperties":3},{"type":"array","items":{"$ref":"#"}}]}`,
		`{}`,
	} {
		s := parseJSON(t, text)
		typ := FromJSON(s)
		for seed := range uint64(300) {
			sample, err := s.Varied(seed)
			if err != nil {
				t.Fatal(err)
			}
			v, err := DecodeJSON(typ, sample.JSON, DefaultEventLimits())
			if err != nil {
				t.Fatalf("%v: %s", err, sample.JSON)
			}
			out, err := AppendJSON(nil, v)
			if err != nil || !bytes.Equal(out, sample.JSON) {
				t.Fatalf("%s became %s (%v)", sample.JSON, out, err)
			}
			if again := CastJSON(Untyped(v), typ); !Equal(v, again) {
				t.Fatalf("%s has two values", sample.JSON)
			}
		}
	}
}

// scanner is a plan that reads every member of a value of a type and copies the
// text.
func scanner(t *Type, l EventLimits) *JSONPlan {
	b := &Binder{Type: t}
	return NewJSONPlan(&Copy{From: b, Type: t}, b, l)
}

// known is a type that names members of several lengths, and holds itself.
func known() *Type {
	number, t := &Type{Kind: Int, JSON: true}, &Type{Kind: Record, JSON: true, Open: true}
	for _, name := range []string{"", "a", "bb", "five5", "a\"b", "a name of more than sixteen bytes", "k7", "k39", "u\u00e9"} {
		t.Fields = append(t.Fields, Field{Name: name, Type: number, Optional: true})
	}
	t.Fields = append(t.Fields, Field{Name: "x", Type: t, Optional: true}, Field{Name: "list", Type: &Type{Kind: List, JSON: true, Elem: t}, Optional: true})
	return t
}

// TestJSONStrict holds the reader of texts to what it must refuse, and to what
// passes.
func TestJSONStrict(t *testing.T) {
	l := DefaultEventLimits()
	l.Depth, l.Items = 6, 60
	plain, shaped := scanner(AnyJSON, l), scanner(known(), l)
	var s Scratch
	many := func(n int, last string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":0,`, i)
		}
		return "{" + b.String() + `"` + last + `":0}`
	}
	for _, text := range []string{
		"", " ", "\ufeff{}", "{}x", "{} {}", "nul", "NaN", "Infinity", "-", "01", "-01", "1.", "1e", "1e401", ".5", "+1", strings.Repeat("9", 401),
		`"a`, "\"\x01\"", "\"\xff\"", `"\x"`, `"\u12"`, `"\u12g4"`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"\u0061":1,"\u0061":2}`, `[{"x":{"a":1,"a":2}}]`,
		`{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `[1,]`, `[,]`, `[1 2]`, `[`, `{`, `{"a":1`, `{1:2}`, "'a'",
		"[[[[[[[0]]]]]]]", many(20, "k7"), many(40, "k39"), many(20, `\u006b3`), "[" + strings.Repeat("0,", 60) + "0]",
		`{"a":1,"bb":2,"a":3}`, `{"a":1,"five5":2,"f\u0069ve5":3}`, `{"f\u0069ve5":3,"five5":2}`, `{"x":{"k7":1,"x":{"k7":1,"k7":2}}}`, `{"list":[{"a":1},{"a":1,"a":2}]}`,
		`{"a name of more than sixteen bytes":1,"a name of more than sixteen bytes":1}`, `{"a`, `{"a"`, `{"a":`, `{"five5":`, `{"five5`, `{"x":{"a":1}`, `{"":1,"":2}`,
	} {
		for _, p := range []*JSONPlan{plain, shaped} {
			if out, f := p.Apply([]byte("x"), []byte(text), &s); f == nil || string(out) != "x" {
				t.Errorf("%.60s is read as %s", text, out)
			}
		}
	}
	for _, text := range []string{
		"0", "-0.0", "1e400", " [ ] ", "{ }", "[[[[[0]]]]]", `{"a" : 1 , "b" : [ 1 , 2 ] }`, `"\ud800"`, `{"\ud800":1,"\ud801":2}`, `"é\n\"😀"`, many(40, "k40"), "\t\r\ntrue\n",
		`{"a":1}`, `{"bb":1,"a":2,"five5" :3,"":4}`, `{"x":{"list":[{"a":1,"k7":2},7,{"k7":1,"a":2},null]},"a name of more than sixteen bytes":0,"a name of more than sixteen bytez":0}`,
		`{"x":7,"list":{"a":1}}`, `{"list":[[{"a":1}]],"k":0}`,
	} {
		for _, p := range []*JSONPlan{plain, shaped} {
			if out, f := p.Apply([]byte("x"), []byte(text), &s); f != nil || string(out) != "x"+text {
				t.Errorf("%.60s is refused: %v, %s", text, f, out)
			}
		}
	}
}

// FuzzJSONScan holds the reader of texts to the strict parser, whether it knows
// names of members or not: what that accepts is read, and what is read is JSON, but
// for lone surrogates.
func FuzzJSONScan(f *testing.F) {
	for _, s := range []string{`{"a":[1,2e3,"x\u00e9"],"b":{}}`, `"\ud83d\ude00"`, `[[[]]]`, `-0.0`, `{"a":1,"\u0061":2}`, `{"x":{"list":[{"a":1,"k7":2},{"five5":0}]},"bb":1}`} {
		f.Add([]byte(s))
	}
	l := DefaultEventLimits()
	plain, shaped := scanner(AnyJSON, l), scanner(known(), l)
	f.Fuzz(func(t *testing.T, in []byte) {
		_, failure := plain.Apply(nil, in, nil)
		if _, other := shaped.Apply(nil, in, nil); (other == nil) != (failure == nil) {
			t.Fatalf("%q: %v, if names are known %v", in, failure, other)
		}
		limits := jsonx.Limits{Depth: l.Depth, Nodes: l.Items, Digits: maxJSONDigits, Exponent: maxJSONExponent}
		_, err := jsonx.Parse(string(in), limits)
		if failure == nil && err != nil && !strings.Contains(err.Error(), "surrogate") || failure != nil && err == nil {
			t.Fatalf("%q: %v, the parser says %v", in, failure, err)
		}
	})
}
