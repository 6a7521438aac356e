// Package store has no code of its own. Its folders are the stores that keep
// the log of changes: memory, sqlite and postgres implement [registry.Log],
// storetest holds the suite that each of them must pass, and internal/sqllog
// what the SQL ones share. The tests here are about the tables, which both
// engines must understand and guard in the same way.
//
// [registry.Log]: https://pkg.go.dev/github.com/instar-registry/instar/registry#Log
package store
