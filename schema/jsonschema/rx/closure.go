package rx

// scratch collects threads without duplicates.
type scratch struct {
	list  []thread
	stack []thread
	seen  []uint32        // by instruction, for threads that owe nothing: the round it was seen in
	owing map[thread]bool // the other threads of this round
	round uint32
}

func (s *scratch) reset() {
	s.list, s.stack = s.list[:0], s.stack[:0]
	s.round++
	clear(s.owing)
}

// first reports whether a thread is seen for the first time in this round.
func (s *scratch) first(t thread) bool {
	if t.duties == 0 {
		if s.seen[t.pc] == s.round {
			return false
		}
		s.seen[t.pc] = s.round
		return true
	}
	if s.owing[t] {
		return false
	}
	if s.owing == nil {
		s.owing = map[thread]bool{}
	}
	s.owing[t] = true
	return true
}

// push adds a thread at a place whose left neighbour is given, having followed
// every instruction that does not depend on the right neighbour.
func (a *machine) push(pc, duties int32, before context) {
	s := &a.scratch
	s.stack = append(s.stack, thread{pc, duties})
	for len(s.stack) > 0 {
		t := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		if !s.first(t) {
			continue
		}
		switch i := &a.prog.insts[t.pc]; i.op {
		case instSplit:
			s.stack = append(s.stack, thread{i.y, t.duties}, thread{i.x, t.duties})
		case instAssert:
			holds, known := i.cond.before(before)
			if !known {
				s.list = append(s.list, t)
			} else if holds {
				s.stack = append(s.stack, thread{i.x, t.duties})
			}
		case instLook:
			list, ok := a.owe(append([]duty(nil), a.duties[t.duties]...), i.arg, a.looks[i.arg].beginAt(before))
			if ok {
				s.stack = append(s.stack, thread{i.x, a.dutySet(list)})
			}
		case instFail:
		default:
			s.list = append(s.list, t)
		}
		if a.meter.err != nil {
			s.stack = s.stack[:0]
			return
		}
	}
}

// restarts are the threads of a match that begins at a place.
func (a *machine) restarts(before context) []thread {
	list, ok := a.restart[before]
	if !ok {
		saved := a.scratch
		a.scratch = scratch{seen: make([]uint32, len(a.prog.insts)), round: 1}
		a.push(a.prog.start, 0, before)
		list = a.scratch.list
		a.scratch = saved
		if a.meter.err == nil {
			a.restart[before] = list
		}
	}
	return list
}

// closure returns the threads of a state that read a character or have matched,
// given the right neighbour.
func (a *machine) closure(s int32, after context) []thread {
	st := &a.states[s]
	a.scratch.reset()
	all := &a.scratch
	for _, t := range st.threads {
		a.push(t.pc, t.duties, st.before)
	}
	if a.mode != placeAhead {
		for _, t := range a.restarts(st.before) {
			if all.first(t) {
				all.list = append(all.list, t)
			}
		}
	}
	var out []thread
	for at := 0; at < len(all.list); at++ {
		t := all.list[at]
		i := &a.prog.insts[t.pc]
		switch i.op {
		case instAssert:
			if i.cond.between(st.before, after) {
				a.push(i.x, t.duties, st.before)
			}
		case instBehind:
			if a.behinds[i.arg].matched(st.behinds[i.arg], after) != i.negated {
				a.push(i.x, t.duties, st.before)
			}
		default:
			out = append(out, t)
		}
	}
	return out
}

// before decides a condition from the left neighbour alone, if that is enough.
func (c cond) before(b context) (holds, known bool) {
	switch c {
	case condBegin:
		return b&isEdge != 0, true
	case condBeginLine:
		return b&(isEdge|isNewline) != 0, true
	}
	return false, false
}

// between decides the other conditions.
func (c cond) between(before, after context) bool {
	switch c {
	case condEnd:
		return after&isEdge != 0
	case condEndLine:
		return after&(isEdge|isNewline) != 0
	case condWord:
		return (before^after)&isWord != 0
	case condNotWord:
		return (before^after)&isWord == 0
	case condFoldWord:
		return (before^after)&isFoldWord != 0
	case condNotFoldWord:
		return (before^after)&isFoldWord == 0
	}
	return false
}
