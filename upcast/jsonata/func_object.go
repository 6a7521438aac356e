package jsonata

func defineObjects() {
	define("keys", "<x-:a<s>>", 1, func(c *call) (Value, error) {
		out := sequenceOf()
		err := c.keys(c.args[0], out, map[string]bool{})
		return out, err
	})
	define("lookup", "<x-s:x>", 2, func(c *call) (Value, error) {
		key, ok := c.args[1].(string)
		if !ok {
			return nil, nil
		}
		return c.lookup(c.args[0], key)
	})
	define("spread", "<x-:a<o>>", 1, func(c *call) (Value, error) { return c.spread(c.args[0]) })
	define("merge", "<a<o>:o>", 1, merge)
	define("sift", "<o-f?:o>", 2, sift)
	define("each", "<o-f:a>", 2, each)
}

// keys collects the names of members, of all objects in a list.
func (c *call) keys(v Value, out *Array, seen map[string]bool) error {
	if err := c.enter(); err != nil {
		return err
	}
	defer c.leave()
	switch v := v.(type) {
	case *Array:
		for _, item := range v.Items {
			if err := c.keys(item, out, seen); err != nil {
				return err
			}
		}
	case *Object:
		for _, m := range v.members {
			if !seen[m.Key] {
				seen[m.Key] = true
				out.Items = append(out.Items, m.Key)
			}
		}
		return c.pay(v.Len())
	}
	return nil
}

// spread makes an object of each member.
func (c *call) spread(v Value) (Value, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	switch v := v.(type) {
	case *Array:
		var out collector
		for _, item := range v.Items {
			s, err := c.spread(item)
			if a, ok := s.(*Array); ok {
				s = NewArray(a.Items...)
			} else if s != nil {
				s = NewArray(s)
			}
			if err == nil {
				err = out.add(c.run, s)
			}
			if err != nil {
				return nil, err
			}
		}
		return out.value, nil
	case *Object:
		out := sequenceOf()
		for _, m := range v.members {
			o := NewObject(1)
			o.Set(m.Key, m.Value)
			out.Items = append(out.Items, o)
		}
		return out, c.pay(v.Len())
	}
	return v, nil
}

// merge joins objects; of two members of one name the later gives the value.
func merge(c *call) (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok {
		return nil, nil
	}
	out := NewObject(0)
	for _, item := range a.Items {
		o, ok := item.(*Object)
		if !ok {
			continue // the signature lets an empty list through only
		}
		for _, m := range o.members {
			out.Set(m.Key, m.Value)
		}
		if err := c.pay(o.Len()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sift keeps the members for which a function holds; none is nothing.
func sift(c *call) (Value, error) {
	o, ok := c.args[0].(*Object)
	if !ok {
		return nil, nil
	}
	if c.args[1] == nil {
		return nil, fail("T0410", "$sift has no function", "")
	}
	out := NewObject(o.Len())
	for _, m := range o.members {
		v, err := c.with(c.args[1], m.Value, m.Key, o)
		if err != nil {
			return nil, err
		}
		keep, err := c.truth(v)
		if err != nil {
			return nil, err
		}
		if keep {
			out.Set(m.Key, m.Value)
		}
	}
	if out.Len() == 0 {
		return nil, nil
	}
	return out, nil
}

func each(c *call) (Value, error) {
	o, ok := c.args[0].(*Object)
	out := sequenceOf()
	if !ok {
		return out, nil
	}
	for _, m := range o.members {
		v, err := c.with(c.args[1], m.Value, m.Key, o)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.Items = append(out.Items, v)
		}
	}
	return out, nil
}
