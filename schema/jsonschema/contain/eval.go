package contain

import (
	"slices"
)

// truth is the answer about one value: an opaque atom makes it unknown.
type truth uint8

const (
	no truth = iota
	yes
	unknown
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	switch t {
	case no:
		return yes
	case yes:
		return no
	}
	return unknown
}

type evaluation struct {
	l lit
	v *val
}

// eval judges a value. Every judged node is a step.
func (e *engine) eval(l lit, v *val) truth {
	if l.negated() {
		return e.eval(l.not(), v).not()
	}
	n := e.at(l)
	if !n.kinds.has(v.kind) {
		return no
	}
	switch n.op {
	case opTop, opKind:
		return yes
	case opVar:
		return e.eval(e.bodies[l.node()], v)
	case opHas:
		if name, ok := e.single(n.kids[0]); ok {
			// No step and no memory: what counts is the property's value.
			if field := v.get(name); field != nil {
				return e.eval(n.kids[1], field)
			}
			return no
		}
	case opAnd, opOne, opAt, opMany, opUnique, opPat, opFormat:
	default:
		return e.evalAtom(n, v)
	}
	key := evaluation{l, v}
	if known, ok := e.evaluated[key]; ok {
		return known
	}
	e.step()
	t := e.evalNode(l, n, v)
	e.evaluated[key] = t
	return t
}

func (e *engine) evalAtom(n *node, v *val) truth {
	switch n.op {
	case opIn:
		if v.kind == kNumber {
			return truthOf(n.set.nums != nil && n.set.hasNum(v.num))
		}
		return truthOf(n.set.nums == nil && n.set.has(v.str))
	case opGe:
		return truthOf(v.num.Cmp(n.num) >= 0)
	case opGt:
		return truthOf(v.num.Cmp(n.num) > 0)
	case opMult:
		return truthOf(multiple(v.num, n.num))
	case opLen:
		return truthOf(runes(v.str) >= n.n)
	case opProps:
		return truthOf(len(v.names) >= n.n)
	case opItems:
		return truthOf(len(v.items) >= n.n)
	}
	return unknown
}

func (e *engine) evalNode(l lit, n *node, v *val) truth {
	switch n.op {
	case opPat:
		return e.matches(n.text, v.str)
	case opFormat:
		return e.formatted(n.text, v.str)
	case opAnd:
		return e.evalAnd(l, n, v)
	case opOne:
		return e.evalOne(n, v)
	case opHas:
		any := no
		for i, name := range v.names {
			t := e.eval(n.kids[0], e.nameVal(name))
			if t != no {
				t = min2(t, e.eval(n.kids[1], v.fields[i]))
			}
			if t == yes {
				return yes
			}
			any = max(any, t)
		}
		return any
	case opAt:
		if n.n >= len(v.items) {
			return no
		}
		return e.eval(n.kids[0], v.items[n.n])
	case opMany:
		return e.evalMany(n, v)
	default: // opUnique
		texts := make([]string, len(v.items))
		for i, item := range v.items {
			texts[i] = item.text()
		}
		slices.Sort(texts)
		return truthOf(len(slices.Compact(texts)) == len(v.items))
	}
}

func (e *engine) evalAnd(l lit, n *node, v *val) truth {
	// What refused the last value often refuses the next one.
	last, known := e.refuser[l]
	if known && e.eval(last, v) == no {
		return no
	}
	all := yes
	for _, k := range n.kids {
		switch e.eval(k, v) {
		case no:
			e.refuser[l] = k
			return no
		case unknown:
			all = unknown
		}
	}
	return all
}

// min2 is the conjunction.
func min2(a, b truth) truth {
	if a == no || b == no {
		return no
	}
	if a == unknown || b == unknown {
		return unknown
	}
	return yes
}

func (e *engine) evalOne(n *node, v *val) truth {
	count, open := 0, 0
	for _, k := range n.kids {
		switch e.eval(k, v) {
		case yes:
			count++
		case unknown:
			open++
		}
	}
	switch {
	case count > 1:
		return no
	case open > 0:
		return unknown
	}
	return truthOf(count == 1)
}

func (e *engine) evalMany(n *node, v *val) truth {
	count, open := 0, 0
	for i := n.from; i < len(v.items); i++ {
		switch e.eval(n.kids[0], v.items[i]) {
		case yes:
			count++
		case unknown:
			open++
		}
	}
	switch {
	case count >= n.n:
		return yes
	case count+open >= n.n:
		return unknown
	}
	return no
}
