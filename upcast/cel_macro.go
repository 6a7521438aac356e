package upcast

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/instar-registry/instar/upcast/plan"
)

// macro translates the loops that CEL's macros are expanded to; each is known by
// its step.
func (t *translator) macro(e ast.Expr) plan.Node {
	c := e.AsComprehension()
	step := c.LoopStep()
	if isBinding(c) {
		return t.binding(c)
	}
	if c.HasIterVar2() || step.Kind() != ast.CallKind {
		return t.refuse(e, "this macro is not offered", "use all, exists, exists_one, map or filter")
	}
	args := step.AsCall().Args()
	switch step.AsCall().FunctionName() {
	case operators.LogicalAnd:
		return t.quantify(c, plan.All, args[1])
	case operators.LogicalOr:
		return t.quantify(c, plan.Some, args[1])
	case operators.Add:
		return t.each(c, nil, args[1].AsList().Elements()[0])
	case operators.Conditional:
		then := args[1].AsCall().Args()
		if then[1].Kind() != ast.ListKind {
			return t.quantify(c, plan.One, args[0])
		}
		return t.each(c, args[0], then[1].AsList().Elements()[0])
	default:
		return t.refuse(e, "this macro is not offered", "use all, exists, exists_one, map or filter")
	}
}

// isBinding tells the loop that gives a value a name from the others.
func isBinding(c ast.ComprehensionExpr) bool {
	return c.IterRange().Kind() == ast.ListKind && c.IterRange().AsList().Size() == 0 && c.LoopStep().Kind() == ast.IdentKind
}

// binding gives a value a name. What may fail is computed where it is used, as
// one that is not used does not fail.
func (t *translator) binding(c ast.ComprehensionExpr) plan.Node {
	n := t.node(c.AccuInit())
	if plan.CanStop(n) || t.b.types.MayBeAbsent(n) {
		return t.with(c.AccuVar(), n, func() plan.Node { return t.node(c.Result()) })
	}
	typ, _ := t.b.types.Of(n)
	bind := t.b.bindPart(n, typ)
	body := t.with(c.AccuVar(), whole(bind), func() plan.Node { return t.node(c.Result()) })
	return &plan.Let{X: n, Bind: bind, Body: body}
}

// with translates a part in which a name stands for a value.
func (t *translator) with(name string, n plan.Node, f func() plan.Node) plan.Node {
	outer, was := t.names[name]
	uses, shared, order, there := t.uses, t.shared, t.order, t.there
	t.names[name] = n
	// Nothing below is shared with what lies outside: a name may mean another
	// value there.
	t.uses, t.there = map[string]int{}, map[string]plan.Node{}
	out := f()
	t.uses, t.shared, t.order, t.there = uses, shared, order, there
	delete(t.names, name)
	if was {
		t.names[name] = outer
	}
	return out
}

// over is the list that a macro runs over: for a map, its keys.
func (t *translator) over(c ast.ComprehensionExpr) plan.Node {
	n := t.node(c.IterRange())
	if isMap(t.typeOf(c.IterRange())) {
		return t.make(c.IterRange(), plan.MapKeys, exprTexts, n)
	}
	return n
}

func (t *translator) quantify(c ast.ComprehensionExpr, kind plan.Quantifier, body ast.Expr) plan.Node {
	over := t.over(c)
	bind := t.b.bindPart(over, elem(over))
	return t.with(c.IterVar(), whole(bind), func() plan.Node {
		return &plan.Quantify{Kind: kind, Over: over, Bind: bind, Body: t.plain(body)}
	})
}

func (t *translator) each(c ast.ComprehensionExpr, where, body ast.Expr) plan.Node {
	over := t.over(c)
	bind := t.b.bindPart(over, elem(over))
	return t.with(c.IterVar(), whole(bind), func() plan.Node {
		out := &plan.Each{Over: over, Bind: bind, Body: t.node(body)}
		if where != nil {
			out.Where = t.plain(where)
		}
		return out
	})
}
