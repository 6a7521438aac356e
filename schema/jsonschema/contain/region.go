package contain

import "github.com/instar-registry/instar/schema"

// maxRegions bounds the classes of names of one object.
const maxRegions = 256

// regionsOf splits the names of a class that nothing mentions by the classes
// they are in, as far as a property of such a name can have the value. Regions
// with fewer restrictions come first.
func (c *objectCube) regionsOf(class, value lit) []region {
	rest := c.unmentioned(c.restrict(class, kString))
	key := [2]lit{rest, value}
	if known, ok := c.regions[key]; ok {
		return known
	}
	var list []region
	if rest != bottom {
		var goals []lit
		var classes []lit
		var values []lit
		for _, n := range c.every {
			switch r := c.unmentioned(c.restrict(n.kids[0], kString)); r {
			case bottom:
			case top, rest:
				goals = append(goals, c.not(n.kids[1]))
			default:
				classes, values = append(classes, r), append(values, c.not(n.kids[1]))
			}
		}
		s := &regionSplit{objectCube: c, value: value, classes: classes, values: values}
		s.split(0, rest, goals)
		list = s.list
	}
	c.regions[key] = list
	return list
}

type regionSplit struct {
	*objectCube
	value           lit
	classes, values []lit
	list            []region
}

func (s *regionSplit) split(i int, names lit, goals []lit) {
	s.step()
	if len(s.list) >= maxRegions {
		s.reason = schema.ReasonCubes
		return
	}
	goal := s.and(goals...)
	if r := s.sat(s.and(goal, s.value)); r.status == empty {
		// More classes only restrict more.
		s.low = min(s.low, r.low)
		return
	}
	if i == len(s.classes) {
		s.list = append(s.list, region{names, goal})
		return
	}
	outside := s.and(names, s.not(s.classes[i]))
	inside := s.and(names, s.classes[i])
	if s.inhabited(outside) {
		s.split(i+1, outside, goals)
	}
	if s.inhabited(inside) {
		s.split(i+1, inside, append(goals[:len(goals):len(goals)], s.values[i]))
	}
}

// inhabited reports whether a set of names has a member that nothing mentions.
// One that is not decided counts as inhabited: its names are then not found.
func (s *regionSplit) inhabited(names lit) bool {
	used := s.in(strSet(s.names))
	r := s.satKind(s.restrict(s.and(names, s.not(used)), kString), kString)
	if r.status == open && s.reason == "" {
		s.reason = r.reason
	}
	return r.status != empty
}

// unmentioned is a class of strings, reduced to those that nothing mentions.
func (c *objectCube) unmentioned(class lit) lit {
	if class == top || class == bottom {
		return class
	}
	if class.negated() {
		return c.not(c.unmentioned(class.not()))
	}
	n := c.at(class)
	switch n.op {
	case opIn:
		return bottom
	case opAnd, opOne:
		kids := make([]lit, len(n.kids))
		for i, k := range n.kids {
			kids[i] = c.unmentioned(k)
		}
		if n.op == opOne {
			return c.oneOf(kids)
		}
		return c.and(kids...)
	}
	return class
}
