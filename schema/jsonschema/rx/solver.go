package rx

import (
	"errors"
	"slices"
)

// Limits bounds what a [Solver] may build. A zero field means its default.
type Limits struct {
	// States bounds the states of the automaton of one pattern; 10,000.
	States int
	// Product bounds the states of the product of the automata of one
	// question; 100,000.
	Product int
	// Steps bounds the steps of all questions of one solver together; none. A
	// step is a state of an automaton or of a product that is built or visited.
	Steps int
}

// The default limits.
const (
	defaultStates  = 10_000
	defaultProduct = 100_000
)

// Solver answers questions about languages. It keeps the automata of the
// patterns it has met, so one solver should serve all questions about one pair
// of schemas. Its answers depend on its inputs and limits alone. It is not safe
// for concurrent use.
type Solver struct {
	meter    *meter
	leaves   map[string]automaton
	products map[string]*product
}

// NewSolver returns a solver. step, if not nil, is told of every n steps taken;
// its error ends the question and is returned as it is.
func NewSolver(limits Limits, step func(n int) error) *Solver {
	if limits.States <= 0 {
		limits.States = defaultStates
	}
	if limits.Product <= 0 {
		limits.Product = defaultProduct
	}
	return &Solver{
		meter:    &meter{limits: limits, step: step},
		leaves:   map[string]automaton{},
		products: map[string]*product{},
	}
}

// Steps returns the number of steps taken so far.
func (s *Solver) Steps() int { return s.meter.used }

// ask answers one question about a product of automata. If there is no room
// beside the automata of former questions, they are dropped and it is asked once
// more, so that an answer does not depend on the questions before.
func (s *Solver) ask(l Lang, question func(*product)) error {
	reused := len(s.leaves) > 0
	err := s.try(l, question)
	if errors.Is(err, ErrStates) && reused {
		s.forget()
		err = s.try(l, question)
	}
	if err != nil {
		delete(s.products, l.Key())
	}
	return err
}

func (s *Solver) try(l Lang, question func(*product)) error {
	s.meter.err = nil
	if p := s.product(l); s.meter.err == nil {
		question(p)
	}
	return s.meter.err
}

// forget drops all automata.
func (s *Solver) forget() {
	clear(s.leaves)
	clear(s.products)
	s.meter.cells = 0
}

// keptProducts bounds the products that are kept for further questions.
const keptProducts = 16

func (s *Solver) product(l Lang) *product {
	if p, ok := s.products[l.Key()]; ok {
		return p
	}
	g := &gather{index: map[string]int{}}
	f := g.formula(l)
	var leaves []automaton
	for _, t := range g.leaves {
		a := s.leaf(t)
		if a == nil {
			return nil
		}
		leaves = append(leaves, a)
	}
	p := newProduct(s.meter, f, leaves, g.stretches())
	if len(s.products) >= keptProducts {
		clear(s.products)
	}
	s.products[l.Key()] = p
	return p
}

// leaf returns the automaton of a pattern or a word list.
func (s *Solver) leaf(t *term) automaton {
	if a, ok := s.leaves[t.key]; ok {
		return a
	}
	var a automaton
	if t.op == opMatch {
		a = newMachine(t.prog, placeTop, s.meter)
	} else if list := newTrie(t.words); list != nil {
		s.meter.spend(len(list.next) / 64)
		s.meter.hold(8 * len(list.next))
		a = list
	} else {
		s.meter.give(ErrStates)
		return nil
	}
	s.leaves[t.key] = a
	return a
}

// listed returns the words of l in the order of [Solver.Words] if l is, or is
// narrowed by, a word list.
func (s *Solver) listed(l Lang) (words []string, ok bool, err error) {
	t := l.term()
	candidates := t.words
	if t.op == opAnd {
		for _, part := range t.subs {
			if part.term().op == opWords {
				candidates = part.term().words
			}
		}
	}
	if candidates == nil {
		return nil, t.op == opNone, nil
	}
	for _, w := range candidates {
		in, err := s.Contains(l, w)
		if err != nil {
			return nil, true, err
		}
		if in {
			words = append(words, w)
		}
	}
	slices.SortStableFunc(words, preferWord)
	return words, true, nil
}

// preferWord orders words: shorter first, then by the preference of characters.
func preferWord(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) != len(y) {
		return len(x) - len(y)
	}
	for i := range x {
		if x[i] != y[i] {
			if p, q := tierOf(x[i]), tierOf(y[i]); p != q {
				return p - q
			}
			return int(x[i] - y[i])
		}
	}
	return 0
}

// Empty reports whether l has no word.
func (s *Solver) Empty(l Lang) (bool, error) {
	if words, ok, err := s.listed(l); ok {
		return len(words) == 0, err
	}
	empty := false
	err := s.ask(l, func(p *product) { empty = newWalker(p).empty() })
	return empty && err == nil, err
}

// Shortest returns the first word of [Solver.Words]; found is false if l is
// empty.
func (s *Solver) Shortest(l Lang) (word string, found bool, err error) {
	if words, ok, err := s.listed(l); ok {
		if err != nil || len(words) == 0 {
			return "", false, err
		}
		return words[0], true, nil
	}
	err = s.ask(l, func(p *product) { word, found = newWalker(p).shortest() })
	if err != nil {
		return "", false, err
	}
	return word, found, nil
}

// Words returns the n first words of l, or all if there are fewer: shorter ones
// first, and among equally long ones those of ordinary characters, 'a' to 'z',
// then digits. It fails with [ErrLong] if fewer than n words are within
// [MaxWord] though longer ones exist.
func (s *Solver) Words(l Lang, n int) ([]string, error) {
	words, ok, err := s.listed(l)
	if !ok {
		err = s.list(l, func(list *lister) { words = list.first(n) })
	}
	if err != nil {
		return nil, err
	}
	return words[:min(n, len(words))], nil
}

// list answers a question about many words. A small product is trimmed first,
// so that no dead end is followed; a large one need not be built whole.
func (s *Solver) list(l Lang, question func(*lister)) error {
	const small = 2_000
	err := s.ask(l, func(p *product) {
		if p.explore(small) {
			p.trim()
		}
	})
	switch {
	case errors.Is(err, ErrStates):
		s.forget()
	case err != nil:
		return err
	}
	return s.ask(l, func(p *product) {
		if p.trimmed || !newWalker(p).empty() {
			question(newLister(p))
		}
	})
}

// Count returns the number of words of l, but n if there are more.
func (s *Solver) Count(l Lang, n int) (int, error) {
	if words, ok, err := s.listed(l); ok {
		return min(len(words), n), err
	}
	count := 0
	err := s.ask(l, func(p *product) {
		if s.whole(p) && !newWalker(p).finite() {
			count = n
		} else if s.meter.err == nil {
			count = newWalker(p).count(n)
		}
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// whole builds and trims a product.
func (s *Solver) whole(p *product) bool {
	if !p.trimmed && p.explore(s.meter.limits.Product+1) {
		p.trim()
	}
	return p.trimmed
}

// Finite reports whether l has finitely many words.
func (s *Solver) Finite(l Lang) (bool, error) {
	if _, ok, err := s.listed(l); ok {
		return err == nil, err
	}
	finite := false
	err := s.ask(l, func(p *product) { finite = s.whole(p) && newWalker(p).finite() })
	return finite && err == nil, err
}

// Subset reports whether every word of a is in b. The words that are not are
// And(a, Not(b)).
func (s *Solver) Subset(a, b Lang) (bool, error) { return s.Empty(And(a, Not(b))) }

// Equal reports whether a and b have the same words.
func (s *Solver) Equal(a, b Lang) (bool, error) {
	if a.Key() == b.Key() {
		return true, nil
	}
	return s.Empty(Or(And(a, Not(b)), And(b, Not(a))))
}

// Contains reports whether a word is in l. It counts as one step for every 64
// instructions that a character may meet.
func (s *Solver) Contains(l Lang, word string) (bool, error) {
	s.meter.err = nil
	if !s.meter.spend(1 + len(word)*l.cost()/64) {
		return false, s.meter.err
	}
	return l.Contains(word), nil
}
