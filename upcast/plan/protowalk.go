package plan

import "encoding/binary"

// protoNoted is what was noted of one place of a frame: the last occurrence, and
// the chain of all of them where the mode asks for it. Offsets are those of the
// tag and behind the value; end is 0 where nothing was noted.
type protoNoted struct {
	tag, end    int32
	first, last int32 // of the chain, plus 1
}

// protoNote is one occurrence in a chain.
type protoNote struct {
	tag, end int32
	next     int32 // plus 1
}

// protoWalk is one pass over a message.
type protoWalk struct {
	data   []byte
	limits *EventLimits
	modes  []markMode
	frame  []protoNoted
	notes  []protoNote
	items  int
	// check holds the bytes to the type; elements that were checked with their
	// event are walked again without.
	check bool
	// odd says that only the evaluation of the decoded event can tell: a message
	// in pieces, a number that a closed enum does not list, something required
	// that is missing so far.
	odd bool
}

// message walks the fields in data[pos:end]; group is the number whose end tag
// ends the message, or 0.
func (w *protoWalk) message(p *protoPlace, pos, end, group, depth int) (int, bool) {
	if depth > w.limits.Depth {
		return 0, false
	}
	layout := p.typ.layout
	seen := uint64(0)
	for pos < end {
		tag := pos
		if c := w.data[pos]; c < 0x80 && layout.short[c] > 0 {
			i := layout.short[c] - 1
			s, ok := &layout.slots[i], false
			if pos, ok = w.plain(s, int(c&7), pos+1, end); !ok {
				return 0, false
			}
			if id := p.marks[i]; id >= 0 {
				w.note(id, tag, pos)
			}
			seen |= s.bit
			continue
		}
		number, wire, next, ok := protoTag(w.data[:end], pos)
		if !ok {
			return 0, false
		}
		pos = next
		if wire == endType {
			w.require(layout, seen)
			return pos, number == group
		}
		i := layout.find(number)
		if i < 0 || !layout.slots[i].accepts(wire) {
			if pos, ok = w.skip(number, wire, pos, end, depth); !ok || !w.item() {
				return 0, false
			}
			if p.rest >= 0 {
				w.note(p.rest, tag, pos)
			}
			continue
		}
		if pos, ok = w.field(p, i, wire, pos, end, depth); !ok {
			return 0, false
		}
		if id := p.marks[i]; id >= 0 {
			w.mark(id, &layout.slots[i], tag, pos)
		}
		seen |= layout.slots[i].bit
	}
	w.require(layout, seen)
	return pos, group == 0
}

// plain walks a plain value.
func (w *protoWalk) plain(s *protoSlot, wire, pos, end int) (int, bool) {
	switch wire {
	case varintType:
		return uvarintEnd(w.data[:end], pos)
	case fixed32Type:
		return pos + 4, end-pos >= 4
	case fixed64Type:
		return pos + 8, end-pos >= 8
	}
	u, n := shortUvarint(w.data[:end], pos)
	if n <= 0 || u > uint64(end-pos-n) {
		return 0, false
	}
	stop := pos + n + int(u)
	return stop, !w.check || s.wire.Kind != WireString || s.typ.Kind == Bytes || valid(w.data[pos+n:stop])
}

func (w *protoWalk) require(l *protoLayout, seen uint64) {
	if l.bits&^seen != 0 || l.manyRequired {
		w.odd = true
	}
}

func (w *protoWalk) item() bool {
	if w.check {
		w.items++
	}
	return w.items <= w.limits.Items
}

// mark notes an occurrence of a field.
func (w *protoWalk) mark(id int, s *protoSlot, tag, end int) {
	if w.modes[id] == markOnce && w.frame[id].end > 0 && (s.typ.Kind == Record || s.branch >= 0) {
		w.odd = true // merged, or a member that another one replaces
	}
	if s.typ.Kind == Enum && !s.typ.Open {
		_, _, at, _ := protoTag(w.data, tag)
		if u, _ := binary.Uvarint(w.data[at:]); !s.typ.listed(int32(u)) {
			w.odd = true
		}
	}
	w.note(id, tag, end)
}

func (w *protoWalk) note(id, tag, end int) {
	n := &w.frame[id]
	if mode := w.modes[id]; mode == markAll || mode == markRaw {
		if mode == markRaw && n.last > 0 && int(w.notes[n.last-1].end) == tag && len(w.notes) == int(n.last) {
			w.notes[n.last-1].end = int32(end) // neighbours are copied in one piece
		} else {
			w.notes = append(w.notes, protoNote{tag: int32(tag), end: int32(end)})
			if at := int32(len(w.notes)); n.first == 0 {
				n.first, n.last = at, at
			} else {
				w.notes[n.last-1].next, n.last = at, at
			}
		}
	}
	n.tag, n.end = int32(tag), int32(end)
}

// field walks a value of a known field.
func (w *protoWalk) field(p *protoPlace, i, wire, pos, end, depth int) (int, bool) {
	s := &p.typ.layout.slots[i]
	many := s.typ.Kind == List || s.typ.Kind == Map
	if w.check && many && (wire != bytesType || !s.packs()) && !w.item() {
		return 0, false
	}
	switch wire {
	case varintType:
		return uvarintEnd(w.data[:end], pos)
	case fixed32Type:
		return pos + 4, end-pos >= 4
	case fixed64Type:
		return pos + 8, end-pos >= 8
	case startType:
		if x := p.inner[i]; x != nil {
			return w.message(x, pos, end, s.number, depth+1)
		}
		return w.message(s.bare(), pos, end, s.number, depth+1)
	}
	u, n := shortUvarint(w.data[:end], pos)
	if n <= 0 || u > uint64(end-pos-n) {
		return 0, false
	}
	pos += n
	stop := pos + int(u)
	if x := p.inner[i]; x != nil {
		_, ok := w.message(x, pos, stop, 0, depth+1)
		return stop, ok
	}
	return stop, !w.check || w.content(s, pos, stop, depth)
}

// packs reports whether a list may come in one piece.
func (s *protoSlot) packs() bool {
	return s.typ.Kind == List && s.wire.Kind < WireString
}

// bare is the place of a message in which nothing is noted.
func (s *protoSlot) bare() *protoPlace {
	t := s.typ
	if t.Elem != nil {
		t = t.Elem
	}
	return t.layout.bare
}

// content holds what has a length to its type.
func (w *protoWalk) content(s *protoSlot, pos, stop, depth int) bool {
	switch {
	case s.typ.Kind == Map:
		return w.entry(s, pos, stop, depth)
	case s.wire.Kind == WireMessage:
		_, ok := w.message(s.bare(), pos, stop, 0, depth+1)
		return ok
	case s.wire.Kind == WireString:
		return s.anyText() || valid(w.data[pos:stop])
	case s.wire.Kind == WireBytes:
		return true
	}
	wire, ok := s.wire.Kind.wireType(), true
	for pos < stop {
		if !w.item() {
			return false
		}
		if pos, ok = skipNumber(w.data[:stop], wire, pos); !ok {
			return false
		}
	}
	return true
}

func (s *protoSlot) anyText() bool {
	t := s.typ
	if t.Elem != nil {
		t = t.Elem
	}
	return t.Kind == Bytes
}

// entry holds an entry of a map to its two types.
func (w *protoWalk) entry(s *protoSlot, pos, stop, depth int) bool {
	if depth+1 > w.limits.Depth {
		return false
	}
	parts := [2]protoSlot{{number: 1, wire: Wire{Kind: s.wire.Key}, typ: s.typ.Key}, {number: 2, wire: Wire{Kind: s.wire.Kind}, typ: s.typ.Elem}}
	seen := [2]bool{}
	for pos < stop {
		number, wire, next, ok := protoTag(w.data[:stop], pos)
		if !ok || wire == endType {
			return false
		}
		pos = next
		if number > 2 || wire != parts[number-1].wire.Kind.wireType() {
			if number == 1 && seen[0] {
				return false
			}
			if pos, ok = w.skip(number, wire, pos, stop, depth+1); !ok || !w.item() {
				return false
			}
			continue
		}
		if number == 2 && seen[1] && s.typ.Elem.Kind == Record {
			w.odd = true
		}
		seen[number-1] = true
		if pos, ok = w.part(&parts[number-1], wire, pos, stop, depth+1); !ok {
			return false
		}
	}
	if !seen[1] && s.typ.Elem.Kind == Record && s.typ.Elem.layout.required {
		w.odd = true
	}
	return true
}

// part walks the key or the value of an entry.
func (w *protoWalk) part(s *protoSlot, wire, pos, end, depth int) (int, bool) {
	switch wire {
	case startType:
		return w.message(s.bare(), pos, end, s.number, depth+1)
	case bytesType:
		u, n := shortUvarint(w.data[:end], pos)
		if n <= 0 || u > uint64(end-pos-n) {
			return 0, false
		}
		stop := pos + n + int(u)
		return stop, w.content(s, pos+n, stop, depth)
	default:
		return skipNumber(w.data[:end], wire, pos)
	}
}

// skip passes over a value that is unknown.
func (w *protoWalk) skip(number, wire, pos, end, depth int) (int, bool) {
	switch wire {
	case bytesType:
		u, n := shortUvarint(w.data[:end], pos)
		return pos + n + int(u), n > 0 && u <= uint64(end-pos-n)
	case startType:
	default:
		return skipNumber(w.data[:end], wire, pos)
	}
	if depth+1 > w.limits.Depth {
		return 0, false
	}
	for pos < end {
		inner, kind, next, ok := protoTag(w.data[:end], pos)
		if !ok {
			return 0, false
		}
		if kind == endType {
			return next, inner == number
		}
		if pos, ok = w.skip(inner, kind, next, end, depth+1); !ok || !w.item() {
			return 0, false
		}
	}
	return 0, false
}

func skipNumber(data []byte, wire, pos int) (int, bool) {
	switch wire {
	case varintType:
		return uvarintEnd(data, pos)
	case fixed32Type:
		return pos + 4, len(data)-pos >= 4
	case fixed64Type:
		return pos + 8, len(data)-pos >= 8
	default:
		return 0, false
	}
}

// shortUvarint reads a varint; most have one byte.
func shortUvarint(data []byte, pos int) (uint64, int) {
	if pos < len(data) && data[pos] < 0x80 {
		return uint64(data[pos]), 1
	}
	return binary.Uvarint(data[pos:])
}

func uvarintEnd(data []byte, pos int) (int, bool) {
	if pos < len(data) && data[pos] < 0x80 {
		return pos + 1, true
	}
	_, n := binary.Uvarint(data[pos:])
	return pos + n, n > 0
}

// requireBits gives the required fields of a message their bits; false if there
// are too many.
func (l *protoLayout) requireBits() bool {
	n := 0
	for i := range l.slots {
		if l.slots[i].required {
			if n++; n > 64 {
				return false
			}
			l.slots[i].bit = 1 << (n - 1)
			l.bits |= l.slots[i].bit
		}
	}
	return true
}

// numbersOf calls f with each number of an occurrence of a list.
func (s *protoSlot) numbersOf(data []byte, tag, end int, f func(u uint64) bool) bool {
	_, wire, pos, _ := protoTag(data, tag)
	own := s.wire.Kind.wireType()
	if wire == bytesType && own != bytesType {
		_, n := shortUvarint(data, pos)
		pos += n
	}
	for pos < end {
		u, next := readBits(data, own, pos)
		if !f(u) {
			return false
		}
		pos = next
	}
	return true
}

// readBits reads a number that was walked before.
func readBits(data []byte, wire, pos int) (uint64, int) {
	switch wire {
	case fixed32Type:
		return uint64(binary.LittleEndian.Uint32(data[pos:])), pos + 4
	case fixed64Type:
		return binary.LittleEndian.Uint64(data[pos:]), pos + 8
	default:
		u, n := shortUvarint(data, pos)
		return u, pos + n
	}
}
