// Package arch holds the tests of the house rules: who may import whom, which
// packages are pure, which one speaks to each library, that generated and
// hand-written documents agree with the code, and that committed text is clean.
// It has no code of its own; a rule that no test of this package checks is only
// a wish.
package arch
