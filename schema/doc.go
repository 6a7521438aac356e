// Package schema is the vocabulary that every other room of Instar shares:
// the three formats, references, limits, source positions, parsed schemas and
// the errors that speak about them.
//
// Everybody imports it, it imports nothing of ours. It is pure: no network, no
// files, no clock, no randomness, no goroutines, no logging. What must never
// happen here: a decision about compatibility (package compat) or about what
// the registry stores (package registry).
package schema
