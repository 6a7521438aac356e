package rx

// nodeKind says what a node of the syntax tree is.
type nodeKind byte

const (
	nodeEmpty  nodeKind = iota
	nodeClass           // one character of a set; of the empty set: nothing matches
	nodeConcat          // all of subs, one after the other
	nodeAlt             // one of subs
	nodeRepeat          // subs[0], between min and max times
	nodeAssert          // a place
	nodeLook            // a place before or after which subs[0] matches, or does not
)

// node is a node of the syntax tree. Groups and laziness are gone: neither
// changes whether a word contains a match.
type node struct {
	kind     nodeKind
	set      set
	subs     []*node
	min, max int // max < 0: no bound
	cond     cond
	behind   bool // a look at what is before the place
	negated  bool // a look that must fail
}

// cond is a condition on a place in the text.
type cond byte

const (
	condBegin     cond = iota // ^
	condEnd                   // $
	condBeginLine             // ^ with the m flag
	condEndLine               // $ with the m flag
	condWord                  // \b
	condNotWord               // \B
	condFoldWord              // \b with the i flag, which knows two more word characters
	condNotFoldWord
)

// maxProgram bounds the instructions of one pattern.
const maxProgram = 30_000

// size bounds the instructions that a node compiles to; it saturates.
func (n *node) size() int {
	const enough = 1 << 30
	total := 1
	for _, s := range n.subs {
		total = min(total+s.size()+1, enough)
	}
	if n.kind != nodeRepeat {
		return total
	}
	times := max(n.min, n.max, 1)
	if times > enough/total {
		return enough
	}
	return times * total
}

// width returns the number of characters of every match of n; ok is false if
// matches differ in length.
func (n *node) width() (int, bool) {
	switch n.kind {
	case nodeEmpty, nodeAssert, nodeLook:
		return 0, true
	case nodeClass:
		return 1, true
	case nodeRepeat:
		w, ok := n.subs[0].width()
		return w * n.min, ok && n.min == n.max && w*n.min < 1<<20
	}
	total := 0
	for i, s := range n.subs {
		w, ok := s.width()
		switch {
		case !ok || (n.kind == nodeAlt && i > 0 && w != total):
			return 0, false
		case n.kind == nodeAlt:
			total = w
		default:
			total += w
		}
	}
	return total, total < 1<<20
}

// window rewrites an anchored pattern whose length alone is counted: if one
// character class is repeated, and all else has a fixed width, then ^ab{2,9}c$
// is ^ab*c$ of a length between 4 and 11. It replaces thousands of states by
// one comparison. ok is false if n has another form, or a count too small to be
// worth it.
func (n *node) window() (rest *node, low, high int, ok bool) {
	const worthwhile = 40
	if n.kind != nodeConcat || len(n.subs) < 3 || !n.subs[0].is(condBegin) || !n.subs[len(n.subs)-1].is(condEnd) {
		return nil, 0, 0, false
	}
	counted, fixed := -1, 0
	for i, s := range n.subs {
		if w, same := s.width(); same && !(s.kind == nodeRepeat && s.min >= worthwhile && counted < 0 && s.subs[0].kind == nodeClass) {
			fixed += w
			continue
		}
		if counted >= 0 || s.kind != nodeRepeat || s.subs[0].kind != nodeClass {
			return nil, 0, 0, false
		}
		counted = i
	}
	if counted < 0 || max(n.subs[counted].min, n.subs[counted].max) < worthwhile {
		return nil, 0, 0, false
	}
	c := n.subs[counted]
	subs := append([]*node(nil), n.subs...)
	subs[counted] = &node{kind: nodeRepeat, subs: c.subs, min: 0, max: -1}
	low, high = fixed+c.min, -1
	if c.max >= 0 {
		high = fixed + c.max
	}
	return &node{kind: nodeConcat, subs: subs}, low, high, true
}

func (n *node) is(c cond) bool { return n.kind == nodeAssert && n.cond == c }
