package batch

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
)

// maxDepth bounds the nesting of a line.
const maxDepth = 200

var tooDeep = fmt.Sprintf("it nests deeper than %d levels", maxDepth)

// skipper walks JSON without building anything. It holds a line to the grammar of
// RFC 8259; what the payload may be is up to its schema.
type skipper struct {
	data []byte
	at   int
}

func (s *skipper) wrong(what string) error {
	return fmt.Errorf("not JSON at byte %d of the line: %s", s.at+1, what)
}

func (s *skipper) peek() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

func (s *skipper) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *skipper) value(depth int) error {
	if depth > maxDepth {
		return s.wrong(tooDeep)
	}
	switch c := s.peek(); {
	case c == '{':
		return s.object(depth, func([]byte) error { return s.value(depth + 1) })
	case c == '[':
		return s.array(depth)
	case c == '"':
		_, err := s.text()
		return err
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	default:
		for _, word := range [...]string{"true", "false", "null"} {
			if len(s.data)-s.at >= len(word) && string(s.data[s.at:s.at+len(word)]) == word {
				s.at += len(word)
				return nil
			}
		}
		return s.wrong("a value is missing")
	}
}

// brackets walks a value by its brackets and texts alone, and says nothing about
// what stands between them.
func (s *skipper) brackets(depth int) error {
	if c := s.peek(); c != '{' && c != '[' {
		return s.value(depth)
	}
	for open := 0; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '"':
			if !s.quoted() {
				return s.wrong("the text has no end")
			}
		case '{', '[':
			if open++; depth+open > maxDepth {
				return s.wrong(tooDeep)
			}
		case '}', ']':
			if open--; open == 0 {
				s.at++
				return nil
			}
		}
	}
	return s.wrong("the value has no end")
}

// quoted goes to the quote that ends the text whose first quote is next.
func (s *skipper) quoted() bool {
	for at := s.at + 1; ; {
		i := bytes.IndexByte(s.data[at:], '"')
		if i < 0 {
			return false
		}
		at += i
		escapes := at
		for s.data[escapes-1] == '\\' {
			escapes--
		}
		if (at-escapes)%2 == 0 {
			s.at = at
			return true
		}
		at++
	}
}

// object walks an object; member is called at each value, with the key as
// written.
func (s *skipper) object(depth int, member func(key []byte) error) error {
	if depth > maxDepth {
		return s.wrong(tooDeep)
	}
	s.at++
	s.space()
	if s.peek() == '}' {
		s.at++
		return nil
	}
	for {
		s.space()
		if s.peek() != '"' {
			return s.wrong("a key is missing")
		}
		key, err := s.text()
		if err != nil {
			return err
		}
		s.space()
		if s.peek() != ':' {
			return s.wrong("a colon is missing")
		}
		s.at++
		s.space()
		if err := member(key); err != nil {
			return err
		}
		if done, err := s.next('}'); done || err != nil {
			return err
		}
	}
}

func (s *skipper) array(depth int) error {
	s.at++
	s.space()
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		s.space()
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if done, err := s.next(']'); done || err != nil {
			return err
		}
	}
}

// next walks what follows a member: a comma, or the end.
func (s *skipper) next(end byte) (done bool, err error) {
	s.space()
	switch s.peek() {
	case ',':
		s.at++
		return false, nil
	case end:
		s.at++
		return true, nil
	default:
		return false, s.wrong(fmt.Sprintf("neither a comma nor %q follows", end))
	}
}

// text walks a text and returns it as written, quotes included.
func (s *skipper) text() ([]byte, error) {
	start, wide := s.at, false
	for s.at++; s.at < len(s.data); {
		if len(s.data)-s.at >= 8 {
			marks := jsonx.NotPlain(binary.LittleEndian.Uint64(s.data[s.at:]))
			if s.at += bits.TrailingZeros64(marks) / 8; marks == 0 {
				continue
			}
		}
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			if out := s.data[start:s.at]; !wide || utf8.Valid(out) {
				return out, nil
			}
			s.at = start
			return nil, s.wrong("the text is not UTF-8")
		case c == '\\':
			if !s.escape() {
				return nil, s.wrong("JSON knows no such escape")
			}
		case c < 0x20:
			return nil, s.wrong("a control character must be written as an escape")
		case c >= 0x80:
			wide = true
		}
		s.at++
	}
	s.at = start
	return nil, s.wrong("the text has no end")
}

// escape walks an escape up to its last byte.
func (s *skipper) escape() bool {
	s.at++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		if len(s.data)-s.at < 5 {
			return false
		}
		for _, c := range s.data[s.at+1 : s.at+5] {
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
				return false
			}
		}
		s.at += 4
		return true
	}
	return false
}

// number walks a number by the grammar of RFC 8259, section 6.
func (s *skipper) number() error {
	start := s.at
	if s.peek() == '-' {
		s.at++
	}
	zero := s.peek() == '0'
	whole := s.digits()
	ok := whole == 1 || whole > 1 && !zero
	if ok && s.peek() == '.' {
		s.at++
		ok = s.digits() > 0
	}
	if c := s.peek(); ok && (c == 'e' || c == 'E') {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		ok = s.digits() > 0
	}
	if !ok {
		s.at = start
		return s.wrong("the number is not written as JSON writes numbers")
	}
	return nil
}

// digits walks decimal digits and counts them.
func (s *skipper) digits() int {
	start := s.at
	for s.at < len(s.data) && s.data[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at - start
}

// unquote reads a text that is JSON.
func unquote(quoted []byte) (string, bool) {
	if n := len(quoted); n > 1 && quoted[0] == '"' && quoted[n-1] == '"' && bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : n-1]), true
	}
	var out string
	err := json.Unmarshal(quoted, &out)
	return out, err == nil
}
