package rx

import "unicode/utf8"

// run matches the programs of one pattern against one text, in time and memory
// proportional to the product and the sum of their sizes: the look-aheads from
// the end of the text backwards, all else forwards. It builds no automaton.
type run struct {
	shared *shared
	class  []int32 // by character
}

// match reports whether a word contains a match.
func (p *prog) match(word string) bool {
	r := &run{shared: p.shared, class: make([]int32, 0, len(word))}
	for _, c := range word {
		r.class = append(r.class, p.shared.alphabet.classOf(c))
	}
	matched := r.forward(p, true)
	return matched[len(matched)-1]
}

func (r *run) before(at int) context {
	if at == 0 {
		return isEdge
	}
	return r.shared.context[r.class[at-1]]
}

func (r *run) after(at int) context {
	if at == len(r.class) {
		return isEdge
	}
	return r.shared.context[r.class[at]]
}

// places are the answers for the look-arounds of a program: whether one matches
// after a place, or has matched before it.
type places struct{ looks, behinds [][]bool }

func (r *run) places(p *prog) places {
	var l places
	for _, look := range p.looks {
		l.looks = append(l.looks, r.backward(look))
	}
	for _, behind := range p.behinds {
		l.behinds = append(l.behinds, r.forward(behind, false))
	}
	return l
}

// passes reports whether an instruction that reads nothing is passed at a place.
func (r *run) passes(i *inst, l places, at int) bool {
	switch i.op {
	case instAssert:
		if holds, known := i.cond.before(r.before(at)); known {
			return holds
		}
		return i.cond.between(r.before(at), r.after(at))
	case instLook:
		return l.looks[i.arg][at] != i.negated
	case instBehind:
		return l.behinds[i.arg][at] != i.negated
	}
	return i.op == instSplit
}

// forward returns for each place whether a match ends there; if any is true, the
// first is enough, and is carried to the end.
func (r *run) forward(p *prog, anyEnd bool) []bool {
	l, matched := r.places(p), make([]bool, len(r.class)+1)
	seen := make([]int, len(p.insts)) // the place, plus one, at which an instruction was reached last
	var now, next, stack []int32
	for at := range matched {
		stack = append(append(stack[:0], p.start), now...)
		next = next[:0]
		for len(stack) > 0 {
			pc := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[pc] == at+1 {
				continue
			}
			seen[pc] = at + 1
			switch i := &p.insts[pc]; {
			case i.op == instMatch:
				matched[at] = true
			case i.op == instRune:
				if at < len(r.class) && r.shared.has[i.arg][r.class[at]] {
					next = append(next, i.x)
				}
			case r.passes(i, l, at):
				stack = append(stack, i.x)
				if i.op == instSplit {
					stack = append(stack, i.y)
				}
			}
		}
		if anyEnd && matched[at] {
			matched[len(matched)-1] = true
			break
		}
		now, next = next, now
	}
	return matched
}

// backward returns for each place whether a match begins there.
func (r *run) backward(p *prog) []bool {
	l, begins := r.places(p), make([]bool, len(r.class)+1)
	var later []bool // by instruction: whether a match is reached from the next place
	for at := len(r.class); at >= 0; at-- {
		good := make([]bool, len(p.insts))
		for changed := true; changed; {
			changed = false
			for pc := range p.insts {
				if !good[pc] && r.leads(&p.insts[pc], l, at, good, later) {
					good[pc], changed = true, true
				}
			}
		}
		begins[at], later = good[p.start], good
	}
	return begins
}

// leads reports whether an instruction leads to a match, as far as is known.
func (r *run) leads(i *inst, l places, at int, good, later []bool) bool {
	switch i.op {
	case instMatch:
		return true
	case instRune:
		return later != nil && later[i.x] && r.shared.has[i.arg][r.class[at]]
	case instSplit:
		return good[i.x] || good[i.y]
	}
	return good[i.x] && r.passes(i, l, at)
}

// Contains reports whether a word is in l, in time proportional to the length of
// the word times the size of the patterns.
func (l Lang) Contains(word string) bool {
	if !utf8.ValidString(word) {
		word = string([]rune(word)) // a byte that is no UTF-8 counts as U+FFFD
	}
	return l.contains(word, utf8.RuneCountInString(word))
}

func (l Lang) contains(word string, length int) bool {
	switch t := l.term(); t.op {
	case opAny:
		return true
	case opMatch:
		return t.prog.match(word)
	case opWords:
		return t.listed(word)
	case opWindow:
		return t.admits(length)
	case opNot:
		return !t.subs[0].contains(word, length)
	case opAnd, opOr:
		for _, s := range t.subs {
			if s.contains(word, length) == (t.op == opOr) {
				return t.op == opOr
			}
		}
		return t.op == opAnd
	}
	return false
}

// cost bounds the work of Contains for each character of a word.
func (l Lang) cost() int {
	t := l.term()
	n := 1
	if t.op == opMatch {
		n += t.prog.size()
	}
	for _, s := range t.subs {
		n += s.cost()
	}
	return n
}

// size is the number of instructions, those of look-arounds included.
func (p *prog) size() int {
	n := len(p.insts)
	for _, sub := range p.looks {
		n += sub.size()
	}
	for _, sub := range p.behinds {
		n += sub.size()
	}
	return n
}
