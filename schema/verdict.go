package schema

import (
	"fmt"
	"slices"
)

// Verdict is the answer to the question whether every event of a writer schema
// is read under a reader schema with the same meaning.
type Verdict uint8

// The verdicts. The zero value is Unknown, so that nothing is compatible by
// omission.
const (
	Unknown Verdict = iota
	Compatible
	Incompatible
)

// String returns COMPATIBLE, INCOMPATIBLE or UNKNOWN.
func (v Verdict) String() string {
	switch v {
	case Unknown:
		return "UNKNOWN"
	case Compatible:
		return "COMPATIBLE"
	case Incompatible:
		return "INCOMPATIBLE"
	default:
		return fmt.Sprintf("Verdict(%d)", uint8(v))
	}
}

// Effect says what happens to an event that breaks.
type Effect string

// The effects.
const (
	Refused   Effect = "refused"   // the reader fails
	Misread   Effect = "misread"   // the reader gets another value
	Lost      Effect = "lost"      // the reader has the field but not the value
	Defaulted Effect = "defaulted" // an absent or unknown value becomes a default
)

// Class says how much a difference weighs.
type Class string

// The classes: of ClassData an event exists that breaks, of ClassPolicy none
// does but names or annotations differ, ClassInfo is a compatible change.
const (
	ClassData   Class = "data"
	ClassPolicy Class = "policy"
	ClassInfo   Class = "info"
)

// Reason says why something is not decided.
type Reason string

// The reasons that a containment engine may give.
const (
	// ReasonSteps: the budget of steps is spent.
	ReasonSteps Reason = "steps"
	// ReasonStates: an automaton would have too many states.
	ReasonStates Reason = "states"
	// ReasonCubes: a goal splits into too many cases.
	ReasonCubes Reason = "cubes"
	// ReasonValidatorCost: a stored schema would cost the validators too much.
	ReasonValidatorCost Reason = "validator-cost"
	// ReasonValidatorsDisagree: the two JSON Schema validators judge an event
	// differently.
	ReasonValidatorsDisagree Reason = "validators-disagree"
	// ReasonSecondOpinion: a keyword cannot be put to the second validator.
	ReasonSecondOpinion Reason = "second-opinion"
	// ReasonWitnessSize: the least event that could break is larger or deeper
	// than a witness, or an event, may be.
	ReasonWitnessSize Reason = "witness-size"
	// ReasonBug: two of our own answers differ; see [Bug].
	ReasonBug Reason = "bug"
)

// ReasonKeyword is the reason for a keyword that is not decided here.
func ReasonKeyword(name string) Reason { return Reason("keyword:" + name) }

// Budget bounds one question. Steps are counted, never measured in time, so
// that an answer depends on its inputs alone; a larger budget only turns
// UNKNOWN into an answer. Zero means the default.
type Budget struct {
	Steps int
	// First ends the work at the first break of ClassData that is confirmed;
	// [Containment.More] is then set. The verdict is the same.
	First bool
}

// DefaultSteps is the budget where none is given.
const DefaultSteps = 200_000

// Limit returns the number of steps that the budget allows.
func (b Budget) Limit() int {
	if b.Steps <= 0 {
		return DefaultSteps
	}
	return b.Steps
}

// The bounds of a witness: its binary and JSON size in bytes, and its nesting.
const (
	MaxWitnessBytes = 64 << 10
	MaxWitnessDepth = 64
)

// Witness is one concrete event that shows a break. It is generated, never
// taken from stored data, and the least one that shows the break at its place.
type Witness struct {
	// Value is the event as JSON, in the JSON encoding of its format.
	Value []byte
	// Binary is the event in the format's own bytes, without any frame; nil if
	// it has none.
	Binary []byte
	// Message is the full name of a Protobuf event's message in the writer
	// schema; empty for other formats.
	Message string
	Effect  Effect
	// Written is the value at the place as the writer meant it, and Read what
	// the reader makes of it: another value, or its error.
	Written, Read string
}

// Place is a place in a schema.
type Place struct {
	// Pointer is a JSON Pointer into the canonical text (Avro, JSON Schema) or
	// a source path (Protobuf).
	Pointer string
	// Document is the reference that holds the place; empty for the schema
	// itself.
	Document string
	Position
}

// Param is a named value of a message, such as the field it speaks of.
type Param struct {
	Name, Value string
}

// Break is one difference between a writer and a reader schema at one place.
type Break struct {
	// Kind names the difference as the engine of the format does, without
	// regard to which side is older; package compat turns it into a rule.
	Kind   string
	Class  Class
	Effect Effect
	// Surface is the reading that the difference is about: "binary", "json" or
	// "source"; empty for formats with one surface.
	Surface string
	// Path is the place in an event of the writer: "items[].sku", "$" for the
	// event itself. Paths lists further ways to the same pair of types.
	Path   string
	Paths  []string
	Writer Place
	Reader Place
	Params []Param
	// Message is one sentence; it calls the sides "writer schema" and "reader
	// schema".
	Message string
	// Witness is present if Class is ClassData.
	Witness *Witness
}

// Param returns the value of a parameter, or "".
func (b *Break) Param(name string) string {
	if i := slices.IndexFunc(b.Params, func(p Param) bool { return p.Name == name }); i >= 0 {
		return b.Params[i].Value
	}
	return ""
}

// Undecided is a question that an engine leaves open.
type Undecided struct {
	Reason Reason
	// Path is the place in an event of the writer; empty if the whole question
	// is meant.
	Path string
	// What is one sentence.
	What string
	// Bug is the internal error behind ReasonBug.
	Bug *Bug
}

// Containment is the answer of an engine about a writer and a reader schema.
// It is immutable.
type Containment struct {
	// Verdict is Incompatible exactly if a break of ClassData is listed, each
	// of which has a confirmed witness; Compatible only if all events are
	// proved readable.
	Verdict   Verdict
	Breaks    []Break
	Undecided []Undecided
	// More says that there are more breaks than are listed.
	More bool
	// Notes are facts a reader should know, such as that no event exists.
	Notes []string
	// Steps is how much of the budget was used.
	Steps int
}
