package hostile

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// malformed are JSON values that no strict reader accepts, in schemas and in
// events alike.
var malformed = []struct{ name, text string }{
	{"empty", ""},
	{"only space", " \t\n"},
	{"byte order mark", "\ufeff{}"},
	{"NaN", "NaN"},
	{"Infinity", "Infinity"},
	{"minus infinity", "-Infinity"},
	{"single quotes", "{'a':1}"},
	{"name without quotes", "{a:1}"},
	{"trailing comma in an object", `{"a":1,}`},
	{"trailing comma in a list", `{"a":[1,]}`},
	{"comment", "{/* a */}"},
	{"line comment", "// a\n{}"},
	{"second value", "{} {}"},
	{"closing bracket too many", "{}}"},
	{"object cut", `{"a":`},
	{"list cut", `{"a":[1`},
	{"string cut", `{"a":"b`},
	{"escape cut", `{"a":"\u12`},
	{"unknown escape", `{"a":"\x41"}`},
	{"leading zero", `{"a":01}`},
	{"leading plus", `{"a":+1}`},
	{"point without digits", `{"a":1.}`},
	{"exponent without digits", `{"a":1e}`},
	{"hexadecimal", `{"a":0x10}`},
	{"literal in capitals", `{"a":True}`},
	{"raw NUL", "{\"a\":\"\x00\"}"},
	{"NUL outside a string", "{}\x00"},
	{"raw line feed in a string", "{\"a\":\"\n\"}"},
	{"invalid UTF-8", "{\"a\":\"\xff\"}"},
	{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}"},
	{"surrogate as UTF-8", "{\"a\":\"\xed\xa0\x80\"}"},
}

// jsonTexts holds every reader of JSON to one strictness.
func jsonTexts(t *table) {
	anyMap := `{"type":"map","values":["null","int","string",{"type":"array","items":"int"}]}`
	proto := `syntax = "proto3"; message M { string a = 1; }`
	for _, m := range malformed {
		t.schema("json", "avro schema: "+m.name, schema.Avro, is(m.text), Want{Answer: Refused, Placed: true})
		t.schema("json", "json schema: "+m.name, schema.JSON, is(m.text), Want{Answer: Refused, Placed: true})
		t.event("json", "avro event: "+m.name, schema.Avro, anyMap, jsonEvent(m.text), Want{Answer: Invalid})
		t.event("json", "json event: "+m.name, schema.JSON, `{"type":"object"}`, jsonEvent(m.text), Want{Answer: Unjudged, Placed: true})
		t.event("json", "protobuf event: "+m.name, schema.Protobuf, proto, jsonEvent(m.text), Want{Answer: Invalid})
	}
	for _, f := range []schema.Format{schema.Avro, schema.JSON} {
		name := strings.ToLower(f.String())
		t.schema("json", name+" schema: duplicate key", f, is(`{"type":"array","items":{},"type":"array"}`), Want{Answer: Refused, Text: "twice", Placed: true})
		t.schema("json", name+" schema: lone surrogate", f, is(`{"type":"string","x":"\ud800"}`), Want{Answer: Refused, Text: "surrogate", Placed: true})
		t.schema("json", name+" schema: 100,001 values", f, listed(`{"type":"string","x":[`, 100_000, numbered("1"), `]}`), Want{Answer: Refused, Limit: "json-nodes", Placed: true})
		t.schema("json", name+" schema: one byte too long", f, filled(`{"type":"string","x":"`, 1<<20, `"}`), Want{Answer: Refused, Limit: "schema-bytes"})
		for _, n := range []int{257, 10_000, 100_000} {
			t.schema("json", fmt.Sprintf("%s schema: %d lists", name, n), f, nested("[", n, "", ""), Want{Answer: Refused, Limit: "json-depth", Placed: true})
			t.schema("json", fmt.Sprintf("%s schema: %d objects", name, n), f, nested(`{"x":`, n, "", ""), Want{Answer: Refused, Limit: "json-depth", Placed: true})
		}
	}
	t.event("json", "json event: duplicate key", schema.JSON, `{}`, jsonEvent(`{"a":1,"a":2}`), Want{Answer: Unjudged, Text: "twice", Placed: true})
	t.event("json", "avro event: duplicate key", schema.Avro, anyMap, jsonEvent(`{"a":null,"a":null}`), Want{Answer: Invalid, Text: "twice"})
	t.event("json", "protobuf event: duplicate key", schema.Protobuf, proto, jsonEvent(`{"a":"","a":""}`), Want{Answer: Invalid})
}

// numbers holds exact arithmetic to a bounded size of its operands.
func numbers(t *table) {
	places := []struct {
		name   string
		format schema.Format
		text   string
	}{
		{"avro property", schema.Avro, `{"type":"int","x":%s}`},
		{"avro default", schema.Avro, `{"type":"record","name":"R","fields":[{"name":"f","type":"double","default":%s}]}`},
		{"avro size", schema.Avro, `{"type":"fixed","name":"F","size":%s}`},
		{"avro precision", schema.Avro, `{"type":"bytes","logicalType":"decimal","precision":%s}`},
		{"maximum", schema.JSON, `{"maximum":%s}`},
		{"multipleOf", schema.JSON, `{"multipleOf":%s}`},
		{"minLength", schema.JSON, `{"minLength":%s}`},
		{"const", schema.JSON, `{"const":%s}`},
		{"enum", schema.JSON, `{"enum":[%s]}`},
		{"default", schema.JSON, `{"default":%s}`},
		{"unknown keyword", schema.JSON, `{"x":[{"y":%s}]}`},
	}
	values := []struct {
		name, limit string
		text        func() string
	}{
		{"401 digits", "number-digits", nested("9", 401, "", "")},
		{"900,000 digits", "number-digits", nested("9", 900_000, "", "")},
		{"900,000 digits after the point", "number-digits", nested("", 0, "0."+strings.Repeat("1", 900_000), "")},
		{"exponent 1,000,000,000", "number-exponent", is("1e1000000000")},
		{"exponent -1,000,000,000", "number-exponent", is("1e-1000000000")},
		{"exponent of 30 digits", "number-exponent", is("1e" + strings.Repeat("9", 30))},
	}
	for _, p := range places {
		for _, v := range values {
			text := func() string { return strings.Replace(p.text, "%s", v.text(), 1) }
			t.schema("numbers", p.name+": "+v.name, p.format, text, Want{Answer: Refused, Limit: v.limit, Placed: true})
		}
	}
	for _, v := range values {
		t.event("numbers", "json event: "+v.name, schema.JSON, `{"multipleOf":0.1}`, largeJSON(v.text), Want{Answer: Unjudged, Limit: v.limit, Placed: true})
		t.event("numbers", "avro event: "+v.name, schema.Avro, `"double"`, largeJSON(v.text), Want{Answer: Unjudged, Limit: v.limit, Placed: true})
		text := func() string { return `{"d":` + v.text() + `}` }
		t.event("numbers", "protobuf event: "+v.name, schema.Protobuf, `syntax = "proto3"; message M { double d = 1; }`, largeJSON(text), Want{Answer: Unjudged, Limit: v.limit, Placed: true})
	}
}

// nesting goes deeper than any recursion may.
func nesting(t *table) {
	avro := []struct{ name, open, inner, end string }{
		{"arrays", `{"type":"array","items":`, `"int"`, "}"},
		{"maps", `{"type":"map","values":`, `"int"`, "}"},
		{"records", `{"type":"record","name":"R","fields":[{"name":"f","type":`, `"int"`, "}]}"},
		{"unions in arrays", `{"type":"array","items":["null",`, `"int"`, "]}"},
	}
	for _, a := range avro {
		t.schema("nesting", "avro 65 "+a.name, schema.Avro, nested(a.open, 65, a.inner, a.end), Want{Answer: Refused, Limit: "nesting", Placed: true})
		for _, n := range []int{300, 4_000, 15_000} {
			t.schema("nesting", fmt.Sprintf("avro %d %s", n, a.name), schema.Avro, nested(a.open, n, a.inner, a.end), Want{Answer: Refused, Limit: "json-depth", Placed: true})
		}
	}
	t.schema("nesting", "avro 100 wrapped types", schema.Avro, nested(`{"type":`, 100, `"int"`, "}"), Want{Answer: Refused, Placed: true})
	t.schema("nesting", "avro 20,000 wrapped types", schema.Avro, nested(`{"type":`, 20_000, `"int"`, "}"), Want{Answer: Refused, Limit: "json-depth", Placed: true})
	json := []struct{ name, open, end string }{
		{"not", `{"not":`, "}"},
		{"allOf", `{"allOf":[`, "]}"},
		{"items", `{"items":`, "}"},
		{"properties", `{"properties":{"a":`, "}}"},
		{"definitions", `{"definitions":{"a":`, "}}"},
		{"unknown keywords", `{"x":{"y":`, "}}"},
		{"values of enum", `{"enum":[`, "]}"},
	}
	for _, j := range json {
		for _, n := range []int{260, 3_000, 30_000} {
			t.schema("nesting", fmt.Sprintf("json %d %s", n, j.name), schema.JSON, nested(j.open, n, "{}", j.end), Want{Answer: Refused, Limit: "json-depth", Placed: true})
		}
	}
	for _, j := range json[:5] {
		t.schema("nesting", "json 70 "+j.name, schema.JSON, nested(j.open, 70, "true", j.end), Want{Answer: Refused, Limit: "nesting", Placed: true})
	}
	const head = "syntax = \"proto3\";\n"
	proto := []struct{ name, head, open, inner, end string }{
		{"messages", head, "message M{", "", "}"},
		{"messages without an end", head, "message M{", "", ""},
		{"groups", "message M{", "optional group G = 1 {", "", "}"},
		{"option values", head + "option (x) = ", "{a:", "1", "}"},
		{"option lists", head + "option (x) = {a:", "[", "1", "]"},
		{"angle brackets", head + "option (x) = {a", "<a ", "", ">"},
		{"option names", head + "option ", "(a.", "b", ")"},
		{"braces hidden by others", head, "message M { > ] ) ", "", ""},
		{"messages in extend", "message M{}\nextend M{", "optional group G = 1 {", "", "}"},
		{"oneofs", head + "message M{", "oneof o { message N {", "", "}}"},
	}
	for _, p := range proto {
		for _, n := range []int{40, 1_000, 30_000} {
			text := func() string { return p.head + nested(p.open, n, p.inner, p.end)() }
			t.schema("nesting", fmt.Sprintf("protobuf %d %s", n, p.name), schema.Protobuf, text, Want{Answer: Refused, Limit: "proto-nesting", Placed: true})
		}
	}
}
