package compat

import "github.com/instar-registry/instar/schema"

// exact is the seam of the engine that decides by proof and witness. Until a
// format has one, it decides what is decided without: a text contains itself,
// once references are in place, and events of two formats never mix.
func exact(writer, reader schema.Parsed) (Verdict, Reason) {
	if writer.Format() != reader.Format() {
		return Incompatible, ""
	}
	if writer.Inlined() == reader.Inlined() {
		return Compatible, ""
	}
	return Unknown, NotDecided
}
