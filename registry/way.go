package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/upcast"
)

// HopInfo is one part of a way between two versions.
type HopInfo struct {
	From, To int
	// Source and Target are the subjects of From and To; they differ where a
	// document leads to another subject.
	Source, Target Name
	// Down says that the hop is undone.
	Down bool
	// Document is the hash of the active document; empty if the hop is derived.
	Document string
	// Rules says that the migration rules of the newer version are carried out.
	Rules bool
	// Message is the full name of the Protobuf message that it leads to; empty
	// in other formats.
	Message string
	Verdict upcast.Verdict
	// Unproved says why rules or a document are only tried: what they give is held
	// to the schema, event by event.
	Unproved string
}

// Way is how events of one version become events of another. It is shared and
// must not be changed.
type Way struct {
	Hops []HopInfo
	legs []leg
	// onward are the ways of the parts that the last leg makes of an event, if it
	// makes several, and parts all that such ways lead to; Hops lists theirs behind
	// its own. offset is where those of a way of parts stand.
	onward map[upcast.Target]*Way
	parts  []*Way
	offset int
	// start is where it begins. target is the version that it leads to, and message
	// what its events are of in a Protobuf file; of parts, their own ways say it.
	start   Stop
	target  upcast.Target
	message string
	// title is what its plan says of itself, hash is that of the plan, and key that
	// of the route, which at describes.
	title upcast.PlanTitle
	hash  func() string
	key   Hash
	at    planned
}

// Class says what the way loses, as the classes of its hops say it: a way without
// hops loses nothing.
func (w *Way) Class() upcast.Class {
	out := upcast.Iso
	for i := range w.Hops {
		out = joined(out, w.Hops[i].Verdict.Class)
	}
	return out
}

// Verdict is the weakest of the hops; a way without hops needs no proof.
func (w *Way) Verdict() upcast.Outcome {
	for i := range w.Hops {
		if v := w.Hops[i].Verdict.Outcome; v != upcast.Proved {
			return v
		}
	}
	return upcast.Proved
}

// Way finds the chain of hops from one version of a subject to another. A hop
// that is not proved is a gap.
func (s *Service) Way(ctx context.Context, n Name, from, to int) (*Way, error) {
	return s.WayOf(ctx, "", Target{n, from}, Target{n, to})
}

// WayOf is [Service.Way] for the events of one message of a Protobuf file, by its
// full name; an empty name is the first of the version that the way begins at. It
// may lead to another subject.
func (s *Service) WayOf(ctx context.Context, message string, from, to Target) (*Way, error) {
	var out *Way
	err := s.View(ctx, func(st *State) error {
		r, err := st.toured(place{from.Name, from.Version}, place{to.Name, to.Version})
		if err != nil {
			return err
		}
		r.message = message
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
	message   string // whose events; empty for the first
	names     []Name // the subject of each version
	versions  []*Version
	documents []*Upcaster // of the hop after each version but the last; nil if derived
	down      []bool      // whether each of these hops is undone
	tour      *tour       // of the parts of its events; nil if they are not followed
	far       error       // why there is no way but that of parts, if there is none
}

// route leads over the active documents.
func (st *State) route(n Name, from, to int) (*route, error) {
	return st.routeBy(n, from, to, st.Upcasters(n).Between)
}

// routeBy leads over the documents that pick gives for two neighbours, the older
// first.
func (st *State) routeBy(n Name, from, to int, pick func(from, to int) *Upcaster) (*route, error) {
	s := st.Subject(n)
	switch {
	case s == nil:
		return nil, subjectNotFound(n)
	case s.Version(from) == nil:
		return nil, versionNotFound(from)
	case s.Version(to) == nil:
		return nil, versionNotFound(to)
	}
	r := &route{st: st, names: []Name{n}, versions: []*Version{s.Version(from)}}
	for at := from; at != to; {
		next := s.Next(at)
		if from > to {
			next = s.Previous(at)
		}
		r.names, r.versions = append(r.names, n), append(r.versions, s.Version(next))
		r.documents, r.down = append(r.documents, pick(min(at, next), max(at, next))), append(r.down, from > to)
		at = next
	}
	return r, nil
}

// alone reports whether no schema on the route has references, so that each is
// known by its content, and none of those of its parts has.
func (r *route) alone() bool {
	refers := errors.New("a schema has references")
	if r.tour.each(func(part *route) error {
		if part.alone() {
			return nil
		}
		return refers
	}) != nil {
		return false
	}
	for _, v := range r.versions {
		if len(v.Content.References) > 0 {
			return false
		}
	}
	return true
}

// document is the hash of the document of a hop; empty if there is none.
func (r *route) document(i int) string {
	if x := r.documents[i]; x != nil {
		return x.Document
	}
	return ""
}

// feed writes down all that the way depends on: schemas, documents, and the names
// and numbers that it shows. A change of any of them makes another key, so nothing
// has to be forgotten. env may be nil if the route is alone.
func (r *route) feed(env *Env, s *frameSink) error {
	s.str(r.names[0].key())
	s.str(r.message)
	for i, v := range r.versions {
		s.num(v.Number)
		s.num(int(v.ID))
		if i > 0 {
			if r.names[i] != r.names[i-1] {
				s.mark()
				s.str(r.names[i].key())
			}
			s.str(r.document(i - 1))
			if x := r.documents[i-1]; x != nil {
				s.str(x.Verdict)
			}
		}
		s.str(string(v.Content.Identity[:])) // rules included
		if v.Inherited != nil {
			s.mark()
			for _, rules := range v.Inherited.Rules {
				(&Content{RuleSet: rules}).feed(s)
			}
		}
		if len(v.Content.References) == 0 {
			continue
		}
		p, err := r.st.parsed(env, r.names[i].Context, v.Content)
		if err != nil {
			return unreadable(v, err)
		}
		k := compat.KeyOf(p)
		s.mark()
		s.str(string(k.Text[:]))
		s.str(string(k.Inlined[:]))
	}
	return nil
}

// unreadable explains a stored schema that does not parse any more, or has
// never done so.
func unreadable(v *Version, err error) error {
	if isNeed(err) {
		return err
	}
	return fail(InvalidUpcaster, "Version %d does not parse: %s", v.Number, err)
}

// way is the way of a route, which is made if it is not known.
func (r *route) way(env *Env) (*Way, error) {
	key, err := r.key(env)
	if err != nil {
		return nil, err
	}
	if w := env.Library.Way(key); w != nil {
		return w, nil
	}
	w, err := r.build(env)
	if err == nil {
		w.key = key
		env.Library.KeepWay(key, w)
	}
	return w, err
}

// way finds the hops of a route and fuses what can be fused. It ends where events
// become several.
func (b *wayBuilder) way(r *route) (*Way, error) {
	w := &Way{title: r.title(), at: r.planned()}
	w.hash = sync.OnceValue(w.planHash)
	end := r.names[len(r.names)-1]
	w.target = upcast.Target{Subject: end.String(), Version: upcast.Version{Number: r.versions[len(r.versions)-1].Number}}
	var hops []*upcast.Hop // since the last leg
	flush := func(upTo int) error {
		if len(hops) == 0 {
			return nil
		}
		l, err := newLeg(upTo-len(hops), hops)
		w.legs, hops = append(w.legs, l), nil
		return err
	}
	at, err := r.first(b.env, 0)
	if err != nil {
		return nil, err
	}
	w.start, w.message = Stop{Target{r.names[0], r.versions[0].Number}, at}, at
	for i := range r.documents {
		info, h, rules, err := r.hop(b.env, i, at)
		if err != nil {
			return nil, err
		}
		if b.hops++; b.hops > maxWayHops {
			return nil, fail(UpcasterLimit, "The way has more than %d hops, those of parts included", maxWayHops)
		}
		w.Hops, at = append(w.Hops, info), info.Message
		if rules == nil && h.Verdict.Outcome == upcast.Proved {
			hops = append(hops, h)
		} else {
			if err := flush(i); err != nil {
				return nil, err
			}
			alone := leg{first: i, rules: rules}
			if rules == nil {
				if alone, err = triedLeg(i, h); err != nil {
					return nil, err
				}
			}
			w.legs = append(w.legs, alone)
		}
		if h != nil && len(h.Outputs()) > 0 {
			if err := flush(i + 1); err != nil {
				return nil, err
			}
			w.onward, err = b.split(r, i, h)
			return w, err
		}
	}
	w.message = at
	return w, flush(len(r.documents))
}

// hop finds one hop of the route for events of a message: by the active document,
// by migration rules, or derived. A gap is an error.
func (r *route) hop(env *Env, i int, message string) (info HopInfo, h *upcast.Hop, rules *upcast.RuleHop, err error) {
	from, to := r.versions[i], r.versions[i+1]
	info = HopInfo{From: from.Number, To: to.Number, Source: r.names[i], Target: r.names[i+1], Down: r.down[i], Document: r.document(i)}
	if err := r.stays(&info); err != nil {
		return info, nil, nil, err
	}
	if info.Document == "" {
		x, err := r.ruled(env, i, message)
		if err != nil {
			return info, nil, nil, err
		}
		if x != nil {
			_, info.Message = x.Hop.Messages()
			h, rules, err = info.byRules(x)
			return info, h, rules, err
		}
	}
	if h, err = r.proved(env, i, &info, message); err != nil {
		return info, nil, nil, err
	}
	info.Verdict = h.Verdict
	if r.tries(i, &info) {
		// What is not proved to be undone is not undone.
		info.Verdict.Class, info.Verdict.Total, info.Unproved = upcast.OneWay, false, (&VerdictError{h.Verdict}).Error()
		_, info.Message = h.Messages()
		return info, h, nil, nil
	}
	if h.Verdict.Outcome != upcast.Proved {
		return info, nil, nil, r.idleRules(i, gap(&info))
	}
	if info.Down {
		if h.Down == nil {
			return info, nil, nil, r.idleRules(i, gap(&info))
		}
		h = h.Down
		info.Verdict.Total = h.Verdict.Total // the class is that of the document
	}
	_, info.Message = h.Messages()
	return info, h, nil, nil
}

// tries reports whether a hop is carried out although it is tested and not proved:
// up, by a document that became active as such.
func (r *route) tries(i int, info *HopInfo) bool {
	x := r.documents[i]
	return info.Document != "" && x != nil && x.Verdict == string(upcast.Tested) && info.Verdict.Outcome == upcast.Tested && !info.Down
}

// stays refuses the hop between two neighbours where events leave the subject at the
// older one.
func (r *route) stays(h *HopInfo) error {
	if h.Source != h.Target {
		return nil
	}
	x := r.st.Upcasters(h.Source).leaves(min(h.From, h.To))
	if x == nil {
		return nil
	}
	return fail(UpcasterGap, "There is no way from %s: events of version %d leave the subject by the upcaster from version %d to %d", h.ends(), x.From, x.From, x.To).
		because("withdraw that upcaster, or go on in the subject that it leads to")
}

// ends names the two versions.
func (h *HopInfo) ends() string {
	if h.Source == h.Target {
		return fmt.Sprintf("version %d to %d", h.From, h.To)
	}
	return fmt.Sprintf("version %d of subject '%s' to version %d of subject '%s'", h.From, h.Source, h.To, h.Target)
}

// gap says why there is no hop, and what may be done about it.
func gap(h *HopInfo) *Error {
	cause := &VerdictError{h.Verdict}
	switch {
	case h.Down && h.Verdict.Outcome == upcast.Proved:
		return fail(UpcasterGap, "There is no way down from %s: %s", h.ends(), h.Verdict.NoDown).
			because("the upcaster from version %d to %d is one-way; a revision of it may say how to go back, as down or restore", h.To, h.From)
	case h.Down && h.Document != "":
		return fail(UpcasterGap, "There is no way down from %s: the upcaster from version %d to %d is not proved: %s", h.ends(), h.To, h.From, cause).from(cause).
			because("what is only tested is not undone; supersede it by one that is proved")
	case h.Down:
		return fail(UpcasterGap, "There is no way down from %s, because there is no proved one up from version %d to %d: %s", h.ends(), h.To, h.From, cause).from(cause).
			because("register an upcaster from version %d to %d; it says the way down, too", h.To, h.From)
	case h.Document != "":
		return fail(UpcasterGap, "There is no proved way from %s: %s", h.ends(), cause).from(cause).
			because("supersede the upcaster of this hop by one that is proved")
	}
	return fail(UpcasterGap, "There is no proved way from %s: %s", h.ends(), cause).from(cause).
		because("register an upcaster for this hop")
}
