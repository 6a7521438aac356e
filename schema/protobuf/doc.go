// Package protobuf reads Protobuf schemas: from source text to linked
// descriptors, to the canonical and normalised texts that the registry stores,
// and from encoded events to a judgement about them.
//
// It is the only importer of protocompile, which it uses without its compiler
// front end: parser, linker and option interpreter are called one after the
// other, in the caller's goroutine, over an import graph that holds the text
// itself, the declared references and the bundled well-known files and nothing
// else. No file and no socket is ever opened.
//
// A text passes through three representations:
//
//	text ──prescan──▶ syntax tree ──▶ elements ──▶ canonical, normalised text
//	                      │
//	                      └──link──▶ descriptors ──▶ walker, check, sample, outline
//
// What must never happen here: bytes from outside reaching a library before
// our own limits were applied to them, and a decision about compatibility.
package protobuf
