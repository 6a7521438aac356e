package plan

// jsonScan reads JSON text strictly and notes where the members are that a
// program asks for. It refuses what is no JSON text, duplicate keys, a byte order
// mark and what breaks a limit; lone surrogates pass.
type jsonScan struct {
	data  []byte
	at    int
	nodes int // that were read
	// depth and items are what is allowed.
	depth, items int
	run          *jsonRun
	frame        []jsonSpan
	// trusted says that the text was read before.
	trusted bool
}

// jsonSpan is a value of the text, or a member that is not there if start is
// negative. First is the first member of an object whose members are listed.
type jsonSpan struct {
	start, end, first int32
}

// jsonMember is one member of an object, or several that follow each other and
// all stay; next is the one after it.
type jsonMember struct {
	key, end int32
	id, next int32
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

// value reads a value and notes what its place asks for; without a place, nothing.
func (s *jsonScan) value(p *jsonPlace, depth int) bool {
	if s.nodes++; depth > s.depth || s.nodes > s.items {
		return false
	}
	start := s.at
	ok, first := false, int32(0)
	switch s.peek() {
	case '"':
		ok = s.text() >= 0
	case '{':
		if o := p.asObject(); o != nil {
			first, ok = s.object(o, depth)
		} else {
			ok = s.skimObject(depth)
		}
	case '[':
		ok = s.array(p.ofElements(), depth)
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
		at := &s.frame[p.slot]
		at.start, at.end, at.first = int32(start), int32(s.at), first
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
	data, i := s.data, s.at
	if i < len(data) && data[i] == '-' {
		i++
	}
	start := i
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	n := i - start
	if s.at = i; n == 0 || n > 1 && data[start] == '0' {
		return false
	}
	if c := s.peek(); c == '.' || c == 'e' || c == 'E' {
		return s.fraction(n)
	}
	return n <= maxJSONDigits
}

// fraction reads what follows the n digits before the point of a number.
func (s *jsonScan) fraction(n int) bool {
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

// skimObject reads an object of which nothing is noted but its keys, while it is
// open.
func (s *jsonScan) skimObject(depth int) bool {
	s.at++
	s.space()
	if s.peek() == '}' {
		s.at++
		return true
	}
	keys := jsonKeys{run: s.run, base: len(s.run.keys), table: len(s.run.tables)}
	texts := len(s.run.text)
	for {
		if s.peek() != '"' {
			return false
		}
		k, ok := s.key()
		if !ok || !s.trusted && !keys.add(s.data, k) {
			return false
		}
		s.space()
		if s.peek() != ':' {
			return false
		}
		s.at++
		s.space()
		if !s.value(nil, depth+1) {
			return false
		}
		s.space()
		if s.peek() == ',' {
			s.at++
			s.space()
			continue
		}
		if s.peek() != '}' {
			return false
		}
		s.at++
		s.run.keys, s.run.tables, s.run.text = s.run.keys[:keys.base], s.run.tables[:keys.table], s.run.text[:texts]
		return true
	}
}

func (s *jsonScan) array(elem *jsonPlace, depth int) bool {
	s.at++
	s.space()
	if s.peek() == ']' {
		s.at++
		return true
	}
	for {
		s.space()
		if !s.value(elem, depth+1) {
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
	stays       bool  // the last of them stands for all up to here
	hint        int
	seen        uint64 // the first members of the place that were read
}

// twice notes a member by its key and reports whether it was there before.
func (o *openObject) twice(s *jsonScan, k jsonKey, id int32) bool {
	if uint32(id) < 64 {
		before := o.seen
		o.seen |= 1 << uint32(id)
		return before == o.seen && !s.trusted
	}
	return !s.trusted && !o.keys.add(s.data, k)
}

// member reads one member.
func (s *jsonScan) member(o *openObject, depth int) bool {
	at, p := s.at, o.place
	id := int32(-1)
	if n := o.hint; n < len(p.members) && n < 64 && o.seen>>n&1 == 0 && p.members[n].begins(s.data[s.at:]) {
		// Members mostly stand in the order of the type.
		s.at += len(p.members[n].text)
		o.seen |= 1 << n
		id = int32(n)
	} else if x, ok := s.name(o); ok {
		id = x
	} else {
		return false
	}
	s.space()
	var m *jsonPlace
	if id >= 0 {
		m = p.members[id].place
		o.hint = int(id) + 1
	}
	stays := id >= 0 && p.members[id].stays
	if p.list && !(stays && o.stays) {
		s.note(o, at, id)
		o.stays = stays
	}
	ok := s.value(m, depth+1)
	if p.list {
		s.run.members[o.last-1].end = int32(s.at)
	}
	return ok
}

// note lists a member whose key stands at a place.
func (s *jsonScan) note(o *openObject, at int, id int32) {
	// The fields are written one by one: a whole member would be put together
	// elsewhere first.
	n := len(s.run.members)
	if n == cap(s.run.members) {
		s.run.members = append(s.run.members, jsonMember{})
	}
	s.run.members = s.run.members[:n+1]
	entry := &s.run.members[n]
	entry.key, entry.id, entry.next = int32(at), id, 0
	if o.last > 0 {
		s.run.members[o.last-1].next = int32(n + 1)
	} else {
		o.first = int32(n + 1)
	}
	o.last = int32(n + 1)
}

// name reads a key and the colon, and finds the member; false if there is none or
// the key was there before.
func (s *jsonScan) name(o *openObject) (id int32, ok bool) {
	if s.peek() != '"' {
		return 0, false
	}
	k, ok := s.key()
	if !ok {
		return 0, false
	}
	id = o.place.find(s.run.keyBytes(s.data, k), o.hint)
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
