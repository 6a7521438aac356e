package jsonata

import (
	"fmt"
	"strconv"
)

// resolver makes paths of what the parser built, attaches filters, groups and
// variables to the steps that they belong to, and finds for every % the step
// whose context it stands for. It builds new nodes: the tree of the parser may
// hold a part in two places.
type resolver struct {
	slots int
	err   error
}

func (r *resolver) fail(code string, pos int, what, hint string) {
	if r.err == nil {
		r.err = failAt(code, pos, what, hint)
	}
}

// expression resolves a node.
func (r *resolver) expression(n *node) *node {
	if r.err != nil {
		return n
	}
	out := r.form(n)
	if n.keep {
		out.keep = true
	}
	return out
}

func (r *resolver) form(n *node) *node {
	switch n.kind {
	case dotNode:
		return r.dot(n)
	case filterNode:
		return r.filter(n)
	case groupNode:
		return r.groupBy(n)
	case orderNode:
		return r.order(n)
	case focusNode, indexNode:
		return r.variable(n)
	case nameNode:
		step := *n
		return &node{kind: pathNode, pos: n.pos, list: []*node{&step}, single: n.keep}
	case endNode:
		r.fail("S0207", n.pos, "the expression ends too early", "")
		return n
	case parentNode:
		out := *n
		out.slot = &slot{label: "!" + strconv.Itoa(r.slots), level: 1}
		r.slots++
		return &out
	case negateNode:
		return r.negate(n)
	case applyNode:
		out := r.parts(n)
		out.keep = out.left.keep || out.right.keep
		return out
	case lambdaNode:
		out := *n
		out.left = tailCalls(r.expression(n.left))
		return &out
	case blockNode:
		out := r.parts(n)
		for _, part := range out.list {
			if part.cons || part.kind == pathNode && part.list[0].cons {
				out.cons = true
			}
		}
		return out
	}
	return r.parts(n)
}

// parts resolves the parts of a node that stays what it is.
func (r *resolver) parts(n *node) *node {
	out := *n
	lift := n.kind != transformNode && n.kind != applyNode
	part := func(x *node) *node {
		if x == nil {
			return nil
		}
		x = r.expression(x)
		if lift {
			out.seek(x)
		}
		return x
	}
	out.list = make([]*node, len(n.list))
	for i, x := range n.list {
		out.list[i] = part(x)
	}
	out.pairs = make([][2]*node, len(n.pairs))
	for i, x := range n.pairs {
		out.pairs[i] = [2]*node{part(x[0]), part(x[1])}
	}
	if n.kind == callNode || n.kind == partialNode {
		lift = false // what is called has no context to seek
	}
	out.left, out.right, out.other = part(n.left), part(n.right), part(n.other)
	return &out
}

func (r *resolver) negate(n *node) *node {
	inner := r.expression(n.left)
	if inner.isLiteral() && isNumber(inner.value) && len(inner.predicates) == 0 && inner.group == nil {
		out := *inner
		out.pos = n.pos
		out.value, _ = arithmetic('-', int64(0), inner.value) // in range, as it was
		return &out
	}
	out := *n
	out.left = inner
	out.seek(inner)
	return &out
}

// seek takes over the parents that a part is still seeking.
func (n *node) seek(part *node) {
	n.seeking = append(n.seeking, part.seeking...)
	if part.kind == parentNode {
		n.seeking = append(n.seeking, part.slot)
	}
}

func (r *resolver) dot(n *node) *node {
	first := r.expression(n.left)
	path := first
	if first.kind != pathNode {
		path = &node{kind: pathNode, pos: first.pos, list: []*node{first}}
	}
	if first.kind == parentNode {
		path.seeking = []*slot{first.slot}
	}
	rest := r.expression(n.right)
	if rest.kind == pathNode {
		path.list = append(path.list, rest.list...)
	} else {
		rest.stages, rest.predicates = append(rest.stages, rest.predicates...), nil
		path.list = append(path.list, rest)
	}
	for _, step := range path.list {
		if step.isLiteral() {
			name, ok := step.value.(string)
			if !ok {
				r.fail("S0213", step.pos, fmt.Sprintf("%s cannot be a step of a path", show(step.value)), "quote the name with backquotes")
				return path
			}
			step.kind, step.text = nameNode, name
		}
		if step.keep {
			path.single = true
		}
	}
	if first := path.list[0]; first.kind == arrayNode {
		first.cons = true
	}
	if last := path.list[len(path.list)-1]; last.kind == arrayNode {
		last.cons = true
	}
	r.parents(path)
	return path
}

// last is the step that a filter or variable behind a value belongs to.
func last(n *node) *node {
	if n.kind == pathNode {
		return n.list[len(n.list)-1]
	}
	return n
}

func (r *resolver) filter(n *node) *node {
	out := r.expression(n.left)
	step := last(out)
	if step.group != nil || out.group != nil && out == step {
		r.fail("S0209", n.pos, "a filter cannot follow a grouping", "put the grouping in parentheses")
		return out
	}
	f := stage{filter: r.expression(n.right), pos: n.pos}
	for _, s := range f.filter.seeking {
		if s.level == 1 {
			r.seekParent(step, s)
		} else {
			s.level--
		}
	}
	step.seek(f.filter)
	if out.kind == pathNode {
		step.stages = append(step.stages, f)
	} else {
		step.predicates = append(step.predicates, f)
	}
	return out
}

func (r *resolver) groupBy(n *node) *node {
	out := r.expression(n.left)
	if out.group != nil {
		r.fail("S0210", n.pos, "a step has two groupings", "put the first in parentheses")
		return out
	}
	g := &node{kind: objectNode, pos: n.pos}
	for _, p := range n.pairs {
		g.pairs = append(g.pairs, [2]*node{r.expression(p[0]), r.expression(p[1])})
	}
	out.group = g
	return out
}

func (r *resolver) order(n *node) *node {
	out := r.expression(n.left)
	if out.kind != pathNode {
		out = &node{kind: pathNode, pos: out.pos, list: []*node{out}}
	}
	s := &node{kind: sortNode, pos: n.pos}
	for _, t := range n.terms {
		t.expr = r.expression(t.expr)
		s.seek(t.expr)
		s.terms = append(s.terms, t)
	}
	out.list = append(out.list, s)
	r.parents(out)
	return out
}

// variable attaches the variable of @ or # to its step.
func (r *resolver) variable(n *node) *node {
	out := r.expression(n.left)
	step := last(out)
	if n.kind == focusNode {
		switch {
		case len(step.stages) > 0 || len(step.predicates) > 0:
			r.fail("S0215", n.pos, "@ stands behind a filter", "bind the variable first, then filter")
		case step.kind == sortNode:
			r.fail("S0216", n.pos, "@ stands behind an order", "bind the variable first, then sort")
		}
		step.keep = step.keep || n.keep
		step.focus, step.tuple = n.text, true
		return out
	}
	if out.kind != pathNode {
		out = &node{kind: pathNode, pos: out.pos, list: []*node{out}}
		step.stages, step.predicates = append(step.stages, step.predicates...), nil
	}
	if len(step.stages) == 0 {
		step.index = n.text
	} else {
		step.stages = append(step.stages, stage{index: n.text, pos: n.pos})
	}
	step.tuple = true
	return out
}

// seekParent goes one step up for a slot and, if it has arrived, lets the step
// fill the slot.
func (r *resolver) seekParent(n *node, s *slot) {
	switch n.kind {
	case nameNode, wildcardNode:
		s.level--
		if s.level == 0 {
			if n.ancestor != nil {
				s.label = n.ancestor.label
			}
			n.ancestor, n.tuple = s, true
		}
	case parentNode:
		s.level++
	case blockNode:
		if len(n.list) > 0 {
			n.tuple = true
			r.seekParent(n.list[len(n.list)-1], s)
		}
	case pathNode:
		n.tuple = true
		i := len(n.list) - 1
		r.seekParent(n.list[i], s)
		for i--; s.level > 0 && i >= 0; i-- {
			r.seekParent(n.list[i], s)
		}
	default:
		r.fail("S0217", n.pos, "% stands for a parent that cannot be found", "write % behind a step by name, such as a.b.%.c")
	}
}

// parents finds the steps for the parents that the last step of a path seeks.
func (r *resolver) parents(path *node) {
	end := path.list[len(path.list)-1]
	slots := end.seeking
	if end.kind == parentNode {
		slots = append(slots[:len(slots):len(slots)], end.slot)
	}
	for _, s := range slots {
		i := len(path.list) - 2
		for s.level > 0 && r.err == nil {
			if i < 0 {
				path.seeking = append(path.seeking, s)
				break
			}
			step := path.list[i]
			i--
			// Steps that bind a variable leave the context as it was.
			for i >= 0 && step.focus != "" && path.list[i].focus != "" {
				step = path.list[i]
				i--
			}
			r.seekParent(step, s)
		}
	}
}

// tailCalls marks the calls that a function ends with. They are carried out when
// the function has returned, so that a recursion at the end needs no depth.
func tailCalls(n *node) *node {
	switch n.kind {
	case callNode:
		if len(n.predicates) == 0 && n.group == nil && !n.keep {
			n.tail = true
		}
	case conditionNode:
		if len(n.predicates) > 0 || n.group != nil || n.keep {
			break
		}
		n.right = tailCalls(n.right)
		if n.other != nil {
			n.other = tailCalls(n.other)
		}
	case blockNode:
		if len(n.list) > 0 && len(n.predicates) == 0 && n.group == nil && !n.keep {
			n.list[len(n.list)-1] = tailCalls(n.list[len(n.list)-1])
		}
	}
	return n
}
