package upcast

import (
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	for text, want := range map[string]string{
		"$": "$", "a": "a", "a.b": "a.b", "`odd.name`": "`odd.name`", "`a`": "a", "`a``b`.c": "`a``b`.c",
		"items[].sku": "items[].sku", "attrs{}.x": "attrs{}.x", "pay<com.acme.Card>.no": "pay<com.acme.Card>.no",
		"cust?.zip": "cust?.zip", "#7": "#7", "a.#7.b": "a.#7.b", "(pkg.ext)": "(pkg.ext)", "$[]": "$[]", "$.a": "a",
		"m[][]{}?": "m[][]{}?", "größe": "größe", "a-b": "a-b", "$<A>.b": "$<A>.b",
	} {
		p, err := ParsePath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := p.String(); got != want {
			t.Errorf("%s is printed %s, want %s", text, got, want)
		}
		again, err := ParsePath(p.String())
		if err != nil || again.String() != want {
			t.Errorf("%s does not read back: %v", p, err)
		}
	}
	for text, want := range map[string]string{
		"": "the event itself is $", "a.": "ends in a dot", ".a": "a name is expected", "a..b": "a name is expected",
		"a[0]": "in expressions only", "`a": "not closed", "a<b": "closing >", "a b": "a dot separates", "a??": "one ? is enough",
		"#0": "field number", "#99999999999": "field number", "#": "field number", "$a": "after $", "()": "full name", "a.1b": "a name is expected",
		"a\xff": "UTF-8", strings.Repeat("a.", 200) + "a": "more than 128 parts",
	} {
		if _, err := ParsePath(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"$", "a.b", "`x`[]", "m{}<a.B>?.#3", "(p.e)", "$?[]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text)
		if err != nil {
			return
		}
		q, err := ParsePath(p.String())
		if err != nil || q.String() != p.String() {
			t.Fatalf("%q prints as %q, which reads as %q: %v", text, p, q, err)
		}
	})
}
