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

// Sources lists the versions whose events can become events of one version, by hops
// up and down and by splits of other subjects, itself included: a read that wants
// all its events has to read all of them.
func (s *Service) Sources(ctx context.Context, n Name, version int) ([]SourceVersion, error) {
	var out []SourceVersion
	err := s.View(ctx, func(st *State) error {
		return s.withTexts(ctx, func(env *Env) error {
			var err error
			out, err = st.sources(env, place{n, version})
			return err
		})
	})
	return out, err
}

func (st *State) sources(env *Env, target place) ([]SourceVersion, error) {
	var out []SourceVersion
	found, queue := map[place]bool{}, []place{target}
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		s := st.Subject(at.name)
		if s.Version(at.version) == nil {
			return nil, versionNotFound(at.version)
		}
		c, err := st.coverage(env, s, at.version)
		if err != nil {
			return nil, err
		}
		for j := range c.Versions {
			v := &c.Versions[j]
			here := place{at.name, v.Version}
			if !v.To.Reachable || found[here] {
				continue
			}
			found[here] = true
			if i > 0 {
				v.To.Class = upcast.OneWay
			}
			out = append(out, SourceVersion{Name: at.name, Version: s.Version(v.Version), Path: v.To})
			for _, p := range st.spreadFrom(here) {
				if !slices.Contains(queue, p) {
					queue = append(queue, p)
				}
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
