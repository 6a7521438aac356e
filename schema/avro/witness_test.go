package avro

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// smaller lists the values that have one element, entry or character fewer, or
// one number nearer zero.
func smaller(v any) []any {
	var out []any
	switch v := v.(type) {
	case json.Number:
		if n, ok := new(big.Int).SetString(string(v), 10); ok && n.Sign() != 0 {
			out = append(out, json.Number("0"), json.Number(n.Sub(n, big.NewInt(int64(n.Sign()))).String()))
		}
	case string:
		runes := []rune(v)
		for i := range runes {
			out = append(out, string(slices.Delete(slices.Clone(runes), i, i+1)))
		}
	case []any:
		for i := range v {
			out = append(out, slices.Delete(slices.Clone(v), i, i+1))
			for _, x := range smaller(v[i]) {
				list := slices.Clone(v)
				list[i] = x
				out = append(out, list)
			}
		}
	case map[string]any:
		with := func(key string, x any, keep bool) map[string]any {
			m := map[string]any{}
			for k := range v {
				m[k] = v[k]
			}
			delete(m, key)
			if keep {
				m[key] = x
			}
			return m
		}
		for k := range v {
			out = append(out, with(k, nil, false))
			for _, x := range smaller(v[k]) {
				out = append(out, with(k, x, true))
			}
		}
	}
	return out
}

// TestWitnessesAreMinimal: no event that is smaller in one place shows the same
// effect there. The scale of a decimal is shown by 1234, which tells more than
// 1 would.
func TestWitnessesAreMinimal(t *testing.T) {
	tried, witnesses := 0, 0
	hold := func(w, r *Schema) {
		c := contain(t, w, r)
		for i := range c.Breaks {
			b := &c.Breaks[i]
			if b.Witness == nil || b.Kind == KindUnsatisfiable || b.Kind == KindDecimalScale {
				continue
			}
			witnesses++
			d := json.NewDecoder(strings.NewReader(string(b.Witness.Value)))
			d.UseNumber()
			var v any
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			for _, less := range smaller(v) {
				text, err := json.Marshal(less)
				if err != nil {
					t.Fatal(err)
				}
				event, err := w.Encode(text)
				if err != nil {
					continue // no event of the writer
				}
				tried++
				if f := faultAt(t, w, r, event, b); f != nil {
					t.Errorf("%s\nread as %s: %s at %s shows in %s too, the witness is %s", w.Canonical(), r.Canonical(), b.Kind, b.Path, text, b.Witness.Value)
				}
			}
		}
	}
	for _, c := range containCases {
		hold(mustLenient(t, c.writer), mustLenient(t, c.reader))
	}
	for seed := range uint64(1500) {
		if w, r, ok := drawPair(seed); ok {
			hold(w, r)
		}
	}
	if witnesses < 500 || tried < 100 {
		t.Errorf("%d witnesses, %d smaller events", witnesses, tried)
	}
}

// faultAt looks for the effect of a break in another event. An ambiguous union
// is looked for by a reader that takes first matches.
func faultAt(t *testing.T, w, r *Schema, event []byte, b *schema.Break) *Fault {
	t.Helper()
	opts := readOptions{only: b.Path, first: b.Kind == KindUnionAmbiguous}
	reading, err := read(w, r, event, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range reading.Faults {
		if reading.Faults[i].Effect == b.Witness.Effect {
			return &reading.Faults[i]
		}
	}
	return nil
}

// TestSecondOpinion: an event that the library refuses is a difference between
// two decoders, hence our bug, and never a verdict.
func TestSecondOpinion(t *testing.T) {
	s := mustParse(t, named("R", "", fieldX, fieldY))
	o := newSecondOpinion(s)
	if o.schema == nil || o.decode([]byte{2, 2, 'a'}) != nil || o.decode([]byte{2, 9}) == nil {
		t.Error("the library is not asked")
	}
	if o := newSecondOpinion(mustLenient(t, `{"type":"enum","name":"E","symbols":["a-b"]}`)); o.decode([]byte{0}) != nil {
		t.Error("a schema that the library does not take was judged")
	}
	c := confirmer{writer: s, reader: mustParse(t, named("R", "", fieldX)), second: newSecondOpinion(mustParse(t, `"string"`))}
	w, u := c.check(&builder{out: []byte(`{"x":-5,"y":""}`)}, claim{path: "x", kind: KindTypeChanged})
	if w != nil || u == nil || u.Reason != schema.ReasonBug || !strings.Contains(u.Bug.Error(), "second decoder") {
		t.Errorf("%+v %+v", w, u)
	}
	// A claim that the reader does not bear out.
	c.second = nil
	w, u = c.check(&builder{out: []byte(`{"x":0,"y":""}`)}, claim{path: "x", kind: KindTypeChanged})
	if w != nil || u == nil || u.Bug == nil || !strings.Contains(u.Bug.Error(), "the reader reads the event") {
		t.Errorf("%+v %+v", w, u)
	}
	// An event that the writer does not take.
	w, u = c.check(&builder{out: []byte(`{"x":"","y":""}`)}, claim{path: "x", kind: KindTypeChanged})
	if w != nil || u == nil || u.Bug == nil || !strings.Contains(u.Bug.Error(), "the writer refuses the event") {
		t.Errorf("%+v %+v", w, u)
	}
	w, u = c.check(&builder{over: true}, claim{path: "x"})
	if w != nil || u == nil || u.Bug != nil || u.Reason != schema.ReasonWitnessSize {
		t.Errorf("%+v %+v", w, u)
	}
}

// TestContainConcurrently lets the race detector watch one pair of schemas in
// many hands, which must all get one answer.
func TestContainConcurrently(t *testing.T) {
	w, r := mustParse(t, kinds), mustLenient(t, strings.NewReplacer(`"name":"int","type":"int"`, `"name":"int","type":"string"`, `["A","B"]`, `["A"]`).Replace(kinds))
	want := brief(contain(t, mustParse(t, w.Canonical()), mustLenient(t, r.Canonical())))
	if strings.Count(want, "\n") != 1 {
		t.Fatalf("%s", want)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				if c, err := Contain(t.Context(), w, r, schema.Budget{}); err != nil || brief(c) != want {
					t.Errorf("%s, %v", brief(c), err)
				}
			}
		})
	}
	wait.Wait()
}
