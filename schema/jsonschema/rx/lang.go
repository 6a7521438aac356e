package rx

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// Lang is a set of words. It is an immutable value; the zero value is the empty
// set. Building one costs little: nothing is decided before a [Solver] is asked.
type Lang struct{ t *term }

type op byte

const (
	opNone op = iota
	opAny
	opMatch  // the words that a program accepts
	opWords  // a finite list
	opWindow // the words of a length between lo and hi
	opAnd
	opOr
	opNot
)

// term is a node of the formula. Equal structure has equal keys.
type term struct {
	op     op
	key    string
	prog   *prog
	words  []string // sorted, distinct
	lo, hi int      // hi < 0: no upper bound
	subs   []Lang   // sorted by key
}

var (
	noneTerm = &term{op: opNone, key: "0"}
	anyTerm  = &term{op: opAny, key: "1"}
)

func (l Lang) term() *term {
	if l.t == nil {
		return noneTerm
	}
	return l.t
}

// Any is the set of all words.
func Any() Lang { return Lang{anyTerm} }

// None is the empty set.
func None() Lang { return Lang{noneTerm} }

// Matching is the set of the words that contain a match of a pattern.
func Matching(p *Pattern) Lang { return p.lang }

// Words is a finite set of words.
func Words(words ...string) Lang {
	if len(words) == 0 {
		return None()
	}
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string([]rune(w)) // a byte that is no UTF-8 counts as U+FFFD
	}
	slices.Sort(list)
	list = slices.Compact(list)
	h := newHasher(opWords)
	for _, w := range list {
		h.text(w)
	}
	return Lang{&term{op: opWords, key: h.key(), words: list}}
}

// Length is the set of the words whose length in code points is between low
// and high; a negative high is no bound.
func Length(low, high int) Lang {
	low, high = max(low, 0), max(high, -1)
	switch {
	case low == 0 && high < 0:
		return Any()
	case high >= 0 && low > high:
		return None()
	}
	h := newHasher(opWindow)
	h.number(low)
	h.number(high)
	return Lang{&term{op: opWindow, key: h.key(), lo: low, hi: high}}
}

// Not is the set of all words but those of l.
func Not(l Lang) Lang {
	t := l.term()
	switch t.op {
	case opNone:
		return Any()
	case opAny:
		return None()
	case opNot:
		return t.subs[0]
	case opWindow:
		// A window that is open at one end has a window as its complement.
		if t.hi < 0 {
			return Length(0, t.lo-1)
		}
		if t.lo == 0 {
			return Length(t.hi+1, -1)
		}
	}
	h := newHasher(opNot)
	h.text(t.key)
	return Lang{&term{op: opNot, key: h.key(), subs: []Lang{l}}}
}

// And is the set of the words that are in every one of the languages.
func And(langs ...Lang) Lang { return combine(opAnd, langs) }

// Or is the set of the words that are in some of the languages.
func Or(langs ...Lang) Lang { return combine(opOr, langs) }

// combine builds a conjunction or, with every role swapped, a disjunction.
func combine(o op, langs []Lang) Lang {
	neutral, absorbing := opAny, opNone
	if o == opOr {
		neutral, absorbing = opNone, opAny
	}
	g := gatherer{op: o}
	for _, l := range langs {
		g.add(l)
	}
	parts := g.parts()
	keys := make(map[string]bool, len(parts))
	kept := parts[:0]
	for _, l := range parts {
		switch {
		case l.term().op == absorbing:
			return l
		case l.term().op == neutral || keys[l.Key()]:
			continue
		}
		keys[l.Key()] = true
		kept = append(kept, l)
	}
	for _, l := range kept {
		if t := l.term(); t.op == opNot && keys[t.subs[0].Key()] {
			return Lang{constant(absorbing)}
		}
	}
	switch len(kept) {
	case 0:
		return Lang{constant(neutral)}
	case 1:
		return kept[0]
	}
	slices.SortFunc(kept, func(a, b Lang) int { return strings.Compare(a.Key(), b.Key()) })
	h := newHasher(o)
	for _, l := range kept {
		h.text(l.Key())
	}
	return Lang{&term{op: o, key: h.key(), subs: kept}}
}

func constant(o op) *term {
	if o == opAny {
		return anyTerm
	}
	return noneTerm
}

// gatherer flattens the parts of a conjunction (or disjunction) and joins those
// that can be joined without deciding anything: windows, and word lists.
type gatherer struct {
	op       op
	rest     []Lang
	in, out  []string // the words of the lists, and of the negated lists
	ins, not bool     // whether there are any such lists
	windowed bool
	lo, hi   int
}

func (g *gatherer) add(l Lang) {
	t := l.term()
	switch {
	case t.op == g.op:
		for _, s := range t.subs {
			g.add(s)
		}
	case t.op == opWords:
		g.in = g.merge(g.in, t.words, g.ins, g.op == opAnd)
		g.ins = true
	case t.op == opNot && t.subs[0].term().op == opWords:
		g.out = g.merge(g.out, t.subs[0].term().words, g.not, g.op == opOr)
		g.not = true
	case t.op == opWindow && g.op == opAnd:
		g.window(t)
	default:
		g.rest = append(g.rest, l)
	}
}

// merge intersects or unites lists. An intersection stays sorted, a union is
// sorted when all is gathered.
func (g *gatherer) merge(have, more []string, some, intersect bool) []string {
	if !some {
		return slices.Clone(more)
	}
	if !intersect {
		return append(have, more...)
	}
	return slices.DeleteFunc(have, func(w string) bool {
		_, found := slices.BinarySearch(more, w)
		return !found
	})
}

func (g *gatherer) window(t *term) {
	if !g.windowed {
		g.windowed, g.lo, g.hi = true, t.lo, t.hi
		return
	}
	g.lo = max(g.lo, t.lo)
	if g.hi < 0 || (t.hi >= 0 && t.hi < g.hi) {
		g.hi = t.hi
	}
}

func (g *gatherer) parts() []Lang {
	parts := g.rest
	if g.ins {
		parts = append(parts, Words(g.in...))
	}
	if g.not {
		parts = append(parts, Not(Words(g.out...)))
	}
	if g.windowed {
		parts = append(parts, Length(g.lo, g.hi))
	}
	return parts
}

// Key identifies the structure of a language: equal keys are equal languages,
// though equal languages may have different keys. It is not readable text.
func (l Lang) Key() string { return l.term().key }

// IsAny reports whether l was built as the set of all words; false says nothing.
func (l Lang) IsAny() bool { return l.term().op == opAny }

// IsNone reports whether l was built as the empty set; false says nothing.
func (l Lang) IsNone() bool { return l.term().op == opNone }

// hasher builds keys: a digest of the operation and its length-prefixed parts.
type hasher struct{ b []byte }

func newHasher(o op) *hasher { return &hasher{b: []byte{byte(o)}} }

func (h *hasher) number(n int) { h.b = binary.AppendVarint(h.b, int64(n)) }

func (h *hasher) text(s string) {
	h.number(len(s))
	h.b = append(h.b, s...)
}

func (h *hasher) key() string {
	sum := sha256.Sum256(h.b)
	return string(sum[:])
}

// listed reports whether a word list has a word.
func (t *term) listed(word string) bool {
	_, found := slices.BinarySearch(t.words, word)
	return found
}

// admits reports whether a window has a length.
func (t *term) admits(length int) bool { return length >= t.lo && (t.hi < 0 || length <= t.hi) }
