package contain

import (
	"math"
	"math/big"
	"slices"
)

// bound is an end of an interval.
type bound struct {
	num    *big.Rat // nil: none
	strict bool
}

// merger builds a conjunction: it drops what is implied and finds the plain
// contradictions, so that equal meanings become equal nodes.
type merger struct {
	s    *space
	kids []lit
	mask mask // the kinds that are left

	low, high bound
	pos, neg  [2]*set // of numbers and strings
	hasPos    [2]bool
	least     [3]int // of opLen, opProps and opItems
	most      [3]int // what is more than allowed
	many      []lit
}

var counted = [3]op{opLen, opProps, opItems}

// and is the conjunction of the literals.
func (s *space) and(lits ...lit) lit {
	switch {
	case len(lits) == 1:
		return lits[0]
	case len(lits) == 2 && lits[0] == lits[1], len(lits) == 2 && lits[1] == top:
		return lits[0]
	case len(lits) == 2 && lits[0] == top:
		return lits[1]
	}
	m := merger{s: s, mask: allKinds, most: [3]int{math.MaxInt, math.MaxInt, math.MaxInt}}
	for _, l := range lits {
		if !m.add(l) {
			return bottom
		}
	}
	return m.finish()
}

// add takes a literal; false means that nothing is left.
func (m *merger) add(l lit) bool {
	n := m.s.at(l)
	switch {
	case l == top:
		return true
	case l == bottom:
		return false
	case n.op == opAnd && !l.negated():
		for _, k := range n.kids {
			if !m.add(k) {
				return false
			}
		}
		return true
	case n.op == opKind:
		m.mask &= m.s.possible(l)
		return m.mask != 0
	}
	if m.mask &= m.s.possible(l); m.mask == 0 {
		return false
	}
	switch n.op {
	case opGe, opGt:
		m.bound(n, l.negated())
	case opIn:
		m.set(n.set, l.negated())
	case opLen, opProps, opItems:
		i := slices.Index(counted[:], n.op)
		if l.negated() {
			m.most[i] = min(m.most[i], n.n)
		} else {
			m.least[i] = max(m.least[i], n.n)
		}
	case opMany:
		return m.addMany(l)
	default:
		m.kids = append(m.kids, l)
	}
	return true
}

func (m *merger) bound(n *node, negated bool) {
	b := bound{n.num, (n.op == opGt) != negated}
	if negated {
		if m.high.num == nil {
			m.high = b
		} else if c := b.num.Cmp(m.high.num); c < 0 || c == 0 && b.strict {
			m.high = b
		}
		return
	}
	if m.low.num == nil {
		m.low = b
	} else if c := b.num.Cmp(m.low.num); c > 0 || c == 0 && b.strict {
		m.low = b
	}
}

func (m *merger) set(s *set, negated bool) {
	i := 0
	if s.nums == nil {
		i = 1
	}
	switch {
	case negated && m.neg[i] == nil:
		m.neg[i] = s
	case negated:
		m.neg[i] = m.neg[i].or(s)
	case !m.hasPos[i]:
		m.pos[i], m.hasPos[i] = s, true
	default:
		m.pos[i] = m.pos[i].and(s)
	}
}

// addMany keeps the stronger one of two counts of the same items.
func (m *merger) addMany(l lit) bool {
	n := m.s.at(l)
	for i, other := range m.many {
		o := m.s.at(other)
		if o.kids[0] != n.kids[0] || o.from != n.from {
			continue
		}
		if other.negated() != l.negated() {
			least, most := n.n, o.n
			if l.negated() {
				least, most = o.n, n.n
			}
			if least >= most {
				return false
			}
			continue
		}
		if (n.n > o.n) != l.negated() {
			m.many[i] = l
		}
		return true
	}
	m.many = append(m.many, l)
	return true
}

func (m *merger) finish() lit {
	ok := m.numbers() && m.strings() && m.counts()
	if !ok {
		return bottom
	}
	m.kids = append(m.kids, m.many...)
	implied := allKinds
	kept := m.kids[:0]
	for _, k := range m.kids {
		if k.negated() && m.s.at(k).kinds&m.mask == 0 {
			continue // true for all kinds that are left
		}
		kept = append(kept, k)
		implied &= m.s.possible(k)
	}
	m.kids = kept
	if m.mask&implied == 0 {
		return bottom
	}
	if m.mask != implied {
		m.kids = append(m.kids, m.s.ofKind(m.mask))
	}
	slices.Sort(m.kids)
	m.kids = slices.Compact(m.kids)
	common := allKinds
	for i, k := range m.kids {
		if i > 0 && m.kids[i-1] == k.not() {
			return bottom
		}
		common &= m.s.possible(k)
	}
	switch len(m.kids) {
	case 0:
		return top
	case 1:
		return m.kids[0]
	}
	return m.s.intern(&node{op: opAnd, kids: slices.Clone(m.kids), kinds: common})
}

// inside reports whether x lies in the interval.
func (m *merger) inside(x *big.Rat) bool { return above(m.low, x) && below(m.high, x) }

func above(b bound, x *big.Rat) bool {
	if b.num == nil {
		return true
	}
	c := x.Cmp(b.num)
	return c > 0 || c == 0 && !b.strict
}

func below(b bound, x *big.Rat) bool {
	if b.num == nil {
		return true
	}
	c := x.Cmp(b.num)
	return c < 0 || c == 0 && !b.strict
}

// numbers settles intervals and sets of numbers.
func (m *merger) numbers() bool {
	s := m.s
	if m.low.num != nil && m.high.num != nil && !m.hasPos[0] {
		c := m.low.num.Cmp(m.high.num)
		if c > 0 || c == 0 && (m.low.strict || m.high.strict) {
			return false
		}
		if c == 0 {
			m.pos[0], m.hasPos[0] = numSet([]*big.Rat{m.low.num}), true
		}
	}
	if m.hasPos[0] {
		left := m.pos[0].keep(func(i int) bool { return m.inside(m.pos[0].nums[i]) })
		if m.neg[0] != nil {
			left = left.less(m.neg[0])
		}
		m.kids = slices.DeleteFunc(m.kids, func(l lit) bool {
			n := s.at(l)
			if n.op != opMult {
				return false
			}
			left = left.keep(func(i int) bool { return multiple(left.nums[i], n.num) != l.negated() })
			return true
		})
		m.kids = append(m.kids, s.in(left))
		return len(left.keys) > 0
	}
	if m.mask&kNumber.mask() == 0 {
		return true
	}
	add := func(b bound, upper bool) {
		if b.num == nil {
			return
		}
		o := opGe
		if b.strict != upper {
			o = opGt
		}
		l := s.numAtom(o, b.num)
		if upper {
			l = l.not()
		}
		m.kids = append(m.kids, l)
	}
	add(m.low, false)
	add(m.high, true)
	if m.neg[0] != nil {
		if left := m.neg[0].keep(func(i int) bool { return m.inside(m.neg[0].nums[i]) }); len(left.keys) > 0 {
			m.kids = append(m.kids, s.in(left).not())
		}
	}
	return true
}

// multiple reports whether x is a multiple of q.
func multiple(x, q *big.Rat) bool { return new(big.Rat).Quo(x, q).IsInt() }

// strings settles lengths and sets of strings.
func (m *merger) strings() bool {
	if m.least[0] >= m.most[0] {
		return false
	}
	fits := func(text string) bool {
		n := runes(text)
		return n >= m.least[0] && n < m.most[0]
	}
	if m.hasPos[1] {
		left := m.pos[1].keep(func(i int) bool { return fits(m.pos[1].keys[i]) })
		if m.neg[1] != nil {
			left = left.less(m.neg[1])
		}
		m.kids = append(m.kids, m.s.in(left))
		m.least[0], m.most[0] = 0, math.MaxInt
		return len(left.keys) > 0
	}
	if m.neg[1] != nil && m.mask.has(kString) {
		if left := m.neg[1].keep(func(i int) bool { return fits(m.neg[1].keys[i]) }); len(left.keys) > 0 {
			m.kids = append(m.kids, m.s.in(left).not())
		}
	}
	return true
}

// counts settles the counts of characters, properties and items.
func (m *merger) counts() bool {
	for i, o := range counted {
		if m.least[i] >= m.most[i] {
			return false
		}
		if m.least[i] > 0 {
			m.kids = append(m.kids, m.s.countAtom(o, m.least[i]))
		}
		if m.most[i] < math.MaxInt {
			m.kids = append(m.kids, m.s.countAtom(o, m.most[i]).not())
		}
	}
	return true
}
