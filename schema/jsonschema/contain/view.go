package contain

// goalView is the view of a goal that is interpreted throughout: what a part
// must satisfy, the rest of the value being as it is, is a goal again.
type goalView struct {
	*engine
	goal lit
}

func (g goalView) holds(v *val) bool { return g.eval(g.goal, v) == yes }

// without judges v, which holds, less one property. What speaks of other
// properties still holds.
func (g goalView) without(v *val, i int) bool {
	smaller := v.without(i)
	t := g.touching(g.goal)
	for _, list := range [][]lit{t.named[v.names[i]], t.rest} {
		for _, l := range list {
			if g.eval(l, smaller) != yes {
				return false
			}
		}
	}
	return true
}

func (g goalView) part(v *val, i int) view {
	r := &residue{engine: g.engine, v: v, i: i, known: map[lit]lit{}}
	if v.kind != kObject {
		return goalView{g.engine, r.of(g.goal)}
	}
	t := g.touching(g.goal)
	var parts []lit
	for _, list := range [][]lit{t.named[v.names[i]], t.rest} {
		for _, l := range list {
			parts = append(parts, r.of(l))
		}
	}
	return goalView{g.engine, g.and(parts...)}
}

// touching are the parts of a conjunction by the one property that they speak
// of, and the rest.
type touching struct {
	named map[string][]lit
	rest  []lit
}

func (e *engine) touching(goal lit) *touching {
	if t, ok := e.touched[goal]; ok {
		return t
	}
	t := &touching{named: map[string][]lit{}}
	kids := []lit{goal}
	if n := e.at(goal); n.op == opAnd && !goal.negated() {
		kids = n.kids
	}
	for _, k := range kids {
		n := e.at(k)
		if n.op == opHas {
			if name, ok := e.single(n.kids[0]); ok {
				t.named[name] = append(t.named[name], k)
				continue
			}
		}
		t.rest = append(t.rest, k)
	}
	e.touched[goal] = t
	return t
}

// residue turns a goal about v into a goal about its i-th part.
type residue struct {
	*engine
	v     *val
	i     int
	known map[lit]lit
}

func constant(t bool) lit {
	if t {
		return top
	}
	return bottom
}

// of is the goal for the part. It follows what judges the same value.
func (r *residue) of(l lit) lit {
	if l.negated() {
		return r.not(r.of(l.not()))
	}
	n := r.at(l)
	switch n.op {
	case opVar:
		return r.of(r.bodies[l.node()])
	case opAnd, opOne:
	case opHas:
		return r.ofHas(n)
	case opAt:
		if r.v.kind == kArray && n.n == r.i {
			return n.kids[0]
		}
		return constant(r.eval(l, r.v) == yes)
	case opMany:
		return r.ofMany(n)
	case opUnique:
		return r.ofUnique()
	default:
		return constant(r.eval(l, r.v) == yes)
	}
	if out, ok := r.known[l]; ok {
		return out
	}
	if n.op == opAnd && r.refused(l) {
		return bottom
	}
	kids := make([]lit, len(n.kids))
	for i, k := range n.kids {
		kids[i] = r.of(k)
	}
	out := lit(0)
	if n.op == opAnd {
		out = r.and(kids...)
	} else {
		out = r.oneOf(kids)
	}
	r.known[l] = out
	return out
}

// refused reports whether a conjunction is false for a reason that the part has
// nothing to do with.
func (r *residue) refused(l lit) bool {
	kid, ok := r.refuser[l]
	if !ok || r.v.kind != kObject {
		return false
	}
	n := r.at(kid)
	if n.op != opHas {
		return false
	}
	name, single := r.single(n.kids[0])
	return single && name != r.v.names[r.i] && r.eval(kid, r.v) == no
}

func (r *residue) ofHas(n *node) lit {
	if r.v.kind != kObject {
		return bottom
	}
	if name, ok := r.single(n.kids[0]); ok {
		if name == r.v.names[r.i] {
			return n.kids[1]
		}
		field := r.v.get(name)
		return constant(field != nil && r.eval(n.kids[1], field) == yes)
	}
	for i, name := range r.v.names {
		if i != r.i && r.eval(n.kids[0], r.nameVal(name)) == yes && r.eval(n.kids[1], r.v.fields[i]) == yes {
			return top
		}
	}
	if r.eval(n.kids[0], r.nameVal(r.v.names[r.i])) == yes {
		return n.kids[1]
	}
	return bottom
}

func (r *residue) ofMany(n *node) lit {
	if r.v.kind != kArray {
		return bottom
	}
	count := 0
	for i := n.from; i < len(r.v.items); i++ {
		if i != r.i && r.eval(n.kids[0], r.v.items[i]) == yes {
			count++
		}
	}
	switch {
	case count >= n.n:
		return top
	case count == n.n-1 && r.i >= n.from:
		return n.kids[0]
	}
	return bottom
}

func (r *residue) ofUnique() lit {
	if r.v.kind != kArray {
		return bottom
	}
	seen := map[string]bool{}
	var others []lit
	for i, item := range r.v.items {
		if i == r.i {
			continue
		}
		if seen[item.text()] {
			return bottom
		}
		seen[item.text()] = true
		others = append(others, r.not(r.equal(item)))
	}
	return r.and(others...)
}

// wholeView is the view of a value of which only the whole can be judged.
type wholeView struct {
	judge func(*val) bool
	put   func(*val) *val
}

func (w wholeView) holds(v *val) bool { return w.judge(w.put(v)) }

func (w wholeView) without(v *val, i int) bool { return w.holds(v.without(i)) }

func (w wholeView) part(v *val, i int) view {
	return wholeView{w.judge, func(x *val) *val { return w.put(v.with(i, x)) }}
}
