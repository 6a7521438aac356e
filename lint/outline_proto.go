package lint

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// protobuf scans a Protobuf text for its package, its imports and its first
// message, which all stand outside braces.
func (o *outline) protobuf(body string) {
	s := protoScan{text: body}
	for {
		word, at := s.next()
		switch {
		case word == "":
			return
		case s.depth > 0:
			continue
		case word == "package" && o.values["package"] == "":
			o.values["package"], _ = s.next()
		case word == "message" && o.values["message"] == "":
			name, _ := s.next()
			o.values["message"] = fullName(name, o.values["package"], "")
		case word == "import":
			s.importLine(o)
		}
		_ = at
	}
}

// protoScan gives the words, strings and signs of a Protobuf text.
type protoScan struct {
	text  string
	at    int
	depth int
}

func (s *protoScan) importLine(o *outline) {
	word, at := s.next()
	if word == "public" || word == "weak" || word == "option" {
		word, at = s.next()
	}
	if len(word) >= 2 && (word[0] == '"' || word[0] == '\'') {
		o.uses = append(o.uses, use{name: unescaped(word), offset: at, length: len(word)})
	}
}

// unescaped is what a string literal says; one that is no good says what stands
// there, and parsing it will tell.
func unescaped(literal string) string {
	text := literal[1 : len(literal)-1]
	if !strings.Contains(text, `\`) {
		return text
	}
	var out []byte
	for rest := text; rest != ""; {
		r, wide, tail, err := strconv.UnquoteChar(rest, literal[0])
		if err != nil {
			return text
		}
		if rest = tail; wide {
			out = utf8.AppendRune(out, r)
		} else {
			out = append(out, byte(r))
		}
	}
	return string(out)
}

// next returns the next token and its offset; comments are skipped, braces are
// counted and returned.
func (s *protoScan) next() (string, int) {
	for s.at < len(s.text) {
		c, rest := s.text[s.at], s.text[s.at:]
		switch {
		case strings.HasPrefix(rest, "//"):
			s.skipTo("\n")
		case strings.HasPrefix(rest, "/*"):
			s.skipTo("*/")
		case c == '"' || c == '\'':
			return s.quoted(c)
		case isWord(c):
			start := s.at
			for s.at < len(s.text) && isWord(s.text[s.at]) {
				s.at++
			}
			return s.text[start:s.at], start
		case c == '{' || c == '}':
			s.depth += 1 - 2*(int(c-'{')/2)
			s.at++
			return string(c), s.at - 1
		default:
			s.at++
		}
	}
	return "", len(s.text)
}

func isWord(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func (s *protoScan) skipTo(end string) {
	if n := strings.Index(s.text[s.at+2:], end); n >= 0 {
		s.at += 2 + n + len(end)
		return
	}
	s.at = len(s.text)
}

func (s *protoScan) quoted(quote byte) (string, int) {
	start := s.at
	for s.at++; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case quote:
			s.at++
			return s.text[start:s.at], start
		case '\n':
			return s.text[start:s.at] + string(quote), start
		}
	}
	s.at = len(s.text)
	return s.text[start:] + string(quote), start
}
