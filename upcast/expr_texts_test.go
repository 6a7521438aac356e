package upcast

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strconv"
	"testing"
	"unicode/utf8"
)

// patternOf makes a random pattern of digits, signs, points and letters.
func patternOf(r *rand.Rand, depth int) string {
	atoms := []string{"[0-9]", `\d`, "0", "[+-]", "-", "[.]", `\.`, "a", ".", "[0-9a]", "(?i:x)", "$", "^", ""}
	if depth == 0 {
		return atoms[r.IntN(len(atoms))]
	}
	sub := func() string { return patternOf(r, r.IntN(depth)) }
	switch r.IntN(9) {
	case 0, 1, 2:
		return sub() + sub()
	case 3:
		return "(" + sub() + "|" + sub() + ")"
	case 4:
		return "(?:" + sub() + ")?"
	case 5:
		return "(" + sub() + "){1,3}"
	case 6:
		return "(?:" + sub() + ")+"
	case 7:
		return "[0-9]{1,4}"
	default:
		return "(?:" + sub() + ")*"
	}
}

// TestWhatPatternsPromise holds what is read off a pattern to every text of a small
// alphabet that matches it: numerals are numbers, and as long as is said.
func TestWhatPatternsPromise(t *testing.T) {
	texts := []string{""}
	for from, n := 0, 0; n < 4; n++ {
		end := len(texts)
		for _, s := range texts[from:end] {
			for _, c := range []string{"0", "7", "+", "-", ".", "a", "\u00e9", "X"} {
				texts = append(texts, s+c)
			}
		}
		from = end
	}
	r, numerals := rand.New(rand.NewPCG(1, 2)), 0
	for range 3000 {
		pattern := patternOf(r, 4)
		if r.IntN(4) > 0 {
			pattern = "^" + []string{"", "-?", "[+-]?"}[r.IntN(3)] + pattern + []string{"", "[0-9]+", "([.][0-9]{1,2})?"}[r.IntN(3)] + "$"
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			continue
		}
		form, ok := numeral(re)
		if ok {
			numerals++
		}
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		least, most := lengths(parsed)
		whole := anchored(parsed) != nil
		for _, s := range texts {
			if !re.MatchString(s) {
				continue
			}
			if n := utf8.RuneCountInString(s); n < least || whole && most >= 0 && n > most {
				t.Fatalf("%q matches %s, whose texts have %d to %d characters", s, pattern, least, most)
			}
			if !ok {
				continue
			}
			_, asFloat := strconv.ParseFloat(s, 64)
			_, asInt := strconv.ParseInt(s, 10, 64)
			_, asUint := strconv.ParseUint(s, 10, 64)
			if asFloat != nil || asInt != nil && !form.fraction || asUint != nil && !form.fraction && !form.signed {
				t.Fatalf("%q matches %s, which is taken for a pattern of numerals: %+v", s, pattern, form)
			}
		}
	}
	if numerals < 100 {
		t.Errorf("only %d patterns are ones of numerals", numerals)
	}
}
