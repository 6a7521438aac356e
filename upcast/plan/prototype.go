package plan

import (
	"cmp"
	"slices"

	"github.com/instar-registry/instar/schema/protobuf"
)

// Wire is how Protobuf writes a field: a single value, each element of a list,
// each value of a map.
type Wire struct {
	Kind WireKind
	// Key is how the keys of a map are written.
	Key WireKind
	// Packed says that a list is written in one piece; both ways are read.
	Packed bool
}

// WireKind is one of Protobuf's encodings.
type WireKind uint8

// The kinds; the zero kind is none.
const (
	WireNone WireKind = iota
	WireInt32
	WireInt64
	WireUint32
	WireUint64
	WireSint32
	WireSint64
	WireBool
	WireEnum
	WireFixed32
	WireSfixed32
	WireFloat
	WireFixed64
	WireSfixed64
	WireDouble
	WireString
	WireBytes
	WireMessage
	WireGroup
)

var wireKinds = map[string]WireKind{
	"int32": WireInt32, "int64": WireInt64, "uint32": WireUint32, "uint64": WireUint64, "sint32": WireSint32, "sint64": WireSint64,
	"bool": WireBool, "enum": WireEnum, "fixed32": WireFixed32, "sfixed32": WireSfixed32, "float": WireFloat,
	"fixed64": WireFixed64, "sfixed64": WireSfixed64, "double": WireDouble,
	"string": WireString, "bytes": WireBytes, "message": WireMessage, "group": WireGroup,
}

// The wire types.
const (
	varintType  = 0
	fixed64Type = 1
	bytesType   = 2
	startType   = 3
	endType     = 4
	fixed32Type = 5
)

func (k WireKind) wireType() int {
	switch {
	case k <= WireEnum:
		return varintType
	case k <= WireFloat:
		return fixed32Type
	case k <= WireDouble:
		return fixed64Type
	case k == WireGroup:
		return startType
	default:
		return bytesType
	}
}

func (k WireKind) isText() bool { return k == WireString || k == WireBytes }

// AnyText is the logical type of Protobuf's texts that no reader holds to UTF-8:
// they are bytes that documents may write as texts.
const AnyText = "unchecked string"

// FromProto is the type of the events of a Protobuf message.
func FromProto(s *protobuf.Shape) *Type {
	p := protoTypes{records: map[*protobuf.Shape]*Type{}, enums: map[*protobuf.ShapeEnum]*Type{}}
	t := p.record(s)
	for len(p.todo) > 0 {
		next := p.todo[len(p.todo)-1]
		p.todo = p.todo[:len(p.todo)-1]
		p.fill(p.records[next], next)
	}
	records := make([]*Type, 0, len(p.records))
	for _, t := range p.records {
		records = append(records, t)
	}
	layMessages(records)
	return t
}

// layMessages lays messages out for reading and writing.
func layMessages(records []*Type) {
	for _, t := range records {
		t.layout = layoutOf(t)
		t.layout.manyRequired = !t.layout.requireBits()
		t.layout.bare = newPlace(t)
	}
	markRequired(records)
}

// protoTypes makes types with a work list: chains of messages may be long.
type protoTypes struct {
	records map[*protobuf.Shape]*Type
	enums   map[*protobuf.ShapeEnum]*Type
	todo    []*protobuf.Shape
}

func (p *protoTypes) record(s *protobuf.Shape) *Type {
	if t := p.records[s]; t != nil {
		return t
	}
	t := &Type{Kind: Record, Name: s.Name, Open: true}
	p.records[s] = t
	p.todo = append(p.todo, s)
	return t
}

// fill gives a record its fields: one for each field, and one for each oneof.
func (p *protoTypes) fill(t *Type, s *protobuf.Shape) {
	for i := range s.Fields {
		f := &s.Fields[i]
		wire, typ := p.field(f)
		if f.Oneof != "" {
			u := t.Field(f.Oneof)
			if u < 0 {
				u = len(t.Fields)
				t.Fields = append(t.Fields, Field{Name: f.Oneof, Type: &Type{Kind: Union}, Optional: true})
			}
			union := t.Fields[u].Type
			union.Branches = append(union.Branches, Branch{Name: f.Name, Type: typ, Number: f.Number, Wire: wire})
			continue
		}
		out := Field{Name: f.Name, Number: f.Number, Type: typ, Wire: wire, Optional: f.Presence && !f.Required}
		if f.JSON != f.Name && f.JSON != "" {
			out.Aliases = []string{f.JSON}
		}
		switch {
		case f.List:
			out.HasDefault, out.Default = true, []Value{}
		case f.Map:
			out.HasDefault, out.Default = true, &Entries{}
		case !f.Presence:
			out.HasDefault, out.Default = true, plainValue(f.Default, typ)
		case f.Message == nil:
			out.Unset = plainValue(f.Default, typ)
		}
		t.Fields = append(t.Fields, out)
	}
}

// field is the encoding and the type of what stands under one number.
func (p *protoTypes) field(f *protobuf.ShapeField) (Wire, *Type) {
	if f.Map {
		key, value := &f.Message.Fields[0], &f.Message.Fields[1]
		return Wire{Kind: wireKinds[value.Kind], Key: wireKinds[key.Kind]}, &Type{Kind: Map, Key: p.single(key), Elem: p.single(value)}
	}
	w, t := Wire{Kind: wireKinds[f.Kind], Packed: f.Packed}, p.single(f)
	if f.List {
		t = &Type{Kind: List, Elem: t}
	}
	return w, t
}

func (p *protoTypes) single(f *protobuf.ShapeField) *Type {
	switch k := wireKinds[f.Kind]; k {
	case WireInt32, WireSint32, WireSfixed32:
		return &Type{Kind: Int, Bits: 32}
	case WireInt64, WireSint64, WireSfixed64:
		return &Type{Kind: Int, Bits: 64}
	case WireUint32, WireFixed32:
		return &Type{Kind: Uint, Bits: 32}
	case WireUint64, WireFixed64:
		return &Type{Kind: Uint, Bits: 64}
	case WireBool:
		return BoolType
	case WireFloat:
		return &Type{Kind: Float, Bits: 32}
	case WireDouble:
		return &Type{Kind: Float, Bits: 64}
	case WireEnum:
		return p.enum(f.Enum)
	case WireString:
		if f.UTF8 {
			return &Type{Kind: String}
		}
		return &Type{Kind: Bytes, Logical: AnyText}
	case WireMessage, WireGroup:
		return p.record(f.Message)
	default:
		return &Type{Kind: Bytes}
	}
}

func (p *protoTypes) enum(e *protobuf.ShapeEnum) *Type {
	if t := p.enums[e]; t != nil {
		return t
	}
	t := &Type{Kind: Enum, Name: e.Name, Open: !e.Closed}
	for _, v := range e.Values {
		t.Symbols, t.Numbers = append(t.Symbols, v.Name), append(t.Numbers, v.Number)
	}
	p.enums[e] = t
	return t
}

// plainValue is a default as a value of its type.
func plainValue(v any, t *Type) Value {
	switch x := v.(type) {
	case int64:
		if t.Kind == Enum {
			return t.symbol(int32(x))
		}
	case string:
		if t.Kind == Bytes {
			return []byte(x)
		}
	}
	return v
}

// protoLayout is what readers and writers of a record need: its fields and the
// members of its oneofs by number.
type protoLayout struct {
	slots []protoSlot // by ascending number
	dense []int16     // slot of a small number, or -1
	// short is the slot of a tag of one byte, plus 1, where it stands before a
	// plain value of the field.
	short [128]int16
	zero  []Value // of the fields, before anything is read
	// required says that something in the record may be missing though it is
	// required.
	required bool
	// bits are those of the fields that are required; manyRequired says that
	// there are more than bits.
	bits         uint64
	manyRequired bool
	bare         *protoPlace
}

// protoSlot is what stands under one number.
type protoSlot struct {
	number int
	field  int
	branch int // of the oneof, or -1
	wire   Wire
	typ    *Type // of the field or the member
	// implicit says that the default is not written.
	implicit bool
	required bool
	bit      uint64 // of a required field
	// plain says that one occurrence is one value that has no parts and needs
	// no look at those before it.
	plain bool
}

// denseNumbers bounds the direct table of a layout.
const denseNumbers = 256

func layoutOf(t *Type) *protoLayout {
	l := &protoLayout{zero: make([]Value, len(t.Fields))}
	for i := range t.Fields {
		f := &t.Fields[i]
		l.zero[i] = Absent
		if f.HasDefault {
			l.zero[i] = f.Default
		}
		if f.Number > 0 {
			l.slots = append(l.slots, protoSlot{
				number: f.Number, field: i, branch: -1, wire: f.Wire, typ: f.Type,
				implicit: f.HasDefault, required: !f.Optional && !f.HasDefault,
			})
			continue
		}
		for j := range f.Type.Branches {
			b := &f.Type.Branches[j]
			l.slots = append(l.slots, protoSlot{number: b.Number, field: i, branch: j, wire: b.Wire, typ: b.Type})
		}
	}
	slices.SortFunc(l.slots, func(a, b protoSlot) int { return cmp.Compare(a.number, b.number) })
	for i := range l.slots {
		if n := l.slots[i].number; n < denseNumbers {
			for len(l.dense) <= n {
				l.dense = append(l.dense, -1)
			}
			l.dense[n] = int16(i)
		}
		l.shorten(i)
	}
	return l
}

// shorten lets a plain field be found by its tag.
func (l *protoLayout) shorten(i int) {
	s := &l.slots[i]
	switch s.typ.Kind {
	case Enum:
		s.plain = s.typ.Open
	case List, Map, Record, Union:
	default:
		s.plain = true
	}
	s.plain = s.plain && s.branch < 0
	if s.plain && s.number < 16 {
		l.short[s.number<<3|s.wire.Kind.wireType()] = int16(i + 1)
	}
}

// find returns the index of the slot of a number, or -1.
func (l *protoLayout) find(number int) int {
	if number < len(l.dense) {
		return int(l.dense[number])
	}
	if number < denseNumbers {
		return -1
	}
	i, ok := slices.BinarySearchFunc(l.slots, number, func(s protoSlot, n int) int { return cmp.Compare(s.number, n) })
	if !ok {
		return -1
	}
	return i
}

// accepts reports whether a reader takes a value of a wire type for the slot's.
func (s *protoSlot) accepts(wire int) bool {
	if s.typ.Kind == Map {
		return wire == bytesType
	}
	own := s.wire.Kind.wireType()
	return wire == own || wire == bytesType && s.typ.Kind == List && own != startType
}

// markRequired finds the records of which a part may be missing.
func markRequired(records []*Type) {
	users := map[*Type][]*Type{}
	var todo []*Type
	for _, t := range records {
		for i := range t.layout.slots {
			s := &t.layout.slots[i]
			if s.required && !t.layout.required {
				t.layout.required = true
				todo = append(todo, t)
			}
			inner := s.typ
			if inner.Elem != nil {
				inner = inner.Elem
			}
			if inner.Kind == Record {
				users[inner] = append(users[inner], t)
			}
		}
	}
	for len(todo) > 0 {
		t := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, u := range users[t] {
			if !u.layout.required {
				u.layout.required = true
				todo = append(todo, u)
			}
		}
	}
}
