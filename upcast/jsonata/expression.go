package jsonata

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/schema"
)

// Expression is a parsed expression. It is immutable and safe for concurrent
// use.
type Expression struct {
	text   string
	root   *node
	limits Limits
	notes  []Note
}

// Parse reads an expression. Every error is an [*Error] with a place.
func Parse(text string, l Limits) (e *Expression, err error) {
	defer bug("jsonata.Parse", &err)
	l = l.filled()
	if len(text) > l.Text {
		return nil, over("X1007", "jsonata-text", int64(len(text)), int64(l.Text), "the expression is too long")
	}
	for i, c := range text {
		if c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return nil, located(failAt("X1011", i, fmt.Sprintf("byte 0x%02x of the expression is no UTF-8 text", text[i]), "send it as UTF-8"), text)
		}
	}
	p := parser{lexer: lexer{text: text, limits: l}, limits: l}
	p.read(false)
	root := p.expression(0)
	if p.err == nil && p.token.kind != tokenEnd {
		p.fail(failAt("S0201", p.token.pos, p.token.shown()+" is not expected here", ""))
	}
	if p.err != nil {
		return nil, located(p.err, text)
	}
	r := resolver{}
	root = r.expression(root)
	if r.err == nil && (root.kind == parentNode || len(root.seeking) > 0) {
		r.fail("S0217", root.pos, "% stands for a parent that cannot be found", "write % behind a step by name, such as a.b.%.c")
	}
	if r.err != nil {
		return nil, located(r.err, text)
	}
	e = &Expression{text: text, root: root, limits: l}
	e.note()
	return e, nil
}

// String is the text of the expression.
func (e *Expression) String() string { return e.text }

// Options are what an evaluation is given beside its input.
type Options struct {
	Sources Sources
	// Variables can be used by name.
	Variables map[string]Value
	// Depth and Steps lower the bounds that the expression was parsed with; zero
	// leaves them.
	Depth, Steps int
}

// Evaluate evaluates the expression for an input. The result may be nothing. The
// error is an [*Error], the context's, or a *schema.Bug.
func (e *Expression) Evaluate(ctx context.Context, input Value, o Options) (v Value, err error) {
	defer bug("jsonata.Evaluate", &err)
	v, _, err = e.evaluate(ctx, input, o)
	return v, err
}

func (e *Expression) evaluate(ctx context.Context, input Value, o Options) (Value, *run, error) {
	r := &run{ctx: ctx, limits: e.limits, sources: o.Sources}
	if o.Depth > 0 {
		r.limits.Depth = min(r.limits.Depth, o.Depth)
	}
	if o.Steps > 0 {
		r.limits.Steps = min(r.limits.Steps, o.Steps)
	}
	env := &frame{}
	for name, v := range o.Variables {
		env.bind(name, v)
	}
	env.bind("$", input)
	if a, ok := input.(*Array); ok && !a.sequence {
		input = &Array{Items: []Value{a}, sequence: true, outer: true}
	}
	v, err := r.eval(e.root, input, env)
	if err != nil {
		return nil, r, located(err, e.text)
	}
	if _, ok := v.(*stream); ok {
		return nil, r, &schema.Bug{Where: "jsonata.Evaluate", Cause: "a path gives its variables away"}
	}
	return v, r, nil
}

// Append evaluates the expression and appends the result as JSON. Nothing was
// appended if it is nothing: some is false then.
func (e *Expression) Append(ctx context.Context, dst []byte, input Value, o Options) (out []byte, some bool, err error) {
	defer bug("jsonata.Append", &err)
	v, r, err := e.evaluate(ctx, input, o)
	if v == nil || err != nil {
		return dst, false, err
	}
	r.depth = 0
	p := printer{run: r, out: dst, most: len(dst) + r.limits.Result}
	if err := p.value(v, 0); err != nil {
		return dst, false, err
	}
	if len(p.out) > p.most {
		return dst, false, tooLarge(len(p.out)-len(dst), r.limits.Result)
	}
	return p.out, true, nil
}

// Note is something that whoever stores the expression should know.
type Note struct {
	// Unknown says that a function is called which there is not: the evaluation
	// fails where it is reached.
	Unknown bool
	// Function is its name without the dollar.
	Function string
	What     string
	schema.Position
}

// Notes are the functions that are unknown, refused, or need a source.
func (e *Expression) Notes() []Note { return e.notes }

// Unknown are the names of called functions that nobody defines.
func (e *Expression) Unknown() []string {
	var out []string
	for _, n := range e.notes {
		if n.Unknown && !slices.Contains(out, n.Function) {
			out = append(out, n.Function)
		}
	}
	return out
}

// Warnings says in sentences what the notes are.
func (e *Expression) Warnings() []schema.Warning {
	out := make([]schema.Warning, len(e.notes))
	for i, n := range e.notes {
		out[i] = schema.Warning{What: n.What, Position: n.Position}
	}
	return out
}

// note looks at every variable of the expression.
func (e *Expression) note() {
	defined := map[string]bool{"": true, "$": true}
	visit(e.root, func(n *node) {
		switch n.kind {
		case bindNode:
			defined[n.text] = true
		case lambdaNode:
			for _, p := range n.params {
				defined[p] = true
			}
		}
		defined[n.focus], defined[n.index] = true, true
		for _, s := range n.stages {
			defined[s.index] = true
		}
	})
	visit(e.root, func(n *node) {
		if (n.kind == callNode || n.kind == partialNode) && n.left.kind == variableNode {
			if name := n.left.text; !defined[name] && builtins[name] == nil {
				e.add(n, Note{Unknown: true, Function: name, What: fmt.Sprintf("$%s is no function of JSONata, and is not defined here", clip(name))})
			}
		}
		if n.kind != variableNode || defined[n.text] {
			return
		}
		if need := needs[n.text]; need != "" {
			e.add(n, Note{Function: n.text, What: fmt.Sprintf("$%s needs %s: an event would become something else each time it is read, and batch runs refuse it", n.text, need)})
		}
		if n.text == "eval" {
			e.add(n, Note{Function: "eval", What: "$eval is refused: the text of an expression must be known when it is stored"})
		}
	})
}

func (e *Expression) add(n *node, note Note) {
	x := failAt("", n.pos, "", "")
	_ = located(x, e.text)
	note.Position = x.Problem.Position
	e.notes = append(e.notes, note)
}

// visit calls f for every node.
func visit(n *node, f func(*node)) {
	if n == nil {
		return
	}
	f(n)
	for _, x := range n.list {
		visit(x, f)
	}
	for _, p := range n.pairs {
		visit(p[0], f)
		visit(p[1], f)
	}
	for i := range n.terms {
		visit(n.terms[i].expr, f)
	}
	for _, s := range [][]stage{n.predicates, n.stages} {
		for _, g := range s {
			visit(g.filter, f)
		}
	}
	visit(n.left, f)
	visit(n.right, f)
	visit(n.other, f)
	visit(n.group, f)
}
