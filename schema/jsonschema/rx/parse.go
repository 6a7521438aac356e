package rx

import (
	"strings"
	"unicode/utf8"
)

// The bounds of what the parser takes.
const (
	maxPattern = 1 << 16 // bytes
	maxNesting = 250     // groups inside groups
	maxCount   = 1 << 30 // a larger count of a repeat means the same to any word
)

// flags are the modifiers in force.
type flags struct {
	fold      bool // i
	multiline bool // m
	dotAll    bool // s
}

// parser reads a pattern into a tree. It keeps to the u mode, with the leniency
// that patterns in the wild need: a brace or bracket that closes nothing, and an
// escaped character that needs no escape, stand for themselves, and (?i) at the
// start means what Java, Perl and Go mean by it.
type parser struct {
	in    string
	at    int
	depth int
	flags flags
}

func (p *parser) wrong(at int, what string) error {
	return &SyntaxError{Pattern: p.in, Offset: at, What: what}
}

func (p *parser) opaque(at int, what string) error {
	return &Opaque{Pattern: p.in, Offset: at, What: what}
}

func (p *parser) rest() string { return p.in[p.at:] }

// parsePattern reads a whole pattern.
func parsePattern(source string) (*node, error) {
	p := &parser{in: source}
	if len(source) > maxPattern {
		return nil, p.opaque(maxPattern, "it is longer than 65,536 bytes")
	}
	if !utf8.ValidString(source) {
		return nil, p.wrong(0, "it is not UTF-8")
	}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.at < len(source) {
		return nil, p.wrong(p.at, "a ) closes no group")
	}
	return n, nil
}

// alternatives reads a|b|c up to the end or a closing parenthesis.
func (p *parser) alternatives() (*node, error) {
	var alternatives []*node
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alternatives = append(alternatives, n)
		if !strings.HasPrefix(p.rest(), "|") {
			break
		}
		p.at++
	}
	if len(alternatives) == 1 {
		return alternatives[0], nil
	}
	return &node{kind: nodeAlt, subs: alternatives}, nil
}

func (p *parser) sequence() (*node, error) {
	var items []*node
	for p.at < len(p.in) && p.in[p.at] != '|' && p.in[p.at] != ')' {
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue
		}
		if n, err = p.quantified(n); err != nil {
			return nil, err
		}
		items = append(items, n)
	}
	switch len(items) {
	case 0:
		return &node{kind: nodeEmpty}, nil
	case 1:
		return items[0], nil
	}
	return &node{kind: nodeConcat, subs: items}, nil
}

// atom reads what a quantifier may follow; nil is a change of flags.
func (p *parser) atom() (*node, error) {
	switch c := p.in[p.at]; c {
	case '*', '+', '?':
		return nil, p.wrong(p.at, "the quantifier "+string(c)+" follows nothing that can be repeated")
	case '{':
		if _, _, n := quantifier(p.rest()); n > 0 {
			return nil, p.wrong(p.at, "the quantifier { follows nothing that can be repeated")
		}
	case '^':
		p.at++
		if p.flags.multiline {
			return assert(condBeginLine), nil
		}
		return assert(condBegin), nil
	case '$':
		p.at++
		if p.flags.multiline {
			return assert(condEndLine), nil
		}
		return assert(condEnd), nil
	case '.':
		p.at++
		if p.flags.dotAll {
			return &node{kind: nodeClass, set: everything}, nil
		}
		return &node{kind: nodeClass, set: newlines.complement()}, nil
	case '(':
		return p.group()
	case '[':
		return p.class()
	case '\\':
		return p.escape()
	}
	r, n := utf8.DecodeRuneInString(p.rest())
	p.at += n
	return p.literal(set{{r, r}}), nil
}

func assert(c cond) *node { return &node{kind: nodeAssert, cond: c} }

// literal is a class, widened by the flag i.
func (p *parser) literal(s set) *node {
	if p.flags.fold {
		s = s.fold()
	}
	return &node{kind: nodeClass, set: s}
}

// quantified reads the quantifier after n, if there is one.
func (p *parser) quantified(n *node) (*node, error) {
	start := p.at
	low, high, size := quantifier(p.rest())
	if size == 0 {
		return n, nil
	}
	p.at += size
	if high >= 0 && low > high {
		return nil, p.wrong(start, "the numbers of the quantifier are out of order")
	}
	if strings.HasPrefix(p.rest(), "?") {
		p.at++ // a lazy quantifier matches the same words
	}
	if _, _, again := quantifier(p.rest()); again > 0 {
		return nil, p.wrong(p.at, "a quantifier follows a quantifier")
	}
	return &node{kind: nodeRepeat, subs: []*node{n}, min: low, max: high}, nil
}

// quantifier reads * + ? {n} {n,} {n,m} at the start of s; size 0 is none.
func quantifier(s string) (low, high, size int) {
	if s == "" {
		return 0, 0, 0
	}
	switch s[0] {
	case '*':
		return 0, -1, 1
	case '+':
		return 1, -1, 1
	case '?':
		return 0, 1, 1
	case '{':
		return braces(s)
	}
	return 0, 0, 0
}

func braces(s string) (low, high, size int) {
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return 0, 0, 0
	}
	from, to, ranged := strings.Cut(s[1:end], ",")
	low, ok := count(from)
	if !ok {
		return 0, 0, 0
	}
	switch {
	case !ranged:
		return low, low, end + 1
	case to == "":
		return low, -1, end + 1
	}
	if high, ok = count(to); !ok {
		return 0, 0, 0
	}
	return low, high, end + 1
}

// count reads digits; beyond maxCount it saturates.
func count(s string) (int, bool) {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int(c-'0'), maxCount)
	}
	return n, s != ""
}
