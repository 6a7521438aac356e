package contain

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// arrayCube is a conjunction of atoms about an array. From position uniform on,
// all positions are alike.
type arrayCube struct {
	*solver
	uniform  int
	counters []counter
	distinct bool // no two items are equal
	twins    bool // two items are equal
	reason   schema.Reason
	guess    *val
	failed   map[string]bool // states of the search that lead nowhere
	goals    []lit           // of the positions so far
	pair     [2]int          // the positions of equal items; none if both are 0
	options  map[int][]option
}

// counter bounds how many items from a position on are in value.
type counter struct {
	from  int
	value lit
	least int
	more  int // than allowed
}

// maxLength bounds the arrays that are built, and maxDistinct those without
// equal items.
const (
	maxLength   = 10_000
	maxDistinct = 64
)

func (c *arrayCube) solve() result {
	c.gather()
	if c.distinct && c.twins {
		return emptyResult()
	}
	for p := 0; p <= c.uniform && p < c.most; p++ {
		if p < c.least || p < c.uniform {
			if r := c.sat(c.goalItem(p)); r.status == empty {
				// No array is longer than this.
				c.low = min(c.low, r.low)
				c.most = min(c.most, p+1)
			}
		}
	}
	if c.least >= c.most {
		return emptyResult()
	}
	longest := c.least
	if len(c.counters) > 0 {
		longest = max(longest, c.uniform+c.sum())
	}
	if c.twins {
		longest = max(longest, c.uniform+c.sum()+2)
	}
	longest = min(longest, c.most-1)
	if longest > maxLength || c.distinct && c.least > maxDistinct {
		return c.tooLong()
	}
	for n := c.least; n <= longest; n++ {
		if v, ok := c.ofLength(n); ok {
			if c.reason != "" {
				return result{status: open, value: v, reason: c.reason, low: c.low}
			}
			return foundResult(v)
		}
	}
	if c.reason != "" {
		return result{status: open, value: c.guess, reason: c.reason, low: c.low}
	}
	return emptyResult()
}

func (c *arrayCube) sum() int {
	n := 0
	for _, k := range c.counters {
		n += k.least
	}
	return n
}

// tooLong gives up on arrays that could not be shown.
func (c *arrayCube) tooLong() result {
	return result{status: open, reason: schema.ReasonWitnessSize, low: c.low}
}

func (c *arrayCube) gather() {
	for _, a := range c.atoms {
		n := c.at(a)
		switch n.op {
		case opAt:
			c.uniform = max(c.uniform, n.n+1)
		case opMany:
			c.uniform = max(c.uniform, n.from)
			if !a.negated() || n.n > 1 {
				c.count(n, a.negated())
			}
		case opUnique:
			if a.negated() {
				c.twins = true
			} else {
				c.distinct = true
			}
		}
	}
	if c.twins {
		c.least = max(c.least, 2)
	}
	c.options = map[int][]option{}
}

func (c *arrayCube) count(n *node, negated bool) {
	i := slices.IndexFunc(c.counters, func(k counter) bool { return k.from == n.from && k.value == n.kids[0] })
	if i < 0 {
		i = len(c.counters)
		c.counters = append(c.counters, counter{from: n.from, value: n.kids[0], more: maxCount})
	}
	if negated {
		c.counters[i].more = min(c.counters[i].more, n.n)
	} else {
		c.counters[i].least = max(c.counters[i].least, n.n)
	}
}

// option is a way to fill a position: what its item satisfies, and which
// counters count it.
type option struct {
	goal lit
	in   []bool
}

// optionsAt lists the ways to fill a position, those that count more first.
func (c *arrayCube) optionsAt(p int) []option {
	at := min(p, c.uniform)
	if known, ok := c.options[at]; ok {
		return known
	}
	list := []option{{goal: c.goalItem(at)}}
	for _, k := range c.counters {
		var next []option
		for _, o := range list {
			for _, in := range []bool{true, false} {
				v := k.value
				if !in {
					v = c.not(v)
				}
				goal := c.and(o.goal, v)
				if r := c.sat(goal); r.status == empty {
					c.low = min(c.low, r.low)
					continue
				}
				next = append(next, option{goal, append(o.in[:len(o.in):len(o.in)], in)})
			}
		}
		list = next
		if len(list) > maxRegions {
			c.reason = schema.ReasonCubes
			list = list[:maxRegions]
		}
	}
	if len(c.counters) == 0 {
		if r := c.sat(list[0].goal); r.status == empty {
			c.low = min(c.low, r.low)
			list = nil
		}
	}
	c.options[at] = list
	return list
}

// ofLength looks for an array of n items.
func (c *arrayCube) ofLength(n int) (*val, bool) {
	if !c.twins {
		c.failed, c.goals = map[string]bool{}, nil
		return c.next(n, make([]int, len(c.counters)))
	}
	last := min(n, c.uniform+2)
	for i := range last {
		for j := i + 1; j < last; j++ {
			c.failed, c.goals, c.pair = map[string]bool{}, nil, [2]int{i, j}
			if v, ok := c.next(n, make([]int, len(c.counters))); ok {
				return v, true
			}
		}
	}
	return nil, false
}

// next fills the positions from len(c.goals) on.
func (c *arrayCube) next(n int, counts []int) (*val, bool) {
	p := len(c.goals)
	if p == n {
		for i, k := range c.counters {
			if counts[i] < k.least {
				return nil, false
			}
		}
		return c.build()
	}
	key := c.key(p, counts)
	if c.failed[key] {
		return nil, false
	}
	c.step()
	for _, o := range c.optionsAt(p) {
		goal := o.goal
		if c.twins && p == c.pair[1] {
			goal = c.and(goal, c.goals[c.pair[0]])
			if r := c.sat(goal); r.status == empty {
				c.low = min(c.low, r.low)
				continue
			}
		}
		after, ok := c.counted(p, counts, o)
		if !ok {
			continue
		}
		c.goals = append(c.goals, goal)
		v, ok := c.next(n, after)
		c.goals = c.goals[:p]
		if ok {
			return v, true
		}
	}
	if key != "" {
		c.failed[key] = true
	}
	return nil, false
}

// key names a state whose failure is worth remembering: what comes later must
// depend on the counts alone.
func (c *arrayCube) key(p int, counts []int) string {
	if c.distinct || c.twins && p > c.pair[0] {
		return ""
	}
	return fmt.Sprint(p, counts)
}

func (c *arrayCube) counted(p int, counts []int, o option) ([]int, bool) {
	after := slices.Clone(counts)
	for i, k := range c.counters {
		if p >= k.from && o.in[i] {
			after[i]++
			if after[i] >= k.more {
				return nil, false
			}
		}
	}
	return after, true
}

// build makes the array of the goals of all positions.
func (c *arrayCube) build() (*val, bool) {
	if c.distinct && len(c.goals) > 1 {
		return c.buildDistinct()
	}
	items := make([]*val, len(c.goals))
	goals := slices.Clone(c.goals)
	if c.twins {
		goals[c.pair[0]] = goals[c.pair[1]]
	}
	for i, goal := range goals {
		r := c.sat(goal)
		c.low = min(c.low, r.low)
		switch {
		case r.status == empty:
			return nil, false
		case r.status == open:
			c.reason = r.reason
			if r.value == nil {
				return nil, false
			}
		}
		items[i] = r.value
	}
	return arrVal(items), true
}
