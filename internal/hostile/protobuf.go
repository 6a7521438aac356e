package hostile

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// protobufTexts are mistakes that only Protobuf can hold.
func protobufTexts(t *table) {
	for _, c := range []struct{ name, text string }{
		{"no number", "message A { int32 x; }"},
		{"number 0", "message A { int32 x = 0; }"},
		{"number -1", "message A { int32 x = -1; }"},
		{"number 2^29", "message A { int32 x = 536870912; }"},
		{"number of 30 digits", "message A { int32 x = " + strings.Repeat("9", 30) + "; }"},
		{"number reserved for the runtime", "message A { int32 x = 19000; }"},
		{"number twice", "message A { int32 x = 1; int32 y = 1; }"},
		{"name twice", "message A { int32 x = 1; int32 x = 2; }"},
		{"message twice", "message A {} message A {}"},
		{"unknown type", "message A { Missing x = 1; }"},
		{"service as a type", "service S {} message A { S x = 1; }"},
		{"required in proto3", "message A { required int32 x = 1; }"},
		{"group in proto3", "message A { optional group G = 1 {} }"},
		{"enum without zero", "enum E { A = 1; }"},
		{"enum without values", "enum E {}"},
		{"enum number twice", "enum E { A = 0; B = 0; }"},
		{"enum number of 33 bits", "enum E { A = 0; B = 4294967296; }"},
		{"reserved number", "message A { reserved 1 to 5; int32 x = 3; }"},
		{"reserved ranges that meet", "message A { reserved 1 to 5; reserved 4; }"},
		{"reserved backwards", "message A { reserved 5 to 1; }"},
		{"map key of a message", "message A { map<A, int32> m = 1; }"},
		{"map key of a double", "message A { map<double, int32> m = 1; }"},
		{"map in a oneof", "message A { oneof o { map<int32, int32> m = 1; } }"},
		{"oneof without fields", "message A { oneof o {} }"},
		{"repeated in a oneof", "message A { oneof o { repeated int32 x = 1; } }"},
		{"unknown option", "option (unknown) = 1;"},
		{"option of a wrong type", "option java_package = 5;"},
		{"packed string", "message A { repeated string x = 1 [packed = true]; }"},
		{"default in proto3", "message A { int32 x = 1 [default = 5]; }"},
		{"written-out map entry", "message A { message XEntry { option map_entry = true; string key = 1; string value = 2; } }"},
		{"extension of nothing", "extend Missing { int32 x = 1; }"},
		{"string without an end", "option java_package = \"a"},
		{"comment without an end", "/* a"},
		{"escape without an end", "option java_package = \"\\x\";"},
		{"NUL", "// \x00"},
		{"invalid UTF-8", "message \xff {}"},
		{"brace too many", "message A {}}"},
		{"a JSON schema", `{"type":"object"}`},
		{"an HTML page", "<!DOCTYPE html><html></html>"},
		{"syntax twice", `syntax = "proto3";`},
	} {
		t.schema("protobuf", c.name, schema.Protobuf, is(proto3+c.text), Want{Answer: Refused, Placed: true})
	}
	for _, c := range []struct{ name, text string }{
		{"unknown syntax", `syntax = "proto9";`},
		{"edition of the future", `edition = "2099"; message A {}`},
		{"extension out of range", "message A { extensions 100 to 199; } extend A { optional int32 x = 5; }"},
		{"extensions that meet fields", "message A { extensions 1 to 9; optional int32 x = 5; }"},
		{"default that is none", "message A { optional int32 x = 1 [default = \"a\"]; }"},
		{"enum default that is none", "message A { optional E x = 1 [default = C]; } enum E { B = 1; }"},
		{"extensions of 2^29", "message A { extensions 1 to 536870912; }"},
	} {
		t.schema("protobuf", c.name, schema.Protobuf, is(c.text), Want{Answer: Refused, Placed: true})
	}
	large := strings.Repeat("x", 500_000)
	t.schema("protobuf", "token of 500 kB", schema.Protobuf, is(proto3+large), Want{Answer: Refused, Limit: "name-bytes", Placed: true})
	t.schema("protobuf", "number of 500,000 digits", schema.Protobuf, func() string { return proto3 + "enum E { A = " + strings.Repeat("1", 500_000) + "; }" }, Want{Answer: Refused, Limit: "name-bytes", Placed: true})
	t.schema("protobuf", "500,000 minus signs", schema.Protobuf, func() string { return proto3 + "option (x) = " + strings.Repeat("-", 500_000) + "1;" }, Want{Answer: Refused})
}

// protobufImports names files that are none of ours.
func protobufImports(t *table) {
	for _, p := range []string{
		"/etc/passwd", "//etc/passwd", "../../x", "a/../x.proto", "./x.proto", "a/./b.proto", "a//b.proto", "http://host/x.proto", "https://host/x.proto", "file:///etc/passwd",
		"ftp://host/x.proto", "C:/x.proto", `a\\b.proto`, `\\\\host\\x.proto`, "", "google/protobuf/../../../etc/passwd", "google/protobuf/missing.proto", "~/x.proto", "$HOME/x.proto", "proc/self/environ", "dev/zero", "dev/stdin",
		"a\u202eb.proto", `a\nb.proto`, `a\0b.proto`, "%2e%2e/x.proto",
	} {
		for _, kind := range []string{"", "public ", "weak "} {
			t.schema("import", kind+p, schema.Protobuf, is(proto3+"import "+kind+"\""+p+"\";"), Want{Answer: Refused, Placed: true})
		}
	}
	t.schema("import", "itself", schema.Protobuf, is(proto3+`import "default";`), Want{Answer: Refused, Placed: true})
	t.schema("import", "twice", schema.Protobuf, is(proto3+`import "google/protobuf/any.proto"; import "google/protobuf/any.proto";`), Want{Answer: Refused, Placed: true})
	t.schema("import", "10,000 missing files", schema.Protobuf, lines(proto3, 10_000, numbered("import \"f%d.proto\";\n"), ""), Want{Answer: Refused, Placed: true})
	for _, p := range []string{"google/protobuf/descriptor.proto", "google/protobuf/timestamp.proto", "google/type/money.proto", "confluent/meta.proto"} {
		t.schema("import", "bundled "+p, schema.Protobuf, is(proto3+"import \""+p+"\";"), Want{Answer: Stored})
	}
}

// protobufDescriptors are serialized files, as some clients send them.
func protobufDescriptors(t *table) {
	coded := func(b []byte) func() string {
		return func() string { return base64.StdEncoding.EncodeToString(b) }
	}
	name := field(1, []byte("x.proto"))
	syntax := field(12, []byte("proto3"))
	message := func(name string, rest ...[]byte) []byte {
		return field(4, joined(field(1, []byte(name)), joined(rest...)))
	}
	deep := func(n int) []byte {
		m := field(1, []byte("M"))
		for range n {
			m = joined(field(1, []byte("M")), field(3, m))
		}
		return joined(name, field(4, m))
	}
	for _, c := range []struct {
		name, limit string
		bytes       []byte
	}{
		{"unknown import", "", joined(name, field(3, []byte("other.proto")), syntax)},
		{"import of a path", "", joined(name, field(3, []byte("/etc/passwd")), syntax)},
		{"import of itself", "", joined(name, field(3, []byte("x.proto")), field(3, []byte("default")), syntax)},
		{"name that is none", "", joined(name, message("A {} message B"), syntax)},
		{"name of no letters", "", joined(name, message(""), syntax)},
		{"name with a line feed", "", joined(name, message("A\nimport"), syntax)},
		{"field without a name", "", joined(name, message("A", field(2, joined(tag(3, wireVarint), []byte{1}))), syntax)},
		{"unknown syntax", "", joined(name, field(12, []byte("proto9")))},
		{"cut", "", joined(name, message("A"))[:12]},
		{"60 messages deep", "proto-nesting", deep(60)},
		{"5,000 messages deep", "", deep(5_000)},
		{"unknown groups 5,000 deep", "", joined(name, []byte(strings.Repeat("\xfb\x3e", 5_000)))},
	} {
		t.schema("descriptor", c.name, schema.Protobuf, coded(c.bytes), Want{Answer: Refused, Limit: c.limit})
	}
	t.schema("descriptor", "base64 of zeros", schema.Protobuf, coded(make([]byte, 1_000)), Want{Answer: Refused, Limit: "name-bytes"})
	t.schema("descriptor", "base64 of 700 kB", schema.Protobuf, coded([]byte(strings.Repeat("\xaa", 700_000))), Want{Answer: Refused, Limit: "name-bytes"})
	t.schema("descriptor", "base64 too long", schema.Protobuf, coded(make([]byte, 1<<20)), Want{Answer: Refused, Limit: "schema-bytes"})
	t.schema("descriptor", "a word", schema.Protobuf, is("QUJD"), Want{Answer: Refused})
}

const orders = proto3 + `package t;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
message All {
  double d = 1; int32 i = 3; string s = 14; bool b = 13; bytes by = 15; All self = 17; repeated int32 list = 18; repeated Item items = 20;
  map<string, int64> counts = 21; oneof choice { string left = 23; Item right = 24; }
  google.protobuf.Any any = 30; google.protobuf.Struct st = 33; google.protobuf.Timestamp ts = 34; google.protobuf.Value value = 36;
  message Item { string name = 1; }
}
`

const ordersOld = `syntax = "proto2"; package t2;
message A { required string id = 1; optional group Detail = 2 { required int32 n = 1; } optional Inner inner = 4; map<string, Inner> by_key = 5; }
message Inner { required int32 x = 1; }
`

// protobufEvents are the bytes that a reader must not follow.
func protobufEvents(t *table) {
	ones := []byte(strings.Repeat("\xff", 9))
	add := func(name, text string, event ...[]byte) {
		t.event("protobuf event", name, schema.Protobuf, text, binaryEvent(joined(event...)...), Want{Answer: Invalid, Placed: true})
	}
	add("tag cut", orders, []byte{0x80})
	add("tag of 11 bytes", orders, []byte(strings.Repeat("\x80", 11)))
	add("field 0", orders, []byte{0, 1})
	add("field 2^29", orders, tag(1<<29, 0), []byte{1})
	add("wire type 6", orders, []byte{1<<3 | 6, 0})
	add("wire type 7", orders, []byte{1<<3 | 7, 0})
	add("varint of 11 bytes", orders, tag(3, wireVarint), []byte(strings.Repeat("\x80", 11)))
	add("varint of 65 bits", orders, tag(3, wireVarint), ones, []byte{2})
	add("double cut", orders, tag(1, wireFixed64), []byte{0, 0})
	add("length beyond the end", orders, tag(14, wireBytes), []byte{5, 'a'})
	add("length of 2^63", orders, tag(14, wireBytes), ones, []byte{1})
	add("length of 2 GB", orders, tag(15, wireBytes), []byte{0x80, 0x80, 0x80, 0x80, 8})
	add("string that is not UTF-8", orders, field(14, []byte{0xff}))
	add("map key that is not UTF-8", orders, field(21, field(1, []byte{0xff})))
	add("packed list cut", orders, field(18, []byte{1, 0x80}))
	add("end of no group", orders, tag(40, wireEnd))
	add("group without an end", orders, tag(40, wireStart))
	add("group closed by another", orders, tag(40, wireStart), tag(41, wireEnd))
	add("required field missing", ordersOld)
	add("required field missing inside", ordersOld, field(1, []byte("x")), field(4, nil))
	add("required field missing in a group", ordersOld, field(1, []byte("x")), tag(2, wireStart), tag(2, wireEnd))
	add("required field missing in a map", ordersOld, field(1, []byte("x")), field(5, nil))
	protobufLimits(t)
	whole := joined(field(14, []byte("ab")), tag(1, wireFixed64), make([]byte, 8), field(20, field(1, []byte("n"))), field(18, []byte{1, 0x80, 1}))
	t.event("protobuf prefix", "whole", schema.Protobuf, orders, binaryEvent(whole...), Want{Answer: Valid})
	ends := map[int]bool{0: true, 4: true, 13: true, 19: true}
	for i := range whole {
		w := Want{Answer: Invalid, Placed: true}
		if ends[i] { // a cut between two fields leaves an event
			w = Want{Answer: Valid}
		}
		t.event("protobuf prefix", fmt.Sprintf("%d of %d bytes", i, len(whole)), schema.Protobuf, orders, binaryEvent(whole[:i]...), w)
	}
}

// protobufLimits are events that are well formed and too much.
func protobufLimits(t *table) {
	over := func(name, limit string, build func() []byte) {
		t.event("protobuf event", name, schema.Protobuf, orders, largeBinary(build), Want{Answer: Unjudged, Limit: limit})
	}
	url := field(1, []byte("x/google.protobuf.Any"))
	anys := func(n int) []byte {
		var b []byte
		for range n {
			b = joined(url, field(2, b))
		}
		return b
	}
	over("messages 65 deep", "event-depth", func() []byte { return inside(17, 66) })
	over("messages 5,000 deep", "event-depth", func() []byte { return inside(17, 5_000) })
	over("unknown groups 100,000 deep", "event-depth", func() []byte { return []byte(strings.Repeat(string(tag(40, wireStart)), 100_000)) })
	over("structs 5,000 deep", "event-depth", func() []byte {
		var b []byte
		for range 5_000 {
			b = field(1, joined(field(1, []byte("k")), field(2, field(5, b))))
		}
		return field(33, b)
	})
	over("Any 3,000 deep", "event-depth", func() []byte { return field(30, anys(3_000)) })
	over("Any 3,000 deep, in two parts", "event-depth", func() []byte { return joined(field(30, url), field(30, field(2, anys(3_000)))) })
	over("1,000,001 items", "event-items", func() []byte { return []byte(strings.Repeat(string(field(20, nil)), 1_000_001)) })
	over("1,000,001 packed items", "event-items", func() []byte { return field(18, make([]byte, 1_000_001)) })
	over("1,000,001 unknown fields", "event-items", func() []byte { return []byte(strings.Repeat(string(joined(tag(41, 0), []byte{0})), 1_000_001)) })
	over("one byte too long", "event-bytes", func() []byte { return make([]byte, 10<<20+1) })
	for _, m := range []struct {
		name  string
		path  []int
		limit string
	}{{"unknown message", []int{7}, ""}, {"negative message", []int{-1}, ""}, {"message of a message that has none", []int{0, 9}, ""}, {"message path of 65", make([]int, 65), "message-indexes"}} {
		e := Event{Encoding: schema.EncodingBinary, Bytes: raw(), Message: m.path}
		t.event("protobuf event", m.name, schema.Protobuf, orders, e, Want{Answer: Unjudged, Limit: m.limit})
	}
}
