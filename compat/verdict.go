package compat

import "github.com/instar-registry/instar/schema"

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
