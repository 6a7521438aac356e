package upcast

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// RuleVersion is a version of a subject as a way of rules sees it.
type RuleVersion struct {
	Number int
	// Schema is nil if the version was deleted for good: its rules still lead
	// over it, from the version before to the one after.
	Schema schema.Parsed
	Rules  *RuleSet
	// Native is the proved hop of a document from the version before; it wins
	// over rules.
	Native *Hop
}

// RuleGap says why there is no way between two versions. A way with a gap is
// refused: no event passes a version in silence.
type RuleGap struct {
	From, To int
	Why      string
}

// Error tells the hop and the reason.
func (g *RuleGap) Error() string {
	return fmt.Sprintf("there is no way from version %d to %d: %s", g.From, g.To, g.Why)
}

// RuleChain carries events over several versions: by documents, by rules, and by
// derivation where a version has neither. It is made once for a pair of versions,
// immutable, and safe for concurrent use.
type RuleChain struct {
	hops []carriedHop
	// Warnings are what whoever maintains the rules should know.
	Warnings []string
}

// carriedHop is one hop of a way: rules, a runner, or nothing to do.
type carriedHop struct {
	from, to int
	// message is the name of the events that the hop gives, in Protobuf.
	message string
	rules   *RuleHop
	runner  *Runner
}

// RuleWay finds the way between two versions, up or down. The versions are in
// ascending order. The error is a [*RuleGap], the context's, or a *schema.Bug.
func RuleWay(ctx context.Context, versions []RuleVersion, from, to int, o RuleOptions) (*RuleChain, error) {
	d, low, high := Upgrade, from, to
	if from > to {
		d, low, high = Downgrade, to, from
	}
	var pairs []rulePair
	var before *RuleVersion
	var sets []*RuleSet
	for i := range versions {
		v := &versions[i]
		if v.Number < low || v.Number > high {
			continue
		}
		if before != nil {
			sets = append(sets, v.Rules)
		}
		switch {
		case v.Schema == nil && (v.Number == low || v.Number == high):
			return nil, &RuleGap{from, to, fmt.Sprintf("version %d has no schema any more", v.Number)}
		case v.Schema == nil:
			continue
		case before != nil:
			pairs = append(pairs, rulePair{before, v, sets})
		}
		before, sets = v, nil
	}
	if before == nil || before.Number != high || from != to && len(pairs) == 0 {
		return nil, &RuleGap{from, to, "one of the two does not exist"}
	}
	if d == Downgrade {
		slices.Reverse(pairs)
	}
	return ruleChain(ctx, pairs, d, o)
}

// rulePair is two neighbours on a way, and the rules between them.
type rulePair struct {
	older, newer *RuleVersion
	sets         []*RuleSet
}

// ruleChain finds the hops of a way, in the order in which events take them. Each
// begins with the message that the one before it ends with.
func ruleChain(ctx context.Context, pairs []rulePair, d Direction, o RuleOptions) (*RuleChain, error) {
	c := &RuleChain{}
	for i := range pairs {
		a, b := pairs[i].older, pairs[i].newer
		if d == Downgrade {
			a, b = b, a
		}
		var err error
		if o.Message, err = MessageName(a.Schema, o.Message); err != nil {
			return nil, &RuleGap{a.Number, b.Number, err.Error()}
		}
		h, err := c.hop(ctx, &pairs[i], d, o)
		if err != nil {
			return nil, err
		}
		c.hops, o.Message = append(c.hops, h), h.message
	}
	return c, nil
}

// hop finds the way between two neighbours.
func (c *RuleChain) hop(ctx context.Context, p *rulePair, d Direction, o RuleOptions) (carriedHop, error) {
	a, b := p.older, p.newer
	if d == Downgrade {
		a, b = b, a
	}
	out := carriedHop{from: a.Number, to: b.Number, message: o.Message}
	rules, err := NewRuleHop(p.sets, d, a.Schema, b.Schema, o)
	if err != nil {
		return out, err
	}
	native := p.newer.Native
	if native != nil && d == Downgrade {
		native = native.Down
	}
	if native != nil && native.Verdict.Outcome == Proved && startOf(native) != o.Message {
		native = nil // it carries the events of another message
	}
	switch {
	case native != nil && native.Verdict.Outcome == Proved:
		_, out.message = native.Messages()
		if rules != nil {
			c.Warnings = append(c.Warnings, fmt.Sprintf("version %d has migration rules and an upcaster; the upcaster is carried out", p.newer.Number))
		}
		out.runner, err = runnerOf(native)
		return out, err
	case rules != nil && rules.gap != "":
		return out, &RuleGap{a.Number, b.Number, rules.gap}
	case rules != nil:
		out.rules = rules
		_, out.message = rules.Messages()
		return out, nil
	case a.Schema.Equivalence() == b.Schema.Equivalence():
		return out, nil
	}
	return c.derived(ctx, out, a, b)
}

// derived finds the way between two neighbours without rules and documents.
func (c *RuleChain) derived(ctx context.Context, out carriedHop, a, b *RuleVersion) (carriedHop, error) {
	h, err := DeriveOf(ctx, out.message, a.Schema, b.Schema)
	var wrong *Error
	switch {
	case errors.As(err, &wrong):
		return out, &RuleGap{a.Number, b.Number, "it has no rules, and " + wrong.Error()}
	case err != nil:
		return out, err
	case h.Verdict.Outcome != Proved:
		why := "it has no rules, and no derived way is proved"
		if len(h.Verdict.Problems) > 0 {
			why += ": " + h.Verdict.Problems[0].Message
		}
		return out, &RuleGap{a.Number, b.Number, why}
	}
	_, out.message = h.Messages()
	out.runner, err = runnerOf(h)
	return out, err
}

// startOf is the message whose events a hop carries.
func startOf(h *Hop) string {
	from, _ := h.Messages()
	return from
}

func runnerOf(h *Hop) (*Runner, error) {
	c, err := Fuse([]*Hop{h})
	if err != nil {
		return nil, err
	}
	return NewRunner(c), nil
}

// Apply carries one event, in the bytes of its format, hop by hop. Every hop holds
// what it gives to its schema, so that no event is half carried.
func (c *RuleChain) Apply(ctx context.Context, event []byte, run RuleRun) (*RuleResult, *Failure, error) {
	out := &RuleResult{Event: event}
	for i := range c.hops {
		f, err := c.hops[i].apply(ctx, out, run)
		if f != nil {
			f.Hop = i
			out.Event = nil
		}
		if f != nil || err != nil {
			return out, f, err
		}
	}
	return out, nil, nil
}

func (h *carriedHop) apply(ctx context.Context, out *RuleResult, run RuleRun) (*Failure, error) {
	switch {
	case h.rules != nil:
		r, f, err := h.rules.Apply(ctx, out.Event, run)
		out.Event, out.Headers, out.Topic, out.Ran = r.Event, r.Headers, r.Topic, append(out.Ran, r.Ran...)
		return f, err
	case h.runner != nil:
		var f *Failure
		var err error
		out.Event, f, err = h.runner.Apply(ctx, nil, out.Event, &plan.Scratch{})
		return f, err
	}
	return nil, nil
}
