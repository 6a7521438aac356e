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
	p.shared.key = h.key()
	return &Pattern{source: source, lang: And(Lang{&term{op: opMatch, key: p.shared.key, prog: p}}, length)}, nil
}

// Source returns the pattern as written.
func (p *Pattern) Source() string { return p.source }

// Match reports whether s contains a match.
func (p *Pattern) Match(s string) bool { return p.lang.Contains(s) }
