package contain

import "github.com/instar-registry/instar/schema"

// status is the answer about a goal.
type status uint8

const (
	empty status = iota // proved to have no value
	found               // a value is known
	open                // neither
)

// result is the answer about a goal.
type result struct {
	status status
	// value is a value of the goal or, if status is open, perhaps one.
	value *val
	// reason says why the goal is open.
	reason schema.Reason
	// low is the depth of the outermost open goal that was assumed to be empty;
	// free if none was.
	low int
}

// free is the depth of no assumption.
const free = 1 << 30

func emptyResult() result       { return result{status: empty, low: free} }
func foundResult(v *val) result { return result{status: found, value: v, low: free} }

// kindOrder is the order in which values are looked for: simpler ones first.
var kindOrder = [kinds]kind{kNumber, kString, kNull, kFalse, kTrue, kArray, kObject}

// sat looks for a value of a goal.
func (e *engine) sat(goal lit) result {
	if goal == bottom {
		return emptyResult()
	}
	possible := e.possible(goal)
	out := emptyResult()
	for _, k := range kindOrder {
		if !possible.has(k) {
			continue
		}
		r := e.satKind(e.restrict(goal, k), k)
		if r.status == found {
			return r
		}
		out = either(out, r)
	}
	return out
}

// either is the answer about a goal that holds where one of two does, neither
// of which has a known value.
func either(a, b result) result {
	low := min(a.low, b.low)
	if a.status != open || b.status == open && a.value == nil && b.value != nil {
		a, b = b, a
	}
	a.low = low
	return a
}

var plainKinds = [kinds]*val{kNull: nullVal, kFalse: falseVal, kTrue: trueVal}

// satKind looks for a value of one kind. l is restricted to it.
//
// Instances are finite, so what has a value has one in which no goal is met
// again inside of itself: a goal that is met while it is open counts as empty.
// Whatever was concluded from that is kept only as long as the goal is open,
// and for good if the goal turns out to be empty.
func (e *engine) satKind(l lit, k kind) result {
	switch {
	case l == bottom:
		return emptyResult()
	case l == top && k != kNumber && k != kString && k != kArray && k != kObject:
		return foundResult(plainKinds[k])
	}
	key := restriction{l, k}
	if r, ok := e.solved[key]; ok {
		return r
	}
	if r, ok := e.provisional[key]; ok {
		return r
	}
	if depth, ok := e.open[key]; ok {
		return result{status: empty, low: depth}
	}
	if e.depth >= maxDepth {
		return result{status: open, reason: schema.ReasonWitnessSize, low: free}
	}
	e.step()
	e.depth++
	depth, mark := e.depth, len(e.assumed)
	e.open[key] = depth
	r := e.solve(l, k)
	delete(e.open, key)
	e.depth--
	return e.keep(key, depth, mark, r)
}

// maxDepth bounds how deep goals nest: one level of goals is one level of a
// value.
const maxDepth = schema.MaxWitnessDepth

// keep remembers an answer and settles what was concluded since mark, perhaps
// from the assumption that this goal is empty.
func (e *engine) keep(key restriction, depth, mark int, r result) result {
	if r.status != empty {
		for _, other := range e.assumed[mark:] {
			delete(e.provisional, other)
		}
		e.assumed = e.assumed[:mark]
		if r.status == found || r.low >= depth {
			r.low = free
			e.solved[key] = r
		}
		return r
	}
	if r.low >= depth {
		r.low = free
	}
	kept := e.assumed[:mark]
	for _, other := range e.assumed[mark:] {
		p := e.provisional[other]
		if p.low >= depth {
			p.low = r.low
		}
		if p.low == free {
			delete(e.provisional, other)
			e.solved[other] = p
			continue
		}
		e.provisional[other] = p
		kept = append(kept, other)
	}
	e.assumed = kept
	if r.low == free {
		e.solved[key] = r
	} else {
		e.provisional[key] = r
		e.assumed = append(e.assumed, key)
	}
	return r
}

// solve splits the goal into cubes of one kind.
func (e *engine) solve(l lit, k kind) result {
	s := &solver{engine: e, kind: k, signs: map[int32]bool{}, named: map[string][]lit{}, low: free, state: state{most: maxCount}}
	r := emptyResult()
	if s.assert(l) {
		r = s.search()
	}
	r.low = min(r.low, s.low)
	return r
}
