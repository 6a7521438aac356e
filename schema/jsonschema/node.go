package jsonschema

import (
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Document is one text: the schema itself, a declared reference, or a bundled
// meta-schema.
type Document struct {
	// Name is the reference's name, the address of a meta-schema, or empty for
	// the schema itself.
	Name string
	// Text is the source; offsets in Value count its bytes.
	Text  string
	Value *jsonx.Value
	Root  *Node

	base  string // address of the text before any identifier of its own
	index int    // position in the load order, names it to the validators
	meta  bool
}

// Position returns the place of a value in the document.
func (d *Document) Position(v *jsonx.Value) schema.Position {
	return jsonx.PositionOf(d.Text, v.Offset)
}

// Resource is a schema with an address of its own: a document's root or a
// place with an identifier.
type Resource struct {
	URI  string
	Root *Node

	anchors   map[string]*Node
	dynamic   map[string]bool // which anchors are dynamic
	recursive bool            // "$recursiveAnchor": true
	index     int
}

// Keyed is a named subschema, in document order.
type Keyed struct {
	Key  string
	Node *Node
}

// Dependency is a member of "dependencies", "dependentRequired" or
// "dependentSchemas": names or a schema.
type Dependency struct {
	Key   string
	Names []string
	Node  *Node // nil if the dependency is a list of names
}

// Node is one place that holds a schema. It is immutable once its [Schema] is
// parsed. A keyword that is absent, or that its draft does not know, is the
// zero value (nil for pointers and slices; an empty list is not nil).
type Node struct {
	Document *Document
	Resource *Resource
	// Pointer is the JSON Pointer from the document's root.
	Pointer string
	Draft   Draft
	// Value is the source: an object or a boolean.
	Value *jsonx.Value
	// Bool is set for the schemas true and false; nothing else is then.
	Bool *bool

	// ID is the identifier as written.
	ID string
	// Ref, DynamicRef and RecursiveRef are as written; the To fields are what
	// they mean statically. Unresolved says that a lenient parse found no
	// target for one of them.
	Ref, DynamicRef, RecursiveRef       string
	RefTo, DynamicRefTo, RecursiveRefTo *Node
	Unresolved                          bool
	// Candidates are the places that the dynamic or recursive reference may
	// mean at validation, its static target included.
	Candidates []*Node

	Types      []string
	SingleType bool // "type" is a string, not a list
	Enum       []*jsonx.Value
	Const      *jsonx.Value
	Format     string

	Minimum, Maximum                   *Number
	ExclusiveMinimum, ExclusiveMaximum *Number
	// MinimumExcluded and MaximumExcluded are draft 4's boolean forms.
	MinimumExcluded, MaximumExcluded *bool
	MultipleOf                       *Number

	MinLength, MaxLength *Number
	Pattern              *Pattern

	Properties           []Keyed
	PatternProperties    []PatternProperty
	AdditionalProperties *Node
	PropertyNames        *Node
	Required             []string
	MinProperties        *Number
	MaxProperties        *Number
	Dependencies         []Dependency // "dependencies"
	DependentRequired    []Dependency
	DependentSchemas     []Dependency

	// Items is the single-schema form of "items"; from 2020-12 it follows the
	// prefix. PrefixItems is "prefixItems" or the list form of "items".
	Items                    *Node
	PrefixItems              []*Node
	AdditionalItems          *Node
	Contains                 *Node
	MinItems, MaxItems       *Number
	MinContains, MaxContains *Number
	UniqueItems              *bool

	AllOf, AnyOf, OneOf   []*Node
	Not, If, Then, Else   *Node
	UnevaluatedProperties *Node
	UnevaluatedItems      *Node
	Defs                  []Keyed // "$defs" and "definitions"

	Title, Description string
	Default            *jsonx.Value
	Tags               []string

	dropped map[string]bool // malformed keywords that a lenient parse ignores
	index   int
	cost    int64            // steps that one value may cost here, in place
	height  int              // longest in-place path from here
	shared  bool             // more than one place leads here
	byName  map[string]*Node // Properties, where there are many
}

// PatternProperty is a member of "patternProperties".
type PatternProperty struct {
	Pattern *Pattern
	Node    *Node
}

// Position returns the place of the node in its document.
func (n *Node) Position() schema.Position { return n.Document.Position(n.Value) }

// Get returns a keyword's raw value, or nil.
func (n *Node) Get(keyword string) *jsonx.Value { return n.Value.Get(keyword) }

// Property returns the schema of a property, or nil.
func (n *Node) Property(name string) *Node {
	if n.byName != nil {
		return n.byName[name]
	}
	for i := range n.Properties {
		if n.Properties[i].Key == name {
			return n.Properties[i].Node
		}
	}
	return nil
}

// IsRef reports whether a static reference is all that the node says.
func (n *Node) IsRef() bool { return n.RefTo != nil && n.Draft.refAlone() }

// inPlace calls f for every schema that judges the same value as n.
func (n *Node) inPlace(f func(*Node)) {
	each := func(nodes ...*Node) {
		for _, m := range nodes {
			if m != nil {
				f(m)
			}
		}
	}
	each(n.RefTo)
	if n.IsRef() {
		return
	}
	each(n.Candidates...)
	each(n.AllOf...)
	each(n.AnyOf...)
	each(n.OneOf...)
	each(n.Not)
	if n.If != nil {
		each(n.If, n.Then, n.Else)
	}
	for i := range n.Dependencies {
		each(n.Dependencies[i].Node)
	}
	for i := range n.DependentSchemas {
		each(n.DependentSchemas[i].Node)
	}
}

// children calls f for every schema that judges a part of the value.
func (n *Node) children(f func(*Node)) {
	if n.IsRef() {
		return
	}
	each := func(nodes ...*Node) {
		for _, m := range nodes {
			if m != nil {
				f(m)
			}
		}
	}
	for i := range n.Properties {
		f(n.Properties[i].Node)
	}
	for i := range n.PatternProperties {
		f(n.PatternProperties[i].Node)
	}
	each(n.AdditionalProperties, n.PropertyNames, n.Items, n.AdditionalItems, n.Contains)
	each(n.PrefixItems...)
	each(n.UnevaluatedProperties, n.UnevaluatedItems)
}
