package schema

import (
	"fmt"
	"strings"
)

// Position is a place in a source text. Line and Column count from 1, Column in
// Unicode code points; the zero value means "unknown".
type Position struct {
	Line, Column int
}

// IsValid reports whether the place is known.
func (p Position) IsValid() bool { return p.Line > 0 }

// String returns "line 3, column 14", or "" when the place is unknown.
func (p Position) String() string {
	if !p.IsValid() {
		return ""
	}
	return fmt.Sprintf("line %d, column %d", p.Line, p.Column)
}

// Error is a user's mistake in a schema or an event: what is wrong, where, and
// what to do about it. Every parser returns only this type and [*Bug].
type Error struct {
	// What is one sentence without the place: `field "b" has no type`.
	What string
	// Path is a JSON Pointer into the schema (Avro, JSON Schema) or a dotted
	// name (Protobuf); empty at the root or when unknown.
	Path string
	// Document is the reference name of the document at fault; empty for the
	// schema itself.
	Document string
	Position
	// Hint says what to do, if that can be said.
	Hint string
	// Limit names the limit that was broken, as in the configuration key
	// without "limits."; empty otherwise. Found and Max are its values.
	Limit      string
	Found, Max int64
	// Soft marks mistakes that stored history may contain: a lenient parse
	// turns them into warnings.
	Soft bool
}

// Error renders what, where, and what to do, on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.What)
	var at []string
	if e.Document != "" {
		at = append(at, "in "+e.Document)
	}
	if e.Path != "" {
		at = append(at, "at "+e.Path)
	}
	if e.IsValid() {
		at = append(at, e.Position.String())
	}
	if len(at) > 0 {
		b.WriteString(" (" + strings.Join(at, ", ") + ")")
	}
	if e.Limit != "" {
		fmt.Fprintf(&b, "; limit %s is %d, found %d", e.Limit, e.Max, e.Found)
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// OverLimit builds the error of a broken limit.
func OverLimit(limit string, found, max int64, what string, at Position) *Error {
	return &Error{What: what, Position: at, Limit: limit, Found: found, Max: max}
}

// Bug is our own mistake: a state that the code holds to be impossible, or a
// panic inside a library that we shielded.
type Bug struct {
	Where string
	Cause any
}

func (b *Bug) Error() string { return fmt.Sprintf("internal error in %s: %v", b.Where, b.Cause) }

// Warning is something a reader should know about a schema that was accepted.
type Warning struct {
	What string
	Path string
	Position
}

// WalkError is what a bounded walker answers about encoded bytes.
type WalkError struct {
	// Offset is the byte at which the problem lies.
	Offset int
	// Path names the place in the schema: "items[3].name".
	Path string
	// What is one sentence.
	What string
	// Limit names the broken limit, if it was one.
	Limit string
}

func (e *WalkError) Error() string {
	s := fmt.Sprintf("%s at byte %d", e.What, e.Offset)
	if e.Path != "" {
		s += " (" + e.Path + ")"
	}
	if e.Limit != "" {
		s += "; limit " + e.Limit
	}
	return s
}
