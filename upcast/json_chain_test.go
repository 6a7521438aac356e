package upcast

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestChainsJSON makes random chains of 1 to 20 hops between JSON Schemas and
// holds six ways to carry them out to each other: fused, hop by hop, on bytes, as
// decoded values, into structs and by the oracle; and each image to both validators. The variables
// INSTAR_UPCAST_CHAINS and INSTAR_UPCAST_FIRST set how many, and which is the first.
func TestChainsJSON(t *testing.T) {
	chains, first := numberOr(t, "INSTAR_UPCAST_CHAINS", 60), numberOr(t, "INSTAR_UPCAST_FIRST", 0)
	events, images, ended, computed, open := 0, 0, 0, 0, 0
	for seed := uint64(first); seed < uint64(first+chains); seed++ {
		w := &jsonWorld{r: rand.New(rand.NewPCG(seed, 7))}
		documents, versions, story := w.chain(t, 1+int(seed%20))
		hops := make([]*Hop, len(documents))
		for i, d := range documents {
			h, err := Verify(t.Context(), d, versions[i], versions[i+1])
			if err != nil {
				t.Fatalf("chain %d, hop %d: %v\n%s", seed, i+1, err, story)
			}
			if h.Verdict.Outcome == Refuted {
				t.Fatalf("chain %d, hop %d: %+v\n%s", seed, i+1, h.Verdict, story)
			}
			hops[i] = h
		}
		if i := slices.IndexFunc(hops, func(h *Hop) bool { return h.Verdict.Outcome != Proved }); i >= 0 {
			if open++; testing.Verbose() {
				t.Logf("chain %d, hop %d: %+v\n%s", seed, i+1, hops[i].Verdict.Problems, documents[i].canonical)
			}
			continue
		}
		c, err := Fuse(hops)
		if err != nil {
			t.Fatalf("chain %d: %v\n%s", seed, err, story)
		}
		r := NewRunner(c)
		native := newNatives(t, r, story)
		var scratch plan.Scratch
		for n := range uint64(20) {
			event := w.event(t, versions[0], n)
			events++
			what := fmt.Sprintf("chain %d, event %s\n%s", seed, event, story)
			native.hold(t, event, what)
			if compareJSON(t, c, r, documents, event, &scratch, what) {
				images++
			} else {
				ended++
			}
		}
		if plan.NewJSONPlan(c.Root, c.Source, plan.DefaultEventLimits()).Computes() {
			computed++
		}
	}
	t.Logf("%d chains, %d events: %d have an image, %d end as their document says; %d chains compute on values, %d are not decided", chains, events, images, ended, computed, open)
	if images == 0 || ended == 0 || computed == 0 || computed == chains || open*50 > chains {
		t.Error("the chains do not show all kinds of ends and of programs")
	}
}

func numberOr(t *testing.T, variable string, usual int) int {
	t.Helper()
	s := os.Getenv(variable)
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAbsentOnEveryWay fuses a hop that requires a member with one that never gave
// it: the literal in its place is of the member's type, which later steps use.
func TestAbsentOnEveryWay(t *testing.T) {
	object := func(members string) string { return objectOf(members, "") }
	const f7 = `"f7":{"type":["boolean","null"]}`
	versions := []*jsonschema.Schema{
		jsonSchema(t, object(textID)),
		jsonSchema(t, object(textID+`|"n":`+object(`"f6?":{"type":"array","items":{"type":"number"}}|`+f7))),
		jsonSchema(t, object(textID+`|"n":`+object(f7+`|"u":`+object(`"f6?":{"type":"array","items":{"type":"number"}}`)))),
		jsonSchema(t, object(textID+`|"n":`+object(f7+`|"u":`+object(`"f6":{"type":"number"}`)))),
	}
	c, err := fuseAllJSON(t, []*Document{
		document(t, `add: {path: n, value: {"f7": null}, onConflict: fail}`),
		document(t, "move: {from: n.f6, to: n.u.f6}"),
		document(t, "require: {path: n.u.f6, else: {value: [20.25]}}", "head: {path: n.u.f6, which: last, else: dropEvent}"),
	}, versions)
	if err != nil {
		t.Fatal(err)
	}
	out, f, err := NewRunner(c).Apply(t.Context(), nil, []byte(`{"id":"a"}`), nil)
	if err != nil || f != nil || string(out) != `{"id":"a","n":{"f7":null,"u":{"f6":20.25}}}` {
		t.Errorf("got %s, %v, %v", out, f, err)
	}
}

// chain makes documents and the schemas between them.
func (w *jsonWorld) chain(t testing.TB, hops int) (documents []*Document, versions []*jsonschema.Schema, story string) {
	t.Helper()
	root := w.object(3+w.r.IntN(4), 0)
	versions = append(versions, jsonSchema(t, root.text()))
	var told strings.Builder
	told.WriteString(root.text() + "\n")
	for range hops {
		root = root.clone()
		var steps []string
		for range 1 + w.r.IntN(3) {
			steps = append(steps, w.step(root))
			if s := steps[len(steps)-1]; strings.HasPrefix(s, "add:") || strings.HasPrefix(s, "relax:") {
				break // what they give has its new type from the next hop on
			}
		}
		documents = append(documents, document(t, steps...))
		versions = append(versions, jsonSchema(t, root.text()))
		told.WriteString(strings.Join(steps, "\n") + "\n" + root.text() + "\n")
	}
	return documents, versions, told.String()
}

// event is a generated event with undeclared properties where they may be, spaces
// and escapes.
func (w *jsonWorld) event(t testing.TB, s *jsonschema.Schema, seed uint64) []byte {
	t.Helper()
	sample, err := s.Varied(seed)
	if err != nil {
		t.Fatal(err)
	}
	typ := plan.FromJSON(s)
	v, err := plan.DecodeJSON(typ, sample.JSON, plan.DefaultEventLimits())
	if err != nil {
		t.Fatal(err)
	}
	out, err := plan.AppendJSON(nil, w.undeclared(v, typ))
	if err != nil {
		t.Fatal(err)
	}
	if seed%3 == 0 {
		out = bytes.ReplaceAll(out, []byte(`":`), []byte(`" : `))
		out = bytes.ReplaceAll(out, []byte(`"f`), []byte(`"\u0066`))
	}
	return out
}

func (w *jsonWorld) undeclared(v plan.Value, t *plan.Type) plan.Value {
	switch v := v.(type) {
	case *plan.Rec:
		for i, x := range v.Fields {
			v.Fields[i] = w.undeclared(x, t.Fields[i].Type)
		}
		for i := 0; t.Open && w.r.IntN(2) == 0; i++ {
			e := plan.Entry{Key: fmt.Sprintf("~%d", i), Value: []plan.Value{nil, true, plan.Number("1.50"), "x", []plan.Value{}}[w.r.IntN(5)]}
			v.Rest = append(v.Rest, e)
			v.Order = append(append([]string{}, v.Order[:len(v.Order)/2]...), append([]string{e.Key}, v.Order[len(v.Order)/2:]...)...)
		}
	case *plan.Tagged:
		w.undeclared(v.Value, t.Branches[t.Branch(v.Branch)].Type)
	case []plan.Value:
		for _, x := range v {
			w.undeclared(x, t.Elem)
		}
	case *plan.Entries:
		for _, e := range *v {
			w.undeclared(e.Value, t.Elem)
		}
	}
	return v
}

// compareJSON reports whether the event has an image.
func compareJSON(t *testing.T, c *Chain, r *Runner, documents []*Document, event []byte, s *plan.Scratch, what string) bool {
	t.Helper()
	v, err := c.from().decode(event)
	if err != nil {
		t.Fatalf("%v: %s", err, what)
	}
	fused, failure, err := c.Evaluate(t.Context(), v, plan.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	stepwise, stepFailure, err := c.Stepwise(t.Context(), v, plan.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	want, end := plan.Untyped(v), error(nil)
	for _, d := range documents {
		for _, step := range d.Steps {
			if end == nil {
				want, end = oracleJSON(want, step.Operation)
			}
		}
	}
	image, byteFailure, err := r.Apply(t.Context(), []byte("before"), event, s)
	if err != nil {
		t.Fatalf("%v: %s", err, what)
	}
	if (failure == nil) != (stepFailure == nil) || (failure == nil) != (end == nil) || (failure == nil) != (byteFailure == nil) {
		t.Fatalf("fused ends with %v, stepwise with %v, the oracle with %v, on bytes with %v: %s", failure, stepFailure, end, byteFailure, what)
	}
	image, ok := bytes.CutPrefix(image, []byte("before"))
	if !ok || failure != nil && len(image) > 0 {
		t.Fatalf("what stood before the image changed: %s", what)
	}
	if failure != nil {
		var stop stopped
		if !errors.As(end, &stop) || failure.Code != stop.code || *failure != *stepFailure || *failure != *byteFailure {
			t.Fatalf("fused ends with %v, stepwise with %v, the oracle with %v, on bytes with %v: %s", failure, stepFailure, end, byteFailure, what)
		}
		return false
	}
	if !plan.Equal(fused, stepwise) || !plan.Equal(plan.Untyped(fused), want) {
		x, _ := plan.AppendJSON(nil, fused)
		y, _ := plan.AppendJSON(nil, stepwise)
		z, _ := plan.AppendJSON(nil, want)
		t.Fatalf("the images differ:\n%s fused\n%s stepwise\n%s oracle\n%s", x, y, z, what)
	}
	if again, _ := plan.AppendJSON(nil, v); bytes.Equal(again, event) { // without spaces and needless escapes
		if x, _ := plan.AppendJSON(nil, fused); !bytes.Equal(x, image) {
			t.Fatalf("on bytes the image is %s, not %s: %s", image, x, what)
		}
	}
	to := c.to().(*jsonCodec)
	got, err := to.decode(image) // the validator of record looks at it
	if err != nil || !plan.Equal(got, fused) || to.confirm(image, true) != nil {
		t.Fatalf("on bytes the image is %s (%v): %s", image, err, what)
	}
	return true
}
