package plan

import (
	"regexp"

	"github.com/instar-registry/instar/internal/jsonx"
)

// Node is one part of a plan: it gives a value when the plan runs. The types
// below are all there are. Nodes are immutable and may be shared: a plan is a
// graph without circles, except through [Apply].
type Node interface{ node() }

// Binder is a name for a value of the source: the event itself, an element of a
// list, the content of a union's branch.
type Binder struct {
	Type *Type
	// ID tells binders apart in printed plans; it has no other meaning.
	ID int
}

// Copy is a value of the source, untouched: the binder, or a field of a field of
// it.
type Copy struct {
	From   *Binder
	Fields []int
	Type   *Type
	// Optional says that the value may be absent.
	Optional bool
}

// Lit is a constant. A literal of a document has no type until it is assigned to
// one: it is Pending then, and its type is Any.
type Lit struct {
	Value   Value
	Type    *Type
	Pending *jsonx.Value
}

// Make is a record.
type Make struct {
	// Name is the full name of the record, as far as it has one.
	Name   string
	Fields []Part
	// Rest keeps what is undeclared in a record of the source.
	Rest *Rest
	// Base is the object of the source whose order of members it keeps; Extras
	// are members that the type of the object does not declare.
	Base   *Copy
	Extras []Part
	// Type is the type it is assigned to; nil before.
	Type *Type
}

// Part is one field of a record that is made.
type Part struct {
	Name   string
	Number int
	Node   Node
	// From is the member of the Base whose place it takes; without one it comes
	// after them, in the order of Seq.
	From string
	Seq  int
}

// Rest is what a source record holds beside its declared fields. Of a JSON object
// it is every member, declared or not, that Except does not name.
type Rest struct {
	Of *Copy
	// Except names undeclared properties that are left out.
	Except []string
	// Into are the types that what is unknown in Protobuf comes into: what one
	// of them would take for a field of its own is left out, so that it does
	// not come alive.
	Into []*Type
}

// Extra is an undeclared member of a JSON object of the source, if it is there.
type Extra struct {
	Of   *Copy
	Name string
}

// Cast is a value of JSON read as another type: the text stays as it is.
type Cast struct {
	X    Node
	Type *Type
	// Sure says that it is proved to be there.
	Sure bool
}

// Tag puts a value into a branch of a union.
type Tag struct {
	Branch string
	X      Node
	// Type is the union it is assigned to; nil before.
	Type *Type
}

// Switch looks at the branch of a union.
type Switch struct {
	On    Node
	Cases []Case
}

// Case is one branch; Bind is its content.
type Case struct {
	Branch string
	Bind   *Binder
	Body   Node
}

// Opt looks whether a value is there; Bind is the value.
type Opt struct {
	On      Node
	Bind    *Binder
	Body    Node
	Missing Node
}

// Each makes a list from the elements of a list; a Where that is false leaves
// an element out.
type Each struct {
	Over Node
	Bind *Binder
	// Index, if set, is bound to the place in the list, from 0.
	Index *Binder
	Where Node
	Body  Node
}

// EachEntry makes a map from the entries of a map; Key is bound to the key.
type EachEntry struct {
	Over  Node
	Key   *Binder
	Bind  *Binder
	Where Node
	Body  Node
}

// ListOf is a list of given elements.
type ListOf struct {
	Items []Node
	Elem  *Type
}

// Call computes a value by one of the functions in functions.go.
type Call struct {
	Func *Func
	Args []Node
	Type *Type
	// Table belongs to functions that map values, such as symbols.
	Table map[string]string
	// Pattern belongs to functions of patterns.
	Pattern *regexp.Regexp
	// Safe says that it is proved not to fail here, though its function may.
	Safe bool
}

// If chooses by a boolean.
type If struct {
	Cond, Then, Else Node
}

// OrElse is X, or Else if X fails.
type OrElse struct {
	X, Else Node
}

// Let gives a computed value a name, so that parts of it can be used.
type Let struct {
	X    Node
	Bind *Binder
	Body Node
}

// Check computes X for its failures alone and gives Body.
type Check struct {
	X, Body Node
}

// Nothing is an absent value of a type.
type Nothing struct{ Type *Type }

// Stop ends the event.
type Stop struct {
	// Code is FailDead or FailDrop, which a document says, or the obligation
	// that does not hold, in a tree that is no plan.
	Code string
	// Hop and Step count from 0 and 1; Path is the place.
	Hop, Step int
	Path      string
	Reason    string
}

// Function is a named part of a plan, for types that contain themselves.
type Function struct {
	Name string
	Bind *Binder
	Body Node
	// Result is the type of what it gives, known before its body.
	Result *Type
}

// Apply calls a function.
type Apply struct {
	Fn *Function
	X  Node
}

func (*Copy) node()      {}
func (*Lit) node()       {}
func (*Make) node()      {}
func (*Tag) node()       {}
func (*Switch) node()    {}
func (*Opt) node()       {}
func (*Each) node()      {}
func (*EachEntry) node() {}
func (*ListOf) node()    {}
func (*Call) node()      {}
func (*If) node()        {}
func (*OrElse) node()    {}
func (*Let) node()       {}
func (*Check) node()     {}
func (*Nothing) node()   {}
func (*Stop) node()      {}
func (*Apply) node()     {}
func (*Extra) node()     {}
func (*Cast) node()      {}
