package jsonata

func defineHigher() {
	define("map", "<af>", 2, func(c *call) (Value, error) {
		out := sequenceOf()
		done, err := c.every(func(item, v Value) error {
			if v != nil {
				out.Items = append(out.Items, v)
			}
			return nil
		})
		if !done {
			return nil, err
		}
		return out, err
	})
	define("filter", "<af>", 2, func(c *call) (Value, error) {
		out := sequenceOf()
		done, err := c.every(func(item, v Value) error {
			keep, err := c.truth(v)
			if keep {
				out.Items = append(out.Items, item)
			}
			return err
		})
		if !done {
			return nil, err
		}
		return out, err
	})
	define("single", "<af?>", 2, single)
	define("reduce", "<afj?:j>", 2, reduceList)
}

// every calls the function of the second argument for every item of the first,
// and do with what it gives. done is false without a list.
func (c *call) every(do func(item, v Value) error) (done bool, err error) {
	a, ok := c.args[0].(*Array)
	if !ok {
		return false, nil
	}
	for i, item := range a.Items {
		v, err := c.with(c.args[1], item, int64(i), a)
		if err == nil {
			err = do(item, v)
		}
		if err != nil {
			return true, err
		}
	}
	return true, nil
}

// single is the one item for which a function holds.
func single(c *call) (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok {
		return nil, nil
	}
	var found Value
	n := 0
	for i, item := range a.Items {
		fits := true
		if c.args[1] != nil {
			v, err := c.with(c.args[1], item, int64(i), a)
			if err != nil {
				return nil, err
			}
			if fits, err = c.truth(v); err != nil {
				return nil, err
			}
		}
		if !fits {
			continue
		}
		if n++; n > 1 {
			return nil, fail("D3138", "$single finds more than one item", "")
		}
		found = item
	}
	if n == 0 {
		return nil, fail("D3139", "$single finds no item", "")
	}
	return found, nil
}

func reduceList(c *call) (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok {
		return nil, nil
	}
	n := arity(c.args[1])
	if n < 2 {
		return nil, fail("D3050", "the function of $reduce takes fewer than two arguments", "it takes what there is so far, and an item")
	}
	result, from := c.args[2], 0
	if result == nil && len(a.Items) > 0 {
		result, from = a.Items[0], 1
	}
	for i := from; i < len(a.Items); i++ {
		var err error
		if result, err = c.with(c.args[1], result, a.Items[i], int64(i), a); err != nil {
			return nil, err
		}
	}
	return result, nil
}
