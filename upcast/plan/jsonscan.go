package plan

import (
	"bytes"
	"hash/maphash"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonScan reads JSON text strictly and notes where the members are that a
// program asks for. It refuses what is no JSON text, duplicate keys, a byte order
// mark and what breaks a limit; lone surrogates pass.
type jsonScan struct {
	data   []byte
	at     int
	nodes  int
	limits *EventLimits
	run    *jsonRun
	frame  []jsonSpan
	// trusted says that the text was read before.
	trusted bool
}

// jsonSpan is a value of the text, or a member that is not there if start is
// negative. First is the first member of an object whose members are listed.
type jsonSpan struct {
	start, end, first int32
}

// jsonMember is one member of an object; next is the one after it.
type jsonMember struct {
	key, value, end int32
	id, next        int32
}

// jsonKey is a key of an open object: a part of the text or, if it was written
// with escapes, of the run's own.
type jsonKey struct {
	start, end int32
	own        bool
}

// event reads a whole text.
func (s *jsonScan) event(p *jsonPlace) bool {
	s.space()
	if !s.value(p, 1) {
		return false
	}
	s.space()
	return s.at == len(s.data)
}

func (s *jsonScan) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *jsonScan) peek() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

func (s *jsonScan) value(p *jsonPlace, depth int) bool {
	if s.nodes++; depth > s.limits.Depth || s.nodes > s.limits.Items {
		return false
	}
	start := s.at
	ok, first := false, int32(0)
	switch c := s.peek(); {
	case c == '"':
		ok = s.text() >= 0
	case c == '{':
		first, ok = s.object(p, depth)
	case c == '[':
		ok = s.array(depth)
	case c == '-' || c >= '0' && c <= '9':
		ok = s.number()
	case c == 't':
		ok = s.word("true")
	case c == 'f':
		ok = s.word("false")
	case c == 'n':
		ok = s.word("null")
	}
	if ok && p != nil && p.slot >= 0 {
		s.frame[p.slot] = jsonSpan{int32(start), int32(s.at), first}
	}
	return ok
}

func (s *jsonScan) word(w string) bool {
	if len(s.data)-s.at < len(w) || string(s.data[s.at:s.at+len(w)]) != w {
		return false
	}
	s.at += len(w)
	return true
}

func (s *jsonScan) digits() int {
	start := s.at
	for s.at < len(s.data) && s.data[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at - start
}

func (s *jsonScan) number() bool {
	if s.peek() == '-' {
		s.at++
	}
	zero := s.peek() == '0'
	n := s.digits()
	if n == 0 || zero && n > 1 {
		return false
	}
	if s.peek() == '.' {
		s.at++
		m := s.digits()
		if m == 0 {
			return false
		}
		n += m
	}
	if n > maxJSONDigits {
		return false
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		start := s.at
		if s.digits() == 0 {
			return false
		}
		e := 0
		for _, c := range s.data[start:s.at] {
			if e = e*10 + int(c-'0'); e > maxJSONExponent {
				return false
			}
		}
	}
	return true
}

// plain are the bytes of a text that stand for themselves.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// text reads a string: 1 if it has escapes, 0 if it has none, -1 if it is none.
func (s *jsonScan) text() int {
	s.at++
	start, escaped, wide := s.at, 0, false
	for s.at < len(s.data) {
		c := s.data[s.at]
		switch {
		case plain[c]:
			s.at++
		case c == '"':
			if wide && !utf8.Valid(s.data[start:s.at]) {
				return -1
			}
			s.at++
			return escaped
		case c >= utf8.RuneSelf:
			wide = true
			s.at++
		case c == '\\':
			escaped = 1
			if !s.escape() {
				return -1
			}
		default:
			return -1
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

func (s *jsonScan) array(depth int) bool {
	s.at++
	s.space()
	if s.peek() == ']' {
		s.at++
		return true
	}
	for {
		s.space()
		if !s.value(nil, depth+1) {
			return false
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.at++
			return true
		default:
			return false
		}
	}
}

// object reads an object; first is its first member if they are listed.
func (s *jsonScan) object(p *jsonPlace, depth int) (first int32, ok bool) {
	s.at++
	s.space()
	if s.peek() == '}' {
		s.at++
		return 0, true
	}
	o := openObject{place: p, keys: jsonKeys{run: s.run, base: len(s.run.keys), table: len(s.run.tables)}}
	texts := len(s.run.text)
	for {
		if !s.member(&o, depth) {
			return 0, false
		}
		s.space()
		if s.peek() == ',' {
			s.at++
			s.space()
			continue
		}
		if s.peek() != '}' {
			return 0, false
		}
		s.at++
		s.run.keys, s.run.tables, s.run.text = s.run.keys[:o.keys.base], s.run.tables[:o.keys.table], s.run.text[:texts]
		return o.first, true
	}
}

// openObject is an object that is being read.
type openObject struct {
	place       *jsonPlace
	keys        jsonKeys
	first, last int32 // members that are listed, counted from 1
	hint        int
}

// member reads one member.
func (s *jsonScan) member(o *openObject, depth int) bool {
	if s.peek() != '"' {
		return false
	}
	at := s.at
	k, ok := s.key()
	if !ok || !s.trusted && !o.keys.add(s.data, k) {
		return false
	}
	s.space()
	if s.peek() != ':' {
		return false
	}
	s.at++
	s.space()
	p := o.place
	if p == nil {
		return s.value(nil, depth+1)
	}
	var m *jsonPlace
	id := p.find(s.run.keyBytes(s.data, k), o.hint)
	if id >= 0 {
		m = p.members[id].place
		o.hint = int(id) + 1
	}
	entry := int32(0)
	if p.list {
		s.run.members = append(s.run.members, jsonMember{key: int32(at), value: int32(s.at), id: id})
		if entry = int32(len(s.run.members)); o.last > 0 {
			s.run.members[o.last-1].next = entry
		} else {
			o.first = entry
		}
		o.last = entry
	}
	if !s.value(m, depth+1) {
		return false
	}
	if entry > 0 {
		s.run.members[entry-1].end = int32(s.at)
	}
	return true
}

// key reads a key. One with escapes is decoded.
func (s *jsonScan) key() (jsonKey, bool) {
	start := s.at + 1
	switch s.text() {
	case 0:
		return jsonKey{int32(start), int32(s.at - 1), false}, true
	case 1:
		from := len(s.run.text)
		s.run.text = appendText(s.run.text, s.data[start:s.at-1])
		return jsonKey{int32(from), int32(len(s.run.text)), true}, true
	default:
		return jsonKey{}, false
	}
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

// jsonKeys are the keys of one open object, to find one that occurs twice.
type jsonKeys struct {
	run         *jsonRun
	base, table int
	size        int // of the table; 0 while there are few keys
}

// fewKeys is up to where looking through all keys is as fast as a table.
const fewKeys = 12

var keySeed = maphash.MakeSeed()

// add notes a key; false if it is there.
func (k *jsonKeys) add(data []byte, key jsonKey) bool {
	r := k.run
	b := r.keyBytes(data, key)
	n := len(r.keys) - k.base
	if n < fewKeys {
		for _, x := range r.keys[k.base:] {
			if x.end-x.start == key.end-key.start && bytes.Equal(r.keyBytes(data, x), b) {
				return false
			}
		}
		r.keys = append(r.keys, key)
		return true
	}
	if 2*(n+1) > k.size {
		k.grow(data, 8*n)
	}
	r.keys = append(r.keys, key)
	return k.put(data, int32(n))
}

// grow makes a larger table of all keys.
func (k *jsonKeys) grow(data []byte, size int) {
	r := k.run
	for k.size = 4 * fewKeys; k.size < size; k.size *= 2 {
	}
	r.tables = r.tables[:k.table]
	for range k.size {
		r.tables = append(r.tables, -1)
	}
	for i := range len(r.keys) - k.base {
		k.put(data, int32(i))
	}
}

func (k *jsonKeys) put(data []byte, i int32) bool {
	r := k.run
	b := r.keyBytes(data, r.keys[k.base+int(i)])
	table := r.tables[k.table : k.table+k.size]
	for at := maphash.Bytes(keySeed, b) % uint64(k.size); ; at = (at + 1) % uint64(k.size) {
		switch j := table[at]; {
		case j < 0:
			table[at] = i
			return true
		case bytes.Equal(r.keyBytes(data, r.keys[k.base+int(j)]), b):
			return false
		}
	}
}

func (r *jsonRun) keyBytes(data []byte, k jsonKey) []byte {
	if k.own {
		return r.text[k.start:k.end]
	}
	return data[k.start:k.end]
}
