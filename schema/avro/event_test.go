package avro

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	hamba "github.com/hamba/avro/v2"

	"github.com/instar-registry/instar/schema"
)

// kinds is a schema with every kind and logical type.
var kinds = record(
	`{"name":"null","type":"null"}`, `{"name":"bool","type":"boolean"}`, `{"name":"int","type":"int"}`, `{"name":"long","type":"long"}`,
	`{"name":"float","type":"float"}`, `{"name":"double","type":"double"}`, `{"name":"bytes","type":"bytes"}`, `{"name":"string","type":"string"}`,
	`{"name":"enum","type":{"type":"enum","name":"E","symbols":["A","B"]}}`, `{"name":"fixed","type":{"type":"fixed","name":"x.F","size":3}}`,
	`{"name":"array","type":{"type":"array","items":["null","long"]}}`, `{"name":"map","type":{"type":"map","values":{"type":"array","items":"string"}}}`,
	`{"name":"union","type":["null","string","E","x.F",{"type":"record","name":"n.S","fields":[{"name":"next","type":["null","n.S"]}]}]}`,
	`{"name":"dec","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}`,
	`{"name":"decf","type":{"type":"fixed","name":"D","size":8,"logicalType":"decimal","precision":18}}`,
	`{"name":"uuid","type":{"type":"string","logicalType":"uuid"}}`, `{"name":"date","type":{"type":"int","logicalType":"date"}}`,
	`{"name":"tm","type":{"type":"int","logicalType":"time-millis"}}`, `{"name":"ts","type":{"type":"long","logicalType":"timestamp-micros"}}`,
	`{"name":"dur","type":{"type":"fixed","name":"Dur","size":12,"logicalType":"duration"}}`,
)

// fresh gives hamba its own cache, as it must always have: the global one is
// keyed by a form that drops defaults.
func fresh(t testing.TB, text string) hamba.Schema {
	t.Helper()
	h, err := hamba.ParseWithCache(text, "", &hamba.SchemaCache{})
	if err != nil {
		t.Fatalf("hamba refuses %s: %v", text, err)
	}
	return h
}

// checkSample holds one generated event to everything that can judge it.
func checkSample(t *testing.T, s *Schema, seed uint64) {
	t.Helper()
	sample, err := s.Sample(seed)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := s.Sample(seed); !bytes.Equal(again.Binary, sample.Binary) || !bytes.Equal(again.JSON, sample.JSON) {
		t.Fatalf("seed %d gives two events", seed)
	}
	for _, e := range []schema.Event{
		{Encoding: schema.EncodingBinary, Bytes: sample.Binary},
		{Encoding: schema.EncodingJSON, Bytes: sample.JSON},
	} {
		j, err := s.Check(context.Background(), e)
		if err != nil || len(j.Violations) > 0 {
			t.Fatalf("seed %d: %v %+v\n%s", seed, err, j.Violations, sample.JSON)
		}
		if !bytes.Equal(j.Decoded, sample.JSON) {
			t.Fatalf("seed %d, encoding %d: decoded\n%s\nwant\n%s", seed, e.Encoding, j.Decoded, sample.JSON)
		}
	}
	if encoded, err := s.Encode(sample.JSON); err != nil || !bytes.Equal(encoded, sample.Binary) {
		t.Fatalf("seed %d: %s encodes as %x (%v), want %x", seed, sample.JSON, encoded, err, sample.Binary)
	}
	if decoded, err := s.Decode(sample.Binary); err != nil || !bytes.Equal(decoded, sample.JSON) {
		t.Fatalf("seed %d: %x decodes as %s (%v)", seed, sample.Binary, decoded, err)
	}
	if !json.Valid(sample.JSON) {
		t.Fatalf("seed %d: invalid JSON %s", seed, sample.JSON)
	}
}

func TestSamples(t *testing.T) {
	for _, text := range []string{
		kinds, benchSchema, `"string"`, `["null","int"]`, recursive, `{"type":"array","items":"null"}`,
		`{"type":"bytes","logicalType":"decimal","precision":1000}`, `[{"type":"record","name":"A","fields":[{"name":"a","type":"A"}]},"int"]`,
	} {
		s := mustParse(t, text)
		for seed := range uint64(200) {
			checkSample(t, s, seed)
		}
	}
	s := mustParse(t, kinds)
	sample, _ := s.Sample(0)
	want := `{"null":null,"bool":false,"int":0,"long":0,"float":0,"double":0,"bytes":"","string":"a","enum":"A","fixed":"\u0000\u0000\u0000",` +
		`"array":[{"long":0}],"map":{"k0":["a"]},"union":{"string":"a"},"dec":"\u0000","decf":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000",` +
		`"uuid":"00000000-0000-4000-8000-000000000000","date":0,"tm":0,"ts":0,"dur":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000"}`
	if string(sample.JSON) != want {
		t.Errorf("seed 0 gives\n%s\nwant\n%s", sample.JSON, want)
	}
}

func TestNoSample(t *testing.T) {
	for _, text := range []string{
		`{"type":"record","name":"A","fields":[{"name":"a","type":"A"}]}`, `[]`, `{"type":"enum","name":"E","symbols":[]}`,
		record(`{"name":"a","type":[]}`),
	} {
		if sample, err := mustParse(t, text).Sample(1); err == nil || !strings.Contains(err.Error(), "no event exists") {
			t.Errorf("%s: %s, %v", text, sample.JSON, err)
		}
	}
}

// TestSamplesUnderHamba is the differential oracle for generator, walker and
// decoder: the independent decoder must read the same values.
func TestSamplesUnderHamba(t *testing.T) {
	// hamba drops the branch name where it knows a Go type for every branch, so
	// such unions get a named branch here.
	plain := strings.NewReplacer(`,"logicalType":"decimal","precision":9,"scale":2`, "", `,"logicalType":"decimal","precision":18`, "",
		`,"logicalType":"date"`, "", `,"logicalType":"time-millis"`, "", `,"logicalType":"timestamp-micros"`, "", `,"logicalType":"duration"`, "",
		`,"logicalType":"uuid"`, "", `["null","n.S"]`, `["null","n.S","int"]`, `["null","long"]`, `["null","long","E"]`).Replace(kinds)
	s := mustParse(t, plain)
	h := fresh(t, s.Canonical())
	for seed := range uint64(300) {
		sample, err := s.Sample(seed)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := hamba.Unmarshal(h, sample.Binary, &got); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var want any
		if err := json.Unmarshal(sample.JSON, &want); err != nil {
			t.Fatal(err)
		}
		if g, w := flat(got), flat(want); !reflect.DeepEqual(g, w) {
			t.Fatalf("seed %d: hamba reads\n%#v\nwe read\n%#v", seed, g, w)
		}
	}
}

// flat brings hamba's values and Avro's JSON encoding to one shape: numbers as
// float64, bytes as the text that the JSON encoding writes.
func flat(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = flat(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = flat(x)
		}
		return out
	case []byte:
		runes := make([]rune, len(v))
		for i, b := range v {
			runes[i] = rune(b)
		}
		return string(runes)
	case int:
		return float64(v)
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	case float32:
		// hamba widens; our JSON shows the shortest decimal of the float.
		var f float64
		b, _ := json.Marshal(v)
		_ = json.Unmarshal(b, &f)
		return f
	}
	if rv := reflect.ValueOf(v); rv.IsValid() && rv.Kind() == reflect.Array {
		b := make([]byte, rv.Len())
		reflect.Copy(reflect.ValueOf(b), rv)
		return flat(b)
	}
	return v
}

func TestCheckJSON(t *testing.T) {
	s := mustParse(t, kinds)
	sample, _ := s.Sample(0)
	good := string(sample.JSON)
	cases := []struct{ old, new, path, what string }{
		{`"int":0`, `"int":2147483648`, "int", "2147483648 is no int"},
		{`"int":0`, `"int":"0"`, "int", "int wants a JSON number"},
		{`"bool":false`, `"bool":0`, "bool", "boolean is written as a JSON boolean"},
		{`"null":null`, `"null":0`, "null", "null is written as a JSON null"},
		{`"double":0`, `"double":"x"`, "double", "double wants a JSON number"},
		{`"bytes":""`, `"bytes":"漢"`, "bytes", "is no byte"},
		{`"enum":"A"`, `"enum":"C"`, "enum", `"C" is no symbol of E`},
		{`"fixed":"\u0000\u0000\u0000"`, `"fixed":"ab"`, "fixed", "do not fill x.F"},
		{`{"long":0}`, `0`, "array[0]", `written {"branch": value}`},
		{`{"long":0}`, `{"long":0.5}`, "array[0]", "0.5 is no long"},
		{`{"k0":["a"]}`, `{"k0":[1]}`, `map{"k0"}[0]`, "string is written as a JSON string"},
		{`"union":{"string":"a"}`, `"union":{"F":"abc"}`, "union", `no branch "F"; write the full name "x.F"`},
		{`"union":{"string":"a"}`, `"union":{"n.S":{"next":{"n.S":{}}}}`, "union.next.next", "is missing"},
		{`"dec":"\u0000"`, `"dec":""`, "dec", "no bytes"},
		{`"dec":"\u0000"`, `"dec":"\u007f\u007f\u007f\u007f"`, "dec", "more than 9 digits"},
		{`00000000-0000`, `00000000+0000`, "uuid", "is no UUID"},
		{`"ts":0`, `"tss":0`, "ts", "is missing"},
		{`{"null"`, `{"extra":1,"null"`, "extra", `R has no field "extra"`},
	}
	for _, c := range cases {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Fatalf("%s is not in the sample", c.old)
		}
		j, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(text)})
		if err != nil || len(j.Violations) == 0 || j.Violations[0].Path != c.path || !strings.Contains(j.Violations[0].What, c.what) {
			t.Errorf("%s: %v %+v, want %q at %q", c.new, err, j.Violations, c.what, c.path)
		}
	}
	j, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(`{`)})
	if err != nil || len(j.Violations) != 1 || j.Decoded != nil {
		t.Errorf("broken JSON: %v %+v", err, j)
	}
	if _, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(strings.Repeat("[", 100))}); err == nil {
		t.Error("an event that is nested too deeply was judged")
	}
	if _, err := s.Check(t.Context(), schema.Event{}); err == nil {
		t.Error("an event without an encoding was judged")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Check(cancelled, schema.Event{Encoding: schema.EncodingJSON, Bytes: sample.JSON}); err == nil {
		t.Error("a cancelled check was answered")
	}
}

func TestCheckBinary(t *testing.T) {
	s := mustParse(t, record(`{"name":"u","type":{"type":"string","logicalType":"uuid"}}`, `{"name":"f","type":["float","double"]}`))
	check := func(event []byte) schema.Judgement {
		t.Helper()
		j, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingBinary, Bytes: event})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	nan := binary.LittleEndian.AppendUint32([]byte{2, 'x', 0}, math.Float32bits(float32(math.NaN())))
	j := check(nan)
	if len(j.Violations) != 1 || j.Violations[0].Path != "u" || string(j.Decoded) != `{"u":"x","f":{"float":"NaN"}}` {
		t.Errorf("%+v %s", j.Violations, j.Decoded)
	}
	j = check(binary.LittleEndian.AppendUint64([]byte{2, 'x', 2}, math.Float64bits(math.Inf(-1))))
	if string(j.Decoded) != `{"u":"x","f":{"double":"-Infinity"}}` {
		t.Errorf("%s", j.Decoded)
	}
	j = check(nan[:4])
	if len(j.Violations) != 1 || j.Violations[0].Path != "f" || j.Violations[0].Offset != 3 || j.Decoded != nil {
		t.Errorf("%+v", j)
	}
	big := mustParse(t, nullArray)
	if _, err := big.Check(t.Context(), schema.Event{Encoding: schema.EncodingBinary, Bytes: varints(1e12, 0)}); err == nil {
		t.Error("an event beyond a limit was judged")
	}
}

func TestEncode(t *testing.T) {
	s := mustParse(t, record(`{"name":"f","type":["float","double"]}`, `{"name":"m","type":{"type":"map","values":"int"}}`))
	event, err := s.Encode([]byte(`{"m":{"b":1,"a":2},"f":{"double":"-Infinity"}}`))
	if want := join([]byte{2}, binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Inf(-1))), []byte{4, 2, 'b', 2, 2, 'a', 4, 0}); err != nil || !bytes.Equal(event, want) {
		t.Errorf("%x, %v", event, err)
	}
	for in, want := range map[string]string{
		"{\n\"f\":{\"float\":true},\"m\":{}}": "float wants a JSON number, not boolean (at f, line 2, column 14)",
		`{`:                                   "unexpected end of text",
		`{"f":1}`:                             "a union value other than null",
	} {
		var e *schema.Error
		if _, err := s.Encode([]byte(in)); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
	if _, err := s.Encode([]byte(`{"f":1`)); err == nil || strings.Count(err.Error(), "line 1") != 1 {
		t.Errorf("what is no JSON: %v", err)
	}
	if _, err := s.Decode([]byte{9}); err == nil {
		t.Error("a broken event was decoded")
	}
	var limit *schema.Error
	if _, err := s.Encode([]byte(strings.Repeat("[", 100))); !errors.As(err, &limit) || limit.Limit != "json-depth" {
		t.Errorf("too deep: %v", err)
	}
}

// corpusTexts are the texts of testdata that fuzzing starts from.
func corpusTexts(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/java/print.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{kinds, benchSchema, recursive}
	for _, block := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		in, _, _ := strings.Cut(block, "\n")
		texts = append(texts, in)
	}
	return texts
}

// FuzzParse: no panic, and the texts of what is accepted keep their promises.
func FuzzParse(f *testing.F) {
	for _, text := range corpusTexts(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, opts := range []schema.Options{strict, lenient} {
			s, err := Parse(text, nil, opts)
			if err == nil {
				checkFixedPoints(t, s, opts)
				s.Fields()
				s.Fingerprints()
			}
		}
	})
}

// FuzzWalk: what the walker accepts, an independent decoder reads without
// panic, and our decoder turns it into JSON that our own check accepts.
func FuzzWalk(f *testing.F) {
	for i, text := range corpusTexts(f) {
		f.Add(text, []byte{byte(i), 2, 0})
	}
	for _, text := range []string{kinds, benchSchema} {
		for seed := range uint64(3) {
			s := mustParse(f, text)
			sample, _ := s.Sample(seed)
			f.Add(text, sample.Binary)
		}
	}
	f.Fuzz(func(t *testing.T, text string, event []byte) {
		s, err := Parse(text, nil, strict)
		if err != nil {
			return
		}
		if _, err := s.Walk(event, WalkOptions{}); err != nil {
			return
		}
		j, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingBinary, Bytes: event})
		if err != nil {
			return // beyond the limits of decoding
		}
		if len(j.Decoded) < 1<<20 && len(j.Violations) == 0 {
			k, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingJSON, Bytes: j.Decoded})
			duplicateKeys := err == nil && len(k.Violations) == 1 && strings.Contains(k.Violations[0].What, "occurs twice")
			if err == nil && len(k.Violations) > 0 && !duplicateKeys {
				t.Fatalf("%s decodes to %s, which is invalid: %+v", text, j.Decoded, k.Violations)
			}
		}
		h, err := hamba.ParseWithCache(string(parsingCanonicalForm(s.Root)), "", &hamba.SchemaCache{})
		if err != nil {
			return // hamba refuses more schemas
		}
		var v any
		_ = hamba.Unmarshal(h, event, &v) // must not panic; errors are its own matter
	})
}

// FuzzSample: what the generator makes is valid.
func FuzzSample(f *testing.F) {
	for i, text := range corpusTexts(f) {
		f.Add(text, uint64(i))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		s, err := Parse(text, nil, strict)
		if err != nil {
			return
		}
		sample, err := s.Sample(seed)
		if err != nil {
			return
		}
		if _, err := s.Walk(sample.Binary, WalkOptions{}); err != nil {
			t.Fatalf("%s, seed %d: %v", text, seed, err)
		}
		j, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingJSON, Bytes: sample.JSON})
		if err != nil {
			return // beyond the limits of JSON events
		}
		if len(j.Violations) > 0 {
			t.Fatalf("%s, seed %d: %s: %+v", text, seed, sample.JSON, j.Violations)
		}
		if encoded, err := s.Encode(sample.JSON); err != nil || !bytes.Equal(encoded, sample.Binary) {
			t.Fatalf("%s, seed %d: %s encodes as %x (%v), want %x", text, seed, sample.JSON, encoded, err, sample.Binary)
		}
	})
}
