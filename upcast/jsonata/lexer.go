package jsonata

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// tokenKind tells tokens apart.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenOperator
	tokenName
	tokenVariable
	tokenLiteral // value holds it
	tokenRegex   // value holds it
)

type token struct {
	kind  tokenKind
	text  string
	value Value
	pos   int
}

func (t *token) is(operator string) bool { return t.kind == tokenOperator && t.text == operator }

// shown is the token for a message.
func (t *token) shown() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the expression"
	case tokenLiteral:
		return show(t.value)
	case tokenRegex:
		return "a regular expression"
	case tokenVariable:
		return "$" + clip(t.text)
	}
	return strconv.Quote(clip(t.text))
}

// operators of two characters come first.
var (
	pairs   = []string{"..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"}
	singles = ".[]{}(),@#;:?+-*/%|=<>^&!~"
)

const spaces = " \t\n\r\v"

type lexer struct {
	text   string
	at     int
	limits Limits
}

func (l *lexer) rest() string { return l.text[l.at:] }

// next reads a token. After an operand a slash divides, elsewhere it begins a
// regular expression.
func (l *lexer) next(afterOperand bool) (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	t := token{pos: l.at}
	if l.at >= len(l.text) {
		return t, nil
	}
	c := l.text[l.at]
	switch {
	case c == '/' && !afterOperand:
		return l.regex()
	case c == '"' || c == '\'':
		return l.quoted(c)
	case c >= '0' && c <= '9':
		return l.number()
	case c == '`':
		end := strings.IndexByte(l.text[l.at+1:], '`')
		if end < 0 {
			return t, failAt("S0105", l.at, "a quoted name does not end", "close it with a backquote")
		}
		t.kind, t.text = tokenName, l.text[l.at+1:l.at+1+end]
		l.at += end + 2
		return t, nil
	}
	for _, p := range pairs {
		if strings.HasPrefix(l.rest(), p) {
			l.at += 2
			t.kind, t.text = tokenOperator, p
			return t, nil
		}
	}
	if strings.IndexByte(singles, c) >= 0 {
		l.at++
		t.kind, t.text = tokenOperator, string(c)
		return t, nil
	}
	return l.name(), nil
}

// skip passes white space and comments.
func (l *lexer) skip() error {
	for l.at < len(l.text) {
		switch {
		case strings.IndexByte(spaces, l.text[l.at]) >= 0:
			l.at++
		case strings.HasPrefix(l.rest(), "/*"):
			end := strings.Index(l.text[l.at+2:], "*/")
			if end < 0 {
				return failAt("S0106", l.at, "a comment does not end", "close it with */")
			}
			l.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) name() token {
	t := token{kind: tokenName, pos: l.at}
	end := strings.IndexAny(l.rest(), spaces+singles)
	if end < 0 {
		end = len(l.rest())
	}
	word := l.text[l.at : l.at+end]
	l.at += end
	if strings.HasPrefix(word, "$") {
		t.kind, t.text = tokenVariable, word[1:]
		return t
	}
	t.text = word
	switch word {
	case "or", "in", "and":
		t.kind = tokenOperator
	case "true", "false":
		t.kind, t.value = tokenLiteral, word == "true"
	case "null":
		t.kind, t.value = tokenLiteral, Null
	}
	return t
}

func (l *lexer) number() (token, error) {
	t := token{kind: tokenLiteral, pos: l.at}
	digits := func() {
		for l.at < len(l.text) && l.text[l.at] >= '0' && l.text[l.at] <= '9' {
			l.at++
		}
	}
	isDigit := func(i int) bool { return i < len(l.text) && l.text[i] >= '0' && l.text[i] <= '9' }
	if l.text[l.at] == '0' {
		l.at++
	} else {
		digits()
	}
	if l.at < len(l.text) && l.text[l.at] == '.' && isDigit(l.at+1) {
		l.at++
		digits()
	}
	if l.at < len(l.text) && (l.text[l.at] == 'e' || l.text[l.at] == 'E') {
		i := l.at + 1
		if i < len(l.text) && (l.text[i] == '+' || l.text[i] == '-') {
			i++
		}
		if isDigit(i) {
			l.at = i
			digits()
		}
	}
	t.text = l.text[t.pos:l.at]
	t.value = parseNumber(t.text)
	if d, ok := t.value.(*Decimal); ok {
		t.value = normalFloat(d.value)
	}
	if _, err := inRange(t.value); err != nil {
		return t, failAt("S0102", t.pos, "the number "+clip(t.text)+" is out of range", "numbers go up to about 1.8e308")
	}
	return t, nil
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// quoted reads a text in single or double quotes.
func (l *lexer) quoted(quote byte) (token, error) {
	t := token{kind: tokenLiteral, pos: l.at}
	var b []byte
	for l.at++; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		switch {
		case c == quote:
			l.at++
			t.value = string(b)
			return t, nil
		case c != '\\':
			b = append(b, c)
			continue
		}
		l.at++
		if l.at >= len(l.text) {
			break
		}
		if e, ok := escapes[l.text[l.at]]; ok {
			b = append(b, e)
			continue
		}
		if l.text[l.at] != 'u' {
			r, _ := utf8.DecodeRuneInString(l.rest())
			return t, failAt("S0103", l.at, fmt.Sprintf(`the escape sequence \%c is unknown`, r), `write \\ for a backslash`)
		}
		r, err := l.unicode()
		if err != nil {
			return t, err
		}
		b = utf8.AppendRune(b, r)
	}
	return t, failAt("S0101", t.pos, "a text does not end", "close it with the quote that began it")
}

// unicode reads the digits of \uXXXX, two of them if the first is half of a
// pair. It leaves the lexer on the last digit.
func (l *lexer) unicode() (rune, error) {
	hex := func(at int) (rune, bool) {
		if at+5 > len(l.text) || l.text[at] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(l.text[at+1:at+5], 16, 32)
		return rune(n), err == nil && n <= math.MaxUint16
	}
	r, ok := hex(l.at)
	if !ok {
		return 0, failAt("S0104", l.at, `\u is not followed by four hex digits`, "")
	}
	l.at += 4
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if strings.HasPrefix(l.text[l.at+1:], `\u`) {
		if low, ok := hex(l.at + 2); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				l.at += 6
				return both, nil
			}
		}
	}
	return 0, failAt("S0104", l.at, "half of a surrogate pair stands alone", `write the other half, as in "\ud83d\ude00"`)
}

// regex reads a regular expression with its flags.
func (l *lexer) regex() (token, error) {
	t := token{kind: tokenRegex, pos: l.at}
	l.at++
	start, depth := l.at, 0
	for ; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; c {
		case '\\':
			l.at++
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '/':
			if depth != 0 {
				continue
			}
			pattern := l.text[start:l.at]
			if pattern == "" {
				return t, failAt("S0301", t.pos, "a regular expression is empty", "")
			}
			l.at++
			from := l.at
			for l.at < len(l.text) && (l.text[l.at] == 'i' || l.text[l.at] == 'm') {
				l.at++
			}
			re, err := compilePattern(pattern, l.text[from:l.at], l.limits)
			if err != nil {
				err.offset = t.pos
				return t, err
			}
			t.text, t.value = pattern, re
			return t, nil
		}
	}
	return t, failAt("S0302", t.pos, "a regular expression does not end", "close it with /")
}
