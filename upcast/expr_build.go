package upcast

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// scope is what expressions can name at a step.
type scope struct {
	// this is the value at the step's path, owner the record that holds it.
	this, owner plan.Node
	// event is the whole event after the earlier steps, source the event as
	// stored.
	event, source plan.Node
	// loops are the lists and maps that the path has entered, the innermost
	// last.
	loops []*loop
	extra []name
}

// loop is a list or a map that a path has entered. Its position or key is bound
// if an expression asks for it.
type loop struct {
	bind  *plan.Binder
	isMap bool
	used  bool
}

// names lists the variables at a step.
func (b *builder) names() []name {
	s := &b.scope
	var out []name
	add := func(text string, n plan.Node) {
		if n != nil {
			out = append(out, name{text, n})
		}
	}
	add("this", s.this)
	add("owner", s.owner)
	add("event", s.event)
	add("source", s.source)
	if b.around.meta != nil {
		add("meta", whole(b.around.meta))
	}
	if b.around.ctx != nil {
		add("ctx", whole(b.around.ctx))
	}
	if n := len(s.loops); n > 0 {
		l := s.loops[n-1]
		what := "index"
		if l.isMap {
			what = "key"
		}
		add(what, whole(l.bind))
	}
	return append(out, s.extra...)
}

// checkedExpr is an expression that was checked when its hop was proved, with
// the types it was checked in.
type checkedExpr struct {
	types []*plan.Type
	as    *checked
}

// expr is the value of an expression at the step at work. What it may fail in is
// an open obligation, unless there is a way out.
func (b *builder) expr(e Expr, path Path, way Else, want *plan.Type) plan.Node {
	names := b.names()
	c := b.check(e, names)
	if c == nil {
		return &plan.Stop{Code: "O3"}
	}
	b.implied = nil
	t := b.translator(c, names)
	n := t.translate()
	if t.wrong != nil {
		return b.badExpr(e, *t.wrong)
	}
	for _, call := range b.implied {
		t.own[call] = c.ast.Expr()
	}
	b.noteLoops(n)
	if want != nil {
		n = b.fit(t, n, want)
	}
	return b.settle(t, n, path, way)
}

// check type-checks an expression, or finds it checked: in a chain the types may
// be narrower than those in which the hop was proved.
func (b *builder) check(e Expr, names []name) *checked {
	types := make([]*plan.Type, len(names))
	for i, n := range names {
		types[i] = typeOrAny(n.node)
	}
	known := b.checked[e]
	if !b.charge(1) {
		return nil
	}
	for _, k := range known {
		if b.fused && len(known) == 1 || slices.EqualFunc(k.types, types, plan.Same) {
			return k.as
		}
	}
	if !b.charge(exprCharge) {
		return nil
	}
	c, wrong, err := checkExpr(e.Text, names, typeOrAny)
	switch {
	case err != nil:
		b.fail(err)
		return nil
	case wrong != nil && (c == nil || !overlooked("O3")):
		b.badExpr(e, *wrong)
		return nil
	}
	b.checked[e] = append(known, checkedExpr{types, c})
	return c
}

func typeOrAny(n plan.Node) *plan.Type {
	t, ok := plan.TypeOf(n)
	if !ok {
		return plan.AnyType
	}
	if _, union := t.Nullable(); !union && t.Kind != plan.Union && plan.MayBeAbsent(n) {
		return optionalOf(t)
	}
	return t
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// badExpr reports a mistake in an expression, at its place in the document.
func (b *builder) badExpr(e Expr, wrong schema.Error) plan.Node {
	if overlooked("O3") {
		return &plan.Stop{Code: "O3"}
	}
	wrong.Position = e.Position
	if b.steps != nil {
		wrong.Path = b.steps.Pointer
	}
	b.fail(&Error{Code: Invalid, Problem: wrong})
	return &plan.Stop{Code: "O3"}
}

// noteLoops finds the loops whose position or key an expression uses.
func (b *builder) noteLoops(n plan.Node) {
	if len(b.scope.loops) == 0 {
		return
	}
	plan.Visit(n, func(x plan.Node) {
		if c, ok := x.(*plan.Copy); ok {
			for _, l := range b.scope.loops {
				l.used = l.used || c.From == l.bind
			}
		}
	})
}

// settle proves that the calls of an expression have a result, as far as that can
// be seen, and gives the rest its way out.
func (b *builder) settle(t *translator, n plan.Node, path Path, way Else) plan.Node {
	if b.fused && way.Kind == NoElse {
		for call := range t.own {
			call.Safe = true // proved when the hop was
		}
		return n
	}
	p := newProver(t)
	open := p.prove(n)
	b.charge(p.steps / 64)
	if len(open) == 0 {
		return n
	}
	out, ok := b.otherwise(b.scope.event, way, path)
	if !ok {
		first := open[0]
		out = b.breaksBy("O4", first.code, path.String(), fmt.Sprintf("%s may fail: %s", first.text, first.reason), first.fix)
	}
	typ, _ := b.types.Of(n)
	return &plan.OrElse{X: n, Else: typed(out, typ)}
}

// fit turns the result of an expression into a type that its step names.
func (b *builder) fit(t *translator, n plan.Node, want *plan.Type) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		typ, _ := b.types.Of(x)
		call := conversion(x, typ, want)
		if call == nil {
			return x
		}
		if v, ok := call.Constant(); ok {
			return &plan.Lit{Value: v, Type: want}
		}
		t.own[call] = t.c.ast.Expr()
		return call
	})
}

// conversion is the call that gives the result of a computation in a type that
// holds less, or nil if none is needed or none exists.
func conversion(n plan.Node, from, to *plan.Type) *plan.Call {
	call := &plan.Call{Args: []plan.Node{n}, Type: to}
	switch {
	case plan.Same(from, to):
		return nil
	case from.Kind == plan.Time && to.Kind == plan.Int && timestamps[to.Logical]:
		call.Func, call.Table = plan.StoredTime, map[string]string{"unit": to.Logical}
	case from.Kind == plan.Int && from.Logical == "" && from.Bits == 64 && to.Kind == plan.Int && to.Bits == 32 && to.Logical == "":
		call.Func = plan.IntTo32
	case from.Kind == plan.Uint && from.Bits == 64 && to.Kind == plan.Uint && to.Bits == 32:
		call.Func, call.Table = plan.Linear, map[string]string{"factor": "1", "offset": "", "round": ""}
	case from.Kind == plan.Int && from.Logical == "" && to.Kind == plan.Int && to.Bits == 0 && from.Bits != 0:
		call.Func = plan.NumberOfInt
	case from.Kind == plan.Float && from.Bits == 64 && to.Kind == plan.Float && to.Bits == 32:
		call.Func = plan.FloatTo32
	case from.Kind == plan.Float && from.Bits != 0 && to.Kind == plan.Float && to.Bits == 0:
		call.Func = plan.NumberOfFloat
	case from.Kind == plan.Decimal && to.Kind == plan.Decimal:
		call.Func = plan.DecFit
	case from.Kind == plan.Enum && to.Kind == plan.String && to.Logical == "":
		call.Func = plan.TextOfSymbol
	case from.Kind == plan.String && to.Kind == plan.Enum:
		call.Func = plan.SymbolOfText
	default:
		return nil
	}
	return call
}
