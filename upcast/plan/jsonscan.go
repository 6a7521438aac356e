package plan

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

// event reads a whole text.
func (s *jsonScan) event(p *jsonPlace) bool {
	s.space()
	if !s.value(p, 1) {
		return false
	}
	s.space()
	return s.at == len(s.data)
}

// space passes over what may stand between two parts of the text; mostly there is
// nothing.
func (s *jsonScan) space() {
	if s.at < len(s.data) && s.data[s.at] <= ' ' {
		s.spaces()
	}
}

func (s *jsonScan) spaces() {
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
	switch s.peek() {
	case '"':
		ok = s.text() >= 0
	case '{':
		first, ok = s.object(p, depth)
	case '[':
		ok = s.array(depth)
	case 't':
		ok = s.word("true")
	case 'f':
		ok = s.word("false")
	case 'n':
		ok = s.word("null")
	default:
		ok = s.number()
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
	data, i := s.data, s.at
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	n := i - s.at
	s.at = i
	return n
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
	seen        uint64 // the first members of the place that were read
}

// twice notes a member by its key and reports whether it was there before.
func (o *openObject) twice(s *jsonScan, k jsonKey, id int32) bool {
	if s.trusted {
		return false
	}
	if id < 0 || id >= 64 {
		return !o.keys.add(s.data, k)
	}
	before := o.seen
	o.seen |= 1 << id
	return before == o.seen
}

// member reads one member.
func (s *jsonScan) member(o *openObject, depth int) bool {
	at := s.at
	id, ok := s.name(o)
	if !ok {
		return false
	}
	s.space()
	p := o.place
	if p == nil {
		return s.value(nil, depth+1)
	}
	var m *jsonPlace
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

// name reads a key and the colon, and finds the member; false if there is none or
// the key was there before.
func (s *jsonScan) name(o *openObject) (id int32, ok bool) {
	p := o.place
	if p != nil && o.hint < len(p.members) {
		// Members mostly stand in the order of the type.
		if text := p.members[o.hint].text; text != "" && len(s.data)-s.at > len(text) && string(s.data[s.at:s.at+len(text)]) == text {
			k := jsonKey{start: int32(s.at + 1), end: int32(s.at + len(text) - 2)}
			s.at += len(text)
			return int32(o.hint), !o.twice(s, k, int32(o.hint))
		}
	}
	if s.peek() != '"' {
		return 0, false
	}
	k, ok := s.key()
	if !ok {
		return 0, false
	}
	if id = -1; p != nil {
		id = p.find(s.run.keyBytes(s.data, k), o.hint)
	}
	s.space()
	if o.twice(s, k, id) || s.peek() != ':' {
		return 0, false
	}
	s.at++
	return id, true
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
