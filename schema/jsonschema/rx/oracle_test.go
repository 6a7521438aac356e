package rx

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// sample is a pattern made for tests: its source, and a matcher that follows the
// text of ECMA-262, by backtracking over continuations. It shares no code with
// the parser and the automata.
type sample struct {
	source string
	match  matchFunc
	plain  bool // package regexp reads the source, and means the same
}

// text is what a matcher runs over; cont is what must match after it.
type (
	text      []rune
	cont      func(at int) bool
	matchFunc func(t text, at int, then cont) bool
)

// contains reports whether a word contains a match.
func (s sample) contains(word string) bool {
	t := text([]rune(word))
	for at := 0; at <= len(t); at++ {
		if s.match(t, at, func(int) bool { return true }) {
			return true
		}
	}
	return false
}

// letters of the words that tests try. The last three are not of one byte, and
// fold to s, to k, and end a line.
var tried = []rune{'a', 'b', '1', '-', '\n', 'S', 'ſ', '\u212a', '\u2028'}

func oneOf(source string, plain bool, member func(r rune) bool) sample {
	return sample{source, func(t text, at int, then cont) bool {
		return at < len(t) && member(t[at]) && then(at+1)
	}, plain}
}

func atoms() []sample {
	is := func(rs string) func(rune) bool { return func(r rune) bool { return strings.ContainsRune(rs, r) } }
	not := func(rs string) func(rune) bool { return func(r rune) bool { return !strings.ContainsRune(rs, r) } }
	word := is("ab1S")
	at := func(source string, plain bool, holds func(t text, at int) bool) sample {
		return sample{source, func(t text, i int, then cont) bool { return holds(t, i) && then(i) }, plain}
	}
	boundary := func(t text, i int) bool {
		return (i > 0 && word(t[i-1])) != (i < len(t) && word(t[i]))
	}
	return []sample{
		oneOf("a", true, is("a")), oneOf("b", true, is("b")), oneOf("1", true, is("1")), oneOf("S", true, is("S")),
		oneOf(`[ab]`, true, is("ab")), oneOf(`[^a]`, true, not("a")), oneOf(`[a-]`, true, is("a-")),
		oneOf(`.`, false, not("\n\u2028")), oneOf(`\w`, true, word), oneOf(`\W`, true, func(r rune) bool { return !word(r) }),
		oneOf(`\d`, true, is("1")), oneOf(`\s`, false, is("\n\u2028")), oneOf(`\S`, false, not("\n\u2028")),
		oneOf(`[^\d\n]`, true, not("1\n")), oneOf(`[^]`, false, func(rune) bool { return true }),
		oneOf(`[]`, false, func(rune) bool { return false }), oneOf(`\u2028`, false, is("\u2028")),
		oneOf(`\p{L}`, true, is("abSſ\u212a")), oneOf(`(?i:s)`, true, is("Sſ")), oneOf(`(?i:[^K])`, true, not("\u212a")),
		oneOf(`(?i:\w)`, true, is("ab1Sſ\u212a")), oneOf(`(?s:.)`, true, func(rune) bool { return true }),
		at(`^`, true, func(t text, i int) bool { return i == 0 }),
		at(`$`, true, func(t text, i int) bool { return i == len(t) }),
		at(`\b`, true, boundary), at(`\B`, true, func(t text, i int) bool { return !boundary(t, i) }),
		at(`(?m:^)`, false, func(t text, i int) bool { return i == 0 || is("\n\u2028")(t[i-1]) }),
		at(`(?m:$)`, false, func(t text, i int) bool { return i == len(t) || is("\n\u2028")(t[i]) }),
		{"", func(_ text, i int, then cont) bool { return then(i) }, true},
	}
}

func concat(a, b sample) sample {
	return sample{a.source + b.source, func(t text, at int, then cont) bool {
		return a.match(t, at, func(i int) bool { return b.match(t, i, then) })
	}, a.plain && b.plain}
}

func either(a, b sample) sample {
	return sample{"(?:" + a.source + "|" + b.source + ")", func(t text, at int, then cont) bool {
		return a.match(t, at, then) || b.match(t, at, then)
	}, a.plain && b.plain}
}

// repeat follows RepeatMatcher: once the least count is reached, a repetition
// that reads nothing is not tried again.
func repeat(a sample, low, high int, suffix string) sample {
	var from func(t text, at, done int, then cont) bool
	from = func(t text, at, done int, then cont) bool {
		if high < 0 || done < high {
			more := func(i int) bool {
				if i == at && done >= low {
					return false
				}
				return from(t, i, done+1, then)
			}
			if a.match(t, at, more) {
				return true
			}
		}
		return done >= low && then(at)
	}
	return sample{"(?:" + a.source + ")" + suffix, func(t text, at int, then cont) bool {
		return from(t, at, 0, then)
	}, a.plain}
}

func lookAhead(a sample, negated bool) sample {
	prefix := "(?="
	if negated {
		prefix = "(?!"
	}
	return sample{prefix + a.source + ")", func(t text, at int, then cont) bool {
		return a.match(t, at, func(int) bool { return true }) != negated && then(at)
	}, false}
}

func lookBehind(a sample, negated bool) sample {
	prefix := "(?<="
	if negated {
		prefix = "(?<!"
	}
	return sample{prefix + a.source + ")", func(t text, at int, then cont) bool {
		found := false
		for from := 0; from <= at && !found; from++ {
			found = a.match(t, from, func(i int) bool { return i == at })
		}
		return found != negated && then(at)
	}, false}
}

// drawSample draws a pattern. Look-arounds are drawn if they are wanted: ahead
// at any depth, behind at the top alone.
func drawSample(t *rapid.T, depth int, ahead, behind bool) sample {
	most := 4
	if ahead {
		most = 5
	}
	if behind {
		most = 6
	}
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, most).Draw(t, "kind")
	}
	sub := func() sample { return drawSample(t, depth-1, ahead, behind) }
	switch kind {
	case 1, 4:
		return concat(sub(), sub())
	case 2:
		return either(sub(), sub())
	case 3:
		low := rapid.IntRange(0, 2).Draw(t, "low")
		switch rapid.IntRange(0, 4).Draw(t, "quantifier") {
		case 0:
			return repeat(sub(), 0, -1, "*")
		case 1:
			return repeat(sub(), 1, -1, "+?")
		case 2:
			return repeat(sub(), 0, 1, "?")
		case 3:
			return repeat(sub(), low, -1, fmt.Sprintf("{%d,}", low))
		}
		high := low + rapid.IntRange(0, 2).Draw(t, "more")
		return repeat(sub(), low, high, fmt.Sprintf("{%d,%d}", low, high))
	case 5:
		return lookAhead(drawSample(t, depth-1, ahead, false), rapid.Bool().Draw(t, "negated"))
	case 6:
		return lookBehind(drawSample(t, depth-1, false, false), rapid.Bool().Draw(t, "negated"))
	}
	return rapid.SampledFrom(atoms()).Draw(t, "atom")
}

// triedWords are all words of the tried letters up to a length.
func triedWords(length int) []string {
	words, last := []string{""}, []string{""}
	for range length {
		var longer []string
		for _, w := range last {
			for _, r := range tried {
				longer = append(longer, string(utf8.AppendRune([]byte(w), r)))
			}
		}
		words, last = append(words, longer...), longer
	}
	return words
}
