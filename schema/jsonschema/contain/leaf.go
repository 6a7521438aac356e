package contain

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// sortedKeys lists the keys of a map in order, because no answer may depend on
// the order of a map.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// leaf decides the cube of the asserted atoms. An opaque atom is left out: the
// cube that remains is larger, so it proves emptiness, but its values are only
// candidates.
func (s *solver) leaf() result {
	var r result
	switch s.kind {
	case kNumber:
		r = s.leafNumber()
	case kString:
		r = s.leafString()
	case kArray:
		r = (&arrayCube{solver: s}).solve()
	case kObject:
		r = (&objectCube{solver: s}).solve()
	default:
		r = foundResult(plainKinds[s.kind])
	}
	if r.status != found {
		return r
	}
	if s.vague {
		return result{status: open, value: r.value, reason: schema.ReasonKeyword("patternProperties"), low: free}
	}
	for _, a := range s.atoms {
		if n := s.at(a); n.op == opOpaque {
			return result{status: open, value: r.value, reason: schema.ReasonKeyword(n.reason), low: free}
		}
	}
	return r
}

// leafString decides a cube of strings.
func (s *solver) leafString() result {
	var in *set
	out := &set{}
	plain := true
	for _, a := range s.atoms {
		n := s.at(a)
		switch {
		case n.op == opIn && a.negated():
			out = out.or(n.set)
		case n.op == opIn && in != nil:
			in = in.and(n.set)
		case n.op == opIn:
			in = n.set
		case n.op == opPat || n.op == opFormat:
			plain = false
		}
	}
	switch {
	case in != nil:
		return s.listed(in)
	case s.least > schema.MaxWitnessBytes:
		return result{status: open, reason: schema.ReasonWitnessSize, low: free}
	case plain:
		s.charge(len(out.keys) / 16)
		if word, ok := freshWord(s.least, s.most, out); ok {
			return foundResult(strVal(word))
		}
		return emptyResult()
	}
	return s.regular(out)
}

// listed looks for the shortest member of a set that all atoms allow.
func (s *solver) listed(in *set) result {
	best, out := "", emptyResult()
	for _, word := range in.keys {
		v := s.nameVal(word)
		t := yes
		for _, a := range s.atoms {
			if n := s.at(a); n.op != opOpaque {
				t = min2(t, s.eval(a, v))
			}
		}
		switch {
		case t == no:
		case t == unknown && out.status == empty:
			out = result{status: open, value: v, reason: schema.ReasonKeyword("pattern"), low: free}
		case t == yes && (out.status != found || len(word) < len(best)):
			best, out = word, foundResult(v)
		}
	}
	return out
}

// alphabet are the characters that fresh words are made of, the plainest first.
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// freshWord is a shortest word in a window that is in no finite set: of words
// that differ in their last character, there are more than the set has members.
func freshWord(least, most int, out *set) (word string, ok bool) {
	for n := least; n < most && n <= least+1; n++ {
		if n == 0 {
			if !out.has("") {
				return "", true
			}
			continue
		}
		head := strings.Repeat("a", n-1)
		for i := range len(out.keys) + 1 {
			c := rune(0x4e00 + i)
			if i < len(alphabet) {
				c = rune(alphabet[i])
			}
			if w := head + string(c); !out.has(w) {
				return w, true
			}
		}
	}
	return "", false
}
