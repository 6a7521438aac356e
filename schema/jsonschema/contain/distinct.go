package contain

import "github.com/instar-registry/instar/schema"

// buildDistinct makes an array of different items: it lists as many values of
// each goal as there are positions, which is enough, and matches positions to
// values.
func (c *arrayCube) buildDistinct() (*val, bool) {
	n := len(c.goals)
	if n > maxDistinct {
		c.reason = schema.ReasonWitnessSize
		return nil, false
	}
	lists := map[lit][]*val{}
	for _, goal := range c.goals {
		if _, known := lists[goal]; known {
			continue
		}
		list, ok := c.several(goal, n)
		if !ok {
			return nil, false
		}
		lists[goal] = list
	}
	m := &matching{owner: map[string]int{}, values: map[string]*val{}, lists: make([][]*val, n)}
	for i, goal := range c.goals {
		m.lists[i] = lists[goal]
	}
	items := make([]*val, n)
	for i := range c.goals {
		if !m.match(i, map[string]bool{}) {
			return nil, false
		}
	}
	for key, i := range m.owner {
		items[i] = m.values[key]
	}
	return arrVal(items), true
}

// several lists n different values of a goal, or all if there are fewer.
func (c *arrayCube) several(goal lit, n int) ([]*val, bool) {
	var list []*val
	for len(list) < n {
		r := c.sat(goal)
		c.low = min(c.low, r.low)
		if r.status == open {
			c.reason = r.reason
			return nil, false
		}
		if r.status == empty {
			break
		}
		list = append(list, r.value)
		goal = c.and(goal, c.not(c.equal(r.value)))
	}
	return list, true
}

// matching assigns values to positions by augmenting paths.
type matching struct {
	lists  [][]*val
	owner  map[string]int // by the text of a value
	values map[string]*val
}

func (m *matching) match(i int, tried map[string]bool) bool {
	for _, v := range m.lists[i] {
		key := v.text()
		if tried[key] {
			continue
		}
		tried[key] = true
		if at, taken := m.owner[key]; taken && !m.match(at, tried) {
			continue
		}
		m.owner[key], m.values[key] = i, v
		return true
	}
	return false
}
