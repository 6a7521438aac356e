package compat

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// Options steer a check.
type Options struct {
	// ValidateFields is the configuration value that the message list shows.
	ValidateFields bool
	// BothDirections answers both directions whatever the level, for tools
	// that show a deploy order; only the level's own directions refuse.
	BothDirections bool
	// Thorough answers both directions too, and asks the exact engine under
	// every policy, so that what a syntactic policy says stands beside what
	// events say. It changes no verdict.
	Thorough bool
	// Unknown says what a pair that the exact engine does not decide comes to.
	Unknown OnUnknown
	Meaning
	// Budget bounds the exact engine, per pair.
	Budget schema.Budget
}

// Meaning is what a subject says about its events that their schemas do not
// say.
type Meaning struct {
	// AssertFormats makes the "format" of JSON Schema a constraint; otherwise
	// it is an annotation.
	AssertFormats bool
	// JSON says that Protobuf events are written as JSON too, so that what
	// breaks there alone breaks data.
	JSON bool
	// EventMessages are the full names of the Protobuf messages that a frame
	// may name; nil stands for every message that no field uses and the first
	// one of the file.
	EventMessages []string
}

// question is what the exact engine is asked besides the two schemas.
type question struct {
	Meaning
	// declared: the writer emits properties only that its schema names.
	declared bool
	budget   schema.Budget
}

// OnUnknown says what becomes of a candidate when the exact engine does not
// decide a pair. The zero value is Fallback, the default.
type OnUnknown uint8

// What an undecided pair comes to.
const (
	// Fallback lets Confluent's rule decide; the answer is labelled unproven.
	Fallback OnUnknown = iota
	// Reject refuses what is not proved.
	Reject
	// Allow accepts what is not refuted; the answer is labelled unproven.
	Allow
)

var unknownNames = [...]string{"fallback", "reject", "allow"}

// String returns the name that configuration uses.
func (u OnUnknown) String() string {
	if int(u) < len(unknownNames) {
		return unknownNames[u]
	}
	return fmt.Sprintf("OnUnknown(%d)", uint8(u))
}

// ParseOnUnknown reads the value in any case.
func ParseOnUnknown(s string) (OnUnknown, error) {
	for i, name := range unknownNames {
		if strings.EqualFold(s, name) {
			return OnUnknown(i), nil
		}
	}
	return 0, fmt.Errorf("unknown value %q of compatibilityUnknown: fallback, reject and allow are known", s)
}
