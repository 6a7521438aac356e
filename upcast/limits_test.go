package upcast

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestLimitsOfEvents: events of 10 MiB are carried and one byte more is a limit, on
// bytes and on values, in each format.
func TestLimitsOfEvents(t *testing.T) {
	const most = 10 << 20
	// text is an event of so many bytes altogether.
	text := func(f schema.Format, size int) []byte {
		switch f {
		case schema.Avro:
			n := size - len(binary.AppendVarint(nil, int64(size)))
			return append(binary.AppendVarint(nil, int64(n)), strings.Repeat("x", n)...)
		case schema.JSON:
			return []byte(`{"s":"` + strings.Repeat("x", size-8) + `"}`)
		default:
			n := size - 1 - len(binary.AppendUvarint(nil, uint64(size)))
			return append(binary.AppendUvarint([]byte{0x0a}, uint64(n)), strings.Repeat("x", n)...)
		}
	}
	schemas := map[schema.Format][2]string{
		schema.Avro:     {`{"type":"record","name":"R","fields":[{"name":"s","type":"string"}]}`, `{"type":"record","name":"R","fields":[{"name":"t","type":"string"}]}`},
		schema.JSON:     {`{"type":"object","properties":{"s":{"type":"string"}},"required":["s"],"additionalProperties":false}`, `{"type":"object","properties":{"t":{"type":"string"}},"required":["t"],"additionalProperties":false}`},
		schema.Protobuf: {`syntax = "proto3"; message R { string s = 1; }`, `syntax = "proto3"; message R { string t = 1; }`},
	}
	for _, f := range allFormats {
		var parsed [2]schema.Parsed
		for i, x := range schemas[f] {
			p, err := format.Parse(f, x, nil, schema.Options{Limits: schema.DefaultLimits()})
			if err != nil {
				t.Fatal(err)
			}
			parsed[i] = p
		}
		for way, more := range map[string]string{"bytes": "", "values": `,{"meta":{"set":{"x":{"expr":"string(size(event.t))"}}}}`} {
			for _, c := range []struct {
				grow string // what t becomes
				size int
				fits bool
			}{
				{"", most - 1, true}, {"", most, true}, {"", most + 1, false},
			} {
				d, err := Parse(`{"instar":"upcast/v1","from":1,"to":2,"steps":[{"rename":{"from":"s","to":"t"}}` + c.grow + more + `]}`)
				if err != nil {
					t.Fatal(err)
				}
				h, err := Verify(t.Context(), d, parsed[0], parsed[1])
				if err != nil || h.Verdict.Outcome != Proved {
					t.Fatalf("%v, %+v", err, h)
				}
				event := text(f, c.size)
				if len(event) != c.size {
					t.Fatalf("%d bytes, not %d", len(event), c.size)
				}
				out, failure, err := runnerFor(t, h).Carry(t.Context(), &Envelope{}, event, &plan.Scratch{})
				if err != nil || (failure == nil) != c.fits || c.fits && len(out) != 1 || !c.fits && failure.Code != FailLimit {
					t.Errorf("%s on %s, %d bytes: %v, %v", f, way, c.size, failure, err)
				}
			}
		}
	}
}

// TestLimitsOfImages: an image of ten times its event and one MiB is given, and one
// byte more is a limit, on bytes and on values.
func TestLimitsOfImages(t *testing.T) {
	from := avroSchema(t, `{"name":"a","type":"string"}`)
	event, err := from.Encode([]byte(`{"a":"` + strings.Repeat("x", 100) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	limits := plan.DefaultEventLimits()
	for way, more := range map[string][]string{"bytes": nil, "values": {"meta: {set: {x: {expr: 'string(size(event.a))'}}}"}} {
		carry := func(pad int) ([]Carried, *Failure) {
			steps := []string{}
			for range 13 {
				steps = append(steps, "set: {path: a, expr: this + this}")
			}
			steps = append(steps, "set: {path: a, expr: \"this + '"+strings.Repeat("y", pad%4000)+"'\"}")
			for range pad / 4000 {
				steps = append(steps, "set: {path: a, expr: \"this + '"+strings.Repeat("z", 4000)+"'\"}")
			}
			h, err := Verify(t.Context(), document(t, append(steps, more...)...), from, from)
			if err != nil || h.Verdict.Outcome != Proved {
				t.Fatal(err, h)
			}
			out, f, err := runnerFor(t, h).Carry(t.Context(), &Envelope{}, event, nil)
			if err != nil {
				t.Fatal(err)
			}
			return out, f
		}
		small, f := carry(0)
		if f != nil {
			t.Fatal(f)
		}
		// The texts are doubled to 819,200 bytes; the rest is added.
		rest := limits.Image(len(event)) - len(small[0].Event) - 1 // a byte of its length
		if out, f := carry(rest); f != nil || len(out[0].Event) != limits.Image(len(event)) {
			t.Errorf("%s: %v", way, f)
		}
		if _, f := carry(rest + 1); f == nil || f.Code != FailLimit || !strings.Contains(f.Reason, "limit image-bytes is 1049") {
			t.Errorf("%s: %v", way, f)
		}
	}
}

// TestLimitsOfDocuments: 256 KiB and 500 steps are a document, one more is a limit that
// is named with what was found, and so are the thousand parts of an event.
func TestLimitsOfDocuments(t *testing.T) {
	head := "instar: upcast/v1\nfrom: 1\nto: 2\ndoc: "
	tail := "\nsteps: []\n"
	const most = 256 << 10
	for size, fits := range map[int]bool{most: true, most + 1: false} {
		_, err := Parse(head + strings.Repeat("x", size-len(head)-len(tail)) + tail)
		if fits && err != nil || !fits && (limitOf(err) == "" || !strings.Contains(err.Error(), "262145")) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	for n, fits := range map[int]bool{500: true, 501: false} {
		_, err := Parse("instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n" + strings.Repeat("  - drop: {path: a}\n", n))
		if fits && err != nil || !fits && limitOf(err) != "upcaster.steps" {
			t.Errorf("%d steps: %v", n, err)
		}
	}
	from, to := avroSchema(t, `{"name":"l","type":{"type":"array","items":"int"}}`), avroSchema(t, `{"name":"l","type":"int"}`)
	h, err := VerifyWith(t.Context(), document(t, "splitEvent: {outputs: [{name: one, forEach: 'l[]', to: {subject: s, version: 1}, steps: []}]}"),
		from, to, Options{Targets: func(Target) (schema.Parsed, error) { return to, nil }})
	if err != nil || h.Verdict.Outcome == Refuted {
		t.Fatalf("%v, %+v", err, h)
	}
	for n, fits := range map[int]bool{1000: true, 1001: false} {
		event := append(binary.AppendVarint(nil, int64(n)), make([]byte, n+1)...)
		out, f, err := runnerFor(t, h).Carry(t.Context(), &Envelope{}, event, nil)
		if err != nil || fits && (f != nil || len(out) != n) || !fits && (f == nil || f.Code != FailLimit || !strings.Contains(f.Reason, "limit event-parts is 1000")) {
			t.Errorf("%d parts: %v, %v, %d", n, f, err, len(out))
		}
	}
}
