// Package conformance holds the tests that run clients of other projects,
// unchanged, against real registry processes: on SQLite, on PostgreSQL, and on
// two nodes over one PostgreSQL behind a proxy that never sends two requests in
// a row to one node.
//
// It is a module of its own, so that what those clients depend on stays out of
// the registry's dependency graph. Run it by "make conformance" in the parent
// folder, or by "go test ./..." here. The tests install the Python and Node
// clients themselves, into a cache folder (INSTAR_CONFORMANCE_CACHE, by default
// below the user's cache folder); a client that cannot be installed is a
// failure, never a skip.
package conformance
