package jsonata

import (
	"context"
	"slices"
)

// Edits is what a recognised expression does to an object: it keeps its members
// or begins with none, removes some, and sets some. Whoever carries edits out
// natively must compare what comes out: a recognised expression is read by its
// form only.
type Edits struct {
	// At is the path of the object within the input; empty for the input.
	At []string
	// Keep says that members that are not named stay.
	Keep bool
	// Drop are the members that go, in order.
	Drop []string
	// Set are the members that are set, in order. Their values are taken from
	// the object as it was before.
	Set []Setting
}

// Setting sets one member: to the value at a path, a literal, or an object.
type Setting struct {
	Name    string
	Path    []string
	Literal string // as JSON, if Path and Fields are nil
	Fields  []Setting
}

// Edits recognises the idioms that migrations are written in; nil if the
// expression is none of them:
//
//	$merge([$sift($, function($v, $k) {$k != 'a'}), {'b': a}])
//	$merge([$, {...}])
//	$ ~> |path|{...}, ['a']|
//	$sift($, function($v, $k) {...})
//	{'a': a, ...}
func (e *Expression) Edits() []Edits {
	n := plain(e.root)
	switch {
	case n == nil:
		return nil
	case n.kind == objectNode:
		set, ok := settings(n)
		if !ok {
			return nil
		}
		return []Edits{{Set: set}}
	case n.kind == applyNode:
		return transforms(n)
	case isCall(n, "merge", 1):
		return merged(n.list[0])
	case isCall(n, "sift", 2):
		if drop, ok := sifted(n); ok {
			return []Edits{{Keep: true, Drop: drop}}
		}
	}
	return nil
}

// plain unwraps parentheses; nil if there are filters or the like.
func plain(n *node) *node {
	for n != nil && n.kind == blockNode && len(n.list) == 1 && bare(n) {
		n = n.list[0]
	}
	if n == nil || !bare(n) {
		return nil
	}
	return n
}

func bare(n *node) bool {
	return len(n.predicates) == 0 && len(n.stages) == 0 && n.group == nil && !n.keep && !n.tuple && n.focus == "" && n.index == "" && !n.single
}

func isCall(n *node, name string, arguments int) bool {
	return n.kind == callNode && n.left.kind == variableNode && n.left.text == name && bare(n.left) && len(n.list) == arguments
}

// isContext reports whether a node is the input: $ or $$.
func isContext(n *node) bool {
	n = plain(n)
	return n != nil && n.kind == variableNode && (n.text == "" || n.text == "$")
}

// merged recognises the list of a $merge.
func merged(list *node) []Edits {
	list = plain(list)
	if list == nil || list.kind != arrayNode || len(list.list) == 0 {
		return nil
	}
	e := Edits{Keep: true}
	switch first := plain(list.list[0]); {
	case first == nil:
		return nil
	case isContext(first):
	case isCall(first, "sift", 2):
		drop, ok := sifted(first)
		if !ok {
			return nil
		}
		e.Drop = drop
	default:
		return nil
	}
	for _, x := range list.list[1:] {
		x = plain(x)
		if x == nil || x.kind != objectNode {
			return nil
		}
		set, ok := settings(x)
		if !ok {
			return nil
		}
		for _, s := range set {
			e.Set = slices.DeleteFunc(e.Set, func(o Setting) bool { return o.Name == s.Name })
			e.Set = append(e.Set, s)
		}
	}
	return []Edits{e}
}

// sifted recognises a $sift by the names of members.
func sifted(n *node) (drop []string, ok bool) {
	f := plain(n.list[1])
	if !isContext(n.list[0]) || f == nil || f.kind != lambdaNode || len(f.params) != 2 || f.signature != nil {
		return nil, false
	}
	return dropped(f.left, f.params[1])
}

// dropped recognises a condition that is false for some names only.
func dropped(n *node, key string) ([]string, bool) {
	n = plain(n)
	isKey := func(x *node) bool {
		x = plain(x)
		return x != nil && x.kind == variableNode && x.text == key
	}
	switch {
	case n == nil:
	case n.kind == binaryNode && n.text == "and":
		left, ok := dropped(n.left, key)
		right, ok2 := dropped(n.right, key)
		return append(left, right...), ok && ok2
	case n.kind == binaryNode && n.text == "!=":
		for _, x := range [][2]*node{{n.left, n.right}, {n.right, n.left}} {
			if name, ok := textOf(x[1]); ok && isKey(x[0]) {
				return []string{name}, true
			}
		}
	case isCall(n, "not", 1):
		return only(n.list[0], isKey)
	}
	return nil, false
}

// only recognises a condition that is true for some names only.
func only(n *node, isKey func(*node) bool) ([]string, bool) {
	n = plain(n)
	if n == nil || n.kind != binaryNode || !isKey(n.left) {
		return nil, false
	}
	switch n.text {
	case "=":
		name, ok := textOf(n.right)
		return []string{name}, ok
	case "in":
		return texts(n.right)
	}
	return nil, false
}

func textOf(n *node) (string, bool) {
	n = plain(n)
	if n == nil || !n.isLiteral() {
		return "", false
	}
	s, ok := n.value.(string)
	return s, ok
}

// texts recognises a text or a list of texts.
func texts(n *node) ([]string, bool) {
	if s, ok := textOf(n); ok {
		return []string{s}, true
	}
	n = plain(n)
	if n == nil || n.kind != arrayNode {
		return nil, false
	}
	var out []string
	for _, x := range n.list {
		s, ok := textOf(x)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// transforms recognises $ ~> |...| ~> |...|.
func transforms(n *node) []Edits {
	var before []Edits
	switch left := plain(n.left); {
	case left == nil:
		return nil
	case left.kind == applyNode:
		if before = transforms(left); before == nil {
			return nil
		}
	case !isContext(left):
		return nil
	}
	t := plain(n.right)
	if t == nil || t.kind != transformNode {
		return nil
	}
	e := Edits{Keep: true}
	if !isContext(t.left) {
		path, ok := pathOf(t.left)
		if !ok {
			return nil
		}
		e.At = path
	}
	update := plain(t.right)
	if update == nil || update.kind != objectNode {
		return nil
	}
	set, ok := settings(update)
	if ok && t.other != nil {
		e.Drop, ok = texts(t.other)
	}
	if !ok {
		return nil
	}
	// The removal comes after the update: a member that is set and removed goes.
	e.Set = slices.DeleteFunc(set, func(s Setting) bool { return slices.Contains(e.Drop, s.Name) })
	return append(before, e)
}

// settings recognises the members of an object.
func settings(n *node) ([]Setting, bool) {
	var out []Setting
	for _, p := range n.pairs {
		name, ok := textOf(p[0])
		if !ok || slices.ContainsFunc(out, func(s Setting) bool { return s.Name == name }) {
			return nil, false
		}
		s, ok := setting(p[1])
		if !ok {
			return nil, false
		}
		s.Name = name
		out = append(out, s)
	}
	return out, true
}

func setting(n *node) (Setting, bool) {
	n = plain(n)
	switch {
	case n == nil:
		return Setting{}, false
	case n.isLiteral():
		r := run{ctx: context.Background(), limits: DefaultLimits()}
		p := printer{run: &r}
		err := p.value(n.value, 0)
		return Setting{Literal: string(p.out)}, err == nil
	case n.kind == objectNode && len(n.pairs) > 0:
		fields, ok := settings(n)
		return Setting{Fields: fields}, ok
	case n.kind == arrayNode && len(n.list) == 0:
		return Setting{Literal: "[]"}, true
	}
	path, ok := pathOf(n)
	return Setting{Path: path}, ok
}

// pathOf recognises a path of names, with or without $ before it.
func pathOf(n *node) ([]string, bool) {
	n = plain(n)
	if n == nil || n.kind != pathNode {
		return nil, false
	}
	var out []string
	for i, step := range n.list {
		switch {
		case !bare(step):
			return nil, false
		case i == 0 && step.kind == variableNode && step.text == "" && len(n.list) > 1:
		case step.kind == nameNode:
			out = append(out, step.text)
		default:
			return nil, false
		}
	}
	return out, len(out) > 0
}
