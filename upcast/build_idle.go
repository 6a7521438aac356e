package upcast

import "slices"

// idle says of a step whether it was of use where it was applied so far, and what
// to do if it was not.
type idle struct {
	step       *Step
	used       bool
	what, hint string
}

// acts notes whether the step at work is of use for one of the values that its
// place may hold. One place may hold several: a constant of the document where an
// earlier step put one, and the value of the event elsewhere. Only a step that is
// of use for none of them is a mistake.
func (b *builder) acts(used bool, what, hint string) {
	if b.steps == nil {
		return
	}
	i := slices.IndexFunc(b.idle, func(x idle) bool { return x.step == b.steps })
	if i < 0 {
		i = len(b.idle)
		b.idle = append(b.idle, idle{step: b.steps, what: what, hint: hint})
	}
	b.idle[i].used = b.idle[i].used || used || b.known
}

// refuseIdle refuses the first step that was of no use. In a fused tree what is
// known of an earlier hop may make a step idle that was of use in its own.
func (b *builder) refuseIdle() {
	i := slices.IndexFunc(b.idle, func(x idle) bool { return !x.used })
	if i >= 0 && !b.fused {
		b.steps = b.idle[i].step
		b.wrong(b.idle[i].what, b.idle[i].hint)
		b.steps = nil
	}
	b.idle = b.idle[:0]
}
