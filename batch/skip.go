package batch

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a line.
const maxDepth = 200

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
		return s.wrong(fmt.Sprintf("it nests deeper than %d levels", maxDepth))
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

// object walks an object; member is called at each value, with the key as
// written.
func (s *skipper) object(depth int, member func(key []byte) error) error {
	if depth > maxDepth {
		return s.wrong(fmt.Sprintf("it nests deeper than %d levels", maxDepth))
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
	start := s.at
	ascii := true
	for s.at++; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			if out := s.data[start:s.at]; ascii || utf8.Valid(out) {
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
			ascii = false
		}
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

func (s *skipper) number() error {
	start := s.at
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			s.at++
		default:
			return s.checkNumber(start)
		}
	}
	return s.checkNumber(start)
}

func (s *skipper) checkNumber(start int) error {
	if !json.Valid(s.data[start:s.at]) {
		s.at = start
		return s.wrong("the number is not written as JSON writes numbers")
	}
	return nil
}

// unquote reads a text.
func unquote(quoted []byte) (string, bool) {
	var out string
	err := json.Unmarshal(quoted, &out)
	return out, err == nil
}
