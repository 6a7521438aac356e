package hostile

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// jsonEvents are events in JSON for all three formats.
func jsonEvents(t *table) {
	for _, open := range []struct {
		format schema.Format
		text   string
	}{{schema.JSON, `{}`}, {schema.Avro, linkedList}, {schema.Protobuf, orders}} {
		f, text, name := open.format, open.text, strings.ToLower(open.format.String())
		for _, n := range []int{65, 10_000, 100_000} {
			t.event("json event", fmt.Sprintf("%s %d lists", name, n), f, text, largeJSON(nested("[", n, "", "")), Want{Answer: Unjudged, Limit: "json-depth", Placed: true})
			t.event("json event", fmt.Sprintf("%s %d objects", name, n), f, text, largeJSON(nested(`{"self":`, n, "", "")), Want{Answer: Unjudged, Limit: "json-depth", Placed: true})
		}
		t.event("json event", name+" one byte too long", f, text, largeJSON(filled(`"`, 10<<20, `"`)), Want{Answer: Unjudged, Limit: "event-bytes"})
	}
	for _, e := range []struct{ name, event string }{
		{"unknown field", `{"nope":1}`},
		{"text for a number", `{"i":"x"}`},
		{"number out of range", `{"i":3000000000}`},
		{"fraction for an int", `{"i":1.5}`},
		{"both of a oneof", `{"left":"a","right":{}}`},
		{"map key twice", `{"counts":{"a":1,"a":2}}`},
		{"bytes that are not base64", `{"by":"*"}`},
		{"Any without a type", `{"any":{"a":1}}`},
		{"Any of an address", `{"any":{"@type":"http://example.com/a.B"}}`},
		{"Any of a file", `{"any":{"@type":"file:///etc/passwd"}}`},
		{"time of the year 10000", `{"ts":"10000-01-01T00:00:00Z"}`},
		{"time that is none", `{"ts":"x"}`},
		{"a list", `[]`},
		{"a text", `"x"`},
		{"null", `null`},
	} {
		t.event("json event", "protobuf "+e.name, schema.Protobuf, orders, jsonEvent(e.event), Want{Answer: Invalid})
	}
	for _, e := range []struct{ name, text, event string }{
		{"missing field", linkedList, `{}`},
		{"unknown field", linkedList, `{"next":null,"x":1}`},
		{"branch of nobody", linkedList, `{"next":{"M":{}}}`},
		{"two branches", linkedList, `{"next":{"L":{"next":null},"M":1}}`},
		{"int out of range", `"int"`, `2147483648`},
		{"long out of range", `"long"`, `9223372036854775808`},
		{"fraction for a long", `"long"`, `1.5`},
		{"text for an int", `"int"`, `"1"`},
		{"bytes beyond a byte", `"bytes"`, `"\u0100"`},
		{"fixed too short", `{"type":"fixed","name":"F","size":2}`, `"a"`},
		{"symbol of nobody", `{"type":"enum","name":"E","symbols":["A"]}`, `"B"`},
		{"null for a string", `"string"`, `null`},
		{"object for a list", intList, `{}`},
		{"list for a map", intMap, `[]`},
	} {
		t.event("json event", "avro "+e.name, schema.Avro, e.text, jsonEvent(e.event), Want{Answer: Invalid})
	}
	for _, e := range []struct{ name, text, event string }{
		{"type", `{"type":"string"}`, `1`},
		{"false", `false`, `1`},
		{"required", `{"required":["a"]}`, `{}`},
		{"maximum", `{"maximum":1}`, `1.0000000000000000000000000001`},
		{"multipleOf", `{"multipleOf":0.01}`, `0.015`},
		{"uniqueItems of equal numbers", `{"uniqueItems":true}`, `[1,1.0]`},
		{"maxLength counts characters", `{"maxLength":1}`, `"\ud83d\udc1b\ud83d\udc1b"`},
	} {
		t.event("json event", "json "+e.name, schema.JSON, e.text, jsonEvent(e.event), Want{Answer: Invalid})
	}
	t.event("json event", "no encoding", schema.JSON, `{}`, Event{Bytes: raw('{', '}')}, Want{Answer: Unjudged})
}

// frames are the first bytes of records in a topic.
func frames(t *table) {
	add := func(name string, want Answer, b ...byte) {
		t.add(Case{Row: "frame", Name: name, Frame: raw(b...), Want: Want{Answer: want, Placed: want == NotFrame}})
	}
	id := []byte{0, 0, 0, 0, 7}
	guid := append([]byte{1}, []byte(strings.Repeat("g", 16))...)
	add("id and the first message", Frame, append(id, 0)...)
	add("GUID and the first message", Frame, append(guid, 0)...)
	for i := range append(id, 0) {
		add(fmt.Sprintf("%d bytes of an id", i), NotFrame, id[:i]...)
	}
	for i := 1; i <= len(guid); i++ {
		add(fmt.Sprintf("%d bytes of a GUID", i), NotFrame, guid[:i]...)
	}
	for _, magic := range []byte{2, 3, 0x7b, 0xc3, 0xff} {
		add(fmt.Sprintf("magic byte %d", magic), NotFrame, magic, 0, 0, 0, 7, 0)
	}
	add("id 0", NotFrame, 0, 0, 0, 0, 0, 0)
	add("id 2^31", NotFrame, 0, 0x80, 0, 0, 0, 0)
	add("id 2^32-1", NotFrame, 0, 0xff, 0xff, 0xff, 0xff, 0)
	indexes := func(values ...int64) []byte { return append(append([]byte{}, id...), longs(values...)...) }
	add("65 indexes", NotFrame, append(indexes(65), make([]byte, 65)...)...)
	add("2^40 indexes", NotFrame, indexes(1<<40)...)
	add("-1 indexes", NotFrame, indexes(-1, 0)...)
	add("index -1", NotFrame, indexes(1, -1)...)
	add("index 2^40", NotFrame, indexes(1, 1<<40)...)
	add("two indexes, one there", NotFrame, indexes(2, 1)...)
	add("index of 11 bytes", NotFrame, append(append(append([]byte{}, id...), longs(1)...), []byte(strings.Repeat("\x80", 11))...)...)
	add("count of 65 bits", NotFrame, append(append(binary.AppendVarint(id[:5:5], 0)[:5], []byte(strings.Repeat("\xff", 9))...), 2)...)
}
