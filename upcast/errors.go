package upcast

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
)

// Code says which kind of mistake an [Error] is.
type Code uint8

// The codes.
const (
	// Invalid: the document does not say anything that can be done.
	Invalid Code = iota
	// NotYet: the format is fixed, but this release does not carry it out.
	NotYet
	// Limited: a limit is broken; the Limit of the error names it.
	Limited
)

// Error is a mistake in an upcaster document: what, where, and what to do. Path
// is a JSON Pointer into the document.
type Error struct {
	Code    Code
	Problem schema.Error
}

// Error renders what, where and what to do, on one line.
func (e *Error) Error() string { return e.Problem.Error() }

func invalid(e schema.Error) error { return &Error{Code: Invalid, Problem: e} }

// tooMuch is the error of a limit that is fixed, not configured.
func tooMuch(limit, what string, found, most int, at schema.Position, pointer string) error {
	return &Error{Code: Limited, Problem: schema.Error{
		What: fmt.Sprintf("%s: %d, at most %d", what, found, most), Position: at, Path: pointer,
		Hint: "split the document into several hops", Limit: limit, Found: int64(found), Max: int64(most),
	}}
}
