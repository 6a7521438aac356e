package rx

import (
	"encoding/binary"
	"slices"
)

// automaton is what a leaf of a formula runs as. State [dead] is never left and
// never accepts; [sealed], which a machine alone has, is never left and accepts.
type automaton interface {
	begin() int32
	step(state, class int32) int32
	accepts(state int32) bool
	alphabet() *alphabet
}

func (a *machine) alphabet() *alphabet { return a.prog.shared.alphabet }

// product runs the automata of one question side by side, over the characters
// that none of them tells apart.
type product struct {
	meter     *meter
	formula   *formula
	leaves    []automaton
	local     [][]int32 // by leaf and class: the leaf's own class
	sets      []set     // by class; the classes are in order of preference
	runes     []rune    // by class: the preferred character
	stretches []stretch
	states    []place
	index     map[string]int32
	start     int32
	trimmed   bool // until takes into account what is reachable
}

// place is a state of a product.
type place struct {
	at   []int32 // the states of the leaves
	next []int32 // by class; nil until it is built
	// until is the last stretch in which a word may be accepted that leads here
	// or further; -1 is never.
	until int
}

func newProduct(m *meter, f *formula, leaves []automaton, stretches []stretch) *product {
	p := &product{meter: m, formula: f, leaves: leaves, stretches: stretches, index: map[string]int32{}}
	p.classes()
	p.states = []place{{until: -1, next: make([]int32, len(p.sets))}}
	at := make([]int32, len(leaves))
	for i, l := range leaves {
		at[i] = l.begin()
	}
	p.start = p.intern(at)
	return p
}

// classes sorts the common classes of the leaves by preference.
func (p *product) classes() {
	all := make([]*alphabet, len(p.leaves))
	for i, l := range p.leaves {
		all[i] = l.alphabet()
	}
	common, local := meet(all)
	type class struct {
		id   int
		tier int
		rune rune
		set  set
	}
	list := make([]class, common.n)
	for i, id := range common.ids {
		if id >= 0 {
			list[id].set = append(list[id].set, common.run(i))
		}
	}
	for id := range list {
		c := &list[id]
		runes, tier := c.set.preferred(1)
		c.id, c.tier, c.rune = id, tier, runes[0]
	}
	slices.SortFunc(list, func(a, b class) int {
		if a.tier != b.tier {
			return a.tier - b.tier
		}
		return int(a.rune - b.rune)
	})
	p.local = make([][]int32, len(local))
	for _, c := range list {
		p.sets, p.runes = append(p.sets, c.set), append(p.runes, c.rune)
		for leaf := range local {
			p.local[leaf] = append(p.local[leaf], local[leaf][c.id])
		}
	}
}

// intern numbers a state; state 0 is the one from which nothing is accepted.
func (p *product) intern(at []int32) int32 {
	truths := func(leaf int) truth {
		switch at[leaf] {
		case dead:
			return no
		case sealed:
			return yes
		}
		return maybe
	}
	if len(at) > 2 {
		mark := make([]bool, len(at))
		p.formula.relevant(truths, mark)
		for i := range at {
			if at[i] != sealed && !mark[i] {
				at[i] = dead // whatever it does, the value is the same
			}
		}
	}
	key := make([]byte, 0, 4*len(at))
	for _, s := range at {
		key = binary.LittleEndian.AppendUint32(key, uint32(s))
	}
	id, ok := p.index[string(key)]
	if ok || p.meter.err != nil {
		return id
	}
	until := len(p.stretches) - 1
	for ; until >= 0; until-- {
		if p.formula.eval(truths, p.stretches[until].lo) != no {
			break
		}
	}
	if until >= 0 {
		id = int32(len(p.states))
		if p.meter.hold(len(at) + 16); len(p.states) > p.meter.limits.Product {
			p.meter.give(ErrStates)
		}
		if p.meter.err != nil {
			return 0
		}
		p.states = append(p.states, place{at: slices.Clone(at), until: until})
	}
	p.index[string(key)] = id
	return id
}

// next returns the successors of a state by class.
func (p *product) next(s int32) []int32 {
	if next := p.states[s].next; next != nil {
		return next
	}
	next := make([]int32, len(p.sets))
	if p.meter.hold(len(next)); !p.meter.spend(1 + len(next)/64) {
		return next
	}
	at, moved := p.states[s].at, make([]int32, len(p.leaves))
	last := make([]int32, len(p.leaves)) // where the class before leads to
	for class := range next {
		for i, l := range p.leaves {
			moved[i] = l.step(at[i], p.local[i][class])
		}
		if class > 0 && slices.Equal(moved, last) {
			next[class] = next[class-1]
			continue
		}
		copy(last, moved)
		next[class] = p.intern(moved)
	}
	if p.meter.err == nil {
		p.states[s].next = next
	}
	return next
}

// accepts reports whether a word whose length is in a stretch and which leads to
// a state is in the language.
func (p *product) accepts(s int32, stretch int) bool {
	if s == 0 || stretch > p.states[s].until {
		return false
	}
	at := p.states[s].at
	leaf := func(i int) truth {
		if p.leaves[i].accepts(at[i]) {
			return yes
		}
		return no
	}
	return p.formula.eval(leaf, p.stretches[stretch].lo) == yes
}

// explore builds every state, and reports whether that took no more than most
// of them.
func (p *product) explore(most int) bool {
	for s := p.start; int(s) < len(p.states); s++ {
		if len(p.states) > most {
			return false
		}
		p.next(s)
		if p.meter.err != nil {
			return false
		}
	}
	return true
}

// trim sets until by what can be reached. All states must have been built.
func (p *product) trim() {
	if p.trimmed {
		return
	}
	from := make([][]int32, len(p.states))
	for s := range p.states {
		for _, to := range p.next(int32(s)) {
			if l := from[to]; to != 0 && (len(l) == 0 || l[len(l)-1] != int32(s)) {
				from[to] = append(l, int32(s))
			}
		}
	}
	until := slices.Repeat([]int{-1}, len(p.states))
	for stretch := len(p.stretches) - 1; stretch >= 0; stretch-- {
		var queue []int32
		reach := func(s int32) {
			if until[s] < 0 {
				until[s] = stretch
				queue = append(queue, s)
			}
		}
		for s := range p.states {
			if p.accepts(int32(s), stretch) {
				reach(int32(s))
			}
		}
		for len(queue) > 0 {
			s := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for _, f := range from[s] {
				reach(f)
			}
		}
	}
	for s := range p.states {
		p.states[s].until = until[s]
	}
	p.trimmed = p.meter.err == nil
}
