package contain

import (
	"encoding/binary"
	"math/big"
	"slices"
)

// lit is a node of the graph or, if the lowest bit is set, its negation.
type lit int32

const (
	top    lit = 0
	bottom lit = 1
)

func (l lit) not() lit      { return l ^ 1 }
func (l lit) negated() bool { return l&1 != 0 }
func (l lit) node() int32   { return int32(l >> 1) }

// op says what a node is. Every atom is a predicate that holds only for values
// of its kind: "a number of at least 5". What a keyword says, "if it is a
// number, then at least 5", is a disjunction of atoms.
type op uint8

const (
	opTop    op = iota
	opAnd       // kids
	opOne       // exactly one of kids, which may repeat
	opVar       // a schema that contains itself; the body is set when it is known
	opKind      // a value of one of the kinds of mask
	opIn        // a member of set
	opGe        // a number ≥ num
	opGt        // a number > num
	opMult      // a multiple of num
	opLen       // a string of n code points or more
	opPat       // a string in the language of a pattern
	opFormat    // a string in a format
	opHas       // an object with a property whose name is in kids[0] and whose value is in kids[1]
	opProps     // an object of n properties or more
	opAt        // an array whose item n is in kids[0]
	opMany      // an array with n items or more, at from or later, that are in kids[0]
	opItems     // an array of n items or more
	opUnique    // an array without equal items
	opOpaque    // something that is not interpreted; text is all it depends on
)

type node struct {
	op      op
	mask    mask // opKind
	n, from int
	num     *big.Rat
	set     *set
	text    string // opPat, opFormat: its name; opOpaque: the identity
	kids    []lit
	kinds   mask // the kinds that a value may have for which the node holds, at most
	reason  string
}

// space holds the nodes of one question. Nodes with the same content are the
// same node.
type space struct {
	nodes  []node
	index  map[string]lit
	bodies map[int32]lit // of variables
	buf    []byte
	restr  map[restriction]lit
	weight int // of all nodes, in bytes, roughly
}

func newSpace() *space {
	s := &space{index: map[string]lit{}, bodies: map[int32]lit{}, restr: map[restriction]lit{}}
	s.nodes = append(s.nodes, node{op: opTop, kinds: allKinds})
	return s
}

func (s *space) at(l lit) *node { return &s.nodes[l.node()] }

// intern returns the node with this content.
func (s *space) intern(n *node) lit {
	b := append(s.buf[:0], byte(n.op), byte(n.mask))
	b = binary.AppendVarint(b, int64(n.n))
	b = binary.AppendVarint(b, int64(n.from))
	for _, k := range n.kids {
		b = binary.AppendVarint(b, int64(k))
	}
	if n.num != nil {
		b = append(append(b, '/'), n.num.RatString()...)
	}
	if n.set != nil {
		if n.set.nums != nil {
			b = append(b, '#')
		}
		for _, k := range n.set.keys {
			b = append(binary.AppendVarint(b, int64(len(k))), k...)
		}
	}
	b = append(b, n.text...)
	s.buf = b
	if l, ok := s.index[string(b)]; ok {
		return l
	}
	l := lit(len(s.nodes)) << 1
	s.nodes = append(s.nodes, *n)
	s.index[string(b)] = l
	s.weight += perNode + 2*len(b) + 4*len(n.kids)
	return l
}

// perNode is the memory of a node and of its place in the maps.
const perNode = 250

// variable makes a new node whose body is given later.
func (s *space) variable() lit {
	l := lit(len(s.nodes)) << 1
	s.nodes = append(s.nodes, node{op: opVar, kinds: allKinds})
	return l
}

func (s *space) ofKind(m mask) lit {
	switch m & allKinds {
	case 0:
		return bottom
	case allKinds:
		return top
	}
	return s.intern(&node{op: opKind, mask: m, kinds: m})
}

func (s *space) in(set *set) lit {
	if len(set.keys) == 0 {
		return bottom
	}
	k := kString.mask()
	if set.nums != nil {
		k = kNumber.mask()
	}
	return s.intern(&node{op: opIn, set: set, kinds: k})
}

func (s *space) name(name string) lit { return s.in(&set{keys: []string{name}}) }

func (s *space) numAtom(o op, r *big.Rat) lit {
	return s.intern(&node{op: o, num: r, kinds: kNumber.mask()})
}

// countAtom makes opLen, opProps or opItems; everything has at least nothing.
func (s *space) countAtom(o op, n int) lit {
	k := map[op]kind{opLen: kString, opProps: kObject, opItems: kArray}[o]
	if n <= 0 {
		return s.ofKind(k.mask())
	}
	return s.intern(&node{op: o, n: n, kinds: k.mask()})
}

func (s *space) textAtom(o op, text string) lit {
	return s.intern(&node{op: o, text: text, kinds: kString.mask()})
}

func (s *space) has(class, value lit) lit {
	if class == bottom || value == bottom {
		return bottom
	}
	if class == top && value == top {
		return s.countAtom(opProps, 1)
	}
	return s.intern(&node{op: opHas, kids: []lit{class, value}, kinds: kObject.mask()})
}

func (s *space) itemAt(i int, value lit) lit {
	switch value {
	case bottom:
		return bottom
	case top:
		return s.countAtom(opItems, i+1)
	}
	return s.intern(&node{op: opAt, n: i, kids: []lit{value}, kinds: kArray.mask()})
}

func (s *space) many(from, n int, value lit) lit {
	switch {
	case n <= 0:
		return s.ofKind(kArray.mask())
	case value == bottom:
		return bottom
	case value == top:
		return s.countAtom(opItems, from+n)
	}
	return s.intern(&node{op: opMany, from: from, n: n, kids: []lit{value}, kinds: kArray.mask()})
}

func (s *space) unique() lit { return s.intern(&node{op: opUnique, kinds: kArray.mask()}) }

// opaque makes an atom that is only equal to itself. reason is the keyword.
func (s *space) opaque(reason, identity string, kinds mask) lit {
	return s.intern(&node{op: opOpaque, text: reason + "\x00" + identity, reason: reason, kinds: kinds})
}

func (s *space) not(l lit) lit {
	if n := s.at(l); n.op == opKind {
		return s.ofKind(allKinds &^ n.mask)
	}
	return l.not()
}

// implies is what a keyword says: if the value is of kind k, then l.
func (s *space) implies(k kind, l lit) lit { return s.or(s.ofKind(allKinds&^k.mask()), l) }

func (s *space) or(lits ...lit) lit {
	kids := make([]lit, len(lits))
	for i, l := range lits {
		kids[i] = s.not(l)
	}
	return s.not(s.and(kids...))
}

// possible is the kinds that a value of l may have, at most.
func (s *space) possible(l lit) mask {
	n := s.at(l)
	switch {
	case l == bottom:
		return 0
	case !l.negated():
		return n.kinds
	case n.op == opKind:
		return allKinds &^ n.mask
	case n.op == opAnd:
		var m mask
		for _, k := range n.kids {
			m |= s.possible1(k)
		}
		return m
	}
	return allKinds
}

// possible1 is possible for the parts of a disjunction, one level down, so
// that it costs no recursion.
func (s *space) possible1(k lit) mask {
	n := s.at(k)
	switch {
	case n.op == opKind && k.negated():
		return n.mask
	case n.op == opKind:
		return allKinds &^ n.mask
	case k.negated():
		return n.kinds
	}
	return allKinds
}

func (s *space) equal(v *val) lit {
	switch v.kind {
	case kNull, kFalse, kTrue:
		return s.ofKind(v.kind.mask())
	case kNumber:
		return s.in(numSet([]*big.Rat{v.num}))
	case kString:
		return s.name(v.str)
	case kArray:
		parts := []lit{s.countAtom(opItems, len(v.items)), s.countAtom(opItems, len(v.items)+1).not()}
		for i, item := range v.items {
			parts = append(parts, s.itemAt(i, s.equal(item)))
		}
		return s.and(parts...)
	default:
		parts := []lit{s.ofKind(kObject.mask()), s.has(s.in(strSet(v.names)).not(), top).not()}
		for i, name := range v.names {
			parts = append(parts, s.has(s.name(name), s.equal(v.fields[i])))
		}
		return s.and(parts...)
	}
}

// oneOf is exactly one of the literals.
func (s *space) oneOf(lits []lit) lit {
	var kids []lit
	tops := 0
	for _, l := range lits {
		switch l {
		case bottom:
		case top:
			tops++
		default:
			kids = append(kids, l)
		}
	}
	switch {
	case tops > 1:
		return bottom
	case tops == 1:
		return s.not(s.or(kids...))
	case len(kids) == 0:
		return bottom
	case len(kids) == 1:
		return kids[0]
	}
	slices.Sort(kids)
	disjoint := len(kids) <= 64
	for i := 0; i < len(kids) && disjoint; i++ {
		for j := i + 1; j < len(kids) && disjoint; j++ {
			disjoint = s.possible(kids[i])&s.possible(kids[j]) == 0
		}
	}
	if disjoint {
		return s.or(kids...)
	}
	return s.intern(&node{op: opOne, kids: kids, kinds: allKinds})
}
