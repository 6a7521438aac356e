package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// Shape is a message type as its events have it, with all features resolved and
// free of the runtime's types. Shapes form a graph that may be cyclic; they must
// not be changed.
type Shape struct {
	Name string // full name
	// Fields are by ascending number, extensions that the file and its imports
	// declare included. A message set has none: its items are opaque.
	Fields []ShapeField
}

// ShapeField is one field of a [Shape].
type ShapeField struct {
	Number int
	// Name is the declared name, of an extension "(full.name)"; JSON is the
	// name in the JSON form.
	Name, JSON string
	// Kind is the keyword of the type, such as "sint32"; "message", "group" and
	// "enum" for the others. Of a map it is "message", and the entry's fields 1
	// and 2 say more.
	Kind string
	// Packed says how a list is written; readers take both ways.
	List, Map, Packed bool
	// Presence tells an absent field from one with its default.
	Presence, Required bool
	// UTF8 says that readers refuse texts that are not UTF-8.
	UTF8 bool
	// Oneof is the name of the oneof that the field is a member of.
	Oneof   string
	Message *Shape
	Enum    *ShapeEnum
	// Default is what an absent scalar reads as: a bool, int64, uint64, float64
	// or string; of an enum the number as int64.
	Default any
}

// ShapeEnum is an enum of a [Shape].
type ShapeEnum struct {
	Name   string
	Closed bool
	// Values are by ascending number, each number once, under its first name.
	Values []EnumValue
}

// Shape returns the shape of a message, named by its index path as in
// [Schema.Message].
func (s *Schema) Shape(indexes []int) (*Shape, error) {
	md, err := s.Message(indexes)
	if err != nil {
		return nil, err
	}
	p, err := s.program()
	if err != nil {
		return nil, err
	}
	for _, m := range p.messages {
		if m.name == md.FullName() {
			b := shaper{messages: map[*messageType]*Shape{}, enums: map[*enumType]*ShapeEnum{}}
			return b.run(m), nil
		}
	}
	return nil, &schema.Bug{Where: "protobuf.Shape", Cause: "the program lacks " + string(md.FullName())}
}

// shaper builds shapes with a work list: chains of message types may be long.
type shaper struct {
	messages map[*messageType]*Shape
	enums    map[*enumType]*ShapeEnum
	todo     []*messageType
}

func (b *shaper) run(m *messageType) *Shape {
	out := b.message(m)
	for len(b.todo) > 0 {
		next := b.todo[len(b.todo)-1]
		b.todo = b.todo[:len(b.todo)-1]
		b.fill(b.messages[next], next)
	}
	return out
}

func (b *shaper) message(m *messageType) *Shape {
	if s := b.messages[m]; s != nil {
		return s
	}
	s := &Shape{Name: m.full}
	b.messages[m] = s
	b.todo = append(b.todo, m)
	return s
}

func (b *shaper) fill(s *Shape, m *messageType) {
	if m.set {
		return
	}
	for _, f := range m.fields {
		out := ShapeField{
			Number: int(f.number), Name: f.name, JSON: f.json, Kind: f.kind.String(), List: f.list, Map: f.mapped, Packed: f.packed,
			Presence: f.presence, Required: f.required, UTF8: f.utf8, Default: plainDefault(f),
		}
		if f.oneof != nil {
			out.Oneof = f.oneof.name
		}
		if f.message != nil {
			out.Message = b.message(f.message)
		}
		if f.enum != nil {
			out.Enum = b.enum(f.enum)
		}
		s.Fields = append(s.Fields, out)
	}
}

func (b *shaper) enum(e *enumType) *ShapeEnum {
	if s := b.enums[e]; s != nil {
		return s
	}
	s := &ShapeEnum{Name: e.full, Closed: e.closed}
	for _, v := range e.values {
		s.Values = append(s.Values, EnumValue{Name: v.names[0], Number: int32(v.number)})
	}
	b.enums[e] = s
	return s
}

// plainDefault is what an absent field reads as, in a type of the language.
func plainDefault(f *fieldType) any {
	if f.message != nil || f.many() {
		return nil
	}
	switch f.kind {
	case protoreflect.BoolKind:
		return f.absent.magnitude != 0
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return f.absent.magnitude
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return f.absent.float
	case protoreflect.StringKind, protoreflect.BytesKind:
		return f.absent.text
	default:
		return f.absent.signed()
	}
}
