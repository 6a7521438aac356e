package registry

import (
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// Spread is a version of another subject that a document sends its events, or parts
// of them, to.
type Spread struct {
	Context string `json:"context"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Name is the subject of the version.
func (s *Spread) Name() Name { return Name{Context: s.Context, Subject: s.Subject} }

// place is a version of a subject.
type place struct {
	name    Name
	version int
}

func (p place) String() string { return p.name.String() + "/" + strconv.Itoa(p.version) }

// spreads lists where a document of a subject sends parts of its events.
func spreads(n Name, doc *upcast.Document) []Spread {
	var out []Spread
	for _, t := range doc.Targets() {
		to := In(n.Context, t.Subject)
		if to != n || t.Version.Number != doc.To.Version.Number {
			out = append(out, Spread{Context: to.Context, Subject: to.Subject, Version: t.Version.Number})
		}
	}
	return out
}

// targets parses the versions that a document sends parts of its events to.
func (st *State) targets(env *Env, n Name, doc *upcast.Document) (map[upcast.Target]schema.Parsed, error) {
	if doc == nil || len(doc.Targets()) == 0 {
		return nil, nil
	}
	out := map[upcast.Target]schema.Parsed{}
	for _, t := range doc.Targets() {
		to := In(n.Context, t.Subject)
		v := st.Subject(to).Version(t.Version.Number)
		if v == nil {
			return nil, fail(InvalidUpcaster, "The document leads to version %s of subject '%s', which does not exist", t.Version, to)
		}
		p, err := st.parsed(env, to.Context, v.Content)
		if err != nil {
			return nil, unreadable(v, err)
		}
		out[t] = p
	}
	return out, nil
}

// circle finds the way on which a part of an event would come back to where the
// document begins: up through the versions of the subjects that it is sent to, and
// through their documents. It is empty if there is none.
func (st *State) circle(from place, to []Spread) []place {
	before := map[place]place{} // how each was reached first
	var queue []place
	reach := func(at, by place) {
		if _, seen := before[at]; !seen {
			before[at] = by
			queue = append(queue, at)
		}
	}
	for i := range to {
		reach(place{to[i].Name(), to[i].Version}, from)
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at == from {
			way := []place{at}
			for p := before[at]; p != from; p = before[p] {
				way = append(way, p)
			}
			way = append(way, from)
			slices.Reverse(way)
			return way
		}
		next, all := st.Subject(at.name).Next(at.version), st.Upcasters(at.name)
		x := all.leaves(at.version)
		if x != nil {
			next = 0 // no event goes on in the subject
		} else {
			x = all.Between(at.version, next)
		}
		if x != nil {
			for i := range x.Spreads {
				reach(place{x.Spreads[i].Name(), x.Spreads[i].Version}, at)
			}
		}
		if next != 0 {
			reach(place{at.name, next}, at)
		}
	}
	return nil
}

// acyclic refuses a document whose parts come back to where it begins.
func (d *decider) acyclic(n Name, from int, to []Spread) *Error {
	way := d.st.circle(place{n, from}, to)
	if way == nil {
		return nil
	}
	var names []string
	for _, p := range way {
		names = append(names, p.String())
	}
	return fail(UpcasterCycle, "Events would go in a circle: %s", strings.Join(names, " → "))
}

// spreadInto finds an active document of a subject other than one that sends events
// to a version; version 0 is any.
func (st *State) spreadInto(n Name, version int) (from Name, x *Upcaster) {
	st.upcasters.Scan(func(_ string, u *Upcasters) bool {
		x = u.active(func(o *Upcaster) bool {
			return slices.ContainsFunc(o.Spreads, func(s Spread) bool {
				return s.Name() == n && (version == 0 || s.Version == version) && u.Name != n
			})
		})
		from = u.Name
		return x == nil
	})
	return from, x
}

// unspread refuses to remove what parts of other subjects' events become.
func (d *decider) unspread(n Name, version int) *Error {
	from, x := d.st.spreadInto(n, version)
	if x == nil {
		return nil
	}
	if x.Renames != nil {
		return fail(UpcasterBridges, "The upcaster from version %d of subject '%s' leads to version %d of subject '%s'", x.From, from, x.To, n).
			because("withdraw or supersede it first")
	}
	return fail(UpcasterBridges, "The upcaster from version %d to %d of subject '%s' sends parts of its events to subject '%s'", x.From, x.To, from, n).
		because("withdraw or supersede it first")
}
