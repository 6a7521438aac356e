package jsonata

// lookup is the member of an object, or those of the objects in a list.
func (r *run) lookup(input Value, key string) (Value, error) {
	switch input := input.(type) {
	case *Object:
		return input.Get(key), nil
	case *Array:
		if err := r.enter(); err != nil {
			return nil, err
		}
		defer r.leave()
		out := sequenceOf()
		for _, item := range input.Items {
			v, err := r.lookup(item, key)
			if err != nil {
				return nil, err
			}
			if a, ok := v.(*Array); ok {
				out.Items = append(out.Items, a.Items...)
				err = r.pay(len(a.Items))
			} else if v != nil {
				out.Items = append(out.Items, v)
			}
			if err != nil {
				return nil, err
			}
		}
		return out, r.pay(len(input.Items))
	}
	return nil, nil
}

// wildcard is the values of all members.
func (r *run) wildcard(input Value) (Value, error) {
	if a, ok := input.(*Array); ok && a.outer && len(a.Items) > 0 {
		input = a.Items[0]
	}
	out := sequenceOf()
	var members []Member
	switch x := input.(type) {
	case *Object:
		members = x.members
	case *Array:
		for _, item := range x.Items {
			members = append(members, Member{Value: item})
		}
	}
	for _, m := range members {
		a, ok := m.Value.(*Array)
		if !ok {
			out.Items = append(out.Items, m.Value)
			continue
		}
		flat, err := r.flat(nil, a)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, flat...)
		out.sequence = false // joined with a list it is a list
	}
	return out, r.pay(len(out.Items))
}

// flat appends the items of a list and of the lists within.
func (r *run) flat(dst []Value, v Value) ([]Value, error) {
	a, ok := v.(*Array)
	if !ok {
		return append(dst, v), r.pay(1)
	}
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.leave()
	var err error
	for _, item := range a.Items {
		if dst, err = r.flat(dst, item); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// descendants is a value and all values below.
func (r *run) descendants(input Value) (Value, error) {
	if input == nil {
		return nil, nil
	}
	out := sequenceOf()
	if err := r.descend(out, input); err != nil {
		return nil, err
	}
	if len(out.Items) == 1 {
		return out.Items[0], nil
	}
	return out, nil
}

func (r *run) descend(out *Array, v Value) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	a, isList := v.(*Array)
	if !isList {
		out.Items = append(out.Items, v)
	} else {
		for _, item := range a.Items {
			if err := r.descend(out, item); err != nil {
				return err
			}
		}
	}
	if o, ok := v.(*Object); ok {
		for _, m := range o.members {
			if err := r.descend(out, m.Value); err != nil {
				return err
			}
		}
	}
	return nil
}
