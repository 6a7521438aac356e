package upcast

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/instar-registry/instar/upcast/plan"
)

// The types of the values of expressions.
var (
	exprInt = &plan.Type{Kind: plan.Int, Bits: 64}
	// exprIndex is the type of positions, which are small and not negative.
	exprIndex  = &plan.Type{Kind: plan.Int, Bits: 64}
	exprUint   = &plan.Type{Kind: plan.Uint, Bits: 64}
	exprDouble = &plan.Type{Kind: plan.Float, Bits: 64}
	exprString = &plan.Type{Kind: plan.String}
	exprBytes  = &plan.Type{Kind: plan.Bytes}
	exprTexts  = &plan.Type{Kind: plan.List, Elem: exprString}
)

func truth(b bool) plan.Node { return &plan.Lit{Value: b, Type: plan.BoolType} }

// some and nothing are an optional value that is there, and one that is not.
func some(n plan.Node) plan.Node {
	return spread(n, func(x plan.Node) plan.Node {
		t, _ := plan.TypeOf(x)
		return &plan.Tag{Branch: plan.AvroBranch(t), X: x}
	})
}

func nothing() plan.Node { return &plan.Tag{Branch: "null", X: &plan.Lit{Type: plan.NullType}} }

// onOptional looks whether a value is there: it is not if it is null or absent.
func (b *builder) onOptional(n plan.Node, there func(plan.Node) plan.Node, none func() plan.Node) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		if _, gone := x.(*plan.Nothing); gone || t.Kind == plan.Null {
			return none()
		}
		if b.types.MayBeAbsent(x) {
			bind := b.bindPart(x, t)
			return &plan.Opt{On: x, Bind: bind, Body: b.onOptional(whole(bind), there, none), Missing: none()}
		}
		if t.Kind != plan.Union {
			return there(x)
		}
		several := len(t.Branches) > 2
		return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
			switch {
			case branch == "null":
				return none()
			case several:
				return there(&plan.Tag{Branch: branch, X: content})
			default:
				return there(content)
			}
		})
	})
}

// logic translates && and ||. What one side asks about a value being there is
// known on the other.
func (t *translator) logic(e ast.Expr) plan.Node {
	if t.asksFirst(e) {
		return t.choose(e, func() plan.Node { return truth(true) }, func() plan.Node { return truth(false) })
	}
	args := operandsOf(e)
	n := t.plain(args[0])
	for _, a := range args[1:] {
		n = &plan.Logic{Or: e.AsCall().FunctionName() == operators.LogicalOr, L: n, R: t.plain(a)}
	}
	return n
}

// choose translates a choice. Questions whether a value is there become branches,
// in which the value is known.
func (t *translator) choose(cond ast.Expr, then, otherwise func() plan.Node) plan.Node {
	if cond.Kind() == ast.CallKind {
		args := operandsOf(cond)
		switch fn := cond.AsCall().FunctionName(); {
		case fn == operators.LogicalNot:
			return t.choose(args[0], otherwise, then)
		case fn == "hasValue" && len(args) == 1 && chain(args[0]):
			return t.chooseThere(args[0], then, otherwise)
		case fn == operators.LogicalAnd && len(args) == 2 && t.asksFirst(cond):
			no := t.once(otherwise)
			return t.choose(args[0], func() plan.Node { return t.choose(args[1], then, no) }, no)
		case fn == operators.LogicalOr && len(args) == 2 && t.asksFirst(cond):
			yes := t.once(then)
			return t.choose(args[0], yes, func() plan.Node { return t.choose(args[1], yes, otherwise) })
		}
	}
	return &plan.If{Cond: t.plain(cond), Then: then(), Else: otherwise()}
}

// once translates a part at its first use and knows no more there than here.
func (t *translator) once(f func() plan.Node) func() plan.Node {
	known := t.there
	var done plan.Node
	return func() plan.Node {
		if done == nil {
			before := t.there
			t.there = known
			done = f()
			t.there = before
		}
		return done
	}
}

func (t *translator) chooseThere(e ast.Expr, then, otherwise func() plan.Node) plan.Node {
	n := t.node(e)
	return t.b.onOptional(n, func(x plan.Node) plan.Node {
		before := t.there
		t.there = map[string]plan.Node{chainKey(e): x}
		for k, v := range before {
			if _, ok := t.there[k]; !ok {
				t.there[k] = v
			}
		}
		out := then()
		t.there = before
		return out
	}, otherwise)
}

// asksFirst reports whether a condition asks hasValue() on a side whose left
// neighbours cannot fail, so that looking at them one by one is the same.
func (t *translator) asksFirst(e ast.Expr) bool {
	args := operandsOf(e)
	return len(args) == 2 && asks(args[0]) && t.total(args[0])
}

func asks(e ast.Expr) bool {
	if e.Kind() != ast.CallKind {
		return false
	}
	switch e.AsCall().FunctionName() {
	case "hasValue":
		return true
	case operators.LogicalNot, operators.LogicalAnd, operators.LogicalOr:
		for _, x := range operandsOf(e) {
			if asks(x) {
				return true
			}
		}
	}
	return false
}

// total reports whether a condition cannot fail, by its operators alone.
func (t *translator) total(e ast.Expr) bool {
	switch e.Kind() {
	case ast.LiteralKind, ast.IdentKind:
		return true
	case ast.SelectKind:
		return chain(e) && t.total(e.AsSelect().Operand()) && !isMap(t.typeOf(e.AsSelect().Operand()))
	case ast.CallKind:
		fn := e.AsCall().FunctionName()
		ids := t.c.ast.GetOverloadIDs(e.ID())
		known := fn == "hasValue" || fn == "isNull" || fn == operators.LogicalAnd || fn == operators.LogicalOr ||
			fn == operators.Equals || fn == operators.NotEquals
		if len(ids) == 1 {
			f, ok := functions[ids[0]]
			known = known || ok && !f.fn.Partial
		}
		for _, x := range operandsOf(e) {
			known = known && t.total(x)
		}
		return known
	default:
		return false
	}
}
