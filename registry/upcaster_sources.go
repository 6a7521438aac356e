package registry

import (
	"context"
	"slices"

	"github.com/instar-registry/instar/upcast"
)

// SourceVersion is a version whose events can become events of another.
type SourceVersion struct {
	Name    Name
	Version *Version
	// Path is what is known of the way; over a split it is one-way.
	Path Path
}

// Target is a version of a subject.
type Target struct {
	Name    Name
	Version int
}

// Sources lists the versions whose events can become events of one of the targets,
// by hops up and down, by documents that lead to another subject and by splits, the
// targets included: a read
// that wants all such events has to read all of them. The targets come first.
func (s *Service) Sources(ctx context.Context, targets ...Target) ([]SourceVersion, error) {
	var out []SourceVersion
	err := s.View(ctx, func(st *State) error {
		return s.withTexts(ctx, func(env *Env) error {
			var err error
			out, err = st.sources(env, targets)
			return err
		})
	})
	return out, err
}

// onward is a version of another subject and the way from it to a target.
type onward struct {
	at   place
	path Path
}

func (st *State) sources(env *Env, targets []Target) ([]SourceVersion, error) {
	var out []SourceVersion
	renamed := st.renamings()
	found, queue := map[place]bool{}, []onward{}
	add := func(o onward) {
		if !slices.ContainsFunc(queue, func(q onward) bool { return q.at == o.at }) {
			queue = append(queue, o)
		}
	}
	take := func(s *Subject, version int, p Path) error {
		here := place{s.Name, version}
		if found[here] {
			return nil
		}
		found[here] = true
		out = append(out, SourceVersion{Name: s.Name, Version: s.Version(version), Path: p})
		for _, from := range st.spreadFrom(here) {
			from.path = p.onTo(from.path)
			add(from)
		}
		crossings, err := st.crossings(env, renamed, here)
		for i := range crossings {
			if by := p.over(&crossings[i].to); by.Reachable {
				add(onward{crossings[i].far, by})
			}
		}
		return err
	}
	here := Path{Reachable: true, Verdict: upcast.Proved, Class: upcast.Iso, Total: true}
	for _, t := range targets {
		queue = append(queue, onward{place{t.Name, t.Version}, here})
	}
	for _, t := range targets {
		s := st.Subject(t.Name)
		if s.Version(t.Version) == nil {
			return nil, versionNotFound(t.Version)
		}
		if err := take(s, t.Version, here); err != nil {
			return nil, err
		}
	}
	known := map[Name]*neighbours{}
	for i := 0; i < len(queue); i++ {
		at := queue[i].at
		s := st.Subject(at.name)
		if s.Version(at.version) == nil {
			continue // a target is looked at above; what splits leads nowhere if it is gone
		}
		n := known[s.Name]
		if n == nil {
			var err error
			if n, err = st.neighbours(env, s); err != nil {
				return nil, err
			}
			known[s.Name] = n
		}
		c := n.coverage(st, at.version)
		for j := range c.Versions {
			v := &c.Versions[j]
			if !v.To.Reachable {
				continue
			}
			if err := take(s, v.Version, v.To.onTo(queue[i].path)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// spreadFrom lists the versions of other subjects whose documents send parts of
// their events to a version.
func (st *State) spreadFrom(to place) []onward {
	var out []onward
	st.upcasters.Scan(func(_ string, u *Upcasters) bool {
		for i := range u.All {
			x := &u.All[i]
			if x.State == ActiveUpcaster && x.Renames == nil && slices.ContainsFunc(x.Spreads, func(s Spread) bool { return s.Name() == to.name && s.Version == to.version }) {
				out = append(out, onward{place{u.Name, x.From}, Path{Reachable: true, Verdict: upcast.Outcome(x.Verdict), Class: upcast.OneWay, Total: x.Total}})
			}
		}
		return true
	})
	return out
}
