// Package jsonschema reads JSON Schema texts (drafts 4, 6, 7, 2019-09 and
// 2020-12) into an immutable model with positions, prints them canonically and
// judges JSON events against them.
//
// The flow: [Parse] reads the text with internal/jsonx (strict, bounded),
// builds one [Node] per schema place, resolves every reference against the
// document, the declared documents and the bundled meta-schemas, and refuses
// what could hurt later: loops that consume no input, schemas whose validation
// would explode, patterns that are no regular expressions. [Schema.Check]
// bounds the work on an event first and then asks the validator of record in
// the subpackage judge, which is the only importer of third-party validators.
//
// Called by compat, registry, lint and serde. What must never happen here: a
// socket or a file opened because a schema names it, unbounded recursion, or an
// event that passes because a keyword could not be evaluated.
package jsonschema
