package jsonata

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// regex is a compiled regular expression. Matching is linear in the text: RE2
// has no backtracking, and so no look-around and no back references.
type regex struct {
	source string
	re     *regexp.Regexp
	size   int // instructions, roughly
}

// maxPatternSize bounds the compiled size of a pattern, repetitions unrolled.
const maxPatternSize = 10_000

// compilePattern compiles the text of a literal with its flags.
func compilePattern(source, flags string, l Limits) (*regex, *Error) {
	if len(source) > l.Pattern {
		return nil, over("X1001", "jsonata-pattern", int64(len(source)), int64(l.Pattern), "a regular expression is too long")
	}
	text := "(?:" + translatePattern(source) + ")"
	if flags != "" {
		text = "(?" + flags + ")" + text
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fail("X1001", fmt.Sprintf("the regular expression /%s/ is not supported: %s", clip(source), reason(err)),
			"patterns are those of RE2, without look-around and back references, so that matching takes linear time")
	}
	size := patternSize(tree)
	if size > maxPatternSize {
		return nil, over("X1001", "jsonata-pattern-size", int64(size), maxPatternSize, "a regular expression repeats too much")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fail("X1001", fmt.Sprintf("the regular expression /%s/ is not supported: %s", clip(source), reason(err)), "")
	}
	return &regex{source, re, size}, nil
}

func reason(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

// patternSize estimates the instructions of a pattern before it is compiled.
func patternSize(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		size += patternSize(sub)
		if size > maxPatternSize {
			return size
		}
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return size
}

// The classes in which ECMAScript and RE2 differ.
const (
	anyButLine = `[^\n\r\x{2028}\x{2029}]`
	spaceClass = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
)

// translatePattern writes an ECMAScript pattern as RE2: what "." and \s match,
// and \uXXXX and \cX.
func translatePattern(source string) string {
	var b strings.Builder
	class := false
	for i := 0; i < len(source); i++ {
		c := source[i]
		switch {
		case c == '\\' && i+1 < len(source):
			i += translateEscape(&b, source[i:], class) - 1
		case c == '.' && !class:
			b.WriteString(anyButLine)
		case strings.HasPrefix(source[i:], "[^]") && !class: // anything at all
			b.WriteString(`[\x{0}-\x{10ffff}]`)
			i += 2
		case c == '[' && !class:
			class = true
			b.WriteByte(c)
		case c == '[': // literal within a class, where RE2 would look for [:name:]
			b.WriteString(`\[`)
		case c == ']':
			class = false
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// translateEscape writes the escape at the start of source and returns how many
// bytes it takes.
func translateEscape(b *strings.Builder, source string, class bool) int {
	switch c := source[1]; {
	case c == 'u' && len(source) >= 6 && isHex(source[2:6]):
		b.WriteString(`\x{` + source[2:6] + `}`)
		return 6
	case c == 'c' && len(source) >= 3 && (source[2]|0x20) >= 'a' && (source[2]|0x20) <= 'z':
		fmt.Fprintf(b, `\x%02x`, source[2]&31)
		return 3
	case c == 's' && class:
		b.WriteString(spaceClass)
	case c == 's':
		b.WriteString("[" + spaceClass + "]")
	case c == 'S' && !class:
		b.WriteString("[^" + spaceClass + "]")
	case c == '0':
		b.WriteString(`\x00`)
	default:
		b.WriteString(source[:2])
	}
	return 2
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// found is one match: where, and the groups; a group that took no part is
// nothing.
type found struct {
	re       *regex
	text     string
	from, to int // bytes
	groups   []Value
	all      [][]int // all matches, once a second one is asked for
	index    int
}

func (f *found) set(at []int) *found {
	f.from, f.to, f.groups = at[0], at[1], nil
	for i := 2; i < len(at); i += 2 {
		if at[i] < 0 {
			f.groups = append(f.groups, nil)
		} else {
			f.groups = append(f.groups, f.text[at[i]:at[i+1]])
		}
	}
	return f
}

// payMatch pays for looking through a text.
func (r *run) payMatch(re *regex, text string) error {
	return r.pay(1 + len(text)/bytesAStep*(1+re.size/32))
}

// match finds the first match; nil if there is none.
func (r *run) match(re *regex, text string) (*found, error) {
	if err := r.payMatch(re, text); err != nil {
		return nil, err
	}
	at := re.re.FindStringSubmatchIndex(text)
	if at == nil {
		return nil, nil
	}
	return (&found{re: re, text: text}).set(at), nil
}

// following finds the match after another one; nil at the end of the text.
func (r *run) following(f *found) (*found, error) {
	if f.to >= len(f.text) {
		return nil, nil
	}
	next := &found{re: f.re, text: f.text, all: f.all, index: f.index + 1}
	if next.all == nil {
		if err := r.payMatch(f.re, f.text); err != nil {
			return nil, err
		}
		// There is no more use for matches than steps to handle them.
		next.all = f.re.re.FindAllStringSubmatchIndex(f.text, r.limits.Steps-r.steps+1)
		if err := r.pay(len(next.all)); err != nil {
			return nil, err
		}
	}
	if next.index >= len(next.all) {
		return nil, nil
	}
	next.set(next.all[next.index])
	if next.from == next.to {
		return nil, fail("D1004", fmt.Sprintf("the regular expression /%s/ matches the empty text", clip(f.re.source)), "write + instead of *")
	}
	return next, nil
}
