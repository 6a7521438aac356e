package protobuf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// normaliser sorts elements and writes type names in full. It reads types from
// the linked descriptors, so it never has to guess at scopes.
type normaliser struct {
	file     linker.Result
	resolver linker.Resolver
}

// normalise returns the normalised text: imports, options, reserved numbers,
// fields, oneofs and constants in a fixed order, written-out map entries as
// maps. Messages, enums, services and methods keep their places, because events
// name messages by position.
func (s *Schema) normalise() string {
	f, err := s.elements(s.canonical)
	if err != nil {
		return s.canonical
	}
	n := &normaliser{file: s.file, resolver: linker.ResolverFromFile(s.file)}
	n.fileElement(f)
	p := &printer{keepOrder: true}
	p.file(f)
	return string(p.b)
}

func (n *normaliser) fileElement(f *fileElement) {
	if f.syntax == "proto2" {
		f.syntax = "" // it is the default
	}
	slices.SortFunc(f.imports, func(a, b importElement) int {
		return cmp.Or(strings.Compare(a.modifier, b.modifier), strings.Compare(a.path, b.path))
	})
	f.imports = slices.Compact(f.imports)
	f.options = n.options(f.options, n.file.Package())
	n.messages(f.messages, n.file.Messages())
	n.enums(f.enums, n.file.Enums())
	f.extends = n.extends(f.extends, n.file.Extensions(), n.file.Package())
	for i, s := range f.services {
		sd := n.file.Services().Get(i)
		s.options = n.options(s.options, sd.FullName())
		for j := range s.rpcs {
			md := sd.Methods().Get(j)
			s.rpcs[j].input = "." + string(md.Input().FullName())
			s.rpcs[j].output = "." + string(md.Output().FullName())
			s.rpcs[j].options = n.options(s.rpcs[j].options, md.FullName())
		}
	}
}

func (n *normaliser) messages(messages []*messageElement, mds protoreflect.MessageDescriptors) {
	byName := make(map[protoreflect.Name]protoreflect.MessageDescriptor, mds.Len())
	for i := range mds.Len() {
		byName[mds.Get(i).Name()] = mds.Get(i)
	}
	for _, m := range messages {
		n.message(m, byName[protoreflect.Name(m.name)])
	}
}

func (n *normaliser) message(m *messageElement, md protoreflect.MessageDescriptor) {
	scope := md.FullName()
	m.reserved = sortRanges(m.reserved)
	m.options = n.options(m.options, scope)
	fields := make(map[int64]protoreflect.FieldDescriptor, md.Fields().Len())
	for i := range md.Fields().Len() {
		fields[int64(md.Fields().Get(i).Number())] = md.Fields().Get(i)
	}
	n.fields(m.fields, fields, scope)
	for _, o := range m.oneofs {
		o.options = n.options(o.options, scope)
		n.fields(o.fields, fields, scope)
		n.fields(o.groups, fields, scope)
	}
	slices.SortStableFunc(m.oneofs, func(a, b *oneofElement) int { return cmp.Compare(a.firstNumber(), b.firstNumber()) })
	n.fields(m.groups, fields, scope)
	m.extensions = sortRanges(m.extensions)
	for i := range m.extensions {
		m.extensions[i].options = n.options(m.extensions[i].options, scope)
	}
	m.extends = n.extends(m.extends, md.Extensions(), scope)
	m.messages = slices.DeleteFunc(m.messages, func(e *messageElement) bool { return e.isMapEntry() })
	n.messages(m.messages, md.Messages())
	n.enums(m.enums, md.Enums())
}

func (o *oneofElement) firstNumber() int64 {
	first := int64(maxFieldNumber)
	for _, list := range [][]*fieldElement{o.fields, o.groups} {
		for _, f := range list {
			first = min(first, f.tag)
		}
	}
	return first
}

// fields resolves and sorts the fields of a message.
func (n *normaliser) fields(fields []*fieldElement, byNumber map[int64]protoreflect.FieldDescriptor, scope protoreflect.FullName) {
	for _, f := range fields {
		n.field(f, byNumber[f.tag], scope)
	}
	slices.SortStableFunc(fields, func(a, b *fieldElement) int { return cmp.Compare(a.tag, b.tag) })
}

func (n *normaliser) field(f *fieldElement, fd protoreflect.FieldDescriptor, scope protoreflect.FullName) {
	f.options = n.options(f.options, scope)
	switch {
	case f.body != nil:
		n.message(f.body, fd.Message())
	case fd.IsMap():
		f.label, f.typ = "", ""
		f.key, f.val = typeName(fd.MapKey()), typeName(fd.MapValue())
	default:
		f.typ = typeName(fd)
	}
}

func typeName(fd protoreflect.FieldDescriptor) string {
	switch {
	case fd.Enum() != nil:
		return "." + string(fd.Enum().FullName())
	case fd.Message() != nil:
		return "." + string(fd.Message().FullName())
	default:
		return fd.Kind().String()
	}
}

func (n *normaliser) enums(enums []*enumElement, eds protoreflect.EnumDescriptors) {
	for i, e := range enums {
		scope := eds.Get(i).FullName() // enums keep their order
		e.reserved = sortRanges(e.reserved)
		e.options = n.options(e.options, scope)
		for i := range e.values {
			e.values[i].options = n.options(e.values[i].options, scope)
		}
		if len(e.values) == 0 {
			continue
		}
		// The first constant is the enum's default and stays first.
		slices.SortStableFunc(e.values[1:], func(a, b enumValueElement) int {
			return cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.name, b.name))
		})
	}
}

// extends joins the blocks that extend the same message.
func (n *normaliser) extends(extends []*extendElement, xds protoreflect.ExtensionDescriptors, scope protoreflect.FullName) []*extendElement {
	var out []*extendElement
	blocks := map[string]*extendElement{}
	byName := make(map[string]protoreflect.ExtensionDescriptor, xds.Len())
	for i := range xds.Len() {
		byName[string(xds.Get(i).Name())] = xds.Get(i)
	}
	for _, e := range extends {
		for _, list := range [][]*fieldElement{e.fields, e.groups} {
			for _, f := range list {
				name := f.name
				if f.body != nil {
					name = strings.ToLower(name)
				}
				xd := byName[name]
				n.field(f, xd, scope)
				target := "." + string(xd.ContainingMessage().FullName())
				block := blocks[target]
				if block == nil {
					block = &extendElement{name: target}
					blocks[target], out = block, append(out, block)
				}
				if f.body != nil {
					block.groups = append(block.groups, f)
				} else {
					block.fields = append(block.fields, f)
				}
			}
		}
	}
	for _, e := range out {
		byTag := func(a, b *fieldElement) int { return cmp.Compare(a.tag, b.tag) }
		slices.SortStableFunc(e.fields, byTag)
		slices.SortStableFunc(e.groups, byTag)
	}
	return out
}

// sortRanges gives every reserved or extension range a statement of its own.
func sortRanges(in []rangesElement) []rangesElement {
	var out []rangesElement
	for _, r := range in {
		for _, n := range r.ranges {
			n.single = n.start == n.end && !n.max
			out = append(out, rangesElement{ranges: []numberRange{n}, options: r.options})
		}
		for _, name := range r.names {
			out = append(out, rangesElement{names: []string{name}, idents: r.idents})
		}
	}
	start := func(r rangesElement) int64 {
		if len(r.ranges) > 0 {
			return r.ranges[0].start
		}
		return 1 << 40 // names come last
	}
	slices.SortStableFunc(out, func(a, b rangesElement) int {
		if c := cmp.Compare(start(a), start(b)); c != 0 || len(a.names) == 0 || len(b.names) == 0 {
			return c
		}
		return strings.Compare(a.names[0], b.names[0])
	})
	return out
}

// options sorts options by name, resolves extension names and joins the parts
// of one custom option: (m).a = 1 and (m).b = 2 become (m) = {a: 1, b: 2}.
func (n *normaliser) options(options []optionElement, scope protoreflect.FullName) []optionElement {
	var out []optionElement
	joined := map[string]int{} // singular custom options by name
	for _, o := range options {
		o = n.option(o, scope)
		name := o.parts[0].name
		at, seen := joined[name]
		switch {
		case !o.isCustom() || n.repeated(name):
			out = append(out, o)
		case seen:
			out[at].value = mergeValues(out[at].value, o.value)
		default:
			joined[name] = len(out)
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b optionElement) int {
		return strings.Compare(strings.TrimPrefix(a.fullName(), "("), strings.TrimPrefix(b.fullName(), "("))
	})
	return out
}

func (n *normaliser) option(o optionElement, scope protoreflect.FullName) optionElement {
	parts := slices.Clone(o.parts)
	for i, p := range parts {
		if p.extension {
			parts[i].name = n.extensionName(p.name, scope)
		}
	}
	value := n.value(o.value, scope)
	if !parts[0].extension {
		return optionElement{parts: parts, value: value}
	}
	for i := len(parts) - 1; i > 0; i-- {
		key := parts[i].name
		if parts[i].extension {
			key = "[" + key + "]"
			value = optionValue{kind: mapValue, entries: []mapEntry{{key: key, value: value}}}
			continue
		}
		// A plain part may itself be dotted: (m).a.b
		steps := strings.Split(key, ".")
		for j := len(steps) - 1; j >= 0; j-- {
			value = optionValue{kind: mapValue, entries: []mapEntry{{key: steps[j], value: value}}}
		}
	}
	return optionElement{parts: parts[:1], value: value}
}

// extension finds what a name means in a scope, innermost first.
func (n *normaliser) extension(name string, scope protoreflect.FullName) protoreflect.ExtensionDescriptor {
	if full, ok := strings.CutPrefix(name, "."); ok {
		name, scope = full, ""
	}
	for {
		candidate := protoreflect.FullName(name)
		if scope != "" {
			candidate = scope + "." + candidate
		}
		if xt, err := n.resolver.FindExtensionByName(candidate); err == nil {
			return xt.TypeDescriptor()
		}
		if scope == "" {
			return nil
		}
		scope = scope.Parent()
	}
}

func (n *normaliser) extensionName(name string, scope protoreflect.FullName) string {
	if xd := n.extension(name, scope); xd != nil {
		return string(xd.FullName())
	}
	return strings.TrimPrefix(name, ".")
}

func (n *normaliser) repeated(name string) bool {
	xd := n.extension(name, "")
	return xd != nil && xd.Cardinality() == protoreflect.Repeated
}

// value sorts the keys of message literals, unwraps lists of one and writes
// numbers in one way.
func (n *normaliser) value(v optionValue, scope protoreflect.FullName) optionValue {
	switch v.kind {
	case numberValue:
		return numberOf(normalNumber(v.text))
	case listValue:
		items := make([]optionValue, len(v.items))
		for i := range v.items {
			items[i] = n.value(v.items[i], scope)
		}
		if len(items) == 1 {
			return items[0]
		}
		return optionValue{kind: listValue, items: items}
	case mapValue:
		out := optionValue{kind: mapValue}
		for _, e := range v.entries {
			value := n.value(e.value, scope)
			if value.kind == listValue && len(value.items) == 0 {
				continue
			}
			key := e.key
			if inner, ok := strings.CutPrefix(key, "["); ok && !strings.Contains(key, "/") {
				key = "[" + n.extensionName(strings.TrimSuffix(inner, "]"), scope) + "]"
			}
			out.entries = append(out.entries, mapEntry{key: key, value: value})
		}
		slices.SortStableFunc(out.entries, func(a, b mapEntry) int { return strings.Compare(a.key, b.key) })
		return out
	default:
		return v
	}
}

// normalNumber writes integers in decimal and other numbers in the shortest
// form that reads back as the same double.
func normalNumber(text string) string {
	if i, err := strconv.ParseInt(text, 0, 64); err == nil && !strings.ContainsAny(text, "_oObB") {
		return strconv.FormatInt(i, 10)
	}
	if u, err := strconv.ParseUint(text, 0, 64); err == nil && !strings.ContainsAny(text, "_oObB") {
		return strconv.FormatUint(u, 10)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if abs := max(x, -x); abs >= 1e-6 && abs < 1e15 || x == 0 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// mergeValues joins two values of one option: message literals by key, the
// rest as a list. The first value is given up: it may grow in place.
func mergeValues(a, b optionValue) optionValue {
	if a.kind == mapValue && b.kind == mapValue {
		for _, e := range b.entries {
			i := slices.IndexFunc(a.entries, func(x mapEntry) bool { return x.key == e.key })
			if i < 0 {
				a.entries = append(a.entries, e)
				continue
			}
			a.entries[i].value = mergeValues(a.entries[i].value, e.value)
		}
		slices.SortStableFunc(a.entries, func(a, b mapEntry) int { return strings.Compare(a.key, b.key) })
		return a
	}
	if a.kind != listValue {
		a = optionValue{kind: listValue, items: []optionValue{a}}
	}
	if b.kind == listValue {
		a.items = append(a.items, b.items...)
	} else {
		a.items = append(a.items, b)
	}
	return a
}
