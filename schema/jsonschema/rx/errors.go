package rx

import (
	"errors"
	"fmt"
)

// The errors of a [Solver] that gave up. They say nothing about the answer.
var (
	// ErrStates: an automaton, or the product of several, has too many states.
	ErrStates = errors.New("the automata of the patterns have too many states")
	// ErrSteps: the question took more steps than [Limits] allows.
	ErrSteps = errors.New("the question about the patterns takes too many steps")
	// ErrLong: words exist, but each is longer than [MaxWord].
	ErrLong = fmt.Errorf("every matching word is longer than %d characters", MaxWord)
)

// MaxWord is the length in code points up to which words are written out.
const MaxWord = 1 << 16

// SyntaxError says that a pattern is no regular expression of ECMAScript.
type SyntaxError struct {
	Pattern string
	// Offset is the byte of the pattern at which the mistake is seen.
	Offset int
	// What is one sentence.
	What string
}

// Error names what is wrong, and the byte of the pattern.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("the pattern %q is wrong at byte %d: %s", clip(e.Pattern), e.Offset, e.What)
}

// Opaque says that a pattern may be a regular expression of ECMAScript, but that
// its language is not decided here: it has a back-reference, a property that we
// have no table of, or a size beyond our bounds. A caller may only assume that
// the same pattern has the same language each time.
type Opaque struct {
	Pattern string
	// Offset is the byte of the pattern at which the construct begins.
	Offset int
	// What is one sentence.
	What string
}

// Error names the construct, and the byte of the pattern.
func (e *Opaque) Error() string {
	return fmt.Sprintf("the pattern %q is not interpreted: %s, at byte %d", clip(e.Pattern), e.What, e.Offset)
}

// clip shortens a pattern for an error.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
