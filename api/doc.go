// Package api is the REST surface: it reads requests within strict limits, asks
// package auth who may do what, calls the registry's service and writes bodies,
// headers and error codes the way Confluent's server does.
//
// cmd/registry mounts it; tests and examples call [New] directly. A request
// meets, in order: one middleware fused into [API.ServeHTTP] (request id, panic
// guard, admission, negotiation, principal), the fast lane for the four reads
// that clients hammer, then Echo's router and the handler of the route. A route
// is a value that names its action, rate class and query parameters, so none can
// be added without.
//
// What must never happen here: a decision about subjects or compatibility
// (package registry decides), a body that was not bounded before it was parsed,
// an answer that names a subject which the caller may not see, a path or a stack
// of this server in an answer.
package api
