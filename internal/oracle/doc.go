// Package oracle knows the answers to containment questions without asking the
// engines, and holds the engines to them.
//
// Sources of answers: the official JSON Schema test suite, each test of which
// labels two questions; a table of minimal pairs; laws that hold whatever the
// schemas are; a universe of small values over which schemas are evaluated by
// sets; an Avro reader of its own; message decoding without names; and
// published histories with the payloads that their projects ship.
//
// Called by tests and by the command bench. It must never take an engine's word:
// each answer is checked by something that does not share its code, and
// whatever cannot be checked is counted as such.
package oracle
