package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// directJSON is the whole chain written by hand: one strict walk over the text,
// which is copied but for what changes.
func directJSON(dst, e []byte) ([]byte, bool) {
	w := handText{data: e, ok: true}
	dst = append(dst, '{')
	w.space()
	w.byte('{')
	seen := 0
	for w.ok {
		w.space()
		key := w.text()
		from := w.at - len(key)
		w.space()
		w.byte(':')
		w.space()
		value := w.at
		at := w.value(1)
		bit := orderMember(plain(key))
		if w.ok = w.ok && bit >= 0 && seen&(1<<max(bit, 0)) == 0; !w.ok {
			break
		}
		seen |= 1 << bit
		if bit > 0 {
			dst = append(dst, ',')
		}
		switch bit {
		case 2:
			dst = append(append(dst, `"quantity":`...), e[value:at]...)
		case 11:
			dst = append(append(dst, `"tag20":`...), e[value:at]...)
		case 7:
			switch string(plain(e[value:at])) {
			case `"NEW"`:
				dst = append(dst, `"state":"OPEN"`...)
			case `"PAID"`, `"SHIPPED"`:
				dst = append(dst, `"state":"DONE"`...)
			default:
				return dst, false
			}
		default:
			dst = append(dst, e[from:at]...)
		}
		if w.space(); w.at < len(e) && e[w.at] == '}' {
			break
		}
		w.byte(',')
	}
	w.byte('}')
	w.space()
	if !w.ok || w.at != len(e) || seen != 1<<12-1 {
		return dst, false
	}
	return append(dst, `,"currency":"EUR"}`...), true
}

// orderMember numbers the members in the order of the type.
func orderMember(key []byte) int {
	switch string(key) {
	case `"id"`:
		return 0
	case `"customer"`:
		return 1
	case `"qty"`:
		return 2
	case `"price"`:
		return 3
	case `"address"`:
		return 4
	case `"items"`:
		return 5
	case `"note"`:
		return 6
	case `"state"`:
		return 7
	case `"at"`:
		return 8
	case `"paid"`:
		return 9
	case `"ref"`:
		return 10
	case `"tag0"`:
		return 11
	default:
		return -1
	}
}

// plain is a text as it is written without escapes.
func plain(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	var out string
	if json.Unmarshal(text, &out) != nil {
		return text
	}
	return strconv.AppendQuote(nil, out)
}

// handText walks JSON text, and takes objects that have few members.
type handText struct {
	data []byte
	at   int
	ok   bool
}

func (w *handText) space() {
	for w.at < len(w.data) && w.data[w.at] <= ' ' {
		switch w.data[w.at] {
		case ' ', '\t', '\n', '\r':
			w.at++
		default:
			return
		}
	}
}

func (w *handText) byte(c byte) {
	if w.at < len(w.data) && w.data[w.at] == c {
		w.at++
		return
	}
	w.ok = false
}

func (w *handText) text() []byte {
	start := w.at
	w.byte('"')
	wide := false
	for w.ok && w.at < len(w.data) {
		switch c := w.data[w.at]; {
		case c == '"':
			w.at++
			w.ok = !wide || utf8.Valid(w.data[start:w.at])
			return w.data[start:w.at]
		case c == '\\':
			w.escape()
		case c < ' ':
			w.ok = false
		default:
			wide = wide || c >= utf8.RuneSelf
			w.at++
		}
	}
	w.ok = false
	return nil
}

func (w *handText) escape() {
	if w.ok = w.at+1 < len(w.data); !w.ok {
		return
	}
	switch w.data[w.at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		w.at += 2
	case 'u':
		w.ok = w.at+6 <= len(w.data)
		for i := w.at + 2; w.ok && i < w.at+6; i++ {
			c := w.data[i]
			w.ok = c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'f'
		}
		w.at += 6
	default:
		w.ok = false
	}
}

// value walks one value and gives where it ends.
func (w *handText) value(depth int) int {
	if w.at >= len(w.data) || depth > 64 {
		w.ok = false
	}
	if !w.ok {
		return w.at
	}
	switch c := w.data[w.at]; c {
	case '"':
		w.text()
	case '{':
		w.object(depth)
	case '[':
		w.list(depth)
	case 't':
		w.word("true")
	case 'f':
		w.word("false")
	case 'n':
		w.word("null")
	default:
		w.number()
	}
	return w.at
}

func (w *handText) word(s string) {
	if w.ok = len(w.data)-w.at >= len(s) && string(w.data[w.at:w.at+len(s)]) == s; w.ok {
		w.at += len(s)
	}
}

func (w *handText) object(depth int) {
	w.at++
	if w.space(); w.at < len(w.data) && w.data[w.at] == '}' {
		w.at++
		return
	}
	var keys [4][]byte
	for i := 0; w.ok; i++ {
		w.space()
		key := plain(w.text())
		for _, k := range keys[:min(i, 4)] {
			w.ok = w.ok && string(k) != string(key)
		}
		if w.ok = w.ok && i < len(keys); !w.ok {
			return
		}
		keys[i] = key
		w.space()
		w.byte(':')
		w.space()
		w.value(depth + 1)
		if w.space(); w.at < len(w.data) && w.data[w.at] == '}' {
			w.at++
			return
		}
		w.byte(',')
	}
}

func (w *handText) list(depth int) {
	w.at++
	if w.space(); w.at < len(w.data) && w.data[w.at] == ']' {
		w.at++
		return
	}
	for w.ok {
		w.space()
		w.value(depth + 1)
		if w.space(); w.at < len(w.data) && w.data[w.at] == ']' {
			w.at++
			return
		}
		w.byte(',')
	}
}

func (w *handText) digits() int {
	start := w.at
	for w.at < len(w.data) && w.data[w.at]-'0' <= 9 {
		w.at++
	}
	w.ok = w.ok && w.at > start
	return w.at - start
}

// The bounds of a number (upcast/plan).
const (
	maxDigits   = 400
	maxExponent = 400
)

func (w *handText) number() {
	if w.data[w.at] == '-' {
		w.at++
	}
	zero := w.at < len(w.data) && w.data[w.at] == '0'
	n := w.digits()
	w.ok = w.ok && (n == 1 || !zero)
	if w.at < len(w.data) && w.data[w.at] == '.' {
		w.at++
		n += w.digits()
	}
	w.ok = w.ok && n <= maxDigits
	if w.at < len(w.data) && w.data[w.at]|0x20 == 'e' {
		w.at++
		if w.at < len(w.data) && (w.data[w.at] == '+' || w.data[w.at] == '-') {
			w.at++
		}
		if n := w.digits(); w.ok {
			e, err := strconv.Atoi(string(w.data[w.at-n : w.at]))
			w.ok = err == nil && e <= maxExponent
		}
	}
}
