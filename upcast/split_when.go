package upcast

import (
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// given gives the tree of an output as it is where the output's condition holds:
// what the condition asks to be there is there. The second result says that there is
// such a place; a step that asks once more is not idle.
func (b *builder) given(tree, when plan.Node) (plan.Node, bool) {
	var there []*plan.Copy
	b.asked(when, &there)
	if len(there) == 0 {
		return tree, false
	}
	return b.withThere(tree, there), true
}

// asked lists the places that are there, and not null, wherever a condition holds.
func (b *builder) asked(when plan.Node, there *[]*plan.Copy) {
	switch when := when.(type) {
	case *plan.Logic:
		if !when.Or {
			b.asked(when.L, there)
			b.asked(when.R, there)
		}
	case *plan.Opt:
		c, ok := when.On.(*plan.Copy)
		if !ok || !isFalse(when.Missing) {
			return
		}
		if t := b.typeOf(c); t.Kind != plan.Union || !admitsNull(t) || falseOnNull(when.Body, whole(when.Bind)) {
			*there = append(*there, c)
		}
		b.asked(when.Body, there)
	case *plan.Switch:
		if c, ok := when.On.(*plan.Copy); ok && falseOnNull(when, c) {
			*there = append(*there, c)
		}
	}
}

func admitsNull(t *plan.Type) bool { return t.Branch("null") >= 0 }

func isFalse(n plan.Node) bool {
	l, ok := n.(*plan.Lit)
	return ok && l.Value == false
}

// falseOnNull reports whether a condition is a choice over a value that is false
// where the value is null.
func falseOnNull(n plan.Node, over *plan.Copy) bool {
	s, ok := n.(*plan.Switch)
	if !ok || !sameCopy(s.On, over) {
		return false
	}
	return slices.ContainsFunc(s.Cases, func(c plan.Case) bool { return c.Branch == "null" && isFalse(c.Body) })
}

func sameCopy(n plan.Node, c *plan.Copy) bool {
	x, ok := n.(*plan.Copy)
	return ok && x.From == c.From && slices.Equal(x.Fields, c.Fields)
}

// withThere replaces places that are known to be there by their values.
func (b *builder) withThere(n plan.Node, there []*plan.Copy) plan.Node {
	if c, ok := n.(*plan.Copy); ok {
		if slices.ContainsFunc(there, func(x *plan.Copy) bool { return sameCopy(c, x) }) {
			_, single := b.mayBeNull(c)
			never := &plan.Stop{Code: "O4", Hop: b.hop, Step: b.step, Path: "$", Reason: "the condition of the output does not hold"}
			n = b.required(c, never, single)
		} else if !slices.ContainsFunc(there, func(x *plan.Copy) bool { return holds(c, x) }) || b.typeOf(c).Kind != plan.Record || b.types.MayBeAbsent(c) {
			return n
		}
	}
	return b.spread(n, func(x plan.Node) plan.Node {
		if t := b.typeOf(x); t.Kind != plan.Record || b.types.MayBeAbsent(x) {
			return x
		}
		c, ok := x.(*plan.Copy)
		if ok && !slices.ContainsFunc(there, func(y *plan.Copy) bool { return holds(c, y) }) {
			return x
		}
		m := b.record(x)
		if m == nil {
			return x
		}
		for i := range m.Fields {
			m.Fields[i].Node = b.withThere(m.Fields[i].Node, there)
		}
		return m
	})
}

// holds reports whether a place lies in the record that a copy gives.
func holds(c, x *plan.Copy) bool {
	return c.From == x.From && len(c.Fields) < len(x.Fields) && slices.Equal(c.Fields, x.Fields[:len(c.Fields)])
}
