package auth

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/registry"
)

// MaxPatternBytes bounds the pattern of a grant.
const MaxPatternBytes = 512

// PatternError says what is wrong with a pattern and where. Offset counts bytes
// from 0.
type PatternError struct {
	Pattern string
	Offset  int
	What    string
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("Invalid pattern %q: %s (at character %d)", e.Pattern, e.What, utf8.RuneCountInString(e.Pattern[:e.Offset])+1)
}

// Pattern is a compiled pattern over subjects and scopes: an optional context
// and a glob over the subject. "orders-*" means the default context,
// ":.pay:orders-*" the context ".pay", ":.pay:*" all of it with its config and
// mode, ":*:*" everything. A star matches any run of characters, "\*" is a
// literal star, "\\" a literal backslash.
type Pattern struct {
	text             string
	context, subject glob
}

// CompilePattern reads a pattern. The error is a *PatternError.
func CompilePattern(text string) (Pattern, error) {
	fail := func(offset int, what string) (Pattern, error) {
		return Pattern{}, &PatternError{Pattern: text, Offset: offset, What: what}
	}
	switch {
	case text == "":
		return fail(0, `it is empty; "*" matches every subject of the default context, ":*:*" everything`)
	case len(text) > MaxPatternBytes:
		return fail(MaxPatternBytes, fmt.Sprintf("it has %d bytes; %d are allowed", len(text), MaxPatternBytes))
	case !utf8.ValidString(text):
		return fail(0, "it is not valid UTF-8")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f }); i >= 0 {
		return fail(i, "it contains a control character")
	}
	context, subject, at := `.`, text, 0
	if strings.HasPrefix(text, ":.") || strings.HasPrefix(text, ":*") {
		end := strings.IndexByte(text[1:], ':')
		if end < 0 {
			return fail(len(text), `the colon after the context is missing, as in ":.pay:*"`)
		}
		context, subject, at = text[1:1+end], text[end+2:], end+2
	}
	p := Pattern{text: text}
	var bad int
	if p.context, bad = compileGlob(context); bad >= 0 {
		return fail(1+bad, `a backslash stands only before "*" or "\"`)
	}
	if p.subject, bad = compileGlob(subject); bad >= 0 {
		return fail(at+bad, `a backslash stands only before "*" or "\"`)
	}
	return p, nil
}

// String returns the text of the pattern.
func (p Pattern) String() string { return p.text }

// Match reports whether the pattern covers a subject, or, for an empty subject,
// the scope of a whole context.
func (p *Pattern) Match(n registry.Name) bool {
	return p.context.match(n.Context) && p.subject.match(n.Subject)
}

// CoversEverything reports whether no name lies outside the pattern.
func (p *Pattern) CoversEverything() bool { return p.context.any() && p.subject.any() }

// glob is a pattern in parts: literals with "any run" between them.
type glob struct {
	first, last string   // before the first and after the last star
	middle      []string // between stars, none empty
	star        bool     // false: first is the whole literal
}

// compileGlob returns the offset of a misplaced backslash, or -1.
func compileGlob(text string) (glob, int) {
	var parts []string
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '*':
			parts = append(parts, b.String())
			b.Reset()
		case '\\':
			if i+1 >= len(text) || (text[i+1] != '*' && text[i+1] != '\\') {
				return glob{}, i
			}
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	if parts == nil {
		return glob{first: b.String()}, -1
	}
	g := glob{first: parts[0], last: b.String(), star: true}
	for _, part := range parts[1:] {
		if part != "" {
			g.middle = append(g.middle, part)
		}
	}
	return g, -1
}

func (g *glob) any() bool {
	return g.star && g.first == "" && g.last == "" && len(g.middle) == 0
}

// match takes the leftmost place of every middle part, which is right because a
// star takes whatever remains.
func (g *glob) match(s string) bool {
	if !g.star {
		return s == g.first
	}
	if len(s) < len(g.first)+len(g.last) || !strings.HasPrefix(s, g.first) || !strings.HasSuffix(s, g.last) {
		return false
	}
	s = s[len(g.first) : len(s)-len(g.last)]
	for _, part := range g.middle {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}
