package upcast

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// eachCase calls f with the proved hop of each case of each operation.
func eachCase(t *testing.T, f func(name string, h *Hop)) {
	t.Helper()
	for i := range operations {
		archive, err := txtar.ParseFile(filepath.Join("testdata", "operations", operations[i].name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			c := readCase(t, file)
			if h := c.verify(t); h.Verdict.Outcome == Proved && !h.alone() {
				f(operations[i].name+"/"+file.Name, h)
			}
		}
	}
}

// TestLensLawsOfOperations holds the class of every case of every operation, in
// each format, to generated events: what it promises is so for each.
// INSTAR_UPCAST_LENS sets how many events each case gets.
func TestLensLawsOfOperations(t *testing.T) {
	events := envCount(t, "INSTAR_UPCAST_LENS", 150)
	checked, laws := 0, map[Class]int{}
	eachCase(t, func(name string, h *Hop) {
		if h.Down == nil {
			return
		}
		class := h.Verdict.Class
		laws[class]++
		if class == Iso || class == LossyDown {
			checked += comesBack(t, name, h, h.Down, events)
		}
		if class == Iso || class == LossyUp {
			checked += comesBack(t, name+", from below", h.Down, h, events)
		}
	})
	t.Logf("%v, %d round trips", laws, checked)
	if laws[Iso] < 20 || laws[LossyUp] < 10 || laws[LossyDown] < 10 || checked < 40*events {
		t.Errorf("only %v with %d round trips", laws, checked)
	}
}

// comesBack goes there and back with events, and counts those that do; one that
// its document ends has no image to come back from.
func comesBack(t *testing.T, name string, there, back *Hop, events int) int {
	t.Helper()
	n := 0
	for seed := range uint64(events) {
		x, ok, err := there.from.sample(seed)
		if err != nil || !ok {
			t.Fatal(name, err, ok)
		}
		y, f, err := plan.Evaluate(t.Context(), there.Root, there.Source, x, plan.DefaultLimits())
		if err != nil {
			t.Fatal(name, err)
		}
		if f != nil {
			continue
		}
		z, f, err := plan.Evaluate(t.Context(), back.Root, back.Source, y, plan.DefaultLimits())
		if err != nil || f != nil || !plan.Equal(known(x), known(z)) {
			t.Fatalf("%s: event %s does not come back: %v, %v", name, shown(there.from, x), err, f)
		}
		n++
	}
	return n
}

// TestProvedHolds replays proved documents on generated events and holds every
// image to the validator of the target: random chains of Avro and JSON, and the
// cases of all operations. INSTAR_UPCAST_PROVED sets how many events.
func TestProvedHolds(t *testing.T) {
	total := envCount(t, "INSTAR_UPCAST_PROVED", 12_000)
	each := min(max(total/500, 10), 1_000)
	events, images := 0, 0
	run := func(name string, c *Chain, sample func(seed uint64) []byte) {
		r := NewRunner(c)
		var s plan.Scratch
		for seed := range uint64(each) {
			event := sample(seed)
			image, f, err := r.Apply(t.Context(), nil, event, &s)
			events++
			switch {
			case err != nil:
				t.Fatalf("%s: %v", name, err)
			case f != nil && f.Code != FailDead && f.Code != FailDrop:
				t.Fatalf("%s: a proved document fails with %v on %x", name, f, event)
			case f == nil:
				images++
				if err := judge(c.to(), image); err != nil {
					t.Fatalf("%s: the image %x of %x is no event of the target: %v", name, image, event, err)
				}
			}
		}
	}
	for round := uint64(0); events < total; round++ {
		if round%20 == 0 {
			eachCase(t, func(name string, h *Hop) {
				if c, err := Fuse([]*Hop{h}); err == nil && len(h.effects.parts) == 0 {
					run(name, c, func(seed uint64) []byte { return drawn(t, c.from(), seed+round*1_000_003) })
				}
			})
		}
		for n := range uint64(20) {
			seed := round*20 + n
			w := &world{r: rand.New(rand.NewPCG(seed, 11))}
			documents, versions, story := w.chain(t, 1+int(seed%6))
			c, err := fuseAll(t, documents, versions)
			if err != nil {
				t.Fatalf("%v\n%s", err, story)
			}
			run(story, c, func(n uint64) []byte { return drawn(t, c.from(), n) })
		}
		w := &jsonWorld{r: rand.New(rand.NewPCG(round, 12))}
		documents, versions, story := w.chain(t, 1+int(round%4))
		if c := provedJSON(t, documents, versions); c != nil {
			run(story, c, func(n uint64) []byte { return w.event(t, versions[0], n) })
		}
	}
	t.Logf("%d events, %d images, each an event of its target", events, images)
	if images < events/2 {
		t.Errorf("only %d of %d events have an image", images, events)
	}
}

// drawn is a generated event of a schema, encoded.
func drawn(t *testing.T, c codec, seed uint64) []byte {
	t.Helper()
	if a, ok := c.(*avroCodec); ok {
		s, err := a.schema.Sample(seed)
		if err != nil {
			t.Fatal(err)
		}
		return s.Binary
	}
	v, ok, err := c.sample(seed)
	if err != nil || !ok {
		t.Fatal(err, ok)
	}
	event, err := c.encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// judge asks the validator of a schema for its opinion of encoded bytes.
func judge(c codec, event []byte) error {
	switch c := c.(type) {
	case *avroCodec:
		_, err := c.schema.Walk(event, avro.WalkOptions{})
		return err
	case *protoCodec:
		return c.walker.Walk(event)
	case *jsonCodec:
		return c.valid(event)
	default:
		return fmt.Errorf("no validator of %T", c)
	}
}

// provedJSON fuses a random chain of JSON Schemas; nil if a hop is not proved.
func provedJSON(t *testing.T, documents []*Document, versions []*jsonschema.Schema) *Chain {
	t.Helper()
	hops := make([]*Hop, len(documents))
	for i, d := range documents {
		h, err := Verify(t.Context(), d, versions[i], versions[i+1])
		if err != nil {
			t.Fatal(err)
		}
		if h.Verdict.Outcome != Proved {
			return nil
		}
		hops[i] = h
	}
	c, err := Fuse(hops)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
