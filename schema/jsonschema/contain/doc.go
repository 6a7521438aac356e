// Package contain answers whether every instance of one JSON Schema is an
// instance of another, with an instance that shows it where the answer is no.
//
// Both schemas are translated into one graph of and-gates, negations and atoms
// ([space]), where equal meanings mostly become equal nodes. The question
// "writer and not reader" is then a search for a value: goals are split by the
// kind of value, disjunctions by case, and what remains, a cube of atoms of one
// kind, is decided by a solver for numbers, strings, objects or arrays. Nested
// values are goals again; goals that meet themselves are settled as a least
// fixed point. A value that is found is shrunk, and shown only after the
// validator of record and, for the drafts that it knows, the second validator
// confirmed that the writer schema accepts it and the reader schema does not.
//
// Called by compat and upcast. What must never happen here: an answer that is
// not proved or confirmed, a step that is not counted, or a recursion without a
// bound; what is not decided is reported as undecided, with the reason.
package contain
