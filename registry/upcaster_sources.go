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

// Target is a version whose sources are asked for.
type Target struct {
	Name    Name
	Version int
}

// Sources lists the versions whose events can become events of one of the targets,
// by hops up and down and by splits of other subjects, the targets included: a read
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

func (st *State) sources(env *Env, targets []Target) ([]SourceVersion, error) {
	var out []SourceVersion
	found, queue := map[place]bool{}, []place{}
	take := func(s *Subject, version int, p Path) {
		here := place{s.Name, version}
		if found[here] {
			return
		}
		found[here] = true
		out = append(out, SourceVersion{Name: s.Name, Version: s.Version(version), Path: p})
		for _, p := range st.spreadFrom(here) {
			if !slices.Contains(queue, p) {
				queue = append(queue, p)
			}
		}
	}
	for _, t := range targets {
		queue = append(queue, place{t.Name, t.Version})
	}
	for _, t := range targets {
		s := st.Subject(t.Name)
		if s.Version(t.Version) == nil {
			return nil, versionNotFound(t.Version)
		}
		take(s, t.Version, Path{Reachable: true, Verdict: upcast.Proved, Class: upcast.Iso, Total: true})
	}
	known := map[Name]*neighbours{}
	for i := 0; i < len(queue); i++ {
		s := st.Subject(queue[i].name)
		if s.Version(queue[i].version) == nil {
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
		c := n.coverage(st, queue[i].version)
		for j := range c.Versions {
			v := &c.Versions[j]
			if i >= len(targets) {
				v.To.Class = upcast.OneWay // over a split
			}
			if v.To.Reachable {
				take(s, v.Version, v.To)
			}
		}
	}
	return out, nil
}

// spreadFrom lists the versions of other subjects whose documents send parts of
// their events to a version.
func (st *State) spreadFrom(to place) []place {
	var out []place
	st.upcasters.Scan(func(_ string, u *Upcasters) bool {
		for i := range u.All {
			x := &u.All[i]
			if x.State == ActiveUpcaster && slices.ContainsFunc(x.Spreads, func(s Spread) bool { return s.Name() == to.name && s.Version == to.version }) {
				out = append(out, place{u.Name, x.From})
			}
		}
		return true
	})
	return out
}
