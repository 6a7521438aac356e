package jsonschema

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"sync"
)

// Pattern is a regular expression of "pattern" or "patternProperties".
type Pattern struct {
	// Source is as written, in the ECMAScript dialect.
	Source string
	// Unsupported says why it cannot be evaluated; empty if it can.
	Unsupported string

	size    int64 // instructions of the compiled program, an upper bound
	compile func() (*regexp.Regexp, error)
}

// A pattern whose program would be larger is stored but cannot be evaluated:
// matching costs program size times text length. All patterns of a schema
// together have the second bound.
const (
	maxProgram  = 30_000
	maxPrograms = 300_000
)

// errUnsupported marks what is a regular expression of ECMAScript but not of
// RE2.
type errUnsupported string

func (e errUnsupported) Error() string { return string(e) }

// newPattern parses a pattern. An error means that it is no regular expression
// at all; what RE2 lacks is noted in Unsupported.
func newPattern(source string) (*Pattern, error) {
	p := &Pattern{Source: source}
	text, err := translate(source)
	if err == nil {
		var tree *syntax.Regexp
		tree, err = syntax.Parse(text, syntax.Perl)
		var se *syntax.Error
		switch {
		case errors.As(err, &se) && (se.Code == syntax.ErrInvalidRepeatSize || se.Code == syntax.ErrLarge || se.Code == syntax.ErrNestingDepth):
			err = errUnsupported(se.Code.String() + " " + se.Expr)
		case err == nil:
			p.size = programSize(tree)
			if p.size > maxProgram {
				err = errUnsupported(fmt.Sprintf("it needs some %d states, more than %d", p.size, maxProgram))
			}
		}
	}
	var lacks errUnsupported
	if errors.As(err, &lacks) {
		p.Unsupported = string(lacks)
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.compile = sync.OnceValues(func() (*regexp.Regexp, error) { return regexp.Compile(text) })
	return p, nil
}

// Match reports whether s contains a match. The error repeats Unsupported.
func (p *Pattern) Match(s string) (bool, error) {
	if p.Unsupported != "" {
		return false, fmt.Errorf("the pattern %q cannot be evaluated: %s", p.Source, p.Unsupported)
	}
	re, err := p.compile()
	if err != nil {
		return false, fmt.Errorf("the pattern %q cannot be evaluated: %w", p.Source, err)
	}
	return re.MatchString(s), nil
}

// programSize bounds the instructions that a tree compiles to. The tree is
// shallow: the parser refuses nesting above 1,000.
func programSize(re *syntax.Regexp) int64 {
	const enough = 1 << 40
	switch re.Op {
	case syntax.OpLiteral:
		return int64(len(re.Rune)) + 1
	case syntax.OpCharClass:
		return 1 + int64(len(re.Rune))/16
	case syntax.OpRepeat:
		times := int64(max(re.Max, re.Min, 1))
		return min(times*(programSize(re.Sub[0])+1)+1, enough)
	}
	n := int64(2)
	for _, sub := range re.Sub {
		n = min(n+programSize(sub), enough)
	}
	return n
}
