package oracle

import (
	"slices"
)

// place is a shape inside a model, with what it may be replaced by.
type place struct {
	s     *shape
	depth int
	at    position
}

// places lists the shapes of a model. Definitions come with their own position,
// parts of a value with the position below.
func (m *model) places() []place {
	var out []place
	var walk func(s *shape, depth int, at position)
	walk = func(s *shape, depth int, at position) {
		if s == nil {
			return
		}
		out = append(out, place{s, depth, at})
		for _, p := range s.parts() {
			next := at
			switch p.where {
			case partBelow:
				next = below
			case partName:
				next = inDefinition
			}
			walk(p.s, max(depth-1, 0), next)
		}
	}
	walk(m.root, 3, inRoot)
	for _, d := range m.defs {
		walk(d.sub, 2, inDefinition)
	}
	return out
}

// part is a subschema and what of the value it is applied to.
type part struct {
	s     *shape
	where uint8
}

const (
	partSame  = iota // the same value
	partBelow        // a member or an item
	partName         // a member's name, or a place without references
)

func (s *shape) parts() []part {
	var out []part
	add := func(where uint8, list ...*shape) {
		for _, x := range list {
			if x != nil {
				out = append(out, part{x, where})
			}
		}
	}
	for _, p := range append(slices.Clone(s.props), s.patternProps...) {
		add(partBelow, p.sub)
	}
	add(partBelow, s.additional, s.unevaluatedProps, s.items, s.additionalItems, s.contains, s.unevaluatedItems)
	add(partBelow, s.prefix...)
	add(partName, s.names)
	for _, n := range s.needs {
		add(partName, n.sub)
	}
	for _, list := range [][]*shape{s.allOf, s.anyOf, s.oneOf} {
		add(partSame, list...)
	}
	add(partSame, s.not, s.when, s.then, s.elze)
	return out
}

func (m *model) clone() *model {
	c := &model{draft: m.draft, root: m.root.clone()}
	for _, d := range m.defs {
		c.defs = append(c.defs, member{d.key, d.sub.clone()})
	}
	return c
}

func (s *shape) clone() *shape {
	if s == nil {
		return nil
	}
	c := *s
	list := func(l []*shape) []*shape {
		var out []*shape
		for _, x := range l {
			out = append(out, x.clone())
		}
		return out
	}
	members := func(l []member) []member {
		var out []member
		for _, x := range l {
			out = append(out, member{x.key, x.sub.clone()})
		}
		return out
	}
	c.types, c.enum, c.required = slices.Clone(s.types), slices.Clone(s.enum), slices.Clone(s.required)
	c.props, c.patternProps = members(s.props), members(s.patternProps)
	c.needs = slices.Clone(s.needs)
	for i := range c.needs {
		c.needs[i].sub = c.needs[i].sub.clone()
	}
	c.prefix, c.allOf, c.anyOf, c.oneOf = list(s.prefix), list(s.allOf), list(s.anyOf), list(s.oneOf)
	for _, p := range []**shape{
		&c.additional, &c.names, &c.unevaluatedProps, &c.items, &c.additionalItems, &c.contains, &c.unevaluatedItems, &c.not, &c.when, &c.then, &c.elze,
	} {
		*p = (*p).clone()
	}
	return &c
}

// edit changes one place of the model at hand, as people change schemas: a bound
// moves, a keyword comes or goes, a branch is added, a part is replaced.
func (a *artist) edit() {
	list := a.m.places()
	p := list[a.IntN(len(list))]
	s := p.s
	if s.truth != nil || s.ref != "" || a.chance(10) {
		*s = *a.draw(p.depth, p.at)
		return
	}
	switch a.IntN(6) {
	case 0:
		a.remove(s)
	case 1, 2:
		a.tweak(s, p)
	case 3:
		a.wrap(s)
	default:
		kind := pick(a, "number", "string", "object", "array")
		if len(s.types) > 0 && slices.Contains([]string{"number", "string", "object", "array"}, s.types[0]) {
			kind = s.types[0]
		}
		a.constrain(s, kind, p.depth, p.at)
	}
}

// remove drops one keyword.
func (a *artist) remove(s *shape) {
	fresh := newShape()
	for range 10 {
		before := print(a.m.draft, s)
		switch a.IntN(12) {
		case 0:
			s.types = nil
		case 1:
			s.enum = nil
		case 2:
			s.min, s.multiple = fresh.min, fresh.multiple
		case 3:
			s.max = fresh.max
		case 4:
			s.minLen, s.minItems, s.minProps = -1, -1, -1
		case 5:
			s.maxLen, s.maxItems, s.maxProps = -1, -1, -1
		case 6:
			s.pattern, s.unique, s.contains = "", false, nil
		case 7:
			s.required, s.needs = nil, nil
		case 8:
			s.props = s.props[:max(len(s.props)-1, 0)]
		case 9:
			s.additional, s.additionalItems, s.names = nil, nil, nil
		case 10:
			s.items, s.unevaluatedProps, s.unevaluatedItems = nil, nil, nil
		default:
			s.not, s.patternProps, s.when = nil, nil, nil
		}
		if print(a.m.draft, s) != before {
			return
		}
	}
}

// tweak changes the value of a keyword, or adds to it.
func (a *artist) tweak(s *shape, p place) {
	step := pick(a, -1, 1)
	for _, n := range []*int{&s.minLen, &s.maxLen, &s.minItems, &s.maxItems, &s.minProps, &s.maxProps, &s.minContains, &s.maxContains} {
		if *n >= 0 {
			*n = max(*n+step, 0)
			return
		}
	}
	switch {
	case s.min != nil:
		s.min = &bound{s.min.at + int64(step)*50, s.min.exclusive != a.chance(30)}
	case s.max != nil:
		s.max = &bound{s.max.at + int64(step)*50, s.max.exclusive != a.chance(30)}
	case len(s.enum) > 0:
		s.enum = a.values()
	case len(s.anyOf) > 0:
		s.anyOf = append(s.anyOf, a.draw(max(p.depth-1, 0), p.at))
	case len(s.oneOf) > 1:
		s.oneOf = s.oneOf[1:]
	case len(s.types) > 0:
		s.types = append(s.types[:1:1], pick(a, "null", "boolean"))
	default:
		s.types = []string{pick(a, "integer", "number", "string", "object", "array")}
	}
}

// wrap says the same in other words, or nearly so.
func (a *artist) wrap(s *shape) {
	inner, outer := *s, newShape()
	sub := &inner
	switch a.IntN(5) {
	case 0:
		outer.allOf = []*shape{sub, a.draw(0, inDefinition)}
	case 1:
		outer.anyOf = []*shape{sub, a.draw(0, inDefinition)}
	case 2:
		outer.oneOf = []*shape{sub, a.draw(0, inDefinition)}
	case 3:
		twice := newShape()
		twice.not = sub
		outer.not = twice
	default:
		outer.allOf = []*shape{sub}
	}
	*s = *outer
}
