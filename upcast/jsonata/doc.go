// Package jsonata evaluates JSONata 2 expressions within bounds.
//
// Confluent's migration rules are JSONata expressions over one event. Whoever
// may register a schema may write one, so an expression is untrusted text and
// its input an untrusted event: the parser bounds size, nodes and nesting, and
// an evaluation bounds its steps, its depth and its result. Work that grows with
// a value (copying a list, joining texts, matching a pattern) is paid for in
// steps too, so that a bound on steps is a bound on time and memory.
//
// A value is exact: integers of any size stay integers, a decimal number that
// nobody computes with keeps its text, null is not absence, and the members of
// an object keep their order. Where that differs from other implementations of
// the language, testdata/differences.md says so and why.
//
// The package is pure. Clock and randomness are given to an evaluation or are
// missing; there is no way from an expression to a file, a socket or to the text
// of another expression. Its callers are the rules of package upcast.
package jsonata
