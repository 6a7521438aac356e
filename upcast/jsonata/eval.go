package jsonata

import (
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
)

// eval evaluates a node with a context and its variables.
func (r *run) eval(n *node, input Value, env *frame) (Value, error) {
	if err := r.enter(); err != nil {
		return nil, at(err, n)
	}
	v, err := r.form(n, input, env)
	for i := 0; err == nil && i < len(n.predicates); i++ {
		v, err = r.filter(n.predicates[i].filter, v, env)
	}
	if err == nil && n.group != nil && n.kind != pathNode {
		v, err = r.group(n.group, v, env)
	}
	r.leave()
	if err != nil {
		return nil, at(err, n)
	}
	if a, ok := v.(*Array); ok && a.sequence {
		return settle(a, n.keep), nil
	}
	return v, nil
}

// settle gives what a sequence is outside of its path: nothing, its only item,
// or a list.
func settle(a *Array, keep bool) Value {
	if keep && !a.keep {
		kept := *a
		kept.keep = true
		a = &kept
	}
	switch len(a.Items) {
	case 0:
		return nil
	case 1:
		if !a.keep {
			return a.Items[0]
		}
	}
	return a
}

func (r *run) form(n *node, input Value, env *frame) (Value, error) {
	switch n.kind {
	case pathNode:
		return r.path(n, input, env)
	case literalNode, regexNode:
		return n.value, nil
	case nameNode:
		return r.lookup(input, n.text)
	case variableNode:
		if n.text != "" {
			return env.lookup(n.text), nil
		}
		if a, ok := input.(*Array); ok && a.outer {
			return a.Items[0], nil
		}
		return input, nil
	case wildcardNode:
		return r.wildcard(input)
	case descendNode:
		return r.descendants(input)
	case parentNode:
		return env.lookup(n.slot.label), nil
	case binaryNode:
		return r.binary(n, input, env)
	case negateNode:
		return r.negate(n, input, env)
	case arrayNode:
		return r.list(n, input, env)
	case objectNode:
		return r.group(n, input, env)
	case conditionNode, orElseNode, orNothingNode:
		return r.condition(n, input, env)
	case blockNode:
		return r.block(n, input, env)
	case bindNode:
		v, err := r.eval(n.right, input, env)
		if err == nil {
			env.bind(n.text, v)
		}
		return v, err
	}
	return r.function(n, input, env)
}

// function evaluates the nodes that make or call functions.
func (r *run) function(n *node, input Value, env *frame) (Value, error) {
	switch n.kind {
	case lambdaNode:
		return &lambda{params: n.params, signature: n.signature, body: n.left, input: input, env: env}, nil
	case callNode:
		if n.tail {
			return &thunk{call: n, input: input, env: env}, nil
		}
		return r.call(n, nil, false, input, env)
	case partialNode:
		return r.partial(n, input, env)
	case applyNode:
		return r.applyTo(n, input, env)
	case transformNode:
		return &transformer{n, env}, nil
	}
	return nil, fail("S0201", "the expression cannot be evaluated", "")
}

func (r *run) block(n *node, input Value, env *frame) (v Value, err error) {
	scope := &frame{parent: env}
	for _, x := range n.list {
		if v, err = r.eval(x, input, scope); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (r *run) condition(n *node, input Value, env *frame) (Value, error) {
	v, err := r.eval(n.left, input, env)
	if err != nil {
		return nil, err
	}
	yes := v != nil
	if n.kind != orNothingNode {
		if yes, err = r.truth(v); err != nil {
			return nil, err
		}
	}
	switch {
	case n.kind == conditionNode && yes:
		return r.eval(n.right, input, env)
	case n.kind == conditionNode && n.other == nil:
		return nil, nil
	case n.kind == conditionNode:
		return r.eval(n.other, input, env)
	case yes:
		return v, nil
	}
	return r.eval(n.right, input, env)
}

func (r *run) negate(n *node, input Value, env *frame) (Value, error) {
	v, err := r.eval(n.left, input, env)
	if v == nil || err != nil {
		return nil, err
	}
	if !isNumber(v) {
		return nil, fail("D1002", show(v)+" is no number and cannot be negated", "")
	}
	return arithmetic('-', int64(0), v)
}

// list evaluates a list as it is written: lists within are joined in, unless
// they are written as lists themselves.
func (r *run) list(n *node, input Value, env *frame) (Value, error) {
	out := &Array{cons: n.cons, Items: make([]Value, 0, len(n.list))}
	for _, x := range n.list {
		v, err := r.eval(x, input, env)
		if err != nil {
			return nil, err
		}
		a, isList := v.(*Array)
		switch {
		case v == nil:
			continue
		case isList && x.kind != arrayNode:
			out.Items = append(out.Items, a.Items...)
			err = r.pay(len(a.Items))
		default:
			out.Items = append(out.Items, v)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *run) binary(n *node, input Value, env *frame) (Value, error) {
	left, err := r.eval(n.left, input, env)
	if err != nil {
		return nil, err
	}
	if n.text == "and" || n.text == "or" {
		v, err := r.truth(left)
		if err != nil || v == (n.text == "or") {
			return v, err
		}
		right, err := r.eval(n.right, input, env)
		if err != nil {
			return nil, err
		}
		return boolValue(r.truth(right))
	}
	right, err := r.eval(n.right, input, env)
	if err != nil {
		return nil, err
	}
	switch n.text {
	case "+", "-", "*", "/", "%":
		return numeric(n.text, left, right)
	case "=", "!=":
		if left == nil || right == nil {
			return false, nil
		}
		same, err := r.equal(left, right)
		return same == (n.text == "="), err
	case "&":
		return r.concat(left, right)
	case "..":
		return r.numbers(left, right)
	case "in":
		return r.contains(left, right)
	}
	return compare(n.text, left, right)
}

func boolValue(b bool, err error) (Value, error) { return b, err }

func numeric(op string, left, right Value) (Value, error) {
	for i, v := range []Value{left, right} {
		if v != nil && !isNumber(v) {
			side := [...]string{"left", "right"}[i]
			return nil, fail([...]string{"T2001", "T2002"}[i], fmt.Sprintf("the %s side of %s is %s, not a number", side, op, show(v)), "$number makes a number of a text")
		}
	}
	if left == nil || right == nil {
		return nil, nil
	}
	return arithmetic(op[0], left, right)
}

// compare orders two numbers or two texts.
func compare(op string, left, right Value) (Value, error) {
	for _, v := range []Value{left, right} {
		if _, isText := v.(string); v != nil && !isText && !isNumber(v) {
			return nil, fail("T2010", fmt.Sprintf("%s compares numbers or texts, not %s", op, show(v)), "")
		}
	}
	if left == nil || right == nil {
		return nil, nil
	}
	if isNumber(left) != isNumber(right) {
		return nil, fail("T2009", fmt.Sprintf("%s cannot compare %s and %s", op, show(left), show(right)), "compare two numbers or two texts")
	}
	c := order(left, right)
	switch op {
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

func (r *run) concat(left, right Value) (Value, error) {
	a, err := r.text(left, false)
	if err != nil {
		return nil, err
	}
	b, err := r.text(right, false)
	if err != nil {
		return nil, err
	}
	return a + b, r.pay((len(a) + len(b)) / bytesAStep)
}

// numbers is the range of integers from left to right.
func (r *run) numbers(left, right Value) (Value, error) {
	for i, v := range []Value{left, right} {
		if _, ok := small(v); v != nil && !ok {
			side := [...]string{"left", "right"}[i]
			return nil, fail([...]string{"T2003", "T2004"}[i], fmt.Sprintf("the %s side of .. is %s, not an integer", side, show(v)), "")
		}
	}
	if left == nil || right == nil {
		return nil, nil
	}
	from, _ := small(left)
	to, _ := small(right)
	if from > to {
		return nil, nil
	}
	size := uint64(to) - uint64(from) // one less, so that it cannot overflow
	if size >= uint64(r.limits.Steps) {
		return nil, over("D2014", "jsonata-steps", int64(min(size, 1<<62)), int64(r.limits.Steps), "a range is too long")
	}
	if err := r.pay(int(size) + 1); err != nil {
		return nil, err
	}
	out := sequenceOf(make([]Value, size+1)...)
	for i := range out.Items {
		out.Items[i] = from + int64(i)
	}
	return out, nil
}

// contains is the operator "in": objects and lists are in a list if they are the
// very same.
func (r *run) contains(left, right Value) (Value, error) {
	if left == nil || right == nil {
		return false, nil
	}
	items := []Value{right}
	if a, ok := right.(*Array); ok {
		items = a.Items
	}
	for _, item := range items {
		if item == left || isNumber(item) && isNumber(left) && compareNumbers(item, left) == 0 {
			return true, nil
		}
	}
	return false, r.pay(len(items))
}

// order compares two numbers or two texts.
func order(a, b Value) int {
	if x, ok := a.(string); ok {
		return jsonx.CompareUTF16(x, b.(string))
	}
	return compareNumbers(a, b)
}
