package registry

import (
	"slices"

	"github.com/instar-registry/instar/upcast"
)

// renaming is the version of another subject that all events of a document go to;
// nil if they stay in theirs.
func renaming(n Name, doc *upcast.Document) *Spread {
	if doc.To.Subject == "" || n.isWritten(doc.To.Subject) {
		return nil
	}
	to := In(n.Context, doc.To.Subject)
	return &Spread{Context: to.Context, Subject: to.Subject, Version: doc.To.Version.Number}
}

// end is the version that a document of a subject leads to, which is version to of
// the subject that it names.
func end(n Name, to int, doc *upcast.Document) place {
	if doc != nil {
		if away := renaming(n, doc); away != nil {
			return place{away.Name(), to}
		}
	}
	return place{n, to}
}

// renamesWell holds a document that leads to another subject to what such a one has
// to say.
func renamesWell(doc *upcast.Document) *Error {
	says := false
	for i := range doc.Steps {
		switch doc.Steps[i].Operation.(type) {
		case *upcast.RenameType:
			says = true
		case *upcast.SplitEvent:
			return fail(InvalidUpcaster, "The document leads to subject '%s', and its splitEvent makes events of the subjects of its outputs", doc.To.Subject).
				because("name a version of the document's own subject as to")
		}
	}
	if !says {
		return fail(InvalidUpcaster, "The document leads to subject '%s', and no step says so", doc.To.Subject).
			because("add the step renameType: {to: {subject: %s, version: %s}}", doc.To.Subject, doc.To.Version)
	}
	return nil
}

// oneWay refuses a second way up out of a version.
func (u *Upcasters) oneWay(from, to int) *Error {
	x := u.leaves(from)
	if x == nil || x.To == to { // a hop has its numbers, and a revision supersedes another
		return nil
	}
	return fail(UpcasterExists, "Events of version %d of subject '%s' go to version %d of subject '%s'", from, u.Name, x.To, x.Renames.Name()).
		because("withdraw the upcaster from version %d to %d first", x.From, x.To)
}

// Leaving returns the active upcaster that takes events of a version, or of the
// next one that has such a document, to another subject; or nil.
func (u *Upcasters) Leaving(version int) *Upcaster {
	return u.active(func(x *Upcaster) bool { return x.Renames != nil && x.From >= version }) // in order of from
}

// leaves returns the active upcaster that takes events of just this version to
// another subject, or nil.
func (u *Upcasters) leaves(version int) *Upcaster {
	if x := u.Leaving(version); x != nil && x.From == version {
		return x
	}
	return nil
}

// stretch is a run of versions of one subject, from the one at which events enter
// it to the one at which a document takes them to another; to its newest if there
// is no such document.
type stretch struct {
	at    place
	leave *Upcaster
}

// maxStretches bounds the subjects that a way leads through. Documents in a circle
// are refused, and an import refuses nothing.
const maxStretches = 1_000

// stretches follow events of a version up through the subjects that documents take
// them to.
func (st *State) stretches(at place) []stretch {
	var out []stretch
	for len(out) < maxStretches {
		x := st.Upcasters(at.name).Leaving(at.version)
		out = append(out, stretch{at, x})
		if x == nil {
			break
		}
		at = place{x.Renames.Name(), x.Renames.Version}
	}
	return out
}

// Destination is the subject that events of a version end in: the one that the last
// document on their way up takes them to.
func (st *State) Destination(at Target) Name {
	all := st.stretches(place{at.Name, at.Version})
	return all[len(all)-1].at.name
}

// Through lists the subjects that the way between two versions leads through, those
// of the parts of its events included; none if there is no way.
func (st *State) Through(from, to Target) []Name {
	r, err := st.toured(place{from.Name, from.Version}, place{to.Name, to.Version})
	if err != nil {
		return nil
	}
	out := slices.Compact(slices.Clone(r.names))
	for _, p := range r.tour.order {
		out = append(out, p.name)
		if part := r.tour.routes[p]; part.err == nil {
			out = append(out, slices.Compact(slices.Clone(part.names))...)
		}
	}
	return out
}

// between is the way between two versions, of which both may lead on through other
// subjects: up from the first to where their ways up meet, and down from there.
func (st *State) between(from, to place) (*route, error) {
	for _, p := range []place{from, to} {
		s := st.Subject(p.name)
		switch {
		case s == nil:
			return nil, subjectNotFound(p.name)
		case s.Version(p.version) == nil:
			return nil, versionNotFound(p.version)
		}
	}
	low, high := min(from.version, to.version), max(from.version, to.version)
	if x := st.Upcasters(from.name).Leaving(low); from.name == to.name && (x == nil || x.From >= high) {
		return st.route(from.name, from.version, to.version)
	}
	up, back := st.stretches(from), st.stretches(to)
	for i := range up {
		j := slices.IndexFunc(back, func(b stretch) bool { return b.at.name == up[i].at.name && b.leave == up[i].leave })
		if j >= 0 {
			return st.over(up[:i+1], back[:j+1])
		}
	}
	if from.name == to.name {
		return st.route(from.name, from.version, to.version) // over the gap, which is told
	}
	return nil, fail(UpcasterGap, "There is no way from version %d of subject '%s' to version %d of subject '%s'", from.version, from.name, to.version, to.name).
		because("register an upcaster that leads from the newest version of a subject to a version of the other by renameType")
}

// over leads up over some stretches and back down over others; both end in the same
// one.
func (st *State) over(up, back []stretch) (*route, error) {
	first := up[0].at
	out := &route{st: st, names: []Name{first.name}, versions: []*Version{st.Subject(first.name).Version(first.version)}}
	at := first.version
	for i := range up[:len(up)-1] {
		leave := up[i].leave
		if err := out.within(at, leave.From); err != nil {
			return nil, err
		}
		if err := out.cross(up[i+1].at, leave, false); err != nil {
			return nil, err
		}
		at = leave.Renames.Version
	}
	for j := len(back) - 1; j >= 0; j-- {
		if err := out.within(at, back[j].at.version); err != nil {
			return nil, err
		}
		if j > 0 {
			leave := back[j-1].leave
			at = leave.From
			if err := out.cross(place{back[j-1].at.name, at}, leave, true); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// within goes on to a version of the subject that the route is in.
func (r *route) within(from, to int) error {
	n := r.names[len(r.names)-1]
	more, err := r.st.routeBy(n, from, to, r.st.Upcasters(n).Between)
	if err != nil {
		return err
	}
	r.names, r.versions = append(r.names, more.names[1:]...), append(r.versions, more.versions[1:]...)
	r.documents, r.down = append(r.documents, more.documents...), append(r.down, more.down...)
	return nil
}

// cross goes on to a version of another subject.
func (r *route) cross(to place, by *Upcaster, down bool) error {
	v := r.st.Subject(to.name).Version(to.version)
	if v == nil { // an import refuses nothing
		return fail(UpcasterGap, "There is no way over version %d of subject '%s', which does not exist", to.version, to.name)
	}
	r.names, r.versions = append(r.names, to.name), append(r.versions, v)
	r.documents, r.down = append(r.documents, by), append(r.down, down)
	return nil
}

// renames is an active document that takes events of one version to another subject.
type renames struct {
	low, high place
	by        *Upcaster
}

// renamings lists those documents of all subjects.
func (st *State) renamings() []renames {
	var out []renames
	st.upcasters.Scan(func(_ string, u *Upcasters) bool {
		for i := range u.All {
			if x := &u.All[i]; x.State == ActiveUpcaster && x.Renames != nil {
				out = append(out, renames{place{u.Name, x.From}, place{x.Renames.Name(), x.Renames.Version}, x})
			}
		}
		return true
	})
	return out
}

// crossings are those of the hops between a version and other subjects, in both
// directions.
func (st *State) crossings(env *Env, all []renames, at place) ([]crossing, error) {
	var out []crossing
	for _, r := range all {
		low, high := st.Subject(r.low.name).Version(r.low.version), st.Subject(r.high.name).Version(r.high.version)
		if r.low != at && r.high != at || low == nil || high == nil {
			continue
		}
		up, err := (&route{st: st, names: []Name{r.low.name, r.high.name}, versions: []*Version{low, high}, documents: []*Upcaster{r.by}, down: []bool{false}}).steps(env)
		if err != nil {
			return nil, err
		}
		down, err := (&route{st: st, names: []Name{r.high.name, r.low.name}, versions: []*Version{high, low}, documents: []*Upcaster{r.by}, down: []bool{true}}).steps(env)
		if err != nil {
			return nil, err
		}
		c := crossing{far: r.low, to: up[0], back: down[0]}
		if r.low == at {
			c = crossing{far: r.high, to: down[0], back: up[0]}
		}
		out = append(out, c)
	}
	return out, nil
}

// crossing is a hop between a version and one of another subject, which is far.
type crossing struct {
	far      place
	to, back step // from far to the version, and to far
}

// onTo goes on by another way.
func (p Path) onTo(next Path) Path {
	switch {
	case !p.Reachable:
		return p
	case !next.Reachable:
		return next
	}
	return p.then(&HopInfo{Verdict: upcast.Verdict{Outcome: next.Verdict, Class: next.Class, Total: next.Total}})
}

// gains reports whether a way leads where none is known.
func (r *Reach) gains(to, back Path) bool {
	return !r.To.Reachable && to.Reachable || !r.Back.Reachable && back.Reachable
}

// with notes the ways that were not known, and gives what is known then.
func (r *Reach) with(to, back Path) Reach {
	if !r.To.Reachable && to.Reachable {
		r.To = to
	}
	if !r.Back.Reachable && back.Reachable {
		r.Back = back
	}
	return *r
}

// others looks at the versions of other subjects from which there is a way to the
// target of a coverage, or to which there is one back.
func (st *State) others(env *Env, c *Coverage) ([]Reach, error) {
	var out []Reach
	all := st.renamings()
	if len(all) == 0 {
		return nil, nil
	}
	queue, seen := slices.Clone(c.Versions), map[place]bool{}
	own := map[place]*Reach{}
	for i := range c.Versions {
		own[place{c.Versions[i].Name, c.Versions[i].Version}] = &c.Versions[i]
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		crossings, err := st.crossings(env, all, place{at.Name, at.Version})
		if err != nil {
			return nil, err
		}
		for i := range crossings {
			x := &crossings[i]
			to, back := at.To.over(&x.to), at.Back.over(&x.back)
			if here := own[x.far]; seen[x.far] || !to.Reachable && !back.Reachable || here != nil && !here.gains(to, back) {
				continue
			}
			n, err := st.neighbours(env, st.Subject(x.far.name))
			if err != nil {
				return nil, err
			}
			for _, v := range n.coverage(st, x.far.version).Versions {
				v.To, v.Back = v.To.onTo(to), v.Back.onTo(back)
				here := place{v.Name, v.Version}
				switch known := own[here]; {
				case known != nil && known.gains(v.To, v.Back): // by way of other subjects
					queue = append(queue, known.with(v.To, v.Back))
				case known == nil && !seen[here] && (v.To.Reachable || v.Back.Reachable):
					seen[here] = true
					out, queue = append(out, v), append(queue, v)
				}
			}
		}
	}
	return out, nil
}
