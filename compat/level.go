package compat

import (
	"fmt"
	"strings"
)

// Level says against which versions, and in which direction, a candidate must
// hold. The zero value is Backward, the default.
type Level uint8

// The levels, named as in configuration.
const (
	Backward Level = iota
	None
	BackwardTransitive
	Forward
	ForwardTransitive
	Full
	FullTransitive
)

var levelNames = [...]string{
	"BACKWARD", "NONE", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE",
}

// String returns the name that configuration uses.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// Transitive reports whether all versions count and not only the newest.
func (l Level) Transitive() bool {
	return l == BackwardTransitive || l == ForwardTransitive || l == FullTransitive
}

// backward reports whether the candidate must read old events.
func (l Level) backward() bool {
	return l == Backward || l == BackwardTransitive || l == Full || l == FullTransitive
}

// forward reports whether old versions must read the candidate's events.
func (l Level) forward() bool {
	return l == Forward || l == ForwardTransitive || l == Full || l == FullTransitive
}

// ParseLevel reads a level in any case.
func ParseLevel(s string) (Level, error) {
	for i, name := range levelNames {
		if strings.EqualFold(s, name) {
			return Level(i), nil
		}
	}
	return 0, fmt.Errorf("unknown compatibility level %q: NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD, FORWARD_TRANSITIVE, FULL and FULL_TRANSITIVE are known", s)
}

// Policy says what counts as a break. The zero value is Exact, the default.
type Policy uint8

// The policies.
const (
	// Exact refuses when an event breaks.
	Exact Policy = iota
	// Strict refuses when Confluent's default rule does.
	Strict
	// Lenient refuses when Confluent's LENIENT does.
	Lenient
	// Declared is Exact for writers that emit declared properties only.
	Declared
)

var policyNames = [...]string{"EXACT", "STRICT", "LENIENT", "DECLARED"}

// String returns the name that configuration uses.
func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return fmt.Sprintf("Policy(%d)", uint8(p))
}

// syntactic reports whether Confluent's rules decide.
func (p Policy) syntactic() bool { return p == Strict || p == Lenient }

// ParsePolicy reads a policy in any case.
func ParsePolicy(s string) (Policy, error) {
	for i, name := range policyNames {
		if strings.EqualFold(s, name) {
			return Policy(i), nil
		}
	}
	return 0, fmt.Errorf("unknown compatibility policy %q: STRICT, LENIENT, EXACT and DECLARED are known", s)
}
