package registry

import "slices"

// far looks at the plans between versions of two subjects, and between two versions
// of one by way of others, over the documents of today and of every earlier time that
// lead from one to the other, up and down.
func (f *planSearch) far() error {
	seen := map[string]bool{}
	return f.farBack(nil, func(past *State) error {
		done := map[Name]bool{}
		for _, r := range past.renamings() {
			if done[r.low.name] {
				continue
			}
			done[r.low.name] = true
			if err := f.farFrom(past, r.low.name, seen); err != nil || f.plan != nil {
				return err
			}
		}
		return nil
	})
}

// farFrom looks at the plans from the versions of a subject over others.
func (f *planSearch) farFrom(past *State, n Name, seen map[string]bool) error {
	for _, v := range past.Subject(n).all() {
		low := place{n, v}
		for _, s := range past.stretches(low)[1:] {
			for _, w := range past.Subject(s.at.name).all() {
				if err := f.bothWays(past, low, place{s.at.name, w}, seen); err != nil || f.plan != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (f *planSearch) bothWays(past *State, low, high place, seen map[string]bool) error {
	for _, ends := range [][2]place{{low, high}, {high, low}} {
		from, to := ends[0], ends[1]
		if !f.visible(from.name) || !f.between(from.version, to.version) || f.plan != nil {
			continue
		}
		r, err := past.between(from, to)
		switch {
		case isGap(err) || err == nil && !f.seesAll(r):
			continue
		case err != nil:
			return err
		}
		if key := from.String() + " " + to.String() + r.written(); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		if err := f.look(r); err != nil {
			return err
		}
	}
	return nil
}

// farBack gives the state with the documents of every time at which others led over
// several subjects than before, now first, until there is the plan. With names, only
// those of subjects that are linked to one of them.
func (f *planSearch) farBack(names []Name, look func(past *State) error) error {
	for _, group := range f.st.linked() {
		if len(names) > 0 && !slices.ContainsFunc(names, func(n Name) bool { return slices.Contains(group, n) }) {
			continue
		}
		var seqs []int64
		for _, n := range group {
			seqs = append(seqs, f.st.Upcasters(n).changes(func(*Upcaster) bool { return true })...)
		}
		for _, t := range momentsOf(seqs) {
			if err := look(f.st.past(t, group)); err != nil || f.plan != nil {
				return err
			}
		}
	}
	return nil
}

// linked are the subjects between which documents lead, or have led, in groups.
func (st *State) linked() [][]Name {
	var out [][]Name
	join := func(a, b Name) {
		var group []Name
		rest := slices.DeleteFunc(out, func(g []Name) bool {
			if slices.Contains(g, a) || slices.Contains(g, b) {
				group = append(group, g...)
				return true
			}
			return false
		})
		for _, n := range []Name{a, b} {
			if !slices.Contains(group, n) {
				group = append(group, n)
			}
		}
		out = append(rest, group)
	}
	st.upcasters.Scan(func(_ string, u *Upcasters) bool {
		for i := range u.All {
			if x := &u.All[i]; x.State != DraftUpcaster && x.Renames != nil {
				join(u.Name, x.Renames.Name())
			}
		}
		return true
	})
	return out
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
