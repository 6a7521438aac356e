package protobuf

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/schema"
)

// otherNesting is how many brackets besides message bodies may be open at once:
// enums, oneofs, option values and the like.
const otherNesting = 32

// emptyStatements is how many statements of a lone semicolon a text may hold.
// Each costs the parser a node and says nothing.
const emptyStatements = 10_000

// prescan refuses a text that no parser should see: too large, not UTF-8, too
// deeply nested, with too many messages or with oversized names. It is one pass
// without recursion and without memory beyond the bracket stack, so that its
// cost is bounded by the size limit alone.
func prescan(text string, opts schema.Options) (*source, error) {
	l := opts.Limits
	if len(text) > l.SchemaBytes {
		return nil, schema.OverLimit("schema-bytes", int64(len(text)), int64(l.SchemaBytes),
			"the schema text is too large", schema.Position{})
	}
	if i := invalidByte(text); i >= 0 {
		return nil, &schema.Error{
			What: fmt.Sprintf("the schema text holds byte 0x%02x, which is not valid there", text[i]), Position: newSource(text, nil).textPosition(i),
			Hint: "schemas are UTF-8 text without NUL characters",
		}
	}
	s := scanner{text: text, opts: opts, last: ';'}
	if err := s.run(); err != nil {
		return nil, err
	}
	src := newSource(text, s.breaks)
	src.soft = s.soft
	return src, nil
}

func invalidByte(text string) int {
	for i, r := range text {
		if r == 0 {
			return i
		}
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(text[i:]); n <= 1 {
				return i
			}
		}
	}
	return -1
}

// scanner walks the tokens of a text as far as brackets and names need it.
type scanner struct {
	text     string
	opts     schema.Options
	pos      int
	stack    []byte // open brackets; 'm' for the body of a message or group
	depth    int    // message bodies among them
	messages int
	empty    int
	last     byte // last significant byte that is not part of a word
	line     int  // where the current line starts, for the parser
	breaks   []int
	pending  bool // a message or group keyword was seen, its body was not
	soft     bool // something is there that only lenient parsing takes
}

func (s *scanner) run() error {
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		s.breakLine(c)
		switch {
		case c == '/' && s.skipComment():
			continue
		case c == '"' || c == '\'':
			s.skipString(c)
			s.last = c
			continue
		case isWordByte(c):
			if err := s.word(); err != nil {
				return err
			}
			continue
		case c <= ' ':
		default:
			if err := s.punctuation(c); err != nil {
				return err
			}
			s.last = c
		}
		s.pos++
	}
	return nil
}

// breakLine asks for a line break in front of a token far into a line.
func (s *scanner) breakLine(c byte) {
	switch {
	case c == '\n':
		s.line = s.pos + 1
	case c > ' ' && s.pos-s.line > longLine:
		s.breaks = append(s.breaks, s.pos)
		s.line = s.pos
	}
}

func (s *scanner) position(offset int) schema.Position {
	return newSource(s.text, nil).textPosition(offset)
}

// skipComment moves behind a comment; false if there is none.
func (s *scanner) skipComment() bool {
	rest := s.text[s.pos:]
	var end int
	switch {
	case strings.HasPrefix(rest, "//"):
		if end = strings.IndexByte(rest, '\n'); end < 0 {
			end = len(rest)
		}
	case strings.HasPrefix(rest, "/*"):
		if end = strings.Index(rest[2:], "*/"); end < 0 {
			end = len(rest)
		} else {
			end += 4
		}
	default:
		return false
	}
	if at := strings.LastIndexByte(rest[:end], '\n'); at >= 0 {
		s.line = s.pos + at + 1
	}
	s.pos += end
	return true
}

// skipString moves behind a string literal or to the end of its line: a literal
// may not span lines, and the parser reports that.
func (s *scanner) skipString(quote byte) {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case quote:
			s.pos++
			return
		case '\n':
			return
		}
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// word reads a keyword, name or number.
func (s *scanner) word() error {
	start := s.pos
	for s.pos < len(s.text) && isWordByte(s.text[s.pos]) {
		s.pos++
	}
	if exponentFollows(s.text[start:s.pos], s.text[s.pos:]) {
		s.pos++ // the sign belongs to the number
		for s.pos < len(s.text) && isWordByte(s.text[s.pos]) {
			s.pos++
		}
	}
	w := s.text[start:s.pos]
	if err := s.checkName(w, start); err != nil {
		return err
	}
	atStart := s.last == ';' || s.last == '{' || s.last == '}'
	if w == "message" && atStart {
		s.messages++
		if max := s.opts.Limits.Messages; s.messages > max {
			return schema.OverLimit("messages", int64(s.messages), int64(max),
				"the schema has too many messages", s.position(start))
		}
	}
	s.pending = s.pending || w == "message" && atStart || w == "group"
	s.last = 'a'
	return nil
}

// exponentFollows reports whether a number such as 1e goes on with a sign.
func exponentFollows(word, rest string) bool {
	last := word[len(word)-1]
	return word[0] <= '9' && (last == 'e' || last == 'E') && rest != "" && (rest[0] == '+' || rest[0] == '-')
}

// checkName refuses an oversized name. Stored history may hold names somewhat
// above the limit; sixteen times the limit guards the linker and never softens.
func (s *scanner) checkName(name string, offset int) error {
	max := s.opts.Limits.NameBytes
	if len(name) <= max {
		return nil
	}
	if s.opts.Lenient && len(name) <= 16*max {
		s.soft = true
		return nil
	}
	e := schema.OverLimit("name-bytes", int64(len(name)), int64(max), "a name is too long", s.position(offset))
	e.Soft = len(name) <= 16*max
	return e
}

// punctuation keeps the bracket stack. A closing bracket that does not match
// never lowers the count, so unbalanced text cannot hide nesting.
func (s *scanner) punctuation(c byte) error {
	switch c {
	case '{':
		if s.pending {
			s.pending = false
			s.depth++
			return s.push('m')
		}
		return s.push('{')
	case '[', '<', '(':
		return s.push(c)
	case '}':
		if !s.pop('{') && s.pop('m') {
			s.depth--
		}
		s.pending = false
	case ']':
		s.pop('[')
	case '>':
		s.pop('<')
	case ')':
		s.pop('(')
	case ';':
		s.pending = false
		if s.last == ';' || s.last == '{' || s.last == '}' {
			s.empty++
		}
		if s.empty > emptyStatements {
			return schema.OverLimit("schema-nodes", int64(s.empty), emptyStatements,
				"the schema has too many empty statements", s.position(s.pos))
		}
	}
	return nil
}

func (s *scanner) push(c byte) error {
	s.stack = append(s.stack, c)
	max := s.opts.Limits.ProtoNesting
	if s.depth > max {
		return schema.OverLimit("proto-nesting", int64(s.depth), int64(max),
			"messages are nested too deeply", s.position(s.pos))
	}
	if found := len(s.stack) - s.depth; found > otherNesting {
		return schema.OverLimit("proto-nesting", int64(found), otherNesting,
			"brackets are nested too deeply", s.position(s.pos))
	}
	return nil
}

func (s *scanner) pop(c byte) bool {
	if n := len(s.stack); n > 0 && s.stack[n-1] == c {
		s.stack = s.stack[:n-1]
		return true
	}
	return false
}
