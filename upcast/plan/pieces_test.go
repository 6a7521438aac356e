package plan

import (
	"regexp"
	"testing"
)

// TestPieces: what a pattern is said to be made of is what its matches are made of.
func TestPieces(t *testing.T) {
	texts := []string{"", "a", "a b", "a b c", " ", "order-5", "ORDER-5", "a\nb", "1x2", "1X2", "ab-", "-", "é ü", "xx"}
	for pattern, want := range map[string]int{
		`^(?P<a>[^ ]+) (?P<b>.+)$`:   3,
		`\A(?P<a>.*)\z`:              1,
		`^order-(?P<n>.*)$`:          2,
		`^(?P<a>a|b)(?P<b>.*)-$`:     3,
		`(?s)^(?P<a>.)(?P<b>.*)$`:    2,
		`^(?P<a>x(?P<inner>y)?x?)-$`: 2,
		`(?P<a>.+)$`:                 0, // what stands before is lost
		`^(?P<a>.+) `:                0,
		`^(?P<a>.+) +(?P<b>.+)$`:     0,
		`^(.+)$`:                     0,
		`^(?P<a>.+)?$`:               0,
		`(?i)^(?P<a>[0-9])x(?P<b>.)`: 0,
		`(?i)^(?P<a>\d)x(?P<b>.)$`:   0, // x is also X
		`(?m)^(?P<a>.+)$`:            0, // of one line
		`^(?P<a>.+)|(?P<b>.+)$`:      0,
		`^a$`:                        1,
		`(`:                          0,
	} {
		pieces, ok := Pieces(pattern)
		if len(pieces) != want || ok != (want > 0) {
			t.Errorf("%s has the pieces %v", pattern, pieces)
			continue
		}
		for _, s := range texts {
			if !ok {
				break
			}
			m := regexp.MustCompile(pattern).FindStringSubmatch(s)
			if m == nil {
				continue
			}
			whole := ""
			for _, p := range pieces {
				if whole += p.Literal; p.Group > 0 {
					whole += m[p.Group]
				}
			}
			if whole != s {
				t.Errorf("%s makes %q of %q", pattern, whole, s)
			}
		}
	}
}
