package jsonata

// sorted sorts the values or tuples of a path by the terms of an order.
func (r *run) sorted(n *node, input Value, env *frame) (Value, error) {
	if s, ok := input.(*stream); ok {
		items, err := mergeSort(r, s.tuples, func(a, b *tuple) (bool, error) {
			return r.after(n, a.at, b.at, a.frame(env), b.frame(env))
		})
		return &stream{items}, err
	}
	a := input.(*Array)
	if len(a.Items) <= 1 {
		return a, nil
	}
	items, err := mergeSort(r, a.Items, func(x, y Value) (bool, error) { return r.after(n, x, y, env, env) })
	return NewArray(items...), err
}

// after reports whether a comes after b.
func (r *run) after(n *node, a, b Value, envA, envB *frame) (bool, error) {
	for i := range n.terms {
		t := &n.terms[i]
		x, err := r.eval(t.expr, a, envA)
		if err != nil {
			return false, err
		}
		y, err := r.eval(t.expr, b, envB)
		if err != nil {
			return false, err
		}
		switch {
		case x == nil && y == nil:
			continue
		case x == nil: // nothing comes last, in either direction
			return true, nil
		case y == nil:
			return false, nil
		}
		for _, v := range []Value{x, y} {
			if _, isText := v.(string); !isText && !isNumber(v) {
				return false, fail("T2008", "an order is by numbers or texts, not "+show(v), "")
			}
		}
		if isNumber(x) != isNumber(y) {
			return false, fail("T2007", "an order cannot compare "+show(x)+" and "+show(y), "make both numbers or both texts")
		}
		if c := order(x, y); c != 0 {
			return (c > 0) != t.descending, nil
		}
	}
	return false, nil
}

// mergeSort sorts stably. Whatever the comparison answers, it ends.
func mergeSort[T any](r *run, items []T, after func(a, b T) (bool, error)) ([]T, error) {
	if len(items) <= 1 {
		return items, nil
	}
	left, err := mergeSort(r, items[:len(items)/2], after)
	if err != nil {
		return nil, err
	}
	right, err := mergeSort(r, items[len(items)/2:], after)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, len(items))
	for len(left) > 0 && len(right) > 0 {
		later, err := after(left[0], right[0])
		if err != nil {
			return nil, err
		}
		if later {
			out, right = append(out, right[0]), right[1:]
		} else {
			out, left = append(out, left[0]), left[1:]
		}
	}
	return append(append(out, left...), right...), r.pay(len(items))
}
