// Package client is a typed client of the REST surface of a schema registry:
// of Instar with all its routes, and of any registry that speaks Confluent's.
//
// It fails over between base URLs, retries what may be retried, remembers what
// can never change (the content behind an id or GUID), and turns every refusal
// into an [*Error]. After a write it asks each node for an answer at least as
// new, so a caller reads its own writes wherever the next request lands.
//
// Services, package serde and package lint import it. It depends on the
// standard library and package wire alone. What must never happen here: a
// credential in an error or a log, a retry of a write that may have happened
// and would happen twice, a cached answer that could have changed.
package client
