package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// Kind is the kind of a type.
type Kind uint8

// The kinds, in all three formats.
const (
	Null Kind = iota
	Bool
	Int     // signed integers; Bits 0 is any size, as in JSON
	Uint    // unsigned integers
	Float   // binary floating point; Bits 0 is JSON's number, exact decimals
	Decimal // Precision digits, Scale of them after the point
	Bytes   // Size > 0 has exactly that many
	String
	Enum
	Record
	List
	Map // from texts
	Union
	Any   // untyped JSON; it can be copied, not computed on
	Never // no value at all: the type of what stops the event
	Time  // an instant in an expression; no event holds one
	Duration
)

var kindNames = [...]string{
	"null", "bool", "int", "uint", "float", "decimal", "bytes", "string", "enum", "record", "list", "map", "union", "any", "never", "timestamp", "duration",
}

// String names the kind.
func (k Kind) String() string { return kindNames[k] }

// Type is the type of a value, free of its format. A named type is one Type
// however often it is used, so recursive types are cyclic. Types must not be
// changed once they are in use.
type Type struct {
	Kind Kind
	// Bits is the width of Int, Uint and Float.
	Bits int
	// Logical is what the value means, in Avro's words: "timestamp-micros",
	// "uuid", "decimal"; empty for none.
	Logical string
	// Precision and Scale belong to Decimal, which is stored in Size bytes if
	// Size is not zero.
	Precision, Scale int
	Size             int
	// Name is the full name of a record, an enum or a fixed number of bytes.
	Name    string
	Symbols []string
	// Numbers are those of a Protobuf enum's symbols, ascending.
	Numbers []int32
	// Default is an enum's default symbol, or empty.
	Default string
	Fields  []Field
	// Open says that a record may have fields that are not declared, and an
	// enum numbers, which are symbols as decimal texts then.
	Open bool
	// Elem is what a list or a map holds.
	Elem *Type
	// Key is what the keys of a Protobuf map are; entries hold them as texts.
	Key *Type
	// Branches are those of a union, each known by its name.
	Branches []Branch
	// Tag is the property that tells the branches of a union of JSON objects
	// apart.
	Tag string
	// JSON says that values are JSON text: read as another such type, a value
	// stays the text that it is.
	JSON bool
	// Schemas are the places of a JSON Schema that all judge a value of the
	// type; the type itself may admit more.
	Schemas []*jsonschema.Node

	// layout is how Protobuf writes a record.
	layout *protoLayout
}

// Field is one field of a record.
type Field struct {
	Name    string
	Aliases []string
	// Number is the number of a Protobuf field.
	Number int
	Type   *Type
	// Optional says that the field may be absent, which is not the same as
	// null.
	Optional bool
	// Default is the value of a new field, if HasDefault.
	Default    Value
	HasDefault bool
	// DefaultSize is how many values the default holds; one of more than
	// [MaxDefaultSize] is left out, and cannot be used.
	DefaultSize int
	// Unset is what an absent optional field of Protobuf reads as, if its
	// schema says so.
	Unset Value
	// Wire is how Protobuf writes the field.
	Wire Wire
}

// MaxDefaultSize bounds the values of a default: defaults of records in records
// may double at every level.
const MaxDefaultSize = 10_000

// Branch is one branch of a union.
type Branch struct {
	// Name is Avro's name of the type, a discriminator's value in JSON, the
	// name of a Protobuf oneof member.
	Name string
	Type *Type
	// Number and Wire belong to the members of a Protobuf oneof.
	Number int
	Wire   Wire
	// Values are those of the tag by which a branch is known.
	Values []string
}

// Field returns the index of a field, or -1.
func (t *Type) Field(name string) int {
	return slices.IndexFunc(t.Fields, func(f Field) bool { return f.Name == name })
}

// Branch returns the index of a branch, or -1.
func (t *Type) Branch(name string) int {
	if i := slices.IndexFunc(t.Branches, func(b Branch) bool { return b.Name == name }); i >= 0 {
		return i
	}
	if t.Tag != "" {
		return t.tagged(name)
	}
	// A name without its namespace will do where only one branch has it.
	found := -1
	for i := range t.Branches {
		if simple(t.Branches[i].Name) == name {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// tagged finds a branch of a union of JSON objects by any of its tags, or by its
// place, from 0, among those that the tag tells apart.
func (t *Type) tagged(name string) int {
	first := -1
	for i := range t.Branches {
		b := &t.Branches[i]
		if slices.Contains(b.Values, name) {
			return i
		}
		if first < 0 && len(b.Values) > 0 {
			first = i
		}
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 || strconv.Itoa(n) != name || first < 0 || first+n >= len(t.Branches) {
		return -1
	}
	return first + n
}

func simple(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// Named reports whether the type has a name of its own.
func (t *Type) Named() bool { return t.Name != "" }

// String prints the type for messages, in Avro's words: "long", "list of string", "Order".
func (t *Type) String() string { return t.print(0) }

// maxPrinted bounds how deep a type is printed: a list may contain itself.
const maxPrinted = 8

func (t *Type) print(depth int) string {
	switch {
	case depth > maxPrinted:
		return "…"
	case t.Name != "":
		return t.Name
	case t.Kind == Decimal && t.Precision > 0:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case t.Logical != "":
		return t.Logical
	}
	switch t.Kind {
	case List, Map:
		return t.Kind.String() + " of " + t.Elem.print(depth+1)
	case Union:
		names := make([]string, len(t.Branches))
		for i, b := range t.Branches {
			names[i] = b.Name
		}
		return "union of " + strings.Join(names, ", ")
	case Int, Float:
		if t.Bits > 0 {
			return AvroBranch(t)
		}
	case Uint:
		if t.Bits > 0 {
			return fmt.Sprintf("uint%d", t.Bits)
		}
	}
	return t.Kind.String()
}

// Nullable returns the type without null if it is a union of null and exactly
// one other type.
func (t *Type) Nullable() (*Type, bool) {
	if t.Kind != Union || len(t.Branches) != 2 {
		return nil, false
	}
	for i := range t.Branches {
		if t.Branches[i].Type.Kind == Null {
			return t.Branches[1-i].Type, true
		}
	}
	return nil, false
}

// Same reports whether two types hold the same values in the same
// representation: what one may be copied to the other unseen. Names of records
// and enums count, defaults and aliases do not.
func Same(a, b *Type) bool {
	if a == b {
		return true
	}
	if !alike(a, b) {
		return false
	}
	if !a.hasParts() {
		return true
	}
	var open typePairs
	return same(a, b, &open)
}

// typePairs remembers pairs of types that are being compared, or have been: a few
// of them without a map.
type typePairs struct {
	few  [8][2]*Type
	n    int
	more map[[2]*Type]bool
}

// seen reports whether a pair was noted, and notes it.
func (p *typePairs) seen(a, b *Type) bool {
	pair := [2]*Type{a, b}
	for i := range p.few[:p.n] {
		if p.few[i] == pair {
			return true
		}
	}
	if p.n < len(p.few) {
		p.few[p.n] = pair
		p.n++
		return false
	}
	if p.more[pair] {
		return true
	}
	if p.more == nil {
		p.more = map[[2]*Type]bool{}
	}
	p.more[pair] = true
	return false
}

// hasParts reports whether a type is made of others.
func (t *Type) hasParts() bool { return t.Elem != nil || len(t.Fields)+len(t.Branches) > 0 }

// alike is same without a look at the types below.
func alike(a, b *Type) bool {
	return a.Kind == b.Kind && a.Bits == b.Bits && a.Precision == b.Precision && a.Scale == b.Scale && a.Size == b.Size && a.Open == b.Open &&
		len(a.Fields) == len(b.Fields) && len(a.Branches) == len(b.Branches) && a.Logical == b.Logical && a.Name == b.Name && a.Tag == b.Tag &&
		slices.Equal(a.Symbols, b.Symbols) && slices.Equal(a.Numbers, b.Numbers)
}

func same(a, b *Type, open *typePairs) bool {
	if a == b {
		return true
	}
	if !alike(a, b) {
		return false
	}
	if !a.hasParts() || open.seen(a, b) {
		return true // b has none either: its kind is the same
	}
	for i := range a.Fields {
		f, g := &a.Fields[i], &b.Fields[i]
		if f.Name != g.Name || f.Number != g.Number || f.Optional != g.Optional || f.Wire != g.Wire || !Equal(f.Unset, g.Unset) || !same(f.Type, g.Type, open) {
			return false
		}
	}
	for i := range a.Branches {
		x, y := &a.Branches[i], &b.Branches[i]
		if x.Name != y.Name || x.Number != y.Number || x.Wire != y.Wire || !slices.Equal(x.Values, y.Values) || !same(x.Type, y.Type, open) {
			return false
		}
	}
	if (a.Key == nil) != (b.Key == nil) || a.Key != nil && !same(a.Key, b.Key, open) {
		return false
	}
	return a.Elem == nil || same(a.Elem, b.Elem, open)
}
