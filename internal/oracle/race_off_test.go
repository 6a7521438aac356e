//go:build !race

package oracle

// underRace says that everything takes ten times as long.
const underRace = false
