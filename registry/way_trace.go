package registry

import (
	"context"

	"github.com/instar-registry/instar/upcast"
)

// Traced is an event before and after one hop.
type Traced struct {
	// Hop is one of the way. Part tells which part of the event it is, see
	// [upcast.Carried]; empty as long as the event is one.
	Hop  int
	Part string
	// From and To are what Before and After are of.
	From, To Stop
	// Before and After are in the bytes of their formats.
	Before, After []byte
}

// Stop is a version that events come by, and the message that they are of in a
// Protobuf file.
type Stop struct {
	Target
	Message string
}

// tracer carries an event and notes what it is after each hop.
type tracer struct {
	ctx context.Context //nolint:containedctx // of the request
	way *Way
	out []Traced
}

// Trace carries an event hop by hop and gives what it is after each, with all the
// parts that it becomes; of one that ends on the way, as far as it came.
func (w *Way) Trace(ctx context.Context, e *upcast.Envelope, event []byte) ([]Traced, error) {
	t := tracer{ctx: ctx, way: w}
	err := t.trace(w, *e, event, "", w.start)
	return t.out, err
}

// trace follows an event, or a part of one, over a way.
func (t *tracer) trace(w *Way, e upcast.Envelope, event []byte, part string, at Stop) error {
	note := func(hop int, after []byte, to Stop) {
		t.out = append(t.out, Traced{Hop: w.offset + hop, Part: part, From: at, To: to, Before: event, After: after})
		event, at = after, to
	}
	hop := 0
	for i := range w.legs {
		l := &w.legs[i]
		events, f, err := l.carry(t.ctx, &e, event, &Carriage{})
		if err != nil {
			return err
		}
		images := [][]byte{}
		switch {
		case l.rules == nil:
			images, _, err = l.chain.TraceWith(t.ctx, &e, event)
		case f == nil:
			images = [][]byte{events[0].Event}
		}
		for _, image := range images {
			h := &t.way.Hops[w.offset+hop]
			note(hop, image, Stop{Target{h.Target, h.To}, h.Message})
			hop++
		}
		switch {
		case f != nil || err != nil:
			return err
		case i == len(w.legs)-1 && w.onward != nil:
			return t.split(w, hop, e, events, Traced{Part: part, From: at, Before: event})
		}
		e.Headers, e.Key = events[0].Headers, events[0].Key
	}
	return nil
}

// split follows the parts of an event, one after the other.
func (t *tracer) split(w *Way, hop int, e upcast.Envelope, events []upcast.Carried, whole Traced) error {
	whole.Hop = w.offset + hop
	outer := whole.Part
	for i := range events {
		part, next := &events[i], w.onward[events[i].Target]
		one := whole
		one.Part, one.To, one.After = part.Place, next.start, part.Event
		if outer != "" {
			one.Part = outer + "/" + part.Place
		}
		t.out = append(t.out, one)
		if err := t.trace(next, e.Part(part), part.Event, one.Part, next.start); err != nil {
			return err
		}
	}
	return nil
}
