package contain

import (
	"github.com/instar-registry/instar/schema"
)

// solver decides one goal of one kind: it asserts literals, propagates what
// follows, and splits by the shortest disjunction.
type solver struct {
	*engine
	kind          kind
	signs         map[int32]bool   // of the nodes that are asserted: not negated?
	trail         []int32          // the keys of signs, in order
	low           int              // the outermost assumption used by any conclusion here
	vague         bool             // it is not known whether some name is in some class
	named         map[string][]lit // the atoms about the properties of one name
	wide          []lit            // and those about other classes of names
	tried, nested int              // cases
	state
}

// state is what a branch changes and a return undoes.
type state struct {
	atoms   []lit
	pending []lit // disjunctions and counts of branches that are not settled
	bounds  [2]bound
	least   int // characters, properties or items, at least
	most    int // and fewer than this
}

// assert adds a literal. False means that it contradicts what is there.
func (s *solver) assert(l lit) bool {
	if l == top || l == bottom {
		return l == top
	}
	if sign, known := s.signs[l.node()]; known {
		return sign != l.negated()
	}
	s.signs[l.node()] = !l.negated()
	s.trail = append(s.trail, l.node())
	n := s.at(l)
	switch n.op {
	case opAnd:
		if l.negated() {
			s.pending = append(s.pending, l)
			return true
		}
		for _, k := range n.kids {
			if !s.assert(k) {
				return false
			}
		}
		return true
	case opOne:
		s.pending = append(s.pending, l)
		return true
	}
	s.atoms = append(s.atoms, l)
	if n.op == opHas {
		if name, ok := s.single(n.kids[0]); ok {
			s.named[name] = append(s.named[name], l)
		} else {
			s.wide = append(s.wide, l)
		}
	}
	return s.admit(l, n)
}

// admit keeps intervals and counts, and reports whether they are not empty.
func (s *solver) admit(l lit, n *node) bool {
	switch n.op {
	case opGe, opGt:
		b := bound{n.num, (n.op == opGt) != l.negated()}
		if l.negated() {
			s.bounds[1] = tighter(s.bounds[1], b, -1)
		} else {
			s.bounds[0] = tighter(s.bounds[0], b, 1)
		}
		return nonEmpty(s.bounds[0], s.bounds[1])
	case opLen, opProps, opItems:
		if l.negated() {
			s.most = min(s.most, n.n)
		} else {
			s.least = max(s.least, n.n)
		}
		return s.least < s.most
	case opAt:
		if !l.negated() {
			s.least = max(s.least, n.n+1)
		}
		return s.least < s.most
	case opMany:
		if !l.negated() {
			s.least = max(s.least, n.from+n.n)
		}
		return s.least < s.most
	}
	return true
}

// tighter returns the stronger of two bounds; sign is 1 for lower ones and -1
// for upper ones.
func tighter(a, b bound, sign int) bound {
	if a.num == nil {
		return b
	}
	if c := b.num.Cmp(a.num) * sign; c > 0 || c == 0 && b.strict {
		return b
	}
	return a
}

func nonEmpty(low, high bound) bool {
	if low.num == nil || high.num == nil {
		return true
	}
	c := low.num.Cmp(high.num)
	return c < 0 || c == 0 && !low.strict && !high.strict
}

// saved is where a branch returns to.
type saved struct {
	state
	trail int
}

func (s *solver) save() saved {
	s.atoms, s.pending = s.atoms[:len(s.atoms):len(s.atoms)], s.pending[:len(s.pending):len(s.pending)]
	return saved{s.state, len(s.trail)}
}

func (s *solver) restore(at saved) {
	for i := len(s.atoms) - 1; i >= len(at.atoms); i-- {
		n := s.at(s.atoms[i])
		if n.op != opHas {
			continue
		}
		if name, ok := s.single(n.kids[0]); ok {
			s.named[name] = s.named[name][:len(s.named[name])-1]
		} else {
			s.wide = s.wide[:len(s.wide)-1]
		}
	}
	s.state = at.state
	for _, n := range s.trail[at.trail:] {
		delete(s.signs, n)
	}
	s.trail = s.trail[:at.trail]
}

// maxCubes bounds the cases of one goal, and maxNested how many choices are
// open at a time.
const (
	maxCubes  = 4096
	maxNested = 1000
)

// search looks for a value under what is asserted.
func (s *solver) search() result {
	best, choices, ok := s.propagate()
	if !ok || !s.consistent() {
		return emptyResult()
	}
	if len(s.pending) == 0 {
		s.step()
		return s.leaf()
	}
	s.pending = append(s.pending[:best:best], s.pending[best+1:]...)
	out := emptyResult()
	for _, choice := range choices {
		s.step()
		s.tried++
		if s.tried > maxCubes || s.nested > maxNested {
			return either(out, result{status: open, reason: schema.ReasonCubes, low: free})
		}
		at := s.save()
		r := emptyResult()
		if s.assertEach(choice) {
			s.nested++
			r = s.search()
			s.nested--
		}
		s.restore(at)
		if r.status == found {
			return r
		}
		out = either(out, r)
	}
	return out
}

func (s *solver) assertEach(lits []lit) bool {
	for _, l := range lits {
		if !s.assert(l) {
			return false
		}
	}
	return true
}

// propagate drops what is settled and asserts what is forced, until nothing
// changes. It returns the pending literal with the fewest choices; ok is false
// for a contradiction.
func (s *solver) propagate() (best int, choices [][]lit, ok bool) {
	for changed := true; changed; {
		changed, best, choices = false, 0, nil
		list := s.pending
		s.pending = nil
		var kept []lit
		for _, l := range list {
			s.charge(len(s.at(l).kids) / 16)
			options, done := s.options(l)
			switch {
			case done:
			case len(options) == 0:
				return 0, nil, false
			case len(options) == 1:
				if !s.assertEach(options[0]) {
					return 0, nil, false
				}
				changed = true
			default:
				if choices == nil || len(options) < len(choices) {
					best, choices = len(kept), options
				}
				kept = append(kept, l)
			}
		}
		s.pending = append(kept, s.pending...)
	}
	return best, choices, true
}

// options lists the ways to make a pending literal true that are not excluded
// already; done says that it is true.
func (s *solver) options(l lit) (list [][]lit, done bool) {
	n := s.at(l)
	if n.op == opAnd {
		for _, k := range n.kids {
			switch k = s.not(k); s.quick(k, 0) {
			case yes:
				return nil, true
			case unknown:
				list = append(list, []lit{k})
			}
		}
		return list, false
	}
	return s.oneOptions(n, l.negated())
}

// oneOptions is options for "exactly one of" and for its negation: none of
// them, or two.
func (s *solver) oneOptions(n *node, negated bool) (list [][]lit, done bool) {
	var alive []lit
	holding := 0
	for _, k := range n.kids {
		switch s.quick(k, 0) {
		case yes:
			holding++
		case unknown:
			alive = append(alive, k)
		}
	}
	others := func(but int) []lit {
		var out []lit
		for i, k := range alive {
			if i != but {
				out = append(out, s.not(k))
			}
		}
		return out
	}
	switch {
	case holding > 1:
		return nil, negated
	case !negated && holding == 1 && len(alive) == 0:
		return nil, true
	case !negated && holding == 1:
		return [][]lit{others(-1)}, false
	case !negated:
		for i, k := range alive {
			list = append(list, append([]lit{k}, others(i)...))
		}
		return list, false
	case holding == 1:
		for _, k := range alive {
			list = append(list, []lit{k})
		}
		return list, false
	case len(alive) == 0:
		return nil, true
	}
	list = append(list, others(-1))
	for i, a := range alive {
		for _, b := range alive[i+1:] {
			if s.and(a, b) != bottom {
				list = append(list, []lit{a, b})
			}
		}
	}
	return list, false
}
