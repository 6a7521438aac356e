package avro

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

// style selects one of the schema texts. They share a printer, so that they can
// only differ in what is named here.
type style struct {
	// references keeps types of other documents by name.
	references bool
	// normal sorts properties and aliases, drops empty docs of types and
	// writes defaults in the type of their field.
	normal bool
	// equal makes texts of equal schemas equal: full names, sorted properties,
	// sorted keys in property values, sorted aliases.
	equal bool
}

type printer struct {
	style
	out  []byte
	done map[*Node]bool
	// shallow writes nested named types by name only; see definition.
	shallow *Node
}

func printSchema(root *Node, s style) string {
	p := &printer{style: s, done: map[*Node]bool{}}
	p.node(root, "")
	return string(p.out)
}

// definition is a text that is equal for two nodes exactly when they define the
// same type in the sense of Java's Schema.equals: docs and aliases do not count.
func definition(n *Node) string {
	p := &printer{style: style{equal: true}, done: map[*Node]bool{}, shallow: n}
	p.node(n, "")
	return string(p.out)
}

func (p *printer) key(k string) {
	if last := p.out[len(p.out)-1]; last != '{' {
		p.out = append(p.out, ',')
	}
	p.out = append(jsonx.AppendQuoted(p.out, k), ':')
}

func (p *printer) text(k, v string) {
	p.key(k)
	p.out = jsonx.AppendQuoted(p.out, v)
}

// node prints n where namespace is the enclosing one.
func (p *printer) node(n *Node, namespace string) {
	if n.Kind.IsNamed() && p.byName(n) {
		if !p.equal {
			p.out = jsonx.AppendQuoted(p.out, relativeName(n.Name, namespace))
			return
		}
		p.out = jsonx.AppendQuoted(p.out, n.Name)
		return
	}
	switch n.Kind {
	case Union:
		p.out = append(p.out, '[')
		for i, b := range n.Branches {
			if i > 0 {
				p.out = append(p.out, ',')
			}
			p.node(b, namespace)
		}
		p.out = append(p.out, ']')
	case Array, Map:
		p.out = append(p.out, '{')
		p.text("type", n.Kind.String())
		p.key(map[Kind]string{Array: "items", Map: "values"}[n.Kind])
		p.node(n.Items, namespace)
		p.props(n.Props, Logical{}, nil)
		p.out = append(p.out, '}')
	case Record, Enum, Fixed:
		p.named(n, namespace)
	default:
		if len(n.Props) == 0 {
			p.out = jsonx.AppendQuoted(p.out, n.Kind.String())
			return
		}
		p.out = append(p.out, '{')
		p.text("type", n.Kind.String())
		p.props(n.Props, n.Logical, n)
		p.out = append(p.out, '}')
	}
}

// byName reports whether n is written as a name, and remembers it otherwise.
func (p *printer) byName(n *Node) bool {
	if p.shallow != nil && n != p.shallow {
		return true
	}
	if p.done[n] || (p.references && n.Document != "") {
		return true
	}
	p.done[n] = true
	return false
}

func (p *printer) named(n *Node, namespace string) {
	p.out = append(p.out, '{')
	kind := n.Kind.String()
	if n.IsError {
		kind = "error"
	}
	p.text("type", kind)
	space := n.Namespace()
	switch {
	case p.equal:
		p.text("name", n.Name)
	default:
		p.text("name", n.Unqualified())
		if space != namespace {
			p.text("namespace", space)
		}
	}
	if n.HasDoc && p.shallow == nil && !(p.normal && n.Doc == "") {
		p.text("doc", n.Doc)
	}
	switch n.Kind {
	case Record:
		p.fields(n, space)
		p.props(n.Props, Logical{}, nil)
	case Enum:
		p.names("symbols", n.Symbols)
		if n.HasDefault {
			p.text("default", n.Default)
		}
		p.props(n.Props, Logical{}, nil)
	case Fixed:
		p.key("size")
		p.out = strconv.AppendInt(p.out, int64(n.Size), 10)
		p.props(n.Props, n.Logical, n)
	}
	if len(n.Aliases) > 0 && p.shallow == nil {
		p.aliases(n, space)
	}
	p.out = append(p.out, '}')
}

func (p *printer) aliases(n *Node, namespace string) {
	if p.equal {
		p.names("aliases", sorted(n.Aliases))
		return
	}
	list := n.Aliases
	if p.normal {
		list = sorted(list)
	}
	short := make([]string, len(list))
	for i, a := range list {
		short[i] = relativeName(a, namespace)
	}
	p.names("aliases", short)
}

// sorted returns the names in Java's string order.
func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.SortFunc(names, jsonx.CompareUTF16)
	return names
}

func (p *printer) names(key string, names []string) {
	p.key(key)
	p.out = append(p.out, '[')
	for i, s := range names {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		p.out = jsonx.AppendQuoted(p.out, s)
	}
	p.out = append(p.out, ']')
}

func (p *printer) fields(n *Node, namespace string) {
	p.key("fields")
	p.out = append(p.out, '[')
	for i, f := range n.Fields {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		p.field(f, namespace)
	}
	p.out = append(p.out, ']')
}

func (p *printer) field(f *Field, namespace string) {
	p.out = append(p.out, '{')
	p.text("name", f.Name)
	p.key("type")
	p.node(f.Type, namespace)
	if f.HasDoc && p.shallow == nil {
		p.text("doc", f.Doc)
	}
	if f.Default != nil {
		p.key("default")
		if p.normal {
			p.out = appendTyped(p.out, f.Type, f.Default)
		} else {
			p.out = appendValue(p.out, f.Default, p.equal)
		}
	}
	if f.Order != Ascending {
		p.text("order", f.Order.String())
	}
	if len(f.Aliases) > 0 && p.shallow == nil {
		if p.normal || p.equal {
			p.names("aliases", sorted(f.Aliases))
		} else {
			p.names("aliases", f.Aliases)
		}
	}
	p.props(f.Props, Logical{}, nil)
	p.out = append(p.out, '}')
}

// props prints custom attributes: as they came, or sorted. Normalising puts a
// valid logical type of a primitive or fixed first.
func (p *printer) props(props []Prop, l Logical, n *Node) {
	if p.normal || p.equal {
		props = slices.Clone(props)
		rank := func(key string) int {
			if p.equal || n == nil || l.Type == "" {
				return 0
			}
			switch key {
			case "logicalType":
				return -3
			case "precision":
				if l.Type == "decimal" {
					return -2
				}
			case "scale":
				if l.Scale != 0 {
					return -1
				}
			}
			return 0
		}
		slices.SortFunc(props, func(a, b Prop) int {
			if c := cmp.Compare(rank(a.Key), rank(b.Key)); c != 0 {
				return c
			}
			return jsonx.CompareUTF16(a.Key, b.Key)
		})
	}
	for i := range props {
		p.key(props[i].Key)
		p.out = appendValue(p.out, props[i].Value, p.equal)
	}
}

// appendValue prints a property or default: key order kept, numbers as the Java
// library reads and writes them.
func appendValue(dst []byte, v *jsonx.Value, sortKeys bool) []byte {
	switch v.Kind {
	case jsonx.Number:
		return appendNumber(dst, v.Text)
	case jsonx.Array:
		dst = append(dst, '[')
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, item, sortKeys)
		}
		return append(dst, ']')
	case jsonx.Object:
		members := v.Members
		if sortKeys {
			members = slices.Clone(members)
			slices.SortFunc(members, func(a, b jsonx.Member) int { return jsonx.CompareUTF16(a.Key, b.Key) })
		}
		dst = append(dst, '{')
		for i := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(jsonx.AppendQuoted(dst, members[i].Key), ':')
			dst = appendValue(dst, members[i].Value, sortKeys)
		}
		return append(dst, '}')
	default:
		return jsonx.Append(dst, v)
	}
}

// appendNumber keeps the digits of an integer and prints any other number as a
// Java double.
func appendNumber(dst []byte, text string) []byte {
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			return append(dst, '0')
		}
		return append(dst, text...)
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range gives an infinity
	return appendDouble(dst, f, 64)
}

// appendDouble prints a number as Java's Double.toString and Float.toString do;
// what JSON has no number for becomes a string, as Jackson writes it.
func appendDouble(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	case f == 0:
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return append(dst, "0.0"...)
	}
	if abs := math.Abs(f); abs >= 1e-3 && abs < 1e7 {
		from := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
		if !slices.Contains(dst[from:], '.') {
			dst = append(dst, ".0"...)
		}
		return dst
	}
	s := strconv.FormatFloat(f, 'e', -1, bits) // d.ddde±dd
	mantissa, exponent, _ := strings.Cut(s, "e")
	dst = append(dst, mantissa...)
	if !strings.Contains(mantissa, ".") {
		dst = append(dst, ".0"...)
	}
	n, _ := strconv.Atoi(exponent)
	return strconv.AppendInt(append(dst, 'E'), int64(n), 10)
}

// Print returns the canonical text of one type of a schema, with every type it
// uses in place.
func Print(n *Node) string { return printSchema(n, style{}) }
