package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// AddUpcaster asks for a document to become active, or a draft.
func (s *Service) AddUpcaster(ctx context.Context, by By, cmd AddUpcaster) (UpcasterAdded, error) {
	cmd.Author = by.Principal
	return run[UpcasterAdded](ctx, s, by, cmd)
}

// WithdrawUpcaster takes the active revision of a hop out of the plans, or
// discards its draft, and returns its number.
func (s *Service) WithdrawUpcaster(ctx context.Context, by By, cmd WithdrawUpcaster) (int, error) {
	return run[int](ctx, s, by, cmd)
}

// Proof is what is known of a document before it is registered.
type Proof struct {
	Verdict upcast.Verdict
	// Plan is that of the hop; nil if the document is not proved, or needs or changes
	// what is beside the event.
	Plan *Plan
}

// ProveUpcaster proves a document between two stored versions, or between the newest
// one and a candidate for the next, and stores nothing. A refuted document is an
// answer, not an error.
func (s *Service) ProveUpcaster(ctx context.Context, n Name, text string, candidate schema.Parsed) (*Proof, error) {
	doc, err := upcast.Parse(text)
	if err != nil {
		return nil, upcasterRefusal(err)
	}
	var out *Proof
	err = s.View(ctx, func(st *State) error {
		from, to, err := st.proven(n, doc, candidate != nil)
		if err != nil {
			return err
		}
		return s.withTexts(ctx, func(env *Env) error {
			var hop *upcast.Hop
			title := upcast.PlanTitle{From: upcast.PlanEnd{Subject: n.String(), Version: from}, To: upcast.PlanEnd{Subject: n.String(), Version: to}}
			if candidate == nil {
				hop, err = st.hop(env, n, from, to, doc, "")
			} else {
				hop, err = st.hopTo(env, n, from, doc, candidate)
			}
			if err != nil {
				return err
			}
			if v := st.Subject(n).Version(from); v != nil {
				title.From = planEnd(n, v)
			}
			if p := end(n, to, doc); candidate == nil {
				title.To = planEnd(p.name, st.Subject(p.name).Version(p.version))
			}
			out, err = proof(doc, hop, title)
			return err
		})
	})
	return out, err
}

// proven are the versions that a document on trial leads between.
func (st *State) proven(n Name, doc *upcast.Document, candidate bool) (from, to int, err error) {
	s := st.Subject(n)
	if s == nil {
		return 0, 0, subjectNotFound(n)
	}
	from, to = doc.From.Number, doc.To.Version.Number
	if candidate {
		to = s.Highest() + 1
	}
	switch {
	case from == 0 || to == 0:
		return 0, 0, fail(InvalidUpcaster, "The document leads from %s to %s; name version numbers of subject '%s'", doc.From, doc.To.Version, n)
	case candidate && from != s.Highest():
		return 0, 0, fail(InvalidUpcaster, "The schema would be version %d of subject '%s', so the document leads to it from version %d, not %d", to, n, s.Highest(), from)
	}
	return from, to, fitting(doc, n, from, to)
}

// hopTo proves a document between a stored version and a schema that is none yet.
func (st *State) hopTo(env *Env, n Name, from int, doc *upcast.Document, candidate schema.Parsed) (*upcast.Hop, error) {
	v := st.Subject(n).Version(from)
	old, err := st.parsed(env, n.Context, v.Content)
	if err != nil {
		return nil, unreadable(v, err)
	}
	targets, err := st.targets(env, n, doc)
	if err != nil {
		return nil, err
	}
	hop, err := env.Library.Prove(doc, old, candidate, targets)
	if err != nil {
		return nil, upcasterRefusal(err)
	}
	return hop, nil
}

// proof adds the plan of a proved hop to its verdict. A hop without one is proved
// all the same.
func proof(doc *upcast.Document, hop *upcast.Hop, title upcast.PlanTitle) (*Proof, error) {
	out := &Proof{Verdict: hop.Verdict}
	if hop.Verdict.Outcome != upcast.Proved {
		return out, nil
	}
	chain, err := upcast.Fuse([]*upcast.Hop{hop})
	if err != nil {
		return nil, upcasterRefusal(err)
	}
	title.Hops = []string{doc.Hash()}
	p, err := chain.Portable(title)
	var none *upcast.Error
	switch {
	case errors.As(err, &none):
		return out, nil
	case err != nil:
		return nil, err
	}
	out.Plan = &Plan{Hash: p.Hash(), Text: p.Text()}
	return out, nil
}

// UpcasterText returns a revision of a hop with its document as it was sent;
// revision 0 is the active one, or the newest if none is active.
func (s *Service) UpcasterText(ctx context.Context, n Name, from, to, revision int) (Upcaster, string, error) {
	var found Upcaster
	var text string
	err := s.View(ctx, func(st *State) error {
		if st.Subject(n) == nil {
			return subjectNotFound(n)
		}
		x := st.Upcasters(n).Revision(from, to, revision)
		if active := st.Upcasters(n).Active(from, to); revision == 0 && active != nil {
			x = active
		}
		if x == nil {
			return noUpcaster(st.Upcasters(n), n, from, to, revision)
		}
		found = *x
		return s.withTexts(ctx, func(env *Env) error {
			body, ok := env.Library.Text(x.Text)
			if !ok {
				return &NeedTexts{Hashes: []Hash{x.Text}}
			}
			text = body
			return nil
		})
	})
	return found, text, err
}

// noUpcaster tells what there is of a hop beside the revision that was asked for.
func noUpcaster(all *Upcasters, n Name, from, to, revision int) *Error {
	out := fail(UpcasterNotFound, "No upcaster leads from version %d to %d of subject '%s'.", from, to, n)
	newest := all.Revision(from, to, 0)
	switch {
	case newest == nil:
		return out.because("GET /subjects/%s/upcasters lists the hops, those that need no document too", n)
	case revision == 0:
		return out.because("revision %d of it is %s; give the number as revision to read it", newest.Revision, newest.State)
	}
	out.Message = fmt.Sprintf("The upcaster from version %d to %d of subject '%s' has no revision %d.", from, to, n, revision)
	return out.because("the newest one is %d", newest.Revision)
}

// StreamInputs are the context inputs of the active documents of a subject that ask
// for what earlier events of a stream said.
func (s *Service) StreamInputs(ctx context.Context, n Name) ([]upcast.ContextInput, error) {
	var out []upcast.ContextInput
	err := s.View(ctx, func(st *State) error {
		return s.withTexts(ctx, func(env *Env) error {
			out = nil
			for i := range st.Upcasters(n).All {
				u := &st.Upcasters(n).All[i]
				if u.State != ActiveUpcaster {
					continue
				}
				text, ok := env.Library.Text(u.Text)
				if !ok {
					return &NeedTexts{Hashes: []Hash{u.Text}}
				}
				doc, err := upcast.Parse(text)
				if err != nil {
					return &schema.Bug{Where: "the document of an active upcaster", Cause: err}
				}
				for _, input := range doc.Context {
					if input.Kind == "stream" {
						out = append(out, input)
					}
				}
			}
			return nil
		})
	})
	return out, err
}

// hop proves the way between two versions by a document, or derives it for a
// message.
func (st *State) hop(env *Env, n Name, from, to int, doc *upcast.Document, message string) (*upcast.Hop, error) {
	if st.Subject(n) == nil {
		return nil, subjectNotFound(n)
	}
	var parsed [2]schema.Parsed
	for i, p := range []place{{n, from}, end(n, to, doc)} {
		v := st.Subject(p.name).Version(p.version)
		if v == nil {
			return nil, versionNotFound(p.version)
		}
		var err error
		if parsed[i], err = st.parsed(env, p.name.Context, v.Content); err != nil {
			return nil, unreadable(v, err)
		}
	}
	if doc == nil {
		hop, err := env.Library.Derive(message, parsed[0], parsed[1])
		return hop, upcasterRefusal(err)
	}
	targets, err := st.targets(env, n, doc)
	if err != nil {
		return nil, err
	}
	hop, err := env.Library.Prove(doc, parsed[0], parsed[1], targets)
	if err != nil {
		return nil, upcasterRefusal(err)
	}
	return hop, nil
}

// activeHop is the hop that plans use between two neighbours: by the active
// document, or derived. There is none where events leave the subject.
func (st *State) activeHop(env *Env, n Name, from, to int) (*upcast.Hop, error) {
	if err := (&route{st: st}).stays(&HopInfo{From: from, To: to, Source: n, Target: n}); err != nil {
		return nil, err
	}
	x := st.Upcasters(n).Between(from, to)
	if x == nil {
		return st.hop(env, n, from, to, nil, "")
	}
	return st.hopBy(env, n, x)
}

// hopBy is the hop of a revision.
func (st *State) hopBy(env *Env, n Name, x *Upcaster) (*upcast.Hop, error) {
	body, ok := env.Library.Text(x.Text)
	if !ok {
		return nil, &NeedTexts{Hashes: []Hash{x.Text}}
	}
	doc, err := upcast.Parse(body)
	if err != nil { // an import refuses nothing
		return nil, fail(UpcasterGap, "There is no proved way from version %d to %d: the stored document cannot be read: %s", x.From, x.To, err)
	}
	return st.hop(env, n, x.From, x.To, doc, "")
}

// VersionOf resolves "latest" and numbers, deleted versions included.
func (s *Subject) VersionOf(text string) (*Version, error) {
	n, err := ParseVersion(text)
	if err != nil {
		return nil, err
	}
	v := s.Version(n)
	if n == -1 {
		v = s.Latest()
	}
	if v == nil {
		return nil, versionNotFound(n)
	}
	return v, nil
}
