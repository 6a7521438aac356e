// Package archive reads and writes the registry's export format: one JSON value
// per line, first a header, then texts, versions, upcasters, configuration and modes in an
// order in which they can be imported again, last a line with counts and a
// SHA-256 over everything before it.
//
// The export and import routes of package api and the commands of the registry
// use it. What must never happen here: a name of the archive used as a path, a
// line believed before the whole file was checked, memory that grows with the
// texts.
package archive
