// Package telemetry measures and logs the server: it owns the Prometheus
// registry, the series under Confluent's names, and the handler behind
// log/slog.
//
// Only cmd/registry creates it; packages below see the small interfaces that
// they define themselves (registry.Observer, the hook of package api) and know
// nothing of Prometheus. Every label is bounded: routes come from the route
// table, methods from a fixed list, and nothing that a client chooses freely
// becomes a label value. What must never happen here: a principal, an address,
// a schema text or a secret in a series or a line.
package telemetry
