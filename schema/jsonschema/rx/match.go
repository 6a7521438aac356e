package rx

// The bounds of what a matcher keeps.
const (
	matcherStates  = 4096
	matcherThreads = 1 << 18
)

// matcher runs a program over words. Unlike a machine in a product it may forget
// its states, so that a long word never exceeds a limit.
type matcher struct{ *machine }

func newMatcher(p *prog) *matcher {
	free := &meter{limits: Limits{States: 1 << 30}}
	return &matcher{newMachine(p, placeTop, free)}
}

// match reports whether a word contains a match.
func (a *matcher) match(word string) bool {
	letters, context := a.prog.shared.alphabet, a.prog.shared.context
	s := a.begin()
	for _, r := range word {
		if s == dead || s == sealed {
			break
		}
		class := letters.classOf(r)
		s = a.follow(s, a.closure(s, context[class]), class)
		if len(a.states) > matcherStates || a.held > matcherThreads {
			s = a.forget(s)
		}
	}
	return a.accepts(s)
}

// forget drops all states but one, and returns its new number.
func (a *matcher) forget(s int32) int32 {
	if s == dead || s == sealed {
		return s
	}
	kept := a.states[s]
	a.states, a.held = a.states[:2], 0
	clear(a.index)
	return a.intern(kept.threads, kept.before, kept.behinds)
}

// Contains reports whether a word is in l. [Solver.Contains] is faster for many
// words.
func (l Lang) Contains(word string) bool {
	return l.contains(word, -1, newMatcher)
}

// contains evaluates the formula of l for a word; length is its length if known.
func (l Lang) contains(word string, length int, matcherOf func(*prog) *matcher) bool {
	switch t := l.term(); t.op {
	case opAny:
		return true
	case opMatch:
		return matcherOf(t.prog).match(word)
	case opWords:
		return t.listed(word)
	case opWindow:
		if length < 0 {
			length = len([]rune(word))
		}
		return t.admits(length)
	case opNot:
		return !t.subs[0].contains(word, length, matcherOf)
	case opAnd, opOr:
		for _, s := range t.subs {
			if s.contains(word, length, matcherOf) == (t.op == opOr) {
				return t.op == opOr
			}
		}
		return t.op == opAnd
	}
	return false
}
