package jsonata

import "fmt"

// transform copies a value and changes the parts of the copy that a pattern
// finds. What it was copied from stays as it is.
func (r *run) transform(f *transformer, args []Value) (Value, error) {
	var input Value
	if len(args) > 0 {
		input = args[0]
	}
	switch input.(type) {
	case nil:
		return nil, nil
	case *Object, *Array:
	default:
		return nil, fail("T0410", "a transform is applied to "+show(input), "it changes objects and lists")
	}
	if clone := f.env.lookup("clone"); clone != nil && !isFunction(clone) {
		return nil, fail("T2013", "$clone is no function any more", "give the variable another name")
	}
	own := map[*Object]bool{}
	out, err := r.clone(input, own)
	if err != nil {
		return nil, err
	}
	matches, err := r.eval(f.n.left, out, f.env)
	if matches == nil || err != nil {
		return out, err
	}
	list, ok := matches.(*Array)
	if !ok {
		list = NewArray(matches)
	}
	for _, m := range list.Items {
		if err := r.change(f, m, own); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// change updates one part. Only parts of the copy can be changed: a pattern may
// find others, through $$ or a variable, and those belong to the input.
func (r *run) change(f *transformer, match Value, own map[*Object]bool) error {
	update, err := r.eval(f.n.right, match, f.env)
	if err != nil {
		return err
	}
	o, isObject := match.(*Object)
	mine := isObject && own[o]
	if update != nil {
		u, ok := update.(*Object)
		if !ok {
			return failAt("T2011", f.n.right.pos, "the update of a transform is "+show(update)+", not an object", "")
		}
		if !isObject && u.Len() > 0 {
			return failAt("X1004", f.n.left.pos, "the pattern of a transform finds "+show(match)+", which has no members", "let the pattern find objects")
		}
		for _, m := range u.members {
			if mine {
				o.Set(m.Key, m.Value)
			}
		}
		if err := r.pay(u.Len()); err != nil {
			return err
		}
	}
	if f.n.other == nil {
		return nil
	}
	names, err := r.eval(f.n.other, match, f.env)
	if names == nil || err != nil {
		return err
	}
	list, ok := names.(*Array)
	if !ok {
		list = NewArray(names)
	}
	for _, name := range list.Items {
		if _, ok := name.(string); !ok {
			return failAt("T2012", f.n.other.pos, fmt.Sprintf("the names that a transform removes are %s", show(names)), "give a text or a list of texts")
		}
	}
	for _, name := range list.Items {
		if mine {
			if err := r.pay(o.Len()); err != nil {
				return err
			}
			o.Delete(name.(string))
		}
	}
	return nil
}

// clone copies a value deeply and notes the objects of the copy.
func (r *run) clone(v Value, own map[*Object]bool) (Value, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.leave()
	switch v := v.(type) {
	case *Array:
		out := &Array{Items: make([]Value, len(v.Items))}
		for i, item := range v.Items {
			var err error
			if out.Items[i], err = r.clone(item, own); err != nil {
				return nil, err
			}
		}
		return out, nil
	case *Object:
		out := NewObject(v.Len())
		own[out] = true
		for _, m := range v.members {
			x, err := r.clone(m.Value, own)
			if err != nil {
				return nil, err
			}
			out.Set(m.Key, x)
		}
		return out, nil
	}
	if isFunction(v) {
		return "", nil // as in a text
	}
	return v, nil
}
