package avro

import (
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Kind is the type of a schema node.
type Kind uint8

// The kinds, primitives first.
const (
	Null Kind = iota
	Boolean
	Int
	Long
	Float
	Double
	Bytes
	String
	Record
	Enum
	Array
	Map
	Union
	Fixed
)

var kindNames = [...]string{
	"null", "boolean", "int", "long", "float", "double", "bytes", "string",
	"record", "enum", "array", "map", "union", "fixed",
}

// String returns the name that schemas use.
func (k Kind) String() string { return kindNames[k] }

// IsPrimitive reports whether the kind needs no definition.
func (k Kind) IsPrimitive() bool { return k <= String }

// IsNamed reports whether nodes of the kind have a full name.
func (k Kind) IsNamed() bool { return k == Record || k == Enum || k == Fixed }

var primitives = map[string]Kind{
	"null": Null, "boolean": Boolean, "int": Int, "long": Long,
	"float": Float, "double": Double, "bytes": Bytes, "string": String,
}

// Node is one type of a schema. A named type is one Node however often it is
// used, so a recursive schema is a cyclic graph; every other occurrence has a
// Node of its own. Nodes must not be changed.
type Node struct {
	Kind Kind
	// Name is the full name of a record, enum or fixed.
	Name string
	// Aliases are full names, in order, each once.
	Aliases []string
	Doc     string
	HasDoc  bool
	// IsError marks a record written as "error", as protocols do.
	IsError bool

	Fields   []*Field // of a record
	Symbols  []string // of an enum
	Default  string   // of an enum, if HasDefault
	Items    *Node    // of an array; of a map: its values
	Branches []*Node  // of a union
	Size     int      // of a fixed

	HasDefault bool
	// Logical is the logical type, if it is known and valid here.
	Logical Logical
	// Props are all other attributes in document order; logicalType,
	// precision and scale are among them.
	Props []Prop

	// Document is the reference that defined the node; empty for the schema
	// itself.
	Document string
	schema.Position

	id int // index in Schema.nodes
}

// Field is one field of a record.
type Field struct {
	Name    string
	Aliases []string
	Doc     string
	HasDoc  bool
	Type    *Node
	// Default is the default as written; nil if there is none (a JSON null is
	// a default of null).
	Default *jsonx.Value
	Order   Order
	Props   []Prop
	schema.Position
}

// Prop is an attribute that Avro gives no meaning to at its place.
type Prop struct {
	Key   string
	Value *jsonx.Value
}

// Order is the sort order of a field.
type Order uint8

// The three orders.
const (
	Ascending Order = iota
	Descending
	Ignore
)

// String returns the name that schemas use.
func (o Order) String() string { return [...]string{"ascending", "descending", "ignore"}[o] }

// Prop returns the value of a custom attribute, or nil.
func (n *Node) Prop(key string) *jsonx.Value { return findProp(n.Props, key) }

// Prop returns the value of a custom attribute, or nil.
func (f *Field) Prop(key string) *jsonx.Value { return findProp(f.Props, key) }

func findProp(props []Prop, key string) *jsonx.Value {
	for i := range props {
		if props[i].Key == key {
			return props[i].Value
		}
	}
	return nil
}

// Field returns the field called name, or nil.
func (n *Node) Field(name string) *Field {
	for _, f := range n.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Unqualified returns the last part of the full name.
func (n *Node) Unqualified() string { return unqualified(n.Name) }

// Namespace returns the full name without its last part.
func (n *Node) Namespace() string { return namespaceOf(n.Name) }

// TypeName is what a union branch is called in Avro's JSON encoding: the full
// name of a named type, else the kind.
func (n *Node) TypeName() string {
	if n.Kind.IsNamed() {
		return n.Name
	}
	return n.Kind.String()
}

func unqualified(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

func namespaceOf(full string) string {
	if i := strings.LastIndexByte(full, '.'); i >= 0 {
		return full[:i]
	}
	return ""
}
