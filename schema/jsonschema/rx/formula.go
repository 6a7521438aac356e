package rx

import "slices"

// truth is a value of three-valued logic.
type truth int8

const (
	no truth = iota
	maybe
	yes
)

// formula is a language as a formula over automata and windows.
type formula struct {
	op     op
	leaf   int // of opMatch and opWords
	window *term
	subs   []*formula
}

// stretch is a range of lengths in which no window changes its mind; hi < 0 is
// no bound.
type stretch struct{ lo, hi int }

// gather compiles a language. Equal leaves have one number.
type gather struct {
	leaves []*term
	index  map[string]int
	cuts   []int // the lengths at which a window changes its mind
}

func (g *gather) formula(l Lang) *formula {
	t := l.term()
	f := &formula{op: t.op}
	switch t.op {
	case opMatch, opWords:
		n, ok := g.index[t.key]
		if !ok {
			n = len(g.leaves)
			g.index[t.key] = n
			g.leaves = append(g.leaves, t)
		}
		f.leaf = n
	case opWindow:
		f.window = t
		g.cuts = append(g.cuts, t.lo)
		if t.hi >= 0 {
			g.cuts = append(g.cuts, t.hi+1)
		}
	}
	for _, s := range t.subs {
		f.subs = append(f.subs, g.formula(s))
	}
	return f
}

// stretches returns the ranges of lengths between the cuts.
func (g *gather) stretches() []stretch {
	cuts := append(g.cuts, 0)
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	list := make([]stretch, len(cuts))
	for i, lo := range cuts {
		list[i] = stretch{lo, -1}
		if i+1 < len(cuts) {
			list[i].hi = cuts[i+1] - 1
		}
	}
	return list
}

// eval evaluates a formula, given the truth of its leaves and the length of the
// word; a negative length is not known.
func (f *formula) eval(leaf func(int) truth, length int) truth {
	switch f.op {
	case opAny:
		return yes
	case opMatch, opWords:
		return leaf(f.leaf)
	case opWindow:
		switch {
		case length < 0:
			return maybe
		case f.window.admits(length):
			return yes
		}
		return no
	case opNot:
		return yes - f.subs[0].eval(leaf, length)
	case opAnd, opOr:
		value := yes
		if f.op == opOr {
			value = no
		}
		for _, s := range f.subs {
			v := s.eval(leaf, length)
			if f.op == opAnd {
				value = min(value, v)
			} else {
				value = max(value, v)
			}
			if value == no && f.op == opAnd || value == yes && f.op == opOr {
				return value
			}
		}
		return value
	}
	return no
}

// relevant marks the leaves that can still change the value.
func (f *formula) relevant(leaf func(int) truth, mark []bool) {
	if f.eval(leaf, -1) != maybe {
		return
	}
	if f.op == opMatch || f.op == opWords {
		mark[f.leaf] = true
	}
	for _, s := range f.subs {
		s.relevant(leaf, mark)
	}
}
