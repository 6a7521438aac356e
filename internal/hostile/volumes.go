package hostile

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// volumes are inputs as large as the limits allow, and just beyond where the
// limit can only be met by counting.
func volumes(t *table) {
	volumeSchemas(t)
	add := func(name string, f schema.Format, text string, e Event, w Want) {
		t.add(Case{Row: "volume", Name: name, Format: f, Text: is(text), Event: &e, Want: w, Volume: true})
	}
	ints := func(n int) func() string { return listed("[", n, numbered("1"), "]") }
	tooMany := Want{Answer: Unjudged, Limit: "json-nodes", Placed: true}
	add("json 1,000,001 values", schema.JSON, `{"contains":{"const":2}}`, largeJSON(ints(1_000_001)), tooMany)
	add("avro 1,000,001 values in JSON", schema.Avro, intList, largeJSON(ints(1_000_001)), tooMany)
	add("protobuf 1,000,001 values in JSON", schema.Protobuf, orders, largeJSON(ints(1_000_001)), tooMany)
	add("json 999,999 numbers", schema.JSON, `{}`, largeJSON(ints(999_999)), Want{Answer: Valid})
	add("json 300,000 numbers, each judged", schema.JSON, `{"items":{"type":"integer"}}`, largeJSON(ints(300_000)), Want{Answer: Valid})
	add("json 200,000 objects", schema.JSON, `{"items":{"properties":{"a":{"type":"integer"}}}}`, largeJSON(listed("[", 200_000, numbered(`{"a":1}`), "]")), Want{Answer: Valid})
	add("json 499,000 objects", schema.JSON, `{"items":{"type":"object"}}`, largeJSON(listed("[", 499_000, numbered(`{"a":1}`), "]")), Want{Answer: Valid})
	add("json text of 10 MiB", schema.JSON, `{"pattern":"^(a+)+$"}`, largeJSON(filled(`"`, 10<<20-3, `!"`)), Want{Answer: Invalid})
	add("avro 999,999 numbers in JSON", schema.Avro, intList, largeJSON(ints(999_999)), Want{Answer: Valid})
	add("avro 999,999 numbers", schema.Avro, intList, largeBinary(func() []byte { return joined(longs(999_999), make([]byte, 1_000_000)) }), Want{Answer: Valid})
	const most = 10<<20 - 8
	add("avro 10 MiB of control characters", schema.Avro, `"string"`, largeBinary(func() []byte { return joined(longs(most), []byte(strings.Repeat("\x01", most))) }), Want{Answer: Valid})
	add("protobuf 500,000 numbers in JSON", schema.Protobuf, orders, largeJSON(listed(`{"list":[`, 500_000, numbered("1"), "]}")), Want{Answer: Valid})
	add("protobuf 999,999 packed numbers", schema.Protobuf, orders, largeBinary(func() []byte { return field(18, make([]byte, 999_999)) }), Want{Answer: Valid})
	add("protobuf 300,000 messages", schema.Protobuf, orders, largeBinary(func() []byte { return []byte(strings.Repeat(string(field(20, nil)), 300_000)) }), Want{Answer: Valid})
	add("protobuf 10 MiB of bytes", schema.Protobuf, orders, largeBinary(func() []byte { return field(15, make([]byte, most)) }), Want{Answer: Valid})
	t.add(Case{
		Row: "volume", Name: "avro 2^60 leaves of no bytes", Format: schema.Avro, Text: leaves, Event: &Event{Encoding: schema.EncodingBinary, Bytes: raw()},
		Want: Want{Answer: Unjudged, Limit: "event-nodes", Placed: true}, Volume: true,
	})
}

// volumeSchemas are texts at their limits.
func volumeSchemas(t *table) {
	add := func(name string, f schema.Format, want Answer, text func() string) {
		t.add(Case{Row: "volume", Name: name, Format: f, Text: text, Want: Want{Answer: want}, Volume: true})
	}
	add("avro 10,000 fields", schema.Avro, Stored, listed(`{"type":"record","name":"R","fields":[`, 10_000, numbered(`{"name":"f%d","type":"int"}`), `]}`))
	add("avro 20,000 symbols", schema.Avro, Stored, listed(`{"type":"enum","name":"E","symbols":[`, 20_000, numbered(`"s%d"`), `]}`))
	add("json 10,000 properties", schema.JSON, Stored, listed(`{"properties":{`, 10_000, numbered(`"p%d":true`), `}}`))
	add("json 99,000 values", schema.JSON, Stored, listed(`{"examples":[`, 99_000, numbered("1"), `]}`))
	message := func(head string) func() string {
		return lines(head, 800, func(i int) string { return fmt.Sprintf("int32 f%d = %d;\n", i, i+1) }, "}")
	}
	add("protobuf 10,000 fields", schema.Protobuf, Stored, lines(proto3+"message M {\n", 10_000, func(i int) string { return fmt.Sprintf("int32 f%d = %d;\n", i, i+1) }, "}"))
	add("protobuf 10,000 messages", schema.Protobuf, Stored, lines(proto3, 10_000, numbered("message M%d {}\n"), ""))
	add("protobuf 20,000 constants", schema.Protobuf, Stored, lines(proto3+"enum E {\n", 20_000, numbered("V%d = %d;\n"), "}"))
	add("protobuf 1 MB of fields", schema.Protobuf, Stored, lines(proto3, 60, func(i int) string { return message(fmt.Sprintf("message M%d {\n", i))() }, ""))
	add("protobuf 250,000 adjacent texts", schema.Protobuf, Stored, func() string { return proto3 + "option java_package = " + strings.Repeat(`"a"`, 250_000) + ";" })
	add("protobuf 60,000 options of one field", schema.Protobuf, Refused, func() string {
		return proto3 + "message B { int32 x = 1 [" + strings.Repeat("deprecated=true,", 60_000) + "deprecated=true];}"
	})
}

// leaves is a schema of 60 records that each hold the next twice.
func leaves() string {
	name := func(i int) string { return fmt.Sprintf("R%d", i) }
	text := `"null"`
	for i := 59; i >= 0; i-- {
		second := `"null"`
		if i < 59 {
			second = `"` + name(i+1) + `"`
		}
		text = `{"type":"record","name":"` + name(i) + `","fields":[{"name":"a","type":` + text + `},{"name":"b","type":` + second + `}]}`
	}
	return text
}
