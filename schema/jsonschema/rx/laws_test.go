package rx

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// expr is a regular expression with intersection and complement, matched by the
// derivatives of Brzozowski: what is left of the language after one character.
// It is written for these tests and shares nothing with the automata.
type expr interface {
	nullable() bool
	derive(r rune) expr
}

type (
	emptySet struct{}
	epsilon  struct{}
	char     struct{ runes string }
	seq      struct{ a, b expr }
	alt      struct{ a, b expr }
	star     struct{ a expr }
	both     struct{ a, b expr }
	not      struct{ a expr }
)

func (emptySet) nullable() bool { return false }
func (epsilon) nullable() bool  { return true }
func (char) nullable() bool     { return false }
func (e seq) nullable() bool    { return e.a.nullable() && e.b.nullable() }
func (e alt) nullable() bool    { return e.a.nullable() || e.b.nullable() }
func (star) nullable() bool     { return true }
func (e both) nullable() bool   { return e.a.nullable() && e.b.nullable() }
func (e not) nullable() bool    { return !e.a.nullable() }

func (emptySet) derive(rune) expr { return emptySet{} }
func (epsilon) derive(rune) expr  { return emptySet{} }

func (e char) derive(r rune) expr {
	if slices.Contains([]rune(e.runes), r) {
		return epsilon{}
	}
	return emptySet{}
}

func (e seq) derive(r rune) expr {
	left := sequence(e.a.derive(r), e.b)
	if e.a.nullable() {
		return union(left, e.b.derive(r))
	}
	return left
}

func (e alt) derive(r rune) expr  { return union(e.a.derive(r), e.b.derive(r)) }
func (e star) derive(r rune) expr { return sequence(e.a.derive(r), e) }
func (e both) derive(r rune) expr { return both{e.a.derive(r), e.b.derive(r)} }
func (e not) derive(r rune) expr  { return not{e.a.derive(r)} }

func sequence(a, b expr) expr {
	if a == (emptySet{}) {
		return emptySet{}
	}
	if a == (epsilon{}) {
		return b
	}
	return seq{a, b}
}

func union(a, b expr) expr {
	if a == (emptySet{}) || a == b {
		return b
	}
	if b == (emptySet{}) {
		return a
	}
	return alt{a, b}
}

func (e char) String() string { return "[" + e.runes + "]" }

func derives(e expr, word string) bool {
	for _, r := range word {
		e = e.derive(r)
	}
	return e.nullable()
}

// drawRegular draws an expression and its source.
func drawRegular(t *rapid.T, depth int) (expr, string) {
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, 4).Draw(t, "kind")
	}
	switch kind {
	case 1, 2:
		a, x := drawRegular(t, depth-1)
		b, y := drawRegular(t, depth-1)
		if kind == 1 {
			return seq{a, b}, x + y
		}
		return alt{a, b}, "(" + x + "|" + y + ")"
	case 3:
		a, x := drawRegular(t, depth-1)
		return star{a}, "(?:" + x + ")*"
	case 4:
		a, x := drawRegular(t, depth-1)
		return seq{a, seq{a, alt{epsilon{}, a}}}, "(?:" + x + "){2,3}"
	}
	c := char{rapid.SampledFrom([]string{"a", "b", "é", "ab", "aé"}).Draw(t, "class")}
	return c, c.String()
}

// drawLang draws a combination of languages, and the same as an expression.
func drawLang(t *rapid.T, depth int) (expr, Lang) {
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, 6).Draw(t, "combination")
	}
	sub := func() (expr, Lang) { return drawLang(t, depth-1) }
	switch kind {
	case 1, 2:
		a, x := sub()
		b, y := sub()
		return both{a, b}, And(x, y)
	case 3:
		a, x := sub()
		b, y := sub()
		return alt{a, b}, Or(x, y)
	case 4:
		a, x := sub()
		return not{a}, Not(x)
	case 5:
		low := rapid.IntRange(0, 4).Draw(t, "low")
		high := rapid.IntRange(-1, 5).Draw(t, "high")
		return drawWindow(low, high), Length(low, high)
	case 6:
		words := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("abé")), 0, 3, -1), 1, 4).Draw(t, "words")
		var list expr = emptySet{}
		for _, w := range words {
			list = alt{list, spelled(w)}
		}
		return list, Words(words...)
	}
	e, source := drawRegular(t, 3)
	p, err := Parse("^(?:" + source + ")$")
	if err != nil {
		t.Fatal(err)
	}
	return e, Matching(p)
}

func spelled(w string) expr {
	var e expr = epsilon{}
	for _, r := range w {
		e = seq{e, char{string(r)}}
	}
	return e
}

func drawWindow(low, high int) expr {
	letter := char{"abé"}
	var e expr = epsilon{}
	for range low {
		e = seq{e, letter}
	}
	if high < 0 {
		return seq{e, star{letter}}
	}
	if high < low {
		return emptySet{}
	}
	for range high - low {
		e = seq{e, alt{epsilon{}, letter}}
	}
	return e
}

// wordsOf are all words over a, b and é up to a length.
func wordsOf(length int) []string {
	words := []string{""}
	for from := 0; length > 0; length-- {
		to := len(words)
		for _, w := range words[from:to] {
			words = append(words, w+"a", w+"b", w+"é")
		}
		from = to
	}
	return words
}

// TestAgainstDerivatives compares combinations with derivatives: membership by
// the matcher and by the product, the list of all short words, emptiness within
// a length.
func TestAgainstDerivatives(t *testing.T) {
	words := wordsOf(5)
	within := And(parse(t, `^[abé]*$`), Length(0, 5))
	rapid.Check(t, func(t *rapid.T) {
		e, l := drawLang(t, 4)
		s := NewSolver(Limits{}, nil)
		var want []string
		for _, w := range words {
			in := derives(e, w)
			if in {
				want = append(want, w)
			}
			if got, err := s.Contains(l, w); err != nil || got != in {
				t.Fatalf("%q: Contains = %t, %v; want %t", w, got, err, in)
			}
		}
		got, err := s.Words(And(l, within), len(words))
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(want, preferWord)
		slices.SortFunc(got, preferWord)
		if !slices.Equal(got, want) {
			t.Fatalf("Words = %q, want %q", got, want)
		}
		checkShortest(t, s, And(l, within), want)
	})
}

func checkShortest(t *rapid.T, s *Solver, l Lang, want []string) {
	word, found, err := s.Shortest(l)
	if err != nil || found != (len(want) > 0) || (found && utf8.RuneCountInString(word) != utf8.RuneCountInString(want[0])) {
		t.Fatalf("Shortest = %q, %t, %v; want the length of one of %q", word, found, err, want)
	}
	if empty, err := s.Empty(l); err != nil || empty == found {
		t.Fatalf("Empty = %t, %v; want %t", empty, err, !found)
	}
	if n, err := s.Count(l, 9); err != nil || n != min(9, len(want)) {
		t.Fatalf("Count = %d, %v; want %d", n, err, len(want))
	}
}

// TestLaws holds random patterns and combinations to the laws of sets.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func() Lang {
			if rapid.Bool().Draw(t, "combined") {
				_, l := drawLang(t, 2)
				return l
			}
			s := drawSample(t, 3, true, true)
			p, err := Parse(s.source)
			if err != nil {
				t.Fatal(err)
			}
			return Matching(p)
		}
		a, b, c := draw(), draw(), draw()
		s := NewSolver(Limits{}, nil)
		for name, law := range map[string][2]Lang{
			"double negation":    {Not(Not(a)), a},
			"De Morgan":          {Not(And(a, b)), Or(Not(a), Not(b))},
			"distribution":       {And(a, Or(b, c)), Or(And(a, b), And(a, c))},
			"absorption":         {Or(a, And(a, b)), a},
			"excluded middle":    {Or(a, Not(a)), Any()},
			"contradiction":      {And(a, b, Not(And(b, a))), None()},
			"difference by part": {Or(And(a, b), And(a, Not(b))), a},
		} {
			if same, err := s.Equal(law[0], law[1]); err != nil || !same {
				t.Fatalf("%s: %t, %v", name, same, err)
			}
		}
		checkOrder(t, s, a, b, c)
	})
}

func checkOrder(t *rapid.T, s *Solver, a, b, c Lang) {
	subset := func(x, y Lang) bool {
		in, err := s.Subset(x, y)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	if !subset(And(a, b), a) || !subset(a, Or(a, b)) || !subset(a, a) {
		t.Fatal("a part is not in its whole")
	}
	if subset(a, b) && subset(b, c) && !subset(a, c) {
		t.Fatal("containment is not transitive")
	}
	if word, found, err := s.Shortest(And(a, Not(b))); err != nil || found == subset(a, b) ||
		(found && (!a.Contains(word) || b.Contains(word))) {
		t.Fatalf("the word of a difference is %q, %t, %v", word, found, err)
	}
	parts, err := s.Partition(Any(), []Lang{a, b, c}, 8)
	if err != nil {
		t.Fatal(err)
	}
	union, seen := None(), map[string]bool{}
	for _, p := range parts {
		name := fmt.Sprint(p.In)
		if seen[name] || !p.Lang.Contains(p.Word) || a.Contains(p.Word) != p.In[0] || b.Contains(p.Word) != p.In[1] || c.Contains(p.Word) != p.In[2] {
			t.Fatalf("part %s with the word %q", name, p.Word)
		}
		seen[name] = true
		union = Or(union, p.Lang)
	}
	if !subset(Any(), union) {
		t.Fatal("the parts leave words out")
	}
}

// TestKeys: equal structure has equal keys, in whatever order it was built.
func TestKeys(t *testing.T) {
	a, b := parse(t, `^a`), parse(t, `b$`)
	for name, pair := range map[string][2]Lang{
		"order":             {And(a, b), And(b, a)},
		"repetition":        {Or(a, a, b), Or(a, b)},
		"nesting":           {And(a, And(b, Length(1, 2))), And(And(Length(1, 2), b), a)},
		"windows":           {And(Length(1, 9), Length(3, -1)), Length(3, 9)},
		"window negated":    {Not(Length(0, 4)), Length(5, -1)},
		"lists":             {Or(Words("x"), Words("y", "x")), Words("x", "y")},
		"lists joined":      {And(Words("x", "z"), Words("y", "x")), Words("x")},
		"lists excluded":    {And(Not(Words("x")), Not(Words("y")), a), And(Not(Words("y", "x")), a)},
		"parsed twice":      {a, parse(t, `^a`)},
		"nothing and more":  {And(a, None()), None()},
		"opposites":         {And(a, b, Not(a)), None()},
		"opposites, either": {Or(a, b, Not(a)), Any()},
		"all of a pattern":  {parse(t, `a*`), Any()},
		"none of a pattern": {parse(t, `[]`), None()},
		"zero value":        {Lang{}, None()},
	} {
		if pair[0].Key() != pair[1].Key() {
			t.Errorf("%s: the keys differ", name)
		}
	}
	keys := map[string]bool{}
	for _, l := range []Lang{a, b, Not(a), And(a, b), Or(a, b), Any(), None(), Words("a"), Words("a", "b"), Words("ab"), Length(1, 2), Length(1, -1), Not(Length(1, 2))} {
		if keys[l.Key()] {
			t.Error("two languages have one key")
		}
		keys[l.Key()] = true
	}
}
