package lint

import (
	"path"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"**/*.avsc", "a.avsc", true},
		{"**/*.avsc", "a/b/c.avsc", true},
		{"**/*.avsc", "a.avsc/b", false},
		{"*.avsc", "a/b.avsc", false},
		{"a/**/z", "a/z", true},
		{"a/**/z", "a/b/c/z", true},
		{"a/**/z", "a/b/c", false},
		{"a/**", "a/b", true},
		{"a/**", "a/b/c", true},
		{"a/**", "b/a", false},
		{"a/", "a/b/c", true},
		{"./a/*", "a/b", true},
		{"**/x/**/y", "x/x/y/x/y", true},
		{"**/x/**/y", "x/x/y/x", false},
		{"a?c", "abc", true},
		{"a?c", "a/c", false},
		{"{a,b}/*.{x,y}", "b/1.y", true},
		{"{a,b}/*.{x,y}", "c/1.y", false},
		{"[a-c].p", "b.p", true},
		{"[a-c].p", "d.p", false},
		{"-*", "-a", true},
		{"**", "any/thing", true},
		{"a\nb", "a\nb", true},
	} {
		g, err := newGlob(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.match(c.name); got != c.want {
			t.Errorf("%q of %q: %v", c.pattern, c.name, got)
		}
	}
}

func TestGlobsThatCannotBeRead(t *testing.T) {
	for pattern, want := range map[string]string{
		"{a": "close each {", "a}": "close each {", "[a": "close each [", strings.Repeat("{a,b}", 20): "alternatives",
	} {
		if _, err := newGlob(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v", pattern, err)
		}
	}
}

func TestExclusionsWin(t *testing.T) {
	g, err := newGlobs([]string{"events/**/*.avsc", "!events/drafts/**"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"events/a.avsc": true, "events/drafts/a.avsc": false, "other/a.avsc": false} {
		if g.match(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// TestSegmentsAreThoseOfPathMatch: the short ways to match a segment give what
// reading the pattern gives.
func TestSegmentsAreThoseOfPathMatch(t *testing.T) {
	parts := []string{"", "*", "a", "ab", "*.p", "*a*", "?", "a?", "*?", "[ab]", "a*", "**a", "*.proto", `\*`, "a.p", ".p", "x.proto", "b"}
	for _, pattern := range parts {
		for _, name := range parts {
			want, err := path.Match(pattern, name)
			if err != nil {
				t.Fatal(err)
			}
			s := newSegment(pattern)
			if got := s.match(name); got != want {
				t.Errorf("%q of %q: %v", pattern, name, got)
			}
		}
	}
}
