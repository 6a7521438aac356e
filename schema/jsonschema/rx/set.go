package rx

import (
	"slices"
	"sync"
	"unicode"
)

// span is a range of runes, both ends included.
type span struct{ lo, hi rune }

// set is a set of runes: sorted spans with a gap between each two. Surrogates
// are no characters and are never members.
type set []span

const (
	firstSurrogate = 0xd800
	lastSurrogate  = 0xdfff
)

// everything is the alphabet: every Unicode scalar value.
var everything = set{{0, firstSurrogate - 1}, {lastSurrogate + 1, unicode.MaxRune}}

// newSet puts spans in order, joins them, and takes the surrogates out.
func newSet(spans ...span) set {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int { return int(a.lo - b.lo) })
	var joined set
	for _, s := range spans {
		if n := len(joined); n > 0 && s.lo <= joined[n-1].hi+1 {
			joined[n-1].hi = max(joined[n-1].hi, s.hi)
			continue
		}
		joined = append(joined, s)
	}
	return joined.intersect(everything)
}

func (s set) has(r rune) bool {
	i, found := slices.BinarySearchFunc(s, r, func(p span, r rune) int {
		switch {
		case p.hi < r:
			return -1
		case p.lo > r:
			return 1
		}
		return 0
	})
	return found && i < len(s)
}

func (s set) union(t set) set { return newSet(append(slices.Clone(s), t...)...) }

func (s set) intersect(t set) set {
	var out set
	for i, j := 0, 0; i < len(s) && j < len(t); {
		lo, hi := max(s[i].lo, t[j].lo), min(s[i].hi, t[j].hi)
		if lo <= hi {
			out = append(out, span{lo, hi})
		}
		if s[i].hi < t[j].hi {
			i++
		} else {
			j++
		}
	}
	return out
}

// complement returns the rest of the alphabet.
func (s set) complement() set {
	var out set
	next := rune(0)
	for _, p := range s {
		if next < p.lo {
			out = append(out, span{next, p.lo - 1})
		}
		next = p.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, span{next, unicode.MaxRune})
	}
	return out.intersect(everything)
}

func (s set) minus(t set) set { return s.intersect(t.complement()) }

// cased holds every rune that differs from another in case only.
var cased = sync.OnceValue(func() set {
	return tables(unicode.Lu, unicode.Ll, unicode.Lt, unicode.Mn, unicode.Nl, unicode.So)
})

// fold adds every rune that is the same but for case (simple case folding).
func (s set) fold() set {
	spans := slices.Clone(s)
	for _, p := range s.intersect(cased()) {
		for r := p.lo; r <= p.hi; r++ {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				spans = append(spans, span{f, f})
			}
		}
	}
	return newSet(spans...)
}

// tableSet reads a table of package unicode.
func tableSet(t *unicode.RangeTable) set {
	var spans []span
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			spans = append(spans, span{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			spans = append(spans, span{r, r})
		}
	}
	for _, r := range t.R16 {
		add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for _, r := range t.R32 {
		add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	return newSet(spans...)
}

// The classes that ECMAScript names.
var (
	digits   = set{{'0', '9'}}
	wordSet  = set{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	foldWord = set{{0x17f, 0x17f}, {0x212a, 0x212a}} // word characters of the i flag besides
	newlines = set{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}
	spaces   = set{
		{'\t', '\r'},
		{' ', ' '},
		{0xa0, 0xa0},
		{0x1680, 0x1680},
		{0x2000, 0x200a},
		{0x2028, 0x2029},
		{0x202f, 0x202f},
		{0x205f, 0x205f},
		{0x3000, 0x3000},
		{0xfeff, 0xfeff},
	}
)
