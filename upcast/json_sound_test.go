package upcast

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestSoundJSON makes random documents whose target asks for more or for something
// else than they give, as often as not, and holds what is proved to be so to
// generated events: every image must be valid under the target for both
// validators, and be the one of the evaluation on values. The variable
// INSTAR_UPCAST_EVENTS sets how many events there are at least.
func TestSoundJSON(t *testing.T) {
	least := 1500
	if s := os.Getenv("INSTAR_UPCAST_EVENTS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		least = n
	}
	events, ended := 0, 0
	outcomes := map[Outcome]int{}
	for seed := uint64(0); events < least; seed++ {
		w := &jsonWorld{r: rand.New(rand.NewPCG(seed, 11))}
		steps, from, to := w.challenge(t)
		story := fmt.Sprintf("document %d\n%s\n%s\n%s", seed, from.Canonical(), strings.Join(steps, "\n"), to.Canonical())
		h, err := Verify(t.Context(), document(t, steps...), from, to)
		if err != nil {
			t.Fatalf("%v: %s", err, story)
		}
		if outcomes[h.Verdict.Outcome]++; h.Verdict.Outcome != Proved {
			continue
		}
		n, gone := soundJSON(t, w, h, from, story)
		events, ended = events+n, ended+gone
	}
	t.Logf("%v: %d events of proved documents, %d end as their document says", outcomes, events, ended)
	if outcomes[Proved] == 0 || outcomes[Refuted] == 0 || outcomes[Tested] > outcomes[Refuted] {
		t.Error("the documents do not show all kinds of verdicts")
	}
}

// soundJSON carries events of a proved hop.
func soundJSON(t *testing.T, w *jsonWorld, h *Hop, from *jsonschema.Schema, story string) (events, ended int) {
	t.Helper()
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatalf("%v: %s", err, story)
	}
	r, to := NewRunner(c), c.to().(*jsonCodec)
	var scratch plan.Scratch
	for n := range uint64(60) {
		if _, err := from.Varied(n); err != nil {
			continue // the generator finds no event
		}
		event := w.event(t, from, n)
		if c.from().(*jsonCodec).valid(event) != nil {
			continue // what was added is judged by a schema of other members
		}
		events++
		image, f, err := r.Apply(t.Context(), nil, event, &scratch)
		switch {
		case err != nil:
			t.Fatalf("%s: %v: %s", event, err, story)
		case f != nil && (f.Code == FailDead || f.Code == FailDrop):
			ended++
			continue
		case f != nil:
			t.Fatalf("%s is proved to have an image, and ends with %v: %s", event, f, story)
		}
		v, err := to.decode(image)
		if err != nil || to.confirm(image, true) != nil {
			t.Fatalf("%s is proved to become an event of the target, and becomes %s (%v): %s", event, image, err, story)
		}
		was, err := c.from().decode(event)
		if err != nil {
			t.Fatal(err)
		}
		if want, _, err := c.Evaluate(t.Context(), was, plan.DefaultLimits()); err != nil || !plan.Equal(want, v) {
			t.Fatalf("%s becomes %s on bytes only (%v): %s", event, image, err, story)
		}
	}
	return events, ended
}

// challenge makes one to three steps between two schemas that hold values to
// more than their types; the target is often changed behind the back of the steps.
func (w *jsonWorld) challenge(t *testing.T) (steps []string, from, to *jsonschema.Schema) {
	t.Helper()
	root := w.object(2+w.r.IntN(4), 0)
	for _, s := range shapesJSON(root, nil) {
		if w.r.IntN(3) == 0 {
			s.more = w.bound(s.kind)
		}
	}
	from = jsonSchema(t, root.text())
	root = root.clone()
	for range 1 + w.r.IntN(3) {
		steps = append(steps, w.step(root))
		if s := steps[len(steps)-1]; strings.HasPrefix(s, "add:") || strings.HasPrefix(s, "relax:") {
			break
		}
	}
	if all := shapesJSON(root, nil); w.r.IntN(2) == 0 {
		w.change(all[w.r.IntN(len(all))])
	}
	return steps, from, jsonSchema(t, root.text())
}

func shapesJSON(s *shapeJSON, out []*shapeJSON) []*shapeJSON {
	out = append(out, s)
	if s.elem != nil {
		out = shapesJSON(s.elem, out)
	}
	for _, m := range s.members {
		out = shapesJSON(m.shape, out)
	}
	return out
}

// bound is a keyword that values of a kind are held to.
func (w *jsonWorld) bound(kind string) string {
	n := w.r.IntN(4)
	switch kind {
	case "string":
		return []string{fmt.Sprintf(`,"minLength":%d`, n), fmt.Sprintf(`,"maxLength":%d`, 4+n), `,"pattern":"^[a-z0-9!]*$"`, `,"pattern":"s"`}[n]
	case "integer":
		return []string{`,"minimum":0`, `,"maximum":1000`, `,"multipleOf":2`, `,"exclusiveMinimum":-5`}[n]
	case "number":
		return []string{`,"minimum":-1.5`, `,"maximum":99`, `,"multipleOf":0.25`, `,"exclusiveMaximum":100`}[n]
	case "array":
		return []string{`,"minItems":1`, `,"maxItems":3`, `,"uniqueItems":true`, `,"maxItems":8`}[n]
	default:
		return ""
	}
}

// change makes a schema ask for something else.
func (w *jsonWorld) change(s *shapeJSON) {
	switch n := w.r.IntN(5); {
	case n == 0:
		s.null = !s.null
	case n == 1 && s.kind == "object" && len(s.members) > 0:
		m := &s.members[w.r.IntN(len(s.members))]
		m.optional = !m.optional
	case n == 2 && s.kind == "object":
		s.open = !s.open
	case n == 3 && s.kind == "enum":
		s.symbols = append([]string{"N"}, s.symbols[1:]...)
	case n == 3 && (s.kind == "integer" || s.kind == "number"):
		s.kind = map[string]string{"integer": "number", "number": "integer"}[s.kind]
	default:
		s.more = w.bound(s.kind)
	}
}
