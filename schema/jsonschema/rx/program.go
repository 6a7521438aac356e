package rx

import (
	"encoding/binary"
	"slices"
)

// instOp says what an instruction of a program does.
type instOp byte

const (
	instMatch  instOp = iota // the pattern has matched
	instRune                 // reads a character of a set, then goes to x
	instSplit                // goes to x and to y
	instAssert               // goes to x if a condition holds
	instLook                 // goes to x and watches that look[arg] holds for what follows
	instBehind               // goes to x if behind[arg] has matched, or has not
	instFail                 // goes nowhere
)

type inst struct {
	op      instOp
	cond    cond
	negated bool
	x, y    int32
	arg     int32 // of a set, a look or a look-behind
}

// prog is a compiled pattern, or the compiled body of a look-around in it. All
// programs of a pattern share one alphabet. It is immutable.
type prog struct {
	insts   []inst
	start   int32
	looks   []*prog
	behinds []*prog
	negated bool // of a look-ahead: it must not match
	shared  *shared
}

// shared is what the programs of one pattern have in common.
type shared struct {
	alphabet *alphabet
	has      [][]bool  // by set and class
	context  []context // by class: what it means to a neighbouring condition
	contexts []context // the distinct ones
}

// context is what a condition on a place asks of the character before it or
// after it. Bits that no condition of the pattern asks for are zero.
type context byte

const (
	isWord     context = 1 << iota
	isFoldWord         // a word character with the i flag
	isNewline
	isEdge // there is no character: the begin, or the end, of the text
)

// compiler turns trees into programs.
type compiler struct {
	source string
	sets   []set
	index  map[string]int32
	uses   context
}

const maxSpans = 200_000 // of all sets of a pattern

// compile builds the program of a pattern.
func compile(source string, n *node) (*prog, error) {
	c := &compiler{source: source, index: map[string]int32{}}
	if size := n.size(); size > maxProgram {
		return nil, &Opaque{Pattern: source, What: "its repeats need more than 30,000 states"}
	}
	p, err := c.program(n, placeTop)
	if err != nil {
		return nil, err
	}
	sets, spans := c.sets, 0
	for _, extra := range []struct {
		bit context
		set set
	}{{isWord, wordSet}, {isFoldWord, wordSet.union(foldWord)}, {isNewline, newlines}} {
		if c.uses&extra.bit != 0 {
			c.set(extra.set)
			sets = c.sets
		}
	}
	for _, s := range sets {
		spans += len(s)
	}
	if spans > maxSpans {
		return nil, &Opaque{Pattern: source, What: "its character classes have more than 200,000 ranges"}
	}
	s := p.shared
	s.alphabet, s.has = split(sets)
	s.context = make([]context, s.alphabet.n)
	for class := range s.context {
		s.context[class] = c.contextOf(s.has, class)
		if !slices.Contains(s.contexts, s.context[class]) {
			s.contexts = append(s.contexts, s.context[class])
		}
	}
	return p, nil
}

func (c *compiler) contextOf(has [][]bool, class int) context {
	var bits context
	for bit, s := range map[context]set{isWord: wordSet, isFoldWord: wordSet.union(foldWord), isNewline: newlines} {
		if c.uses&bit != 0 && has[c.set(s)][class] {
			bits |= bit
		}
	}
	return bits
}

// set numbers a set; equal ones have one number.
func (c *compiler) set(s set) int32 {
	key := make([]byte, 0, 8*len(s))
	for _, p := range s {
		key = binary.LittleEndian.AppendUint32(key, uint32(p.lo))
		key = binary.LittleEndian.AppendUint32(key, uint32(p.hi))
	}
	i, ok := c.index[string(key)]
	if !ok {
		i = int32(len(c.sets))
		c.index[string(key)] = i
		c.sets = append(c.sets, s)
	}
	return i
}

// placement says where a program stands, as not every look-around may stand
// inside another.
type placement byte

const (
	placeTop placement = iota
	placeAhead
	placeBehind
)

func (c *compiler) program(n *node, where placement) (*prog, error) {
	b := &builder{compiler: c, where: where, prog: &prog{shared: &shared{}}}
	match := b.emit(inst{op: instMatch})
	b.prog.start = b.node(n, match)
	if b.err != nil {
		return nil, b.err
	}
	for _, sub := range append(b.prog.looks[:len(b.prog.looks):len(b.prog.looks)], b.prog.behinds...) {
		sub.share(b.prog.shared)
	}
	return b.prog, nil
}

func (p *prog) share(s *shared) {
	p.shared = s
	for _, sub := range p.looks {
		sub.share(s)
	}
}

// builder emits the instructions of one program, from the last to the first.
type builder struct {
	*compiler
	where placement
	prog  *prog
	err   error
}

func (b *builder) emit(i inst) int32 {
	b.prog.insts = append(b.prog.insts, i)
	return int32(len(b.prog.insts) - 1)
}

// node emits n followed by what begins at next, and returns where it begins.
func (b *builder) node(n *node, next int32) int32 {
	switch n.kind {
	case nodeClass:
		if len(n.set) == 0 {
			return b.emit(inst{op: instFail})
		}
		return b.emit(inst{op: instRune, arg: b.set(n.set), x: next})
	case nodeConcat:
		for i := len(n.subs) - 1; i >= 0; i-- {
			next = b.node(n.subs[i], next)
		}
	case nodeAlt:
		entry := b.node(n.subs[len(n.subs)-1], next)
		for i := len(n.subs) - 2; i >= 0; i-- {
			entry = b.emit(inst{op: instSplit, x: b.node(n.subs[i], next), y: entry})
		}
		return entry
	case nodeRepeat:
		return b.repeat(n, next)
	case nodeAssert:
		b.asks(n.cond)
		return b.emit(inst{op: instAssert, cond: n.cond, x: next})
	case nodeLook:
		return b.look(n, next)
	}
	return next
}

func (b *builder) repeat(n *node, next int32) int32 {
	entry, low := next, n.min
	if n.max < 0 {
		loop := b.emit(inst{op: instSplit, y: next})
		body := b.node(n.subs[0], loop)
		b.prog.insts[loop].x = body
		entry = loop
		if low > 0 {
			entry, low = body, low-1
		}
	}
	for range n.max - n.min {
		entry = b.emit(inst{op: instSplit, x: b.node(n.subs[0], entry), y: next})
	}
	for range low {
		entry = b.node(n.subs[0], entry)
	}
	return entry
}

// asks notes what a condition needs to know of its neighbours.
func (b *builder) asks(k cond) {
	switch k {
	case condBeginLine, condEndLine:
		b.uses |= isNewline
	case condWord, condNotWord:
		b.uses |= isWord
	case condFoldWord, condNotFoldWord:
		b.uses |= isFoldWord
	}
}

func (b *builder) look(n *node, next int32) int32 {
	if b.where == placeBehind || (n.behind && b.where != placeTop) {
		b.err = &Opaque{Pattern: b.source, What: "a look-behind stands in a look-around, or a look-ahead in a look-behind"}
		return next
	}
	i, where := inst{op: instLook, negated: n.negated, x: next, arg: int32(len(b.prog.looks))}, placeAhead
	if n.behind {
		i.op, i.arg, where = instBehind, int32(len(b.prog.behinds)), placeBehind
	}
	sub, err := b.program(n.subs[0], where)
	if err != nil {
		b.err = err
		return next
	}
	sub.negated = n.negated
	if n.behind {
		b.prog.behinds = append(b.prog.behinds, sub)
	} else {
		b.prog.looks = append(b.prog.looks, sub)
	}
	return b.emit(i)
}
