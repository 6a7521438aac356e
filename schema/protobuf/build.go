package protobuf

import (
	"strconv"

	"github.com/bufbuild/protocompile/ast"
)

// builder turns a syntax tree into elements.
type builder struct {
	file *ast.FileNode
}

func buildFile(file *ast.FileNode) *fileElement {
	b := &builder{file: file}
	f := &fileElement{}
	if file.Syntax != nil {
		f.syntax = file.Syntax.Syntax.AsString()
	}
	if file.Edition != nil {
		f.edition = file.Edition.Edition.AsString()
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.PackageNode:
			f.pkg = string(d.Name.AsIdentifier())
		case *ast.ImportNode:
			f.imports = append(f.imports, importOf(d))
		case *ast.OptionNode:
			f.options = append(f.options, b.option(d))
		case *ast.MessageNode:
			f.messages = append(f.messages, b.message(d.Name.Val, &d.MessageBody, d))
		case *ast.EnumNode:
			f.enums = append(f.enums, b.enum(d))
		case *ast.ExtendNode:
			f.extends = append(f.extends, b.extend(d))
		case *ast.ServiceNode:
			f.services = append(f.services, b.service(d))
		}
	}
	return f
}

func importOf(d *ast.ImportNode) importElement {
	i := importElement{path: d.Name.AsString()}
	switch {
	case d.Public != nil:
		i.modifier = "public"
	case d.Weak != nil:
		i.modifier = "weak"
	}
	return i
}

func (b *builder) message(name string, body *ast.MessageBody, node ast.Node) *messageElement {
	m := &messageElement{name: name, node: node}
	for _, decl := range body.Decls {
		switch d := decl.(type) {
		case *ast.OptionNode:
			m.options = append(m.options, b.option(d))
		case *ast.FieldNode:
			m.fields = append(m.fields, b.field(d))
		case *ast.MapFieldNode:
			m.fields = append(m.fields, b.mapField(d))
		case *ast.GroupNode:
			m.groups = append(m.groups, b.group(d))
		case *ast.OneofNode:
			m.oneofs = append(m.oneofs, b.oneof(d))
		case *ast.MessageNode:
			m.messages = append(m.messages, b.message(d.Name.Val, &d.MessageBody, d))
		case *ast.EnumNode:
			m.enums = append(m.enums, b.enum(d))
		case *ast.ExtendNode:
			m.extends = append(m.extends, b.extend(d))
		case *ast.ExtensionRangeNode:
			m.extensions = append(m.extensions, rangesElement{
				ranges: b.ranges(d.Ranges), options: b.compactOptions(d.Options),
			})
		case *ast.ReservedNode:
			m.reserved = append(m.reserved, b.reserved(d))
		}
	}
	return m
}

func (b *builder) field(d *ast.FieldNode) *fieldElement {
	f := &fieldElement{
		label: labelOf(d.Label), typ: string(d.FldType.AsIdentifier()), name: d.Name.Val,
		options: b.compactOptions(d.Options), node: d,
	}
	if d.Tag != nil {
		f.tag = int64(d.Tag.Val)
	}
	return f
}

func (b *builder) mapField(d *ast.MapFieldNode) *fieldElement {
	f := &fieldElement{
		key: d.MapType.KeyType.Val, val: string(d.MapType.ValueType.AsIdentifier()),
		name: d.Name.Val, options: b.compactOptions(d.Options), node: d,
	}
	if d.Tag != nil {
		f.tag = int64(d.Tag.Val)
	}
	return f
}

func (b *builder) group(d *ast.GroupNode) *fieldElement {
	f := &fieldElement{
		label: labelOf(d.Label), name: d.Name.Val, options: b.compactOptions(d.Options),
		body: b.message(d.Name.Val, &d.MessageBody, d), node: d,
	}
	if d.Tag != nil {
		f.tag = int64(d.Tag.Val)
	}
	return f
}

func labelOf(l ast.FieldLabel) string {
	if l.KeywordNode == nil {
		return ""
	}
	return l.Val
}

func (b *builder) oneof(d *ast.OneofNode) *oneofElement {
	o := &oneofElement{name: d.Name.Val}
	for _, decl := range d.Decls {
		switch d := decl.(type) {
		case *ast.OptionNode:
			o.options = append(o.options, b.option(d))
		case *ast.FieldNode:
			o.fields = append(o.fields, b.field(d))
		case *ast.GroupNode:
			o.groups = append(o.groups, b.group(d))
		}
	}
	return o
}

func (b *builder) extend(d *ast.ExtendNode) *extendElement {
	e := &extendElement{name: string(d.Extendee.AsIdentifier())}
	for _, decl := range d.Decls {
		switch d := decl.(type) {
		case *ast.FieldNode:
			e.fields = append(e.fields, b.field(d))
		case *ast.GroupNode:
			e.groups = append(e.groups, b.group(d))
		}
	}
	return e
}

func (b *builder) enum(d *ast.EnumNode) *enumElement {
	e := &enumElement{name: d.Name.Val, node: d}
	for _, decl := range d.Decls {
		switch d := decl.(type) {
		case *ast.OptionNode:
			e.options = append(e.options, b.option(d))
		case *ast.EnumValueNode:
			n, _ := d.Number.AsInt64()
			e.values = append(e.values, enumValueElement{
				name: d.Name.Val, number: n, options: b.compactOptions(d.Options),
			})
		case *ast.ReservedNode:
			e.reserved = append(e.reserved, b.reserved(d))
		}
	}
	return e
}

func (b *builder) service(d *ast.ServiceNode) *serviceElement {
	s := &serviceElement{name: d.Name.Val}
	for _, decl := range d.Decls {
		switch d := decl.(type) {
		case *ast.OptionNode:
			s.options = append(s.options, b.option(d))
		case *ast.RPCNode:
			r := rpcElement{
				name:          d.Name.Val,
				input:         string(d.Input.MessageType.AsIdentifier()),
				output:        string(d.Output.MessageType.AsIdentifier()),
				streamsInput:  d.Input.Stream != nil,
				streamsOutput: d.Output.Stream != nil,
			}
			for _, decl := range d.Decls {
				if o, ok := decl.(*ast.OptionNode); ok {
					r.options = append(r.options, b.option(o))
				}
			}
			s.rpcs = append(s.rpcs, r)
		}
	}
	return s
}

func (b *builder) reserved(d *ast.ReservedNode) rangesElement {
	r := rangesElement{ranges: b.ranges(d.Ranges)}
	for _, n := range d.Names {
		r.names = append(r.names, n.AsString())
	}
	for _, n := range d.Identifiers {
		r.names, r.idents = append(r.names, n.Val), true
	}
	return r
}

func (b *builder) ranges(nodes []*ast.RangeNode) []numberRange {
	var out []numberRange
	for _, n := range nodes {
		r := numberRange{single: n.EndVal == nil && n.Max == nil, max: n.Max != nil}
		r.start, _ = n.StartVal.AsInt64()
		r.end = r.start
		if n.EndVal != nil {
			r.end, _ = n.EndVal.AsInt64()
		}
		out = append(out, r)
	}
	return out
}

func (b *builder) compactOptions(d *ast.CompactOptionsNode) []optionElement {
	var out []optionElement
	for _, o := range d.GetElements() {
		out = append(out, b.option(o))
	}
	return out
}

func (b *builder) option(d *ast.OptionNode) optionElement {
	o := optionElement{node: d}
	for _, p := range d.Name.Parts {
		o.parts = append(o.parts, optionPart{name: string(p.Name.AsIdentifier()), extension: p.IsExtension()})
	}
	if d.Val != nil {
		o.value = b.value(d.Val)
	}
	return o
}

func (b *builder) value(v ast.ValueNode) optionValue {
	switch v := v.(type) {
	case ast.StringValueNode:
		return stringOf(v.AsString())
	case *ast.ArrayLiteralNode:
		out := optionValue{kind: listValue}
		for _, e := range v.Elements {
			out.items = append(out.items, b.value(e))
		}
		return out
	case *ast.MessageLiteralNode:
		return b.literal(v)
	case ast.IdentValueNode:
		return identOf(string(v.AsIdentifier()))
	case *ast.SpecialFloatLiteralNode:
		return identOf(v.KeywordNode.Val)
	default:
		return b.number(v)
	}
}

// literal reads a message literal. A key that is repeated becomes one key with
// a list, at the place of the first.
func (b *builder) literal(v *ast.MessageLiteralNode) optionValue {
	out := optionValue{kind: mapValue}
	at := map[string]int{}
	for _, e := range v.Elements {
		key := fieldKey(e.Name)
		val := b.value(e.Val)
		i, seen := at[key]
		if !seen {
			at[key] = len(out.entries)
			out.entries = append(out.entries, mapEntry{key: key, value: val})
			continue
		}
		merged := &out.entries[i].value
		if merged.kind != listValue {
			*merged = optionValue{kind: listValue, items: []optionValue{*merged}}
		}
		if val.kind == listValue {
			merged.items = append(merged.items, val.items...)
		} else {
			merged.items = append(merged.items, val)
		}
	}
	return out
}

func fieldKey(n *ast.FieldReferenceNode) string {
	name := string(n.Name.AsIdentifier())
	switch {
	case n.IsAnyTypeReference():
		return "[" + string(n.URLPrefix.AsIdentifier()) + "/" + name + "]"
	case n.IsExtension():
		return "[" + name + "]"
	default:
		return name
	}
}

// number keeps the spelling of a number: 0x10 and 1e3 stay what they are.
func (b *builder) number(v ast.ValueNode) optionValue {
	switch v := v.(type) {
	case *ast.NegativeIntLiteralNode:
		return numberOf("-" + b.raw(v.Uint))
	case *ast.SignedFloatLiteralNode:
		if s, ok := v.Float.(*ast.SpecialFloatLiteralNode); ok {
			return identOf("-" + s.KeywordNode.Val)
		}
		return numberOf("-" + b.raw(v.Float))
	case *ast.UintLiteralNode, *ast.FloatLiteralNode:
		return numberOf(b.raw(v))
	default:
		return identOf(b.raw(v))
	}
}

func (b *builder) raw(n ast.Node) string {
	if s := b.file.NodeInfo(n).RawText(); s != "" {
		return s
	}
	if u, ok := n.(*ast.UintLiteralNode); ok {
		return strconv.FormatUint(u.Val, 10)
	}
	return "0"
}
