// Package plan is what an upcaster chain becomes: one tree of nodes that builds
// an event of the target version from an event of the source version.
//
// A [Node] says where each part of the result comes from: copied from the
// source, constant, chosen by the branch of a union, made from each element of
// a list. Package upcast builds the tree by running the steps of a chain on
// symbols; the executors here run it on values and on bytes. Proof, fusion and
// execution therefore speak of the same tree.
//
// Called by upcast, registry and serde. What must never happen here: CEL, a
// clock, randomness, a file or a socket, or a recursion without a bound.
package plan
