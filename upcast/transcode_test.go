package upcast

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast/plan"
)

// jsonWriter writes a type of Avro or Protobuf as a JSON Schema, which now and
// then asks for something else.
type jsonWriter struct {
	r *rand.Rand
	// strays is how many in a hundred places ask for something else.
	strays int
}

func (w *jsonWriter) strays100() bool { return w.r.IntN(100) < w.strays }

func (w *jsonWriter) schema(t *plan.Type) string {
	if w.strays100() {
		return []string{`{"type":"string"}`, `{"type":"integer","maximum":3}`, `{}`, `{"type":["null","boolean"]}`, `{"type":"number"}`}[w.r.IntN(5)]
	}
	switch t.Kind {
	case plan.Bool:
		return `{"type":"boolean"}`
	case plan.Int, plan.Uint:
		return w.integer(t)
	case plan.Float:
		return `{"type":"number"}`
	case plan.Enum:
		symbols := t.Symbols
		if w.strays100() {
			symbols = append([]string{"N"}, symbols[1:]...)
		}
		return `{"enum":["` + strings.Join(symbols, `","`) + `"]}`
	case plan.List:
		return `{"type":"array","items":` + w.schema(t.Elem) + `}`
	case plan.Map:
		return `{"type":"object","additionalProperties":` + w.schema(t.Elem) + `}`
	case plan.Union:
		return `{"anyOf":[{"type":"null"},` + w.schema(t.Branches[1].Type) + `]}`
	case plan.Record:
		return w.object(t)
	default:
		return `{"type":"string"}`
	}
}

func (w *jsonWriter) integer(t *plan.Type) string {
	low, high := "-9223372036854775808", "9223372036854775807"
	switch {
	case t.Kind == plan.Uint:
		low, high = "0", "4294967295"
	case t.Bits == 32:
		low, high = "-2147483648", "2147483647"
	}
	if w.strays100() {
		high += "0"
	}
	if w.r.IntN(8) == 0 {
		return `{"type":"integer"}`
	}
	return `{"type":"integer","minimum":` + low + `,"maximum":` + high + `}`
}

func (w *jsonWriter) object(t *plan.Type) string {
	var members, required []string
	for _, f := range t.Fields {
		if w.strays100() && len(t.Fields) > 1 {
			continue
		}
		members = append(members, fmt.Sprintf("%q:%s", f.Name, w.schema(f.Type)))
		if !f.Optional && !w.strays100() {
			required = append(required, fmt.Sprintf("%q", f.Name))
		}
	}
	out := `{"type":"object","properties":{` + strings.Join(members, ",") + `}`
	if len(required) > 0 {
		out += `,"required":[` + strings.Join(required, ",") + `]`
	}
	if w.strays100() {
		return out + `}`
	}
	return out + `,"additionalProperties":false}`
}

// mostly makes doubles rare, of which JSON lacks some, and leaves oneofs out.
func mostly(r *rand.Rand, t *plan.Type) *plan.Type {
	out := *t
	if t.Kind == plan.Float && r.IntN(12) > 0 {
		return longType
	}
	if t.Kind == plan.Uint && t.Bits == 64 {
		return longType
	}
	if t.Elem != nil {
		out.Elem = mostly(r, t.Elem)
	}
	out.Fields = slices.Clone(t.Fields)
	out.Fields = slices.DeleteFunc(out.Fields, func(f plan.Field) bool { return isOneof(f.Type) })
	for i := range out.Fields {
		out.Fields[i].Type = mostly(r, out.Fields[i].Type)
	}
	if t.Kind == plan.Union {
		if inner, ok := t.Nullable(); ok {
			return optional(mostly(r, inner))
		}
	}
	return &out
}

// TestTranscodeJSON takes random schemas of Avro and Protobuf to JSON Schemas and
// back, which often ask for something else, and holds what is proved to be so to
// generated events: each has an image that is an event of the target, holds what
// the event held, and comes back where the class says so.
// INSTAR_UPCAST_TRANSCODE sets how many pairs.
func TestTranscodeJSON(t *testing.T) {
	outcomes, events, back := map[string]int{}, 0, 0
	for seed := range uint64(envCount(t, "INSTAR_UPCAST_TRANSCODE", 150)) {
		r := rand.New(rand.NewPCG(seed, 31))
		from, other := schema.Avro, ""
		var typ *plan.Type
		if seed%3 == 2 {
			w := &protoWorld{r: r}
			typ = mostly(r, w.message(1+r.IntN(4), 0))
			from, other = schema.Protobuf, protoText(typ)
		} else {
			w := &world{r: r}
			typ = mostly(r, w.record(1+r.IntN(4), 0))
			other = text(typ, map[string]bool{})
		}
		jw := &jsonWriter{r: r, strays: []int{0, 0, 4, 10}[r.IntN(4)]}
		wide := jw.object(typ)
		one, two := parsedAs(t, from, other), parsedAs(t, schema.JSON, wide)
		to := schema.JSON
		if r.IntN(2) == 0 {
			one, two, to = two, one, from
		}
		story := fmt.Sprintf("pair %d to %s\n%s\n%s", seed, to, other, wide)
		h, err := Verify(t.Context(), document(t, "transcode: {to: "+to.String()+"}"), one, two)
		if err != nil {
			t.Fatalf("%v: %s", err, story)
		}
		outcomes[fmt.Sprint(h.from.events().JSON, h.Verdict.Outcome)]++
		if h.Verdict.Outcome == Tested && testing.Verbose() {
			t.Logf("%v\n%s", h.Verdict.Problems, story)
		}
		if h.Verdict.Outcome != Proved {
			continue
		}
		n := transcoded(t, h, from, story)
		events += n
		if h.Down != nil {
			joined(t, h, story)
		}
		if h.Down != nil && (h.Verdict.Class == Iso || h.Verdict.Class == classOf(true, false)) {
			back += comesBack(t, story, h, h.Down, 20)
		}
	}
	t.Logf("%v: %d events, %d come back", outcomes, events, back)
	for _, want := range []string{"true" + fmt.Sprint(Proved), "false" + fmt.Sprint(Proved), "true" + fmt.Sprint(Refuted), "false" + fmt.Sprint(Refuted)} {
		if outcomes[want] == 0 {
			t.Errorf("no pair is %s", want)
		}
	}
}

// parsedAs parses a schema of a format.
func parsedAs(t *testing.T, f schema.Format, text string) schema.Parsed {
	t.Helper()
	s, err := format.Parse(f, text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

// transcoded carries events of a proved hop, and compares each with its image.
func transcoded(t *testing.T, h *Hop, other schema.Format, story string) (events int) {
	t.Helper()
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatalf("%v: %s", err, story)
	}
	r := NewRunner(c)
	var scratch plan.Scratch
	for seed := range uint64(40) {
		v, ok, err := h.from.sample(seed)
		if err != nil {
			t.Fatalf("%v: %s", err, story)
		}
		if !ok {
			continue
		}
		event, err := h.from.encode(v)
		if err != nil {
			t.Fatalf("%v: %s", err, story)
		}
		image, f, err := r.Apply(t.Context(), nil, event, &scratch)
		if err != nil || f != nil {
			t.Fatalf("%x has no image, which is proved (%v, %v): %s", event, f, err, story)
		}
		if err := judge(h.to, image); err != nil {
			t.Fatalf("the image %q of %q is no event of the target: %v: %s", image, event, err, story)
		}
		events++
		out, err := h.to.decode(image)
		if err != nil {
			t.Fatalf("%v: %s", err, story)
		}
		// What is absent may read as a default in Protobuf.
		if other == schema.Avro && !plan.Equal(plan.Untyped(v), plan.Untyped(out)) {
			t.Fatalf("%s becomes %s: %s", shown(h.from, v), shown(h.to, out), story)
		}
		if other == schema.Protobuf && h.to.events().JSON && !plan.Equal(plan.Untyped(known(v)), plan.Untyped(out)) {
			t.Fatalf("%s becomes %s: %s", shown(h.from, v), shown(h.to, out), story)
		}
	}
	return events
}

// joined holds the way there and back in one plan to the two on their own.
func joined(t *testing.T, h *Hop, story string) {
	t.Helper()
	c, err := Fuse([]*Hop{h, h.Down})
	if err != nil {
		t.Fatalf("%v: %s", err, story)
	}
	r := NewRunner(c)
	var scratch plan.Scratch
	for seed := range uint64(10) {
		v, ok, err := h.from.sample(seed)
		if err != nil || !ok {
			continue
		}
		event, err := h.from.encode(v)
		if err != nil {
			t.Fatalf("%v: %s", err, story)
		}
		image, f, err := r.Apply(t.Context(), nil, event, &scratch)
		if err != nil || f != nil {
			t.Fatalf("%x does not come back (%v, %v): %s", event, f, err, story)
		}
		got, err := h.from.decode(image)
		if err != nil {
			t.Fatalf("%v: %s", err, story)
		}
		middle, _, err := plan.Evaluate(t.Context(), h.Root, h.Source, v, plan.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		want, f, err := plan.Evaluate(t.Context(), h.Down.Root, h.Down.Source, middle, plan.DefaultLimits())
		if err != nil || f != nil || !plan.Equal(plan.Untyped(known(want)), plan.Untyped(known(got))) {
			t.Fatalf("%x comes back as another event in one plan than in two: %v: %s", event, f, story)
		}
	}
}
