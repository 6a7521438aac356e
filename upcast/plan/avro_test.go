package plan

import (
	"bytes"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

const everything = `{"type":"record","name":"a.All","fields":[
 {"name":"n","type":"null"},{"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"l","type":"long","default":7},
 {"name":"f","type":"float"},{"name":"d","type":"double","default":1.5},{"name":"by","type":"bytes","default":"\u00ff\u0001"},
 {"name":"s","type":"string","default":"x"},{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]},"default":"B"},
 {"name":"fx","type":{"type":"fixed","name":"F","size":3}},{"name":"de","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
 {"name":"df","type":{"type":"fixed","name":"D","size":5,"logicalType":"decimal","precision":9,"scale":2}},
 {"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"u","type":{"type":"string","logicalType":"uuid"}},
 {"name":"li","type":{"type":"array","items":"int"},"default":[1,2]},{"name":"m","type":{"type":"map","values":"string"},"default":{"k":"v"}},
 {"name":"un","type":["null","string",{"type":"record","name":"R","fields":[{"name":"x","type":"int","default":3},{"name":"next","type":["null","R"],"default":null}]}],"default":null},
 {"name":"r","type":"R","default":{"x":5}}]}`

func parseAvro(t testing.TB, text string) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAvroValues decodes generated events and encodes them again; the encoding
// is the one of the generator, and the walker accepts it.
func TestAvroValues(t *testing.T) {
	s := parseAvro(t, everything)
	typ := FromAvro(s)
	for seed := range uint64(500) {
		sample, err := s.Sample(seed)
		if err != nil {
			t.Fatal(err)
		}
		v, err := DecodeAvro(typ, sample.Binary)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		out, err := EncodeAvro(nil, typ, v)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if _, err := s.Walk(out, avro.WalkOptions{}); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		again, err := DecodeAvro(typ, out)
		if err != nil || !Equal(v, again) {
			t.Fatalf("seed %d: %v is read back as %v (%v)", seed, v, again, err)
		}
		json, err := s.Decode(sample.Binary)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Decode(out); err != nil || !bytes.Equal(got, json) {
			t.Fatalf("seed %d: %s became %s (%v)", seed, json, got, err)
		}
		for n := range len(out) {
			if _, err := DecodeAvro(typ, out[:n]); err == nil {
				t.Fatalf("seed %d: %d of %d bytes are an event", seed, n, len(out))
			}
		}
	}
}

func TestAvroDefaults(t *testing.T) {
	typ := FromAvro(parseAvro(t, everything))
	def := func(name string) Value {
		f := typ.Fields[typ.Field(name)]
		if !f.HasDefault {
			t.Errorf("%s has no default", name)
		}
		return f.Default
	}
	r := typ.Fields[typ.Field("r")].Type
	for name, want := range map[string]Value{
		"l": int64(7), "d": 1.5, "by": []byte{0xff, 1}, "s": "x", "e": Symbol("B"), "li": []Value{int64(1), int64(2)},
		"m": &Entries{{"k", "v"}}, "un": &Tagged{"null", nil}, "r": &Rec{Type: r, Fields: []Value{int64(5), &Tagged{"null", nil}}},
	} {
		if got := def(name); !Equal(got, want) {
			t.Errorf("the default of %s is %#v, want %#v", name, got, want)
		}
	}
	if typ.Fields[typ.Field("i")].HasDefault {
		t.Error("i has a default")
	}
}
