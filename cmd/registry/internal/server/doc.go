// Package server runs the registry as a process: listeners, readiness, TLS,
// reload, draining and the end. It is called by the command "serve" alone.
//
// The order of a start is: listen, open the store, replay, serve. The listener
// comes first so that a load balancer sees a node that says "not yet" instead of
// one that is not there. The order of an end is: say so on /readyz, wait for
// load balancers to notice, stop accepting, finish requests, save a snapshot,
// close the store.
//
//	starting ──► ready ──► draining ──► closing ──► gone
//	    └──────────┴──── second signal, failure ────► gone
//
// Every goroutine started here ends before [Run] returns.
package server
