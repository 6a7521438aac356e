package rx

// Pattern is a regular expression of ECMAScript with the u flag. It is immutable
// and safe for concurrent use.
type Pattern struct {
	source string
	lang   Lang
}

// Parse reads a pattern. The error is a [*SyntaxError] or an [*Opaque].
func Parse(source string) (*Pattern, error) {
	n, err := parsePattern(source)
	if err != nil {
		return nil, err
	}
	length := Any()
	if rest, low, high, ok := n.window(); ok {
		n, length = rest, Length(low, high)
	}
	p, err := compile(source, n)
	if err != nil {
		return nil, err
	}
	h := newHasher(opMatch)
	h.text(source)
	return &Pattern{source, And(p.lang(h.key()), length)}, nil
}

// lang is the language of a program; it is seen at once if that is all words, as
// of a* without anchors, or none.
func (p *prog) lang(key string) Lang {
	m := &meter{limits: Limits{States: defaultStates}}
	switch begin := newMachine(p, placeTop, m).begin(); {
	case begin == sealed && m.err == nil:
		return Any()
	case begin == dead && m.err == nil:
		return None()
	}
	return Lang{&term{op: opMatch, key: key, prog: p}}
}

// Source returns the pattern as written.
func (p *Pattern) Source() string { return p.source }

// Match reports whether s contains a match.
func (p *Pattern) Match(s string) bool { return p.lang.Contains(s) }
