package registry

import (
	"context"
	"crypto/sha256"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/upcast"
)

// HopInfo is one part of a way between two versions.
type HopInfo struct {
	From, To int
	// Document is the hash of the active document; empty if the hop is derived.
	Document string
	Verdict  upcast.Verdict
}

// Way is how events of one version become events of another. It is shared and
// must not be changed.
type Way struct {
	Hops   []HopInfo
	Runner *upcast.Runner // nil if both versions are one
	Chain  *upcast.Chain
}

// Class says what the way loses, as the classes of its hops say it: a way without
// hops loses nothing.
func (w *Way) Class() upcast.Class {
	up, down := false, false
	for i := range w.Hops {
		switch w.Hops[i].Verdict.Class {
		case upcast.OneWay:
			return upcast.OneWay
		case upcast.LossyUp:
			up = true
		case upcast.LossyDown:
			down = true
		case upcast.Lossy:
			up, down = true, true
		case upcast.Iso:
		}
	}
	switch {
	case up && down:
		return upcast.Lossy
	case up:
		return upcast.LossyUp
	case down:
		return upcast.LossyDown
	default:
		return upcast.Iso
	}
}

// Way finds the chain of hops from one version of a subject to another. A hop
// that is not proved is a gap.
func (s *Service) Way(ctx context.Context, n Name, from, to int) (*Way, error) {
	var out *Way
	err := s.View(ctx, func(st *State) error {
		r, err := st.route(n, from, to)
		if err != nil {
			return err
		}
		if r.alone() { // its key needs no text
			key, err := r.key(nil)
			if err != nil {
				return err
			}
			if out = s.shelf.Way(key); out != nil {
				return nil
			}
		}
		return s.withTexts(ctx, func(env *Env) error {
			w, err := r.way(env)
			out = w
			return err
		})
	})
	return out, err
}

// route is the sequence of versions that lead from one to another, and the
// documents between them.
type route struct {
	st        *State
	name      Name
	versions  []*Version
	documents []string // of the hop after each version but the last; "" if derived
}

func (st *State) route(n Name, from, to int) (*route, error) {
	s := st.Subject(n)
	switch {
	case s == nil:
		return nil, subjectNotFound(n)
	case s.Version(from) == nil:
		return nil, versionNotFound(from)
	case s.Version(to) == nil:
		return nil, versionNotFound(to)
	}
	r := &route{st: st, name: n, versions: []*Version{s.Version(from)}}
	documents := st.Upcasters(n)
	for at := from; at != to; {
		next := s.Next(at)
		if from > to {
			next = s.Previous(at)
		}
		document := ""
		if x := documents.Active(min(at, next), max(at, next)); x != nil {
			document = x.Document
		}
		r.versions, r.documents = append(r.versions, s.Version(next)), append(r.documents, document)
		at = next
	}
	return r, nil
}

// alone reports whether no schema on the route has references, so that each is
// known by its content.
func (r *route) alone() bool {
	for _, v := range r.versions {
		if len(v.Content.References) > 0 {
			return false
		}
	}
	return true
}

// key covers all that the way depends on: schemas, documents, prover, and the
// numbers that it shows. A change of any of them makes another key, so nothing
// has to be forgotten. env may be nil if the route is alone.
func (r *route) key(env *Env) (Hash, error) {
	s := &frameSink{buf: make([]byte, 0, 64+128*len(r.versions))}
	s.str(upcast.ProverVersion)
	for i, v := range r.versions {
		s.num(v.Number)
		if i > 0 {
			s.str(r.documents[i-1])
		}
		if len(v.Content.References) == 0 {
			s.str(string(v.Content.Identity[:]))
			continue
		}
		p, err := r.st.parsed(env, r.name.Context, v.Content)
		if err != nil {
			return Hash{}, unreadable(v, err)
		}
		k := compat.KeyOf(p)
		s.mark()
		s.str(string(k.Text[:]))
		s.str(string(k.Inlined[:]))
	}
	return sha256.Sum256(s.buf), nil
}

// unreadable explains a stored schema that does not parse any more, or has
// never done so.
func unreadable(v *Version, err error) error {
	if isNeed(err) {
		return err
	}
	return fail(InvalidUpcaster, "Version %d does not parse: %s", v.Number, err)
}

// way proves the hops of a route and fuses them. With an error, the hops up to
// the gap are in it.
func (r *route) way(env *Env) (*Way, error) {
	key, err := r.key(env)
	if err != nil {
		return nil, err
	}
	if w := env.Library.Way(key); w != nil {
		return w, nil
	}
	w := &Way{}
	var hops []*upcast.Hop
	for i := range r.documents {
		info, h, err := r.hop(env, i)
		if err != nil {
			return nil, err
		}
		w.Hops = append(w.Hops, info)
		if h == nil {
			return w, gap(&info)
		}
		hops = append(hops, h)
	}
	if len(hops) > 0 {
		if w.Chain, err = upcast.Fuse(hops); err != nil {
			return nil, err
		}
		w.Runner = upcast.NewRunner(w.Chain)
	}
	env.Library.KeepWay(key, w)
	return w, nil
}

// hop proves one hop of the route; nil if it is a gap.
func (r *route) hop(env *Env, i int) (HopInfo, *upcast.Hop, error) {
	info := HopInfo{From: r.versions[i].Number, To: r.versions[i+1].Number, Document: r.documents[i]}
	h, err := r.st.activeHop(env, r.name, min(info.From, info.To), max(info.From, info.To))
	if err != nil {
		return info, nil, err
	}
	info.Verdict = h.Verdict
	if h.Verdict.Outcome != upcast.Proved {
		return info, nil, nil
	}
	if info.From > info.To {
		if h = h.Down; h != nil {
			info.Verdict.Total = h.Verdict.Total // the class is that of the document
		}
	}
	return info, h, nil
}

func (st *State) way(env *Env, n Name, from, to int) (*Way, error) {
	r, err := st.route(n, from, to)
	if err != nil {
		return nil, err
	}
	return r.way(env)
}

func gap(h *HopInfo) *Error {
	if h.From > h.To && h.Verdict.Outcome == upcast.Proved {
		return fail(UpcasterGap, "There is no way down from version %d to %d: %s", h.From, h.To, h.Verdict.NoDown).
			because("the upcaster from version %d to %d is one-way; a revision of it may say how to go back, as down or restore", h.To, h.From)
	}
	cause := &VerdictError{h.Verdict}
	return fail(UpcasterGap, "There is no proved way from version %d to %d: %s", h.From, h.To, cause).from(cause).
		because("register an upcaster for this hop")
}
