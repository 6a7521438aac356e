package upcast

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestLensLaws holds the computed classes of random hops to events: what a class
// promises is so for each.
func TestLensLaws(t *testing.T) {
	classes, checked := map[Class]int{}, 0
	for seed := range uint64(1200) {
		w := &world{r: rand.New(rand.NewPCG(seed, 2))}
		documents, versions, story := w.chain(t, 1)
		h, err := Verify(t.Context(), documents[0], versions[0], versions[1])
		if err != nil {
			t.Fatalf("%v\n%s", err, story)
		}
		if h.Verdict.Outcome != Proved {
			t.Fatalf("%+v\n%s", h.Verdict, story)
		}
		classes[h.Verdict.Class]++
		if h.Down == nil {
			continue
		}
		for n := range uint64(12) {
			if c := h.Verdict.Class; c == Iso || c == LossyDown {
				checked += roundTrip(t, versions[0], n, h, h.Down, story)
			}
			if c := h.Verdict.Class; c == Iso || c == LossyUp {
				checked += roundTrip(t, versions[1], n, h.Down, h, story)
			}
		}
	}
	t.Logf("%v, %d round trips", classes, checked)
	for _, c := range []Class{Iso, LossyUp, LossyDown, Lossy, OneWay} {
		if classes[c] == 0 {
			t.Errorf("no hop is %s", c)
		}
	}
	if checked < 1000 {
		t.Errorf("only %d round trips", checked)
	}
}

// roundTrip goes there and back; an event that its document ends proves nothing.
func roundTrip(t *testing.T, from *avro.Schema, seed uint64, there, back *Hop, story string) int {
	t.Helper()
	sample, err := from.Sample(seed)
	if err != nil {
		t.Fatal(err)
	}
	x, err := plan.DecodeAvro(there.Source.Type, sample.Binary)
	if err != nil {
		t.Fatal(err)
	}
	y, f, err := plan.Evaluate(t.Context(), there.Root, there.Source, x, plan.DefaultLimits())
	if err != nil || f != nil {
		return 0
	}
	z, f, err := plan.Evaluate(t.Context(), back.Root, back.Source, y, plan.DefaultLimits())
	if err != nil || f != nil || !plan.Equal(x, z) {
		t.Fatalf("an event does not come back (%v, %v):\n%s\n%s", err, f, fmt.Sprint(string(sample.JSON)), story)
	}
	return 1
}
