package upcast

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestBruteForce makes random documents between schemas whose events are few, and
// tries every event by a reading of the steps that knows no proof: what is proved
// fails for none and gives the same images, what is refuted fails for one, and few
// documents are neither. INSTAR_UPCAST_BRUTE sets how many each format gets.
func TestBruteForce(t *testing.T) {
	documents := envCount(t, "INSTAR_UPCAST_BRUTE", 250)
	for _, format := range []schema.Format{schema.Avro, schema.JSON, schema.Protobuf} {
		outcomes, events := map[Outcome]int{}, 0
		for seed := 0; outcomes[Proved]+outcomes[Refuted]+outcomes[Tested] < documents; seed++ {
			w := &smallWorld{r: rand.New(rand.NewPCG(uint64(seed), uint64(format))), format: format}
			n, outcome := w.try(t)
			outcomes[outcome]++
			events += n
			delete(outcomes, "")
		}
		t.Logf("%s: %v, %d events", format, outcomes, events)
		if outcomes[Proved] < documents/8 || outcomes[Refuted] < documents/5 || outcomes[Tested] > documents/50 {
			t.Errorf("%s: the documents are %v", format, outcomes)
		}
	}
}

// settled gives a value the target's type, or says that it has none there.
func (w *smallWorld) settled(v any, s *small) (any, bool) {
	switch v := v.(type) {
	case bool:
		return v, s.kind == 'b'
	case string:
		return v, s.kind == 'e' && slices.Contains(s.symbols, v)
	case []any:
		if s.kind != 'l' {
			return nil, false
		}
		out := []any{}
		for _, x := range v {
			y, ok := w.settled(x, s.elem)
			if !ok {
				return nil, false
			}
			out = append(out, y)
		}
		return out, true
	}
	m := v.(map[string]any) //nolint:forcetypeassert // a record
	if s.kind != 'r' {
		return nil, false
	}
	out, used := map[string]any{}, 0
	for _, f := range s.fields {
		x, there := m[f.name]
		switch {
		case there:
			y, ok := w.settled(x, f.small)
			if !ok {
				return nil, false
			}
			out[f.name] = y
			used++
		case !f.optional && w.format == schema.Protobuf:
			out[f.name] = map[byte]any{'b': false, 'e': "A", 'l': []any{}}[f.kind]
		case !f.optional:
			return nil, false
		}
	}
	for name := range m {
		if w.hollow[name] && !slices.ContainsFunc(s.fields, func(f smallField) bool { return f.name == name }) {
			used++
		}
	}
	return out, used == len(m)
}

// emptied notes the records that all fields have left, which need no place.
func (w *smallWorld) emptied(s *small) (all bool) {
	if s.kind == 'l' {
		w.emptied(s.elem)
		return false
	}
	all = s.kind == 'r'
	for _, f := range s.fields {
		w.hollow[f.name] = w.emptied(f.small) && !f.optional
		all = all && w.hollow[f.name]
	}
	return all
}

// event writes a value as the format's JSON.
func (w *smallWorld) event(v any, s *small) any {
	switch s.kind {
	case 'e':
		return w.symbol(s, v)
	case 'l':
		out := []any{}
		for _, x := range v.([]any) { //nolint:forcetypeassert // a list
			out = append(out, w.event(x, s.elem))
		}
		return out
	case 'r':
		out := map[string]any{}
		for _, f := range s.fields {
			x, there := v.(map[string]any)[f.name] //nolint:forcetypeassert // a record
			switch {
			case there && f.optional && w.format == schema.Avro:
				branch := map[byte]string{'b': "boolean", 'e': f.small.name, 'l': "array", 'r': f.small.name}[f.kind]
				out[f.name] = map[string]any{branch: w.event(x, f.small)}
			case there:
				out[f.name] = w.event(x, f.small)
			case w.format == schema.Avro:
				out[f.name] = nil
			}
		}
		return out
	}
	return v
}

// copied is a deep copy of a value.
func copied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = copied(x)
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v {
			out = append(out, copied(x))
		}
		return out
	}
	return v
}

// try holds one document to all its events; the outcome is empty if there are too
// many.
func (w *smallWorld) try(t *testing.T) (events int, outcome Outcome) {
	t.Helper()
	root := w.record(2+w.r.IntN(2), 0)
	from, all := root.clone(), values(root)
	if len(all) > manyValues {
		return 0, ""
	}
	var texts []string
	var steps []smallStep
	for range 1 + w.r.IntN(3) {
		text, do := w.step(root)
		texts, steps = append(texts, text), append(steps, do)
		if strings.HasPrefix(text, "add") || strings.HasPrefix(text, "relax") || strings.HasPrefix(text, "require") {
			break // what they give has its type from the next hop on
		}
	}
	w.hollow = map[string]bool{}
	w.emptied(root)
	for range w.r.IntN(4) {
		w.change(root)
	}
	story := w.text(from) + "\n" + strings.Join(texts, "\n") + "\n" + w.text(root)
	parse := map[schema.Format]func(testing.TB, string) schema.Parsed{schema.Avro: avroParsed, schema.JSON: jsonParsed, schema.Protobuf: protoParsed}[w.format]
	h, err := Verify(t.Context(), document(t, texts...), parse(t, w.text(from)), parse(t, w.text(root)))
	var wrong *Error
	if errors.As(err, &wrong) {
		return 0, "" // such as a step on what an earlier one has dropped
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, story)
	}
	var fails any
	images := map[int]any{}
	for i, v := range all {
		image, err := run(copied(v), steps)
		if errors.Is(err, errDead) {
			continue
		}
		settled, ok := any(nil), false
		if err == nil {
			settled, ok = w.settled(image, root)
		}
		if !ok && fails == nil {
			fails = w.event(v, from)
		}
		images[i] = settled
	}
	outcome = h.Verdict.Outcome
	if outcome == Proved && fails != nil || outcome == Refuted && fails == nil {
		t.Fatalf("%s %+v, event %s; by trying each event, %v fails\n%s", outcome, h.Verdict.Problems, h.Verdict.Event, fails, story)
	}
	if outcome != Proved {
		if outcome == Refuted {
			holdMinimal(t, h, story)
		}
		return len(all), outcome
	}
	w.sameImages(t, h, all, from, images, root, story)
	return len(all), outcome
}

func run(v any, steps []smallStep) (any, error) {
	for _, do := range steps {
		if err := do(v.(map[string]any)); err != nil { //nolint:forcetypeassert // an event is a record
			return nil, err
		}
	}
	return v, nil
}

// sameImages holds the images of a proved hop to those that were found without it.
func (w *smallWorld) sameImages(t *testing.T, h *Hop, all []any, from *small, images map[int]any, to *small, story string) {
	t.Helper()
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRunner(c)
	for i, v := range all {
		event := w.bytes(t, h.from, w.event(v, from))
		out, f, err := r.Apply(t.Context(), nil, event, &plan.Scratch{})
		want, there := images[i]
		switch {
		case err != nil, (f == nil) != there, f != nil && f.Code != FailDead:
			t.Fatalf("%v ends with %v (%v)\n%s", v, f, err, story)
		case f != nil:
			continue
		}
		if got := w.shown(t, h.to, out); !reflect.DeepEqual(got, w.shown(t, h.to, w.bytes(t, h.to, w.event(want, to)))) {
			t.Fatalf("%v becomes %v, want %v\n%s", v, got, want, story)
		}
	}
}

func (w *smallWorld) bytes(t *testing.T, c codec, event any) []byte {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	switch c := c.(type) {
	case *avroCodec:
		text, err = c.schema.Encode(text)
	case *protoCodec:
		text, err = c.schema.Encode(text)
	}
	if err != nil {
		t.Fatalf("%v: %v", event, err)
	}
	return text
}

func (w *smallWorld) shown(t *testing.T, c codec, event []byte) (out any) {
	t.Helper()
	text, err := c.show(event)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
