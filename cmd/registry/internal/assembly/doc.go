// Package assembly turns the configuration into the parts of the server: the
// log, the service, the gate and the limits. The server puts an HTTP surface on
// top of them; the commands that work on the storage directly use them without
// one. It holds no logic of its own: a decision that ends up here is in the
// wrong place.
package assembly
