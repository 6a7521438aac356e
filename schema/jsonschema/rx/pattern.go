package rx

// Pattern is a regular expression of ECMAScript with the u flag. It is immutable
// and safe for concurrent use.
type Pattern struct {
	source string
	lang   Lang
}

// Parse reads a pattern. The error is a [*SyntaxError] or an [*Opaque].
func Parse(source string) (*Pattern, error) {
	return nil, &Opaque{Pattern: source, What: "no pattern is interpreted yet"}
}

// Source returns the pattern as written.
func (p *Pattern) Source() string { return p.source }

// Match reports whether s contains a match.
func (p *Pattern) Match(s string) bool { return p.lang.Contains(s) }

// Contains reports whether a word is in l. [Solver.Contains] is faster for many
// words.
func (l Lang) Contains(word string) bool { return false }

type prog struct{}
