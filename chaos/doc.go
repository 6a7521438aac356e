// Package chaos holds the tests that hurt real registry processes: writes that
// race over several connections and nodes, and processes killed in the middle
// of a write. What was acknowledged must be there afterwards, exactly once, and
// no two versions that exclude each other may both be accepted.
//
// "make chaos" runs the tests in a short form, "make chaos-full" at the size of
// a release.
package chaos
