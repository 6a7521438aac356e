package upcast

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// Chain is a sequence of hops and their fusion: one tree that leads from the
// first version to the last or, where that would be too large, several, one after
// the other.
type Chain struct {
	Hops []*Hop
	// Root is the tree if one is enough, and nil otherwise; Source is bound to
	// the event of the first version, Target is the type of the last.
	Root   plan.Node
	Source *plan.Binder
	Target *plan.Type

	segments []segment
}

// segment is a run of hops that are fused into one tree.
type segment struct {
	root     plan.Node
	source   *plan.Binder
	from, to codec
	// hop is the only one, if it needs what is beside the event or changes it by
	// values of the event; hops are all of them, first the number of the first.
	hop   *Hop
	hops  []*Hop
	first int
}

// Fuse joins proved hops, in order. The error is an [*Error] of code Limited if
// there are too many.
func Fuse(hops []*Hop) (*Chain, error) {
	switch {
	case len(hops) == 0:
		return nil, &schema.Bug{Where: "upcast.Fuse", Cause: "no hop"}
	case len(hops) > maxHops:
		return nil, tooMuch("upcaster.hops", "the chain has too many hops", len(hops), maxHops, schema.Position{}, "")
	}
	for i, h := range hops {
		if h.Verdict.Outcome != Proved {
			return nil, &schema.Bug{Where: "upcast.Fuse", Cause: fmt.Sprintf("hop %d is %s", i+1, h.Verdict.Outcome)}
		}
		if i < len(hops)-1 && len(h.effects.parts) > 0 {
			e := &Error{Code: NotYet}
			e.Problem.What = fmt.Sprintf("hop %d makes several events of one, and a chain ends there", i+1)
			e.Problem.Hint = "carry each of them on from the version that it went to"
			return nil, e
		}
		if i > 0 && !follows(hops[i-1], h) {
			return nil, &schema.Bug{Where: "upcast.Fuse", Cause: fmt.Sprintf("hop %d does not begin where hop %d ends", i+1, i)}
		}
	}
	c := &Chain{Hops: hops, Target: hops[len(hops)-1].Target}
	for first := 0; first < len(hops); {
		s, n, err := fuseSome(hops[first:], first)
		if err != nil {
			return nil, err
		}
		c.segments = append(c.segments, s)
		first += n
	}
	c.Source = c.segments[0].source
	if len(c.segments) == 1 {
		c.Root = c.segments[0].root
	}
	return c, nil
}

// follows reports whether a hop begins with the events that another one gives.
// Most hops share the schema between them, whose types need not be compared.
func follows(before, h *Hop) bool {
	switch x := before.to.(type) {
	case *avroCodec:
		if y, ok := h.from.(*avroCodec); ok && x.schema == y.schema {
			return true
		}
	case *jsonCodec:
		if y, ok := h.from.(*jsonCodec); ok && x.schema == y.schema {
			return true
		}
	case *protoCodec:
		if y, ok := h.from.(*protoCodec); ok && x.schema == y.schema && slices.Equal(x.message, y.message) {
			return true
		}
	}
	return plan.Same(before.Target, h.Source.Type)
}

// alone reports whether a hop is not fused with others: it needs what is beside
// the event, changes it by values of the event, or parks some there.
func (h *Hop) alone() bool { return h.around.used() || h.effects.ofValues() || h.parked != nil }

// fuseSome fuses as many hops as one tree may hold, at least one, and says how
// many those are; hop is the number of the first.
func fuseSome(hops []*Hop, hop int) (segment, int, error) {
	if h := hops[0]; h.alone() {
		return segment{h.Root, h.Source, h.from, h.to, h, hops[:1], hop}, 1, nil
	}
	f := newFuser(hops[0].Source.Type)
	done := 0
	for i, h := range hops {
		if h.alone() {
			break
		}
		err := f.add(h.leg(), hop+i)
		var wrong *Error
		if i > 0 && errors.As(err, &wrong) && wrong.Code == Limited {
			break
		}
		if err != nil {
			return segment{}, 0, err
		}
		done++
	}
	return segment{f.root, f.event, hops[0].from, hops[done-1].to, nil, hops[:done], hop}, done, nil
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
	around  surroundings
	midway  bool
	parking parkMode
}

func (h *Hop) leg() leg {
	return leg{steps: h.steps, target: h.Target, derived: h.derived, checked: h.checked, around: h.around}
}

// fuser runs proved legs one after the other on one tree.
type fuser struct {
	b     *builder
	event *plan.Binder
	root  plan.Node
}

func newFuser(source *plan.Type) *fuser {
	b := newBuilder()
	b.fused = true
	event := b.bindEvent(source)
	return &fuser{b, event, whole(event)}
}

// add runs the leg of a hop. The tree is as it was before if there is an error:
// one of code Limited says that the tree would be too large.
func (f *fuser) add(l leg, hop int) error {
	b := f.b
	b.hop, b.step, b.derived, b.spent = hop, 0, l.derived, 0
	// Functions belong to a leg: the types of the next are others.
	b.forgetTypes()
	b.scope = scope{source: f.root, event: f.root}
	b.checked, b.around, b.midway, b.parking = l.checked, l.around, l.midway, l.parking
	root := b.assign(b.run(f.root, l.steps), l.target, "$")
	b.grown(root)
	var wrong *Error
	switch {
	case errors.As(b.err, &wrong) && wrong.Code == Limited:
		return b.err
	case b.err != nil:
		return &schema.Bug{Where: "upcast.fuse", Cause: b.err}
	case len(b.open) > 0:
		return &schema.Bug{Where: "upcast.fuse", Cause: fmt.Sprintf("hop %d is proved alone, and not in the chain: %+v", hop+1, b.open[0])}
	}
	f.root = root
	return nil
}

// fuse runs legs one after the other on one tree.
func fuse(source *plan.Type, legs []leg) (*plan.Binder, plan.Node, error) {
	f := newFuser(source)
	for i, l := range legs {
		if err := f.add(l, i); err != nil {
			return nil, nil, err
		}
	}
	return f.event, f.root, nil
}

// Evaluate runs the fused tree on a decoded event. An event that has no image is
// run hop by hop, so that its failure is the one of the first hop that fails.
func (c *Chain) Evaluate(ctx context.Context, v plan.Value, l plan.Limits) (plan.Value, *plan.Failure, error) {
	return c.evaluate(ctx, v, &Envelope{}, l)
}

func (c *Chain) evaluate(ctx context.Context, v plan.Value, e *Envelope, l plan.Limits) (plan.Value, *plan.Failure, error) {
	out := v
	for i := range c.segments {
		s := &c.segments[i]
		next, f, err := s.evaluate(ctx, out, e, l)
		if err != nil {
			return nil, nil, err
		}
		if f != nil {
			return c.stepwise(ctx, v, e, l)
		}
		out = next
	}
	return out, nil, nil
}

func (s *segment) evaluate(ctx context.Context, v plan.Value, e *Envelope, l plan.Limits) (plan.Value, *plan.Failure, error) {
	if s.hop != nil {
		return s.hop.evaluate(ctx, v, e, l)
	}
	return plan.Evaluate(ctx, s.root, s.source, v, l)
}

// evaluate runs a hop on an event and what is beside it.
func (h *Hop) evaluate(ctx context.Context, v plan.Value, e *Envelope, l plan.Limits) (plan.Value, *plan.Failure, error) {
	bound, f, err := h.bound(ctx, v, e, l)
	if f != nil || err != nil {
		return nil, f, err
	}
	return plan.EvaluateBound(ctx, h.Root, bound, l)
}

// bound gives the variables of a hop their values.
func (h *Hop) bound(ctx context.Context, v plan.Value, e *Envelope, l plan.Limits) (map[*plan.Binder]plan.Value, *plan.Failure, error) {
	bound := map[*plan.Binder]plan.Value{h.Source: v}
	s := &h.around
	if s.meta != nil {
		bound[s.meta] = e.metaValue()
	}
	if s.ctx == nil {
		return bound, nil, nil
	}
	keys := map[string]string{}
	for name, n := range s.keys {
		key, f, err := plan.EvaluateBound(ctx, n, bound, l)
		if err != nil || f != nil && f.Code == plan.FailLimit {
			return nil, f, err
		}
		if text, ok := key.(string); ok && f == nil {
			keys[name] = text
		}
	}
	values, f := e.contextOf(s, keys)
	if f != nil {
		return nil, f, nil
	}
	bound[s.ctx] = values
	return bound, nil, nil
}

// Stepwise runs one hop after the other.
func (c *Chain) Stepwise(ctx context.Context, v plan.Value, l plan.Limits) (plan.Value, *plan.Failure, error) {
	return c.stepwise(ctx, v, &Envelope{}, l)
}

func (c *Chain) stepwise(ctx context.Context, v plan.Value, e *Envelope, l plan.Limits) (plan.Value, *plan.Failure, error) {
	for i, h := range c.Hops {
		out, f, err := h.exact(ctx, v, e, l)
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
	n := 0
	for i := range c.segments {
		n += nodes(c.segments[i].root)
	}
	for _, h := range c.Hops {
		n += h.Size()
	}
	return n
}

// Size is the number of nodes of the trees of both directions.
func (h *Hop) Size() int {
	n := nodes(append(h.effects.nodes(), h.Root)...)
	if h.parked != nil {
		n += nodes(h.parked.hop.Root)
	}
	if h.Down != nil {
		n += h.Down.Size()
	}
	return n
}

func nodes(roots ...plan.Node) int {
	n := 0
	for _, root := range roots {
		plan.Visit(root, func(plan.Node) { n++ })
	}
	return n
}
