package rx

import (
	"errors"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// FuzzParse: any text is parsed or refused without a panic, and of what is
// parsed the matcher and the automata say the same.
func FuzzParse(f *testing.F) {
	for _, c := range containments {
		f.Add(c.sub, c.word)
		f.Add(c.super, "aé\n-0")
	}
	for _, p := range []string{`(?<a>b)\k<a>`, `\p{L}[^\P{Lu}-z]`, `(?i-m:^\bſ{2,3}?$)`, `[[:alpha:]]{2`, `((?=a|(?!b))*c(?<=x*y))+`} {
		f.Add(p, "abc")
	}
	f.Fuzz(func(t *testing.T, source, word string) {
		if len(source) > 200 || len(word) > 50 {
			return // long ones cost more and show no more
		}
		p, err := Parse(source)
		var wrong *SyntaxError
		var opaque *Opaque
		if err != nil {
			if !errors.As(err, &wrong) && !errors.As(err, &opaque) {
				t.Fatalf("the error is a %T", err)
			}
			return
		}
		s := NewSolver(Limits{States: 500, Product: 500, Steps: 20_000}, nil)
		l := Matching(p)
		in, err := s.Empty(And(l, Not(Not(l)), Words(word)))
		if err != nil {
			return
		}
		if word, found, err := s.Shortest(l); err == nil && found != (word != "" || p.Match("")) {
			t.Fatalf("%q: the first word is %q", source, word)
		} else if err == nil && found && !p.Match(word) {
			t.Fatalf("%q: %q is no match", source, word)
		}
		if err := s.ask(l, func(p *product) { p.explore(500) }); err == nil && runs(t, l, string([]rune(word))) == in {
			t.Fatalf("%q: %q: the automata differ from the matcher", source, word)
		}
	})
}

// FuzzAgainstRegexp compares patterns that package regexp reads alike with it.
func FuzzAgainstRegexp(f *testing.F) {
	words := triedWords(3)
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		s := drawSample(t, 4, false, false)
		if !s.plain {
			return
		}
		re, err := regexp.Compile(s.source)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(s.source)
		if err != nil {
			t.Fatalf("%s: %v", s.source, err)
		}
		for _, w := range words {
			if got := p.Match(w); got != re.MatchString(w) {
				t.Fatalf("%s: %q: got %t", s.source, w, got)
			}
		}
	}))
}
