package contain

import (
	"strings"
	"testing"
)

// TestOpaque: what is not interpreted never blocks a proof where it is the same
// on both sides, nor a break elsewhere; where it differs the question stays
// open.
func TestOpaque(t *testing.T) {
	var branches []string
	for i := range 10 {
		branches = append(branches, `{"properties":{"p`+itoa(i)+`":{"type":"integer"}},"required":["p`+itoa(i)+`"]}`)
	}
	split := func(x, rest string) string {
		return `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"x":{"type":"` + x + `"}},"anyOf":[` +
			strings.Join(branches, ",") + `],"unevaluatedProperties":` + rest + `}`
	}
	const back = `{"properties":{"a":{"type":"string","pattern":"^(.)\\1$"},"b":{"maximum":9}}}`
	for _, c := range []struct{ name, writer, reader, want string }{
		{"unevaluated, the same", split("integer", "false"), split("number", "false"), "COMPATIBLE"},
		{
			"unevaluated, a break elsewhere", split("integer", "false"), split("string", "false"),
			`type x /properties/x/type < /properties/x/type {"p0":0,"x":0}`,
		},
		{"unevaluated, different", split("integer", `{"type":"integer"}`), split("integer", "false"), "undecided keyword:unevaluatedProperties"},
		{"back-reference, the same", back, strings.Replace(back, `"maximum":9`, `"maximum":10`, 1), "COMPATIBLE"},
		{"back-reference, a break elsewhere", back, strings.Replace(back, `"maximum":9`, `"maximum":8`, 1), "undecided second-opinion"},
		{"back-reference, added", `{"type":"string"}`, `{"type":"string","pattern":"^(.)\\1$"}`, "undecided keyword:pattern"},
		{"look-ahead, stronger", `{"type":"string","pattern":"^(?!a)[a-c]+$"}`, `{"type":"string","pattern":"^[bc]"}`, "COMPATIBLE"},
		{"a name by back-reference", `{"patternProperties":{"^(.)\\1$":{"type":"integer"}}}`, `{"patternProperties":{"^(.)\\1$":{"type":"number"}}}`, "COMPATIBLE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, c.writer, c.reader, Options{FirstOnly: true})
			got.More = false
			if s := summary(&got); s != c.want {
				t.Errorf("got\n%s\nwant\n%s", s, c.want)
			}
		})
	}
}

// TestSameMeaning: recursion under other names, unrolled, or through dynamic
// references is compared by what it means.
func TestSameMeaning(t *testing.T) {
	const (
		list   = `{"properties":{"v":{"type":"integer"},"next":{"$ref":"#"}}}`
		other  = `{"$ref":"#/definitions/n","definitions":{"n":{"properties":{"next":{"$ref":"#/definitions/m"},"v":{"type":"integer"}}},"m":{"allOf":[{"$ref":"#/definitions/n"}]}}}`
		static = `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"c":{"items":{"$ref":"#"}}},"unevaluatedProperties":false}`
		tree   = `{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"http://x/strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false,
"$defs":{"t":{"$id":"http://x/tree","$dynamicAnchor":"node","properties":{"c":{"items":{"$dynamicRef":"#node"}}}}}}`
		recursive = `{"$schema":"https://json-schema.org/draft/2019-09/schema","$id":"http://x/strict","$recursiveAnchor":true,"$ref":"tree","unevaluatedProperties":false,
"$defs":{"t":{"$id":"http://x/tree","$recursiveAnchor":true,"properties":{"c":{"items":{"$recursiveRef":"#"}}}}}}`
		open = `{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"http://x/strict","$ref":"tree","unevaluatedProperties":false,
"$defs":{"t":{"$id":"http://x/tree","$dynamicAnchor":"node","properties":{"c":{"items":{"$dynamicRef":"#node"}}}}}}`
	)
	for _, c := range []struct{ name, a, b, there, back string }{
		{"renamed", list, other, "COMPATIBLE", "COMPATIBLE"},
		{"dynamic", static, tree, "COMPATIBLE", "COMPATIBLE"},
		{"recursive", static, recursive, "COMPATIBLE", "COMPATIBLE"},
		{"not dynamic any more", tree, open, "COMPATIBLE", `unevaluatedProperties c[] /unevaluatedProperties < /$defs/t/properties/c/items {"c":[{"":0}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, q := range [][3]string{{c.a, c.b, c.there}, {c.b, c.a, c.back}} {
				got := ask(t, q[0], q[1], Options{FirstOnly: true})
				got.More = false
				if s := summary(&got); s != q[2] {
					t.Errorf("got\n%s\nwant\n%s", s, q[2])
				}
			}
		})
	}
}
