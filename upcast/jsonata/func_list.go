package jsonata

import "math/big"

func defineLists() {
	define("count", "<a:n>", 1, func(c *call) (Value, error) {
		if a, ok := c.args[0].(*Array); ok {
			return int64(len(a.Items)), nil
		}
		return int64(0), nil
	})
	define("append", "<xx:a>", 2, func(c *call) (Value, error) { return c.join(c.args[0], c.args[1]) })
	define("reverse", "<a:a>", 1, func(c *call) (Value, error) {
		a, ok := c.args[0].(*Array)
		if !ok || len(a.Items) <= 1 {
			return c.args[0], nil
		}
		out := make([]Value, len(a.Items))
		for i, item := range a.Items {
			out[len(out)-1-i] = item
		}
		return NewArray(out...), c.pay(len(out))
	})
	define("distinct", "<x:x>", 1, distinct)
	define("zip", "<a+>", 0, zip)
	define("sort", "<af?:a>", 2, sortList)
}

func zip(c *call) (Value, error) {
	n := -1
	for _, v := range c.args {
		size := 0
		if a, ok := v.(*Array); ok {
			size = len(a.Items)
		}
		if n < 0 || size < n {
			n = size
		}
	}
	out := NewArray()
	for i := range max(n, 0) {
		row := NewArray()
		for _, v := range c.args {
			row.Items = append(row.Items, v.(*Array).Items[i])
		}
		out.Items = append(out.Items, row)
		if err := c.pay(len(c.args)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// distinct keeps the first of equal values.
func distinct(c *call) (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok || len(a.Items) <= 1 {
		return c.args[0], nil
	}
	out := &Array{sequence: a.sequence}
	scalars := map[Value]bool{}
	var rest []Value
	for _, item := range a.Items {
		if k, ok := scalar(item); ok {
			if !scalars[k] {
				scalars[k] = true
				out.Items = append(out.Items, item)
			}
			continue
		}
		seen := false
		for i := 0; i < len(rest) && !seen; i++ {
			var err error
			if seen, err = c.equal(item, rest[i]); err != nil {
				return nil, err
			}
		}
		if !seen {
			rest, out.Items = append(rest, item), append(out.Items, item)
		}
	}
	return out, c.pay(len(a.Items))
}

// scalar is a key that is the same for equal values without parts.
func scalar(v Value) (Value, bool) {
	switch v := v.(type) {
	case *Array, *Object:
		return nil, false
	case *big.Int:
		return [1]string{v.String()}, true // no text is equal to a number
	case *Decimal:
		return normalFloat(v.value), true
	}
	return v, true
}

func sortList(c *call) (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok || len(a.Items) <= 1 {
		return c.args[0], nil
	}
	after := func(x, y Value) (bool, error) {
		v, err := c.apply(c.args[1], "", []Value{x, y}, Null, c.env)
		if err != nil {
			return false, err
		}
		return c.truth(v)
	}
	if c.args[1] == nil {
		for _, item := range a.Items {
			_, isText := item.(string)
			_, firstIsText := a.Items[0].(string)
			if isText != firstIsText || !isText && !isNumber(item) {
				return nil, fail("D3070", "$sort is applied to a list that is neither all numbers nor all texts", "give it a function that compares two items")
			}
		}
		after = func(x, y Value) (bool, error) { return order(x, y) > 0, nil }
	}
	items, err := mergeSort(c.run, a.Items, after)
	return NewArray(items...), err
}
