package upcast

import (
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// TestDeriveFormats: what two schemas say by themselves about the events of a hop, and
// an event over it as far as there is a hop.
func TestDeriveFormats(t *testing.T) {
	message := func(fields string) string { return `syntax = "proto3"; message M { ` + fields + ` }` }
	object := func(more string) string { return `{"type":"object",` + more + `}` }
	for _, c := range []struct {
		name, format, from, to, want, event, image string
	}{
		{"equal numbers", "proto", message("int32 qty = 1;"), message("int32 quantity = 1;"), "PROVED iso", `{"qty":2}`, `{"quantity":2}`},
		{"a new field", "proto", message("int32 qty = 1;"), message("int32 qty = 1; string note = 2;"), "PROVED lossy-down", `{"qty":2}`, `{"qty":2}`},
		{"a wider number", "proto", message("int32 qty = 1;"), message("int64 qty = 1;"), "PROVED one-way", `{"qty":2}`, `{"qty":"2"}`},
		{"another kind", "proto", message("int32 qty = 1;"), message("string qty = 1;"), "REFUTED", "", ""},
		{"default", "json", object(`"properties":{"a":{"type":"integer"}},"additionalProperties":false`), object(`"properties":{"a":{"type":"integer"},"b":{"type":"integer","default":7}},"required":["b"]`), "PROVED", `{"a":1}`, `{"a":1,"b":7}`},
		{"alias", "json", object(`"properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false`), object(`"properties":{"b":{"type":"integer","x-aliases":["a"]}},"required":["b"],"additionalProperties":false`), "PROVED one-way", `{"a":1}`, `{"b":1}`},
		{"optional addition", "json", object(`"properties":{"a":{"type":"integer"}},"additionalProperties":false`), object(`"properties":{"a":{"type":"integer"},"b":{"type":"string"}},"additionalProperties":false`), "PROVED", `{"a":1}`, `{"a":1}`},
		{"reordered", "json", object(`"properties":{"a":{"type":"integer"},"b":{"type":"string"}}`), object(`"properties":{"b":{"type":"string"},"a":{"type":"integer"}}`), "PROVED iso", `{"a":1,"b":"x"}`, `{"a":1,"b":"x"}`},
		{"inlined", "json", object(`"properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"integer"}}`), object(`"properties":{"a":{"type":"integer"}}`), "PROVED iso", `{"a":1}`, `{"a":1}`},
		{"a bound that is wider", "json", object(`"properties":{"a":{"type":"integer","maximum":9}}`), object(`"properties":{"a":{"type":"integer"}}`), "PROVED", `{"a":1}`, `{"a":1}`},
		{"a default for what may be there already", "json", object(`"properties":{"a":{"type":"integer"}}`), object(`"properties":{"b":{"type":"integer","default":7}},"required":["b"]`), "REFUTED", "", ""},
		{"a bound that is narrower", "json", object(`"properties":{"a":{"type":"integer"}}`), object(`"properties":{"a":{"type":"integer","maximum":9}}`), "REFUTED", "", ""},
	} {
		parse := jsonParsed
		if c.format == "proto" {
			parse = protoParsed
		}
		h, err := Derive(t.Context(), parse(t, c.from), parse(t, c.to))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := string(h.Verdict.Outcome)
		if got == "PROVED" && len(c.want) > len(got) {
			got += " " + string(h.Verdict.Class)
		}
		if got != c.want || got == "REFUTED" && len(h.Verdict.Event) == 0 {
			t.Errorf("%s: %s, want %s: %+v", c.name, got, c.want, h.Verdict)
			continue
		}
		if c.event == "" {
			continue
		}
		chain, err := Fuse([]*Hop{h})
		if err != nil {
			t.Fatal(err)
		}
		in := []byte(c.event)
		if c.format == "proto" {
			events, _, err := EventsOf(parse(t, c.from), "")
			if err == nil {
				in, err = events.Encode(in)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		out, f, err := NewRunner(chain).Apply(t.Context(), nil, in, &plan.Scratch{})
		if err != nil || f != nil {
			t.Errorf("%s: %v, %v", c.name, f, err)
			continue
		}
		if image, err := h.to.show(out); err != nil || string(image) != c.image {
			t.Errorf("%s: the event became %s (%v), want %s", c.name, image, err, c.image)
		}
	}
}
