package upcast

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// FuzzJSONPlan gives any bytes to the programs of some chains. What is valid under
// the first version ends as it does by evaluation on values, and has the same
// image; whatever else is read gives a failure or JSON, and never a panic.
func FuzzJSONPlan(f *testing.F) {
	const chains = 8
	var runners []*Runner
	for seed := range uint64(chains) {
		w := &jsonWorld{r: rand.New(rand.NewPCG(seed, 7))}
		r, events := w.runner(f, 1+int(seed%5))
		if r == nil {
			continue // a hop of it is not decided
		}
		for _, e := range events {
			f.Add(uint8(len(runners)), e)
		}
		runners = append(runners, r)
	}
	f.Fuzz(func(t *testing.T, n uint8, event []byte) {
		r := runners[int(n)%len(runners)]
		from := r.chain.from().(*jsonCodec)
		image, failure := r.run([]byte("before"), event, nil)
		if !bytes.HasPrefix(image, []byte("before")) || failure != nil && len(image) != 6 {
			t.Fatalf("what stood before the image became %q", image)
		}
		image = image[6:]
		v, err := from.decode(event)
		if err != nil {
			limits := jsonx.Limits{Depth: 100, Nodes: 10_000_000, Digits: 1000, Exponent: 1000}
			if _, err := jsonx.Parse(string(event), limits); failure == nil && err == nil {
				if _, err := jsonx.Parse(string(image), limits); err != nil {
					t.Fatalf("%q becomes %q: %v", event, image, err)
				}
			}
			return
		}
		want, end, err := r.chain.Evaluate(t.Context(), v, plan.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if (end == nil) != (failure == nil) {
			t.Fatalf("%q ends with %v, on bytes with %v", event, end, failure)
		}
		if end != nil {
			return
		}
		if got, err := r.chain.to().decode(image); err != nil || !plan.Equal(got, want) {
			t.Fatalf("%q becomes %q on bytes, not %v (%v)", event, image, want, err)
		}
	})
}

// runner is a random chain with some of its events; nil if it is not proved.
func (w *jsonWorld) runner(f testing.TB, hops int) (*Runner, [][]byte) {
	f.Helper()
	documents, versions, _ := w.chain(f, hops)
	list := make([]*Hop, len(documents))
	for i, d := range documents {
		h, err := Verify(f.Context(), d, versions[i], versions[i+1])
		if err != nil {
			f.Fatal(err)
		}
		list[i] = h
	}
	if slices.ContainsFunc(list, func(h *Hop) bool { return h.Verdict.Outcome != Proved }) {
		return nil, nil
	}
	c, err := Fuse(list)
	if err != nil {
		f.Fatal(err)
	}
	var events [][]byte
	for n := range uint64(4) {
		events = append(events, w.event(f, versions[0], n))
	}
	return NewRunner(c), events
}
