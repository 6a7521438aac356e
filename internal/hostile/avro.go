package hostile

import (
	"fmt"
	"math"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// avroRecord makes a record R of the given fields.
func avroRecord(fields ...string) string {
	return `{"type":"record","name":"R","fields":[` + strings.Join(fields, ",") + `]}`
}

// avroDetails are mistakes that only Avro can hold.
func avroDetails(t *table) {
	for _, c := range []struct{ name, text, limit, want string }{
		{"fixed of 2^31", `{"type":"fixed","name":"F","size":2147483648}`, "fixed-bytes", ""},
		{"fixed of 2^63", `{"type":"fixed","name":"F","size":9223372036854775808}`, "", "bytes"},
		{"fixed of one byte too many", `{"type":"fixed","name":"F","size":1048577}`, "fixed-bytes", ""},
		{"fixed of -1", `{"type":"fixed","name":"F","size":-1}`, "", "number of bytes"},
		{"fixed of half a byte", `{"type":"fixed","name":"F","size":0.5}`, "", "number of bytes"},
		{"decimal of 1,001 digits", `{"type":"bytes","logicalType":"decimal","precision":1001}`, "decimal-digits", ""},
		{"decimal of 2^40 digits", `{"type":"bytes","logicalType":"decimal","precision":1099511627776}`, "", "precision"},
		{"decimal without precision", `{"type":"bytes","logicalType":"decimal"}`, "", "precision"},
		{"decimal of precision 0", `{"type":"bytes","logicalType":"decimal","precision":0}`, "", "precision"},
		{"decimal of negative scale", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":-1}`, "", "scale"},
		{"decimal of scale beyond precision", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":5}`, "", "scale"},
		{"decimal too wide for its fixed", `{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":10}`, "", "9 digits"},
		{"date on a string", `{"type":"string","logicalType":"date"}`, "", "date"},
		{"duration of 11 bytes", `{"type":"fixed","name":"F","size":11,"logicalType":"duration"}`, "", "12"},
		{"type defined twice", `[` + `{"type":"record","name":"R","fields":[]},{"type":"enum","name":"R","symbols":[]}]`, "", "twice"},
		{"field twice", avroRecord(`{"name":"a","type":"int"}`, `{"name":"a","type":"int"}`), "", "twice"},
		{"symbol twice", `{"type":"enum","name":"E","symbols":["A","A"]}`, "", "twice"},
		{"branch twice", `["int","int"]`, "", "twice"},
		{"union in a union", `["int",["string"]]`, "", "union"},
		{"enum default that is no symbol", `{"type":"enum","name":"E","symbols":["A"],"default":"B"}`, "", "symbol"},
		{"name of a primitive", `{"type":"record","name":"string","fields":[]}`, "", "primitive"},
		{"default of another type", avroRecord(`{"name":"a","type":"int","default":"1"}`), "", "int"},
		{"default too large for int", avroRecord(`{"name":"a","type":"int","default":2147483648}`), "", "int"},
		{"default of an inner record", avroRecord(`{"name":"a","type":{"type":"record","name":"S","fields":[{"name":"b","type":"int"}]},"default":{}}`), "", "missing"},
		{"default of a wrong item", avroRecord(`{"name":"a","type":{"type":"array","items":"int"},"default":[1,"2"]}`), "", "int"},
		{"default of bytes beyond a byte", avroRecord(`{"name":"a","type":"bytes","default":"\u0100"}`), "", "byte"},
		{"no type", `{}`, "", "type"},
		{"a number", `5`, "", "number"},
		{"null", `null`, "", "null"},
		{"unknown type", `"strng"`, "", "string"},
		{"no fields", `{"type":"record","name":"R"}`, "", "fields"},
		{"fields is an object", `{"type":"record","name":"R","fields":{}}`, "", "fields"},
		{"no items", `{"type":"array"}`, "", "items"},
		{"no values", `{"type":"map"}`, "", "values"},
		{"no symbols", `{"type":"enum","name":"E"}`, "", "symbols"},
	} {
		t.schema("avro", c.name, schema.Avro, is(c.text), Want{Answer: Refused, Limit: c.limit, Text: c.want, Placed: true})
	}
	t.schema("avro", "4,000 redefinitions of one record", schema.Avro, func() string {
		fields := listed(`{"name":"a","type":{"type":"record","name":"S","doc":"d","fields":[`, 5_000, numbered(`{"name":"f%d","type":"int"}`), `]}}`)()
		return avroRecord(fields, listed("", 4_000, numbered(`{"name":"b%d","type":{"type":"record","name":"S","fields":[]}}`), "")())
	}, Want{Answer: Refused, Text: "twice", Placed: true})
	t.schema("avro", "200 forward references that unfold", schema.Avro, listed(`{"type":"record","name":"R","fields":[`, 200, func(i int) string {
		return fmt.Sprintf(`{"name":"f%d","type":{"type":"record","name":"T%d","fields":[{"name":"x","type":"T%d"}]}}`, i, i, (i+1)%200)
	}, `]}`), Want{Answer: Refused, Limit: "nesting", Placed: true})
	t.schema("avro", "unknown name among 900 like it", schema.Avro, func() string {
		return `[` + listed("", 900, numbered(`{"type":"fixed","name":"`+strings.Repeat("n", 60)+`%d","size":1}`), "")() + `,"` + strings.Repeat("m", 62) + `"]`
	}, Want{Answer: Refused, Text: "not defined", Placed: true})
	t.schema("avro", "defaults with two ways at each level", schema.Avro, branching, Want{Answer: Refused, Placed: true})
}

// branching is a default that fits no branch, over unions that offer two records
// at each of 100 levels.
func branching() string {
	union := listed("[", 900, func(i int) string {
		more := ""
		if i >= 2 {
			more = fmt.Sprintf(`,"U%d","U%d"`, i-1, i-2)
		}
		return fmt.Sprintf(`{"type":"record","name":"U%d","fields":[{"name":"f","type":["null"%s]},{"name":"g","type":"int"}]}`, i, more)
	}, "]")()
	return avroRecord(`{"name":"u","type":`+union+`}`, `{"name":"d","type":"U899","default":`+nested(`{"f":`, 100, "1", "}")()+`}`)
}

// avroPaths are names that mean something to a file system or a browser.
func avroPaths(t *table) {
	for _, p := range []string{
		"/etc/passwd", "../../../etc/passwd", "file:///etc/passwd", "http://example.com/a.avsc", "http://169.254.169.254/latest", "C:\\\\boot.ini", `\\\\host\\share`,
		"a/../../b", "~root", "$HOME", "`id`", "<script>", "%2e%2e%2f", "a:b", "*",
	} {
		t.schema("avro path", "type name "+p, schema.Avro, is(`{"type":"record","name":"`+p+`","fields":[]}`), Want{Answer: Refused, Placed: true})
		t.schema("avro path", "namespace "+p, schema.Avro, is(`{"type":"record","name":"R","namespace":"`+p+`","fields":[]}`), Want{Answer: Refused, Placed: true})
		t.schema("avro path", "type "+p, schema.Avro, is(avroRecord(`{"name":"a","type":"`+p+`"}`)), Want{Answer: Refused, Placed: true})
		t.schema("avro path", "alias "+p, schema.Avro, is(`{"type":"record","name":"R","aliases":["`+p+`"],"fields":[]}`), Want{Answer: Refused, Placed: true})
		t.add(Case{Row: "avro path", Name: "imported type name " + p, Format: schema.Avro, Text: is(`{"type":"record","name":"` + p + `","fields":[]}`), Lenient: true, Want: Want{Answer: Stored}})
		t.add(Case{
			Row: "avro path", Name: "document " + p, Format: schema.Avro, Text: is(avroRecord(`{"name":"a","type":"D"}`)),
			Docs: func() []schema.Document {
				return []schema.Document{{Name: strings.ReplaceAll(p, `\\`, `\`), Text: `{"type":"record","name":"D","fields":[]}`}}
			}, Want: Want{Answer: Stored},
		})
	}
}

const (
	nullList   = `{"type":"array","items":"null"}`
	intList    = `{"type":"array","items":"int"}`
	emptyList  = `{"type":"array","items":{"type":"record","name":"E","fields":[]}}`
	intMap     = `{"type":"map","values":"int"}`
	linkedList = `{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}`
)

// avroEvents are the payloads on which decoders die, hang or lie.
func avroEvents(t *table) {
	add := func(name, text string, limit string, event []byte) {
		answer := Invalid
		if limit != "" {
			answer = Unjudged
		}
		t.event("avro event", name, schema.Avro, text, binaryEvent(event...), Want{Answer: answer, Limit: limit, Placed: true})
	}
	for _, n := range []int64{10_001, 1e8, 1e12, math.MaxInt64} {
		add(fmt.Sprintf("list of %d nulls", n), nullList, "event-zero-items", longs(n, 0))
		add(fmt.Sprintf("list of %d nulls, counted backwards", n), nullList, "event-zero-items", longs(-n, 0, 0))
	}
	for _, n := range []int64{2e7, 1 << 27, math.MaxInt64} {
		add(fmt.Sprintf("list of %d empty records", n), emptyList, "event-zero-items", longs(n, 0))
	}
	add("nulls in many blocks", nullList, "event-zero-items", longs(6_000, 6_000, 0))
	add("list of MaxInt64 ints", intList, "", longs(math.MaxInt64, 0))
	add("map of MaxInt64 entries", intMap, "", longs(math.MaxInt64, 0))
	add("list of MinInt64 nulls", nullList, "", longs(math.MinInt64, 0))
	add("list of MinInt64 ints", intList, "", longs(math.MinInt64, 0))
	add("map of MinInt64 entries", intMap, "", longs(math.MinInt64, 0))
	add("block size too large", intList, "", longs(-1, 5, 1, 0))
	add("block size too small", intList, "", longs(-2, 1, 1, 1, 0))
	add("block size negative", intList, "", longs(-1, -1, 1, 0))
	add("block size of MaxInt64", intList, "", longs(-1, math.MaxInt64, 1, 0))
	add("list without an end", intList, "", longs(1, 1))
	add("trailing byte", `"int"`, "", []byte{2, 0})
	add("bytes of 2 GB", `"bytes"`, "", longs(2<<30))
	add("string of 2 GB", `"string"`, "", longs(2<<30))
	add("string of MaxInt64", `"string"`, "", longs(math.MaxInt64))
	add("string of -1", `"string"`, "", longs(-1))
	add("bytes of MinInt64", `"bytes"`, "", longs(math.MinInt64))
	add("map key of 2 GB", intMap, "", longs(1, 2<<30))
	add("branch out of range", `["null","int"]`, "", longs(2))
	add("branch negative", `["null","int"]`, "", longs(-1))
	add("branch of MaxInt64", `["null","int"]`, "", longs(math.MaxInt64))
	add("branch of an empty union", `[]`, "", longs(0))
	add("symbol out of range", `{"type":"enum","name":"E","symbols":["A"]}`, "", longs(1))
	add("symbol negative", `{"type":"enum","name":"E","symbols":["A"]}`, "", longs(-1))
	add("boolean 2", `"boolean"`, "", []byte{2})
	add("varint of 11 bytes", `"long"`, "", []byte(strings.Repeat("\x80", 11)))
	add("varint of 65 bits", `"long"`, "", []byte(strings.Repeat("\xff", 9)+"\x02"))
	add("int of 33 bits", `"int"`, "", longs(1<<31))
	add("string that is not UTF-8", `"string"`, "", []byte{6, 'a', 0xff, 'b'})
	add("map key that is not UTF-8", intMap, "", []byte{2, 2, 0xff, 0, 0})
	add("decimal wider than its precision", `{"type":"bytes","logicalType":"decimal","precision":3}`, "", []byte{4, 3, 0xe8})
	add("decimal of no bytes", `{"type":"bytes","logicalType":"decimal","precision":3}`, "", []byte{0})
	add("fixed cut short", `{"type":"fixed","name":"F","size":4}`, "", []byte{1, 2, 3})
	add("fixed of 1 MiB, nothing there", `{"type":"fixed","name":"F","size":1048576}`, "", nil)
	add("float cut short", `"float"`, "", []byte{1, 2, 3})
	add("double cut short", `"double"`, "", []byte{1, 2, 3, 4, 5, 6, 7})
	for _, n := range []int{65, 1_000_000, 3_000_000} {
		deep := func() []byte { return []byte(strings.Repeat("\x02", n)) }
		t.event("avro event", fmt.Sprintf("recursion of %d", n), schema.Avro, linkedList, largeBinary(deep), Want{Answer: Unjudged, Limit: "event-depth", Placed: true})
	}
	items := func() []byte { return joined(longs(1_000_001), make([]byte, 1_000_002)) }
	t.event("avro event", "1,000,001 ints", schema.Avro, intList, largeBinary(items), Want{Answer: Unjudged, Limit: "event-items", Placed: true})
	large := func() []byte { return make([]byte, 10<<20+1) }
	t.event("avro event", "one byte too long", schema.Avro, intList, largeBinary(large), Want{Answer: Unjudged, Limit: "event-bytes"})
}

// avroPrefixes cuts a filled event at every byte: no prefix is an event.
func avroPrefixes(t *table) {
	const text = `{"type":"record","name":"O","fields":[{"name":"id","type":"string"},{"name":"n","type":"long"},{"name":"d","type":"double"},{"name":"l","type":{"type":"array","items":"int"}},{"name":"u","type":["null",{"type":"map","values":"float"}]},{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},{"name":"f","type":{"type":"fixed","name":"F","size":3}}]}`
	whole := joined(longs(3), []byte("abc"), longs(-70_000), make([]byte, 8), longs(2, 7, -9, 0), longs(1, 1, 1), []byte("k"), make([]byte, 4), longs(0, 1), []byte{1, 2, 3})
	t.event("avro prefix", "whole", schema.Avro, text, binaryEvent(whole...), Want{Answer: Valid})
	for i := range whole {
		t.event("avro prefix", fmt.Sprintf("%d of %d bytes", i, len(whole)), schema.Avro, text, binaryEvent(whole[:i]...), Want{Answer: Invalid, Placed: true})
	}
}
