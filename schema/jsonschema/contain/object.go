package contain

import (
	"slices"

	"github.com/instar-registry/instar/schema"
)

// objectCube is a conjunction of atoms about an object: what every property of
// a class of names satisfies, what some property satisfies, and how many there
// are.
type objectCube struct {
	*solver
	every   []*node  // ¬has(class, value): no property of the class has the value
	owed    []*node  // has(class, value), where the class has several names
	names   []string // all that classes mention, sorted
	slots   []slot
	reason  schema.Reason // why an answer is open; empty if none is
	guess   *val          // a candidate for an open answer
	budget  int
	scarce  bool // there are fewer possible properties than there must be
	regions map[[2]lit][]region
}

// slot is a property of the object that is built.
type slot struct {
	name  string
	goal  lit
	value *val
	sure  bool
}

// region is a set of names that no class tells apart, none of which any class
// mentions.
type region struct {
	names lit // as strings
	goal  lit // what their properties satisfy
}

// maxPlacements bounds the ways in which owed properties are placed.
const maxPlacements = 2000

// maxAdded bounds the properties that are added to reach a count.
const maxAdded = 2000

func (c *objectCube) solve() result {
	asked := map[string][]lit{}
	mentioned := map[string]bool{}
	for _, a := range c.atoms {
		n := c.at(a)
		if n.op != opHas {
			continue
		}
		c.mention(c.restrict(n.kids[0], kString), mentioned)
		name, single := c.single(n.kids[0])
		switch {
		case a.negated():
			c.every = append(c.every, n)
		case single:
			asked[name] = append(asked[name], n.kids[1])
		default:
			c.owed = append(c.owed, n)
		}
	}
	c.names = sortedKeys(mentioned)
	c.regions = map[[2]lit][]region{}
	c.budget = maxPlacements
	for _, name := range sortedKeys(asked) {
		if !c.put(name, c.and(append(asked[name], c.goalAt(name))...)) {
			return c.answer(false)
		}
	}
	if len(c.slots) >= c.most {
		return emptyResult()
	}
	return c.answer(c.place(0))
}

// answer is what the search came to.
func (c *objectCube) answer(ok bool) result {
	if ok {
		names, values := make([]string, len(c.slots)), make([]*val, len(c.slots))
		sure, complete := true, true
		for i, s := range c.slots {
			names[i], values[i] = s.name, s.value
			sure, complete = sure && s.sure, complete && s.value != nil
		}
		switch {
		case sure && c.reason == "":
			return foundResult(objVal(names, values))
		case complete:
			c.guess = objVal(names, values)
		}
	}
	if c.reason == "" {
		return emptyResult()
	}
	return result{status: open, value: c.guess, reason: c.reason, low: c.low}
}

// mention collects the strings that a class is about.
func (c *objectCube) mention(class lit, into map[string]bool) {
	n := c.at(class)
	if n.op == opIn {
		for _, key := range n.set.keys {
			into[key] = true
		}
	}
	for _, k := range n.kids {
		c.mention(k, into)
	}
}

// value finds a value for a property.
func (c *objectCube) value(goal lit) (v *val, sure, ok bool) {
	r := c.sat(goal)
	c.low = min(c.low, r.low)
	switch r.status {
	case found:
		return r.value, true, true
	case open:
		if c.reason == "" {
			c.reason = r.reason
		}
		return r.value, false, true
	}
	return nil, false, false
}

// put adds a property.
func (c *objectCube) put(name string, goal lit) bool {
	v, sure, ok := c.value(goal)
	if ok {
		c.slots = append(c.slots, slot{name, goal, v, sure})
	}
	return ok
}

func (c *objectCube) has(name string) bool {
	return slices.ContainsFunc(c.slots, func(s slot) bool { return s.name == name })
}

// member is inClass; a name whose membership is not known counts as outside of
// what restricts it and inside of what is owed.
func (c *objectCube) member(class lit, name string) bool {
	t := c.inClass(c.restrict(class, kString), name)
	if t == unknown {
		c.doubt("pattern")
	}
	return t != no
}

func (c *objectCube) doubt(keyword string) {
	if c.reason == "" {
		c.reason = schema.ReasonKeyword(keyword)
	}
}

// place settles the owed properties from the i-th on, then the count.
func (c *objectCube) place(i int) bool {
	if i == len(c.owed) {
		return c.fill()
	}
	c.step()
	if c.budget--; c.budget < 0 {
		c.reason = schema.ReasonCubes
		return false
	}
	if c.scarce {
		return false // how the owed ones are placed does not change it
	}
	class, value := c.owed[i].kids[0], c.owed[i].kids[1]
	for j, s := range c.slots {
		if s.value != nil && s.sure && c.member(class, s.name) && c.eval(value, s.value) == yes {
			// It is the owed one as it is, and must stay so if it is changed.
			c.slots[j].goal = c.and(s.goal, value)
			if c.place(i + 1) {
				return true
			}
			c.slots[j].goal = s.goal
			break
		}
	}
	return c.join(i, class, value) || len(c.slots)+1 < c.most && (c.fresh(i, class, value) || c.mentioned(i, class, value))
}

// join lets a property that is there already be the owed one.
func (c *objectCube) join(i int, class, value lit) bool {
	for j := range c.slots {
		s := c.slots[j]
		if !c.member(class, s.name) {
			continue
		}
		goal := c.and(s.goal, value)
		if v, sure, ok := c.value(goal); ok {
			c.slots[j] = slot{s.name, goal, v, sure}
			if c.place(i + 1) {
				return true
			}
			c.slots[j] = s
		}
	}
	return false
}

// fresh adds a property whose name nothing mentions.
func (c *objectCube) fresh(i int, class, value lit) bool {
	for _, r := range c.regionsOf(class, value) {
		name, ok := c.unused(r)
		if !ok {
			continue
		}
		if c.put(name, c.and(r.goal, value)) {
			if c.place(i + 1) {
				return true
			}
			c.slots = c.slots[:len(c.slots)-1]
		}
	}
	return false
}

// mentioned adds a property whose name some class mentions.
func (c *objectCube) mentioned(i int, class, value lit) bool {
	for _, name := range c.names {
		if c.has(name) || !c.member(class, name) {
			continue
		}
		if c.put(name, c.and(c.goalAt(name), value)) {
			if c.place(i + 1) {
				return true
			}
			c.slots = c.slots[:len(c.slots)-1]
		}
	}
	return false
}

// unused is a name of a region that no property has yet.
func (c *objectCube) unused(r region) (name string, ok bool) {
	used := slices.Clone(c.names)
	for _, s := range c.slots {
		used = append(used, s.name)
	}
	got := c.satKind(c.restrict(c.and(r.names, c.in(strSet(used)).not()), kString), kString)
	switch got.status {
	case found:
		return got.value.str, true
	case open:
		if c.reason == "" {
			c.reason = got.reason
		}
		if got.value != nil {
			return got.value.str, true
		}
	}
	return "", false
}

// fill adds properties until there are enough.
func (c *objectCube) fill() bool {
	if len(c.slots) >= c.least {
		return true
	}
	if c.least-len(c.slots) > maxAdded {
		c.reason = schema.ReasonWitnessSize
		return false
	}
	before := len(c.slots)
	for _, r := range c.regionsOf(top, top) {
		if _, _, ok := c.value(r.goal); !ok {
			continue
		}
		for len(c.slots) < c.least {
			c.step()
			name, ok := c.unused(r)
			if !ok || !c.put(name, r.goal) {
				break
			}
		}
	}
	for _, name := range c.names {
		if len(c.slots) >= c.least {
			break
		}
		if !c.has(name) {
			c.put(name, c.goalAt(name))
		}
	}
	if len(c.slots) >= c.least {
		return true
	}
	c.slots, c.scarce = c.slots[:before], true
	return false
}
