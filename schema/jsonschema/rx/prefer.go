package rx

import (
	"sync"
	"unicode"
)

// tiers put all characters in the order in which words prefer them: what a
// person can read and type first, what no text should hold last.
var tiers = sync.OnceValue(func() []set {
	noncharacters := tableSet(unicode.Noncharacter_Code_Point)
	ascii := set{{0, 0x7f}}
	list := []set{
		{{'a', 'z'}},
		{{'0', '9'}},
		{{'A', 'Z'}},
		{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}},
		{{' ', ' '}},
		tables(unicode.L, unicode.N).minus(ascii),
		tables(unicode.P, unicode.S).minus(ascii),
		{{'\n', '\n'}},
		{{'\t', '\t'}},
		{{'\r', '\r'}},
		tables(unicode.M, unicode.Z, unicode.Cf).minus(ascii),
	}
	rest := everything
	for _, t := range list {
		rest = rest.minus(t)
	}
	controls := tableSet(unicode.Cc).intersect(rest)
	private := tableSet(unicode.Co).intersect(rest)
	plain := rest.minus(controls).minus(private).minus(noncharacters)
	return append(list, plain, private, controls, noncharacters)
})

// preferred returns the first n characters of a set in the order of tiers, and
// the tier of the first.
func (s set) preferred(n int) (runes []rune, tier int) {
	for i, t := range tiers() {
		for _, p := range s.intersect(t) {
			for r := p.lo; r <= p.hi && len(runes) < n; r++ {
				if len(runes) == 0 {
					tier = i
				}
				runes = append(runes, r)
			}
		}
		if len(runes) == n {
			break
		}
	}
	return runes, tier
}

// tierOf returns the tier of a character.
func tierOf(r rune) int {
	_, tier := set{{r, r}}.preferred(1)
	return tier
}
