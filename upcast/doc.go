// Package upcast reads upcaster documents: short declarative texts that turn an
// event of one version of a type into an event of the next.
//
// The flow: [Parse] reads YAML or JSON strictly and gives a [Document] whose
// steps, paths and sources carry their places; its [Document.Hash] is what a
// registry stores and names.
//
// Called by registry, lint and the command line. What must never happen here: a
// clock, randomness, a file or a socket, or a document that means something else
// than its author could read in it.
package upcast
