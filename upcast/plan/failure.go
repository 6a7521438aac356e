package plan

import "fmt"

// The codes of failures: obligations of the proof that an event shows not to
// hold, and limits.
const (
	FailValue = "O4"    // a computation has no result for this value
	FailDead  = "dead"  // the document sends the event to the dead letter
	FailDrop  = "drop"  // the document drops the event; not an error
	FailLimit = "limit" // a limit of the execution is broken
	FailInput = "input" // the bytes are no event of the source version
)

// Failure says why an event has no image.
type Failure struct {
	Code string
	// Hop and Step count from 0 and 1; they are zero where no step is at fault.
	Hop, Step int
	// Path is the place in the event, as the step names it.
	Path   string
	Reason string
}

// ofValue reports whether a computation has no result, which a way out takes. What a
// step refuses by the same obligation ends the event wherever it stands.
func (f *Failure) ofValue() bool { return f.Code == FailValue && f.Step == 0 }

// Error tells code, place and reason.
func (f *Failure) Error() string {
	s := f.Code
	if f.Step > 0 {
		s += fmt.Sprintf(" in step %d of hop %d", f.Step, f.Hop+1)
	}
	if f.Path != "" {
		s += " at " + f.Path
	}
	if f.Reason != "" {
		s += ": " + f.Reason
	}
	return s
}
