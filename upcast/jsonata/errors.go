package jsonata

import (
	"fmt"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Error is a mistake in an expression, or what stopped its evaluation: what,
// where in the expression, and what to do.
type Error struct {
	// Code is that of the language (S: syntax, T: types, D: dynamic), or one of
	// ours, which begin with X.
	Code    string
	Problem schema.Error

	offset int // into the expression, -1 as long as it is unknown
}

// Error renders what, where and what to do, on one line.
func (e *Error) Error() string { return e.Code + ": " + e.Problem.Error() }

// fail makes an error whose place is filled in by the node that is evaluated.
func fail(code, what, hint string) *Error {
	return &Error{Code: code, Problem: schema.Error{What: what, Hint: hint}, offset: -1}
}

func failAt(code string, offset int, what, hint string) *Error {
	e := fail(code, what, hint)
	e.offset = offset
	return e
}

// over is the error of a broken limit.
func over(code, limit string, found, most int64, what string) *Error {
	e := fail(code, what, "")
	e.Problem.Limit, e.Problem.Found, e.Problem.Max = limit, found, most
	return e
}

// at fills in the place of an error that has none.
func at(err error, n *node) error {
	if e, ok := err.(*Error); ok && e.offset < 0 { //nolint:errorlint // errors of this package are never wrapped within it
		e.offset = n.pos
	}
	return err
}

// located gives an error line and column.
func located(err error, text string) error {
	if e, ok := err.(*Error); ok && e.offset >= 0 && !e.Problem.IsValid() { //nolint:errorlint // as above
		e.Problem.Position = jsonx.PositionOf(text, e.offset)
	}
	return err
}

// show prints a value for a message.
func show(v Value) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return clip(fmt.Sprintf("%q", v))
	case *Array:
		return fmt.Sprintf("an array of %d", len(v.Items))
	case *Object:
		return fmt.Sprintf("an object of %d members", v.Len())
	case null:
		return "null"
	case bool:
		return fmt.Sprint(v)
	}
	if isNumber(v) {
		return clip(string(appendNumber(nil, v)))
	}
	return "a function"
}

// clip shortens a text for a message.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
