package jsonata

import (
	"math"
	"slices"
)

// filter keeps the values for which a predicate holds, or that stand at the
// positions that it gives.
func (r *run) filter(predicate *node, input Value, env *frame) (Value, error) {
	if s, ok := input.(*stream); ok {
		return r.filterTuples(predicate, s, env)
	}
	a, ok := input.(*Array)
	if !ok {
		a = sequenceOf(input)
	}
	if predicate.isLiteral() && isNumber(predicate.value) && len(predicate.predicates) == 0 {
		i := position(predicate.value, len(a.Items))
		if i < 0 || i >= len(a.Items) || a.Items[i] == nil {
			return sequenceOf(), nil
		}
		if item, ok := a.Items[i].(*Array); ok {
			return item, nil
		}
		return sequenceOf(a.Items[i]), nil
	}
	out := sequenceOf()
	for i, item := range a.Items {
		v, err := r.eval(predicate, item, env)
		if err != nil {
			return nil, err
		}
		times, err := r.chosen(v, i, len(a.Items))
		if err != nil {
			return nil, err
		}
		for range times {
			out.Items = append(out.Items, item)
		}
	}
	return out, nil
}

func (r *run) filterTuples(predicate *node, s *stream, env *frame) (Value, error) {
	out := &stream{}
	if predicate.isLiteral() && isNumber(predicate.value) {
		if i := position(predicate.value, len(s.tuples)); i >= 0 && i < len(s.tuples) {
			out.tuples = s.tuples[i : i+1]
		}
		return out, nil
	}
	for i, t := range s.tuples {
		v, err := r.eval(predicate, t.at, t.frame(env))
		if err != nil {
			return nil, err
		}
		times, err := r.chosen(v, i, len(s.tuples))
		if err != nil {
			return nil, err
		}
		for range times {
			out.tuples = append(out.tuples, t)
		}
	}
	return out, nil
}

// position is the index that a number names among n values, from the end if it
// is negative; out of range if there is none.
func position(v Value, n int) int {
	f := math.Floor(toFloat(v))
	if f < 0 {
		f += float64(n)
	}
	if !(f >= 0 && f < float64(n)) {
		return -1
	}
	return int(f)
}

// chosen is how often the value at an index is chosen by what a predicate gave.
func (r *run) chosen(v Value, index, n int) (int, error) {
	numbers := []Value{v}
	a, isList := v.(*Array)
	if isList {
		numbers = a.Items
	}
	times := 0
	for _, x := range numbers {
		if !isNumber(x) {
			t, err := r.truth(v)
			if t {
				return 1, err
			}
			return 0, err
		}
		if position(x, n) == index {
			times++
		}
	}
	return times, r.pay(len(numbers) - 1)
}

// grouped is what was found for one key of an object.
type grouped struct {
	key   string
	pair  int
	data  collector
	items []*tuple
}

// collector puts values into one list, as join does, without copying what it
// has already.
type collector struct {
	value Value
	own   *Array // value, if it may be appended to
}

func (c *collector) add(r *run, v Value) (err error) {
	if c.own == nil || v == nil {
		had := c.value != nil && v != nil
		if c.value, err = r.join(c.value, v); had {
			c.own = c.value.(*Array) // two values that are joined are a new list
		}
		return err
	}
	if a, ok := v.(*Array); ok {
		c.own.Items = append(c.own.Items, a.Items...)
		return r.pay(len(a.Items))
	}
	c.own.Items = append(c.own.Items, v)
	return r.pay(1)
}

// group makes an object: for each of the values its keys, and for each key the
// value over all that have it.
func (r *run) group(n *node, input Value, env *frame) (Value, error) {
	groups, err := r.groups(n, input, env)
	if err != nil {
		return nil, err
	}
	out := NewObject(len(groups))
	for _, g := range groups {
		scope, context := env, g.data.value
		if g.items != nil {
			if context, scope, err = r.reduce(g.items, env); err != nil {
				return nil, err
			}
		}
		v, err := r.eval(n.pairs[g.pair][1], context, scope)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.Set(g.key, v)
		}
	}
	return out, nil
}

func (r *run) groups(n *node, input Value, env *frame) ([]*grouped, error) {
	var order []*grouped
	byKey := map[string]*grouped{}
	// add finds the keys of one value; t is its tuple, if it has one.
	add := func(item Value, t *tuple) error {
		scope := env
		if t != nil {
			scope = t.frame(env)
		}
		for i := range n.pairs {
			k, err := r.eval(n.pairs[i][0], item, scope)
			if err != nil {
				return err
			}
			key, isText := k.(string)
			switch g := byKey[key]; {
			case k == nil:
				continue
			case !isText:
				return fail("T1003", "the name of a member is "+show(k)+", not a text", "$string makes a text of a number")
			case g == nil:
				g = &grouped{key: key, pair: i, data: collector{value: item}}
				if t != nil {
					g.items = []*tuple{t}
				}
				byKey[key] = g
				order = append(order, g)
			case g.pair != i:
				return fail("D1009", "two members have the name "+show(key), "give them different names")
			case t != nil:
				g.items = append(g.items, t)
			default:
				if err := g.data.add(r, item); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err := eachOf(input, add)
	return order, err
}

// eachOf calls add for every value of a list or stream, or the one value.
func eachOf(input Value, add func(Value, *tuple) error) error {
	switch x := input.(type) {
	case *stream:
		for _, t := range x.tuples {
			if err := add(t.at, t); err != nil {
				return err
			}
		}
	case *Array:
		if len(x.Items) == 0 {
			return add(nil, nil)
		}
		for _, item := range x.Items {
			if err := add(item, nil); err != nil {
				return err
			}
		}
	default:
		return add(input, nil)
	}
	return nil
}

// reduce joins the tuples of a group: their values, and variable by variable.
func (r *run) reduce(items []*tuple, env *frame) (Value, *frame, error) {
	value := collector{}
	scope := &frame{parent: env}
	var variables []*collector
	for _, t := range items {
		if err := value.add(r, t.at); err != nil {
			return nil, nil, err
		}
		for i, name := range t.names {
			at := slices.Index(scope.names, name)
			if at < 0 {
				at = len(variables)
				scope.names = append(scope.names, name)
				variables = append(variables, &collector{})
			}
			if err := variables[at].add(r, t.values[i]); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, v := range variables {
		scope.values = append(scope.values, v.value)
	}
	return value.value, scope, nil
}

// join puts two values into one list; nothing adds nothing.
func (r *run) join(a, b Value) (Value, error) {
	if a == nil {
		return b, nil
	}
	if b == nil {
		return a, nil
	}
	x, ok := a.(*Array)
	if !ok {
		x = NewArray(a)
	}
	y, ok := b.(*Array)
	if !ok {
		y = NewArray(b)
	}
	out := make([]Value, 0, len(x.Items)+len(y.Items))
	return &Array{Items: append(append(out, x.Items...), y.Items...)}, r.pay(cap(out))
}
