package protobuf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// programBuilder builds a program with a work list: chains of message types may
// be long.
type programBuilder struct {
	own        protoreflect.FileDescriptor
	messages   map[protoreflect.FullName]*messageType
	enums      map[protoreflect.FullName]*enumType
	extensions map[protoreflect.FullName][]protoreflect.ExtensionDescriptor
	todo       []protoreflect.MessageDescriptor
	all        []*messageType
}

func (b *programBuilder) run() (*program, error) {
	p := &program{pkg: string(b.own.Package()), byName: map[string]*messageType{}, enumByName: map[string]*enumType{}}
	p.syntax = syntaxOf(b.own)
	b.collect(b.own, map[string]bool{})
	b.declare(p, b.own.Messages(), nil)
	b.declareEnums(p, b.own.Enums())
	for len(b.todo) > 0 {
		md := b.todo[len(b.todo)-1]
		b.todo = b.todo[:len(b.todo)-1]
		b.fill(b.messages[md.FullName()], md)
	}
	for _, md := range eventMessages(b.own) {
		if m := b.messages[md.FullName()]; m != nil {
			p.events = append(p.events, m)
			m.event = true
		}
	}
	for _, m := range b.all {
		m.needValue()
	}
	b.bottoms()
	b.file(p)
	return p, nil
}

// syntaxOf names the syntax as a file does.
func syntaxOf(fd protoreflect.FileDescriptor) string {
	if fd.Syntax() == protoreflect.Editions {
		return "edition 2023" // the only one that parses
	}
	return fd.Syntax().String()
}

// collect indexes the extensions of a file and all its imports.
func (b *programBuilder) collect(fd protoreflect.FileDescriptor, seen map[string]bool) {
	if seen[fd.Path()] {
		return
	}
	seen[fd.Path()] = true
	var visit func(xds protoreflect.ExtensionDescriptors, mds protoreflect.MessageDescriptors)
	visit = func(xds protoreflect.ExtensionDescriptors, mds protoreflect.MessageDescriptors) {
		for i := range xds.Len() {
			name := xds.Get(i).ContainingMessage().FullName()
			b.extensions[name] = append(b.extensions[name], xds.Get(i))
		}
		for i := range mds.Len() {
			visit(mds.Get(i).Extensions(), mds.Get(i).Messages())
		}
	}
	visit(fd.Extensions(), fd.Messages())
	for i := range fd.Imports().Len() {
		b.collect(fd.Imports().Get(i).FileDescriptor, seen)
	}
}

// declare lists the messages and enums of the file itself. The nesting of
// messages is bounded by the compiler.
func (b *programBuilder) declare(p *program, mds protoreflect.MessageDescriptors, index []int) {
	for i := range mds.Len() {
		md := mds.Get(i)
		if md.IsMapEntry() {
			continue
		}
		m := b.message(md)
		m.index = append(slices.Clone(index), i)
		p.messages = append(p.messages, m)
		p.byName[m.rel] = m
		b.declareEnums(p, md.Enums())
		b.declare(p, md.Messages(), m.index)
	}
}

func (b *programBuilder) declareEnums(p *program, eds protoreflect.EnumDescriptors) {
	for i := range eds.Len() {
		e := b.enum(eds.Get(i))
		p.enums = append(p.enums, e)
		p.enumByName[e.rel] = e
	}
}

// sourcePath is the path of a message or enum in the descriptor of its file.
func sourcePath(d protoreflect.Descriptor) []int {
	var path []int
	for {
		_, enum := d.(protoreflect.EnumDescriptor)
		around := d.Parent()
		_, top := around.(protoreflect.FileDescriptor)
		field := 3 // nested_type
		switch {
		case enum && top:
			field = 5 // enum_type of a file
		case enum || top:
			field = 4 // enum_type of a message, message_type of a file
		}
		path = append(path, d.Index(), field)
		if top || around == nil {
			slices.Reverse(path)
			return path
		}
		d = around
	}
}

// relative drops the package of the file at hand from the name of a type that
// is declared in that package.
func (b *programBuilder) relative(d protoreflect.Descriptor) string {
	if pkg := b.own.Package(); pkg != "" && d.ParentFile().Package() == pkg {
		return strings.TrimPrefix(string(d.FullName()), string(pkg)+".")
	}
	return string(d.FullName())
}

func (b *programBuilder) document(d protoreflect.Descriptor) string {
	if path := d.ParentFile().Path(); path != b.own.Path() {
		return path
	}
	return ""
}

// message returns the type of a message and sees to it that it gets filled.
func (b *programBuilder) message(md protoreflect.MessageDescriptor) *messageType {
	if m := b.messages[md.FullName()]; m != nil {
		return m
	}
	m := &messageType{
		full: string(md.FullName()), name: md.FullName(), rel: b.relative(md), document: b.document(md), entry: md.IsMapEntry(),
		special: hasJSONForm(md.FullName()),
	}
	if !m.entry {
		m.place = sourcePath(md)
	}
	b.messages[md.FullName()] = m
	b.all = append(b.all, m)
	b.todo = append(b.todo, md)
	return m
}

func (b *programBuilder) fill(m *messageType, md protoreflect.MessageDescriptor) {
	oneofs := make([]*oneofType, md.Oneofs().Len())
	for i := range oneofs {
		if oo := md.Oneofs().Get(i); !oo.IsSynthetic() {
			oneofs[i] = &oneofType{name: string(oo.Name()), index: i}
			m.oneofs = append(m.oneofs, oneofs[i])
			if m.oneofName == nil {
				m.oneofName = make(map[string]*oneofType, md.Oneofs().Len())
			}
			m.oneofName[oneofs[i].name] = oneofs[i]
		}
	}
	fds := md.Fields()
	for i := range fds.Len() {
		fd := fds.Get(i)
		f := b.field(fd)
		f.parent, f.index = m, i
		if oo := fd.ContainingOneof(); oo != nil && oneofs[oo.Index()] != nil {
			f.oneof = oneofs[oo.Index()]
			f.oneof.members = append(f.oneof.members, f)
		}
		m.fields = append(m.fields, f)
	}
	for _, xd := range b.extensions[md.FullName()] {
		f := b.field(xd)
		f.parent, f.index = m, -1
		m.fields = append(m.fields, f)
	}
	slices.SortStableFunc(m.fields, func(x, y *fieldType) int { return int(x.number - y.number) })
	// An imported file may extend a message by a number that another one uses
	// too; the first is what the runtime finds.
	m.fields = slices.CompactFunc(m.fields, func(x, y *fieldType) bool { return x.number == y.number })
	m.byName, m.byJSON = make(map[string]*fieldType, len(m.fields)), make(map[string]*fieldType, 2*len(m.fields))
	for _, f := range m.fields {
		m.byName[f.name] = f
		if f.required {
			m.required = append(m.required, f)
		}
		if !f.extension {
			m.byJSON[f.name] = f
		}
	}
	for _, f := range m.fields {
		m.byJSON[f.json] = f
	}
	if m.entry {
		return
	}
	b.declarations(m, md)
}

// declarations reads what a message says besides its fields.
func (b *programBuilder) declarations(m *messageType, md protoreflect.MessageDescriptor) {
	var numbers [][2]int64
	for i := range md.ReservedRanges().Len() {
		r := md.ReservedRanges().Get(i)
		numbers = append(numbers, [2]int64{int64(r[0]), int64(r[1]) - 1})
	}
	m.reserved = reservationOf(numbers, md.ReservedNames())
	for i := range md.ExtensionRanges().Len() {
		r := md.ExtensionRanges().Get(i)
		m.extensions = append(m.extensions, [2]int64{int64(r[0]), int64(r[1]) - 1})
	}
	m.extensions.sort()
	m.legacy = looseJSON(md)
	if o, ok := md.Options().(*descriptorpb.MessageOptions); ok && o != nil {
		m.set, m.deprecated = o.GetMessageSetWireFormat(), o.GetDeprecated()
	}
}

var featureFields = (&descriptorpb.FeatureSet{}).ProtoReflect().Descriptor().Fields()

// feature resolves a feature; proto2 and proto3 are what files of that syntax
// have, for which the library need not be asked.
func feature(d protoreflect.Descriptor, name protoreflect.Name, proto2, proto3 int32) int32 {
	switch d.ParentFile().Syntax() {
	case protoreflect.Proto2:
		return proto2
	case protoreflect.Proto3:
		return proto3
	}
	v, err := protoutil.ResolveFeature(d, featureFields.ByName(name))
	if err != nil {
		panic(err) // shielded; every feature of the runtime has a default
	}
	return int32(v.Enum())
}

// verifiesText reports whether readers refuse text that is not UTF-8.
func verifiesText(fd protoreflect.FieldDescriptor) bool {
	const verify, none = int32(descriptorpb.FeatureSet_VERIFY), int32(descriptorpb.FeatureSet_NONE)
	return feature(fd, "utf8_validation", none, verify) == verify
}

// looseJSON reports whether the JSON names of a message may collide.
func looseJSON(md protoreflect.MessageDescriptor) bool {
	const loose, strict = int32(descriptorpb.FeatureSet_LEGACY_BEST_EFFORT), int32(descriptorpb.FeatureSet_ALLOW)
	return feature(md, "json_format", loose, strict) == loose
}

func (b *programBuilder) field(fd protoreflect.FieldDescriptor) *fieldType {
	f := &fieldType{
		number: int64(fd.Number()), name: string(fd.Name()), json: fd.JSONName(), kind: fd.Kind(), wire: wireType(fd.Kind()),
		list: fd.IsList(), mapped: fd.IsMap(), packed: fd.IsPacked(), presence: fd.HasPresence(),
		required: fd.Cardinality() == protoreflect.Required, extension: fd.IsExtension(), hasDefault: fd.HasDefault(),
	}
	if f.extension {
		f.name = "(" + string(fd.FullName()) + ")"
	}
	if f.kind == protoreflect.StringKind {
		f.utf8 = verifiesText(fd)
	}
	if md := fd.Message(); md != nil {
		f.message = b.message(md)
	}
	if ed := fd.Enum(); ed != nil {
		f.enum = b.enum(ed)
	}
	f.absent = b.absence(fd, f)
	if !fd.ContainingMessage().IsMapEntry() {
		f.options, f.deprecated = fieldOptions(fd)
	}
	return f
}

// absence is what an absent field reads as.
func (b *programBuilder) absence(fd protoreflect.FieldDescriptor, f *fieldType) meaning {
	switch {
	case f.message != nil || f.many():
		return meaning{}
	case f.hasDefault:
		return meaningOf(f.kind, fd.Default())
	case f.enum != nil:
		return meaning{class: aNumber, negative: f.enum.first < 0, magnitude: magnitude(f.enum.first)}
	default:
		return meaning{class: classOf(f.kind)}
	}
}

func (b *programBuilder) enum(ed protoreflect.EnumDescriptor) *enumType {
	if e := b.enums[ed.FullName()]; e != nil {
		return e
	}
	values := ed.Values()
	e := &enumType{
		full: string(ed.FullName()), rel: b.relative(ed), document: b.document(ed), closed: ed.IsClosed(),
		byName: make(map[string]int64, values.Len()), first: int64(values.Get(0).Number()),
	}
	e.place = sourcePath(ed)
	b.enums[ed.FullName()] = e
	at := map[int64]int{}
	for i := range values.Len() {
		n, name := int64(values.Get(i).Number()), string(values.Get(i).Name())
		e.byName[name] = n
		j, ok := at[n]
		if !ok {
			j = len(e.values)
			at[n] = j
			e.values = append(e.values, enumNumber{number: n})
		}
		e.values[j].names = append(e.values[j].names, name)
	}
	e.measure()
	var numbers [][2]int64
	for i := range ed.ReservedRanges().Len() {
		r := ed.ReservedRanges().Get(i)
		numbers = append(numbers, [2]int64{int64(r[0]), int64(r[1])})
	}
	e.reserved = reservationOf(numbers, ed.ReservedNames())
	return e
}

// needValue marks the value of a map entry as required where an empty one is
// refused, which is what a reader takes an absent one for.
func (m *messageType) needValue() {
	if !m.entry {
		return
	}
	if f := m.field(2); f.message != nil && len(f.message.required) > 0 {
		f.required = true
		m.required = append(m.required, f)
	}
}

// bottoms finds the messages that require themselves: every other one has a
// value because its required messages have one.
func (b *programBuilder) bottoms() {
	open := make(map[*messageType]int, len(b.all))
	needed := map[*messageType][]*messageType{}
	var free []*messageType
	for _, m := range b.all {
		needs := m.required
		if m.entry { // which has both parts
			needs = m.fields
		}
		for _, f := range needs {
			if f.message != nil {
				open[m]++
				needed[f.message] = append(needed[f.message], m)
			}
		}
		if m.bottom = open[m] > 0; !m.bottom {
			free = append(free, m)
		}
	}
	for len(free) > 0 {
		m := free[len(free)-1]
		free = free[:len(free)-1]
		for _, user := range needed[m] {
			if open[user]--; open[user] == 0 {
				user.bottom = false
				free = append(free, user)
			}
		}
	}
}

// fieldOptions lists the options of a field that have no meaning of their own
// here.
func fieldOptions(fd protoreflect.FieldDescriptor) (out []setOption, deprecated bool) {
	o, ok := fd.Options().(*descriptorpb.FieldOptions)
	if !ok || o == nil {
		return nil, false
	}
	return setOptions(o, "packed", "features", "deprecated"), o.GetDeprecated()
}

// setOptions lists the options that are set, by name.
func setOptions(m proto.Message, except ...string) []setOption {
	var out []setOption
	m.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if name := string(fd.Name()); fd.IsExtension() || !slices.Contains(except, name) {
			one := m.ProtoReflect().New()
			one.Set(fd, v)
			if fd.IsExtension() {
				name = "(" + string(fd.FullName()) + ")"
			}
			raw, err := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(one.Interface())
			if err != nil {
				raw = []byte(v.String())
			}
			out = append(out, setOption{name: name, value: string(raw), text: optionValueText(fd, v, raw)})
		}
		return true
	})
	slices.SortFunc(out, func(x, y setOption) int { return strings.Compare(x.name, y.name) })
	return out
}

// optionValueText shows a value without what the library varies: the text form
// of messages.
func optionValueText(fd protoreflect.FieldDescriptor, v protoreflect.Value, raw []byte) string {
	switch {
	case fd.IsList() || fd.IsMap() || fd.Message() != nil:
		return fmt.Sprintf("0x%x", raw)
	case fd.Enum() != nil:
		if value := fd.Enum().Values().ByNumber(v.Enum()); value != nil {
			return string(value.Name())
		}
	}
	return v.String()
}
