package protobuf

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/cputime"
)

// checkSample generates an event and holds it against every judge.
func checkSample(t testing.TB, s *Schema, indexes []int, seed uint64) {
	t.Helper()
	if s.Descriptor().Messages().Len() == 0 {
		return
	}
	sample, err := s.SampleOf(indexes, seed)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	again, err := s.SampleOf(indexes, seed)
	if err != nil || !bytes.Equal(sample.Binary, again.Binary) || !bytes.Equal(sample.JSON, again.JSON) {
		t.Fatalf("seed %d gives two events", seed)
	}
	binary := judge(t, s, schema.Event{Encoding: schema.EncodingBinary, Bytes: sample.Binary, Message: indexes})
	text := judge(t, s, schema.Event{Encoding: schema.EncodingJSON, Bytes: sample.JSON, Message: indexes})
	for _, j := range []schema.Judgement{binary, text} {
		if len(j.Violations) > 0 || !bytes.Equal(j.Decoded, sample.JSON) {
			t.Fatalf("seed %d: %v\n%s\n%s", seed, j.Violations, j.Decoded, sample.JSON)
		}
	}
}

func judge(t testing.TB, s *Schema, e schema.Event) schema.Judgement {
	t.Helper()
	j, err := s.Check(context.Background(), e)
	if err != nil {
		t.Fatalf("%v\n%s", err, e.Bytes)
	}
	return j
}

const allTypes = `syntax = "proto3";
package t;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message All {
  double d = 1; float f = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6; sint32 s32 = 7; sint64 s64 = 8;
  fixed32 f32 = 9; fixed64 f64 = 10; sfixed32 sf32 = 11; sfixed64 sf64 = 12; bool b = 13; string s = 14; bytes by = 15;
  E e = 16; All self = 17; repeated int32 list = 18; repeated string strings = 19; repeated Item items = 20;
  map<string, int64> counts = 21; map<int32, Item> by_id = 22; oneof choice { string left = 23; Item right = 24; }
  optional int32 maybe = 25; repeated E es = 26; int32 far = 5000;
  google.protobuf.Any any = 30; google.protobuf.Duration dur = 31; google.protobuf.FieldMask mask = 32;
  google.protobuf.Struct st = 33; google.protobuf.Timestamp ts = 34; google.protobuf.StringValue wrapped = 35;
  google.protobuf.Value value = 36; google.protobuf.ListValue lv = 37; google.protobuf.NullValue nil = 38;
  message Item { string name = 1; repeated Item children = 2; }
}
enum E { ZERO = 0; ONE = 1; MINUS = -1; }
`

const proto2Types = `syntax = "proto2";
package t2;
message A {
  required string id = 1;
  optional group Detail = 2 { required int32 n = 1; }
  repeated group Line = 3 { optional string sku = 1; }
  optional Inner inner = 4;
  map<string, Inner> by_key = 5;
  optional string text = 6;
  extensions 100 to 199;
}
message Inner { required int32 x = 1; required int32 y = 2; }
extend A { repeated string note = 100; optional Inner more = 101; }
`

func TestSamples(t *testing.T) {
	for _, text := range []string{allTypes, proto2Types} {
		s := mustParse(t, text)
		for seed := range uint64(200) {
			checkSample(t, s, nil, seed)
		}
	}
	s := mustParse(t, allTypes)
	small, _ := s.Sample(0)
	for _, field := range []string{`"i64":"1"`, `"self":{`, `"items":[{`, `"left":"a"`} {
		if !strings.Contains(string(small.JSON), field) {
			t.Errorf("the smallest sample lacks %s: %s", field, small.JSON)
		}
	}
	if _, err := s.Sample(3); err != nil {
		t.Error(err)
	}
	_, err := mustParse(t, "message A { required A a = 1; }").Sample(0)
	var e *schema.Error
	if !errors.As(err, &e) || !strings.Contains(e.What, "requires itself") {
		t.Errorf("a message without values: %v", err)
	}
	if _, err := mustParse(t, "syntax = \"proto3\";").Sample(0); err == nil {
		t.Error("a file without messages has a sample")
	}
}

func TestCheckJSON(t *testing.T) {
	s := mustParse(t, allTypes)
	valid := judge(t, s, schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(`{"i64": 7, "by_id": {"3": {"name": "x"}}}`)})
	if len(valid.Violations) > 0 || string(valid.Decoded) != `{"i64":"7","byId":{"3":{"name":"x"}}}` {
		t.Errorf("%v %s", valid.Violations, valid.Decoded)
	}
	for name, c := range map[string]struct{ event, want string }{
		"unknown field":   {`{"nope": 1}`, `unknown field "nope"`},
		"wrong type":      {`{"i32": "x"}`, "i32"},
		"out of range":    {`{"i32": 3000000000}`, "3000000000"},
		"duplicate key":   {`{"i32": 1, "i32": 2}`, "i32"},
		"both of a oneof": {`{"left": "a", "right": {}}`, "oneof"},
		"not JSON":        {`{"i32": }`, "line 1"},
		"trailing data":   {`{} {}`, "line 1"},
	} {
		j := judge(t, s, schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(c.event)})
		if len(j.Violations) != 1 || !strings.Contains(j.Violations[0].What, c.want) || strings.Contains(j.Violations[0].What, "\u00a0") {
			t.Errorf("%s: %v", name, j.Violations)
		}
	}
	deep := strings.Repeat(`{"self":`, 70) + "{}" + strings.Repeat("}", 70)
	_, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(deep)})
	var e *schema.Error
	if !errors.As(err, &e) || e.Limit == "" {
		t.Errorf("a deep event: %v", err)
	}
}

func TestCheckErrors(t *testing.T) {
	s := mustParse(t, allTypes)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Check(ctx, schema.Event{Encoding: schema.EncodingJSON}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for name, e := range map[string]schema.Event{
		"unknown message":  {Encoding: schema.EncodingBinary, Message: []int{7}},
		"negative message": {Encoding: schema.EncodingBinary, Message: []int{-1}},
		"long path":        {Encoding: schema.EncodingBinary, Message: make([]int, 65)},
		"no encoding":      {Bytes: []byte("{}")},
		"too large":        {Encoding: schema.EncodingBinary, Bytes: make([]byte, 10<<20+1)},
	} {
		var user *schema.Error
		if _, err := s.Check(context.Background(), e); !errors.As(err, &user) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// raw builds encoded fields.
type raw []byte

func (b raw) varint(n protowire.Number, v uint64) raw {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func (b raw) bytes(n protowire.Number, v []byte) raw {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func (b raw) group(n protowire.Number, v []byte) raw {
	b = append(protowire.AppendTag(b, n, protowire.StartGroupType), v...)
	return protowire.AppendTag(b, n, protowire.EndGroupType)
}

func repeat(n int, wrap func(raw) raw) raw {
	var b raw
	for range n {
		b = wrap(b)
	}
	return b
}

// TestHostileEvents holds bytes that the walker refuses, with place and reason.
func TestHostileEvents(t *testing.T) {
	s3, s2 := mustParse(t, allTypes), mustParse(t, proto2Types)
	cases := []struct {
		name   string
		schema *Schema
		event  []byte
		what   string
		offset int
		path   string
		limit  string
	}{
		{"second map key of another type", s3, raw(nil).bytes(21, raw(nil).bytes(1, []byte("k")).varint(1, 1)), "second key", 6, "counts[0]", ""},
		{"cut tag", s3, []byte{0x80}, "ends inside a number", 0, "", ""},
		{"field 0", s3, []byte{0x00, 0x01}, "field number", 0, "", ""},
		{"field 2^29", s3, protowire.AppendVarint(nil, 1<<32), "field number", 0, "", ""},
		{"wire type 6", s3, []byte{1<<3 | 6, 0}, "wire type 6", 1, "d", ""},
		{"wire type 7", s3, []byte{1<<3 | 7, 0}, "wire type 7", 1, "d", ""},
		{"varint of 11 bytes", s3, append([]byte{3 << 3}, bytes.Repeat([]byte{0x80}, 11)...), "more than 64 bits", 1, "i32", ""},
		{"varint above 64 bits", s3, append([]byte{3 << 3}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02), "more than 64 bits", 1, "i32", ""},
		{"cut double", s3, []byte{1<<3 | 1, 0, 0}, "ends inside a number", 1, "d", ""},
		{"length beyond the end", s3, []byte{14<<3 | 2, 5, 'a'}, "a length of 5 goes beyond the 1 bytes", 1, "s", ""},
		{"length of 2^63", s3, append([]byte{14<<3 | 2}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), "goes beyond", 1, "s", ""},
		{"bad UTF-8", s3, raw(nil).bytes(14, []byte{0xff}), "not valid UTF-8", 2, "s", ""},
		{"bad UTF-8 in a map key", s3, raw(nil).bytes(21, raw(nil).bytes(1, []byte{0xff})), "not valid UTF-8", 5, "counts[0].key", ""},
		{"inner place", s3, raw(nil).bytes(20, raw(nil).bytes(1, []byte("ok"))).bytes(20, raw(nil).bytes(1, []byte{0xff})), "not valid UTF-8", 12, "items[1].name", ""},
		{"packed cut short", s3, raw(nil).bytes(18, []byte{1, 0x80}), "ends inside a number", 4, "list[0]", ""},
		{"stray end of group", s3, protowire.AppendTag(nil, 40, protowire.EndGroupType), "end of group", 0, "", ""},
		{"unknown group unclosed", s3, protowire.AppendTag(nil, 40, protowire.StartGroupType), "ends inside a group", 2, "", ""},
		{"unknown group closed by another", s3, protowire.AppendTag(protowire.AppendTag(nil, 40, protowire.StartGroupType), 41, protowire.EndGroupType), "does not match", 2, "", ""},
		{"deep messages", s3, repeat(100, func(b raw) raw { return raw(nil).bytes(17, b) }), "nested too deeply", -1, "", "event-depth"},
		{"deep unknown groups", s3, bytes.Repeat(protowire.AppendTag(nil, 40, protowire.StartGroupType), 100_000), "nested too deeply", -1, "", "event-depth"},
		{"many items", s3, bytes.Repeat(raw(nil).bytes(20, nil), 1_000_001), "too many items", -1, "", "event-items"},
		{"many packed items", s3, raw(nil).bytes(18, make([]byte, 1_000_001)), "too many items", -1, "", "event-items"},
		{"many unknown fields", s3, bytes.Repeat(raw(nil).varint(41, 0), 1_000_001), "too many items", -1, "", "event-items"},
		{"too large", s3, make([]byte, 10<<20+1), "too large", -1, "", "event-bytes"},
		{"required missing", s2, nil, "required field 1 of t2.A is missing", 0, "", ""},
		{"required missing inside", s2, raw(nil).bytes(1, []byte("x")).bytes(4, raw(nil).varint(1, 1)), "required field 2 of t2.Inner is missing", 5, "", ""},
		{"required missing in a group", s2, raw(nil).bytes(1, []byte("x")).group(2, nil), "required field 1 of t2.A.Detail is missing", 4, "", ""},
		{"map entry without a value that requires", s2, raw(nil).bytes(1, []byte("x")).bytes(5, nil), "required field 2 of t2.A.ByKeyEntry is missing", 5, "", ""},
		{"extension", s2, raw(nil).bytes(1, []byte("x")).bytes(101, raw(nil).varint(1, 1)), "required field 2 of t2.Inner is missing", 6, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w, err := c.schema.Walker(nil)
			if err != nil {
				t.Fatal(err)
			}
			start := cputime.Used()
			err = w.Walk(c.event)
			if took := cputime.Used() - start; took > time.Second {
				t.Errorf("took %v", took)
			}
			var e *schema.WalkError
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(e.What, c.what) || e.Limit != c.limit || c.offset >= 0 && (e.Offset != c.offset || e.Path != c.path) {
				t.Errorf("got %q at %d, path %q, limit %q", e.What, e.Offset, e.Path, e.Limit)
			}
			j, err := c.schema.Check(context.Background(), schema.Event{Encoding: schema.EncodingBinary, Bytes: c.event})
			if c.limit != "" && err == nil || c.limit == "" && (err != nil || len(j.Violations) != 1) {
				t.Errorf("check: %v, %v", j.Violations, err)
			}
		})
	}
}

// TestAcceptedEvents holds unusual bytes that every Protobuf reader accepts.
func TestAcceptedEvents(t *testing.T) {
	s3, s2 := mustParse(t, allTypes), mustParse(t, proto2Types)
	cases := []struct {
		name   string
		schema *Schema
		event  []byte
		json   string
	}{
		{"empty", s3, nil, `{}`},
		{"last one wins", s3, raw(nil).varint(3, 1).varint(3, 2), `{"i32":2}`},
		{"unpacked", s3, raw(nil).varint(18, 1).varint(18, 2), `{"list":[1,2]}`},
		{"packed and unpacked", s3, raw(nil).bytes(18, []byte{1, 2}).varint(18, 3), `{"list":[1,2,3]}`},
		{"unknown fields of every kind", s3, raw(nil).varint(41, 1).bytes(42, []byte{0xff}).group(43, raw(nil).varint(1, 1)), `{}`},
		{"another wire type is unknown", s3, raw(nil).bytes(3, []byte{0xff}), `{}`},
		{"unlisted enum number", s3, raw(nil).varint(16, 77), `{"e":77}`},
		{"field above the dense table", s3, raw(nil).varint(5000, 9), `{"far":9}`},
		{"map key of another type", s3, raw(nil).bytes(21, raw(nil).varint(1, 1).bytes(1, []byte("k"))), `{"counts":{"k":"0"}}`},
		{"map entry without key and value", s3, raw(nil).bytes(21, nil), `{"counts":{"":"0"}}`},
		{"proto2 string that is not UTF-8", s2, raw(nil).bytes(1, []byte("x")).bytes(6, []byte{0xff}), ``},
		{"message split in two", s2, raw(nil).bytes(1, []byte("x")).bytes(4, raw(nil).varint(1, 1)).bytes(4, raw(nil).varint(2, 2)), `{"id":"x","inner":{"x":1,"y":2}}`},
		{"groups", s2, raw(nil).bytes(1, []byte("x")).group(2, raw(nil).varint(1, 1)).group(3, nil).group(3, raw(nil).bytes(1, []byte("s"))), `{"id":"x","detail":{"n":1},"line":[{},{"sku":"s"}]}`},
		{"extension", s2, raw(nil).bytes(1, []byte("x")).bytes(100, []byte("n")), `{"id":"x","[t2.note]":["n"]}`},
		{"unknown Any", s3, raw(nil).bytes(30, raw(nil).bytes(1, []byte("type.googleapis.com/un.Known")).bytes(2, []byte{0xff})), ``},
		{"known Any", s3, raw(nil).bytes(30, raw(nil).bytes(1, []byte("x/t.All.Item")).bytes(2, raw(nil).bytes(1, []byte("n")))), `{"any":{"@type":"x/t.All.Item","name":"n"}}`},
		{"known Any with a bad value", s3, raw(nil).bytes(30, raw(nil).bytes(1, []byte("x/t.All.Item")).bytes(2, []byte{0x0a, 0xff})), ``},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			j := judge(t, c.schema, schema.Event{Encoding: schema.EncodingBinary, Bytes: c.event})
			if len(j.Violations) > 0 || string(j.Decoded) != c.json {
				t.Errorf("%v %s", j.Violations, j.Decoded)
			}
		})
	}
}

// TestNestedAny builds the messages on which the JSON printer would recurse
// without a bound, also split over two occurrences of the field.
func TestNestedAny(t *testing.T) {
	s := mustParse(t, allTypes)
	url := []byte("x/google.protobuf.Any")
	whole := repeat(3_000, func(b raw) raw { return raw(nil).bytes(1, url).bytes(2, b) })
	split := raw(nil).bytes(30, raw(nil).bytes(1, url)).bytes(30, raw(nil).bytes(2, whole))
	for name, event := range map[string][]byte{"whole": raw(nil).bytes(30, whole), "split": split} {
		_, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingBinary, Bytes: event})
		var e *schema.WalkError
		if !errors.As(err, &e) || e.Limit != "event-depth" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTruncations cuts a filled event at every byte. What the walker accepts must
// be what the runtime accepts.
func TestTruncations(t *testing.T) {
	for _, text := range []string{allTypes, proto2Types} {
		s := mustParse(t, text)
		sample, err := s.Sample(0)
		if err != nil {
			t.Fatal(err)
		}
		w, _ := s.Walker(nil)
		for i := range sample.Binary {
			err := w.Walk(sample.Binary[:i])
			real := proto.Unmarshal(sample.Binary[:i], dynamicpb.NewMessage(w.md))
			if (err == nil) != (real == nil) {
				t.Errorf("%d bytes: walker %v, runtime %v", i, err, real)
			}
		}
	}
}

func TestMessageIndexes(t *testing.T) {
	s := mustParse(t, `syntax = "proto3"; package p; message A { map<string, string> m = 1; message B { message C {} } } message D {}`)
	for _, c := range []struct {
		path []int
		want string
	}{
		{nil, "p.A"},
		{[]int{0}, "p.A"},
		{[]int{1}, "p.D"},
		{[]int{0, 1}, "p.A.B"},
		{[]int{0, 1, 0}, "p.A.B.C"},
		// Position 0 is the map's entry, which no event is: it means B for a
		// writer that does not count entries.
		{[]int{0, 0}, "p.A.B"},
		{[]int{0, 0, 0}, "p.A.B.C"},
	} {
		md, err := s.Message(c.path)
		if err != nil || string(md.FullName()) != c.want {
			t.Errorf("%v: %v %v", c.path, md, err)
		}
	}
	if path, ok := s.MessageIndexes("p.A.B.C"); !ok || len(path) != 3 || path[1] != 1 {
		t.Errorf("path %v %v", path, ok)
	}
	if _, ok := s.MessageIndexes("p.Nope"); ok {
		t.Error("an unknown message has a path")
	}
}

// TestConcurrentUse calls everything that computes at first use from several
// goroutines at once; it needs the race detector to say more than "no crash".
func TestConcurrentUse(t *testing.T) {
	s := mustParse(t, allTypes)
	sample, err := mustParse(t, allTypes).Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s.Normalised()
			s.Outline()
			s.Fields()
			if _, err := s.Sample(uint64(i)); err != nil {
				t.Error(err)
			}
			for _, index := range [][]int{nil, {0, 2}} {
				if _, err := s.Walker(index); err != nil {
					t.Error(err)
				}
			}
			if j, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingBinary, Bytes: sample.Binary}); err != nil || len(j.Violations) > 0 {
				t.Error(j, err)
			}
		})
	}
	wg.Wait()
}
