//go:build race

package api

// raceSlack widens bounds of time where every memory access is checked.
const raceSlack = 20
