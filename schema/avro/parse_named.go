package avro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

// The attributes that Avro itself gives a meaning to; all others are properties.
var (
	reservedType  = []string{"type", "name", "namespace", "doc", "aliases", "fields", "items", "values", "symbols", "size"}
	reservedEnum  = append([]string{"default"}, reservedType...)
	reservedField = []string{"name", "type", "doc", "default", "order", "aliases"}
)

// define reads what records, enums and fixeds share, and makes the name known.
// A second definition of a name is compared with the first when the document
// ends; the registry that existing schemas come from accepts equal ones.
func (p *parser) define(slot **Node, kind Kind, v *jsonx.Value, namespace string) (*Node, error) {
	n := p.node(kind, v.Offset)
	*slot = n
	name := v.Get("name")
	if name == nil || name.Kind != jsonx.String {
		return nil, p.fail(v.Offset, fmt.Sprintf("a type %q has no name", kind), "add a \"name\" attribute")
	}
	space := namespace
	if ns := v.Get("namespace"); ns != nil && ns.Kind == jsonx.String {
		space = ns.Text
	}
	n.Name = qualify(name.Text, space)
	if err := p.checkFullName(name.Offset, n.Name); err != nil {
		return nil, err
	}
	if err := p.aliases(n, v.Get("aliases")); err != nil {
		return nil, err
	}
	n.Doc, n.HasDoc = p.doctext(v.Get("doc"))
	if p.types[n.Name] != nil {
		p.later = append(p.later, pending{slot: slot, name: n.Name, again: n, offset: name.Offset})
		return n, nil
	}
	p.types[n.Name] = n
	p.names = append(p.names, n.Name)
	return n, nil
}

func (p *parser) checkFullName(offset int, full string) error {
	if err := p.checkLength(offset, full); err != nil {
		return err
	}
	if _, ok := primitives[full]; ok {
		return p.fail(offset, fmt.Sprintf("a type cannot be called %q like the primitive", full), "rename it or give it a namespace")
	}
	short, space := unqualified(full), namespaceOf(full)
	if !validName(short) {
		return p.soft(offset, "", fmt.Sprintf("%q is not a legal name", short), nameHint)
	}
	if !validNamespace(space) {
		return p.soft(offset, "", fmt.Sprintf("%q is not a legal namespace", space), nameHint)
	}
	return nil
}

func (p *parser) checkLength(offset int, name string) error {
	if max := p.opts.Limits.NameBytes; max > 0 && len(name) > max {
		return p.soft(offset, "", fmt.Sprintf("a name of %d bytes exceeds limits.name-bytes %d", len(name), max), "shorten it")
	}
	return nil
}

const nameHint = "names start with a letter or underscore and go on with letters, digits and underscores"

// checkName is for fields, symbols and field aliases.
func (p *parser) checkName(offset int, what, name string) error {
	if err := p.checkLength(offset, name); err != nil {
		return err
	}
	if !validName(name) {
		return p.soft(offset, "", fmt.Sprintf("%q is not a legal %s", name, what), nameHint)
	}
	return nil
}

func (p *parser) aliases(n *Node, v *jsonx.Value) error {
	items, err := p.nameList(v)
	if err != nil {
		return err
	}
	for _, item := range items {
		full := qualify(item.Text, n.Namespace())
		if err := p.checkLength(item.Offset, full); err != nil {
			return err
		}
		if !validName(unqualified(full)) || !validNamespace(namespaceOf(full)) {
			if err := p.soft(item.Offset, "", fmt.Sprintf("%q is not a legal alias", item.Text), nameHint); err != nil {
				return err
			}
		}
		if !slices.Contains(n.Aliases, full) {
			n.Aliases = append(n.Aliases, full)
		}
	}
	return nil
}

func (p *parser) nameList(v *jsonx.Value) ([]*jsonx.Value, error) {
	if v == nil {
		return nil, nil
	}
	if v.Kind != jsonx.Array {
		return nil, p.fail(v.Offset, "\"aliases\" is not a list", "write a list of names")
	}
	if max := p.opts.Limits.Symbols; max > 0 && len(v.Items) > max {
		return nil, p.over("symbols", v.Offset, len(v.Items), max, "too many aliases")
	}
	for _, item := range v.Items {
		if item.Kind != jsonx.String {
			return nil, p.fail(item.Offset, fmt.Sprintf("an alias is a JSON %s, not a string", item.Kind), "write a name")
		}
	}
	return v.Items, nil
}

// doctext takes a doc; Java ignores one that is no string.
func (p *parser) doctext(v *jsonx.Value) (string, bool) {
	if v == nil {
		return "", false
	}
	if v.Kind != jsonx.String {
		p.warn(v.Offset, "", "a \"doc\" that is not a string is ignored")
		return "", false
	}
	return v.Text, true
}

func (p *parser) record(slot **Node, v *jsonx.Value, namespace string, isError bool) error {
	n, err := p.define(slot, Record, v, namespace)
	if err != nil {
		return err
	}
	n.IsError = isError
	fields := v.Get("fields")
	if fields == nil || fields.Kind != jsonx.Array {
		return p.fail(v.Offset, fmt.Sprintf("the record %q has no list of fields", n.Name), "add \"fields\": []")
	}
	if max := p.opts.Limits.Fields; max > 0 && len(fields.Items) > max {
		return p.over("fields", fields.Offset, len(fields.Items), max, fmt.Sprintf("the record %q has too many fields", n.Name))
	}
	if err := p.finish(n, v, reservedType); err != nil {
		return err
	}
	seen := make(map[string]bool, len(fields.Items))
	n.Fields = make([]*Field, len(fields.Items))
	for i, item := range fields.Items {
		f, err := p.field(item, n.Namespace())
		if err != nil {
			return err
		}
		if seen[f.Name] {
			return p.fail(item.Offset, fmt.Sprintf("the record %q has the field %q twice", n.Name, f.Name), "remove or rename one of them")
		}
		seen[f.Name] = true
		n.Fields[i] = f
	}
	return nil
}

func (p *parser) field(v *jsonx.Value, namespace string) (*Field, error) {
	if v.Kind != jsonx.Object {
		return nil, p.fail(v.Offset, fmt.Sprintf("a field is a JSON %s, not an object", v.Kind), "write {\"name\": …, \"type\": …}")
	}
	name := v.Get("name")
	if name == nil || name.Kind != jsonx.String {
		return nil, p.fail(v.Offset, "a field has no name", "add a \"name\" attribute")
	}
	f := &Field{Name: name.Text, Position: p.places.at(v.Offset), Default: v.Get("default")}
	if err := p.checkName(name.Offset, "field name", f.Name); err != nil {
		return nil, err
	}
	f.Doc, f.HasDoc = p.doctext(v.Get("doc"))
	if err := p.fieldAttributes(f, v); err != nil {
		return nil, err
	}
	t := v.Get("type")
	if t == nil {
		return nil, p.fail(v.Offset, fmt.Sprintf("the field %q has no type", f.Name), "add a \"type\" attribute")
	}
	if err := p.typeInto(&f.Type, t, namespace); err != nil {
		return nil, err
	}
	if err := p.textualNumber(f); err != nil {
		return nil, err
	}
	if f.Default != nil {
		p.defaults = append(p.defaults, f)
	}
	return f, nil
}

func (p *parser) fieldAttributes(f *Field, v *jsonx.Value) error {
	if o := v.Get("order"); o != nil {
		i := -1
		if o.Kind == jsonx.String {
			i = slices.Index([]string{"ascending", "descending", "ignore"}, strings.ToLower(o.Text))
		}
		if i < 0 {
			return p.fail(o.Offset, fmt.Sprintf("the order of field %q is not known", f.Name), "use ascending, descending or ignore")
		}
		f.Order = Order(i)
	}
	aliases, err := p.nameList(v.Get("aliases"))
	if err != nil {
		return err
	}
	for _, a := range aliases {
		if !slices.Contains(f.Aliases, a.Text) {
			f.Aliases = append(f.Aliases, a.Text)
		}
	}
	if f.Props, err = p.props(v, reservedField); err != nil {
		return err
	}
	if f.Prop("logicalType") != nil {
		p.warn(v.Offset, "", fmt.Sprintf("logicalType of field %q has no effect: it belongs inside the type", f.Name))
	}
	return nil
}

func (p *parser) enum(slot **Node, v *jsonx.Value, namespace string) error {
	n, err := p.define(slot, Enum, v, namespace)
	if err != nil {
		return err
	}
	symbols := v.Get("symbols")
	if symbols == nil || symbols.Kind != jsonx.Array {
		return p.fail(v.Offset, fmt.Sprintf("the enum %q has no list of symbols", n.Name), "add \"symbols\": []")
	}
	if max := p.opts.Limits.Symbols; max > 0 && len(symbols.Items) > max {
		return p.over("symbols", symbols.Offset, len(symbols.Items), max, fmt.Sprintf("the enum %q has too many symbols", n.Name))
	}
	seen := make(map[string]bool, len(symbols.Items))
	n.Symbols = make([]string, len(symbols.Items))
	for i, item := range symbols.Items {
		if item.Kind != jsonx.String {
			return p.fail(item.Offset, fmt.Sprintf("a symbol of the enum %q is a JSON %s", n.Name, item.Kind), "write a name")
		}
		if err := p.checkName(item.Offset, "enum symbol", item.Text); err != nil {
			return err
		}
		if seen[item.Text] {
			return p.fail(item.Offset, fmt.Sprintf("the enum %q has the symbol %q twice", n.Name, item.Text), "remove one of them")
		}
		seen[item.Text] = true
		n.Symbols[i] = item.Text
	}
	if d := v.Get("default"); d != nil && d.Kind == jsonx.String {
		n.Default, n.HasDefault = d.Text, true
		if !seen[d.Text] {
			return p.fail(d.Offset, fmt.Sprintf("the default %q of the enum %q is none of its symbols", d.Text, n.Name), "add the symbol or choose another default")
		}
	} else if d != nil {
		p.warn(d.Offset, "", fmt.Sprintf("the default of the enum %q is not a string and is ignored", n.Name))
	}
	return p.finish(n, v, reservedEnum)
}

func (p *parser) fixed(slot **Node, v *jsonx.Value, namespace string) error {
	n, err := p.define(slot, Fixed, v, namespace)
	if err != nil {
		return err
	}
	size := v.Get("size")
	if size == nil || size.Kind != jsonx.Number {
		return p.fail(v.Offset, fmt.Sprintf("the fixed %q has no size", n.Name), "add \"size\" with the number of bytes")
	}
	bytes, ok := integer(size.Text, 64)
	if !ok || bytes < 0 {
		return p.fail(size.Offset, fmt.Sprintf("the size %s of the fixed %q is not a number of bytes", size.Text, n.Name), "write a non-negative integer")
	}
	if max := p.opts.Limits.FixedBytes; max > 0 && bytes > int64(max) {
		return p.over("fixed-bytes", size.Offset, int(bytes), max, fmt.Sprintf("the fixed %q is too large", n.Name))
	}
	n.Size = int(bytes)
	return p.finish(n, v, reservedType)
}

// finish reads the properties and judges the logical type.
func (p *parser) finish(n *Node, v *jsonx.Value, reserved []string) error {
	var err error
	if n.Props, err = p.props(v, reserved); err != nil {
		return err
	}
	l, problem, unknown := readLogical(n)
	if problem != "" {
		return p.soft(n.Prop("logicalType").Offset, "", problem, "correct or remove the annotation")
	}
	if unknown {
		p.warn(n.Prop("logicalType").Offset, "", fmt.Sprintf("the logicalType %q is not known and has no effect", n.Prop("logicalType").Text))
	}
	if max := p.opts.Limits.DecimalDigits; max > 0 && l.Precision > max {
		return p.over("decimal-digits", n.Prop("precision").Offset, l.Precision, max, "the decimal precision is too large")
	}
	n.Logical = l
	return nil
}

func (p *parser) props(v *jsonx.Value, reserved []string) ([]Prop, error) {
	var props []Prop
	for i := range v.Members {
		m := &v.Members[i]
		size := m.Value.End - m.Value.Offset
		if max := p.opts.Limits.DocBytes; max > 0 && size > max && (m.Key == "doc" || !slices.Contains(reserved, m.Key)) {
			return nil, p.over("doc-bytes", m.Value.Offset, size, max, fmt.Sprintf("the attribute %q is too long", m.Key))
		}
		if !slices.Contains(reserved, m.Key) {
			props = append(props, Prop{Key: m.Key, Value: m.Value})
		}
	}
	return props, nil
}
