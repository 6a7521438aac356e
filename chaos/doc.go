// Package chaos holds the tests that hurt real registry processes: writes that
// race over several connections and nodes, and processes killed in the middle
// of a write. What was acknowledged must be there afterwards, exactly once, and
// no two versions that exclude each other may both be accepted.
//
// The tests run in a short form with every "go test". "make chaos" runs them in
// full:
//
//	go test ./chaos -chaos.races=10000 -chaos.kills=500 -timeout=60m
package chaos
