package rx

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func TestStates(t *testing.T) {
	big := parse(t, `^(a|b)*a(a|b){20}$`)
	s := NewSolver(Limits{}, nil)
	if _, err := s.Empty(And(big, parse(t, `b$`), Not(parse(t, `^[ab]+$`)))); !errors.Is(err, ErrStates) {
		t.Errorf("a million states: %v", err)
	}
	// What overflowed must not spoil the next question.
	if in, err := s.Subset(parse(t, `^a$`), parse(t, `^[ab]$`)); err != nil || !in {
		t.Errorf("the next question: %t, %v", in, err)
	}
	if words, err := s.Words(Not(big), 3); err != nil || strings.Join(words, " ") != " a b" {
		t.Errorf("words are found without all states: %q, %v", words, err)
	}
	small := NewSolver(Limits{Product: 10}, nil)
	if _, err := small.Empty(And(parse(t, `^a{20}$`), Not(parse(t, `^a*$`)))); !errors.Is(err, ErrStates) {
		t.Errorf("a product of 20 states within 10: %v", err)
	}
}

// TestStatesAreNotUsedUp: questions that each fit are answered, however many
// there are and whatever is kept from the ones before.
func TestStatesAreNotUsedUp(t *testing.T) {
	s := NewSolver(Limits{States: 120}, nil)
	list := parse(t, `^(a{50}|b{50}|c{50})$`)
	for _, prefix := range []string{"a", "b", "c", "a"} {
		if in, err := s.Subset(And(list, parse(t, "^"+prefix)), Length(50, 50)); err != nil || !in {
			t.Errorf("%s: %t, %v", prefix, in, err)
		}
	}
}

func TestSteps(t *testing.T) {
	a, b := parse(t, uuid), parse(t, `^[0-9a-f-]+$`)
	s := NewSolver(Limits{Steps: 20}, nil)
	if _, err := s.Subset(a, b); !errors.Is(err, ErrSteps) {
		t.Errorf("20 steps: %v", err)
	}
	s = NewSolver(Limits{Steps: 1000}, nil)
	if in, err := s.Subset(a, b); err != nil || !in {
		t.Errorf("1,000 steps: %t, %v", in, err)
	}
	enough := errors.New("enough")
	told := 0
	s = NewSolver(Limits{}, func(n int) error {
		if told += n; told > 40 {
			return enough
		}
		return nil
	})
	if _, err := s.Subset(a, b); !errors.Is(err, enough) {
		t.Errorf("the caller's error is lost: %v", err)
	}
	told = -1000
	if in, err := s.Subset(a, b); err != nil || !in {
		t.Errorf("asked again with more steps: %t, %v", in, err)
	}
	if s.Steps() != told+1000+41 {
		t.Errorf("%d steps are counted, %d were told", s.Steps(), told+1041)
	}
}

func TestLongWords(t *testing.T) {
	s := NewSolver(Limits{}, nil)
	long := And(parse(t, `^(ab)*$`), Length(1_000_000, 1_000_001))
	if empty, err := s.Empty(long); err != nil || empty {
		t.Errorf("Empty = %t, %v", empty, err)
	}
	if _, _, err := s.Shortest(long); !errors.Is(err, ErrLong) {
		t.Errorf("Shortest: %v", err)
	}
	odd := And(parse(t, `^(ab)*$`), Length(1_000_001, 1_000_001))
	if _, found, err := s.Shortest(odd); err != nil || found {
		t.Errorf("a word of odd length: %t, %v", found, err)
	}
	if s.Steps() > 500_000 {
		t.Errorf("it took %d steps", s.Steps())
	}
	word, found, err := s.Shortest(Length(5_000, -1))
	if err != nil || !found || utf8.RuneCountInString(word) != 5_000 {
		t.Errorf("5,000 characters: %d, %t, %v", len(word), found, err)
	}
	if n, err := s.Count(Length(1_000_000, -1), 3); err != nil || n != 3 {
		t.Errorf("Count = %d, %v", n, err)
	}
}

// TestBigNumbers: bounds of lengths are far beyond what is ever built.
func TestBigNumbers(t *testing.T) {
	const huge = 1 << 60
	for name, c := range map[string]struct {
		l     Lang
		empty bool
	}{
		"beside a pattern":  {And(parse(t, `^a*$`), Length(0, huge)), false},
		"outside":           {And(parse(t, `^a*$`), Not(Length(0, huge))), false},
		"three in a row":    {And(parse(t, `^(aaa)*$`), Length(huge+1, huge+1), Not(Words("aaa"))), huge%3 != 2},
		"finite, so empty":  {And(parse(t, `^a{0,9}$`), Length(huge, -1)), true},
		"between two":       {And(parse(t, `^(a{6})*$`), Length(huge, huge+5)), false},
		"between, and none": {And(parse(t, `^(a{6})*$`), Length(6*(huge/6)+1, 6*(huge/6)+5)), true},
	} {
		s := NewSolver(Limits{}, nil)
		if empty, err := s.Empty(c.l); err != nil || empty != c.empty {
			t.Errorf("%s: %t, %v", name, empty, err)
		}
		if s.Steps() > 1000 {
			t.Errorf("%s: %d steps", name, s.Steps())
		}
	}
}

func TestFinite(t *testing.T) {
	for name, c := range map[string]struct {
		l      Lang
		finite bool
		count  int
	}{
		"nothing":          {None(), true, 0},
		"everything":       {Any(), false, 1000},
		"a list":           {Words("a", "b"), true, 2},
		"enumerable":       {parse(t, `^a{0,3}$`), true, 4},
		"optional":         {parse(t, `^[ab]?c$`), true, 3},
		"a window":         {And(parse(t, `^[ab]*$`), Length(0, 3)), true, 15},
		"a pattern's dead": {parse(t, `^(a|b(c$d)*)$`), true, 2},
		"a loop":           {parse(t, `^ab*$`), false, 1000},
		"two ways":         {parse(t, `^(a|a)(b|bc|c?b)?$`), true, 4},
		"many":             {parse(t, `^[0-9]{6}$`), true, 1000},
		"one of all":       {And(Length(1, 1), Not(parse(t, `[^x]`))), true, 1},
	} {
		s := NewSolver(Limits{}, nil)
		if finite, err := s.Finite(c.l); err != nil || finite != c.finite {
			t.Errorf("%s: Finite = %t, %v", name, finite, err)
		}
		if n, err := s.Count(c.l, 1000); err != nil || n != c.count {
			t.Errorf("%s: Count = %d, %v; want %d", name, n, err, c.count)
		}
	}
	if n, err := NewSolver(Limits{}, nil).Count(parse(t, `^[]{0}[^]$`), 1<<30); err != nil || n != 0x110000-0x800 {
		t.Errorf("one character: %d, %v", n, err)
	}
}

// TestSamples: samples are of many lengths and of every class of characters.
func TestSamples(t *testing.T) {
	s, l := NewSolver(Limits{}, nil), parse(t, `^[a-m7]{3,9}[-+]$`)
	words, err := s.Samples(l, 60, 1)
	if err != nil || len(words) != 60 {
		t.Fatalf("%d words, %v", len(words), err)
	}
	for _, part := range []string{"a", "m", "7", "-", "+"} {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, part) }) {
			t.Errorf("no sample has %q", part)
		}
	}
	for n := 4; n <= 10; n++ {
		if !slices.ContainsFunc(words, func(w string) bool { return len(w) == n }) {
			t.Errorf("no sample has the length %d", n)
		}
	}
	again, err := NewSolver(Limits{}, nil).Samples(l, 60, 1)
	if err != nil || !slices.Equal(words, again) {
		t.Errorf("the same seed gives other words: %v", err)
	}
	if other, err := s.Samples(l, 60, 2); err != nil || slices.Equal(words, other) {
		t.Errorf("another seed gives the same words: %v", err)
	}
	if list, err := s.Samples(Words("a", "b", "c"), 2, 5); err != nil || len(list) != 2 || list[0] == list[1] {
		t.Errorf("of a list: %q, %v", list, err)
	}
}

func TestPartition(t *testing.T) {
	s := NewSolver(Limits{}, nil)
	names := []Lang{Words("id"), parse(t, `^x-`), parse(t, `d$`)}
	parts, err := s.Partition(Any(), names, 16)
	if err != nil {
		t.Fatal(err)
	}
	got, order := map[string]string{}, []string{}
	for _, p := range parts {
		key := ""
		for _, in := range p.In {
			key += map[bool]string{true: "1", false: "0"}[in]
		}
		got[key] = p.Word
		order = append(order, key)
	}
	if !slices.IsSortedFunc(order, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("the parts come in the order %v, not from inside to outside", order)
	}
	want := map[string]string{"000": "", "001": "d", "010": "x-", "011": "x-d", "101": "id"}
	if len(got) != len(want) {
		t.Errorf("parts %v, want %v", got, want)
	}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("part %s has the word %q, want %q", k, got[k], w)
		}
	}
	if _, err := s.Partition(Any(), names, 4); !errors.Is(err, ErrStates) {
		t.Errorf("more parts than allowed: %v", err)
	}
	if parts, err := s.Partition(None(), names, 4); err != nil || parts != nil {
		t.Errorf("parts of nothing: %v, %v", parts, err)
	}
}

// TestConcurrentUse: patterns and languages may be shared; the race detector
// watches.
func TestConcurrentUse(t *testing.T) {
	a, b := parse(t, `^(?=.*\d)(?i:[a-k]+)\d\b`), parse(t, `\p{L}\d(?<!9)$`)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s := NewSolver(Limits{}, nil)
			if word, found, err := s.Shortest(And(a, b)); err != nil || !found || word != "a0" {
				t.Errorf("%q, %t, %v", word, found, err)
			}
			if !a.Contains("K1") {
				t.Error("K1 is not matched")
			}
		})
	}
	all.Wait()
}
