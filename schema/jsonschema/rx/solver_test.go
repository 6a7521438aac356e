package rx

import (
	"slices"
	"testing"
)

func parse(t testing.TB, source string) Lang {
	t.Helper()
	p, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return Matching(p)
}

// containments are pairs of patterns with the first word of the first that is
// not in the second; none if the first is contained.
var containments = []struct {
	name, sub, super string
	word             string
	contained        bool
}{
	{"equal", `a`, `a`, "", true},
	{"alternative", `a`, `a|b`, "", true},
	{"lost alternative", `a|b`, `a`, "b", false},
	{"digits", `^[0-9]{3}$`, `^[0-9]+$`, "", true},
	{"uuid in loose hex", uuid, `^[0-9a-fA-F-]{36}$`, "", true},
	{"loose hex in uuid", `^[0-9a-f-]{36}$`, uuid, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	{"date refined", strictDate, looseDate, "", true},
	{"date loosened", looseDate, strictDate, "0000-00-00", false},
	{"upper case letters", `^\p{Lu}+$`, `^\p{L}+$`, "", true},
	{"letters", `^\p{L}+$`, `^\p{Lu}+$`, "a", false},
	{"no anchor", `b`, `^b$`, "ab", false},
	{"line end", `^[^]$`, `^.$`, "\n", false},
	{"exponential", `(a|b)*a(a|b){12}`, `^[ab]*$`, "aaaaaaaaaaaaac", false},
	{"word boundary", `^\bfoo\b`, `^foo(?![a-zA-Z0-9_])`, "", true},
	{"no word boundary", `^foo(?!\d)`, `^foo\b`, "fooa", false},
	{"look-ahead as conjunction", `^(?=.*[A-Z])(?=.*\d).{8,64}$`, `^[^\n]{8,64}$`, "", true},
	{"look-ahead is needed", `^.{8,64}$`, `^(?=.*[A-Z])(?=.*\d).{8,64}$`, "aaaaaaaa", false},
	{"tempered dot", `^((?!foo).)*$`, `^(?!.*foo)`, "", true},
	{"negated look-ahead", `^(?!.*foo)`, `^((?!foo).)*$`, "\n", false},
	{"look-behind", `(?<!o)$`, `[^o]$|^$`, "", true},
	{"look-behind of two", `(?<!oo)$`, `[^o]$|^$`, "o", false},
	{"flag i", `^(?i:straße)$`, `^[sS][tT][rR][aA][ßẞ][eE]$`, "ſtraße", false},
	{"Kelvin sign", `^(?i:k)$`, `^[kK\u212a]$`, "", true},
	{"windows of length", `^[a-z]{1,255}$`, `^[a-z]{0,256}$`, "", true},
	{"a million", `^[a-z]{1000000}$`, `^[a-z]{1000,}$`, "", true},
	{"impossible", `a^b`, `[]`, "", true},
	{"nothing in something", `[]`, `a`, "", true},
	{"everything", `[^]?`, ``, "", true},
	{"multiline", `(?m:^a)`, `(^|[\n\r\u2028\u2029])a`, "", true},
}

const (
	uuid       = `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`
	strictDate = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
	looseDate  = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
)

func TestContainment(t *testing.T) {
	for _, c := range containments {
		t.Run(c.name, func(t *testing.T) {
			s := NewSolver(Limits{}, nil)
			a, b := parse(t, c.sub), parse(t, c.super)
			got, err := s.Subset(a, b)
			if err != nil || got != c.contained {
				t.Fatalf("Subset(%s, %s) = %t, %v; want %t", c.sub, c.super, got, err, c.contained)
			}
			word, found, err := s.Shortest(And(a, Not(b)))
			if err != nil || found == c.contained || word != c.word {
				t.Errorf("Shortest = %q, %t, %v; want %q", word, found, err, c.word)
			}
		})
	}
}

// TestEqual compares patterns that say one thing in two ways.
func TestEqual(t *testing.T) {
	for name, c := range map[string]struct{ a, b Lang }{
		"two look-aheads":    {parse(t, `(?=[^]*a)(?=[^]*b)`), And(parse(t, `a`), parse(t, `b`))},
		"many look-aheads":   {parse(t, `(?=[^]*a)(?=[^]*b)(?=[^]*c)(?=[^]*d)(?=[^]*e)`), And(parse(t, `a`), parse(t, `b`), parse(t, `c`), parse(t, `d`), parse(t, `e`))},
		"owing one of two":   {parse(t, `(?:x(?=[^]*a)|y(?=[^]*b))[^]`), Or(parse(t, `x[^]*a`), parse(t, `y[^]*b`))},
		"owing one or both":  {parse(t, `(?:x(?=[^]*a))?(?:x(?=[^]*b))x`), parse(t, `x(?=x)[^]*b`)},
		"counted characters": {parse(t, `^ab{0,45}c?$`), parse(t, `^a(?:b|b){0,45}c?$`)},
		"counted to an end":  {parse(t, `^ab{3,45}c$`), parse(t, `^a(?:b|b){3,45}c$`)},
		"counted from":       {parse(t, `^ab{45,}c$`), parse(t, `^a(?:b|b){45,}c$`)},
		"counted at once":    {parse(t, `^(?=[^]*c)[ab-d]{45}$`), parse(t, `^(?=[^]*c)(?:[abc]|d){45}$`)},
		"counted twice":      {parse(t, `^a{1,45}b{1,45}$`), parse(t, `^(?:a|a){1,45}(?:b|b){1,45}$`)},
		"look-behind":        {parse(t, `^[ab]*(?<=ab)$`), parse(t, `^[ab]*ab$`)},
		"two conditions":     {parse(t, `^(?!\.)(?![^]*\.\.)[a.]+(?<!\.)$`), parse(t, `^a+(?:\.a+)*$`)},
	} {
		if same, err := NewSolver(Limits{}, nil).Equal(c.a, c.b); err != nil || !same {
			t.Errorf("%s: %t, %v", name, same, err)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		name string
		lang Lang
		n    int
		want []string
	}{
		{"all", Any(), 3, []string{"", "a", "b"}},
		{"none", None(), 3, nil},
		{"fewer than asked", parse(t, `^(a|bb?)$`), 9, []string{"a", "b", "bb"}},
		{"range", parse(t, `^[x-z]?$`), 9, []string{"", "x", "y", "z"}},
		{"letters before digits", parse(t, `^\w$`), 27, append(letters(), "0")},
		{"a list", Words("zz", "a", "A", "0"), 3, []string{"a", "0", "A"}},
		{"a list without one", And(Words("a", "b"), Not(Words("a"))), 3, []string{"b"}},
		{"beside a list", And(parse(t, `^[ab]*$`), Not(Words("", "a", "ba"))), 4, []string{"b", "aa", "ab", "bb"}},
		{"a window", And(parse(t, `^(aaa)*$`), Length(4, 9)), 9, []string{"aaaaaa", "aaaaaaaaa"}},
		{"outside a window", And(parse(t, `^(aaa)*$`), Not(Length(1, 6))), 2, []string{"", "aaaaaaaaa"}},
		{"two windows", And(parse(t, `^a*$`), Or(Length(1, 1), Length(3, 3))), 9, []string{"a", "aaa"}},
		{"no surrogate", parse(t, `^[\ud7ff-\ue000]$`), 9, []string{"\ud7ff", "\ue000"}},
		{"controls last", parse(t, `^[\0-\x1f\u2028]$`), 4, []string{"\n", "\t", "\r", "\u2028"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewSolver(Limits{}, nil)
			got, err := s.Words(c.lang, c.n)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("Words = %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func letters() []string {
	var out []string
	for r := 'a'; r <= 'z'; r++ {
		out = append(out, string(r))
	}
	return out
}
