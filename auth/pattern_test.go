package auth

import (
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
)

func TestPatternMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"orders-*", "orders-value", true},
		{"orders-*", "orders-", true},
		{"orders-*", "orders", false},
		{"orders-*", ":.pay:orders-value", false},
		{":.pay:orders-*", ":.pay:orders-value", true},
		{":.pay:orders-*", "orders-value", false},
		{":.pay:*", ":.pay:", true},
		{":.pay:*", ":.pay:x/y.z", true},
		{":.pay:*", ":.payroll:x", false},
		{":*:*", "anything", true},
		{":*:*", ":.__GLOBAL:", true},
		{":*:orders-*", ":.eu:orders-1", true},
		{":*:orders-*", "orders-1", true},
		{":.team-*:*", ":.team-a:x", true},
		{":.team-*:*", ":.other:x", false},
		{"*", "anything", true},
		{"*", ":.pay:x", false},
		{"*-value", "a-value", true},
		{"*-value", "-value", true},
		{"*-value", "value", false},
		{"a*b*c", "abc", true},
		{"a*b*c", "aXbYc", true},
		{"a*b*c", "acb", false},
		{"ab*bc", "abc", false},
		{`a\*`, "a*", true},
		{`a\*`, "ab", false},
		{`a\\*`, `a\b`, true},
		{"exact", "exact", true},
		{"exact", "exactly", false},
		{":plain*", ":plain:x", true},
		{":.:x*", "x1", true},
	} {
		p, err := CompilePattern(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		if got := p.Match(registry.ParseName(c.name)); got != c.want {
			t.Errorf("%q on %q: %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
}

func TestPatternFaults(t *testing.T) {
	for _, c := range []struct {
		pattern string
		offset  int
	}{
		{"", 0},
		{":.pay", 5},
		{":*", 2},
		{`a\b`, 1},
		{`abc\`, 3},
		{`:.p\x:*`, 3},
		{`:.p:a\x`, 5},
		{"a\x00b", 1},
		{"a\xff", 0},
		{strings.Repeat("a", 513), 512},
	} {
		_, err := CompilePattern(c.pattern)
		var fault *PatternError
		if !errors.As(err, &fault) || fault.Offset != c.offset {
			t.Errorf("%q: %v, want a fault at %d", c.pattern, err, c.offset)
		}
	}
}

// naiveMatch is the definition of a glob, by recursion.
func naiveMatch(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		for i := 0; i <= len(s); i++ {
			if naiveMatch(pattern[1:], s[i:]) {
				return true
			}
		}
		return false
	case pattern[0] == '\\':
		return s != "" && s[0] == pattern[1] && naiveMatch(pattern[2:], s[1:])
	default:
		return s != "" && s[0] == pattern[0] && naiveMatch(pattern[1:], s[1:])
	}
}

func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{{"a*b", "aab"}, {"*", ""}, {`\**`, "*x"}, {"a*a*a", "aaaa"}, {":.c*:x*", "xy"}, {"**", "q"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if strings.Count(pattern, "*") > 6 || len(name) > 40 {
			t.Skip("the naive matcher is exponential")
		}
		p, err := CompilePattern(pattern)
		if err != nil {
			return
		}
		glob, context := pattern, "."
		if strings.HasPrefix(pattern, ":.") || strings.HasPrefix(pattern, ":*") {
			context, glob, _ = strings.Cut(pattern[1:], ":")
		}
		n := registry.ParseName(name)
		want := naiveMatch(context, n.Context) && naiveMatch(glob, n.Subject)
		if got := p.Match(n); got != want {
			t.Fatalf("%q on %q: %v, want %v", pattern, name, got, want)
		}
		// Through the index the answer is the same, other grants around or not.
		r := &rules{}
		for _, other := range []string{"a*", "ab*", ":.c:*", "b", pattern, "a*b", ":*:zz*"} {
			q, _ := CompilePattern(other)
			a := Read
			if other == pattern {
				a = Admin
			}
			r.add(q, a)
		}
		r.link()
		if got := r.allows(Admin, n); got != want {
			t.Fatalf("index: %q on %q: %v, want %v", pattern, name, got, want)
		}
	})
}
