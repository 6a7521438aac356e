package protobuf

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

const (
	metaFile    = "confluent/meta.proto"
	fieldMeta   = "confluent.field_meta"
	messageMeta = "confluent.message_meta"
)

// tagReader reads inline tags from interpreted options.
type tagReader struct{ enabled bool }

func newTagReader(file protoreflect.FileDescriptor) *tagReader {
	t := &tagReader{}
	imports := file.Imports()
	for i := range imports.Len() {
		t.enabled = t.enabled || imports.Get(i).Path() == metaFile
	}
	return t
}

// field returns the tags of (confluent.field_meta).
func (t *tagReader) field(fd protoreflect.FieldDescriptor) []string {
	if !t.enabled {
		return nil
	}
	return metaTags(fd.Options(), fieldMeta)
}

// message returns the tags of (confluent.message_meta).
func (t *tagReader) message(md protoreflect.MessageDescriptor) []string {
	if !t.enabled {
		return nil
	}
	return metaTags(md.Options(), messageMeta)
}

// metaTags reads "tags" of the named extension of an options message.
func metaTags(options proto.Message, extension protoreflect.FullName) []string {
	if options == nil {
		return nil
	}
	var tags []string
	options.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if fd.FullName() != extension || fd.Message() == nil {
			return true
		}
		field := fd.Message().Fields().ByName("tags")
		if field == nil || !field.IsList() || field.Kind() != protoreflect.StringKind {
			return false
		}
		list := v.Message().Get(field).List()
		for i := range list.Len() {
			tags = append(tags, list.Get(i).String())
		}
		return false
	})
	return tags
}

// EditTags returns the canonical text with tags of confluent/meta.proto added
// and removed. A path names a message or field, with or without the package; a
// member of a oneof may be named with or without the oneof.
func (s *Schema) EditTags(add, remove []schema.TagEdit) (string, error) {
	f, err := s.elements(s.canonical)
	if err != nil {
		return "", err
	}
	for _, e := range add {
		if err := editTags(f, e, addTags); err != nil {
			return "", err
		}
	}
	for _, e := range remove {
		if err := editTags(f, e, removeTags); err != nil {
			return "", err
		}
	}
	imported := slices.ContainsFunc(f.imports, func(i importElement) bool { return i.path == metaFile })
	if usesMeta(f) && !imported {
		f.imports = append(f.imports, importElement{path: metaFile})
	}
	return printFile(f, false), nil
}

// usesMeta reports whether any message or field of the file carries tags.
func usesMeta(f *fileElement) bool {
	return strings.Contains(printFile(f, true), "("+confluentPrefix)
}

func addTags(have, tags []string) []string {
	for _, t := range tags {
		if !slices.Contains(have, t) {
			have = append(have, t)
		}
	}
	return have
}

func removeTags(have, tags []string) []string {
	return slices.DeleteFunc(have, func(t string) bool { return slices.Contains(tags, t) })
}

func editTags(f *fileElement, e schema.TagEdit, edit func(have, tags []string) []string) error {
	options, extension, err := findEntity(f, e)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(*options, func(o optionElement) bool { return o.isMeta(extension) })
	meta := optionValue{kind: mapValue}
	for _, o := range *options {
		if o.isMeta(extension) {
			meta = mergeValues(meta, o.asLiteral()) // the elements are ours alone
		}
	}
	meta = setTags(meta, edit(tagsOf(meta), e.Tags))
	*options = slices.DeleteFunc(*options, func(o optionElement) bool { return o.isMeta(extension) })
	if len(meta.entries) == 0 {
		return nil
	}
	if at < 0 || at > len(*options) {
		at = len(*options)
	}
	*options = slices.Insert(*options, at, extensionOption(extension, meta))
	return nil
}

// isMeta reports whether the option is, or is a part of, the named extension.
func (o optionElement) isMeta(extension string) bool {
	return o.isCustom() && strings.TrimPrefix(o.parts[0].name, ".") == extension
}

// asLiteral rewrites (m).a = v as {a: v}.
func (o optionElement) asLiteral() optionValue {
	v := o.value
	for i := len(o.parts) - 1; i > 0; i-- {
		v = optionValue{kind: mapValue, entries: []mapEntry{{key: o.parts[i].name, value: v}}}
	}
	return v
}

func tagsOf(meta optionValue) []string {
	var tags []string
	for _, e := range meta.entries {
		if e.key != "tags" {
			continue
		}
		if e.value.kind == stringValue {
			tags = append(tags, e.value.text)
		}
		for _, item := range e.value.items {
			tags = append(tags, item.text)
		}
	}
	return tags
}

func setTags(meta optionValue, tags []string) optionValue {
	meta.entries = slices.DeleteFunc(slices.Clone(meta.entries), func(e mapEntry) bool { return e.key == "tags" })
	if len(tags) == 0 {
		return meta
	}
	list := optionValue{kind: listValue}
	for _, t := range tags {
		list.items = append(list.items, stringOf(t))
	}
	meta.entries = append(meta.entries, mapEntry{key: "tags", value: list})
	return meta
}

// findEntity resolves an entity path to the options of a message or field.
func findEntity(f *fileElement, e schema.TagEdit) (*[]optionElement, string, error) {
	path := strings.TrimPrefix(e.Path, ".")
	if f.pkg != "" {
		path = strings.TrimPrefix(path, f.pkg+".")
	}
	names := strings.Split(path, ".")
	level, types := (*messageElement)(nil), f.messages
	for i, name := range names {
		last := i == len(names)-1
		if level != nil && last && !e.Record {
			if field := level.fieldByName(name); field != nil {
				return &field.options, fieldMeta, nil
			}
			return nil, "", unresolvedEntity(e, fmt.Sprintf("message %q has no field %q", level.name, name))
		}
		next := messageByName(types, name)
		if next == nil && level != nil {
			next = level.step(name, f.messages)
		}
		if next == nil {
			return nil, "", unresolvedEntity(e, fmt.Sprintf("there is no message %q", strings.Join(names[:i+1], ".")))
		}
		level, types = next, next.messages
	}
	if !e.Record {
		return nil, "", unresolvedEntity(e, fmt.Sprintf("%q is a message, not a field", level.name))
	}
	return &level.options, messageMeta, nil
}

func unresolvedEntity(e schema.TagEdit, why string) error {
	return &schema.Error{
		What: fmt.Sprintf("entity path %q does not name a part of the schema: %s", e.Path, why), Path: e.Path,
		Hint: "write the path as package.Message.field",
	}
}

func messageByName(list []*messageElement, name string) *messageElement {
	for _, m := range list {
		if m.name == name {
			return m
		}
	}
	return nil
}

func (m *messageElement) allFields() []*fieldElement {
	out := slices.Concat(m.fields, m.groups)
	for _, o := range m.oneofs {
		out = slices.Concat(out, o.fields, o.groups)
	}
	return out
}

func (m *messageElement) fieldByName(name string) *fieldElement {
	for _, f := range m.allFields() {
		if f.name == name {
			return f
		}
	}
	return nil
}

// step goes from a message into the type of one of its fields, or stays for the
// name of a oneof.
func (m *messageElement) step(name string, all []*messageElement) *messageElement {
	for _, o := range m.oneofs {
		if o.name == name {
			return m
		}
	}
	f := m.fieldByName(name)
	switch {
	case f == nil:
		return nil
	case f.body != nil:
		return f.body
	}
	simple := f.typ[strings.LastIndexByte(f.typ, '.')+1:]
	if nested := messageByName(m.messages, simple); nested != nil {
		return nested
	}
	return messageByName(all, simple)
}
