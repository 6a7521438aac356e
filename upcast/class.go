package upcast

import (
	"fmt"

	"github.com/instar-registry/instar/upcast/plan"
)

// holdClass computes the class of one step alone, between the types before and
// after it, and refuses another one than the author expects.
func (b *builder) holdClass(before, after plan.Node, s *Step) {
	if s.Class == "" || b.fused || b.err != nil {
		return
	}
	from, ok := b.types.Of(before)
	to, ok2 := b.types.Of(after)
	if !ok || !ok2 || len(b.open) > 0 {
		return // what is not proved has no class
	}
	if got, why := b.stepClass(from, to, s); string(got) != s.Class {
		hint := "write class: " + string(got) + ", or change the step"
		if why != "" {
			hint = why
		}
		b.wrong(fmt.Sprintf("the step %s is %s, and the document expects %s", s.Operation.Name(), got, s.Class), hint)
	}
}

func (b *builder) stepClass(from, to *plan.Type, s *Step) (Class, string) {
	if _, parks := parkPath(s.Operation); parks {
		return Iso, "" // what it loses comes back as it was
	}
	back, why := b.inverse(func() *plan.Type { return from }, s.Operation)
	if why != "" {
		return OneWay, why
	}
	steps := make([]Step, len(back))
	for i, op := range back {
		steps[i] = Step{Operation: op, Pointer: s.Pointer, Position: s.Position}
	}
	// The way down has expressions of its own, which are checked here.
	down := newBuilder()
	down.around, down.midway = b.around, true
	event := down.bind(to)
	down.scope = scope{source: whole(event), event: whole(event)}
	down.assign(down.run(whole(event), steps), from, "$")
	switch {
	case down.err != nil:
		return OneWay, down.err.Error()
	case len(down.open) > 0:
		return OneWay, down.open[0].Message
	}
	up1 := leg{steps: []Step{*s}, target: to, derived: b.derived, checked: b.checked, around: b.around, midway: true}
	down1 := leg{steps: steps, target: from, derived: b.derived, checked: down.checked, around: b.around, midway: true}
	updown := identity(from, up1, down1, true)
	if _, key := s.Operation.(*Rekey); key && b.effects.key != nil {
		updown = updown && tellsKeysApart(b.effects.key)
	}
	return classOf(updown, identity(to, down1, up1, false)), ""
}
