package hostile

import (
	"strings"

	"github.com/instar-registry/instar/schema"
)

const proto3 = "syntax = \"proto3\";\n"

// sizes holds each count to its limit, one beyond it.
func sizes(t *table) {
	refuse := func(name string, f schema.Format, limit string, text func() string) {
		t.schema("size", name, f, text, Want{Answer: Refused, Limit: limit})
	}
	refuse("avro 10,001 fields", schema.Avro, "fields", listed(`{"type":"record","name":"R","fields":[`, 10_001, numbered(`{"name":"f%d","type":"int"}`), `]}`))
	refuse("avro 20,001 symbols", schema.Avro, "symbols", listed(`{"type":"enum","name":"E","symbols":[`, 20_001, numbered(`"s%d"`), `]}`))
	refuse("avro 1,001 branches", schema.Avro, "branches", listed(`[`, 1_001, numbered(`{"type":"fixed","name":"F%d","size":1}`), `]`))
	refuse("json 10,001 properties", schema.JSON, "fields", listed(`{"properties":{`, 10_001, numbered(`"p%d":true`), `}}`))
	refuse("json 1,001 branches of anyOf", schema.JSON, "branches", listed(`{"anyOf":[`, 1_001, numbered(`true`), `]}`))
	refuse("json 1,001 branches of oneOf", schema.JSON, "branches", listed(`{"oneOf":[`, 1_001, numbered(`{"type":"string"}`), `]}`))
	refuse("json 1,001 branches of allOf", schema.JSON, "branches", listed(`{"allOf":[`, 1_001, numbered(`{}`), `]}`))
	refuse("protobuf 10,001 fields", schema.Protobuf, "fields", lines(proto3+"message M {\n", 10_001, func(i int) string { return numbered("int32 f%d")(i) + numbered(" = %d;\n")(i+1) }, "}"))
	refuse("protobuf 10,001 messages", schema.Protobuf, "messages", lines(proto3, 10_001, numbered("message M%d {}\n"), ""))
	refuse("protobuf 10,001 nested messages", schema.Protobuf, "messages", lines(proto3+"message M {", 10_001, numbered("message M%d {}\n"), "}"))
	refuse("protobuf 20,001 constants", schema.Protobuf, "symbols", lines(proto3+"enum E {\n", 20_001, numbered("V%d = %d;\n"), "}"))
	refuse("protobuf one byte too long", schema.Protobuf, "schema-bytes", filled("//", 1<<20-1, ""))
	refuse("protobuf 11 MB of comments", schema.Protobuf, "schema-bytes", nested("// 0123456789\n", 800_000, "", ""))
	refuse("protobuf a million semicolons", schema.Protobuf, "schema-nodes", nested(";", 1_000_000, "", ""))
	for _, f := range []struct {
		name   string
		format schema.Format
		text   string
	}{{"avro", schema.Avro, `"int"`}, {"json", schema.JSON, `{}`}, {"protobuf", schema.Protobuf, proto3}} {
		t.add(Case{
			Row: "size", Name: f.name + " 1,001 documents", Format: f.format, Text: is(f.text),
			Docs: documents(1_001, numbered("d%d"), func(int) string { return f.text }), Want: Want{Answer: Refused, Limit: "references-all"},
		})
		t.add(Case{
			Row: "size", Name: f.name + " 5 MiB of documents", Format: f.format, Text: is(f.text),
			Docs: documents(5, numbered("d%d"), func(int) string { return strings.Repeat(" ", 1<<20) }), Want: Want{Answer: Refused, Limit: "reference-bytes"},
		})
	}
	t.schema("size", "a file of nothing", schema.Protobuf, is(""), Want{Answer: Stored})
	t.schema("size", "1,000 branches", schema.Avro, listed(`[`, 1_000, numbered(`{"type":"fixed","name":"F%d","size":1}`), `]`), Want{Answer: Stored})
	t.schema("size", "63 arrays", schema.Avro, nested(`{"type":"array","items":`, 63, `"int"`, "}"), Want{Answer: Stored})
	t.schema("size", "31 messages", schema.Protobuf, func() string { return proto3 + nested("message M{", 31, "", "}")() }, Want{Answer: Stored})
}

// names holds what is stored, shown and compared later to a bounded size and to
// characters that a reader sees.
func names(t *table) {
	long := strings.Repeat("a", 1_025)
	refuse := func(name string, f schema.Format, limit, text string) {
		t.schema("name", name, f, is(text), Want{Answer: Refused, Limit: limit, Placed: true})
	}
	avroLong := func(name, text string) { // the limit is said in words: history may break it
		t.schema("name", "avro long "+name, schema.Avro, is(text), Want{Answer: Refused, Text: "limits.name-bytes", Placed: true})
	}
	avroLong("type name", `{"type":"record","name":"`+long+`","fields":[]}`)
	avroLong("namespace", `{"type":"record","name":"R","namespace":"`+long+`","fields":[]}`)
	avroLong("field name", `{"type":"record","name":"R","fields":[{"name":"`+long+`","type":"int"}]}`)
	avroLong("symbol", `{"type":"enum","name":"E","symbols":["`+long+`"]}`)
	refuse("json long property", schema.JSON, "name-bytes", `{"properties":{"`+long+`":true}}`)
	refuse("protobuf long message name", schema.Protobuf, "name-bytes", proto3+"message "+long+" {}")
	refuse("protobuf long field name", schema.Protobuf, "name-bytes", proto3+"message M { int32 "+long+" = 1; }")
	refuse("protobuf long package", schema.Protobuf, "name-bytes", proto3+"package "+long+";")
	refuse("protobuf dotted name of 600 kB", schema.Protobuf, "name-bytes", proto3+"message M { "+strings.Repeat("a.", 300_000)+"b x = 1; }")
	t.schema("name", "avro doc of 65 kB", schema.Avro, filled(`{"type":"record","name":"R","doc":"`, 64<<10+1, `","fields":[]}`), Want{Answer: Refused, Limit: "doc-bytes", Placed: true})
	t.schema("name", "avro property of 65 kB", schema.Avro, filled(`{"type":"int","x":"`, 64<<10+1, `"}`), Want{Answer: Refused, Limit: "doc-bytes", Placed: true})
	t.schema("name", "json unknown keyword of 65 kB", schema.JSON, filled(`{"x":"`, 64<<10+1, `"}`), Want{Answer: Refused, Limit: "doc-bytes", Placed: true})
	t.schema("name", "json comment of 65 kB", schema.JSON, filled(`{"$comment":"`, 64<<10+1, `"}`), Want{Answer: Refused, Limit: "doc-bytes", Placed: true})
	t.schema("name", "json description of 65 kB", schema.JSON, filled(`{"description":"`, 64<<10+1, `"}`), Want{Answer: Refused, Limit: "doc-bytes", Placed: true})
	for _, n := range []struct{ name, text string }{
		{"right-to-left override", "a\u202eb"},
		{"zero width space", "a\u200bb"},
		{"emoji", "\U0001f41b"},
		{"letter like a Latin one", "\u0430"},
		{"escaped NUL", `a\u0000b`},
		{"slash", "a/b"},
		{"space", "a b"},
		{"line feed", `a\nb`},
		{"hyphen", "a-b"},
		{"dollar", "a$b"},
		{"digit first", "1a"},
		{"empty", ""},
	} {
		t.schema("name", "avro type called "+n.name, schema.Avro, is(`{"type":"record","name":"`+n.text+`","fields":[]}`), Want{Answer: Refused, Placed: true})
		t.schema("name", "avro field called "+n.name, schema.Avro, is(`{"type":"record","name":"R","fields":[{"name":"`+n.text+`","type":"int"}]}`), Want{Answer: Refused, Placed: true})
		t.schema("name", "avro symbol called "+n.name, schema.Avro, is(`{"type":"enum","name":"E","symbols":["`+n.text+`"]}`), Want{Answer: Refused, Placed: true})
		t.schema("name", "json property called "+n.name, schema.JSON, is(`{"properties":{"`+n.text+`":{"type":"string"}}}`), Want{Answer: Stored})
		t.schema("name", "protobuf message called "+n.name, schema.Protobuf, is(proto3+"message "+n.text+" {}"), Want{Answer: Refused, Placed: true})
	}
}
