package rx

import (
	"encoding/binary"
	"slices"
)

// machine is the deterministic automaton of a program, built state by state when
// a state is first asked for. It belongs to one solver.
//
// A state is a set of threads of the program, what the conditions may ask of the
// character before, and the states of the look-behinds, which run along. A
// thread carries obligations: the states of the look-aheads that it has passed
// and that what follows must still fulfil.
type machine struct {
	prog    *prog
	mode    placement
	meter   *meter
	looks   []*machine
	behinds []*machine
	states  []state
	index   map[string]int32
	duties  [][]duty // the sets of obligations; the first is empty
	dutyIDs map[string]int32
	restart map[context][]thread // what a match that begins here adds to a state
	scratch scratch
}

// thread is a place in a program with its obligations.
type thread struct{ pc, duties int32 }

// duty is a look-ahead that has begun, and its state.
type duty struct{ look, state int32 }

type state struct {
	threads []thread // sorted; without those of restart
	before  context
	behinds []int32
	next    []int32 // by class; nil until it is built
	final   byte    // whether the text may end here: 0 is not known, 1 no, 2 yes
}

// The first two states of every machine.
const (
	dead   int32 = 0 // no word that leads here is accepted, whatever follows
	sealed int32 = 1 // every word that leads here is accepted, whatever follows
)

func newMachine(p *prog, mode placement, m *meter) *machine {
	a := &machine{prog: p, mode: mode, meter: m, index: map[string]int32{}, dutyIDs: map[string]int32{"": 0}, restart: map[context][]thread{}}
	a.duties = [][]duty{nil}
	self := func(s int32) []int32 { return slices.Repeat([]int32{s}, p.shared.alphabet.n) }
	a.states = []state{{next: self(dead), final: 1}, {next: self(sealed), final: 2}}
	a.scratch.seen = make([]uint32, len(p.insts))
	for _, l := range p.looks {
		a.looks = append(a.looks, newMachine(l, placeAhead, m))
	}
	for _, b := range p.behinds {
		a.behinds = append(a.behinds, newMachine(b, placeBehind, m))
	}
	return a
}

// begin returns the state before the first character.
func (a *machine) begin() int32 { return a.beginAt(isEdge) }

// beginAt returns the first state at a place whose left neighbour is given.
func (a *machine) beginAt(before context) int32 {
	a.scratch.reset()
	if a.mode == placeAhead {
		a.push(a.prog.start, 0, before)
	}
	var behinds []int32
	for _, b := range a.behinds {
		behinds = append(behinds, b.beginAt(before))
	}
	return a.intern(a.scratch.list, before, behinds)
}

// step returns the state after a character of a class.
func (a *machine) step(s, class int32) int32 {
	if a.states[s].next == nil {
		a.build(s)
	}
	if next := a.states[s].next; next != nil {
		return next[class]
	}
	return dead // the meter holds the error
}

// accepts reports whether the text may end in a state.
func (a *machine) accepts(s int32) bool {
	final := a.states[s].final
	if final == 0 {
		final = 1
		for _, t := range a.closure(s, isEdge) {
			if a.prog.insts[t.pc].op == instMatch && a.fulfilled(t.duties) {
				final = 2
			}
		}
		if a.meter.err == nil {
			a.states[s].final = final
		}
	}
	return final == 2
}

func (a *machine) fulfilled(duties int32) bool {
	for _, d := range a.duties[duties] {
		if l := a.looks[d.look]; l.accepts(d.state) == a.negated(d.look) {
			return false
		}
	}
	return true
}

func (a *machine) negated(look int32) bool { return a.prog.looks[look].negated }

// matched reports whether a look-behind has matched up to the place between its
// state and a character (or the end).
func (a *machine) matched(s int32, after context) bool {
	for _, t := range a.closure(s, after) {
		if a.prog.insts[t.pc].op == instMatch {
			return true
		}
	}
	return false
}

// build fills in the successors of a state. Classes that no condition tells
// apart share the closure of the state, and neighbours that move the same
// threads share their successor.
func (a *machine) build(s int32) {
	shared := a.prog.shared
	next := make([]int32, shared.alphabet.n)
	done := make([]bool, len(next))
	a.meter.hold(len(next))
	for first := range next {
		if done[first] {
			continue
		}
		after := shared.context[first]
		threads := a.closure(s, after)
		if !a.meter.spend(1 + len(threads)/16 + len(threads)*len(next)/128) {
			return
		}
		var last []thread
		same := -1
		for class := first; class < len(next); class++ {
			if shared.context[class] != after {
				continue
			}
			done[class] = true
			moved, certain := a.move(threads, int32(class))
			switch {
			case certain:
				next[class] = sealed
			case same >= 0 && len(a.behinds) == 0 && slices.Equal(moved, last):
				next[class] = next[same]
			default:
				next[class] = a.arrive(s, moved, int32(class))
				last, same = moved, class
			}
		}
	}
	if a.meter.err == nil {
		a.states[s].next = next
	}
}

// move returns the threads that read a character of a class; certain is true if
// a thread had matched before it.
func (a *machine) move(threads []thread, class int32) (moved []thread, certain bool) {
	has := a.prog.shared.has
	for _, t := range threads {
		i := &a.prog.insts[t.pc]
		next := t.pc
		switch {
		case i.op == instRune && has[i.arg][class]:
			next = i.x
		case i.op == instMatch && a.mode != placeBehind:
			if t.duties == 0 {
				return nil, true
			}
		default:
			continue
		}
		if duties, ok := a.advance(t.duties, class); ok {
			moved = append(moved, thread{next, duties})
		}
	}
	return moved, false
}

// arrive returns the state that threads have reached from s over a character of
// a class.
func (a *machine) arrive(s int32, moved []thread, class int32) int32 {
	before := a.prog.shared.context[class]
	var behinds []int32
	for i, b := range a.behinds {
		behinds = append(behinds, b.step(a.states[s].behinds[i], class))
	}
	a.scratch.reset()
	for _, t := range moved {
		a.push(t.pc, t.duties, before)
	}
	return a.intern(a.scratch.list, before, behinds)
}

// advance moves obligations over a character; ok is false if one is broken.
func (a *machine) advance(duties, class int32) (next int32, ok bool) {
	if duties == 0 {
		return 0, true
	}
	var moved []duty
	for _, d := range a.duties[duties] {
		moved, ok = a.owe(moved, d.look, a.looks[d.look].step(d.state, class))
		if !ok {
			return 0, false
		}
	}
	return a.dutySet(moved), true
}

// owe adds an obligation unless its state already decides it.
func (a *machine) owe(list []duty, look, s int32) ([]duty, bool) {
	switch s {
	case dead:
		return list, a.negated(look)
	case sealed:
		return list, !a.negated(look)
	}
	return append(list, duty{look, s}), true
}

// dutySet numbers a set of obligations.
func (a *machine) dutySet(list []duty) int32 {
	slices.SortFunc(list, func(x, y duty) int {
		if x.look != y.look {
			return int(x.look - y.look)
		}
		return int(x.state - y.state)
	})
	list = slices.Compact(list)
	var key []byte
	for _, d := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(d.look))
		key = binary.LittleEndian.AppendUint32(key, uint32(d.state))
	}
	id, ok := a.dutyIDs[string(key)]
	if !ok {
		id = int32(len(a.duties))
		a.duties = append(a.duties, slices.Clone(list))
		a.dutyIDs[string(key)] = id
		if a.meter.hold(4 * len(list)); len(a.duties) > a.meter.limits.States {
			a.meter.give(ErrStates)
		}
	}
	return id
}

// intern returns the number of a state, a new one if need be.
func (a *machine) intern(threads []thread, before context, behinds []int32) int32 {
	if a.mode != placeBehind && a.certain(threads, before) {
		return sealed
	}
	if len(threads) == 0 && !a.mayBegin(before) {
		return dead
	}
	threads = a.reduce(slices.Clone(threads))
	key := make([]byte, 0, 8*len(threads)+4*len(behinds)+1)
	for _, t := range threads {
		key = binary.LittleEndian.AppendUint32(key, uint32(t.pc))
		key = binary.LittleEndian.AppendUint32(key, uint32(t.duties))
	}
	for _, b := range behinds {
		key = binary.LittleEndian.AppendUint32(key, uint32(b))
	}
	key = append(key, byte(before))
	id, ok := a.index[string(key)]
	if !ok {
		if a.meter.hold(4*len(threads) + len(behinds) + 16); len(a.states) >= a.meter.limits.States {
			a.meter.give(ErrStates)
		}
		if a.meter.err != nil {
			return dead
		}
		id = int32(len(a.states))
		a.states = append(a.states, state{threads: threads, before: before, behinds: behinds})
		a.index[string(key)] = id
	}
	return id
}

// mayBegin reports whether a match can still begin at a place or after it.
func (a *machine) mayBegin(before context) bool {
	switch {
	case a.mode == placeAhead:
		return false
	case a.mode == placeBehind || len(a.restarts(before)) > 0:
		return true
	}
	return slices.ContainsFunc(a.prog.shared.contexts, func(c context) bool { return len(a.restarts(c)) > 0 })
}

// certain reports whether a match is there that owes nothing.
func (a *machine) certain(threads []thread, before context) bool {
	match := func(t thread) bool { return t.duties == 0 && a.prog.insts[t.pc].op == instMatch }
	return slices.ContainsFunc(threads, match) || (a.mode == placeTop && slices.ContainsFunc(a.restarts(before), match))
}

// reduce sorts threads and drops each whose place is also reached owing less.
func (a *machine) reduce(threads []thread) []thread {
	slices.SortFunc(threads, func(x, y thread) int {
		if x.pc != y.pc {
			return int(x.pc - y.pc)
		}
		return int(x.duties - y.duties)
	})
	const most = 64 // comparing more of one place with each other costs too much
	kept := threads[:0:0]
	for from, to := 0, 0; from < len(threads); from = to {
		for to = from; to < len(threads) && threads[to].pc == threads[from].pc; to++ {
		}
		group := threads[from:to]
		if len(group) == 1 || len(group) > most {
			kept = append(kept, group...)
			continue
		}
		for i, t := range group {
			if !slices.ContainsFunc(group, func(u thread) bool { return u != group[i] && a.owesLess(u.duties, t.duties) }) {
				kept = append(kept, t)
			}
		}
	}
	return kept
}

// owesLess reports whether every obligation of one set is in another.
func (a *machine) owesLess(duties, than int32) bool {
	less, more := a.duties[duties], a.duties[than]
	for len(less) > 0 && len(more) > 0 {
		if less[0] == more[0] {
			less = less[1:]
		}
		more = more[1:]
	}
	return len(less) == 0
}
