package protobuf

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// options turns an options message into option elements, built-in ones first,
// each half by number.
func (r *descriptorReader) options(m proto.Message, of string) []optionElement {
	ref := m.ProtoReflect()
	if !ref.IsValid() {
		return nil
	}
	if len(ref.GetUnknown()) > 0 && r.err == nil {
		r.err = &schema.Error{
			What: fmt.Sprintf("an option of %s is an extension that no import defines", of), Path: of,
			Hint: "declare the file that defines it as a reference and import it",
		}
	}
	var out []optionElement
	for _, set := range setFields(ref) {
		fd, v := set.field, set.value
		if fd.Name() == "uninterpreted_option" {
			continue
		}
		name := optionPart{name: string(fd.Name())}
		if fd.IsExtension() {
			name = optionPart{name: string(fd.FullName()), extension: true}
		}
		for _, value := range fieldValues(fd, v) {
			out = append(out, flatten([]optionPart{name}, value)...)
		}
	}
	return out
}

// flatten writes a built-in option that is a message, such as features, as one
// option per member.
func flatten(parts []optionPart, v optionValue) []optionElement {
	if v.kind != mapValue || parts[0].extension {
		return []optionElement{{parts: parts, value: v}}
	}
	var out []optionElement
	for _, e := range v.entries {
		out = append(out, optionElement{parts: append(slices.Clone(parts), optionPart{name: e.key}), value: e.value})
	}
	return out
}

type setField struct {
	field protoreflect.FieldDescriptor
	value protoreflect.Value
}

// setFields returns the populated fields in a fixed order.
func setFields(m protoreflect.Message) []setField {
	var out []setField
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		out = append(out, setField{fd, v})
		return true
	})
	slices.SortFunc(out, func(a, b setField) int {
		if a.field.IsExtension() != b.field.IsExtension() {
			if b.field.IsExtension() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.field.Number(), b.field.Number())
	})
	return out
}

// fieldValues returns one value per element of a field.
func fieldValues(fd protoreflect.FieldDescriptor, v protoreflect.Value) []optionValue {
	var out []optionValue
	switch {
	case fd.IsList():
		for i := range v.List().Len() {
			out = append(out, singleValue(fd, v.List().Get(i)))
		}
	case fd.IsMap():
		v.Map().Range(func(k protoreflect.MapKey, e protoreflect.Value) bool {
			out = append(out, optionValue{kind: mapValue, entries: []mapEntry{
				{key: "key", value: singleValue(fd.MapKey(), k.Value())},
				{key: "value", value: singleValue(fd.MapValue(), e)},
			}})
			return true
		})
		slices.SortFunc(out, func(a, b optionValue) int { return cmp.Compare(a.entries[0].value.text, b.entries[0].value.text) })
	default:
		out = append(out, singleValue(fd, v))
	}
	return out
}

func singleValue(fd protoreflect.FieldDescriptor, v protoreflect.Value) optionValue {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return stringOf(v.String())
	case protoreflect.BytesKind:
		return stringOf(string(v.Bytes()))
	case protoreflect.BoolKind:
		return identOf(strconv.FormatBool(v.Bool()))
	case protoreflect.EnumKind:
		if ev := fd.Enum().Values().ByNumber(v.Enum()); ev != nil {
			return identOf(string(ev.Name()))
		}
		return numberOf(strconv.Itoa(int(v.Enum())))
	case protoreflect.FloatKind:
		return floatValue(v.Float(), 32)
	case protoreflect.DoubleKind:
		return floatValue(v.Float(), 64)
	case protoreflect.MessageKind, protoreflect.GroupKind:
		out := optionValue{kind: mapValue}
		for _, set := range setFields(v.Message()) {
			key := string(set.field.Name())
			if set.field.IsExtension() {
				key = "[" + string(set.field.FullName()) + "]"
			}
			values := fieldValues(set.field, set.value)
			if len(values) == 1 && !set.field.IsList() {
				out.entries = append(out.entries, mapEntry{key: key, value: values[0]})
			} else {
				out.entries = append(out.entries, mapEntry{key: key, value: optionValue{kind: listValue, items: values}})
			}
		}
		return out
	default:
		return numberOf(v.String())
	}
}

func floatValue(x float64, bits int) optionValue {
	switch {
	case math.IsNaN(x):
		return identOf("nan")
	case math.IsInf(x, 1):
		return identOf("inf")
	case math.IsInf(x, -1):
		return identOf("-inf")
	}
	return numberOf(strconv.FormatFloat(x, 'g', -1, bits))
}
