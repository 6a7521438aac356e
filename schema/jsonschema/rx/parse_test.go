package rx

import (
	"errors"
	"strings"
	"testing"
	"unicode"
)

// TestDialect holds the parser to what ECMA-262 says with the u flag.
func TestDialect(t *testing.T) {
	for _, c := range []struct {
		pattern string
		in, out []string
	}{
		{`^\d$`, []string{"0", "9"}, []string{"٠", "a", ""}},
		{`^\s$`, []string{"\t", "\v", "\u00a0", "\ufeff", "\u2028", "\u2029", "\u3000"}, []string{"\u200b", "\u0085", "a"}},
		{`^\S$`, []string{"\u200b", "a"}, []string{"\ufeff", " "}},
		{`^.$`, []string{"a", "\u0085", "😀"}, []string{"\n", "\r", "\u2028", "\u2029", "ab"}},
		{`^(?s:.)$`, []string{"\n", "\u2029"}, []string{""}},
		{`^\cJ\cj$`, []string{"\n\n"}, []string{"JJ"}},
		{`^\x41\u0042\u{43}\u{01F600}$`, []string{"ABC😀"}, nil},
		{`^\ud83d\ude00$`, []string{"😀"}, nil},
		{`^[\ud83d\ude00-\ud83d\ude02]$`, []string{"😁"}, []string{"😃"}},
		{`^[^]$`, []string{"\n", "a"}, []string{""}},
		{`[]`, nil, []string{"", "a"}},
		{`^[\b]\0$`, []string{"\b\x00"}, []string{"b0"}},
		{`^(?<year>\d{4})-(?<über_1>\d)$`, []string{"2000-1"}, nil},
		{`^\p{Lu}\p{Letter}\p{L}$`, []string{"Éñß"}, []string{"éñß"}},
		{`^\p{Script=Greek}\p{sc=Grek}\P{sc=Cyrl}$`, []string{"αβa"}, []string{"αaβ", "αβя"}},
		{`^\p{General_Category=Decimal_Number}\p{gc=Nd}$`, []string{"1٠"}, []string{"1½"}},
		{`^[\p{Lu}\P{L}]$`, []string{"A", "1"}, []string{"a"}},
		{`^\p{Alphabetic}\p{Uppercase}\p{White_Space}\p{space}$`, []string{"ͅⒶ \u0085"}, nil},
		{`^\p{ID_Start}\p{ID_Continue}\p{IDS}$`, []string{"a1_"[:2] + "é"}, []string{"1aa"}},
		{`^\p{ASCII}\p{Any}\p{Assigned}\p{Cn}$`, []string{"aé1\uffff"}, []string{"aé\uffff\uffff"}},
		{`^(?i:maß)(?-i:A)$`, []string{"MAẞA", "maßA"}, []string{"maßa"}},
		{`^(?i:[^k])$`, []string{"a"}, []string{"k", "K", "\u212a"}},
		{`^(?i:\w\W)$`, []string{"ſ-"}, []string{"aſ"}},
		{`(?i:\bſ\b)`, []string{"ſ", "-S-"}, []string{"aſ", "ſ\u212a"}},
		{`(?i:\Bſ\B)`, []string{"asa", "\u212aS_"}, []string{"ſ", "-ſa"}},
		{`(?i)a(?-i)B`, []string{"AB", "aB"}, []string{"ab"}},
		{`^((?i)a)b$`, []string{"Ab"}, []string{"AB"}},
		{`^(?m:^a$)`, []string{"a", "a\nb", "a\u2028"}, []string{"ab"}},
		{`(?m:^)b(?m:$)`, []string{"a\rb\u2029c"}, []string{"ab"}},
		{`^[a-]$`, []string{"a", "-"}, []string{"b"}},
		{`^[\d-x]$`, []string{"1", "-", "x"}, []string{"a"}},
		{`^[a-\d]$`, []string{"a", "-", "5"}, []string{"b"}},
		{`^[[:alpha:]$`, []string{"[", ":", "p"}, []string{"b"}},
		{`^a{,2}{$`, []string{"a{,2}{"}, []string{"aa{"}},
		{`^a}]$`, []string{"a}]"}, nil},
		{`^\-\/\@\_$`, []string{"-/@_"}, nil},
		{`^a{2}?b{1,}c{0}$`, []string{"aab", "aabbb"}, []string{"ab", "aabc"}},
		{`^a??b*?c+?$`, []string{"c", "abbcc"}, []string{"aac"}},
		{`^(a{2}){3}$`, []string{"aaaaaa"}, []string{"aaaa"}},
		{`a||b`, []string{"", "c"}, nil},
		{`^(?=(?!ab)a)..$`, []string{"ac"}, []string{"ab", "bc"}},
		{`^a{1200}$`, []string{strings.Repeat("a", 1200)}, []string{strings.Repeat("a", 1199), strings.Repeat("a", 1201)}},
		{`b{1200}`, []string{"a" + strings.Repeat("b", 1200)}, []string{strings.Repeat("b", 1199)}},
		{`^x[^\n]{0,70000}y$`, []string{"xy", "xabcy"}, []string{"y", "x\ny"}},
	} {
		l := parse(t, c.pattern)
		for _, w := range c.in {
			if !l.Contains(w) || !runs(t, l, w) {
				t.Errorf("%s: %q is not matched", c.pattern, w)
			}
		}
		for _, w := range c.out {
			if l.Contains(w) || runs(t, l, w) {
				t.Errorf("%s: %q is matched", c.pattern, w)
			}
		}
	}
}

// runs follows a word through the product of automata.
func runs(t testing.TB, l Lang, word string) bool {
	t.Helper()
	s := NewSolver(Limits{}, nil)
	in, length := false, 0
	err := s.ask(l, func(p *product) {
		at := p.start
		for _, r := range word {
			for class := range p.sets {
				if p.sets[class].has(r) {
					at = p.next(at)[class]
					break
				}
			}
			length++
		}
		for i, st := range p.stretches {
			if length >= st.lo && (st.hi < 0 || length <= st.hi) {
				in = p.accepts(at, i)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestSyntaxErrors(t *testing.T) {
	for pattern, c := range map[string]struct {
		offset int
		what   string
	}{
		`a(b`:                              {1, "no closing )"},
		`a)b`:                              {1, "closes no group"},
		`a[b`:                              {1, "no closing bracket"},
		`[a-`:                              {3, "no closing bracket"},
		`*a`:                               {0, "follows nothing"},
		`a|+`:                              {2, "follows nothing"},
		`({2}`:                             {1, "follows nothing"},
		`a**`:                              {2, "follows a quantifier"},
		`a{2}{3}`:                          {4, "follows a quantifier"},
		`a{3,2}`:                           {1, "out of order"},
		`[b-a]`:                            {1, "out of order"},
		`a\`:                               {1, "ends the pattern"},
		`\c1`:                              {0, "followed by a letter"},
		`\x4`:                              {2, "2 digits"},
		`\u12g4`:                           {2, "4 digits"},
		`\u{110000}`:                       {0, "no code point"},
		`\u{12`:                            {0, "no closing brace"},
		`\pL`:                              {0, "followed by {name}"},
		`\p{L`:                             {0, "followed by {name}"},
		`(?>a)`:                            {0, "begins no group"},
		`(?#a)`:                            {0, "begins no group"},
		`(?<1a>b)`:                         {0, "identifier"},
		`(?<a`:                             {0, "identifier"},
		`(?i`:                              {0, "no closing )"},
		`(?`:                               {0, "no closing )"},
		"a\xff":                            {0, "UTF-8"},
		strings.Repeat("(", 250) + `a`:     {249, "no closing )"},
		strings.Repeat("(?i:", 100) + `a|`: {396, "no closing )"},
	} {
		_, err := Parse(pattern)
		var wrong *SyntaxError
		if !errors.As(err, &wrong) || wrong.Offset != c.offset || !strings.Contains(err.Error(), c.what) || wrong.Pattern != pattern {
			t.Errorf("%q: %v; want %q at byte %d", pattern, err, c.what, c.offset)
		}
	}
}

func TestOpaque(t *testing.T) {
	for pattern, what := range map[string]string{
		`(a)\1`:                   `\1 is a back-reference, at byte 3`,
		`(?<a>b)\k<a>`:            `\k is a back-reference, at byte 7`,
		`\Aa\Z`:                   `\A is no escape`,
		`(?P<a>b)`:                `(?P… is no group`,
		`\p{Emoji}`:               `the property Emoji is not known`,
		`\p{sc=Klingon}`:          `the property sc=Klingon is not known`,
		`\p{scx=Grek}`:            `not known`,
		`\p{lu}`:                  `not known`,
		`\ud800`:                  `half of a surrogate pair`,
		`[\ud800-\udfff]`:         `half of a surrogate pair`,
		`\ud83dx`:                 `half of a surrogate pair`,
		`\07`:                     `octal`,
		`(ab){20000}`:             `more than 30,000 states`,
		`((a{0,1000}){0,1000})*`:  `more than 30,000 states`,
		`(?<=(?=a)b)`:             `a look-behind stands in`,
		`(?=a(?<=b))`:             `a look-behind stands in`,
		strings.Repeat("(", 251):  `deeper than 250 levels`,
		strings.Repeat("a", 7e4):  `longer than 65,536 bytes`,
		strings.Repeat("a", 4e4):  `more than 30,000 states`,
		`x` + manySets(400) + `y`: `more than 200,000 ranges`,
	} {
		_, err := Parse(pattern)
		var opaque *Opaque
		if !errors.As(err, &opaque) || !strings.Contains(err.Error(), what) || opaque.Pattern != pattern {
			t.Errorf("%q: %v; want %q", clip(pattern), err, what)
		}
	}
}

// manySets is a sequence of distinct classes with many ranges each.
func manySets(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`[\p{L}` + string(rune(0xe000+i)) + `]`)
	}
	return b.String()
}

// TestTables holds the names of scripts and properties to package unicode.
func TestTables(t *testing.T) {
	named := map[string]bool{}
	for code, name := range scriptCodes {
		named[name] = true
		if unicode.Scripts[name] == nil {
			t.Errorf("the code %s names %s, which is no script", code, name)
		}
	}
	for name := range unicode.Scripts {
		if !named[name] {
			t.Errorf("the script %s has no code", name)
		}
	}
	for code, name := range propertyCodes {
		long, ok := property(name)
		short, again := property(code)
		if !ok || !again || len(long) == 0 || long.size() != short.size() {
			t.Errorf("%s and %s are not one property", code, name)
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.SimpleFold(r) != r && !cased().has(r) {
			t.Errorf("%U has another case and is not known to", r)
		}
	}
}

// TestCategories: the general categories are a partition of all characters.
func TestCategories(t *testing.T) {
	total := 0
	for _, name := range []string{"L", "M", "N", "P", "S", "Z", "C"} {
		s, ok := category(name)
		if !ok {
			t.Fatal(name)
		}
		total += s.size()
	}
	if total != everything.size() {
		t.Errorf("the categories have %d characters, there are %d", total, everything.size())
	}
	for long, short := range map[string]string{"Letter": "L", "Cased_Letter": "LC", "Unassigned": "Cn", "Surrogate": "Cs", "punct": "P", "digit": "Nd", "Other": "C"} {
		a, ok := category(long)
		b, again := category(short)
		if !ok || !again || a.size() != b.size() {
			t.Errorf("%s and %s are not one category", long, short)
		}
	}
}
