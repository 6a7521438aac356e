package upcast

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
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

// Fuse joins proved hops, in order.
func Fuse(hops []*Hop) (*Chain, error) {
	if len(hops) == 0 {
		return nil, &schema.Bug{Where: "upcast.Fuse", Cause: "no hop"}
	}
	legs := make([]leg, len(hops))
	for i, h := range hops {
		if h.Verdict.Outcome != Proved {
			return nil, &schema.Bug{Where: "upcast.Fuse", Cause: fmt.Sprintf("hop %d is %s", i+1, h.Verdict.Outcome)}
		}
		if i > 0 && !plan.Same(hops[i-1].Target, h.Source.Type) {
			return nil, &schema.Bug{Where: "upcast.Fuse", Cause: fmt.Sprintf("hop %d does not begin where hop %d ends", i+1, i)}
		}
		legs[i] = leg{h.steps, h.Target, h.derived, h.checked}
	}
	c := &Chain{Hops: hops, Target: legs[len(legs)-1].target}
	var err error
	c.Source, c.Root, err = fuse(hops[0].Source.Type, legs)
	return c, err
}

// from and to are the schemas at both ends.
func (c *Chain) from() codec { return c.Hops[0].from }
func (c *Chain) to() codec   { return c.Hops[len(c.Hops)-1].to }

// leg is one part of a way: steps, and the type that they lead to.
type leg struct {
	steps   []Step
	target  *plan.Type
	derived bool
	checked map[Expr][]checkedExpr
}

// fuse runs proved steps one after the other on one tree.
func fuse(source *plan.Type, legs []leg) (*plan.Binder, plan.Node, error) {
	b := newBuilder()
	b.fused = true
	event := b.bind(source)
	root := plan.Node(whole(event))
	for i, l := range legs {
		b.hop, b.step, b.derived = i, 0, l.derived
		// Functions belong to a leg: the types of the next are others.
		b.memo = map[[2]*plan.Type]*plan.Function{}
		b.scope = scope{source: root, event: root}
		b.checked = l.checked
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

// Size is the number of nodes of all its trees, for those who keep chains.
func (c *Chain) Size() int {
	n := nodes(c.Root)
	for _, h := range c.Hops {
		n += h.Size()
	}
	return n
}

// Size is the number of nodes of the trees of both directions.
func (h *Hop) Size() int {
	n := nodes(h.Root)
	if h.Down != nil {
		n += nodes(h.Down.Root)
	}
	return n
}

func nodes(root plan.Node) int {
	n := 0
	plan.Visit(root, func(plan.Node) { n++ })
	return n
}
