package jsonata

import (
	"fmt"
)

// Functions are values too. These are all there are.

// lambda is a function that an expression defines.
type lambda struct {
	params    []string
	signature *signature
	body      *node
	input     Value
	env       *frame
}

// native is a function of the language.
type native struct {
	name      string
	signature *signature
	arity     int
	run       func(*call) (Value, error)
}

// bound is a function with some of its arguments given.
type bound struct {
	fn    Value
	args  []Value
	holes []int // indexes of the arguments that are not given
}

// composed is first, then second.
type composed struct{ first, second Value }

// transformer is |pattern|update,delete|.
type transformer struct {
	n   *node
	env *frame
}

// next is the function that finds the following match.
type next struct{ after *found }

// thunk is a call at the end of a function, which its caller carries out.
type thunk struct {
	call  *node
	input Value
	env   *frame
}

// call is what a native function is called with.
type call struct {
	*run
	name  string
	args  []Value
	input Value
	env   *frame
}

func isFunction(v Value) bool {
	switch v.(type) {
	case *lambda, *native, *bound, *composed, *transformer, *regex, *next:
		return true
	}
	return false
}

// arity is how many arguments a function takes.
func arity(v Value) int {
	switch v := v.(type) {
	case *lambda:
		return len(v.params)
	case *native:
		return v.arity
	case *bound:
		return len(v.holes)
	case *regex:
		return 2
	case *next:
		return 0
	}
	return 1
}

// call calls the function of a node. With a first argument it is what stands
// behind ~>.
func (r *run) call(n *node, first Value, applied bool, input Value, env *frame) (Value, error) {
	fn, err := r.callee(n, input, env, "T1005")
	if err != nil {
		return nil, err
	}
	args := make([]Value, 0, len(n.list)+1)
	if applied {
		args = append(args, first)
	}
	for _, x := range n.list {
		v, err := r.eval(x, input, env)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return r.apply(fn, nameOf(n.left), args, input, env)
}

// callee evaluates what stands before the arguments.
func (r *run) callee(n *node, input Value, env *frame, code string) (Value, error) {
	fn, err := r.eval(n.left, input, env)
	if err != nil {
		return nil, err
	}
	if name := nameOf(n.left); fn == nil && n.left.kind == pathNode && env.lookup(name) != nil {
		return nil, fail(code, fmt.Sprintf("%q is no function", clip(name)), fmt.Sprintf("did you mean $%s?", clip(name)))
	}
	return fn, nil
}

// nameOf is the name by which a function is called, for messages.
func nameOf(n *node) string {
	switch n.kind {
	case variableNode:
		return n.text
	case pathNode:
		return n.list[0].text
	}
	return ""
}

// apply calls a function, and the calls that it ends with.
func (r *run) apply(fn Value, name string, args []Value, input Value, env *frame) (Value, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.leave()
	v, err := r.once(fn, name, args, input, env)
	for {
		t, ok := v.(*thunk)
		if !ok || err != nil {
			return v, err
		}
		if err := r.pay(1); err != nil {
			return nil, err
		}
		if fn, err = r.eval(t.call.left, t.input, t.env); err != nil {
			return nil, err
		}
		args := make([]Value, 0, len(t.call.list))
		for _, x := range t.call.list {
			a, err := r.eval(x, t.input, t.env)
			if err != nil {
				return nil, err
			}
			args = append(args, a)
		}
		// The context is the one in which the function was defined.
		if v, err = r.once(fn, nameOf(t.call.left), args, t.input, t.env); err != nil {
			return nil, at(err, t.call)
		}
	}
}

// once calls a function.
func (r *run) once(fn Value, name string, args []Value, input Value, env *frame) (Value, error) {
	switch f := fn.(type) {
	case *lambda:
		args, err := f.signature.validate(name, args, input)
		if err != nil {
			return nil, err
		}
		scope := &frame{parent: f.env}
		for i, p := range f.params {
			var v Value
			if i < len(args) {
				v = args[i]
			}
			scope.bind(p, v)
		}
		return r.eval(f.body, f.input, scope)
	case *native:
		args, err := f.signature.validate(f.name, args, input)
		if err != nil {
			return nil, err
		}
		return f.run(&call{run: r, name: f.name, args: args, input: input, env: env})
	case *bound:
		all := append([]Value(nil), f.args...)
		for i, hole := range f.holes {
			if i < len(args) {
				all[hole] = args[i]
			}
		}
		return r.apply(f.fn, name, all, input, env)
	case *composed:
		v, err := r.apply(f.first, name, args[:min(1, len(args))], Null, env)
		if err != nil {
			return nil, err
		}
		return r.apply(f.second, name, []Value{v}, Null, env)
	case *transformer:
		return r.transform(f, args)
	case *regex:
		return r.matchValue(f, args)
	case *next:
		return r.nextValue(f)
	}
	if name != "" {
		return nil, fail("T1006", fmt.Sprintf("$%s is no function", clip(name)), "see the functions of JSONata 2 for what there is")
	}
	return nil, fail("T1006", show(fn)+" is no function and cannot be called", "")
}

// partial gives a function with some of its arguments.
func (r *run) partial(n *node, input Value, env *frame) (Value, error) {
	b := &bound{}
	for i, x := range n.list {
		if x.kind == holeNode {
			b.holes, b.args = append(b.holes, i), append(b.args, nil)
			continue
		}
		v, err := r.eval(x, input, env)
		if err != nil {
			return nil, err
		}
		b.args = append(b.args, v)
	}
	var err error
	if b.fn, err = r.callee(n, input, env, "T1007"); err != nil {
		return nil, err
	}
	if !isFunction(b.fn) {
		return nil, fail("T1008", show(b.fn)+" is no function and takes no arguments", "")
	}
	return b, nil
}

// applyTo evaluates left ~> right.
func (r *run) applyTo(n *node, input Value, env *frame) (Value, error) {
	left, err := r.eval(n.left, input, env)
	if err != nil {
		return nil, err
	}
	if n.right.kind == callNode && len(n.right.predicates) == 0 && n.right.group == nil {
		v, err := r.call(n.right, left, true, input, env)
		return v, at(err, n.right)
	}
	fn, err := r.eval(n.right, input, env)
	if err != nil {
		return nil, err
	}
	if !isFunction(fn) {
		return nil, fail("T2006", "the right side of ~> is "+show(fn)+", not a function", "")
	}
	if isFunction(left) {
		return &composed{left, fn}, nil
	}
	return r.apply(fn, nameOf(n.right), []Value{left}, Null, env)
}

// with calls a function that is an argument with as many of the values as it
// takes, and at least one.
func (c *call) with(fn Value, args ...Value) (Value, error) {
	n := min(max(arity(fn), 1), len(args))
	return c.apply(fn, "", args[:n], Null, c.env)
}

// matchValue is what a regular expression is as a function of a text.
func (r *run) matchValue(re *regex, args []Value) (Value, error) {
	if len(args) == 0 {
		return nil, nil
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, fail("T0410", "a regular expression is called with "+show(args[0])+", not a text", "")
	}
	f, err := r.match(re, text)
	if f == nil || err != nil {
		return nil, err
	}
	return r.matchObject(f), nil
}

func (r *run) nextValue(n *next) (Value, error) {
	f, err := r.following(n.after)
	if f == nil || err != nil {
		return nil, err
	}
	return r.matchObject(f), nil
}

// matchObject is a match as an object of the language. Positions count UTF-16
// units, as everywhere else.
func (r *run) matchObject(f *found) *Object {
	o := NewObject(5)
	start := units(f.text[:f.from])
	o.Set("match", f.text[f.from:f.to])
	o.Set("start", int64(start))
	o.Set("end", int64(start+units(f.text[f.from:f.to])))
	o.Set("groups", NewArray(f.groups...))
	o.Set("next", &next{f})
	return o
}

// units is the length of a text in UTF-16 units.
func units(s string) int {
	n := 0
	for _, c := range s {
		n++
		if c > 0xffff {
			n++
		}
	}
	return n
}
