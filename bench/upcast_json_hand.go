package main

import "unicode/utf8"

// directJSON is the whole chain written by hand: one strict walk over the text,
// which is copied but for what changes.
func directJSON(dst, e []byte) ([]byte, bool) {
	w := handText{data: e, ok: true}
	dst = append(dst, '{')
	w.byte('{')
	seen := 0
	for w.ok {
		key := w.text()
		from := w.at - len(key)
		w.byte(':')
		value := w.at
		at := w.value(1)
		bit := orderMember(key)
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
			state := `"state":"DONE"`
			if string(e[value:at]) == `"NEW"` {
				state = `"state":"OPEN"`
			}
			dst = append(dst, state...)
		default:
			dst = append(dst, e[from:at]...)
		}
		if w.at < len(e) && e[w.at] == '}' {
			break
		}
		w.byte(',')
	}
	w.byte('}')
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

// handText walks JSON text without spaces, and takes objects that have few
// members.
type handText struct {
	data []byte
	at   int
	ok   bool
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
		case c == '\\' || c < ' ': // none of these events has an escape
			w.ok = false
		default:
			wide = wide || c >= utf8.RuneSelf
			w.at++
		}
	}
	w.ok = false
	return nil
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
	var keys [4][]byte
	for i := 0; w.ok; i++ {
		key := w.text()
		for _, k := range keys[:min(i, 4)] {
			w.ok = w.ok && string(k) != string(key)
		}
		if w.ok = w.ok && i < len(keys); !w.ok {
			return
		}
		keys[i] = key
		w.byte(':')
		w.value(depth + 1)
		if w.at < len(w.data) && w.data[w.at] == '}' {
			w.at++
			return
		}
		w.byte(',')
	}
}

func (w *handText) list(depth int) {
	w.at++
	for w.ok {
		w.value(depth + 1)
		if w.at < len(w.data) && w.data[w.at] == ']' {
			w.at++
			return
		}
		w.byte(',')
	}
}

func (w *handText) digits() {
	start := w.at
	for w.at < len(w.data) && w.data[w.at]-'0' <= 9 {
		w.at++
	}
	w.ok = w.ok && w.at > start
}

func (w *handText) number() {
	if w.data[w.at] == '-' {
		w.at++
	}
	zero := w.at < len(w.data) && w.data[w.at] == '0'
	start := w.at
	if w.digits(); zero && w.at > start+1 {
		w.ok = false
	}
	if w.at < len(w.data) && w.data[w.at] == '.' {
		w.at++
		w.digits()
	}
	if w.at < len(w.data) && w.data[w.at]|0x20 == 'e' {
		w.at++
		if w.at < len(w.data) && (w.data[w.at] == '+' || w.data[w.at] == '-') {
			w.at++
		}
		w.digits()
	}
}
