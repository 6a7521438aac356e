package upcast

import (
	"context"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

// Failure says why an event has no image.
type Failure = plan.Failure

// The codes of failures that a document declares.
const (
	FailDead = plan.FailDead
	FailDrop = plan.FailDrop
)

// Runner carries out a chain on encoded events. It is immutable and safe for
// concurrent use.
type Runner struct {
	chain *Chain
	from  codec
	bytes *plan.AvroPlan
}

// NewRunner compiles a chain of events of a schema.
func NewRunner(c *Chain, from schema.Parsed) (*Runner, error) {
	source, err := codecOf(from)
	if err != nil {
		return nil, err
	}
	r := &Runner{chain: c, from: source}
	if _, ok := from.(*avro.Schema); ok {
		r.bytes = plan.NewAvroPlan(c.Root, c.Source, c.Target, plan.DefaultEventLimits())
	}
	return r, nil
}

// Apply appends the image of an encoded event to dst. The failure is the one of
// the first hop and step that ends the event; dst is returned as it was then.
func (r *Runner) Apply(ctx context.Context, dst, event []byte, s *plan.Scratch) ([]byte, *Failure, error) {
	out, f := r.bytes.Apply(dst, event, s)
	if f == nil || f.Code == plan.FailInput || f.Code == plan.FailLimit {
		return out, f, nil
	}
	v, err := plan.DecodeAvro(r.chain.Source.Type, event)
	if err != nil {
		return dst, nil, &schema.Bug{Where: "upcast.Apply", Cause: err}
	}
	_, exact, err := r.chain.Stepwise(ctx, v, plan.DefaultLimits())
	if err == nil && exact == nil {
		err = &schema.Bug{Where: "upcast.Apply", Cause: "the fused plan fails where its hops do not"}
	}
	return dst, exact, err
}

// Trace carries an event out hop by hop and gives what it is after each, encoded.
func (c *Chain) Trace(ctx context.Context, event []byte) ([][]byte, *Failure, error) {
	v, err := plan.DecodeAvro(c.Source.Type, event)
	if err != nil {
		return nil, nil, &schema.Bug{Where: "upcast.Trace", Cause: err}
	}
	var out [][]byte
	for i, h := range c.Hops {
		one := Chain{Hops: []*Hop{h}}
		next, f, err := one.Stepwise(ctx, v, plan.DefaultLimits())
		if f != nil {
			f.Hop = i
		}
		if f != nil || err != nil {
			return out, f, err
		}
		image, err := plan.EncodeAvro(nil, h.Target, next)
		if err != nil {
			return out, nil, &schema.Bug{Where: "upcast.Trace", Cause: err}
		}
		out, v = append(out, image), next
	}
	return out, nil, nil
}
