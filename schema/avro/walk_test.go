package avro

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/cputime"
)

// varints encodes longs one after another.
func varints(values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.AppendVarint(b, v)
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

const (
	nullArray   = `{"type":"array","items":"null"}`
	emptyRecord = `{"type":"array","items":{"type":"record","name":"E","fields":[]}}`
	recursive   = `{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}`
)

// TestWalkRefuses is the table of hostile payloads: each must be answered with
// the limit or problem, at its offset and path, and at once.
func TestWalkRefuses(t *testing.T) {
	decimal := `{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}`
	cases := []struct {
		name, schema string
		event        []byte
		limit, what  string
		offset       int
		path         string
	}{
		{"array of null, count 10^12", nullArray, varints(1e12, 0), "event-zero-items", "take no bytes", 0, ""},
		{"array of null, count 10^8", nullArray, varints(1e8, 0), "event-zero-items", "take no bytes", 0, ""},
		{"array of empty record, 2*10^7", emptyRecord, varints(2e7, 0), "event-zero-items", "take no bytes", 0, ""},
		{"array of empty record, 2^27", emptyRecord, varints(1<<27, 0), "event-zero-items", "take no bytes", 0, ""},
		{"array of null in many blocks", nullArray, bytes.Repeat(varints(6000), 2), "event-zero-items", "take no bytes", 2, ""},
		{"array, count MaxInt64", `{"type":"array","items":"int"}`, varints(math.MaxInt64, 0), "", "that remain", 0, ""},
		{"array of null, count MaxInt64", nullArray, varints(math.MaxInt64, 0), "event-zero-items", "take no bytes", 0, ""},
		{"map, count MaxInt64", `{"type":"map","values":"null"}`, varints(math.MaxInt64, 0), "", "that remain", 0, ""},
		{"array, count MinInt64", nullArray, varints(math.MinInt64, 0), "", "negated", 0, ""},
		{"block size too large", `{"type":"array","items":"int"}`, varints(-1, 5, 1, 0), "", "a length of 5", 1, ""},
		{"block size too small", `{"type":"array","items":"int"}`, join(varints(-2, 1, 1, 1, 0)), "", "claims to end at byte 3", 0, ""},
		{"block size larger than the items", `{"type":"array","items":"int"}`, varints(-1, 2, 1, 0), "", "claims to end at byte 4", 0, ""},
		{"negative block size", `{"type":"array","items":"int"}`, varints(-1, -1, 1, 0), "", "negative length", 1, ""},
		{"recursion of a million", recursive, bytes.Repeat([]byte{2}, 1_000_000), "event-depth", "deeper than 64", 64, strings.Repeat("next.", 63) + "next"},
		{"recursion of three million", recursive, bytes.Repeat([]byte{2}, 3_000_000), "event-depth", "deeper than 64", 64, strings.Repeat("next.", 63) + "next"},
		{"a type that needs itself", `{"type":"record","name":"S","fields":[{"name":"s","type":"S"}]}`, nil, "event-depth", "deeper than 64", 0, strings.Repeat("s.", 63) + "s"},
		{"trailing bytes", `"int"`, []byte{2, 0}, "", "1 bytes follow", 1, ""},
		{"bytes length 2 GB", `"bytes"`, varints(2 << 30), "", "0 bytes remain", 0, ""},
		{"string length 2 GB", `"string"`, varints(2 << 30), "", "0 bytes remain", 0, ""},
		{"negative length", `"string"`, varints(-1), "", "negative length -1", 0, ""},
		{"union index out of range", `["null","int"]`, varints(2), "", "no branch 2", 0, ""},
		{"union index negative", `["null","int"]`, varints(-1), "", "no branch -1", 0, ""},
		{"empty union", `[]`, varints(0), "", "no branch 0", 0, ""},
		{"enum index out of range", `{"type":"enum","name":"E","symbols":["A"]}`, varints(1), "", "no symbol 1", 0, ""},
		{"enum index negative", `{"type":"enum","name":"E","symbols":["A"]}`, varints(-1), "", "no symbol -1", 0, ""},
		{"boolean 2", `"boolean"`, []byte{2}, "", "not 2", 0, ""},
		{"varint of 11 bytes", `"long"`, bytes.Repeat([]byte{0x80}, 11), "", "more than 64 bits", 0, ""},
		{"varint of 65 bits", `"long"`, append(bytes.Repeat([]byte{0xff}, 9), 2), "", "more than 64 bits", 0, ""},
		{"int of 33 bits", `"int"`, varints(1 << 31), "", "more than 32 bits", 0, ""},
		{"int in six bytes", `"int"`, []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0}, "", "more than 32 bits", 0, ""},
		{"bad UTF-8", `"string"`, []byte{6, 'a', 0xff, 'b'}, "", "not UTF-8", 2, ""},
		{"bad UTF-8 in a map key", `{"type":"map","values":"int"}`, []byte{2, 2, 0xff, 0, 0}, "", "not UTF-8", 2, "{key 0}"},
		{"decimal wider than precision", decimal, []byte{4, 3, 0xe8}, "", "more than 3 digits", 1, ""},
		{"decimal wider, negative", decimal, []byte{4, 0xfc, 0x18}, "", "more than 3 digits", 1, ""},
		{"decimal of no bytes", decimal, []byte{0}, "", "no bytes", 1, ""},
		{"fixed cut short", `{"type":"fixed","name":"F","size":4}`, []byte{1, 2, 3}, "", "ends too early", 0, ""},
		{"float cut short", `"float"`, []byte{1, 2, 3}, "", "ends too early", 0, ""},
		{"double cut short", `"double"`, []byte{1, 2, 3, 4, 5, 6, 7}, "", "ends too early", 0, ""},
		{"boolean missing", `"boolean"`, nil, "", "ends too early", 0, ""},
		{
			"path", `{"type":"record","name":"R","fields":[{"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"tags","type":{"type":"map","values":"boolean"}}]}}}]}`,
			join(varints(2), []byte{0}, []byte{2, 2, 'k', 7, 0}, []byte{0}), "", "not 7", 5, `items[1].tags{"k"}`,
		},
	}
	for _, c := range cases {
		s, err := Parse(c.schema, nil, lenient)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s.program()
		start := cputime.Used()
		_, err = s.Walk(c.event, WalkOptions{})
		took := cputime.Used() - start
		var w *schema.WalkError
		if !errors.As(err, &w) {
			t.Errorf("%s: got %v, want a walk error", c.name, err)
			continue
		}
		if w.Limit != c.limit || !strings.Contains(w.What, c.what) || w.Offset != c.offset || w.Path != c.path {
			t.Errorf("%s: got %+v, want limit %q, %q at %d in %q", c.name, *w, c.limit, c.what, c.offset, c.path)
		}
		if took > 100*time.Millisecond {
			t.Errorf("%s: took %v", c.name, took)
		}
	}
}

// TestWalkAccepts is the mirror: the nearest valid neighbour of each refusal.
func TestWalkAccepts(t *testing.T) {
	cases := []struct {
		name, schema string
		event        []byte
	}{
		{"zero items at the limit", nullArray, varints(10_000, 0)},
		{"a negative count", `{"type":"array","items":"int"}`, varints(-2, 2, 1, 1, 0)},
		{"a negative count of null", nullArray, varints(-3, 0, 0)},
		{"two blocks", `{"type":"array","items":"int"}`, varints(1, 7, 1, 8, 0)},
		{"depth 64", recursive, append(bytes.Repeat([]byte{2}, 63), 0)},
		{"the largest long", `"long"`, varints(math.MaxInt64)},
		{"the smallest long", `"long"`, varints(math.MinInt64)},
		{"the smallest int", `"int"`, varints(math.MinInt32)},
		{"an int in five bytes", `"int"`, []byte{0x80, 0x80, 0x80, 0x80, 0}},
		{"decimal 999", `{"type":"bytes","logicalType":"decimal","precision":3}`, []byte{4, 0x03, 0xe7}},
		{"decimal -999", `{"type":"bytes","logicalType":"decimal","precision":3}`, []byte{4, 0xfc, 0x19}},
		{"decimal 999 with sign bytes", `{"type":"bytes","logicalType":"decimal","precision":3}`, []byte{8, 0, 0, 0x03, 0xe7}},
		{"decimal -1 with sign bytes", `{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":3}`, []byte{0xff, 0xff, 0xff, 0xff}},
		{"an invalid decimal is plain bytes", `{"type":"bytes","logicalType":"decimal"}`, []byte{0}},
		{"an empty record", `{"type":"record","name":"E","fields":[]}`, nil},
		{"null", `"null"`, nil},
	}
	for _, c := range cases {
		s, err := Parse(c.schema, nil, lenient)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		n, err := s.Walk(c.event, WalkOptions{})
		if err != nil || n != len(c.event) {
			t.Errorf("%s: %d, %v", c.name, n, err)
		}
		if n, err := s.Walk(append(bytes.Clone(c.event), 9), WalkOptions{AllowTrailing: true}); err != nil || n != len(c.event) {
			t.Errorf("%s with trailing byte: %d, %v", c.name, n, err)
		}
	}
}

func TestWalkLimits(t *testing.T) {
	l := schema.DefaultLimits()
	l.EventBytes, l.EventItems = 40, 5
	s, err := Parse(`{"type":"array","items":"int"}`, nil, schema.Options{Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		event []byte
		limit string
	}{
		{make([]byte, 41), "event-bytes"},
		{varints(6, 1, 1, 1, 1, 1, 1, 0), "event-items"},
		{varints(4, 1, 1, 1, 1, 2, 1, 1, 0), "event-items"},
		{varints(5, 1, 1, 1, 1, 1, 0), ""},
	} {
		_, err := s.Walk(c.event, WalkOptions{})
		var w *schema.WalkError
		if errors.As(err, &w); (w == nil) != (c.limit == "") || (w != nil && w.Limit != c.limit) {
			t.Errorf("%d bytes: got %v, want limit %q", len(c.event), err, c.limit)
		}
	}
}

// TestWalkEmptyTypes holds the walker to doing no work for types that take no
// bytes: this one has 2^60 leaves.
func TestWalkEmptyTypes(t *testing.T) {
	var b strings.Builder
	for i := range 60 {
		b.WriteString(`{"type":"record","name":"R` + string(rune('A'+i/10)) + string(rune('0'+i%10)) + `","fields":[{"name":"a","type":`)
	}
	b.WriteString(`"null"`)
	for i := 59; i >= 0; i-- {
		next := `"null"`
		if i < 59 {
			next = `"R` + string(rune('A'+(i+1)/10)) + string(rune('0'+(i+1)%10)) + `"`
		}
		b.WriteString(`},{"name":"b","type":` + next + `}]}`)
	}
	s := mustParse(t, b.String())
	if _, err := s.Walk(nil, WalkOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingBinary}); err == nil || !strings.Contains(err.Error(), "event-nodes") {
		t.Errorf("decoding 2^60 values: %v", err)
	}
	if _, err := s.Sample(0); err == nil || !strings.Contains(err.Error(), "event-nodes") {
		t.Errorf("a sample of 2^60 values: %v", err)
	}
}

// TestWalkPrefixes holds the walker to noticing every truncation.
func TestWalkPrefixes(t *testing.T) {
	s := mustParse(t, benchSchema)
	checked := 0
	for seed := range uint64(20) {
		sample, err := s.Sample(seed)
		if err != nil {
			t.Fatal(err)
		}
		for i := range sample.Binary {
			checked++
			if _, err := s.Walk(sample.Binary[:i], WalkOptions{}); err == nil {
				t.Fatalf("seed %d: a prefix of %d of %d bytes was accepted", seed, i, len(sample.Binary))
			}
		}
	}
	if checked < 1000 {
		t.Errorf("only %d prefixes", checked)
	}
}

func TestWalkAllocatesNothing(t *testing.T) {
	s := mustParse(t, benchSchema)
	sample, err := s.Sample(7)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := s.Walk(sample.Binary, WalkOptions{}); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
