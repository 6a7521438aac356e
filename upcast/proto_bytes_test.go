package upcast

import (
	"math/rand/v2"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// otherWise writes an event as another writer might: its fields moved, repeated,
// cut or changed; most of what comes out is an event too.
func otherWise(r *rand.Rand, event, other []byte) []byte {
	out := append([]byte{}, event...)
	switch r.IntN(6) {
	case 0:
		return append(out, other...) // merged
	case 1:
		return append(append(out, other...), event...)
	case 2, 3:
		if len(out) > 0 {
			out[r.IntN(len(out))] ^= 1 << r.IntN(8)
		}
	case 4:
		if len(out) > 0 {
			i := r.IntN(len(out))
			out = append(append(out[:i:i], event[min(len(event), i+1+r.IntN(4)):]...), event[:i]...)
		}
	}
	return out
}

// holdBytes holds the program over bytes to the evaluation of the tree, on one
// event: the same end, the same value, an event of the target.
func holdBytes(t *testing.T, c *Chain, run *Runner, event []byte, s *plan.Scratch, what string) bool {
	t.Helper()
	from, to := c.from().(*protoCodec), c.to().(*protoCodec)
	v, err := from.decode(event)
	if refused := from.walker.Walk(event); (refused == nil) != (err == nil) {
		t.Fatalf("%s: the decoder says %v, the walker %v: %x", what, err, refused, event)
	}
	image, f, bug := run.Apply(t.Context(), []byte("before"), event, s)
	if bug != nil || string(image[:6]) != "before" {
		t.Fatalf("%s: %v: %x", what, bug, event)
	}
	if err != nil {
		if f == nil || f.Code != plan.FailInput {
			t.Fatalf("%s: bytes that are no event end with %v: %x", what, f, event)
		}
		return false
	}
	want, end, err := c.Stepwise(t.Context(), v, plan.DefaultLimits())
	if err != nil || (f == nil) != (end == nil) {
		t.Fatalf("%s: on bytes %v, on values %v (%v): %x", what, f, end, err, event)
	}
	if f != nil {
		return false
	}
	if err := to.walker.Walk(image[6:]); err != nil {
		t.Fatalf("%s: the image %x of %x is no event: %v", what, image[6:], event, err)
	}
	got, err := to.decode(image[6:])
	if err != nil || !plan.Equal(got, want) {
		t.Fatalf("%s: the image of %x is %x, which is another value (%v)", what, event, image[6:], err)
	}
	return true
}

// TestProtoOnBytes runs each proved case on generated events.
func TestProtoOnBytes(t *testing.T) {
	events := envCount(t, "INSTAR_UPCAST_EVENTS", 400)
	for name, c := range protoCases {
		t.Run(name, func(t *testing.T) {
			h, err := Verify(t.Context(), document(t, c.steps...), protoSchema(t, c.from), protoSchema(t, c.to))
			if err != nil || h.Verdict.Outcome != Proved {
				t.Fatal(err, h)
			}
			holdHop(t, h, events, name)
		})
	}
}

func holdHop(t *testing.T, h *Hop, events int, what string) {
	t.Helper()
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	holdChain(t, c, events, what)
}

func holdChain(t *testing.T, c *Chain, events int, what string) (images int) {
	t.Helper()
	run, r := NewRunner(c), rand.New(rand.NewPCG(5, 6))
	var s plan.Scratch
	var before []byte
	for seed := range uint64(events) {
		v, ok, err := c.from().sample(seed)
		if err != nil || !ok {
			t.Fatal(err, ok)
		}
		event, err := c.from().encode(v)
		if err != nil {
			t.Fatal(err)
		}
		if holdBytes(t, c, run, event, &s, what) {
			images++
		}
		holdBytes(t, c, run, otherWise(r, event, before), &s, what)
		before = event
	}
	return images
}

// TestProtoPrograms names the cases that have no program over bytes: all others
// must have one.
func TestProtoPrograms(t *testing.T) {
	for name, c := range protoCases {
		h, err := Verify(t.Context(), document(t, c.steps...), protoSchema(t, c.from), protoSchema(t, c.to))
		if err != nil {
			t.Fatal(err)
		}
		p := plan.NewProtoPlan(h.Root, h.Source, h.Target, plan.DefaultEventLimits())
		if computed, all := p.Computed(); all || len(computed) > 0 != protoComputed[name] {
			t.Errorf("%s: computed are %v, all is %t", name, computed, all)
		}
	}
}

// protoComputed are the cases of which a part is computed on values.
var protoComputed = map[string]bool{
	"a map": true, "optional in CEL": true, "expression": true, "head": true, "checked texts": true, "toMap": true, "toList": true,
	"filter a map": true, "filter a list": true, "merge": true, "split": true,
}
