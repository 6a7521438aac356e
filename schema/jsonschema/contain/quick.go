package contain

// maxQuick bounds how deep quick looks into a literal.
const maxQuick = 4

// quick says whether a literal is settled by what is asserted, as far as that
// can be seen without a search.
func (s *solver) quick(l lit, depth int) truth {
	if l == top || l == bottom {
		return truthOf(l == top)
	}
	if sign, known := s.signs[l.node()]; known {
		return truthOf(sign != l.negated())
	}
	n := s.at(l)
	var t truth
	switch n.op {
	case opAnd:
		t = s.quickAnd(n, depth)
	case opGe, opGt:
		t = s.quickBound(n)
	case opIn:
		t = s.quickIn(n)
	case opLen, opProps, opItems:
		t = s.quickCount(n.n)
	case opHas:
		t = s.quickHas(n)
	case opAt:
		t = s.quickAt(n)
	case opMany:
		t = s.quickMany(n)
	default:
		t = unknown
	}
	if l.negated() {
		return t.not()
	}
	return t
}

func (s *solver) quickAnd(n *node, depth int) truth {
	if depth >= maxQuick {
		return unknown
	}
	all := yes
	for _, k := range n.kids {
		switch s.quick(k, depth+1) {
		case no:
			return no
		case unknown:
			all = unknown
		}
	}
	return all
}

func (s *solver) quickBound(n *node) truth {
	low, high := s.bounds[0], s.bounds[1]
	b := bound{n.num, n.op == opGt}
	if low.num != nil && tighter(low, b, 1) == low {
		return yes
	}
	if !nonEmpty(b, high) {
		return no
	}
	return unknown
}

func (s *solver) quickCount(n int) truth {
	switch {
	case s.least >= n:
		return yes
	case s.most <= n:
		return no
	}
	return unknown
}

// quickIn compares sets with what the interval or the length allows.
func (s *solver) quickIn(n *node) truth {
	for _, a := range s.atoms {
		if m := s.at(a); m.op == opIn && !a.negated() {
			both := m.set.and(n.set)
			switch len(both.keys) {
			case 0:
				return no
			case len(m.set.keys):
				return yes
			}
			return unknown
		}
	}
	for i, key := range n.set.keys {
		if n.set.nums == nil {
			if c := runes(key); c >= s.least && c < s.most {
				return unknown
			}
		} else if above(s.bounds[0], n.set.nums[i]) && below(s.bounds[1], n.set.nums[i]) {
			return unknown
		}
	}
	return no
}

// single returns the name of a class of one name.
func (s *space) single(class lit) (name string, ok bool) {
	if n := s.at(class); n.op == opIn && !class.negated() && len(n.set.keys) == 1 && n.set.nums == nil {
		return n.set.keys[0], true
	}
	return "", false
}

// within reports whether a is seen to imply b.
func (s *space) within(a, b lit) bool { return a == b || s.and(a, s.not(b)) == bottom }

// goalAt is what every property of one name must satisfy.
func (s *solver) goalAt(name string) lit {
	var goal []lit
	for _, a := range s.named[name] {
		if a.negated() {
			goal = append(goal, s.not(s.at(a).kids[1]))
		}
	}
	for _, a := range s.wide {
		if !a.negated() {
			continue
		}
		n := s.at(a)
		switch s.inClass(n.kids[0], name) {
		case yes:
			goal = append(goal, s.not(n.kids[1]))
		case unknown:
			s.vague = true
		}
	}
	return s.and(goal...)
}

// inClass reports whether a name is in a class.
func (s *solver) inClass(class lit, name string) truth {
	if only, ok := s.single(class); ok {
		return truthOf(only == name)
	}
	return s.eval(class, s.nameVal(name))
}

// asked lists what an existing property of this name is required to satisfy;
// ok is false if no property of the name is required.
func (s *solver) asked(name string) (goal []lit, ok bool) {
	for _, a := range s.named[name] {
		if !a.negated() {
			goal, ok = append(goal, s.at(a).kids[1]), true
		}
	}
	return goal, ok
}

func (s *solver) quickHas(n *node) truth {
	class, value := n.kids[0], n.kids[1]
	name, single := s.single(class)
	if single {
		goal := s.goalAt(name)
		if s.and(goal, value) == bottom {
			return no
		}
		if asked, ok := s.asked(name); ok && s.within(s.and(append(asked, goal)...), value) {
			return yes
		}
		return unknown
	}
	for _, a := range s.atoms {
		m := s.at(a)
		if m.op != opHas {
			continue
		}
		if a.negated() {
			if s.within(class, m.kids[0]) && s.within(value, m.kids[1]) {
				return no
			}
		} else if s.within(m.kids[0], class) && s.within(m.kids[1], value) {
			return yes
		}
	}
	return unknown
}

// goalItem is what an item at a position must satisfy.
func (s *solver) goalItem(i int) lit {
	goal := []lit{}
	for _, a := range s.atoms {
		n := s.at(a)
		switch {
		case n.op == opAt && n.n == i:
			v := n.kids[0]
			if a.negated() {
				v = s.not(v)
			}
			goal = append(goal, v)
		case n.op == opMany && a.negated() && n.n == 1 && n.from <= i:
			goal = append(goal, s.not(n.kids[0]))
		}
	}
	return s.and(goal...)
}

func (s *solver) quickAt(n *node) truth {
	if s.most <= n.n+1 {
		return no
	}
	goal := s.goalItem(n.n)
	if s.and(goal, n.kids[0]) == bottom {
		return no
	}
	if s.least > n.n && s.within(goal, n.kids[0]) {
		return yes
	}
	return unknown
}

func (s *solver) quickMany(n *node) truth {
	if s.most <= n.from+n.n {
		return no
	}
	for _, a := range s.atoms {
		m := s.at(a)
		if m.op != opMany || !s.within(n.kids[0], m.kids[0]) && a.negated() {
			continue
		}
		if a.negated() && m.from <= n.from && m.n <= n.n {
			return no
		}
		if !a.negated() && m.from >= n.from && m.n >= n.n && s.within(m.kids[0], n.kids[0]) {
			return yes
		}
	}
	return unknown
}

// consistent looks for a property that is required and cannot have a value.
func (s *solver) consistent() bool {
	if s.kind != kObject || len(s.pending) == 0 {
		return true
	}
	for _, name := range sortedKeys(s.named) {
		asked, ok := s.asked(name)
		if !ok {
			continue
		}
		if r := s.sat(s.and(append(asked, s.goalAt(name))...)); r.status == empty {
			s.low = min(s.low, r.low)
			return false
		}
	}
	return true
}
