package upcast

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// Carried is one event that a chain has made.
type Carried struct {
	// Event is its encoding under the schema it was carried to.
	Event []byte
	// Target is the version it was carried to, if that is of another subject
	// than the chain's; Output names the output of a split, and Place tells it from
	// all other parts of its event: output#index, behind that of the part that it is
	// a part of, if it is one.
	Target        Target
	Output, Place string
	// Message is the full name of the Protobuf message that it is of; empty in
	// other formats.
	Message string
	// Type is its type, if a step gave it a new one; ID, Key and Headers are
	// what goes with it.
	ID, Type string
	Key      []byte
	Headers  map[string]string
	// Part counts the events that one became, from 1 to Parts. A consumer has
	// done with the one when it has done with the last.
	Part, Parts int
}

// The headers that tell where an event comes from.
const (
	HeaderOrigin = "instar.origin" // subject/version/id as stored; written once
	HeaderType   = "instar.type"   // the type it had, written once
	HeaderPlan   = "instar.plan"   // hash of the portable plan, by whoever knows it
	HeaderClass  = "instar.class"  // what the way down loses
	HeaderPart   = "instar.part"   // i/n, and "last" behind the last
	HeaderParked = "instar.parked" // what steps parked, as JSON in base64
)

// partSpace is the name space of the ids of parts whose origin's id is no UUID.
const partSpace = "e7bd93ba-1ecf-5071-81cb-6ebf0422fe79"

// ErrParked is the error of [Runner.Apply] for a chain that parks values beside the
// event: [Runner.Carry] gives them.
var ErrParked = errors.New("the chain parks values beside the event")

// ErrSeveral is the error of [Runner.Apply] for a chain that makes several events
// of one: [Runner.Carry] gives them.
var ErrSeveral = errors.New("the chain makes several events of one")

// Carry takes an event with all that goes with it to the end of the chain: none,
// one or several events in its place, in the order of the document. The failure
// is the one of the first hop and step that ends it; what a document drops is one
// of code [FailDrop].
func (r *Runner) Carry(ctx context.Context, e *Envelope, event []byte, s *plan.Scratch) ([]Carried, *Failure, error) {
	w := carriage{ctx: ctx, envelope: e.clone(), tried: r.tried}
	var out []Carried
	if r.bytes != nil {
		image, f, err := r.Apply(ctx, nil, event, s)
		if f != nil || err != nil {
			return nil, f, err
		}
		for _, h := range r.chain.Hops {
			w.static(&h.effects)
		}
		out = []Carried{{Event: image}}
	} else {
		var f *Failure
		var err error
		if out, f, err = r.carry(&w, e, event); f != nil || err != nil {
			return nil, f, err
		}
		size := 0
		for i := range out {
			size += len(out[i].Event)
		}
		if f := tooLarge(len(event), size); f != nil {
			return nil, f, nil
		}
	}
	for i := range out {
		if out[i].Output == "" {
			out[i].Message = messageOf(r.chain.to())
		}
		w.finish(&out[i], e, i+1, len(out), r.chain.Class())
	}
	return out, nil, nil
}

// tooLarge is the failure of an event that becomes more bytes than it may, all its
// parts together: programs over bytes know the same bound.
func tooLarge(event, images int) *Failure {
	if l := plan.DefaultEventLimits(); images > l.Image(event) {
		return l.ImageTooLarge(event)
	}
	return nil
}

// tooLong is the failure of an event of more bytes than events may have.
func tooLong(event int) *Failure {
	if l := plan.DefaultEventLimits(); event > l.Bytes {
		return l.EventTooLarge(event)
	}
	return nil
}

// unreadable is the failure of what is no event of its version, or breaks a limit.
func unreadable(err error) *Failure {
	f := &Failure{Code: plan.FailInput, Reason: err.Error()}
	if breaksLimit(err) {
		f.Code = plan.FailLimit
	}
	return f
}

// breaksLimit reports whether an event is refused for its size alone.
func breaksLimit(err error) bool {
	var wrong *schema.Error
	var walk *schema.WalkError
	return errors.As(err, &wrong) && wrong.Limit != "" || errors.As(err, &walk) && walk.Limit != ""
}

// clone is an envelope whose headers may be changed.
func (e *Envelope) clone() Envelope {
	out := *e
	if out.Headers = maps.Clone(e.Headers); out.Headers == nil {
		out.Headers = map[string]string{}
	}
	return out
}

// Carried gives an event what goes with it when nothing but its bytes changed.
func (e *Envelope) Carried(event []byte) Carried {
	w := carriage{envelope: *e}
	out := Carried{Event: event}
	w.finish(&out, e, 1, 1, "")
	return out
}

// carriage is an event on its way.
type carriage struct {
	ctx      context.Context
	envelope Envelope
	typ      string
	target   Target
	tried    bool
}

// carry takes an event through the segments on values.
func (r *Runner) carry(w *carriage, e *Envelope, event []byte) ([]Carried, *Failure, error) {
	if f := tooLong(len(event)); f != nil {
		return nil, f, nil
	}
	v, err := r.chain.from().decode(event)
	if err != nil {
		return nil, unreadable(err), nil
	}
	whole, limits := v, plan.DefaultLimits()
	for i := range r.chain.segments {
		s := &r.chain.segments[i]
		var f *Failure
		if s.hop == nil {
			if v, f, err = plan.Evaluate(w.ctx, s.root, s.source, v, limits); err != nil {
				return nil, nil, err
			}
			if f != nil {
				return r.exactly(w.ctx, whole, e, f, limits)
			}
			for _, h := range s.hops {
				w.static(&h.effects)
			}
			continue
		}
		var parts []Carried
		if v, parts, f, err = w.hop(s.hop, v, limits); f != nil {
			f.Hop = s.first
		}
		if parts != nil || f != nil || err != nil {
			return parts, f, err
		}
	}
	image, err := r.chain.to().encode(v)
	if err != nil {
		f, err := unfit(r.tried, err)
		return nil, f, err
	}
	return []Carried{{Event: image}}, nil, nil
}

// exactly is the failure of the first hop and step that ends an event for which a
// fused tree has none.
func (r *Runner) exactly(ctx context.Context, v plan.Value, e *Envelope, f *Failure, l plan.Limits) ([]Carried, *Failure, error) {
	_, exact, err := r.chain.stepwise(ctx, v, e, l)
	if exact == nil && err == nil {
		exact = f
	}
	return nil, exact, err
}

// hop takes an event through one hop, with what goes beside it: its image, or the
// parts that it becomes.
func (w *carriage) hop(h *Hop, v plan.Value, l plan.Limits) (plan.Value, []Carried, *Failure, error) {
	t, f, err := w.unpark(h, v)
	if f != nil || err != nil {
		return nil, nil, f, err
	}
	out, f, err := t.hop.exact(w.ctx, t.value, &w.envelope, l)
	if f != nil || err != nil {
		return nil, nil, f, err
	}
	if out, f, err = w.park(h, t, out, l); f != nil || err != nil {
		return nil, nil, f, err
	}
	parts, f, err := w.effects(t.effects, t.value, l)
	return out, parts, f, err
}

// exact runs a hop on an event; the failure is the one of the earliest step.
func (h *Hop) exact(ctx context.Context, v plan.Value, e *Envelope, l plan.Limits) (plan.Value, *Failure, error) {
	bound, f, err := h.bound(ctx, v, e, l)
	if f != nil || err != nil {
		return nil, f, err
	}
	out, f, err := plan.EvaluateBound(ctx, h.Root, bound, l)
	if f != nil && err == nil {
		f, err = plan.FirstFailureBound(ctx, h.Root, bound, l)
	}
	return out, f, err
}

// effects computes what a hop does beside the event, and the parts that it makes;
// nil if it makes none.
func (w *carriage) effects(h *Hop, v plan.Value, l plan.Limits) ([]Carried, *Failure, error) {
	bound, f, err := h.bound(w.ctx, v, &w.envelope, l)
	if f != nil || err != nil {
		return nil, f, err
	}
	text := func(n plan.Node) (string, *Failure, error) {
		x, f, err := plan.EvaluateBound(w.ctx, n, bound, l)
		switch x := x.(type) {
		case string:
			return x, f, err
		case []byte:
			return string(x), f, err
		case plan.Symbol:
			return string(x), f, err
		default:
			return "", f, err
		}
	}
	set := map[int]string{}
	for i, edit := range h.effects.headers {
		if edit.set != nil {
			if set[i], f, err = text(edit.set); f != nil || err != nil {
				return nil, f, err
			}
		}
	}
	if h.effects.key != nil {
		key, f, err := text(h.effects.key)
		if f != nil || err != nil {
			return nil, f, err
		}
		w.envelope.Key = []byte(key)
	}
	w.apply(&h.effects, set)
	if len(h.effects.parts) == 0 {
		return nil, nil, nil
	}
	parts, f, err := h.split(w.ctx, bound, l)
	if f != nil || err != nil {
		return nil, f, err
	}
	if len(parts) == 0 {
		return nil, &Failure{Code: FailDrop, Reason: "every output is left out"}, nil
	}
	out := make([]Carried, len(parts))
	for i, p := range parts {
		image, err := p.part.target.encode(p.value)
		if err != nil {
			f, err := unfit(w.tried, err)
			return nil, f, err
		}
		place := fmt.Sprintf("%s#%d", p.part.name, p.index)
		out[i] = Carried{Event: image, Target: p.part.to, Output: p.part.name, Place: place, Message: messageOf(p.part.target), ID: partID(w.envelope.ID, place)}
	}
	return out, nil, nil
}

// partID is the id of a part. It depends on the id of the origin and on the
// output alone, so a document that takes another's place keeps the ids.
func partID(id, name string) string {
	if id == "" {
		return "" // an event without an id has parts without
	}
	out, ok := plan.UUIDv5(id, name)
	if ok {
		return out
	}
	inner, _ := plan.UUIDv5(partSpace, id)
	out, _ = plan.UUIDv5(inner, name)
	return out
}

// static notes the effects that need no value of the event.
func (w *carriage) static(e *effects) { w.apply(e, nil) }

func (w *carriage) apply(e *effects, set map[int]string) {
	if e.typ != "" {
		w.typ = e.typ
	}
	if e.target.Subject != "" {
		w.target = e.target
	}
	h := w.envelope.Headers
	for i, edit := range e.headers {
		value, there := h[edit.name]
		switch {
		case edit.set != nil:
			h[edit.name] = set[i]
		case there:
			delete(h, edit.name)
			if edit.to != "" {
				h[edit.to] = value
			}
		}
	}
}

// finish gives an event what goes with it.
func (w *carriage) finish(c *Carried, e *Envelope, part, parts int, class Class) {
	c.Key, c.Type = w.envelope.Key, w.typ
	if c.Target.Subject == "" {
		c.Target = w.target
	}
	if c.ID == "" {
		c.ID = e.ID
	}
	c.Headers = maps.Clone(w.envelope.Headers)
	if c.Headers == nil {
		c.Headers = map[string]string{}
	}
	if _, known := c.Headers[HeaderOrigin]; !known && e.Subject != "" {
		c.Headers[HeaderOrigin] = fmt.Sprintf("%s/%d/%d", e.Subject, e.Version, e.SchemaID)
	}
	if _, known := c.Headers[HeaderType]; !known && e.Type != "" {
		c.Headers[HeaderType] = e.Type
	}
	c.Headers[HeaderClass] = string(class)
	c.number(part, parts)
}

// number says which of several events this is, and whether it is the last.
func (c *Carried) number(part, parts int) {
	c.Part, c.Parts = part, parts
	if parts > 1 {
		c.Headers[HeaderPart] = fmt.Sprintf("%d/%d", part, parts)
		if part == parts {
			c.Headers[HeaderPart] += " last"
		}
	}
}

// Class says what the two directions of a chain lose: what any of its hops does.
func (c *Chain) Class() Class {
	updown, downup := true, true
	for _, h := range c.Hops {
		switch h.Verdict.Class {
		case OneWay, "":
			return OneWay
		case LossyUp:
			updown = false
		case LossyDown:
			downup = false
		case Lossy:
			updown, downup = false, false
		}
	}
	return classOf(updown, downup)
}
