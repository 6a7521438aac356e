package protobuf

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// The runtime does not know the message set format, in which every extension
// stands in a group of its own. It is given such messages as ordinary ones, to
// which the groups are unknown fields.

// ordinary returns a file in which no message is a message set; it is a copy
// unless there was none.
func ordinary(fd *descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorProto {
	if !slices.ContainsFunc(fd.GetMessageType(), hasMessageSet) && !slices.ContainsFunc(fd.GetExtension(), isLarge) {
		return fd
	}
	out := proto.Clone(fd).(*descriptorpb.FileDescriptorProto)
	out.Extension = slices.DeleteFunc(out.Extension, isLarge)
	for _, m := range out.MessageType {
		makeOrdinary(m)
	}
	return out
}

// isLarge reports whether only a message set can hold an extension.
func isLarge(x *descriptorpb.FieldDescriptorProto) bool { return x.GetNumber() > maxFieldNumber }

// hasMessageSet looks as deep as the compiler lets messages nest.
func hasMessageSet(m *descriptorpb.DescriptorProto) bool {
	return m.GetOptions().GetMessageSetWireFormat() || slices.ContainsFunc(m.GetExtension(), isLarge) ||
		slices.ContainsFunc(m.GetNestedType(), hasMessageSet)
}

func makeOrdinary(m *descriptorpb.DescriptorProto) {
	if m.GetOptions().GetMessageSetWireFormat() {
		m.Options.MessageSetWireFormat = nil
		for _, r := range m.ExtensionRange {
			r.Start, r.End = proto.Int32(min(r.GetStart(), maxFieldNumber)), proto.Int32(min(r.GetEnd(), maxFieldNumber+1))
		}
	}
	m.Extension = slices.DeleteFunc(m.Extension, isLarge)
	for _, n := range m.NestedType {
		makeOrdinary(n)
	}
}

// The numbers of a message set's items.
const (
	itemNumber    protowire.Number = 1
	itemTypeID    protowire.Number = 2
	itemMessageID protowire.Number = 3
)

// inSet reports whether a field is an item of a message set.
func inSet(f *fieldType) bool { return f.extension && f.parent != nil && f.parent.set }

// appendItem adds an item to a message set.
func appendItem(m protoreflect.Message, number int64, content []byte) {
	out := slices.Clone(m.GetUnknown())
	out = protowire.AppendTag(out, itemNumber, protowire.StartGroupType)
	out = protowire.AppendVarint(protowire.AppendTag(out, itemTypeID, protowire.VarintType), uint64(number))
	out = protowire.AppendBytes(protowire.AppendTag(out, itemMessageID, protowire.BytesType), content)
	m.SetUnknown(protowire.AppendTag(out, itemNumber, protowire.EndGroupType))
}

// item returns the content of the items of a number, joined as a reader would
// merge them. The bytes have been walked.
func item(m protoreflect.Message, number int64) (content []byte, ok bool) {
	for b := []byte(m.GetUnknown()); len(b) > 0; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return content, ok
		}
		size := protowire.ConsumeFieldValue(num, typ, b[n:])
		if size < 0 {
			return content, ok
		}
		if num == itemNumber && typ == protowire.StartGroupType {
			if id, part := readItem(b[n : n+size]); id == number {
				content, ok = append(content, part...), true
			}
		}
		b = b[n+size:]
	}
	return content, ok
}

func readItem(b []byte) (id int64, content []byte) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 || typ == protowire.EndGroupType {
			return id, content
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(num, typ, b)
		if size < 0 {
			return id, content
		}
		switch {
		case num == itemTypeID && typ == protowire.VarintType:
			v, _ := protowire.ConsumeVarint(b)
			id = int64(v)
		case num == itemMessageID && typ == protowire.BytesType:
			v, _ := protowire.ConsumeBytes(b)
			content = append(content, v...)
		}
		b = b[size:]
	}
	return id, content
}
