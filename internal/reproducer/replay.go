package reproducer

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast"
	"github.com/instar-registry/instar/upcast/plan"
)

// Shown is what came of carrying the event of a case again.
type Shown struct {
	// ByDocuments and ByPlan say what is wrong, of the hops as this program proves
	// them and of the plan as it is in the file; empty if nothing is.
	ByDocuments, ByPlan string
	// Images is how many events the documents make of it.
	Images int
	// NoDocuments and NoPlan say why the one or the other was not tried.
	NoDocuments, NoPlan string
}

// Bug reports whether the case shows its bug.
func (s *Shown) Bug() bool { return s.ByDocuments != "" || s.ByPlan != "" }

// Replay carries the event of a case once more: over its hops, which are proved anew,
// and by its plan. The error says why that cannot be.
func Replay(ctx context.Context, c *Case) (*Shown, error) {
	if c.Event == nil {
		return nil, fmt.Errorf("the event is not in the file: %s", c.LeftOut)
	}
	r := &replay{ctx: ctx, c: c, versions: map[Place]schema.Parsed{}, hops: map[Place]*Hop{}}
	for i := range c.Versions {
		v := &c.Versions[i]
		f, err := schema.ParseFormat(v.Type)
		if err == nil {
			r.versions[v.Place], err = format.Parse(f, v.Schema, v.References, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.Place, err)
		}
	}
	for i := range c.Hops {
		r.hops[c.Hops[i].From] = &c.Hops[i]
	}
	err := r.holds(Place{c.Subject, c.From}, c.Message, c.Event.Base64)
	if text, other := wrong(err); text != "" {
		return nil, fmt.Errorf("the event is none of its version: %s", text)
	} else if other != nil {
		return nil, other
	}
	out := &Shown{NoPlan: c.NoPlan}
	if out.ByDocuments, out.Images, err = r.byDocuments(); err != nil {
		out.NoDocuments = err.Error()
	}
	if len(c.Plan) > 0 {
		if out.ByPlan, err = r.byPlan(); err != nil {
			out.NoPlan = err.Error()
		}
	}
	return out, ctx.Err()
}

// replay is a case at work.
type replay struct {
	ctx      context.Context //nolint:containedctx // of one call
	c        *Case
	versions map[Place]schema.Parsed
	hops     map[Place]*Hop // by where they begin
	message  string         // of the image, if it is one
}

// wrong is the text of an error that says what is wrong with an image. Any other
// error is one of the replay.
func wrong(err error) (string, error) {
	var bug *schema.Bug
	if errors.As(err, &bug) {
		return fmt.Sprint(bug.Cause), nil
	}
	return "", err
}

func (r *replay) byDocuments() (what string, images int, err error) {
	events, f, err := r.carry(Place{r.c.Subject, r.c.From}, r.c.Message, r.c.Event.envelope(r.c), r.c.Event.Base64)
	if f != nil {
		err = ended(f)
	}
	if len(events) == 1 {
		r.message = events[0].Message
	}
	for i := 0; i < len(events) && err == nil; i++ {
		err = r.holds(events[i].at, events[i].Message, events[i].Event)
	}
	what, err = wrong(err)
	return what, len(events), err
}

// ended is the error of an event that ends otherwise than it did.
func ended(f *plan.Failure) error {
	return fmt.Errorf("the event is not carried: %w", f)
}

// image is an event at the end of a way.
type image struct {
	upcast.Carried
	at Place
}

// step is a hop at work: fused with its neighbours if it is proved, else alone.
type step struct {
	proved *upcast.Hop
	tried  *upcast.Runner
	rules  *upcast.RuleHop
}

// carry takes an event to the end of the hops, and its parts each to theirs, as the
// registry does: what is proved and stands side by side is fused.
func (r *replay) carry(at Place, message string, e upcast.Envelope, event []byte) ([]image, *plan.Failure, error) {
	var proved []*upcast.Hop
	var split *Hop
	for h := r.hops[at]; h != nil && split == nil; h = r.hops[at] {
		x, err := r.hop(h, message)
		if err != nil {
			return nil, nil, err
		}
		if x.proved == nil && len(proved) > 0 {
			break
		}
		if x.proved == nil {
			return r.alone(x, h, e, event)
		}
		proved, at = append(proved, x.proved), h.To
		if _, message = x.proved.Messages(); len(x.proved.Outputs()) > 0 {
			split = h
		}
	}
	if len(proved) == 0 {
		one := e.Carried(event)
		one.Message = message
		return []image{{one, at}}, nil, nil
	}
	chain, err := upcast.Fuse(proved)
	if err != nil {
		return nil, nil, err
	}
	return r.onward(upcast.NewRunner(chain), split, at, e, event)
}

// alone carries an event over what is not fused.
func (r *replay) alone(x step, h *Hop, e upcast.Envelope, event []byte) ([]image, *plan.Failure, error) {
	if x.tried != nil {
		return r.onward(x.tried, h, h.To, e, event)
	}
	out, f, err := x.rules.Apply(r.ctx, event, upcast.RuleRun{Skip: e.Headers[upcast.HeaderRuleName]})
	if f != nil || err != nil {
		return nil, f, err
	}
	_, message := x.rules.Messages()
	return r.carry(h.To, message, e, out.Event)
}

// onward carries an event over one leg, and what it becomes on from there.
func (r *replay) onward(leg *upcast.Runner, split *Hop, at Place, e upcast.Envelope, event []byte) ([]image, *plan.Failure, error) {
	parts, f, err := leg.Carry(r.ctx, &e, event, nil)
	if f != nil || err != nil {
		return nil, f, err
	}
	var out []image
	for i := range parts {
		part, to := &parts[i], at
		if part.Output != "" && split != nil {
			to = split.part(part.Target)
		}
		more, f, err := r.carry(to, part.Message, e.Part(part), part.Event)
		if err != nil || f != nil && f.Code != upcast.FailDrop {
			return nil, f, err
		}
		out = append(out, more...)
	}
	return out, nil, nil
}

// part is where a split sends parts.
func (h *Hop) part(t upcast.Target) Place {
	for _, p := range h.Parts {
		if p.Name == (Place{t.Subject, t.Version.Number}) {
			return p.To
		}
	}
	return Place{t.Subject, t.Version.Number}
}

// hop makes a hop: by its document, by migration rules, or derived.
func (r *replay) hop(h *Hop, message string) (step, error) {
	from, to := r.versions[h.From], r.versions[h.To]
	if from == nil || to == nil {
		return step{}, fmt.Errorf("the schemas of the hop from %s to %s are not in the file", h.From, h.To)
	}
	if len(h.Rules) > 0 {
		if x, err := r.byRules(h, message, from, to); err != nil || x.proved != nil || x.rules != nil {
			return x, err
		}
	}
	if h.Down {
		from, to = to, from
	}
	hop, err := r.bySteps(h, message, from, to)
	if err != nil {
		return step{}, err
	}
	switch {
	case hop.Verdict.Outcome == upcast.Tested && h.Document != "" && !h.Down:
		tried, err := upcast.NewTried(hop)
		return step{tried: tried}, err
	case hop.Verdict.Outcome != upcast.Proved:
		return step{}, fmt.Errorf("the hop from %s is %s by prover %s; the file is of prover %s", h.From, hop.Verdict.Outcome, upcast.ProverVersion, r.c.Prover)
	case !h.Down:
		return step{proved: hop}, nil
	case hop.Down == nil:
		return step{}, fmt.Errorf("there is no way down from %s by prover %s; the file is of prover %s", h.From, upcast.ProverVersion, r.c.Prover)
	}
	return step{proved: hop.Down}, nil
}

// bySteps is a hop from its older version to the younger one.
func (r *replay) bySteps(h *Hop, message string, from, to schema.Parsed) (*upcast.Hop, error) {
	if h.Document == "" {
		hop, err := upcast.DeriveOf(r.ctx, message, from, to)
		if err != nil && h.Down && message != "" { // the older version has it under another name
			hop, err = upcast.Derive(r.ctx, from, to)
		}
		return hop, err
	}
	d, err := upcast.Parse(h.Document)
	if err != nil {
		return nil, fmt.Errorf("the document from %s: %w", h.From, err)
	}
	return upcast.VerifyWith(r.ctx, d, from, to, upcast.Options{Targets: func(t upcast.Target) (schema.Parsed, error) {
		if p := r.versions[h.part(t)]; p != nil {
			return p, nil
		}
		return nil, fmt.Errorf("the schema of %s is not in the file", h.part(t))
	}})
}

// byRules is the hop of migration rules; an empty one if none applies.
func (r *replay) byRules(h *Hop, message string, from, to schema.Parsed) (step, error) {
	direction := upcast.Upgrade
	if h.Down {
		direction = upcast.Downgrade
	}
	var sets []*upcast.RuleSet
	for _, text := range h.Rules {
		set, err := upcast.ParseRuleSet(string(text))
		if err != nil {
			return step{}, fmt.Errorf("the rules from %s: %w", h.From, err)
		}
		sets = append(sets, set)
	}
	rules, err := upcast.NewRuleHop(sets, direction, from, to, upcast.RuleOptions{Place: "SERVER", Message: message})
	if err != nil {
		return step{}, err
	}
	if rules == nil {
		return step{}, nil // none applies: the hop is derived
	}
	lifted, err := upcast.Lift(r.ctx, rules, from, to)
	if err != nil || lifted.Hop == nil {
		return step{rules: rules}, err
	}
	return step{proved: lifted.Hop}, nil
}

func (r *replay) byPlan() (string, error) {
	p, err := plan.Load(string(r.c.Plan))
	if err != nil {
		return "", fmt.Errorf("the plan in the file cannot be loaded: %w", err)
	}
	out, f, err := p.Apply(r.ctx, nil, r.c.Event.Base64, &plan.Scratch{})
	switch {
	case err != nil:
		return wrong(err)
	case f != nil:
		return "", ended(f)
	}
	end := Place{r.c.Subject, r.c.To}
	if r.c.ToSubject != "" {
		end.Subject = r.c.ToSubject
	}
	return wrong(r.holds(end, r.message, out))
}

// holds holds an image to its whole schema.
func (r *replay) holds(at Place, message string, event []byte) error {
	p := r.versions[at]
	if p == nil {
		return fmt.Errorf("the schema of %s is not in the file", at)
	}
	return Check(r.ctx, p, at, message, event)
}

// Check holds an image to the whole schema of its version; what is wrong with it is
// a *schema.Bug. message is what it is of in a Protobuf file.
func Check(ctx context.Context, p schema.Parsed, at Place, message string, event []byte) error {
	bug := func(cause any) error {
		return &schema.Bug{Where: "the image", Cause: fmt.Sprintf("it is no event of %s: %v", at, cause)}
	}
	e, ok, err := upcast.EventsOf(p, message)
	if err != nil {
		return err
	}
	if ok {
		if _, err := e.Decode(event); err != nil {
			return bug(err)
		}
		return nil
	}
	encoding := schema.EncodingBinary
	if p.Format() == schema.JSON {
		encoding = schema.EncodingJSON
	}
	j, err := p.Check(ctx, schema.Event{Encoding: encoding, Bytes: event})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return bug(err)
	case len(j.Violations) > 0:
		return bug(j.Violations[0].Path + ": " + j.Violations[0].What)
	}
	return nil
}
