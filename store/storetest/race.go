//go:build race

package storetest

// underRace says that the race detector watches, which makes all work several
// times slower.
const underRace = true
