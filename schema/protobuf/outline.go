package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Outline is the structure of a file as far as rules about changes read it:
// names, numbers, types and labels as written, without options and services.
type Outline struct {
	Package  string
	Messages []*Message
	Enums    []*Enum
}

// Message is a message type.
type Message struct {
	Name     string // simple name
	FullName string
	Package  string
	// Document is the reference name of the file that defines the message;
	// empty for the schema itself. Bundled files count as documents.
	Document string
	// Fields are all fields, members of oneofs included, in declaration order.
	// Groups are not among them.
	Fields []*Field
	// Oneofs are the names of the declared oneofs in order.
	Oneofs []string
	// Messages are the nested messages without map entries.
	Messages []*Message
	Enums    []*Enum
}

// Field is a field of a message.
type Field struct {
	Name   string
	Number int32
	// Label is "", "optional", "required" or "repeated" as written; a map field
	// has none.
	Label string
	// Oneof is the name of the enclosing oneof, if any.
	Oneof string
	Type  Type
}

// TypeKind says what a field holds.
type TypeKind uint8

// The kinds of a field's type. Enums are scalars on the wire and are told apart
// by [Type.Scalar] "enum".
const (
	Scalar TypeKind = iota
	MapType
	MessageType
)

// Type is the type of a field, a map key or a map value.
type Type struct {
	Kind TypeKind
	// Scalar is the scalar's keyword, such as "int32", or "enum".
	Scalar string
	// Name is the full name of an enum or message.
	Name string
	// Message is set for messages. The graph may be cyclic.
	Message *Message
	// Key and Value are set for maps.
	Key, Value *Type
}

// Enum is an enum type.
type Enum struct {
	Name     string
	FullName string
	Values   []EnumValue
}

// EnumValue is one constant of an enum.
type EnumValue struct {
	Name   string
	Number int32
}

// Outline returns the structure of the file. It is built at the first call and
// must not be changed.
func (s *Schema) Outline() *Outline { return s.outline() }

// outliner builds outlines; messages are shared by full name, so that recursive
// types end.
type outliner struct {
	own      protoreflect.FileDescriptor
	messages map[protoreflect.FullName]*Message
}

func (s *Schema) buildOutline() *Outline {
	o := &outliner{own: s.file, messages: map[protoreflect.FullName]*Message{}}
	out := &Outline{Package: string(s.file.Package())}
	out.Messages = o.list(s.file.Messages())
	out.Enums = enumsOf(s.file.Enums())
	return out
}

func (o *outliner) list(mds protoreflect.MessageDescriptors) []*Message {
	var out []*Message
	groups := groupMessages(mds)
	for i := range mds.Len() {
		md := mds.Get(i)
		if !md.IsMapEntry() && !groups[md.FullName()] {
			out = append(out, o.message(md))
		}
	}
	return out
}

// groupMessages names the messages that exist only because a group does.
func groupMessages(mds protoreflect.MessageDescriptors) map[protoreflect.FullName]bool {
	if mds.Len() == 0 {
		return nil
	}
	out := map[protoreflect.FullName]bool{}
	mark := func(f protoreflect.FieldDescriptor) {
		if isGroup(f) {
			out[f.Message().FullName()] = true
		}
	}
	switch parent := mds.Get(0).Parent().(type) {
	case protoreflect.MessageDescriptor:
		for i := range parent.Fields().Len() {
			mark(parent.Fields().Get(i))
		}
		for i := range parent.Extensions().Len() {
			mark(parent.Extensions().Get(i))
		}
	case protoreflect.FileDescriptor:
		for i := range parent.Extensions().Len() {
			mark(parent.Extensions().Get(i))
		}
	}
	return out
}

// isGroup reports whether a field was declared as a group; in editions a
// delimited field has the same kind and an ordinary message type.
func isGroup(f protoreflect.FieldDescriptor) bool {
	return f.Kind() == protoreflect.GroupKind && f.ParentFile().Syntax() != protoreflect.Editions
}

func (o *outliner) message(md protoreflect.MessageDescriptor) *Message {
	if m, ok := o.messages[md.FullName()]; ok {
		return m
	}
	m := &Message{
		Name: string(md.Name()), FullName: string(md.FullName()),
		Package: string(md.ParentFile().Package()),
	}
	if md.ParentFile().Path() != o.own.Path() {
		m.Document = md.ParentFile().Path()
	}
	o.messages[md.FullName()] = m
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		if isGroup(fd) {
			continue
		}
		f := &Field{Name: string(fd.Name()), Number: int32(fd.Number()), Label: writtenLabel(fd), Type: o.typeOf(fd)}
		if oo := fd.ContainingOneof(); oo != nil && !oo.IsSynthetic() {
			f.Oneof = string(oo.Name())
		}
		m.Fields = append(m.Fields, f)
	}
	for i := range md.Oneofs().Len() {
		if oo := md.Oneofs().Get(i); !oo.IsSynthetic() {
			m.Oneofs = append(m.Oneofs, string(oo.Name()))
		}
	}
	m.Messages = o.list(md.Messages())
	m.Enums = enumsOf(md.Enums())
	return m
}

// writtenLabel returns the label that stands in the text.
func writtenLabel(fd protoreflect.FieldDescriptor) string {
	oo := fd.ContainingOneof()
	switch {
	case fd.IsMap() || oo != nil && !oo.IsSynthetic():
		return ""
	case fd.Cardinality() == protoreflect.Repeated:
		return "repeated"
	case fd.ParentFile().Syntax() == protoreflect.Editions:
		return ""
	case fd.Cardinality() == protoreflect.Required:
		return "required"
	case fd.HasOptionalKeyword():
		return "optional"
	default:
		return ""
	}
}

func (o *outliner) typeOf(fd protoreflect.FieldDescriptor) Type {
	if fd.IsMap() {
		key, value := o.typeOf(fd.MapKey()), o.typeOf(fd.MapValue())
		return Type{Kind: MapType, Key: &key, Value: &value}
	}
	switch fd.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return Type{Kind: MessageType, Name: string(fd.Message().FullName()), Message: o.message(fd.Message())}
	case protoreflect.EnumKind:
		return Type{Scalar: "enum", Name: string(fd.Enum().FullName())}
	default:
		return Type{Scalar: fd.Kind().String()}
	}
}

func enumsOf(eds protoreflect.EnumDescriptors) []*Enum {
	var out []*Enum
	for i := range eds.Len() {
		ed := eds.Get(i)
		e := &Enum{Name: string(ed.Name()), FullName: string(ed.FullName())}
		for j := range ed.Values().Len() {
			v := ed.Values().Get(j)
			e.Values = append(e.Values, EnumValue{Name: string(v.Name()), Number: int32(v.Number())})
		}
		out = append(out, e)
	}
	return out
}
