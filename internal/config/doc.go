// Package config is the server's configuration: its keys, their defaults and
// bounds, and where each value in force came from.
//
// The struct [Config] is the only place that names a key. Its tags carry the
// default, the bounds and the help, and everything else is derived by
// reflection: the flags, the environment names, the JSON Schema of the file and
// docs/configuration.md. Only cmd/registry and the architecture tests import
// this package; packages below receive plain settings of their own.
//
// Values come from four layers: default, file, environment, flag, later ones
// winning. A mistake never hides another one: [Load] collects all of them, each
// with its place and, where it can be guessed, what was meant.
//
// What must never happen here: a secret in an error text, in the output of
// [Loaded.Print], or in a log line. That is what the type [Secret] is for.
package config
