package plan

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/protobuf"
)

const nativeAvro = `{"type":"record","name":"R","fields":[
 {"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"l","type":"long"},{"name":"f","type":"float"},{"name":"d","type":"double"},
 {"name":"s","type":"string"},{"name":"y","type":"bytes"},{"name":"x","type":{"type":"fixed","name":"X","size":2}},
 {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},{"name":"a","type":{"type":"array","items":"int"}},
 {"name":"m","type":{"type":"map","values":["null","long"]}},{"name":"n","type":["null","string"]},
 {"name":"u","type":["null","int","string",{"type":"record","name":"In","fields":[{"name":"q","type":"int"}]},{"type":"map","values":"int"}]},
 {"name":"dec","type":{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}},
 {"name":"day","type":{"type":"int","logicalType":"date"}},{"name":"ms","type":{"type":"long","logicalType":"timestamp-millis"}},
 {"name":"us","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"tod","type":{"type":"int","logicalType":"time-millis"}},
 {"name":"todus","type":{"type":"long","logicalType":"time-micros"}},
 {"name":"next","type":["null","R"]}]}`

func nativeTypes(t *testing.T) (a *Type, sa *avro.Schema, p *Type, sp *protobuf.Schema) {
	t.Helper()
	o := schema.Options{Limits: schema.DefaultLimits()}
	sa, err := avro.Parse(nativeAvro, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	sp, err = protobuf.Parse(`syntax = "proto3"; message M { int32 i = 1; optional int64 l = 2; uint32 u = 3; uint64 v = 4; string s = 5; bytes y = 6;
 repeated int32 a = 7; map<string, int64> m = 8; M next = 9; enum E { Z = 0; Y = 1; } E e = 10; oneof o { string os = 11; int32 oi = 12; } float f = 13; map<int32, bool> k = 14; }`, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	shape, err := sp.Shape(nil)
	if err != nil {
		t.Fatal(err)
	}
	return FromAvro(sa), sa, FromProto(shape), sp
}

// TestNativeRoundTrip: what an event is in Go is that event again.
func TestNativeRoundTrip(t *testing.T) {
	a, sa, p, sp := nativeTypes(t)
	check := func(typ *Type, v Value, what string) {
		t.Helper()
		if r, ok := v.(*Rec); ok {
			r.Rest = nil
		}
		out := ToNative(typ, v)
		back, err := FromNative(typ, out)
		if err != nil || !reflect.DeepEqual(ToNative(typ, back), out) && !hasNaN(out) {
			t.Errorf("%s: %v: %v comes back as %v", what, err, out, back)
		}
	}
	for seed := range uint64(2000) {
		if e, err := sa.Sample(seed); err == nil {
			v, err := DecodeAvro(a, e.Binary)
			if err != nil {
				t.Fatal(err)
			}
			check(a, v, string(e.JSON))
			back, err := FromNative(a, ToNative(a, v))
			if err != nil || !Equal(back, v) {
				t.Errorf("%s: %v, %v", e.JSON, back, err)
			}
		}
		if e, err := sp.Sample(seed); err == nil {
			v, err := DecodeProto(p, e.Binary, DefaultEventLimits())
			if err != nil {
				t.Fatal(err)
			}
			check(p, v, string(e.JSON))
		}
	}
}

func hasNaN(v any) bool { return strings.Contains(fmt.Sprint(v), "NaN") }

// TestNativeShapes: the Go types on the way out, and those that are taken.
func TestNativeShapes(t *testing.T) {
	a, _, _, _ := nativeTypes(t)
	in := map[string]any{
		"b": true, "i": int16(7), "l": json.Number("9007199254740993"), "f": float32(1.5), "d": 2, "s": "é", "y": []byte{1}, "x": [2]byte{3, 4},
		"e": "B", "a": []int32{1, 2}, "m": map[string]any{"k": nil, "j": uint8(1)}, "n": "t", "u": map[string]any{"In": map[string]any{"q": 1}},
		"dec": "12.5", "day": time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), "ms": time.UnixMilli(-1), "us": int64(-1),
		"tod": time.Second, "todus": int64(math.MaxInt64), "next": nil,
	}
	v, err := FromNative(a, in)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"b": true, "i": 7, "l": int64(9007199254740993), "f": float32(1.5), "d": 2.0, "s": "é", "y": []byte{1}, "x": []byte{3, 4},
		"e": "B", "a": []any{1, 2}, "m": map[string]any{"k": nil, "j": int64(1)}, "n": "t", "u": map[string]any{"In": map[string]any{"q": 1}},
		"dec": big.NewRat(25, 2), "day": time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), "ms": time.UnixMilli(-1).UTC(),
		"us": time.UnixMicro(-1).UTC(), "tod": time.Second, "todus": int64(math.MaxInt64), "next": nil,
	}
	if got := ToNative(a, v); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

// TestNativeMistakes: each wrong value is told with its place.
func TestNativeMistakes(t *testing.T) {
	a, _, p, _ := nativeTypes(t)
	for _, c := range []struct {
		key  string
		v    any
		want string
	}{
		{"i", 1.0, "i: it is a float64, which does not hold every int"},
		{"i", int64(1) << 40, "i: 1099511627776 does not fit int"},
		{"l", uint64(math.MaxUint64), "l: 18446744073709551615 does not fit"},
		{"l", json.Number("1.5"), "l: 1.5 is no whole number"},
		{"l", json.Number(strings.Repeat("9", 1000)), "is no whole number"},
		{"l", time.Now(), "l: it is a time.Time, and long is needed"},
		{"s", nil, "s: it is nil, and string is needed"},
		{"s", "\xff", "s: the text is not UTF-8"},
		{"f", 0.1, "f: 0.1 does not fit"},
		{"e", "C", `has no symbol "C"`},
		{"x", []byte{1}, "x: it has 1 bytes, and"},
		{"a", []any{1, "2"}, "a[1]: it is a string"},
		{"a", 1, "a: it is a int, and"},
		{"m", map[string]any{"k": "v"}, `m{"k"}: it is a string`},
		{"n", 1, "n: it is a int, and string is needed"},
		{"u", map[string]any{"In": map[string]any{"q": "x"}}, "u: it is a map[string]interface {}, and"},
		{"dec", "1.234", "dec: 617/500 has more than 2 digits after the point"},
		{"dec", "1234567", "dec: 1234567 has more than 6 digits"},
		{"dec", "1/3", `dec: "1/3" is no decimal`},
		{"next", map[string]any{"i": 1}, "next.b: the field is not there"},
		{"zz", 1, "zz: R has no such field"},
	} {
		e := map[string]any{
			"b": true, "i": 1, "l": 1, "f": 1.0, "d": 2.0, "s": "", "y": []byte{}, "x": []byte{3, 4}, "e": "A", "a": []any{}, "m": map[string]any{},
			"n": nil, "u": nil, "dec": "1", "day": 1, "ms": 1, "us": 1, "tod": 1, "todus": 1, "next": nil,
		}
		if _, err := FromNative(a, e); err != nil {
			t.Fatal(err)
		}
		e[c.key] = c.v
		if _, err := FromNative(a, e); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %v: %v, want %s", c.key, c.v, err, c.want)
		}
		delete(e, c.key)
		if _, err := FromNative(a, e); c.key != "zz" && (err == nil || err.Error() != c.key+": the field is not there") {
			t.Errorf("without %s: %v", c.key, err)
		}
	}
	deep := any(nil)
	for range 1000 {
		deep = map[string]any{"next": deep}
	}
	if _, err := FromNative(p, deep); err == nil || !strings.Contains(err.Error(), "nests deeper than 512") {
		t.Errorf("a deep event: %v", err)
	}
	if v, err := FromNative(p, map[string]any{"o": map[string]any{"oi": 3}, "e": "7"}); err != nil {
		t.Error(err)
	} else if got := ToNative(p, v); !reflect.DeepEqual(got.(map[string]any)["o"], map[string]any{"oi": 3}) { //nolint:forcetypeassert // a record
		t.Errorf("%v", got)
	}
}

type nativeStruct struct {
	B     bool              `avro:"b"`
	I     int32             `avro:"i"`
	L     int64             `avro:"l"`
	F     float32           `avro:"f"`
	D     float64           `avro:"d"`
	S     string            `avro:"s"`
	Y     []byte            `avro:"y"`
	X     [2]byte           `avro:"x"`
	E     string            `avro:"e"`
	A     []int             `avro:"a"`
	M     map[string]*int64 `avro:"m"`
	N     *string           `avro:"n"`
	U     any               `avro:"u"`
	Dec   *big.Rat          `avro:"dec"`
	Day   time.Time         `avro:"day"`
	MS    int64             `avro:"ms"`
	US    time.Time         `avro:"us"`
	TOD   time.Duration     `avro:"tod"`
	TODUS int64             `avro:"todus"`
	Next  *nativeStruct     `avro:"next"`
	Other string
}

func TestStructWriter(t *testing.T) {
	a, _, _, _ := nativeTypes(t)
	inner := map[string]any{
		"b": true, "i": -1, "l": 1, "f": 1.5, "d": 2.5, "s": "t", "y": []byte{1}, "x": []byte{3, 4}, "e": "B", "a": []any{1, 2}, "m": map[string]any{"k": nil, "j": 5},
		"n": "some", "u": map[string]any{"In": map[string]any{"q": 4}}, "dec": "1.25", "day": 1, "ms": 1, "us": -1, "tod": 1500, "todus": 1, "next": nil,
	}
	outer := map[string]any{}
	for k, x := range inner {
		outer[k] = x
	}
	outer["next"], outer["n"], outer["u"] = inner, nil, nil
	v, err := FromNative(a, outer)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewStructWriter(a, &nativeStruct{}, "avro")
	if err != nil {
		t.Fatal(err)
	}
	got := nativeStruct{Other: "before", I: 5}
	if err := w.Set(&got, v); err != nil {
		t.Fatal(err)
	}
	five, some := int64(5), "some"
	want := nativeStruct{
		B: true, I: -1, L: 1, F: 1.5, D: 2.5, S: "t", Y: []byte{1}, X: [2]byte{3, 4}, E: "B", A: []int{1, 2}, M: map[string]*int64{"k": nil, "j": &five},
		Dec: big.NewRat(5, 4), Day: time.Unix(86400, 0).UTC(), MS: 1, US: time.UnixMicro(-1).UTC(), TOD: 1500 * time.Millisecond, TODUS: 1,
	}
	next := want
	next.N, next.U = &some, map[string]any{"In": map[string]any{"q": 4}}
	want.Next = &next
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if err := w.Set(&struct{}{}, v); err == nil {
		t.Error("a pointer of another type is taken")
	}
}

// TestStructMistakes: a struct that cannot hold every event is refused before the
// first one.
func TestStructMistakes(t *testing.T) {
	parse := func(text string) *Type {
		s, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		return FromAvro(s)
	}
	for _, c := range []struct {
		field, want string
		pointer     any
	}{
		{`"long"`, `a: struct {} has no field for it; add one with the tag avro:"a"`, &struct{}{}},
		{`"long"`, "a: a field of type int32 does not hold every", &struct {
			A int32 `avro:"a"`
		}{}},
		{`"double"`, "does not hold every", &struct {
			A float32 `avro:"a"`
		}{}},
		{`"long"`, "does not hold every", &struct {
			A uint64 `avro:"a"`
		}{}},
		{`"long"`, "does not hold every", &struct {
			A time.Duration `avro:"a"`
		}{}},
		{`["null","long"]`, "a: it may be null; make the field a pointer to int64", &struct {
			A int64 `avro:"a"`
		}{}},
		{`["int","string"]`, "needs a field of type any, not string", &struct {
			A string `avro:"a"`
		}{}},
		{`{"type":"array","items":"string"}`, "a[]: a field of type int does not hold every string", &struct {
			A []int `avro:"a"`
		}{}},
		{`{"type":"record","name":"I","fields":[{"name":"z","type":"int"}]}`, "a.z: ", &struct {
			A struct{} `avro:"a"`
		}{}},
		{`"long"`, "is no pointer to a struct", 1},
		{`"long"`, "is no pointer to a struct", nil},
	} {
		typ := parse(`{"type":"record","name":"R","fields":[{"name":"a","type":` + c.field + `}]}`)
		if _, err := NewStructWriter(typ, c.pointer, "avro"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s into %T: %v, want %s", c.field, c.pointer, err, c.want)
		}
	}
	left := &struct {
		A int `avro:"-"`
		B int `avro:"b"`
	}{}
	typ := parse(`{"type":"record","name":"R","fields":[{"name":"A","type":"string"},{"name":"b","type":"int"}]}`)
	if w, err := NewStructWriter(typ, left, "avro"); err != nil {
		t.Error(err)
	} else if err := w.Set(left, &Rec{Type: typ, Fields: []Value{"x", int64(3)}}); err != nil || left.A != 0 || left.B != 3 {
		t.Errorf("%+v, %v", left, err)
	}
}
