package jsonx

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// NotPlain marks those of eight bytes of JSON text that a string cannot hold as
// they are: quotes, backslashes, control characters and what is not ASCII. The
// lowest bit that is set is exact, those above it may be too many.
func NotPlain(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	// A quote is what two bits above a blank is: with that bit turned, quotes and
	// control characters are what is less than an exclamation mark.
	quote, slash := w^(ones*('"'^' ')), w^(ones*'\\')
	return ((quote - ones*'!') | (slash - ones) | w) & high
}

// str reads a string whose opening quote is at p.at.
func (p *parser) str() (string, error) {
	p.at++
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			s := p.text[start:p.at]
			p.at++
			return s, nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", p.fail(p.at, fmt.Sprintf("unescaped control character 0x%02x in a string", c), "")
		case c < utf8.RuneSelf:
			p.at++
		default:
			if err := p.runeInString(); err != nil {
				return "", err
			}
		}
	}
	return "", p.fail(p.at, "the text ends inside a string", "")
}

func (p *parser) runeInString() error {
	r, n := utf8.DecodeRuneInString(p.text[p.at:])
	if r == utf8.RuneError && n <= 1 {
		return p.fail(p.at, fmt.Sprintf("byte 0x%02x is not valid UTF-8", p.text[p.at]), "send the text as UTF-8")
	}
	p.at += n
	return nil
}

// escaped goes on with a string from its first backslash.
func (p *parser) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(p.text[start:p.at])
	for p.at < len(p.text) {
		from := p.at
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return b.String(), nil
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		case c < 0x20:
			return "", p.fail(p.at, fmt.Sprintf("unescaped control character 0x%02x in a string", c), "")
		default:
			if err := p.plain(); err != nil {
				return "", err
			}
			b.WriteString(p.text[from:p.at])
		}
	}
	return "", p.fail(p.at, "the text ends inside a string", "")
}

// plain moves over a run of characters that stand for themselves.
func (p *parser) plain() error {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"', c == '\\', c < 0x20:
			return nil
		case c < utf8.RuneSelf:
			p.at++
		default:
			if err := p.runeInString(); err != nil {
				return err
			}
		}
	}
	return nil
}

var simpleEscapes = [256]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) escape() (rune, error) {
	at := p.at
	p.at++
	if p.at >= len(p.text) {
		return 0, p.fail(p.at, "the text ends inside a string", "")
	}
	c := p.text[p.at]
	p.at++
	if r := simpleEscapes[c]; r != 0 {
		return r, nil
	}
	if c != 'u' {
		return 0, p.fail(at, fmt.Sprintf("unknown escape \\%c in a string", c), "")
	}
	r, err := p.hex4(at)
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if strings.HasPrefix(p.text[p.at:], `\u`) {
		back := p.at
		p.at += 2
		low, err := p.hex4(at)
		if err != nil {
			return 0, err
		}
		if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
			return full, nil
		}
		p.at = back
	}
	if p.limits.Lenient {
		return utf8.RuneError, nil
	}
	return 0, p.fail(at, fmt.Sprintf("\\u%04x is half of a surrogate pair", r), "write the whole character")
}

func (p *parser) hex4(at int) (rune, error) {
	if p.at+4 > len(p.text) {
		return 0, p.fail(at, "a \\u escape needs four hex digits", "")
	}
	var n rune
	for _, c := range []byte(p.text[p.at : p.at+4]) {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			n = n<<4 | rune(c-'A'+10)
		default:
			return 0, p.fail(at, "a \\u escape needs four hex digits", "")
		}
	}
	p.at += 4
	return n, nil
}
