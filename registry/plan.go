package registry

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/instar-registry/instar/upcast"
)

// Plan is a way written down as a portable plan.
type Plan struct {
	// Hash is "sha256:…", by which the plan is found.
	Hash string
	// Text is the plan as JSON.
	Text []byte
}

// title is what the plan of a route says of itself.
func (r *route) title() upcast.PlanTitle {
	first, last := r.versions[0], r.versions[len(r.versions)-1]
	out := upcast.PlanTitle{From: planEnd(r.names[0], first), To: planEnd(r.names[len(r.names)-1], last)}
	for i := range r.documents {
		if x := r.document(i); x != "" {
			out.Hops = append(out.Hops, x)
		}
	}
	return out
}

func planEnd(n Name, v *Version) upcast.PlanEnd {
	return upcast.PlanEnd{Subject: n.String(), Version: v.Number, ID: int(v.ID), Schema: "sha256:" + hex.EncodeToString(v.Content.Text[:])}
}

// Plan writes the way down. The error says why it has no portable plan.
func (w *Way) Plan() (*Plan, error) {
	from, to := w.title.From.Version, w.title.To.Version
	if !w.Moves() {
		return nil, fail(InvalidArgument, "A plan leads from one version to another; version %d is both", from)
	}
	for i := range w.legs {
		l := &w.legs[i]
		if h := &w.Hops[l.first]; l.chain == nil || l.tried {
			return nil, fail(NotYet, "There is no portable plan from version %d to %d: the hop from %d to %d is carried out as it is, not by proved steps", from, to, h.From, h.To)
		}
	}
	title := w.title
	title.Class = string(w.Class()) // in the words of the documents, also on the way down
	p, err := w.legs[0].chain.Portable(title)
	if err != nil {
		return nil, upcasterRefusal(err)
	}
	return &Plan{Hash: p.Hash(), Text: p.Text()}, nil
}

// PlanHash is the hash of the portable plan of a way, which is found by it from now
// on; empty if there is none.
func (s *Service) PlanHash(w *Way) string {
	hash := w.hash()
	if hash != "" {
		s.shelf.wrote(w.key, w.at, hash)
	}
	return hash
}

// planHash is what the way remembers. One that cannot be written down carries
// events all the same.
func (w *Way) planHash() string {
	p, err := w.Plan()
	if err != nil {
		return ""
	}
	return p.Hash
}

// Plan returns the portable plan of a way, see [Service.WayOf].
func (s *Service) Plan(ctx context.Context, message string, from, to Target) (*Plan, error) {
	w, err := s.WayOf(ctx, message, from, to)
	if err != nil {
		return nil, err
	}
	p, err := w.Plan()
	if err == nil {
		s.shelf.wrote(w.key, w.at, p.Hash)
	}
	return p, err
}

// PlanPlace narrows the search for a plan; what is zero is not known.
type PlanPlace struct {
	// Subject is where its events come from.
	Subject *Name
	// From and To are versions of the subject.
	From, To int
}

// PlanByHash finds a plan of the subjects that the caller sees: one that leads over
// the documents of today, or over those of any earlier time. Any node finds it,
// from the state alone.
func (s *Service) PlanByHash(ctx context.Context, hash string, at PlanPlace, sees func(Name) bool) (*Plan, error) {
	var out *Plan
	err := s.View(ctx, func(st *State) error {
		f := &planSearch{s: s, ctx: ctx, st: st, hash: hash, at: at, sees: sees}
		p, err := f.find()
		out = p
		return err
	})
	return out, err
}

// planned is where a plan leads: with what is known of it, it can be made again.
type planned struct {
	name, end Name // of the first version and the last
	message   string
	from, to  int
	documents string // hashes of the documents, each behind a blank
}

func (r *route) planned() planned {
	return planned{name: r.names[0], end: r.names[len(r.names)-1], message: r.message, from: r.versions[0].Number, to: r.versions[len(r.versions)-1].Number, documents: r.written()}
}

// of reports whether a route is the one of the plan.
func (p *planned) of(r *route) bool { return p.documents == r.written() }

// written are the hashes of the documents of a route as one text.
func (r *route) written() string {
	out := ""
	for i := range r.documents {
		out += " " + r.document(i)
	}
	return out
}

// isGap reports whether an error says that there is no way, rather than that it
// could not be looked at.
func isGap(err error) bool {
	var no *Error
	return errors.As(err, &no) && no.Code != Canceled && no.Code != Unavailable
}
