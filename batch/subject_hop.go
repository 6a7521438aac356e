package batch

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/upcast"
)

// subjectHop is how events of one version become those of the next: by proved
// steps, by a document that is only tested, or by migration rules.
type subjectHop struct {
	proved *upcast.Hop
	tried  *upcast.Runner
	rules  *upcast.RuleHop
}

// legsOf fuses what is proved and stands side by side.
func legsOf(hops []*subjectHop) ([]Leg, error) {
	var out []Leg
	var proved []*upcast.Hop
	flush := func(upTo int) error {
		if len(proved) == 0 {
			return nil
		}
		c, err := upcast.Fuse(proved)
		if err == nil {
			out = append(out, Leg{First: upTo - len(proved), Runner: upcast.NewRunner(c)})
		}
		proved = nil
		return err
	}
	for i, h := range hops {
		if h.proved != nil {
			proved = append(proved, h.proved)
			continue
		}
		if err := flush(i); err != nil {
			return nil, err
		}
		out = append(out, Leg{First: i, Runner: h.tried, Tried: h.tried != nil, Rules: h.rules})
	}
	return out, flush(len(hops))
}

// hop finds the hop that begins at a version: by its document, by the migration rules
// of the next version, or as the schemas say.
func (s *Subject) hop(ctx context.Context, at int) (*subjectHop, error) {
	from, to := &s.versions[at], &s.versions[at+1]
	h := s.hops[from.Number]
	if h != nil {
		return h, nil
	}
	var err error
	if s.documents[from.Number] == nil {
		h, err = s.byRules(ctx, from, to)
	}
	if h == nil && err == nil {
		h, err = s.bySteps(ctx, from, to)
	}
	if err == nil {
		s.hops[from.Number] = h
	}
	return h, err
}

// stays refuses a document whose events leave the subject, or become several: a file
// holds the events of one subject, one for one.
func stays(d *upcast.Document) error {
	if d == nil {
		return nil
	}
	for i := range d.Steps {
		switch op := d.Steps[i].Operation.(type) {
		case *upcast.SplitEvent:
			return fmt.Errorf("the upcaster from version %d makes several events of one, which a file of one subject does not hold; POST /upcast/batch carries them", d.From.Number)
		case *upcast.RenameType:
			if op.To.Subject != "" {
				return fmt.Errorf("events of version %d leave the subject for version %d of %s; carry to version %[1]d at most, or by POST /upcast/batch", d.From.Number, op.To.Version.Number, op.To.Subject)
			}
		}
	}
	return nil
}

// bySteps is the hop of a document, or a derived one.
func (s *Subject) bySteps(ctx context.Context, from, to *Version) (*subjectHop, error) {
	var h *upcast.Hop
	var err error
	d := s.documents[from.Number]
	if err := stays(d); err != nil {
		return nil, err
	}
	if d != nil {
		h, err = upcast.Verify(ctx, d, from.Schema, to.Schema)
	} else {
		h, err = upcast.Derive(ctx, from.Schema, to.Schema)
	}
	if err != nil {
		return nil, err
	}
	if h.Verdict.Outcome == upcast.Proved {
		return &subjectHop{proved: h}, nil
	}
	if d != nil && h.Verdict.Outcome == upcast.Tested {
		// It is active, so the registry was told that this is enough.
		r, err := upcast.NewTried(h)
		return &subjectHop{tried: r}, err
	}
	why := ""
	if len(h.Verdict.Problems) > 0 {
		why = ": " + h.Verdict.Problems[0].Message
	}
	return nil, fmt.Errorf("there is no proved way from version %d to %d (%s)%s; register an upcaster for this hop",
		from.Number, to.Number, h.Verdict.Outcome, why)
}

// rulesPlace is where files are migrated, in the words of rule sets: by whoever runs
// the registry, as over its routes.
const rulesPlace = "SERVER"

// byRules is the hop of migration rules: lifted to proved steps where their idioms
// are known, or as they are; nil if none applies. What they cannot do is a gap, and
// so are time and chance, because a run that is gone on with must give what an
// undisturbed one gives.
func (s *Subject) byRules(ctx context.Context, from, to *Version) (*subjectHop, error) {
	h, err := upcast.NewRuleHop(s.rules[to.Number], upcast.Upgrade, from.Schema, to.Schema, upcast.RuleOptions{Place: rulesPlace})
	if h == nil || err != nil {
		return nil, err
	}
	if why := h.Gap(); why != "" {
		return nil, fmt.Errorf("there is no way from version %d to %d by migration rules: %s; change the rule, or register an upcaster for this hop, which is carried out instead",
			from.Number, to.Number, why)
	}
	lifted, err := upcast.Lift(ctx, h, from.Schema, to.Schema)
	switch {
	case err != nil:
		return nil, err
	case lifted.Hop != nil:
		return &subjectHop{proved: lifted.Hop}, nil
	}
	return &subjectHop{rules: h}, nil
}
