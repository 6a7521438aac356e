// Package wire holds the JSON bodies and error codes of the REST surface. The
// server (package api) and the Go client (package client) share it, so that a
// name can not be spelled in two ways.
//
// It knows the standard library alone and decides nothing. What must never
// happen here: a change of the order or the names of properties, or an escape
// that Confluent's server does not write, because clients compare texts.
package wire
