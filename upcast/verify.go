package upcast

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
	"github.com/instar-registry/instar/upcast/plan"
)

// ProverVersion names the rules of the proof. It changes when a verdict may.
const ProverVersion = "1"

// Hop is what is known about the way from one version to the next.
type Hop struct {
	Verdict Verdict
	// Root builds an event of the target from the event that Source is bound
	// to. It is a plan only if the verdict is Proved.
	Root   plan.Node
	Source *plan.Binder
	Target *plan.Type
	// Down is the way back; nil if there is none.
	Down *Hop

	// from and to are the schemas on both sides.
	from, to codec
	steps    []Step
	derived  bool
	// checked are the expressions of the steps.
	checked map[Expr][]checkedExpr
	// spans are what computed numbers lie in, homeless the members of a source
	// object whose place in a closed object of the target is missing.
	spans    map[plan.Node]span
	homeless map[string]Problem
	// assume lists what the document assumes; refused are images that the target
	// does not take: events that lead to them are tried before others.
	assume  []string
	refused [][]byte
	// part is the output of splitEvent that this is the way to, if it is one.
	part *part
	// around are the variables beside the event, effects what the hop does
	// beside it.
	around  surroundings
	effects effects
	// parks says that steps of the document park what they lose.
	parks bool
	// parked is how events are carried with what the steps park; nil if none
	// does.
	parked *parked
}

// searchEvents bounds the search for an event that shows a problem.
const searchEvents = 2_000

// Verify proves a document against both of its schemas, or refutes it by an
// event, and then runs the document's tests. The error is an [*Error] of the
// document, the context's, or a *schema.Bug.
func Verify(ctx context.Context, d *Document, from, to schema.Parsed) (*Hop, error) {
	return VerifyWith(ctx, d, from, to, Options{})
}

// VerifyWith is [Verify] with what a document may need beside the two schemas.
func VerifyWith(ctx context.Context, d *Document, from, to schema.Parsed, o Options) (*Hop, error) {
	if err := d.finished(); err != nil {
		return nil, err
	}
	if err := d.snapshotRule(); err != nil {
		return nil, err
	}
	parks, err := d.parkable()
	if err != nil {
		return nil, err
	}
	source, target, err := codecsOf(from, to, d.transcodes(), d.Message)
	if err != nil {
		return nil, err
	}
	b := newBuilder()
	b.targets, b.assume, b.to = o.Targets, d.Assume, d.To
	b.target, b.targetName = to.Format().String(), target.events().Name
	if err := b.declare(d.Context); err != nil {
		return nil, err
	}
	h, err := b.hopOf(d.Steps, source, target)
	if err != nil {
		return nil, err
	}
	h.assume, h.parks = d.Assume, parks
	if err := h.decide(ctx); err != nil {
		return nil, err
	}
	if h.Verdict.Outcome == Proved {
		if err := h.back(ctx, d, b); err != nil {
			return nil, err
		}
		if parks {
			if err := h.park(ctx, d, b); err != nil {
				return nil, err
			}
		}
	}
	if h.Verdict.Outcome == Refuted {
		return h, nil
	}
	return h, h.test(ctx, d)
}

// Derive proves the hop that needs no document: fields by name and alias,
// defaults, conversions that keep every value. What the target lacks is left
// out, as every reader of the format does.
func Derive(ctx context.Context, from, to schema.Parsed) (*Hop, error) {
	return DeriveOf(ctx, "", from, to)
}

func derive(ctx context.Context, source, target codec) (*Hop, error) {
	b := newBuilder()
	b.derived = true
	h, err := b.hopOf(nil, source, target)
	if err != nil {
		return nil, err
	}
	if err := h.decide(ctx); err != nil {
		return nil, err
	}
	if h.Verdict.Outcome == Proved {
		return h, h.back(ctx, &Document{}, b)
	}
	return h, nil
}

// codecsOf are the codecs of both schemas. Between formats a document has to say
// transcode.
func codecsOf(from, to schema.Parsed, transcodes bool, message string) (source, target codec, err error) {
	if f, t := from.Format(), to.Format(); f != t && !transcodes {
		e := &Error{Code: Invalid}
		e.Problem.What = fmt.Sprintf("the versions are of two formats, %s and %s", f, t)
		e.Problem.Hint = fmt.Sprintf("say so by the step transcode: {to: %s}", t)
		return nil, nil, e
	}
	if old, ok := from.(*protobuf.Schema); ok {
		if young, ok := to.(*protobuf.Schema); ok {
			return protoCodecsOf(old, young, message)
		}
	}
	if message != "" {
		return nil, nil, noMessage("message names one of a Protobuf file, and both versions are none", "leave message out")
	}
	if source, err = codecOf(from); err == nil {
		target, err = codecOf(to)
	}
	return source, target, err
}

// hopOf runs steps on symbols and assigns what they give to the target.
func (b *builder) hopOf(steps []Step, source, target codec) (*Hop, error) {
	h := &Hop{Source: b.bindEvent(source.events()), Target: target.events(), from: source, to: target, steps: steps, derived: b.derived}
	b.scope = scope{source: whole(h.Source), event: whole(h.Source)}
	b.lookups()
	root := b.run(whole(h.Source), steps)
	h.checked = b.checked
	b.step = 0
	if b.parking != noParking && b.err == nil {
		h.Target = b.grownType(h.Target, root)
	}
	if b.err == nil && len(b.effects.parts) == 0 {
		root = b.assign(root, h.Target, "$")
	}
	if b.err != nil {
		return nil, b.err
	}
	h.Root, h.effects = root, b.effects
	nodes := append(b.effects.nodes(), root)
	h.around = b.around.inUse(nodes...)
	h.Verdict.Total = !slices.ContainsFunc(nodes, func(n plan.Node) bool { return n != nil && stops(n, plan.FailDead) })
	h.Verdict.Problems, h.Verdict.Notes = b.open, b.notes
	h.spans, h.homeless = b.spans, b.homeless
	h.Verdict.Assumptions = b.assumed
	if h.around.ctx != nil {
		h.Verdict.Assumptions = append(h.Verdict.Assumptions, "contextTypes")
	}
	if b.effects.key != nil {
		h.Verdict.Notes = append(h.Verdict.Notes, "reorders: the order of events holds for one key only, and the key changes")
	}
	return h, nil
}

// back finds the way down and the class of a proved hop.
func (h *Hop) back(ctx context.Context, d *Document, up *builder) error {
	v := &h.Verdict
	v.Class = OneWay
	steps := up.inner
	switch {
	case len(h.effects.parts) > 0:
		v.NoDown = "events that became several do not become one again"
		return nil
	case d.Down == DownNone:
		v.NoDown = "the document says so"
		return nil
	case d.Down == DownExplicit:
		steps = d.DownSteps
	case up.noDown != "":
		v.NoDown = up.noDown
		return nil
	}
	b := newBuilder()
	b.derived, b.assume = up.derived, up.assume
	if err := b.declare(d.Context); err != nil {
		v.NoDown = err.Error()
		return nil
	}
	event := b.bindEvent(h.Target)
	b.scope = scope{source: whole(event), event: whole(event)}
	root := b.run(whole(event), steps)
	b.step = 0
	root = b.assign(root, h.Source.Type, "$")
	switch {
	case b.err != nil:
		var mistake *Error
		if d.Down == DownExplicit && errors.As(b.err, &mistake) {
			return b.err // the author wrote it
		}
		v.NoDown = b.err.Error()
		return nil
	case len(b.open) > 0:
		v.NoDown = b.open[0].noDown()
		return nil
	}
	down := &Hop{
		Root: root, Source: event, Target: h.Source.Type, from: h.to, to: h.from,
		steps: steps, derived: up.derived, checked: b.checked, spans: b.spans, homeless: b.homeless, assume: h.assume, effects: b.effects,
	}
	down.around = b.around.inUse(append(b.effects.nodes(), root)...)
	beyond, err := down.to.beyond(ctx, down)
	if err != nil || len(beyond) > 0 {
		if err == nil {
			v.NoDown = beyond[0].noDown()
		}
		return err
	}
	h.Down = down
	h.Down.Verdict = Verdict{Outcome: Proved, Total: !stops(root, plan.FailDead)}
	up1 := leg{steps: h.steps, target: h.Target, derived: up.derived, checked: h.checked, around: up.around}
	down1 := leg{steps: steps, target: h.Source.Type, derived: up.derived, checked: b.checked, around: b.around}
	// An event that its document ends on the way up has no image to come back
	// from; on the way down each must come.
	updown, downup := identity(h.Source.Type, up1, down1, true), identity(h.Target, down1, up1, false)
	if key := h.effects.key; key != nil && !tellsKeysApart(key) {
		updown = false // which key it was is lost
	}
	v.Class, h.Down.Verdict.Class = classOf(updown, downup), classOf(downup, updown)
	return nil
}

// identity reports whether going one way and then the other is proved to change
// nothing; images says to look only at events that the first way does not end.
func identity(t *plan.Type, out, back leg, images bool) bool {
	event, root, err := fuse(t, []leg{out, back})
	if err != nil {
		return false
	}
	return overlooked("O7") || plan.IsIdentityUnless(root, event, func(s *plan.Stop) bool {
		return images && s.Hop == 0 && (s.Code == plan.FailDead || s.Code == plan.FailDrop)
	})
}

// decide looks for a least event that shows a problem and, where there is no
// problem, tries the plan on events: a proved plan that fails is a bug of ours.
func (h *Hop) decide(ctx context.Context) error {
	s := newSearch(h)
	v := &h.Verdict
	beyond, err := h.asked(ctx)
	if err != nil {
		return err
	}
	v.Problems = append(v.Problems, beyond...)
	v.Outcome = Proved
	events := provedEvents
	if len(v.Problems) > 0 {
		v.Outcome, events = Tested, searchEvents
		s.sighted = newSighted(h.Source.Type)
		defer func() {
			if v.Outcome == Tested {
				v.Coverage = s.sighted.coverage()
			}
		}()
	}
	for _, image := range h.refused {
		for value := range s.candidates(image) {
			if done, err := s.try(ctx, value); done || err != nil {
				return err
			}
		}
	}
	for seed := range uint64(events) {
		switch {
		case s.meter.Left <= 0:
			return nil // what is open stays open
		case v.Outcome == Proved && seed >= leastProvedEvents && s.meter.Left < maxSearchWork-maxProvedWork:
			return nil
		}
		value, ok, err := h.from.sample(seed)
		if err != nil || !ok {
			return err // without an event nothing can go wrong
		}
		if len(v.Problems) > 0 && seed%2 == 1 {
			// Every other event has a value at the end of its range.
			value = s.bound(value, seed/2)
			if _, same := h.to.(*jsonCodec); !same && seed%4 == 3 {
				value = s.grown(value, seed/4)
			}
		}
		s.surround(seed)
		if done, err := s.try(ctx, value); done || err != nil {
			return err
		}
	}
	return nil
}

// try carries out the plan on an event; done says that the event settles the
// verdict.
func (s *search) try(ctx context.Context, value plan.Value) (done bool, err error) {
	v := &s.hop.Verdict
	v.Events++
	s.sighted.mark(value)
	f, err := s.fails(ctx, value)
	switch {
	case err != nil || f == nil:
		return false, err
	case len(v.Problems) == 0:
		return true, &schema.Bug{Where: "upcast.Verify", Cause: fmt.Errorf("a proved document fails: %w", f)}
	}
	return true, s.refute(ctx, value, f)
}

// search is the search for a least event that shows a problem.
type search struct {
	hop    *Hop
	limits plan.Limits
	// meter is shared by all runs of the search.
	meter *plan.Meter
	// envelope is what the search puts beside its events.
	envelope Envelope
	// samples are events that images are laid over.
	samples []plan.Value
	// literals are those of the document; nil before they are asked for.
	literals []plan.Value
	// image is the last one that its schema refused.
	image []byte
	// sighted is what of the source the events had.
	sighted *sighted
}

func newSearch(h *Hop) *search {
	s := &search{hop: h, limits: plan.DefaultLimits(), meter: &plan.Meter{Left: maxSearchWork}}
	s.limits.Meter = s.meter
	return s
}

// fails runs the plan on an event and holds the image to the target. What the
// document declares is no failure, and an event beyond the limits shows nothing.
func (s *search) fails(ctx context.Context, v plan.Value) (*plan.Failure, error) {
	bound, f, err := s.hop.bound(ctx, v, &s.envelope, s.limits)
	if f != nil || err != nil {
		return nil, err // the proof takes the context as the document declares it
	}
	out, f, err := plan.EvaluateBound(ctx, s.hop.Root, bound, s.limits)
	parts := []partValue{{part: &part{target: s.hop.to}, value: out}}
	if f == nil && err == nil && len(s.hop.effects.parts) > 0 {
		parts, f, err = s.hop.split(ctx, bound, s.limits)
	}
	switch {
	case err != nil:
		return nil, err
	case s.meter.Left <= 0:
		return nil, nil // it was not the event that ended
	case f != nil && (f.Code == plan.FailDead || f.Code == plan.FailDrop || f.Code == plan.FailLimit || f.Code == FailContext):
		return nil, nil
	case f != nil && f.Code == plan.FailValue && f.Reason == plan.NotInt64 && slices.Contains(s.hop.Verdict.Assumptions, "int64"):
		return nil, nil
	case f != nil:
		return f, nil
	}
	for _, p := range parts {
		image, err := p.part.target.encode(p.value)
		s.meter.Take(len(image))
		var bad *violation
		if s.image = nil; err != nil {
			s.image = image
		}
		switch {
		case errors.As(err, &bad):
			return &plan.Failure{Code: "O5", Path: bad.path, Reason: bad.what}, nil
		case err != nil:
			return &plan.Failure{Code: "O5", Reason: err.Error()}, nil
		}
	}
	return nil, nil
}

// refute shrinks an event that fails to a least one that fails in the same way.
func (s *search) refute(ctx context.Context, v plan.Value, f *plan.Failure) error {
	// What is found is shrunk on a budget of its own: a late find is not a
	// larger one.
	s.meter.Left = maxSearchWork
	least, err := shrinkEvent(ctx, v, s.hop.from, func(x plan.Value) (bool, error) {
		g, err := s.fails(ctx, x)
		return g != nil && g.Code == f.Code && g.Path == f.Path, err
	})
	if err != nil {
		return err
	}
	event, err := s.written(ctx, least)
	if err == nil {
		event, err = s.hop.from.show(event)
	}
	if err != nil {
		return &schema.Bug{Where: "upcast.Verify", Cause: err}
	}
	verdict := &s.hop.Verdict
	verdict.Outcome, verdict.Event = Refuted, event
	if _, text := s.hop.to.(*jsonCodec); text && f.Code == "O5" {
		verdict.Image = slices.Clone(s.image)
	}
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

// written is the event as it is stored, which has to fail as the value did.
func (s *search) written(ctx context.Context, v plan.Value) ([]byte, error) {
	event, err := s.hop.from.encode(v)
	if err != nil {
		return nil, err
	}
	again, err := s.hop.from.decode(event)
	if err != nil {
		return nil, err
	}
	switch f, err := s.fails(ctx, again); {
	case err != nil:
		return nil, err
	case f == nil && s.meter.Left > 0:
		return nil, fmt.Errorf("the event %.200q shows nothing", event)
	}
	return event, nil
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
