package jsonata

import "slices"

// tuple is one value on the way along a path, with the variables that the steps
// bound: those of @ and #, and the parents that % stands for.
type tuple struct {
	at     Value
	names  []string
	values []Value
}

// with is the tuple with another variable; the old one stays as it is.
func (t *tuple) with(name string, v Value) *tuple {
	out := &tuple{at: t.at}
	for i, n := range t.names {
		if n != name {
			out.names, out.values = append(out.names, n), append(out.values, t.values[i])
		}
	}
	out.names, out.values = append(out.names, name), append(out.values, v)
	return out
}

// frame is the scope of an expression that is evaluated with the tuple.
func (t *tuple) frame(env *frame) *frame {
	return &frame{names: slices.Clone(t.names), values: slices.Clone(t.values), parent: env}
}

// stream is what a path with variables gives to the path around it.
type stream struct {
	tuples []*tuple
}

// path evaluates the steps of a path one after the other, each for every value
// that the one before gave.
func (r *run) path(n *node, input Value, env *frame) (Value, error) {
	if v, done := quick(n, input); done {
		return v, nil
	}
	items, ok := input.(*Array)
	if !ok || n.list[0].kind == variableNode {
		items = sequenceOf(input)
	}
	var bound *stream
	var result Value = items
	for i, step := range n.list {
		var err error
		switch {
		case i == 0 && step.cons && !step.tuple:
			result, err = r.eval(step, items, env)
		case bound != nil || step.tuple:
			bound, err = r.tupleStep(step, items, bound, env)
		default:
			result, err = r.step(step, items, env, i == len(n.list)-1)
		}
		if err != nil {
			return nil, err
		}
		if bound != nil {
			continue
		}
		next, isList := result.(*Array)
		if result == nil || isList && len(next.Items) == 0 {
			break
		}
		if isList {
			items = next
		}
	}
	if bound != nil && !n.tuple {
		flat := sequenceOf()
		for _, t := range bound.tuples {
			flat.Items = append(flat.Items, t.at)
		}
		result = flat
	}
	result = n.kept(result, bound)
	if n.group == nil {
		if bound != nil && n.tuple {
			return bound, nil
		}
		return result, nil
	}
	if bound != nil {
		return r.group(n.group, bound, env)
	}
	return r.group(n.group, result, env)
}

// kept keeps the one result of a path with [] a list.
func (n *node) kept(result Value, bound *stream) Value {
	a, ok := result.(*Array)
	if !n.single || !ok || bound != nil && n.tuple {
		return result
	}
	if a.cons && !a.sequence {
		a = sequenceOf(a)
	}
	if !a.sequence {
		return a
	}
	kept := *a
	kept.keep = true
	return &kept
}

// quick walks a path of plain names through objects, which is what most paths
// are. It gives up where a list comes in between.
func quick(n *node, input Value) (Value, bool) {
	if n.single || n.group != nil || n.tuple {
		return nil, false
	}
	v := input
	for i, step := range n.list {
		o, ok := v.(*Object)
		if !ok || step.kind != nameNode || len(step.stages) > 0 || step.tuple || step.keep {
			return nil, false
		}
		if v = o.Get(step.text); v == nil {
			return nil, true
		}
		if a, isList := v.(*Array); isList && (i < len(n.list)-1 || a.sequence) {
			return nil, false
		}
	}
	return v, true
}

// step evaluates one step for each of the values, and joins the results.
func (r *run) step(n *node, input *Array, env *frame, isLast bool) (Value, error) {
	if n.kind == sortNode {
		v, err := r.sorted(n, input, env)
		for i := 0; err == nil && i < len(n.stages); i++ {
			v, err = r.filter(n.stages[i].filter, v, env)
		}
		return v, err
	}
	results := make([]Value, 0, len(input.Items))
	for _, item := range input.Items {
		v, err := r.eval(n, item, env)
		for i := 0; err == nil && i < len(n.stages); i++ {
			v, err = r.filter(n.stages[i].filter, v, env)
		}
		if err != nil {
			return nil, err
		}
		if v != nil {
			results = append(results, v)
		}
	}
	if isLast && len(results) == 1 {
		if a, ok := results[0].(*Array); ok && !a.sequence {
			return a, nil
		}
	}
	out := sequenceOf()
	for _, v := range results {
		a, ok := v.(*Array)
		if !ok || a.cons {
			out.Items = append(out.Items, v)
			continue
		}
		out.Items = append(out.Items, a.Items...)
		if err := r.pay(len(a.Items)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tupleStep evaluates a step of a path that carries variables.
func (r *run) tupleStep(n *node, input *Array, bound *stream, env *frame) (*stream, error) {
	if n.kind == sortNode {
		return r.tupleSort(n, input, bound, env)
	}
	if bound == nil {
		bound = &stream{}
		for _, item := range input.Items {
			bound.tuples = append(bound.tuples, &tuple{at: item})
		}
	}
	out := &stream{}
	for _, t := range bound.tuples {
		v, err := r.eval(n, t.at, t.frame(env))
		if err != nil {
			return nil, err
		}
		if err := r.extend(out, n, t, v); err != nil {
			return nil, err
		}
	}
	return r.tupleStages(n, out, env)
}

// extend adds the tuples that a step gives for one tuple.
func (r *run) extend(out *stream, n *node, t *tuple, v Value) error {
	if s, ok := v.(*stream); ok {
		for _, inner := range s.tuples {
			next := &tuple{at: inner.at, names: t.names, values: t.values}
			for i, name := range inner.names {
				next = next.with(name, inner.values[i])
			}
			out.tuples = append(out.tuples, next)
		}
		return r.pay(len(s.tuples))
	}
	items := []Value{v}
	if a, ok := v.(*Array); ok {
		items = a.Items
	} else if v == nil {
		return nil
	}
	for i, item := range items {
		next := &tuple{at: item, names: t.names, values: t.values}
		if n.focus != "" {
			next.at = t.at
			next = next.with(n.focus, item)
		}
		if n.index != "" {
			next = next.with(n.index, int64(i))
		}
		if n.ancestor != nil {
			next = next.with(n.ancestor.label, t.at)
		}
		out.tuples = append(out.tuples, next)
	}
	return r.pay(len(items))
}

func (r *run) tupleSort(n *node, input *Array, bound *stream, env *frame) (*stream, error) {
	var out *stream
	if bound != nil {
		v, err := r.sorted(n, bound, env)
		if err != nil {
			return nil, err
		}
		out = v.(*stream)
	} else {
		v, err := r.sorted(n, input, env)
		if err != nil {
			return nil, err
		}
		out = &stream{}
		for i, item := range v.(*Array).Items {
			t := &tuple{at: item}
			if n.index != "" {
				t = t.with(n.index, int64(i))
			}
			out.tuples = append(out.tuples, t)
		}
	}
	return r.tupleStages(n, out, env)
}

// tupleStages applies the filters and positions of a step.
func (r *run) tupleStages(n *node, s *stream, env *frame) (*stream, error) {
	for _, g := range n.stages {
		if g.filter == nil {
			for i, t := range s.tuples {
				s.tuples[i] = t.with(g.index, int64(i))
			}
			continue
		}
		v, err := r.filter(g.filter, s, env)
		if err != nil {
			return nil, err
		}
		s = v.(*stream)
	}
	return s, nil
}
