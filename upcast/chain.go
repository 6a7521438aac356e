package upcast

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

// Chain is a sequence of hops and their fusion: one tree that leads from the
// first version to the last.
type Chain struct {
	Hops   []*Hop
	Root   plan.Node
	Source *plan.Binder
	Target *plan.Type
}

// FuseAvro joins the documents of a chain, whose versions are given in order, one
// more than documents. Each hop is verified first; a hop that is not proved ends
// the fusion with an error that names it.
func FuseAvro(ctx context.Context, documents []*Document, versions []*avro.Schema) (*Chain, error) {
	if len(versions) != len(documents)+1 || len(documents) == 0 {
		return nil, &schema.Bug{Where: "upcast.FuseAvro", Cause: fmt.Sprintf("%d documents for %d versions", len(documents), len(versions))}
	}
	c := &Chain{}
	for i, d := range documents {
		h, err := VerifyAvro(ctx, d, versions[i], versions[i+1])
		if err != nil {
			return nil, err
		}
		if h.Verdict.Outcome != Proved {
			return nil, fmt.Errorf("hop %d is not proved but %s", i+1, h.Verdict.Outcome)
		}
		c.Hops = append(c.Hops, h)
	}
	legs := make([]leg, len(documents))
	for i, d := range documents {
		legs[i] = leg{d.Steps, c.Hops[i].Target}
	}
	var err error
	c.Target = legs[len(legs)-1].target
	c.Source, c.Root, err = fuse(c.Hops[0].Source.Type, legs)
	return c, err
}

// leg is one part of a way: steps, and the type that they lead to.
type leg struct {
	steps  []Step
	target *plan.Type
}

// fuse runs proved steps one after the other on one tree.
func fuse(source *plan.Type, legs []leg) (*plan.Binder, plan.Node, error) {
	b := &builder{fused: true}
	event := b.bind(source)
	root := plan.Node(whole(event))
	for i, l := range legs {
		b.hop, b.step = i, 0
		// Functions belong to a leg: the types of the next are others.
		b.memo = map[[2]*plan.Type]*plan.Function{}
		root = b.assign(b.run(root, l.steps), l.target, "$")
		if b.err != nil {
			return nil, nil, &schema.Bug{Where: "upcast.fuse", Cause: b.err}
		}
		if len(b.open) > 0 {
			return nil, nil, &schema.Bug{Where: "upcast.fuse", Cause: fmt.Sprintf("hop %d is proved alone, and not in the chain: %+v", i+1, b.open[0])}
		}
	}
	return event, root, nil
}

// Evaluate runs the fused tree on a decoded event. An event that has no image is
// run hop by hop, so that its failure is the one of the first hop that fails.
func (c *Chain) Evaluate(ctx context.Context, v plan.Value, l plan.Limits) (plan.Value, *plan.Failure, error) {
	out, f, err := plan.Evaluate(ctx, c.Root, c.Source, v, l)
	if f == nil || err != nil {
		return out, f, err
	}
	return c.Stepwise(ctx, v, l)
}

// Stepwise runs one hop after the other.
func (c *Chain) Stepwise(ctx context.Context, v plan.Value, l plan.Limits) (plan.Value, *plan.Failure, error) {
	for i, h := range c.Hops {
		out, f, err := plan.Evaluate(ctx, h.Root, h.Source, v, l)
		if f != nil && err == nil {
			f, err = plan.FirstFailure(ctx, h.Root, h.Source, v, l)
		}
		if f != nil {
			f.Hop = i
		}
		if f != nil || err != nil {
			return nil, f, err
		}
		v = out
	}
	return v, nil, nil
}
