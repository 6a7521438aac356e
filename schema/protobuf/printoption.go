package protobuf

import "strings"

// confluentPrefix names the custom options that even "ignore_extensions" keeps.
const confluentPrefix = "confluent."

// filter drops the options that the printer is told to ignore.
func (p *printer) filter(options []optionElement) []optionElement {
	if !p.ignoreExtensions {
		return options
	}
	var out []optionElement
	for _, o := range options {
		name := strings.TrimPrefix(o.parts[0].name, ".")
		if !o.isCustom() || strings.HasPrefix(name, confluentPrefix) {
			out = append(out, o)
		}
	}
	return out
}

// optionLines prints option statements.
func (p *printer) optionLines(options []optionElement, depth int) {
	for _, o := range options {
		p.indent(depth)
		p.str("option ")
		p.option(o, depth)
		p.str(";\n")
	}
}

// compactOptions prints the bracketed options of a field, enum constant or
// extension range: one stays on the line, several get a line each.
func (p *printer) compactOptions(options []optionElement, depth int) {
	switch len(options) {
	case 0:
	case 1:
		p.str(" [")
		p.option(options[0], depth)
		p.str("]")
	default:
		p.str(" [\n")
		for i, o := range options {
			p.indent(depth + 1)
			p.option(o, depth+1)
			p.comma(i, len(options))
		}
		p.indent(depth)
		p.str("]")
	}
}

func (p *printer) comma(i, n int) {
	if i < n-1 {
		p.str(",")
	}
	p.str("\n")
}

func (p *printer) option(o optionElement, depth int) {
	p.str(o.fullName() + " = ")
	if o.value.kind == listValue && len(o.value.items) == 1 {
		p.str("[")
		p.value(o.value.items[0], depth)
		p.str("]")
		return
	}
	p.value(o.value, depth)
}

// fullName returns the option's name with the parentheses of its extensions.
func (o optionElement) fullName() string {
	var b strings.Builder
	for i, part := range o.parts {
		if i > 0 {
			b.WriteByte('.')
		}
		if part.extension {
			b.WriteString("(" + part.name + ")")
		} else {
			b.WriteString(part.name)
		}
	}
	return b.String()
}

// value prints v; lines after the first are indented below depth.
func (p *printer) value(v optionValue, depth int) {
	switch v.kind {
	case stringValue:
		p.quoted(v.text)
	case mapValue:
		p.str("{\n")
		for i, e := range v.entries {
			p.indent(depth + 1)
			p.str(e.key + ": ")
			p.value(e.value, depth+1)
			p.comma(i, len(v.entries))
		}
		p.indent(depth)
		p.str("}")
	case listValue:
		p.str("[\n")
		for i, item := range v.items {
			p.indent(depth + 1)
			p.value(item, depth+1)
			p.comma(i, len(v.items))
		}
		p.indent(depth)
		p.str("]")
	default:
		p.str(v.text)
	}
}
