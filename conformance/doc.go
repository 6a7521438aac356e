// Package conformance holds the tests that run clients of other projects,
// unchanged, against real registry processes: on SQLite, on PostgreSQL, and on
// two nodes over one PostgreSQL behind a proxy that never sends two requests in
// a row to one node.
//
// Beside them stands Apache Avro for Java, which is asked about schemas, pairs of
// schemas and events: what differs from our answers must be in the table of
// known differences (avrojava_table_test.go), each with its reason.
//
// It is a module of its own, so that what those clients depend on stays out of
// the registry's dependency graph. Run it by "make conformance" in the parent
// folder, or by "go test ./..." here. The tests install the Python, Node
// and Java libraries themselves, into a cache folder (INSTAR_CONFORMANCE_CACHE, by default
// below the user's cache folder); a client that cannot be installed is a
// failure, never a skip.
package conformance
