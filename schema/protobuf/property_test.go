package protobuf

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// schemaText draws a valid schema that uses every construct of one syntax.
type schemaText struct {
	*rapid.T
	b      strings.Builder
	syntax string
	types  []string // full names that fields may use
}

func (g *schemaText) pick(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(g.T, label)
}

func (g *schemaText) some(label string, max int) int { return rapid.IntRange(0, max).Draw(g.T, label) }

func (g *schemaText) printf(format string, args ...any) { fmt.Fprintf(&g.b, format, args...) }

func drawSchema(t *rapid.T) string {
	g := &schemaText{T: t}
	g.syntax = g.pick("syntax", "proto2", "proto3", "2023")
	if g.syntax == "2023" {
		g.printf("edition = \"2023\";\n")
	} else {
		g.printf("syntax = '%s';\n", g.syntax)
	}
	g.printf("package %s;\nimport \"confluent/meta.proto\";\nimport \"google/protobuf/timestamp.proto\";\n", g.pick("package", "a", "a.b.c"))
	g.types = []string{"google.protobuf.Timestamp", "Top0", "Top1"}
	if g.some("file options", 1) > 0 {
		g.printf("option (confluent.file_meta) = { %s };\noption java_package = %q;\n", g.literal(), g.text())
	}
	g.message("Top0", 0)
	g.enum("E0")
	g.message("Top1", 0)
	if g.some("service", 1) > 0 {
		g.printf("service S { rpc R(%s Top0) returns (%s Top1) {} rpc Q(Top1) returns (Top1) { option deprecated = true; } }\n", g.pick("in", "", "stream"), g.pick("out", "", "stream"))
	}
	return g.b.String()
}

func (g *schemaText) text() string {
	return g.pick("text", "", "plain", "q'uo\"te", "tab\there", "ümlaut", "line\nend", "\\back")
}

func (g *schemaText) literal() string {
	return g.pick("literal", `doc: "x"`, `tags: "a" tags: "b"`, `tags: ["a"]`, `params: { key: "k" value: "v" }`,
		`params [{ key: "k" value: "z" }, { key: "l" value: 'w' }], doc: "a" "b";`, `doc: "\x01\303\244"`, "")
}

func (g *schemaText) message(name string, depth int) {
	g.printf("message %s { ", name)
	number := g.some("first number", 30) + 1
	next := func() int { number += 1 + g.some("gap", 3); return number }
	for i := range g.some("members", 6) {
		switch g.some("member", 8) {
		case 0:
			g.printf("reserved %d, %d to %d; ", 20_000+10*i, 20_002+10*i, 20_005+10*i)
		case 1:
			g.printf("map<%s, %s> m%d = %d%s; ", g.pick("key", "string", "int32", "bool", "fixed64"), g.pick("value", "string", "double", "Top1", "E0"), i, next(), g.options(false))
		case 2:
			g.printf("oneof o%d { %s f%da = %d%s; %s f%db = %d; } ", i, g.fieldType(), i, next(), g.options(false), g.fieldType(), i, next())
		case 3:
			if depth < 3 {
				g.message(fmt.Sprintf("N%d", i), depth+1)
			}
		case 4:
			g.enum(fmt.Sprintf("E%d_%d", depth, i))
		case 5:
			if g.syntax == "proto2" {
				g.printf("optional group G%d = %d { optional int32 x = 1; } ", i, next())
			}
		default:
			g.field(i, next())
		}
	}
	if g.some("message options", 2) == 0 {
		g.printf("option (confluent.message_meta) = { %s }; option deprecated = true; ", g.literal())
	}
	if g.syntax != "proto3" {
		g.printf("extensions 1000 to 1999, 3000; ")
	}
	g.printf("}\n")
}

func (g *schemaText) fieldType() string {
	return g.pick("type", append([]string{"int32", "sint64", "fixed32", "double", "float", "bool", "string", "bytes", "uint64", "E0"}, g.types...)...)
}

func (g *schemaText) field(i, number int) {
	labels := map[string][]string{"proto2": {"optional", "repeated"}, "proto3": {"", "optional", "repeated"}, "2023": {"", "repeated"}}[g.syntax]
	label := g.pick("label", labels...)
	if g.syntax == "proto2" && g.some("required", 5) == 0 {
		g.printf("required int64 r%d = %d [default = -0x1F]; ", i, number)
		return
	}
	g.printf("%s %s f%d = %d%s; ", label, g.fieldType(), i, number, g.options(true))
}

func (g *schemaText) options(jsonName bool) string {
	var out []string
	if g.some("deprecated", 2) == 0 {
		out = append(out, "deprecated = true")
	}
	if g.some("meta", 2) == 0 {
		out = append(out, "(confluent.field_meta) = { "+g.literal()+" }")
	}
	if jsonName && g.some("json", 3) == 0 {
		out = append(out, fmt.Sprintf("json_name = \"json%d\"", g.b.Len()))
	}
	if len(out) == 0 {
		return ""
	}
	return " [" + strings.Join(out, ", ") + "]"
}

func (g *schemaText) enum(name string) {
	g.printf("enum %s { ", name)
	if g.some("enum options", 2) == 0 {
		g.printf("option deprecated = true; ")
	}
	g.printf("%s_Z = 0; ", name)
	for i := range g.some("constants", 3) {
		g.printf("%s_%d = %d%s; ", name, i, g.some("constant", 5)*10-20+i+1, g.pick("constant option", "", " [deprecated = true]"))
	}
	g.printf("reserved 100 to max; }\n")
}

// TestRandomSchemas checks the laws on drawn schemas and their events.
func TestRandomSchemas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := drawSchema(rt)
		s, err := Parse(text, nil, defaults())
		if err != nil {
			if strings.Contains(err.Error(), "number") { // two constants drew one number
				return
			}
			rt.Fatalf("%v\n%s", err, text)
		}
		lawsAndSamples(rt, t, s)
	})
}

func lawsAndSamples(rt *rapid.T, t *testing.T, s *Schema) {
	laws(t, s)
	s.Fields()
	s.Outline()
	if _, err := s.Sample(0); err != nil {
		return // a message that requires itself
	}
	for i := range s.Descriptor().Messages().Len() {
		checkSample(t, s, []int{i}, 0)
		checkSample(t, s, []int{i}, rapid.Uint64().Draw(rt, "seed"))
	}
}
