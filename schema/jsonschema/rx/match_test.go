package rx

import (
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAgainstSpecification compares random patterns, look-around included, with
// the matcher of the specification: every short word, alone and as the list of
// all words of the language.
func TestAgainstSpecification(t *testing.T) {
	words := triedWords(3)
	within := And(parse(t, `^[ab1\-\nSſ\u212a\u2028]*$`), Length(0, 3))
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 4, true, true)
		p, err := Parse(s.source)
		if err != nil {
			t.Fatalf("%s: %v", s.source, err)
		}
		var want []string
		solver := NewSolver(Limits{}, nil)
		for _, w := range words {
			contains := s.contains(w)
			if contains {
				want = append(want, w)
			}
			if got, err := solver.Contains(Matching(p), w); err != nil || got != contains {
				t.Fatalf("%s: %q: got %t, %v; want %t", s.source, w, got, err, contains)
			}
		}
		got, err := solver.Words(And(Matching(p), within), len(words))
		slices.SortFunc(want, preferWord)
		slices.SortFunc(got, preferWord)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%s: words %q, %v; want %q", s.source, got, err, want)
		}
		count, err := solver.Count(And(Matching(p), within), len(words)+1)
		if err != nil || count != len(want) {
			t.Fatalf("%s: count %d, %v; want %d", s.source, count, err, len(want))
		}
	})
}

// TestAgainstRegexp compares patterns that both read alike with package regexp.
func TestAgainstRegexp(t *testing.T) {
	words := triedWords(4)
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 5, false, false)
		if !s.plain {
			t.Skip("package regexp means something else")
		}
		re, err := regexp.Compile(s.source)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(s.source)
		if err != nil {
			t.Fatalf("%s: %v", s.source, err)
		}
		for range 200 {
			w := rapid.SampledFrom(words).Draw(t, "word")
			if got := p.Match(w); got != re.MatchString(w) {
				t.Fatalf("%s: %q: got %t", s.source, w, got)
			}
		}
	})
}

// TestSampledWords holds the words that a solver writes out to package regexp.
func TestSampledWords(t *testing.T) {
	for _, source := range []string{
		uuid, strictDate, looseDate, `^[\w.+-]+@\w+\.\w{2,}$`, `^(\d{3}-)?\d{4}$`, `\bfoo\b`, `^\p{Lu}\p{Ll}*( \p{Lu}\p{Ll}*)*$`,
		`^#([0-9a-fA-F]{3}){1,2}$`, `^(?i:true|false|yes|no)$`, `^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$`,
	} {
		re := regexp.MustCompile(source)
		l, s := parse(t, source), NewSolver(Limits{}, nil)
		for _, inside := range []bool{true, false} {
			if !inside {
				l = Not(l)
			}
			words, err := s.Words(l, 200)
			if err != nil || len(words) != 200 && source != `^(?i:true|false|yes|no)$` {
				t.Fatalf("%s: %d words, %v", source, len(words), err)
			}
			spread, err := s.Samples(l, 50, 7)
			if err != nil || len(spread) < 16 {
				t.Fatalf("%s: %d samples, %v", source, len(spread), err)
			}
			for _, w := range append(words, spread...) {
				if re.MatchString(w) != inside {
					t.Errorf("%s: %q is said to be inside: %t", source, w, inside)
				}
			}
		}
	}
}
