package compat

import (
	"github.com/instar-registry/instar/schema"
)

// Verdict is the answer about a pair or about a whole check.
type Verdict = schema.Verdict

// The verdicts. The zero value is Unknown, so that nothing is compatible by
// omission.
const (
	Unknown      = schema.Unknown
	Compatible   = schema.Compatible
	Incompatible = schema.Incompatible
)

// Reason says why a verdict is Unknown.
type Reason = schema.Reason

// The reasons that arise here; the exact engines add their own.
const (
	// BaseInvalid: the old version does not parse any more.
	BaseInvalid Reason = "base-invalid"
	// NotDecided: no engine for the format has decided the pair.
	NotDecided Reason = "not-decided"
)

// Direction says which side of a pair writes.
type Direction uint8

// The directions: in OldToNew the old version wrote and the candidate reads,
// which is what BACKWARD asks for; NewToOld is its mirror, asked for by FORWARD.
const (
	OldToNew Direction = iota
	NewToOld
)

// String returns "backward" or "forward", after the level that asks.
func (d Direction) String() string {
	if d == OldToNew {
		return "backward"
	}
	return "forward"
}

// Pair is the answer about one old version in one direction.
type Pair struct {
	// Version is the number of the old version; 0 if it has none, as a file.
	Version   int
	Direction Direction
	// Verdict is the answer under the policy of the check.
	Verdict Verdict
	// Reason says why Verdict is Unknown.
	Reason Reason
	// RuleVerdict is the answer of Confluent's rule: LENIENT under that policy,
	// STRICT under every other.
	RuleVerdict Verdict
	// Unproven says that the pair was settled by RuleVerdict because the exact
	// engine did not decide it.
	Unproven bool
	// Findings are all differences, refused or not, in the order of whoever
	// decided the pair. Where the exact engine accepts what Confluent's rule
	// refuses, that rule's differences follow for information.
	Findings []Finding
	// Undecided are the questions that the exact engine left open; one of them
	// is an internal error if its Bug is set. Notes are its remarks.
	Undecided []schema.Undecided
	Notes     []string
	// Err is the mistake that keeps the old version from being parsed.
	Err error

	format schema.Format // of the candidate
	index  int           // of the version in the history
	old    string        // canonical text for the message list
}

// Format is the schema language of the candidate.
func (p *Pair) Format() schema.Format { return p.format }

// refused reports whether the pair speaks against the candidate.
func (p *Pair) refused() bool {
	if p.Verdict == Unknown {
		return p.RuleVerdict != Compatible
	}
	return p.Verdict == Incompatible
}
