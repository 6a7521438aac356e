package upcast

import (
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// Operation is what one step does. The types below are all there are; a switch
// over them is complete.
type Operation interface {
	// Name is the key of the operation in a document.
	Name() string
}

// Add puts a value where there was none.
type Add struct {
	Path   Path
	Source Source
	// OnConflict is what happens to an undeclared property of that name in an
	// open JSON object: overwrite, keep or fail.
	OnConflict string
}

// Drop removes a place; nothing disappears without it.
type Drop struct {
	Path    Path
	Restore Source
	Park    bool
}

// Rename gives a field another name in the same record.
type Rename struct{ From, To Path }

// Move puts a field into another record.
type Move struct{ From, To Path }

// Copy doubles a value.
type Copy struct{ From, To Path }

// Set overwrites a value.
type Set struct {
	Path    Path
	Source  Source
	Restore Source
	Park    bool
}

// Convert computes a number from a number: value×Factor+Offset in exact
// rationals, or an expression.
type Convert struct {
	Path           Path
	Factor, Offset string // decimal numbers, as written; empty if an expression
	Expr, DownExpr Expr
	To             string // type, if it changes
	Round          string
	Else           Else
	// toType is the type itself in a derived way down.
	toType *plan.Type
}

// Retype changes how a value is represented.
type Retype struct {
	Path    Path
	To, Via string
	Round   string
	Else    Else
	Restore Source
	Park    bool
	// toType is the type itself in a derived way down.
	toType *plan.Type
}

// MapEnum maps symbols to symbols.
type MapEnum struct {
	Path      Path
	Map, Down []Pair
	// Choose maps a symbol to an expression that gives the new one.
	Choose []Choice
	Else   Else
}

// Choice is one symbol whose successor is computed.
type Choice struct {
	Symbol string
	Expr   Expr
}

// MapBranch maps the branches of a union, tag included.
type MapBranch struct {
	Path Path
	Map  []BranchMap
	Down []Pair
	Else Else
}

// BranchMap is one branch, its successor and what happens to its content.
type BranchMap struct {
	From, To string
	Steps    []Step
}

// Split takes a text apart, by a pattern with named groups or by a separator.
type Split struct {
	Path      Path
	Separator string
	Pattern   string
	Into      []SplitPart
	Else      Else
	// ElseOf is the way out of single parts, by the name of their group or, with a
	// separator, by their path.
	ElseOf map[string]Else
}

// SplitPart is one place that a split fills; Group is empty with a separator.
type SplitPart struct {
	Group string
	To    Path
}

// name is what the part is called where the parts have a way out each.
func (p *SplitPart) name() string {
	if p.Group != "" {
		return p.Group
	}
	return p.To.String()
}

// Merge puts texts together, by a separator or an expression over the owner.
type Merge struct {
	Paths     []Path
	To        Path
	Separator string
	Expr      Expr
	Down      string // "split", or empty
}

// Nest moves fields into a new record; Flatten does the reverse.
type Nest struct {
	Paths []Path
	Under Path
}

// Flatten moves the fields of a record into its owner.
type Flatten struct {
	Path   Path
	Prefix string
	Else   Else
}

// Wrap makes a list or a map of one value.
type Wrap struct {
	Path Path
	As   string // list or map
	Key  string
}

// Head makes one value of a list.
type Head struct {
	Path  Path
	Which string // first, last or only
	Else  Else
	Park  bool
}

// Filter removes elements of a list or entries of a map.
type Filter struct {
	Path  Path
	Where Expr
	Park  bool
}

// ToMap turns a list of records into a map.
type ToMap struct {
	Path       Path
	Key, Value string
	Duplicates string // fail, first or last
	Else       Else   // of duplicates that fail
}

// ToList turns a map into a list of records.
type ToList struct {
	Path       Path
	Key, Value string
}

// Each applies steps to every value that a path enters.
type Each struct {
	Path  Path
	Steps []Step
}

// InType applies steps to every occurrence of a named type.
type InType struct {
	Type  string
	Steps []Step
}

// Require makes an optional or nullable value required.
type Require struct {
	Path Path
	Else Else
	// relaxed says that it undoes a Relax, which may have widened bounds alone.
	relaxed bool
}

// Relax makes a required value optional or nullable, or widens its bounds.
type Relax struct {
	Path    Path
	Restore Source
}

// Narrow makes a value fit tighter bounds.
type Narrow struct {
	Path                 Path
	Min, Max, MultipleOf string
	MinLength, MaxLength string
	Pattern              string
	Mode                 string // clamp, truncate or else
	Else                 Else
	Park                 bool
}

// Default keeps the meaning of an absent value when the schema's default
// changes.
type Default struct {
	Path Path
	Was  Source
}

// Rest says what becomes of undeclared properties and unknown fields.
type Rest struct {
	Path Path
	Mode string // keep, drop or into
	To   Path
	Park bool
}

// FromContext takes a value from a declared context input.
type FromContext struct {
	Path    Path
	Context string
	Else    Else
}

// RenameType gives the event another type, namespace or subject.
type RenameType struct {
	Type string
	To   Target
}

// DropEvent removes events.
type DropEvent struct{ When Expr }

// SplitEvent makes several events of one.
type SplitEvent struct {
	Outputs    []Output
	AtLeastOne bool
}

// Output is one event that a split gives.
type Output struct {
	Name    string
	To      Target
	When    Expr
	ForEach Path
	Steps   []Step
}

// Reversion changes nothing but the version.
type Reversion struct{}

// Meta changes headers and attributes of the envelope.
type Meta struct {
	Set    []FieldSource
	Rename []Pair
	Drop   []string
}

// Rekey gives the event another partition key.
type Rekey struct{ Expr Expr }

// Erase removes personal data.
type Erase struct {
	Paths []Path
	With  string // tombstone or hash
	Salt  string
}

// Transcode changes the format of the event.
type Transcode struct{ To string }

// Test is an example that runs at every registration.
type Test struct {
	Name   string
	In     *jsonx.Value
	InMeta *jsonx.Value
	// Outs are the events expected; Dropped and ErrorCode are the other results.
	Outs      []*jsonx.Value
	Dropped   bool
	ErrorCode string
}
