package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast"
)

// maxRoutes bounds the routes that parts of an event may take, and maxWayHops the
// hops of all of them.
const (
	maxRoutes  = 1_000
	maxWayHops = 1_000
)

// tour is the routes that events of a version and their parts may take: what a split
// gives goes on to the version that is asked for where it is of that subject, and to
// the newest of its own elsewhere. ADR 0008 says why.
type tour struct {
	goal   place
	routes map[place]partRoute // by where parts begin
	order  []place
}

// partRoute is the route of parts, or why there is none.
type partRoute struct {
	*route
	err error
}

// toured is the way between two versions of which the second may be reached by parts
// alone: by splits on the way up.
func (st *State) toured(from, to place) (*route, error) {
	r, err := st.between(from, to)
	if err == nil {
		r.tour = st.tour(to, r)
		return r, nil
	}
	if from.name == to.name || st.Subject(from.name).Version(from.version) == nil || st.Subject(to.name).Version(to.version) == nil {
		return nil, err
	}
	r, near := st.onward(from, to)
	if near != nil {
		return nil, err
	}
	if r.tour = st.tour(to, r); !r.tour.reaches(to.name) {
		return nil, err
	}
	r.far = err
	return r, nil
}

// tour follows the parts of events on a route.
func (st *State) tour(goal place, r *route) *tour {
	t := &tour{goal: goal, routes: map[place]partRoute{}}
	for queue := []*route{r}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for i, x := range at.documents {
			if x == nil || x.Renames != nil || at.down[i] {
				continue
			}
			for j := range x.Spreads {
				p := place{x.Spreads[j].Name(), x.Spreads[j].Version}
				if _, known := t.routes[p]; known || len(t.order) == maxRoutes {
					continue
				}
				next, err := st.onward(p, goal)
				t.routes[p], t.order = partRoute{next, err}, append(t.order, p)
				if err == nil {
					queue = append(queue, next)
				}
			}
		}
	}
	return t
}

// onward is the route of parts from where a document sends them.
func (st *State) onward(from, goal place) (*route, error) {
	s := st.Subject(from.name)
	switch {
	case s == nil:
		return nil, subjectNotFound(from.name)
	case s.Version(from.version) == nil: // an import refuses nothing
		return nil, fail(UpcasterGap, "There is no way over version %d of subject '%s', which does not exist", from.version, from.name)
	}
	end := st.Destination(Target{from.name, from.version})
	if from.name == goal.name || end == goal.name {
		return st.between(from, goal)
	}
	newest := st.Subject(end).Latest()
	if newest == nil || end == from.name && newest.Number < from.version {
		newest = st.Subject(end).Version(from.version) // deleted since, and not gone
	}
	if newest == nil {
		return nil, fail(UpcasterGap, "There is no way from version %d of subject '%s': subject '%s' has no version to lead to", from.version, from.name, end)
	}
	return st.between(from, place{end, newest.Number})
}

// reaches reports whether parts come to a subject.
func (t *tour) reaches(n Name) bool {
	return slices.ContainsFunc(t.order, func(p place) bool {
		r := t.routes[p]
		return r.err == nil && slices.Contains(r.names, n)
	})
}

// each gives the routes of all parts.
func (t *tour) each(f func(*route) error) error {
	if t == nil {
		return nil
	}
	for _, p := range t.order {
		if r := t.routes[p]; r.err == nil {
			if err := f(r.route); err != nil {
				return err
			}
		}
	}
	return nil
}

// key covers the ways of parts too. It is that of the route alone if there are none.
func (r *route) key(env *Env) (Hash, error) {
	s := &frameSink{buf: make([]byte, 0, 64+128*len(r.versions))}
	s.str(upcast.ProverVersion)
	if err := r.feed(env, s); err != nil || r.tour == nil {
		return s.sum(), err
	}
	for _, p := range r.tour.order {
		s.mark()
		s.str(r.tour.goal.String())
		s.str(p.String())
		if x := r.tour.routes[p]; x.err != nil {
			s.str(x.err.Error())
		} else if err := x.feed(env, s); err != nil {
			return Hash{}, err
		}
	}
	return s.sum(), nil
}

// build finds the hops of a route and fuses what can be fused.
func (r *route) build(env *Env) (*Way, error) {
	b := wayBuilder{env: env, tour: r.tour, made: map[place]*Way{}}
	w, err := b.way(r)
	if err != nil {
		return nil, err
	}
	if r.far != nil && w.onward == nil {
		return nil, r.far // events of this message are not split
	}
	w.parts = b.parts
	for _, part := range b.parts {
		part.offset = len(w.Hops)
		w.Hops = append(w.Hops, part.Hops...)
	}
	return w, nil
}

// wayBuilder makes a way and those of the parts on it.
type wayBuilder struct {
	env   *Env
	tour  *tour
	made  map[place]*Way // nil while it is made
	parts []*Way
	hops  int
}

// split finds the ways of what the last hop of a way makes of an event; i is the
// number of that hop on its route.
func (b *wayBuilder) split(r *route, i int, h *upcast.Hop) (map[upcast.Target]*Way, error) {
	if b.tour == nil {
		return nil, fail(NotYet, "There is no plan over the upcaster from version %d to %d: it makes several events of one", r.versions[i].Number, r.versions[i+1].Number)
	}
	out := map[upcast.Target]*Way{}
	for _, t := range h.Outputs() {
		at := place{In(r.names[i].Context, t.Subject), t.Version.Number}
		w, err := b.part(r, i, at)
		if err != nil {
			return nil, err
		}
		out[t] = w
	}
	return out, nil
}

// part is the way of the parts that go to a version.
func (b *wayBuilder) part(r *route, i int, at place) (*Way, error) {
	if w, known := b.made[at]; known {
		if w == nil { // an import refuses nothing
			return nil, fail(UpcasterGap, "There is no way over version %d of subject '%s': events would go in a circle", at.version, at.name)
		}
		return w, nil
	}
	next := b.tour.routes[at]
	if at == (place{r.names[i+1], r.versions[i+1].Number}) {
		next = partRoute{route: r.rest(i + 1)}
	}
	switch {
	case next.err != nil:
		return nil, next.err
	case next.route == nil:
		return nil, fail(UpcasterLimit, "Parts of the event go %d ways at least, which is the most there may be", maxRoutes)
	}
	b.made[at] = nil
	w, err := b.way(next.route)
	var gap *Error
	if errors.As(err, &gap) && gap.Code == UpcasterGap && at.name != r.names[i] {
		more := *gap
		more.Message = fmt.Sprintf("Parts of the events go on in subject '%s'. %s", at.name, gap.Message)
		return nil, &more
	}
	if err != nil {
		return nil, err
	}
	b.made[at], b.parts = w, append(b.parts, w)
	return w, nil
}

// rest is the route from one of its versions on.
func (r *route) rest(i int) *route {
	return &route{st: r.st, names: r.names[i:], versions: r.versions[i:], documents: r.documents[i:], down: r.down[i:]}
}

// carry takes an event over the legs, and its parts on from there.
func (w *Way) carry(ctx context.Context, e upcast.Envelope, event []byte, out *Carriage) ([]upcast.Carried, *upcast.Failure, error) {
	if len(w.legs) == 0 {
		one := e.Carried(event)
		one.Target = w.target
		return []upcast.Carried{one}, nil, nil
	}
	typ := ""
	for i := range w.legs {
		events, f, err := w.legs[i].carry(ctx, &e, event, out)
		if f != nil {
			f.Hop += w.offset
		}
		switch {
		case f != nil || err != nil:
			return nil, f, err
		case i == len(w.legs)-1 && w.onward != nil:
			return upcast.Onward(&e, events, func(part *upcast.Carried) ([]upcast.Carried, *upcast.Failure, error) {
				return w.onward[part.Target].carry(ctx, e.Part(part), part.Event, out)
			})
		}
		one := &events[0]
		if one.Type == "" {
			one.Type = typ
		}
		event, e.Headers, e.Key, typ = one.Event, one.Headers, one.Key, one.Type
		if i == len(w.legs)-1 {
			one.Target = w.target
			return events, nil, nil
		}
	}
	return nil, nil, nil // there is a last leg
}
