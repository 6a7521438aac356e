package plan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
)

// text reads a string: 1 if it has escapes, 0 if it has none, -1 if it is none.
func (s *jsonScan) text() int {
	data := s.data
	i, escaped, wide := s.at+1, 0, false
	start := i
	for i < len(data) {
		if i+8 <= len(data) {
			marks := jsonx.NotPlain(binary.LittleEndian.Uint64(data[i:]))
			if i += bits.TrailingZeros64(marks) / 8; marks == 0 {
				continue
			}
		}
		switch c := data[i]; {
		case c == '"':
			if wide && !utf8.Valid(data[start:i]) {
				return -1
			}
			s.at = i + 1
			return escaped
		case c >= utf8.RuneSelf:
			wide = true
			i++
		case c == '\\':
			escaped = 1
			s.at = i
			if !s.escape() {
				return -1
			}
			i = s.at
		case c < ' ':
			return -1
		default:
			i++
		}
	}
	return -1
}

func (s *jsonScan) escape() bool {
	if s.at+1 >= len(s.data) {
		return false
	}
	switch s.data[s.at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at += 2
		return true
	case 'u':
		if s.at+6 > len(s.data) || hex4(s.data[s.at+2:s.at+6]) < 0 {
			return false
		}
		s.at += 6
		return true
	}
	return false
}

func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// appendText decodes the inside of a string. A lone surrogate becomes three bytes
// that no text has.
func appendText(dst, in []byte) []byte {
	for i := 0; i < len(in); i++ {
		c := in[i]
		if c != '\\' {
			dst = append(dst, c)
			continue
		}
		if i++; in[i] != 'u' {
			dst = append(dst, escapes[in[i]])
			continue
		}
		r := hex4(in[i+1:])
		i += 4
		if utf16.IsSurrogate(r) && i+6 < len(in) && in[i+1] == '\\' && in[i+2] == 'u' {
			if full := utf16.DecodeRune(r, hex4(in[i+3:])); full != utf8.RuneError {
				dst = utf8.AppendRune(dst, full)
				i += 6
				continue
			}
		}
		if utf16.IsSurrogate(r) {
			dst = append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
