package oracle

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema/protobuf"
)

// messageOf finds a message of a file by its name below the package.
func messageOf(s *protobuf.Schema, below string) protoreflect.MessageDescriptor {
	var list interface {
		ByName(protoreflect.Name) protoreflect.MessageDescriptor
	} = s.Descriptor().Messages()
	var found protoreflect.MessageDescriptor
	for name := range strings.SplitSeq(below, ".") {
		if found = list.ByName(protoreflect.Name(name)); found == nil {
			return nil
		}
		list = found.Messages()
	}
	return found
}

// belowPackage is a message's name without the package.
func belowPackage(s *protobuf.Schema, full string) string {
	return strings.TrimPrefix(strings.TrimPrefix(full, string(s.Descriptor().Package())), ".")
}

// protoReading is what a reader sees of an event of a writer, by number.
type protoReading struct{ faults []string }

func (x *protoReading) fault(format string, args ...any) {
	if len(x.faults) < 20 {
		x.faults = append(x.faults, fmt.Sprintf(format, args...))
	}
}

// readProto parses an event on both sides, with the runtime of the language and
// nothing else, and compares.
func readProto(w, r protoreflect.MessageDescriptor, event []byte) (faults []string, err error) {
	wm, rm := dynamicpb.NewMessage(w), dynamicpb.NewMessage(r)
	if err := proto.Unmarshal(event, wm); err != nil {
		return nil, fmt.Errorf("it is no event of the writer: %w", err)
	}
	var x protoReading
	if err := proto.Unmarshal(event, rm); err != nil {
		x.fault("refused: %v", err)
		return x.faults, nil
	}
	x.messages(wm, rm, "", 0)
	return x.faults, nil
}

func (x *protoReading) messages(wm, rm protoreflect.Message, path string, depth int) {
	if depth > 64 {
		return
	}
	fields := wm.Descriptor().Fields()
	for i := range fields.Len() {
		wf := fields.Get(i)
		at := path + "." + string(wf.Name())
		// An unknown field is no loss, unless the reader has it elsewhere.
		if moved := rm.Descriptor().Fields().ByName(wf.Name()); moved != nil && moved.Number() != wf.Number() && wm.Has(wf) {
			x.fault("%s: lost, the reader has it at number %d", at, moved.Number())
		}
		if rf := rm.Descriptor().Fields().ByNumber(wf.Number()); rf != nil {
			x.field(wm, wf, rm, rf, at, depth)
		}
	}
}

func (x *protoReading) field(wm protoreflect.Message, wf protoreflect.FieldDescriptor, rm protoreflect.Message, rf protoreflect.FieldDescriptor, at string, depth int) {
	switch {
	case (wf.IsMap() || rf.IsMap()) && (wf.Message() == nil || rf.Message() == nil):
		if wm.Has(wf) {
			x.fault("%s: lost, one side is a map", at)
		}
	case wf.IsMap() || rf.IsMap():
		written, doubled := entries(wm, wf)
		read, _ := entries(rm, rf)
		if doubled && rf.IsMap() {
			x.fault("%s: lost, a key occurs twice", at)
		}
		if len(written) != len(read) {
			x.fault("%s: %d entries, read as %d", at, len(written), len(read))
			return
		}
		for key, e := range written {
			other, ok := read[key]
			if !ok {
				x.fault("%s: the key %s is lost", at, key)
				continue
			}
			x.value(e.value, e.field, other.value, other.field, at+"{}", depth)
		}
	case wf.IsList() || rf.IsList():
		written, read := elements(wm, wf), elements(rm, rf)
		if len(written) != len(read) {
			x.fault("%s: %d elements, read as %d", at, len(written), len(read))
			return
		}
		for i := range written {
			x.value(written[i], wf, read[i], rf, at+"[]", depth)
		}
	case wf.Message() != nil && rf.Message() != nil:
		if wm.Has(wf) != rm.Has(rf) {
			x.fault("%s: present %t, read as %t", at, wm.Has(wf), rm.Has(rf))
		} else if wm.Has(wf) {
			x.value(wm.Get(wf), wf, rm.Get(rf), rf, at, depth)
		}
	case wf.Message() != nil || rf.Message() != nil:
		if wm.Has(wf) {
			x.fault("%s: %s read as %s", at, wf.Kind(), rf.Kind())
		}
	case wm.Has(wf) || sameWire(wf, rf):
		// Where neither has it, both read their defaults.
		x.value(wm.Get(wf), wf, rm.Get(rf), rf, at, depth)
	}
}

// sameWire reports whether two scalar fields take the same bytes, so that their
// defaults mean the same or not.
func sameWire(a, b protoreflect.FieldDescriptor) bool {
	kind := func(f protoreflect.FieldDescriptor) string {
		switch f.Kind() {
		case protoreflect.StringKind, protoreflect.BytesKind:
			return "bytes"
		case protoreflect.FloatKind, protoreflect.DoubleKind:
			return "float"
		default:
			return "integer"
		}
	}
	return kind(a) == kind(b)
}

// elements lists the values of a field that is repeated, or may be absent.
func elements(m protoreflect.Message, f protoreflect.FieldDescriptor) []protoreflect.Value {
	if !f.IsList() {
		if m.Has(f) {
			return []protoreflect.Value{m.Get(f)}
		}
		return nil
	}
	var out []protoreflect.Value
	for i := range m.Get(f).List().Len() {
		out = append(out, m.Get(f).List().Get(i))
	}
	return out
}

// mapped is the value of an entry with the field that describes it.
type mapped struct {
	value protoreflect.Value
	field protoreflect.FieldDescriptor
}

// entries reads a map, or the messages that look like one, by key; doubled says
// that a key occurs twice.
func entries(m protoreflect.Message, f protoreflect.FieldDescriptor) (out map[string]mapped, doubled bool) {
	out = map[string]mapped{}
	if f.IsMap() {
		m.Get(f).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			out[plainly(k.Value(), f.MapKey())] = mapped{v, f.MapValue()}
			return true
		})
		return out, false
	}
	if f.Message() == nil {
		return out, false
	}
	key, value := f.Message().Fields().ByNumber(1), f.Message().Fields().ByNumber(2)
	for _, e := range elements(m, f) {
		if key == nil || value == nil || key.Message() != nil {
			return out, false
		}
		k := plainly(e.Message().Get(key), key)
		if _, known := out[k]; known {
			doubled = true
		}
		out[k] = mapped{e.Message().Get(value), value}
	}
	return out, doubled
}

// value compares one value, not a repeated field.
func (x *protoReading) value(wv protoreflect.Value, wf protoreflect.FieldDescriptor, rv protoreflect.Value, rf protoreflect.FieldDescriptor, at string, depth int) {
	if (wf.Message() == nil) != (rf.Message() == nil) {
		x.fault("%s: %s read as %s", at, wf.Kind(), rf.Kind())
		return
	}
	if wf.Message() != nil {
		x.messages(wv.Message(), rv.Message(), at, depth+1)
		return
	}
	if one, two := plainly(wv, wf), plainly(rv, rf); one != two {
		x.fault("%s: %s is read as %s", at, one, two)
		return
	}
	if rf.Kind() == protoreflect.StringKind && wf.Kind() == protoreflect.BytesKind && !utf8.Valid(wv.Bytes()) {
		x.fault("%s: bytes that are no text", at)
	}
	if re := rf.Enum(); re != nil {
		n := rv.Enum()
		if re.IsClosed() && re.Values().ByNumber(n) == nil {
			x.fault("%s: lost, the enum has no %d", at, n)
		}
		if we := wf.Enum(); we != nil {
			x.symbol(we, re, n, at)
		}
	}
}

// symbol faults a number whose symbols the reader has, under other numbers only.
func (x *protoReading) symbol(we, re protoreflect.EnumDescriptor, n protoreflect.EnumNumber, at string) {
	for i := range we.Values().Len() {
		v := we.Values().Get(i)
		if v.Number() != n {
			continue
		}
		if other := re.Values().ByName(v.Name()); other != nil && other.Number() != n {
			x.fault("%s: %s is %d for the reader", at, v.Name(), other.Number())
		}
	}
}

// plainly writes a scalar so that what reads the same is the same text.
func plainly(v protoreflect.Value, f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.BoolKind:
		if v.Bool() {
			return "1"
		}
		return "0"
	case protoreflect.EnumKind:
		return strconv.Itoa(int(v.Enum()))
	case protoreflect.StringKind:
		return fmt.Sprintf("text %x", v.String())
	case protoreflect.BytesKind:
		return fmt.Sprintf("text %x", bytes.Clone(v.Bytes()))
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return fmt.Sprintf("float %x", math.Float64bits(v.Float()))
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return strconv.FormatUint(v.Uint(), 10)
	default:
		return strconv.FormatInt(v.Int(), 10)
	}
}
