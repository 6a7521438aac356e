package upcast

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestChains makes random chains of 1 to 20 hops and holds the ways to carry them
// out to each other: fused, hop by hop, on bytes, as a portable plan, as decoded
// values, into structs, and by the oracle. The variable INSTAR_UPCAST_CHAINS sets
// how many.
func TestChains(t *testing.T) {
	chains := envCount(t, "INSTAR_UPCAST_CHAINS", 150)
	events, images, ended := 0, 0, 0
	for seed := range uint64(chains) {
		w := &world{r: rand.New(rand.NewPCG(seed, 1))}
		documents, versions, story := w.chain(t, 1+int(seed%20))
		c, err := fuseAll(t, documents, versions)
		if err != nil {
			t.Fatalf("chain %d: %v\n%s", seed, err, story)
		}
		compiled := plan.NewAvroPlan(c.Root, c.Source, c.Target, plan.DefaultEventLimits())
		portable, err := c.Portable(plan.Title{})
		if err != nil {
			t.Fatalf("chain %d: %v\n%s", seed, err, story)
		}
		native := newNatives(t, NewRunner(c), story)
		var scratch plan.Scratch
		for n := range uint64(30) {
			sample, err := versions[0].Sample(n)
			if err != nil {
				t.Fatal(err)
			}
			v, err := plan.DecodeAvro(c.Source.Type, sample.Binary)
			if err != nil {
				t.Fatal(err)
			}
			events++
			image, failure := compiled.Apply([]byte("before"), sample.Binary, &scratch)
			agree(t, c, portable, sample.Binary, &scratch, story)
			native.hold(t, sample.Binary, fmt.Sprintf("chain %d, event %s\n%s", seed, sample.JSON, story))
			onBytes(t, c, versions[len(versions)-1], v, image, failure, fmt.Sprintf("chain %d, event %s\n%s", seed, sample.JSON, story))
			if compare(t, c, documents, v, fmt.Sprintf("chain %d, event %s\n%s", seed, sample.JSON, story)) {
				images++
			} else {
				ended++
			}
		}
	}
	t.Logf("%d chains, %d events: %d have an image, %d end as their document says", chains, events, images, ended)
	if images == 0 || ended == 0 {
		t.Error("the chains do not show both kinds of ends")
	}
}

// envCount is how often a test does its work: as often as a variable says, if it
// is set.
func envCount(tb testing.TB, name string, usual int) int {
	tb.Helper()
	s := os.Getenv(name)
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// chain makes documents and the schemas between them.
func (w *world) chain(t *testing.T, hops int) (documents []*Document, versions []*avro.Schema, story string) {
	root := w.record(3+w.r.IntN(4), 0)
	versions = append(versions, avroSchema(t, text(root, map[string]bool{})))
	var told strings.Builder
	told.WriteString(text(root, map[string]bool{}) + "\n")
	for range hops {
		root = clone(root)
		var steps []string
		for range 1 + w.r.IntN(3) {
			steps = append(steps, w.step(root))
			if s := steps[len(steps)-1]; strings.HasPrefix(s, "add:") || strings.HasPrefix(s, "relax:") {
				break // what they give has its new type from the next hop on
			}
		}
		documents = append(documents, document(t, steps...))
		schema := text(root, map[string]bool{})
		versions = append(versions, avroSchema(t, schema))
		told.WriteString(strings.Join(steps, "\n") + "\n" + schema + "\n")
	}
	return documents, versions, told.String()
}

// compare reports whether the event has an image.
func compare(t *testing.T, c *Chain, documents []*Document, v plan.Value, what string) bool {
	t.Helper()
	fused, failure, err := c.Evaluate(t.Context(), v, plan.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	stepwise, stepFailure, err := c.Stepwise(t.Context(), v, plan.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	want, end := oracle(c, documents, v)
	if (failure == nil) != (stepFailure == nil) || (failure == nil) != (end == nil) {
		t.Fatalf("fused ends with %v, stepwise with %v, the oracle with %v: %s", failure, stepFailure, end, what)
	}
	if failure != nil {
		var s stopped
		if !errors.As(end, &s) || failure.Code != s.code || *failure != *stepFailure {
			t.Fatalf("fused ends with %v, stepwise with %v, the oracle with %v: %s", failure, stepFailure, end, what)
		}
		return false
	}
	if !plan.Equal(fused, stepwise) || !plan.Equal(fused, want) {
		t.Fatalf("the images differ: %s", what)
	}
	if _, err := plan.EncodeAvro(nil, c.Target, fused); err != nil {
		t.Fatalf("%v: %s", err, what)
	}
	return true
}

func oracle(c *Chain, documents []*Document, v plan.Value) (plan.Value, error) {
	for i, d := range documents {
		v = loose(v)
		var err error
		for _, s := range d.Steps {
			if v, err = oracleStep(v, s.Operation); err != nil {
				return nil, err
			}
		}
		if v, err = settle(v, c.Hops[i].Target); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// onBytes holds what the program on bytes gives to what the tree gives on values.
func onBytes(t *testing.T, c *Chain, target *avro.Schema, v plan.Value, image []byte, failure *plan.Failure, what string) {
	t.Helper()
	want, wantFailure, err := plan.Evaluate(t.Context(), c.Root, c.Source, v, plan.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if (failure == nil) != (wantFailure == nil) {
		t.Fatalf("on bytes %v, on values %v: %s", failure, wantFailure, what)
	}
	image, ok := bytes.CutPrefix(image, []byte("before"))
	if !ok || failure != nil && len(image) > 0 {
		t.Fatalf("what stood before the image changed: %s", what)
	}
	if failure != nil {
		return
	}
	if _, err := target.Walk(image, avro.WalkOptions{}); err != nil {
		t.Fatalf("the image is no event of the target: %v: %s", err, what)
	}
	got, err := plan.DecodeAvro(c.Target, image)
	if err != nil || !plan.Equal(got, want) {
		t.Fatalf("on bytes the image is another (%v): %s", err, what)
	}
}

// fuseAll verifies each document and joins the hops.
func fuseAll(tb testing.TB, documents []*Document, versions []*avro.Schema) (*Chain, error) {
	tb.Helper()
	hops := make([]*Hop, len(documents))
	for i, d := range documents {
		h, err := Verify(tb.Context(), d, versions[i], versions[i+1])
		if err != nil {
			return nil, err
		}
		if h.Verdict.Outcome != Proved {
			tb.Fatalf("hop %d: %+v", i+1, h.Verdict)
		}
		hops[i] = h
	}
	return Fuse(hops)
}
