package upcast

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

// Outcome is what a proof ends in.
type Outcome string

// The outcomes.
const (
	// Proved: every event of the source version has an image that is an event
	// of the target version, or an end that the document declares.
	Proved Outcome = "PROVED"
	// Refuted: one event has none.
	Refuted Outcome = "REFUTED"
	// Tested: neither was shown.
	Tested Outcome = "TESTED"
)

// Class says what the two directions of a hop lose.
type Class string

// The classes.
const (
	Iso       Class = "iso"        // nothing
	LossyUp   Class = "lossy-up"   // going up loses; up(down(y)) = y
	LossyDown Class = "lossy-down" // going down loses; down(up(x)) = x
	Lossy     Class = "lossy"      // both lose
	OneWay    Class = "one-way"    // there is no way down
)

// Verdict is the answer about one document and two schemas. It is immutable.
type Verdict struct {
	Outcome Outcome
	// Total says that no event ends in a dead letter.
	Total bool
	// Class is computed from the plans of both directions, never believed; NoDown
	// says why there is no way down.
	Class  Class
	NoDown string
	// Problems are all obligations that do not hold; the first is the one that
	// Event shows.
	Problems []Problem
	// Event is a least event of the source version that shows the problem, as
	// JSON; nil if it was not found.
	Event []byte
	// Events is how many events were tried.
	Events int
}

// Hop is a verified step from one version to the next.
type Hop struct {
	Verdict Verdict
	Root    plan.Node
	Source  *plan.Binder
	Target  *plan.Type
	// Down is the way back; nil if there is none.
	Down *Hop
}

// searchEvents bounds the search for an event that shows a problem.
const searchEvents = 2_000

// VerifyAvro proves a document against both of its schemas, or refutes it by an
// event. The error is an [*Error] of the document, the context's, or a
// *schema.Bug.
func VerifyAvro(ctx context.Context, d *Document, from, to *avro.Schema) (*Hop, error) {
	source, target := plan.FromAvro(from), plan.FromAvro(to)
	b := &builder{doc: d, memo: map[[2]*plan.Type]*plan.Function{}}
	event := b.bind(source)
	root := b.run(whole(event), d.Steps)
	if b.err != nil {
		return nil, b.err
	}
	b.step = 0
	root = b.assign(root, target, "$")
	if b.err != nil {
		return nil, b.err
	}
	h := &Hop{Root: root, Source: event, Target: target}
	h.Verdict.Total = !stops(root, plan.FailDead)
	h.Verdict.Problems = b.open
	s := search{hop: h, from: from, to: to, limits: plan.DefaultLimits()}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if h.Verdict.Outcome == Proved {
		h.back(d, b)
	}
	return h, nil
}

// back finds the way down and the class of a proved hop.
func (h *Hop) back(d *Document, up *builder) {
	h.Verdict.Class = OneWay
	steps := up.inner
	switch {
	case d.Down == DownNone:
		h.Verdict.NoDown = "the document says so"
		return
	case d.Down == DownExplicit:
		steps = d.DownSteps
	case up.noDown != "":
		h.Verdict.NoDown = up.noDown
		return
	}
	b := &builder{memo: map[[2]*plan.Type]*plan.Function{}}
	event := b.bind(h.Target)
	root := b.run(whole(event), steps)
	b.step = 0
	root = b.assign(root, h.Source.Type, "$")
	switch {
	case b.err != nil:
		h.Verdict.NoDown = b.err.Error()
		return
	case len(b.open) > 0:
		h.Verdict.NoDown = b.open[0].Message
		return
	}
	h.Down = &Hop{Root: root, Source: event, Target: h.Source.Type, Verdict: Verdict{Outcome: Proved, Total: !stops(root, plan.FailDead)}}
	there := identity(h.Source.Type, leg{d.Steps, h.Target}, leg{steps, h.Source.Type})
	back := identity(h.Target, leg{steps, h.Source.Type}, leg{d.Steps, h.Target})
	h.Verdict.Class = map[[2]bool]Class{{true, true}: Iso, {true, false}: LossyDown, {false, true}: LossyUp, {false, false}: Lossy}[[2]bool{there, back}]
}

// identity reports whether going one way and then the other is proved to change
// nothing.
func identity(t *plan.Type, out, back leg) bool {
	event, root, err := fuse(t, []leg{out, back})
	return err == nil && plan.IsIdentity(root, event)
}

// search looks for a least event that shows a problem and, where there is none,
// tries the plan on events.
type search struct {
	hop    *Hop
	from   *avro.Schema
	to     *avro.Schema
	limits plan.Limits
}

// triedEvents is how many events a proved document is tried on, against bugs of
// the prover.
const triedEvents = 64

func (s *search) run(ctx context.Context) error {
	v := &s.hop.Verdict
	events := triedEvents
	v.Outcome = Proved
	if len(v.Problems) > 0 {
		v.Outcome, events = Tested, searchEvents
	}
	for seed := range uint64(events) {
		sample, err := s.from.Sample(seed)
		if err != nil {
			return nil // no event exists, so nothing can go wrong
		}
		value, err := plan.DecodeAvro(s.hop.Source.Type, sample.Binary)
		if err != nil {
			return &schema.Bug{Where: "upcast.VerifyAvro", Cause: err}
		}
		v.Events++
		f, err := s.fails(ctx, value)
		switch {
		case err != nil:
			return err
		case f == nil:
			continue
		case len(v.Problems) == 0:
			return &schema.Bug{Where: "upcast.VerifyAvro", Cause: fmt.Errorf("a proved document fails: %w", f)}
		}
		return s.refute(ctx, value, f)
	}
	return nil
}

// fails runs the plan on an event and holds the image to the target. What the
// document declares is no failure.
func (s *search) fails(ctx context.Context, v plan.Value) (*plan.Failure, error) {
	out, f, err := plan.Evaluate(ctx, s.hop.Root, s.hop.Source, v, s.limits)
	switch {
	case err != nil:
		return nil, err
	case f != nil && (f.Code == plan.FailDead || f.Code == plan.FailDrop):
		return nil, nil
	case f != nil:
		return f, nil
	}
	image, err := plan.EncodeAvro(nil, s.hop.Target, out)
	if err == nil {
		_, err = s.to.Walk(image, avro.WalkOptions{})
	}
	if err != nil {
		return &plan.Failure{Code: "O5", Reason: err.Error()}, nil
	}
	return nil, nil
}

// refute shrinks an event that fails to a least one that fails in the same way.
func (s *search) refute(ctx context.Context, v plan.Value, f *plan.Failure) error {
	least, err := shrink(v, s.hop.Source.Type, func(x plan.Value) (bool, error) {
		g, err := s.fails(ctx, x)
		return g != nil && g.Code == f.Code && g.Path == f.Path, err
	})
	if err != nil {
		return err
	}
	binary, err := plan.EncodeAvro(nil, s.hop.Source.Type, least)
	if err != nil {
		return &schema.Bug{Where: "upcast.VerifyAvro", Cause: err}
	}
	event, err := s.from.Decode(binary)
	if err != nil {
		return &schema.Bug{Where: "upcast.VerifyAvro", Cause: err}
	}
	verdict := &s.hop.Verdict
	verdict.Outcome, verdict.Event = Refuted, event
	// The problem that the event shows comes first.
	for i, p := range verdict.Problems {
		if p.Obligation == f.Code && p.Path == f.Path {
			copy(verdict.Problems[1:i+1], verdict.Problems[:i])
			verdict.Problems[0] = p
			break
		}
	}
	return nil
}

// stops reports whether some event may end with a code.
func stops(n plan.Node, code string) bool {
	found := false
	plan.Visit(n, func(x plan.Node) {
		if s, ok := x.(*plan.Stop); ok && s.Code == code {
			found = true
		}
	})
	return found
}
