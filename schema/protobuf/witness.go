package protobuf

import (
	"math"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"
)

// eventBuilder builds the least event of the writer that passes through a chain of
// fields and ends in a leaf. Whatever is too large or too deep sets over.
type eventBuilder struct {
	types *eventTypes
	parts int
	over  bool
}

// maxWitnessParts bounds the fields of a witness.
const maxWitnessParts = 10_000

func (b *eventBuilder) admit(depth int) bool {
	if b.parts++; b.parts > maxWitnessParts || depth > schema.MaxWitnessDepth {
		b.over = true
	}
	return !b.over
}

// descriptor finds a field of the runtime.
func (b *eventBuilder) descriptor(m protoreflect.Message, f *fieldType) protoreflect.FieldDescriptor {
	return fieldDescriptor(b.types, m.Descriptor(), f)
}

func fieldDescriptor(types *eventTypes, md protoreflect.MessageDescriptor, f *fieldType) protoreflect.FieldDescriptor {
	if !f.extension {
		return md.Fields().ByNumber(protoreflect.FieldNumber(f.number))
	}
	xt, err := types.FindExtensionByNumber(md.FullName(), protoreflect.FieldNumber(f.number))
	if err != nil {
		return nil
	}
	return xt.TypeDescriptor()
}

// place is where a witness differs from the least event: the field of a message
// and, for two fields that exclude each other, what their reader calls them.
type place struct {
	w    *fieldType
	leaf leaf
	in   *messageType // of the reader
}

// event builds a message of a type.
func (b *eventBuilder) event(mt *messageType, chain []*fieldType, at place) (*dynamicpb.Message, error) {
	m, err := newMessage(b.types, mt)
	if err != nil {
		return nil, err
	}
	b.along(m, mt, chain, at, 0)
	return m, nil
}

func (b *eventBuilder) along(m protoreflect.Message, mt *messageType, chain []*fieldType, at place, depth int) {
	b.least(m, mt, depth)
	if b.over {
		return
	}
	if len(chain) == 0 {
		b.end(m, at, depth)
		return
	}
	f := chain[0]
	if inSet(f) {
		b.item(m, f, func(inner protoreflect.Message) { b.along(inner, f.message, chain[1:], at, depth+1) })
		return
	}
	fd := b.descriptor(m, f)
	switch {
	case f.mapped:
		b.entry(m.Mutable(fd).Map(), f, 0, chain[1:], at, depth+1)
	case f.list:
		list := m.Mutable(fd).List()
		e := list.NewElement()
		b.along(e.Message(), f.message, chain[1:], at, depth+1)
		list.Append(e)
	default:
		b.along(m.Mutable(fd).Message(), f.message, chain[1:], at, depth+1)
	}
}

// item adds an item to a message set.
func (b *eventBuilder) item(m protoreflect.Message, f *fieldType, fill func(protoreflect.Message)) {
	inner, err := newMessage(b.types, f.message)
	if err != nil {
		panic(err) // shielded; the schema has the message
	}
	fill(inner)
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(inner)
	if err != nil {
		panic(err) // shielded; what is required is set, and text is valid
	}
	appendItem(m, f.number, content)
}

// entry adds an entry to a map; n tells its key from that of others.
func (b *eventBuilder) entry(entries protoreflect.Map, f *fieldType, n int64, chain []*fieldType, at place, depth int) {
	kf, vf := f.message.field(1), f.message.field(2)
	key := valueOf(kf.kind, number(n))
	if classOf(kf.kind) == aText && n > 0 {
		key = protoreflect.ValueOfString("a")
	}
	value := entries.NewValue()
	switch {
	case vf.message == nil:
		value = b.zero(vf)
	case len(chain) > 0:
		b.along(value.Message(), vf.message, chain[1:], at, depth+1)
	default:
		b.least(value.Message(), vf.message, depth+1)
	}
	if len(chain) == 0 && at.w != nil && at.w.parent == f.message {
		switch {
		case at.w == kf:
			key = valueOf(kf.kind, at.leaf.value)
		case at.leaf.kind == leafValue:
			value = valueOf(vf.kind, at.leaf.value)
		case at.leaf.kind == leafFilled:
			b.fill(value.Message(), vf.message, depth+1)
		}
	}
	entries.Set(key.MapKey(), value)
}

// end sets what the witness is about.
func (b *eventBuilder) end(m protoreflect.Message, at place, depth int) {
	if at.w == nil || at.leaf.kind == leafNone {
		return
	}
	if inSet(at.w) {
		b.add(m, at.w, 0, at.leaf.kind == leafFilled, depth)
		return
	}
	fd := b.descriptor(m, at.w)
	switch at.leaf.kind {
	case leafValue:
		v := valueOf(at.w.kind, at.leaf.value)
		if at.w.list {
			m.Mutable(fd).List().Append(v)
		} else {
			m.Set(fd, v)
		}
	case leafPair:
		b.show(m, at.w, at.in.field(at.w.number), depth)
		b.show(m, at.leaf.with, at.in.field(at.leaf.with.number), depth)
	case leafTwo:
		b.add(m, at.w, 0, false, depth)
		b.add(m, at.w, 1, false, depth)
	default:
		b.add(m, at.w, 0, at.leaf.kind == leafFilled, depth)
	}
}

// show sets a field to something that a reader cannot mistake for nothing.
func (b *eventBuilder) show(m protoreflect.Message, f, r *fieldType, depth int) {
	if r == nil {
		r = f
	}
	var v meaning
	ok := false
	if f.message == nil {
		v, ok = dropped(f, r)
	}
	switch {
	case ok && f.list:
		m.Mutable(b.descriptor(m, f)).List().Append(valueOf(f.kind, v))
	case ok:
		m.Set(b.descriptor(m, f), valueOf(f.kind, v))
	case f.message != nil || f.list || f.presence:
		b.add(m, f, 0, f.message != nil && r.message == nil, depth)
	}
}

// add sets a field, or adds element or entry n to it.
func (b *eventBuilder) add(m protoreflect.Message, f *fieldType, n int64, filled bool, depth int) {
	if !b.admit(depth) {
		return
	}
	into := func(inner protoreflect.Message) {
		b.least(inner, f.message, depth+1)
		if filled {
			b.fill(inner, f.message, depth+1)
		}
	}
	if inSet(f) {
		b.item(m, f, into)
		return
	}
	fd := b.descriptor(m, f)
	switch {
	case f.mapped:
		b.entry(m.Mutable(fd).Map(), f, n, nil, place{}, depth+1)
	case f.list && f.message != nil:
		list := m.Mutable(fd).List()
		e := list.NewElement()
		into(e.Message())
		list.Append(e)
	case f.list:
		m.Mutable(fd).List().Append(b.zero(f))
	case f.message != nil:
		into(m.Mutable(fd).Message())
	default:
		m.Set(fd, b.zero(f))
	}
}

// fill gives a message a field, if it has none yet.
func (b *eventBuilder) fill(m protoreflect.Message, mt *messageType, depth int) {
	if populated(m) || !b.admit(depth) {
		return
	}
	for _, f := range mt.fields {
		if f.message != nil && f.message.bottom {
			continue
		}
		b.show(m, f, nil, depth)
		if populated(m) {
			return
		}
	}
}

func populated(m protoreflect.Message) bool {
	found := len(m.GetUnknown()) > 0 // the items of a message set
	m.Range(func(protoreflect.FieldDescriptor, protoreflect.Value) bool {
		found = true
		return false
	})
	return found
}

// least sets what a message requires.
func (b *eventBuilder) least(m protoreflect.Message, mt *messageType, depth int) {
	if !b.admit(depth) {
		return
	}
	for _, f := range mt.required {
		fd := b.descriptor(m, f)
		if f.message != nil {
			b.least(m.Mutable(fd).Message(), f.message, depth+1)
		} else {
			m.Set(fd, b.zero(f))
		}
		if b.over {
			return
		}
	}
	if mt.full == "google.protobuf.Value" { // one without a kind has no JSON form
		m.Set(m.Descriptor().Fields().ByNumber(1), protoreflect.ValueOfEnum(0))
	}
}

// zero is the least value of a scalar.
func (b *eventBuilder) zero(f *fieldType) protoreflect.Value {
	if f.enum != nil && f.enum.value(0) == nil {
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(f.enum.first))
	}
	return valueOf(f.kind, meaning{})
}

// valueOf makes a value of the runtime.
func valueOf(k protoreflect.Kind, m meaning) protoreflect.Value {
	switch k {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(m.magnitude != 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(m.signed()))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(m.signed()))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(m.signed())
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(m.magnitude & math.MaxUint32))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(m.magnitude)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(m.float))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(m.float)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(m.text))
	default:
		return protoreflect.ValueOfString(m.text)
	}
}

// newMessage makes an empty message of a type.
func newMessage(types *eventTypes, mt *messageType) (*dynamicpb.Message, error) {
	d, err := types.files.FindDescriptorByName(mt.name)
	if err != nil {
		return nil, err
	}
	return dynamicpb.NewMessage(d.(protoreflect.MessageDescriptor)), nil
}
