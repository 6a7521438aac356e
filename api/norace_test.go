//go:build !race

package api

// raceSlack leaves bounds of time as they are promised.
const raceSlack = 1
