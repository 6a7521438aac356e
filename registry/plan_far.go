package registry

// far looks at the plans between versions of two subjects, over the documents of
// today that lead from one to the other, up and down.
func (f *planSearch) far() error {
	seen := map[Name]bool{}
	for _, r := range f.st.renamings() {
		if seen[r.low.name] {
			continue
		}
		seen[r.low.name] = true
		for _, v := range f.st.Subject(r.low.name).all() {
			low := place{r.low.name, v}
			for _, s := range f.st.stretches(low)[1:] {
				for _, w := range f.st.Subject(s.at.name).all() {
					if err := f.bothWays(low, place{s.at.name, w}); err != nil || f.plan != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (f *planSearch) bothWays(low, high place) error {
	for _, ends := range [][2]place{{low, high}, {high, low}} {
		from, to := ends[0], ends[1]
		if !f.visible(from.name) || !f.between(from.version, to.version) || f.plan != nil {
			continue
		}
		r, err := f.st.between(from, to)
		switch {
		case isGap(err) || err == nil && !f.seesAll(r):
			continue
		case err != nil:
			return err
		}
		if err := f.look(r); err != nil {
			return err
		}
	}
	return nil
}

// seesAll reports whether the caller sees all subjects of a route.
func (f *planSearch) seesAll(r *route) bool {
	for _, n := range r.names {
		if f.sees != nil && !f.sees(n) {
			return false
		}
	}
	return true
}

// all lists the numbers of the versions, deleted ones included.
func (s *Subject) all() []int {
	var out []int
	if s != nil {
		for i := range s.Versions {
			out = append(out, s.Versions[i].Number)
		}
	}
	return out
}
