package upcast

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestFold holds what is remembered of earlier events to the words of the inputs.
func TestFold(t *testing.T) {
	input := func(typ, path, keep string) ContextInput {
		p, err := ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		return ContextInput{Name: "c", Type: "string", Kind: "stream", OfType: typ, OfPath: p, Keep: keep}
	}
	last, first, deep := input("Opened", "cur", "last"), input("Opened", "cur", "first"), input("Moved", "to.`the place`", "last")
	f := NewFold([]ContextInput{last, {Name: "h", Kind: "header"}, first, deep, last})
	f.Midway("m")
	for _, e := range [][3]string{
		{"s", "Opened", `{"cur":"EUR"}`},
		{"s", "Opened", `{"cur":null}`},
		{"s", "Opened", `{}`},
		{"s", "Opened", `{"cur":["USD",1]}`},
		{"s", "Other", `{`},
		{"s", "Moved", `{"to":{"the place":7}}`},
		{"s", "Moved", `{"to":3}`},
		{"m", "Opened", `{"cur":"CHF"}`},
	} {
		if err := f.See(e[0], e[1], []byte(e[2])); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		stream string
		input  ContextInput
		want   string
	}{
		{"s", last, `["USD",1]`},
		{"s", first, `"EUR"`},
		{"s", deep, `7`},
		{"m", last, `"CHF"`},
		{"m", first, ""}, // what stood before the read began is not known
		{"m", deep, ""},
		{"other", last, ""},
		{"", last, ""},
		{"s", input("Opened", "x", "last"), ""},
	} {
		if got, ok := f.value(c.stream, &c.input); got != c.want || ok != (c.want != "") {
			t.Errorf("%s %s of %s: %q, want %q", c.input.Keep, c.input.OfPath, c.stream, got, c.want)
		}
	}
	f.BeganMidway()
	if got, ok := f.value("s", &first); ok {
		t.Errorf("of a read that began midway, the first value is %s", got)
	}
	if got, _ := f.value("s", &last); got != `["USD",1]` {
		t.Errorf("of a read that began midway, the last value is %s", got)
	}
	for event, want := range map[string]string{`{`: "cannot be read", `{"cur":"` + strings.Repeat("x", maxFoldedBytes) + `"}`: "at most 4096"} {
		if err := f.See("s", "Opened", []byte(event)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v", event, err)
		}
	}
	f.values = maxFolded
	if err := f.See("new", "Opened", []byte(`{"cur":1}`)); err == nil || !strings.Contains(err.Error(), "at most 1000000 values") {
		t.Errorf("got %v", err)
	}
	if NewFold([]ContextInput{{Kind: "header"}}) != nil {
		t.Error("nobody asks for earlier events")
	}
}

// hopWith proves a document with context between two Avro records.
func hopWith(t *testing.T, number int, from, to, rest string) *Hop {
	t.Helper()
	d, err := Parse(fmt.Sprintf("instar: upcast/v1\nfrom: %d\nto: %d\n%s\n", number, number+1, rest))
	if err != nil {
		t.Fatal(err)
	}
	h, err := Verify(t.Context(), d, avroSchema(t, from), avroSchema(t, to))
	if err != nil || h.Verdict.Outcome != Proved {
		t.Fatalf("%+v, %v", h, err)
	}
	return h
}

// TestStreamContext carries events that ask what earlier ones said: missing, of
// another type than the document declares, and there.
func TestStreamContext(t *testing.T) {
	h := hopWith(t, 1, id, id+`,{"name":"cur","type":"string"}`,
		"context: {cur: {type: string, kind: stream, of: {type: Opened, path: currency}}}\nsteps: [{fromContext: {path: cur, context: cur, else: {value: none}}}]")
	if !slices.Contains(h.Verdict.Assumptions, "contextTypes") {
		t.Errorf("%q", h.Verdict.Assumptions)
	}
	r := runnerFor(t, h)
	f := NewFold(r.Chain().StreamInputs())
	carry := func() (string, *Failure) {
		out, failure, err := r.Carry(t.Context(), &Envelope{Stream: "s", Earlier: f}, encoded(t, h.from, `{"id":"a"}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		if failure != nil {
			return "", failure
		}
		return decodedTo(t, h, out[0].Event), nil
	}
	for _, c := range []struct{ event, want, code string }{
		{"", `"none"`, ""}, {`{"currency":"EUR"}`, `"EUR"`, ""}, {`{"currency":7}`, "", FailContext}, {`{"currency":"CHF"}`, `"CHF"`, ""},
	} {
		if c.event != "" {
			if err := f.See("s", "Opened", []byte(c.event)); err != nil {
				t.Fatal(err)
			}
		}
		got, failure := carry()
		if !strings.Contains(got, c.want) || (failure != nil) != (c.code != "") || failure != nil && failure.Code != c.code {
			t.Errorf("%s: %s, %v", c.event, got, failure)
		}
	}
}

func decodedTo(t *testing.T, h *Hop, event []byte) string {
	t.Helper()
	b, err := h.to.(*avroCodec).schema.Decode(event)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestLookups: the keys of a batch are asked for together, once for each hop that
// names some, and answers are kept.
func TestLookups(t *testing.T) {
	tenant, region := `,{"name":"tenant","type":"string"}`, `,{"name":"region","type":"string"}`
	first := hopWith(t, 1, id, id+tenant,
		"context: {t: {type: string, kind: lookup, key: event.id}}\nsteps: [{fromContext: {path: tenant, context: t, else: {value: none}}}]")
	second := hopWith(t, 2, id+tenant, id+tenant+region,
		"context: {r: {type: string, kind: lookup, key: event.tenant}}\nsteps: [{fromContext: {path: region, context: r, else: {value: none}}}]")
	r := runnerFor(t, first, second)
	var calls [][]LookupKey
	l := &Lookups{Resolve: func(_ context.Context, keys []LookupKey) (map[LookupKey]string, error) {
		calls = append(calls, slices.Clone(keys))
		out := map[LookupKey]string{}
		for _, k := range keys {
			if k.Key != "b" {
				out[k] = `"` + k.Input + k.Key + `"`
			}
		}
		return out, nil
	}}
	batch := func(ids ...string) []BatchEvent {
		var out []BatchEvent
		for _, x := range ids {
			out = append(out, BatchEvent{&Envelope{}, encoded(t, first.from, `{"id":"`+x+`"}`)})
		}
		return out
	}
	for _, c := range []struct {
		ids   []string
		calls int
		want  []string
	}{
		{[]string{"a", "b", "a", "c"}, 2, []string{"ta rta", "none rnone", "ta rta", "tc rtc"}},
		{[]string{"c", "b"}, 0, []string{"tc rtc", "none rnone"}},
		{[]string{"d", "c"}, 2, []string{"td rtd", "tc rtc"}},
	} {
		calls = nil
		out, err := l.Carry(t.Context(), r, batch(c.ids...))
		if err != nil {
			t.Fatal(err)
		}
		if len(calls) != c.calls {
			t.Errorf("%v: %d calls: %v", c.ids, len(calls), calls)
		}
		for i, x := range out {
			v, err := second.to.(*avroCodec).schema.Decode(x.Events[0].Event)
			words := strings.Fields(c.want[i])
			if err != nil || !strings.Contains(string(v), `"tenant":"`+words[0]+`"`) || !strings.Contains(string(v), `"region":"`+words[1]+`"`) {
				t.Errorf("%s: %s, %v", c.ids[i], v, err)
			}
		}
	}
	broken := errors.New("the table is away")
	l = &Lookups{Resolve: func(context.Context, []LookupKey) (map[LookupKey]string, error) { return nil, broken }}
	if _, err := l.Carry(t.Context(), r, batch("a")); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	out, err := (&Lookups{}).Carry(t.Context(), runnerFor(t, hopWith(t, 1, id, id, "steps: []")), batch("a"))
	if err != nil || len(out) != 1 || len(out[0].Events) != 1 {
		t.Errorf("%v, %v", out, err)
	}
}
