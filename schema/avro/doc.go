// Package avro reads, prints, fingerprints, walks, generates and checks Avro
// schemas and events.
//
// The parser is our own, because a registry needs positions in errors, limits
// that hold before any library sees a byte, and the exact print of the Java
// library: the stored text feeds hashes that clients compare. The registry, the
// compatibility engine, the upcaster and the client library call it.
//
// Layers, each usable alone:
//
//	text ─ Parse ─► *Schema (Root *Node, immutable)
//	                   ├─ Canonical, Normalised, Equivalence, Inlined, Render
//	                   ├─ Fingerprints (Parsing Canonical Form)
//	                   ├─ Walk (bounded check of binary events)
//	                   ├─ Sample (deterministic generator)
//	                   ├─ Check (JSON and binary events, decoding to JSON)
//	                   ├─ Read (binary events under another schema)
//	                   └─ Contain (does one schema read every event of another?
//	                      if not, the least event that shows it)
//
// What must never happen here: network or file access, a call into a
// third-party decoder with bytes that Walk has not accepted, a recursion
// without a depth bound, or a print that changes between releases.
package avro
