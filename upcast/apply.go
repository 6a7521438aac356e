package upcast

import (
	"context"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// Failure says why an event has no image.
type Failure = plan.Failure

// The codes of failures: the first two are ends that a document declares, with the
// third the bytes are no event of the source version, and with the last a limit is
// broken.
const (
	FailDead  = plan.FailDead
	FailDrop  = plan.FailDrop
	FailInput = plan.FailInput
	FailLimit = plan.FailLimit
)

// Runner carries out a chain on encoded events. It is immutable and safe for
// concurrent use.
type Runner struct {
	chain *Chain
	// parks says that hops park values, or put them back.
	parks bool
	// bytes are the programs of the segments; nil if events are decoded,
	// evaluated and encoded.
	bytes []program
	// only is the program if one is enough, and the chain's events do not become
	// several: most do neither.
	only program
	// tried: the only hop is not proved, or hops assume something about events, so
	// an image may fail its schema.
	tried bool
}

// NewRunner compiles a chain.
func NewRunner(c *Chain) *Runner {
	r := &Runner{chain: c, parks: c.parking(), tried: c.assumesDeclared()}
	if r.tried {
		return r
	}
	for i := range c.segments {
		s := &c.segments[i]
		p := s.from.program(s.root, s.source, s.to)
		if p == nil || s.hop != nil {
			return &Runner{chain: c, parks: r.parks}
		}
		r.bytes = append(r.bytes, p)
	}
	if len(r.bytes) == 1 && !r.several() {
		r.only = r.bytes[0]
	}
	return r
}

// several reports whether the last hop makes several events of one.
func (r *Runner) several() bool {
	return len(r.chain.Hops[len(r.chain.Hops)-1].effects.parts) > 0
}

// Apply appends the image of an encoded event to dst. The failure is the one of
// the first hop and step that ends the event; dst is returned as it was then.
func (r *Runner) Apply(ctx context.Context, dst, event []byte, s *plan.Scratch) ([]byte, *Failure, error) {
	var out []byte
	var f *Failure
	if s == nil {
		s = &plan.Scratch{}
	}
	s.Within(ctx)
	switch {
	case r.only != nil:
		out, f = r.only.Apply(dst, event, s)
	case r.several():
		return dst, nil, ErrSeveral
	case r.parks:
		return r.parked(ctx, dst, event, s)
	case r.bytes == nil:
		return r.decoded(ctx, dst, event)
	default:
		out, f = r.run(dst, event, s)
	}
	if err := ended(ctx, f); err != nil {
		return dst, nil, err
	}
	if f == nil || f.Code == plan.FailLimit {
		return out, f, nil
	}
	if f.Code == plan.FailInput {
		return dst, r.invalid(event, f), nil
	}
	f, err := r.exact(ctx, event)
	return dst, f, err
}

// ended is the error of a run that its context ended, which looks like a limit.
func ended(ctx context.Context, f *Failure) error {
	if f == nil || f.Code != plan.FailLimit {
		return nil
	}
	return ctx.Err()
}

// Next appends the image of the encoded event that data begins with, and returns
// the event's length. Only Avro's binary encoding tells where an event ends;
// asking a chain of another format is a mistake of the caller.
func (r *Runner) Next(ctx context.Context, dst, data []byte, s *plan.Scratch) (out []byte, length int, f *Failure, err error) {
	var first *plan.AvroPlan
	if len(r.bytes) > 0 {
		first, _ = r.bytes[0].(*plan.AvroPlan)
	}
	if s == nil {
		s = &plan.Scratch{}
	}
	s.Within(ctx)
	switch {
	case first == nil:
		return dst, 0, nil, &schema.Bug{Where: "upcast.Next", Cause: "the events of this chain do not say where they end"}
	case len(r.bytes) == 1:
		out, length, f = first.Next(dst, data, s)
	default:
		_, length, f = first.Next(nil, data, s)
		if f == nil {
			out, f = r.run(dst, data[:length], s)
		}
	}
	if err := ended(ctx, f); err != nil {
		return dst, length, nil, err
	}
	if f == nil || f.Code == plan.FailLimit {
		return out, length, f, nil
	}
	if f.Code == plan.FailInput {
		if length > 0 {
			f = r.invalid(data[:length], f)
		}
		return out, length, f, nil
	}
	f, err = r.exact(ctx, data[:length])
	return dst, length, f, err
}

// invalid says where and why an event is none of its version, which a program over
// bytes does not.
func (r *Runner) invalid(event []byte, f *Failure) *Failure {
	if _, err := r.chain.from().decode(event); err != nil {
		return unreadable(err)
	}
	return f
}

// exact is the failure of the first hop and step that ends an event.
func (r *Runner) exact(ctx context.Context, event []byte) (*Failure, error) {
	v, err := r.chain.from().decode(event)
	if _, text := r.chain.from().(*jsonCodec); err != nil && text {
		// The program looks at no more than it needs.
		return &Failure{Code: plan.FailInput, Reason: err.Error()}, nil
	}
	if err != nil {
		return nil, &schema.Bug{Where: "upcast.Apply", Cause: err}
	}
	_, f, err := r.chain.Stepwise(ctx, v, plan.DefaultLimits())
	if err == nil && f == nil {
		err = &schema.Bug{Where: "upcast.Apply", Cause: "the fused plan fails where its hops do not"}
	}
	return f, err
}

// run takes the event through the programs of all segments.
func (r *Runner) run(dst, event []byte, s *plan.Scratch) ([]byte, *Failure) {
	last := len(r.bytes) - 1
	for _, p := range r.bytes[:last] {
		between, f := p.Apply(nil, event, s)
		if f != nil {
			return dst, f
		}
		event = between
	}
	return r.bytes[last].Apply(dst, event, s)
}

// decoded is the way between formats that have no program over bytes.
func (r *Runner) decoded(ctx context.Context, dst, event []byte) ([]byte, *Failure, error) {
	if f := tooLong(len(event)); f != nil {
		return dst, f, nil
	}
	v, err := r.chain.from().decode(event)
	if err != nil {
		return dst, unreadable(err), nil
	}
	image, f, err := r.chain.Evaluate(ctx, v, plan.DefaultLimits())
	if f != nil || err != nil {
		return dst, f, err
	}
	out, err := r.chain.to().encode(image)
	if err != nil {
		f, err := unfit(r.tried, err)
		return dst, f, err
	}
	if f := tooLarge(len(event), len(out)); f != nil {
		return dst, f, nil
	}
	return append(dst, out...), nil, nil
}

// Trace carries an event out hop by hop and gives what it is after each, encoded.
func (c *Chain) Trace(ctx context.Context, event []byte) ([][]byte, *Failure, error) {
	return c.TraceWith(ctx, &Envelope{}, event)
}

// TraceWith is [Chain.Trace] of an event with what is known beside it. It ends
// before a hop that makes several events of one.
func (c *Chain) TraceWith(ctx context.Context, e *Envelope, event []byte) ([][]byte, *Failure, error) {
	v, err := c.from().decode(event)
	if err != nil {
		return nil, nil, &schema.Bug{Where: "upcast.Trace", Cause: err}
	}
	w := carriage{ctx: ctx, envelope: e.clone()}
	var out [][]byte
	for i, h := range c.Hops {
		if len(h.effects.parts) > 0 {
			break
		}
		next, _, f, err := w.hop(h, v, plan.DefaultLimits())
		if f != nil {
			f.Hop = i
		}
		if f != nil || err != nil {
			return out, f, err
		}
		image, err := h.to.encode(next)
		if err != nil {
			return out, nil, &schema.Bug{Where: "upcast.Trace", Cause: err}
		}
		out, v = append(out, image), next
	}
	return out, nil, nil
}
