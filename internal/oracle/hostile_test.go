package oracle

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// maxAllocated bounds what one question allocates in all, most of which is
// garbage long before the answer.
const maxAllocated = 1 << 30

// TestHostile: pairs that are made to be hard are answered rightly or left open,
// within the budget and in little memory.
func TestHostile(t *testing.T) {
	large(t)
	tally := NewTally()
	for _, h := range Hostile() {
		q, err := h.Question()
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, err := Ask(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		tally.Add(&q, &a)
		t.Logf("%s: %s in %v, %d steps, %d KiB allocated %v", h.Name, a.Verdict, a.Took, a.Steps, (after.TotalAlloc-before.TotalAlloc)>>10, a.Undecided)
		if n := after.TotalAlloc - before.TotalAlloc; n > maxAllocated {
			t.Errorf("%s: %d bytes were allocated", h.Name, n)
		}
		if a.Took > time.Minute {
			t.Errorf("%s: it took %v", h.Name, a.Took)
		}
	}
	hold(t, tally, hostileDecided)
}

// TestCancelled: a question ends with its context, and says so.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, h := range Hostile()[:3] {
		q, err := h.Question()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Ask(ctx, &q); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", h.Name, err)
		}
	}
}

// FuzzQuestion: whatever the schemas are, the answer is total, within its budget
// and never wrong by what can be held against it.
func FuzzQuestion(f *testing.F) {
	for i := range Table {
		f.Add(Table[i].Old, Table[i].New)
	}
	for _, h := range Hostile() {
		if len(h.Writer)+len(h.Reader) < 2000 {
			f.Add(h.Writer, h.Reader)
		}
	}
	for seed := range uint64(60) {
		m := drawFamily(seed+13<<32, 1)
		f.Add(m[0].String(), m[1].String())
	}
	f.Add(`{"type":"record","name":"R","fields":[]}`, `"int"`)
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := parseEither(a), parseEither(b)
		if x == nil || y == nil || x.Format() != y.Format() {
			return
		}
		for _, q := range []Question{
			{Name: "forth", Writer: x, Reader: y},
			{Name: "back", Writer: y, Reader: x},
			{Name: "itself", Writer: x, Reader: x, Want: schema.Compatible},
		} {
			q.Budget.Steps = 20_000
			answer, err := Ask(t.Context(), &q)
			if err != nil {
				t.Fatal(err)
			}
			if len(answer.Faults)+len(answer.Bugs) > 0 && !needsPattern(x) && !needsPattern(y) {
				t.Errorf("%s: %q", q.Name, append(answer.Faults, answer.Bugs...))
			}
			if answer.Steps > 2*q.Budget.Steps+3*schema.MaxWitnessBytes {
				t.Errorf("%s: %d steps", q.Name, answer.Steps)
			}
		}
	})
}

// parseEither reads a text as JSON Schema, or else as Avro.
func parseEither(text string) schema.Parsed {
	if s, err := jsonschema.Parse(text, nil, lenient); err == nil {
		return s
	}
	if s, err := avro.Parse(text, nil, lenient); err == nil {
		return s
	}
	return nil
}

// needsPattern reports whether a schema has a part that no validator can judge:
// then nobody can hold an answer to it.
func needsPattern(p schema.Parsed) bool {
	s, ok := p.(*jsonschema.Schema)
	if !ok {
		return false
	}
	for _, n := range s.Nodes() {
		if n.Pattern != nil && n.Pattern.Unsupported != "" || n.Unresolved {
			return true
		}
		for _, p := range n.PatternProperties {
			if p.Pattern.Unsupported != "" {
				return true
			}
		}
	}
	return false
}
