package contain

import (
	"testing"
)

// TestDeclared: a writer that emits only what its schema declares breaks fewer
// readers, but not fewer than it really does.
func TestDeclared(t *testing.T) {
	for _, c := range []struct{ name, writer, reader, exact, declared string }{
		{
			"new optional property", `{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":"string"},"b":{"type":"string"}}}`,
			`type b /properties/b/type <  {"b":0}`, "COMPATIBLE",
		},
		{
			"nested", `{"properties":{"a":{"properties":{"x":true}}}}`, `{"properties":{"a":{"properties":{"x":true,"y":{"type":"null"}}}}}`,
			`type a.y /properties/a/properties/y/type <  {"a":{"y":0}}`, "COMPATIBLE",
		},
		{
			"declared in another branch", `{"properties":{"a":{"properties":{"x":true}}},"allOf":[{"properties":{"a":{"required":["y"]}}}]}`,
			`{"properties":{"a":{"properties":{"y":{"type":"null"}}}}}`,
			`type a.y /properties/a/properties/y/type <  {"a":{"y":0}}`, `type a.y /properties/a/properties/y/type <  {"a":{"y":0}}`,
		},
		{
			"a bag declares nothing", `{"type":"object"}`, `{"properties":{"b":{"type":"string"}}}`,
			`type b /properties/b/type <  {"b":0}`, `type b /properties/b/type <  {"b":0}`,
		},
		{
			"a map", `{"properties":{"a":true},"additionalProperties":{"type":"integer"}}`, `{"properties":{"b":{"type":"string"}}}`,
			`type b /properties/b/type < /additionalProperties/type {"b":0}`, `type b /properties/b/type < /additionalProperties/type {"b":0}`,
		},
		{
			"recursion", `{"properties":{"v":{"type":"integer"},"next":{"$ref":"#"}}}`,
			`{"properties":{"v":{"type":"integer"},"w":{"type":"integer"},"next":{"$ref":"#"}}}`,
			`type w /properties/w/type <  {"w":""}`, "COMPATIBLE",
		},
		{
			"items", `{"items":{"properties":{"a":true}}}`, `{"items":{"properties":{"b":{"type":"null"}}}}`,
			`type $[].b /items/properties/b/type <  [{"b":0}]`, "COMPATIBLE",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for declared, want := range map[bool]string{false: c.exact, true: c.declared} {
				got := ask(t, c.writer, c.reader, Options{Declared: declared, FirstOnly: true})
				got.More = false
				if s := summary(&got); s != want {
					t.Errorf("declared %t: got\n%s\nwant\n%s", declared, s, want)
				}
			}
		})
	}
}
