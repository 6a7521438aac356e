package upcast

import (
	"context"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// maxParts bounds the events that one becomes.
const maxParts = 1_000

// part is one event that a split gives, or one for each element of a list.
type part struct {
	name string
	to   Target
	// root builds the event; when, if set, says whether there is one.
	root, when plan.Node
	// over is the list, and elem its element, if there is one part for each.
	over plan.Node
	elem *plan.Binder
	// target is the schema of the part.
	target codec
}

// splitEvent makes several events of one. Each output begins with the event as it
// is, leaves out what the others carry by its own steps, and is held to its own
// target.
func (b *builder) splitEvent(n plan.Node, op *SplitEvent) plan.Node {
	switch {
	case b.depth > 1:
		return b.wrong("splitEvent changes the event, not a part of it", "write it as a step of the document itself")
	case !b.last:
		return b.wrong("splitEvent is not the last step", "what follows it belongs to the steps of its outputs")
	case b.targets == nil:
		return b.notYet("events that become several are, without the subjects that they go to,")
	}
	b.effects.atLeastOne = op.AtLeastOne
	always := false
	for i := range op.Outputs {
		o := &op.Outputs[i]
		p := b.output(n, o)
		if b.err != nil {
			return n
		}
		b.effects.parts = append(b.effects.parts, p)
		always = always || p.when == nil && p.over == nil
	}
	if op.AtLeastOne && !always {
		b.breaks("O4", "$", "every output may be left out", "give one output without when, or remove atLeastOne")
	}
	return n
}

// output is one part of a split.
func (b *builder) output(n plan.Node, o *Output) *part {
	p := &part{name: o.Name, to: o.To}
	s, err := b.targets(o.To)
	if err == nil {
		p.target, err = codecOf(s)
	}
	if err != nil {
		b.fail(err)
		return p
	}
	before := b.scope
	defer func() { b.scope = before }()
	tree := n
	b.scope.this, b.scope.owner = nil, nil
	if len(o.ForEach) > 0 {
		tree = b.forEach(n, o, p)
		b.scope.event = tree
	}
	if o.When.Text != "" && b.err == nil {
		p.when = b.condition(o.When, nil)
	}
	if b.err != nil {
		return p
	}
	if p.when != nil {
		tree, b.known = b.given(tree, p.when)
		defer func() { b.known = false }()
	}
	tree = b.run(tree, o.Steps)
	if b.err == nil {
		p.root = b.assign(tree, p.target.events(), "$")
	}
	return p
}

// forEach puts one element in the place of the list.
func (b *builder) forEach(n plan.Node, o *Output, p *part) plan.Node {
	list := o.ForEach[:len(o.ForEach)-1]
	if o.ForEach[len(o.ForEach)-1].Kind != ElementsSegment || len(list) == 0 || !list[len(list)-1].named() {
		return b.wrong(fmt.Sprintf("forEach %s does not end in the elements of a field", o.ForEach), "write it as items[]")
	}
	p.over = b.get(n, list, 0)
	if b.err != nil {
		return n
	}
	t, _ := b.types.Of(p.over)
	if t.Kind != plan.List {
		return b.wrong(fmt.Sprintf("%s is no list but %s", list, t), "")
	}
	p.elem = b.bindPart(p.over, t.Elem)
	b.scope.this = whole(p.elem)
	return b.update(n, list, 0, func(plan.Node) plan.Node { return whole(p.elem) })
}

// split gives the values of the parts, in the order of the document.
func (h *Hop) split(ctx context.Context, bound map[*plan.Binder]plan.Value, l plan.Limits) ([]partValue, *plan.Failure, error) {
	var out []partValue
	for _, p := range h.effects.parts {
		items := []plan.Value{nil}
		if p.over != nil {
			v, f, err := plan.EvaluateBound(ctx, p.over, bound, l)
			if f != nil || err != nil {
				return nil, f, err
			}
			items, _ = v.([]plan.Value)
		}
		for i, item := range items {
			if p.elem != nil {
				bound[p.elem] = item
			}
			v, f, err := p.value(ctx, bound, l)
			switch {
			case f != nil || err != nil:
				return nil, f, err
			case v == nil:
				continue
			case len(out) == maxParts:
				return nil, tooManyParts(), nil
			}
			out = append(out, partValue{p, i, *v})
		}
	}
	if len(out) == 0 && h.effects.atLeastOne {
		return nil, &plan.Failure{Code: "O4", Path: "$", Reason: "every output is left out"}, nil
	}
	return out, nil, nil
}

// partValue is the value of one part; index counts those of one output.
type partValue struct {
	part  *part
	index int
	value plan.Value
}

// value is the part of an event, or nil where its question is not true.
func (p *part) value(ctx context.Context, bound map[*plan.Binder]plan.Value, l plan.Limits) (*plan.Value, *plan.Failure, error) {
	if p.when != nil {
		is, f, err := plan.EvaluateBound(ctx, p.when, bound, l)
		if f != nil || err != nil || is != true {
			return nil, f, err
		}
	}
	v, f, err := plan.EvaluateBound(ctx, p.root, bound, l)
	return &v, f, err
}

// Options are what a proof may ask beside the two schemas.
type Options struct {
	// Targets finds the schema of a version that an output of splitEvent names.
	Targets func(Target) (schema.Parsed, error)
}

// outputsOf lists the targets of the outputs of a document.
func outputsOf(d *Document) []Target {
	var out []Target
	for i := range d.Steps {
		if s, ok := d.Steps[i].Operation.(*SplitEvent); ok {
			for _, o := range s.Outputs {
				if !slices.Contains(out, o.To) {
					out = append(out, o.To)
				}
			}
		}
	}
	return out
}

// Targets lists the versions of other subjects that the document leads to, each
// once: those of renameType and of the outputs of splitEvent.
func (d *Document) Targets() []Target {
	out := outputsOf(d)
	if d.To.Subject != "" && !slices.Contains(out, d.To) {
		out = append(out, d.To)
	}
	return out
}

// asked are the obligations that the targets of a hop ask of values.
func (h *Hop) asked(ctx context.Context) ([]Problem, error) {
	if len(h.effects.parts) == 0 {
		return h.to.beyond(ctx, h)
	}
	var out []Problem
	for _, p := range h.effects.parts {
		one := &Hop{
			Root: p.root, Source: h.Source, Target: p.target.events(), from: h.from, to: p.target,
			spans: h.spans, homeless: h.homeless, assume: h.assume, part: p,
		}
		more, err := p.target.beyond(ctx, one)
		if err != nil {
			return nil, err
		}
		for _, a := range one.Verdict.Assumptions {
			if !slices.Contains(h.Verdict.Assumptions, a) {
				h.Verdict.Assumptions = append(h.Verdict.Assumptions, a)
			}
		}
		out = append(out, more...)
	}
	return out, nil
}

// transcodes reports whether the document changes the format.
func (d *Document) transcodes() bool {
	return slices.ContainsFunc(d.Steps, func(s Step) bool { _, ok := s.Operation.(*Transcode); return ok })
}
