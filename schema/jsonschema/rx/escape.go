package rx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// escape reads a backslash sequence outside a class.
func (p *parser) escape() (*node, error) {
	if strings.HasPrefix(p.rest(), `\b`) || strings.HasPrefix(p.rest(), `\B`) {
		c := condWord
		if p.in[p.at+1] == 'B' {
			c = condNotWord
		}
		if p.flags.fold {
			c += condFoldWord - condWord
		}
		p.at += 2
		return assert(c), nil
	}
	s, r, err := p.member(false)
	if err != nil {
		return nil, err
	}
	if s == nil {
		s = set{{r, r}}
	}
	return p.literal(s), nil
}

// member reads a backslash sequence that stands for one character r, or, if s is
// not nil, for one of a set.
func (p *parser) member(inClass bool) (s set, r rune, err error) {
	start := p.at
	if p.at+1 >= len(p.in) {
		return nil, 0, p.wrong(start, `a \ ends the pattern`)
	}
	c, n := utf8.DecodeRuneInString(p.in[p.at+1:])
	p.at += 1 + n
	if s := p.classEscape(c); s != nil {
		return s, 0, nil
	}
	if r, ok := controls[c]; ok && (c != 'b' || inClass) {
		return nil, r, nil
	}
	switch c {
	case 'c':
		if p.at < len(p.in) {
			if l := p.in[p.at] | 0x20; l >= 'a' && l <= 'z' {
				p.at++
				return nil, rune(l & 0x1f), nil
			}
		}
		return nil, 0, p.wrong(start, `\c must be followed by a letter`)
	case 'x':
		r, err := p.hexDigits(2)
		return nil, r, err
	case 'u':
		r, err := p.unicode(start)
		return nil, r, err
	case 'p', 'P':
		s, err := p.property(start, c == 'P')
		return s, 0, err
	case '0':
		if p.at < len(p.in) && p.in[p.at] >= '0' && p.in[p.at] <= '9' {
			return nil, 0, p.opaque(start, `\0 before a digit is an octal escape in one mode and wrong in the other`)
		}
		return nil, 0, nil
	case '1', '2', '3', '4', '5', '6', '7', '8', '9', 'k':
		return nil, 0, p.opaque(start, fmt.Sprintf(`\%c is a back-reference`, c))
	case 'A', 'Z', 'z', 'Q', 'E', 'G', 'h', 'H', 'R', 'X':
		// Java's and Perl's own escapes mean something else here.
		return nil, 0, p.opaque(start, fmt.Sprintf(`\%c is no escape of ECMAScript`, c))
	}
	return nil, c, nil
}

var controls = map[rune]rune{'t': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r', 'b': '\b'}

// classEscape returns the set of \d \D \s \S \w \W, else nil.
func (p *parser) classEscape(c rune) set {
	words := wordSet
	if p.flags.fold {
		words = wordSet.union(foldWord)
	}
	switch c {
	case 'd':
		return digits
	case 'D':
		return digits.complement()
	case 's':
		return spaces
	case 'S':
		return spaces.complement()
	case 'w':
		return words
	case 'W':
		return words.complement()
	}
	return nil
}

func (p *parser) hexDigits(n int) (rune, error) {
	if p.at+n <= len(p.in) {
		if v, err := strconv.ParseUint(p.in[p.at:p.at+n], 16, 32); err == nil {
			p.at += n
			return rune(v), nil
		}
	}
	return 0, p.wrong(p.at, fmt.Sprintf("a hexadecimal escape needs %d digits", n))
}

// unicode reads what follows \u: four digits, a pair of them that is one
// character, or a code point in braces.
func (p *parser) unicode(start int) (rune, error) {
	if strings.HasPrefix(p.rest(), "{") {
		end := strings.IndexByte(p.rest(), '}')
		if end < 0 {
			return 0, p.wrong(start, `\u{ has no closing brace`)
		}
		digits := p.in[p.at+1 : p.at+end]
		v, err := strconv.ParseUint(digits, 16, 32)
		if err != nil || v > unicode.MaxRune {
			return 0, p.wrong(start, fmt.Sprintf(`\u{%s} is no code point`, clip(digits)))
		}
		p.at += end + 1
		return p.scalar(start, rune(v))
	}
	r, err := p.hexDigits(4)
	if err != nil || !utf16.IsSurrogate(r) || !strings.HasPrefix(p.rest(), `\u`) {
		return p.scalarOr(start, r, err)
	}
	p.at += len(`\u`)
	low, err := p.hexDigits(4)
	if err == nil && utf16.DecodeRune(r, low) != utf8.RuneError {
		r = utf16.DecodeRune(r, low)
	}
	return p.scalarOr(start, r, err)
}

func (p *parser) scalarOr(start int, r rune, err error) (rune, error) {
	if err != nil {
		return 0, err
	}
	return p.scalar(start, r)
}

// scalar refuses half a pair: in the u mode it matches no character of a JSON
// string, but who writes it means the other mode.
func (p *parser) scalar(start int, r rune) (rune, error) {
	if utf16.IsSurrogate(r) {
		return 0, p.opaque(start, "half of a surrogate pair is no character")
	}
	return r, nil
}

// property reads the braces of \p{…} and \P{…}.
func (p *parser) property(start int, negated bool) (set, error) {
	end := strings.IndexByte(p.rest(), '}')
	if end < 0 || p.in[p.at] != '{' {
		return nil, p.wrong(start, `\p and \P must be followed by {name}`)
	}
	name := p.in[p.at+1 : p.at+end]
	p.at += end + 1
	s, ok := property(name)
	if !ok {
		return nil, p.opaque(start, fmt.Sprintf("the property %s is not known", clip(name)))
	}
	if negated {
		s = s.complement()
	}
	if s == nil {
		s = set{}
	}
	return s, nil
}

// class reads a bracket expression.
func (p *parser) class() (*node, error) {
	start := p.at
	p.at++
	negated := strings.HasPrefix(p.rest(), "^")
	if negated {
		p.at++
	}
	var spans []span
	for !strings.HasPrefix(p.rest(), "]") {
		if p.at >= len(p.in) {
			return nil, p.wrong(start, "a class [ has no closing bracket")
		}
		next, err := p.classRange()
		if err != nil {
			return nil, err
		}
		spans = append(spans, next...)
	}
	p.at++
	n := p.literal(newSet(spans...))
	if negated {
		n.set = n.set.complement()
	}
	return n, nil
}

// classRange reads one member of a class, or a range. A hyphen beside \d or
// another set is itself.
func (p *parser) classRange() ([]span, error) {
	start := p.at
	s, low, err := p.classMember()
	if err != nil || s != nil {
		return s, err
	}
	if rest := p.rest(); !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") {
		return []span{{low, low}}, nil
	}
	p.at++
	s, high, err := p.classMember()
	if err != nil {
		return nil, err
	}
	if s != nil {
		return append([]span{{low, low}, {'-', '-'}}, s...), nil
	}
	if low > high {
		return nil, p.wrong(start, "the ends of a range in a class are out of order")
	}
	return []span{{low, high}}, nil
}

func (p *parser) classMember() (set, rune, error) {
	if strings.HasPrefix(p.rest(), `\`) {
		return p.member(true)
	}
	if p.at >= len(p.in) {
		return nil, 0, p.wrong(p.at, "a class [ has no closing bracket")
	}
	r, n := utf8.DecodeRuneInString(p.rest())
	p.at += n
	return nil, r, nil
}
