package plan

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// EncodeProto appends the encoding of a record of a Protobuf message: fields by
// ascending number, then what is unknown, in its order.
func EncodeProto(dst []byte, t *Type, v Value) ([]byte, error) {
	e := protoEncoder{out: dst}
	e.message(t, v)
	if e.err != nil {
		return dst, e.err
	}
	return e.out, nil
}

type protoEncoder struct {
	out []byte
	err error
}

func (e *protoEncoder) wrong(t *Type, v Value) {
	if e.err == nil {
		e.err = fmt.Errorf("a %T is no %s", v, t)
	}
}

func (e *protoEncoder) message(t *Type, v Value) {
	r, ok := v.(*Rec)
	if !ok || t.Kind != Record || t.layout == nil || len(r.Fields) != len(t.Fields) {
		e.wrong(t, v)
		return
	}
	for i := range t.layout.slots {
		s := &t.layout.slots[i]
		x := r.Fields[s.field]
		if s.branch >= 0 {
			e.member(t, s, x)
			continue
		}
		if x == Absent {
			if !t.Fields[s.field].Optional && e.err == nil {
				e.err = fmt.Errorf("required field %s of %s is missing", t.Fields[s.field].Name, t)
			}
			continue
		}
		e.field(s, x)
	}
	for i := range r.Rest {
		raw, ok := r.Rest[i].Value.([]byte)
		if !ok {
			e.wrong(t, r.Rest[i].Value)
			return
		}
		e.out = append(e.out, raw...)
	}
}

// member writes the value of a oneof, if it is the member's.
func (e *protoEncoder) member(t *Type, s *protoSlot, v Value) {
	if v == Absent {
		return
	}
	union := t.Fields[s.field].Type
	x, ok := v.(*Tagged)
	if !ok {
		e.wrong(union, v)
		return
	}
	switch i := union.Branch(x.Branch); {
	case i < 0:
		e.wrong(union, v)
	case i == s.branch:
		e.single(s.number, s.wire.Kind, s.typ, x.Value)
	}
}

func (e *protoEncoder) field(s *protoSlot, v Value) {
	switch x := v.(type) {
	case []Value:
		if s.typ.Kind != List {
			e.wrong(s.typ, v)
			return
		}
		e.list(s, x)
	case *Entries:
		if s.typ.Kind != Map {
			e.wrong(s.typ, v)
			return
		}
		for i := range *x {
			e.entry(s, &(*x)[i])
		}
	default:
		if !s.implicit || !isZero(v, s.typ) {
			e.single(s.number, s.wire.Kind, s.typ, v)
		}
	}
}

// isZero reports whether a value is the one that is not written where presence
// is implicit. Minus zero is written.
func isZero(v Value, t *Type) bool {
	switch x := v.(type) {
	case bool:
		return !x
	case int64:
		return x == 0
	case uint64:
		return x == 0
	case float64:
		return Equal(x, float64(0))
	case string:
		return x == ""
	case []byte:
		return len(x) == 0
	case Symbol:
		n, ok := t.number(x)
		return ok && n == 0
	default:
		return false
	}
}

func (e *protoEncoder) tag(number, wire int) {
	e.out = binary.AppendUvarint(e.out, uint64(number)<<3|uint64(wire))
}

// single writes one value with its tag.
func (e *protoEncoder) single(number int, k WireKind, t *Type, v Value) {
	if e.err != nil {
		return
	}
	e.tag(number, k.wireType())
	switch k {
	case WireMessage:
		start := len(e.out)
		e.message(t, v)
		e.out = prefixed(e.out, start)
	case WireGroup:
		e.message(t, v)
		e.tag(number, endType)
	case WireString, WireBytes:
		e.bytes(t, v)
	default:
		e.number(k, t, v)
	}
}

func (e *protoEncoder) bytes(t *Type, v Value) {
	switch x := v.(type) {
	case string:
		if t.Kind == String && utf8.ValidString(x) {
			e.out = append(binary.AppendUvarint(e.out, uint64(len(x))), x...)
			return
		}
	case []byte:
		if t.Kind == Bytes {
			e.out = append(binary.AppendUvarint(e.out, uint64(len(x))), x...)
			return
		}
	}
	e.wrong(t, v)
}

func (e *protoEncoder) number(k WireKind, t *Type, v Value) {
	u, ok := protoBits(k, t, v)
	if !ok {
		e.wrong(t, v)
		return
	}
	switch k.wireType() {
	case fixed32Type:
		e.out = binary.LittleEndian.AppendUint32(e.out, uint32(u))
	case fixed64Type:
		e.out = binary.LittleEndian.AppendUint64(e.out, u)
	default:
		e.out = binary.AppendUvarint(e.out, u)
	}
}

func (e *protoEncoder) list(s *protoSlot, items []Value) {
	if len(items) == 0 {
		return
	}
	if !s.wire.Packed {
		for _, x := range items {
			e.single(s.number, s.wire.Kind, s.typ.Elem, x)
		}
		return
	}
	e.tag(s.number, bytesType)
	start := len(e.out)
	for _, x := range items {
		e.number(s.wire.Kind, s.typ.Elem, x)
	}
	e.out = prefixed(e.out, start)
}

// entry writes both parts of an entry of a map, zero or not.
func (e *protoEncoder) entry(s *protoSlot, x *Entry) {
	key, ok := keyValue(x.Key, s.typ.Key)
	if !ok {
		if e.err == nil {
			e.err = fmt.Errorf("the key %s is no %s", strconv.Quote(x.Key), s.typ.Key)
		}
		return
	}
	e.tag(s.number, bytesType)
	start := len(e.out)
	e.single(1, s.wire.Key, s.typ.Key, key)
	e.single(2, s.wire.Kind, s.typ.Elem, x.Value)
	e.out = prefixed(e.out, start)
}

// prefixed puts the length of what stands behind start before it.
func prefixed(out []byte, start int) []byte {
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(out)-start))
	out = append(out, length[:n]...)
	copy(out[start+n:], out[start:len(out)-n])
	copy(out[start:], length[:n])
	return out
}

// reads reports whether a record's type takes an unknown field of another type
// for one of its own.
func (t *Type) reads(raw []byte) bool {
	number, wire, next, ok := protoTag(raw, 0)
	if !ok || t.layout == nil {
		return !ok
	}
	i := t.layout.find(number)
	if i < 0 {
		return false
	}
	s := &t.layout.slots[i]
	if !s.accepts(wire) {
		return false
	}
	single := s.typ
	if single.Elem != nil {
		single = single.Elem
	}
	if single.Kind != Enum || single.Open || wire != varintType {
		return true
	}
	u, _ := binary.Uvarint(raw[next:]) // a number that a closed enum does not list stays unknown
	return single.listed(int32(u))
}
