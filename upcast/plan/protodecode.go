package plan

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxProtoParts bounds the fields of all messages of a decoded event, written or
// not: a message of two bytes may have thousands.
const maxProtoParts = 4_000_000

// DecodeProto reads an event of a Protobuf message as every reader does: fields
// in any order, lists packed or not, the last of a single value, messages
// merged. What is unknown is kept in the rest of its record, in order. The error
// says at which byte the event is none of the type.
func DecodeProto(t *Type, event []byte, l EventLimits) (Value, error) {
	d := protoDecoder{data: event, limits: &l}
	if len(event) > l.Bytes {
		return nil, fmt.Errorf("the event has more than %d bytes", l.Bytes)
	}
	out := d.record(t)
	if at, ok := d.message(out, 0, len(event), 0, 1); !ok || at != len(event) {
		if d.what == "" {
			d.what = "an end of group without a group"
		}
		return nil, fmt.Errorf("the event is no %s at byte %d: %s", t, d.at, d.what)
	}
	if t.layout.required {
		if missing := lacking(t, out); missing != "" {
			return nil, fmt.Errorf("the event is no %s: required field %s is missing", t, missing)
		}
	}
	return out, nil
}

type protoDecoder struct {
	data   []byte
	limits *EventLimits
	items  int
	parts  int
	index  map[*Entries]map[string]int // of the large maps
	at     int
	what   string
}

// fail notes where and why the bytes are no event.
func (d *protoDecoder) fail(at int, what string) (int, bool) {
	if d.what == "" {
		d.at, d.what = at, what
	}
	return 0, false
}

func (d *protoDecoder) item(at int) bool {
	if d.items++; d.items > d.limits.Items {
		d.fail(at, "too many items")
		return false
	}
	return true
}

// record is a record of which nothing was read yet.
func (d *protoDecoder) record(t *Type) *Rec {
	d.parts += len(t.Fields) + 1
	if d.parts > maxProtoParts {
		return &Rec{Type: t}
	}
	return &Rec{Type: t, Fields: append([]Value(nil), t.layout.zero...)}
}

// message reads fields into a record up to the end, or to the end tag of the
// group; it returns the offset after it.
func (d *protoDecoder) message(r *Rec, pos, end, group, depth int) (int, bool) {
	if depth > d.limits.Depth {
		return d.fail(pos, "messages are nested too deeply")
	}
	if d.parts > maxProtoParts {
		return d.fail(pos, "too many fields")
	}
	layout := r.Type.layout
	for pos < end {
		at := pos
		number, wire, next, ok := protoTag(d.data[:end], pos)
		if !ok {
			return d.fail(at, "a tag is malformed")
		}
		pos = next
		if wire == endType {
			if number != group {
				return d.fail(at, "an end of group does not match its start")
			}
			return pos, true
		}
		if i := layout.find(number); i >= 0 && layout.slots[i].accepts(wire) {
			pos, ok = d.known(r, &layout.slots[i], wire, at, pos, end, depth)
		} else if pos, ok = d.skip(number, wire, pos, end, depth); ok {
			r.Rest = append(r.Rest, unknown(number, d.data[at:pos]))
			ok = d.item(at)
		}
		if !ok {
			return d.fail(at, "a value is malformed")
		}
	}
	if group != 0 {
		return d.fail(end, "the event ends inside a group")
	}
	return pos, true
}

// unknown is an entry for a field that the type does not have.
func unknown(number int, raw []byte) Entry {
	return Entry{strconv.Itoa(number), append([]byte(nil), raw...)}
}

// protoTag reads a tag of at most ten bytes.
func protoTag(data []byte, pos int) (number, wire, next int, ok bool) {
	if pos < len(data) && data[pos] < 0x80 && data[pos] >= 8 {
		return int(data[pos] >> 3), int(data[pos] & 7), pos + 1, true
	}
	tag, n := binary.Uvarint(data[pos:])
	if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return 0, 0, pos, false
	}
	return int(tag >> 3), int(tag & 7), pos + n, true
}

// skip passes over a value that nobody reads; its structure counts all the same.
func (d *protoDecoder) skip(number, wire, pos, end, depth int) (int, bool) {
	if wire != startType {
		_, next, ok := d.scalar(wire, pos, end)
		return next, ok
	}
	if depth+1 > d.limits.Depth {
		return d.fail(pos, "groups are nested too deeply")
	}
	for pos < end {
		inner, w, next, ok := protoTag(d.data[:end], pos)
		if !ok {
			return d.fail(pos, "a tag is malformed")
		}
		if w == endType {
			return next, inner == number
		}
		if !d.item(pos) {
			return 0, false
		}
		if pos, ok = d.skip(inner, w, next, end, depth+1); !ok {
			return 0, false
		}
	}
	return d.fail(pos, "the event ends inside a group")
}

// scalar reads the bits of a number, or the place of bytes: their end is the
// offset behind the value, their length the bits.
func (d *protoDecoder) scalar(wire, pos, end int) (u uint64, next int, ok bool) {
	switch wire {
	case varintType, bytesType:
		u, n := binary.Uvarint(d.data[pos:end])
		if n <= 0 {
			return 0, 0, false
		}
		pos += n
		if wire == varintType {
			return u, pos, true
		}
		if u > uint64(end-pos) {
			return 0, 0, false
		}
		return u, pos + int(u), true
	case fixed32Type:
		if end-pos < 4 {
			return 0, 0, false
		}
		return uint64(binary.LittleEndian.Uint32(d.data[pos:])), pos + 4, true
	case fixed64Type:
		if end-pos < 8 {
			return 0, 0, false
		}
		return binary.LittleEndian.Uint64(d.data[pos:]), pos + 8, true
	default:
		return 0, 0, false
	}
}

// known reads a value of a field, whose tag begins at.
func (d *protoDecoder) known(r *Rec, s *protoSlot, wire, at, pos, end, depth int) (int, bool) {
	if s.typ.Kind == List || s.typ.Kind == Map {
		if s.typ.Kind == Map {
			return d.entry(r, s, at, pos, end, depth)
		}
		return d.elements(r, s, wire, at, pos, end, depth)
	}
	var was Value
	if old := r.Fields[s.field]; s.branch < 0 {
		was = old
	} else if u, ok := old.(*Tagged); ok && u.Branch == r.Type.Fields[s.field].Type.Branches[s.branch].Name {
		was = u.Value
	}
	v, next, ok := d.single(s.wire.Kind, s.typ, was, s.number, pos, end, depth)
	switch {
	case !ok:
		return 0, false
	case s.typ.Kind == Enum && !s.typ.Open && !s.typ.names(v):
		r.Rest = append(r.Rest, unknown(s.number, d.data[at:next]))
		return next, d.item(at)
	case s.branch >= 0:
		v = &Tagged{Branch: r.Type.Fields[s.field].Type.Branches[s.branch].Name, Value: v}
	}
	r.Fields[s.field] = v
	return next, true
}

// names reports whether an enum lists the value.
func (t *Type) names(v Value) bool {
	s, ok := v.(Symbol)
	n, known := t.number(s)
	return ok && known && t.listed(n)
}

// single reads one value; was is the message that it is merged into.
func (d *protoDecoder) single(k WireKind, t *Type, was Value, number, pos, end, depth int) (Value, int, bool) {
	if k == WireGroup {
		into, ok := was.(*Rec)
		if !ok {
			into = d.record(t)
		}
		next, ok := d.message(into, pos, end, number, depth+1)
		return into, next, ok
	}
	u, next, ok := d.scalar(k.wireType(), pos, end)
	if !ok {
		return nil, 0, false
	}
	switch k {
	case WireString, WireBytes:
		raw := d.data[next-int(u) : next]
		if t.Kind == Bytes {
			return append([]byte{}, raw...), next, true
		}
		return string(raw), next, utf8.Valid(raw)
	case WireMessage:
		into, ok := was.(*Rec)
		if !ok {
			into = d.record(t)
		}
		_, ok = d.message(into, next-int(u), next, 0, depth+1)
		return into, next, ok
	default:
		return protoNumber(k, t, u), next, true
	}
}

// elements reads one element of a list, or many in one piece.
func (d *protoDecoder) elements(r *Rec, s *protoSlot, wire, at, pos, end, depth int) (int, bool) {
	list, _ := r.Fields[s.field].([]Value)
	own := s.wire.Kind.wireType()
	stop := end
	if wire != own {
		u, next, ok := d.scalar(bytesType, pos, end)
		if !ok {
			return 0, false
		}
		pos, stop = next-int(u), next
		if pos == stop {
			return pos, true
		}
	}
	for {
		if !d.item(at) {
			return 0, false
		}
		start := pos
		v, next, ok := d.single(s.wire.Kind, s.typ.Elem, nil, s.number, pos, stop, depth)
		if !ok {
			return 0, false
		}
		if e := s.typ.Elem; e.Kind == Enum && !e.Open && !e.names(v) {
			raw := binary.AppendUvarint(nil, uint64(s.number)<<3|varintType)
			r.Rest = append(r.Rest, unknown(s.number, append(raw, d.data[start:next]...)))
		} else {
			list = append(list, v)
		}
		if pos = next; wire == own || pos == stop {
			break
		}
	}
	r.Fields[s.field] = list
	return pos, true
}
