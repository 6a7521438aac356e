package upcast

import (
	"fmt"
	"maps"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// name is a variable of an expression: what it is called and where it comes
// from.
type name struct {
	text string
	node plan.Node
}

// checked is an expression that type-checks, without a dyn in it.
type checked struct {
	text string
	ast  *ast.AST
}

// print gives a part of the expression as text.
func (c *checked) print(e ast.Expr) string {
	s, err := cel.ExprToString(e, c.ast.SourceInfo())
	if err != nil {
		return c.text
	}
	return s
}

// checkExpr parses and type-checks an expression. The error is a mistake of the
// document without its place, or a *schema.Bug.
func checkExpr(text string, names []name, recursive func(plan.Node) *plan.Type) (c *checked, wrong *schema.Error, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			c, wrong, err = nil, nil, &schema.Bug{Where: "upcast: cel-go", Cause: cause}
		}
	}()
	types := map[string]*plan.Type{}
	for _, n := range names {
		types[n.text] = recursive(n.node)
	}
	parsed, wrong, err := parseTyped(text, names, types)
	if wrong != nil || err != nil {
		return nil, wrong, err
	}
	base, err := baseEnv()
	if err != nil {
		return nil, nil, &schema.Bug{Where: "upcast: cel-go", Cause: err}
	}
	provider := newCelTypes()
	options := []cel.EnvOption{cel.CustomTypeProvider(provider)}
	for _, n := range names {
		options = append(options, cel.Variable(n.text, provider.of(types[n.text])))
	}
	env, err := base.Extend(options...)
	if err != nil {
		return nil, nil, &schema.Bug{Where: "upcast: cel-go", Cause: err}
	}
	result, issues := env.Check(parsed)
	if issues.Err() != nil {
		wrong := issueOf(text, issues, names)
		if wrong.Hint == "" {
			wrong.Hint = provider.nearField(wrong.What)
		}
		return nil, wrong, nil
	}
	c = &checked{text, result.NativeRep()}
	return c, c.typed(), nil
}

// parseExpr parses an expression and holds it to the limits, without its types.
func parseExpr(text string, names []name) (parsed *cel.Ast, wrong *schema.Error, err error) {
	return parseTyped(text, names, nil)
}

// parseTyped is [parseExpr] where the types of names are known, whose schemas may
// bound lists.
func parseTyped(text string, names []name, types map[string]*plan.Type) (parsed *cel.Ast, wrong *schema.Error, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			parsed, wrong, err = nil, nil, &schema.Bug{Where: "upcast: cel-go", Cause: cause}
		}
	}()
	if len(text) > maxExprBytes {
		return nil, &schema.Error{What: fmt.Sprintf("the expression has %d bytes, at most %d", len(text), maxExprBytes)}, nil
	}
	base, err := baseEnv()
	if err != nil {
		return nil, nil, &schema.Bug{Where: "upcast: cel-go", Cause: err}
	}
	parsed, issues := base.Parse(text)
	if issues.Err() != nil {
		return nil, issueOf(text, issues, names), nil
	}
	return parsed, bounded(text, parsed.NativeRep(), types), nil
}

// bounded holds a parsed expression to the limits before the checker sees it.
func bounded(text string, a *ast.AST, types map[string]*plan.Type) *schema.Error {
	m := measure{types: maps.Clone(types)}
	m.visit(a.Expr(), 1, 0)
	switch {
	case m.nodes > maxExprNodes:
		return exprError(text, fmt.Sprintf("it has %d parts, at most %d", m.nodes, maxExprNodes), "split it into several steps")
	case m.depth > maxExprDepth:
		return exprError(text, fmt.Sprintf("it is nested %d deep, at most %d", m.depth, maxExprDepth), "split it into several steps")
	case m.nest > maxExprNest:
		return exprError(text, fmt.Sprintf("%d loops are nested, at most %d", m.nest, maxExprNest), "use each for the outer one")
	case m.cost > maxExprCost:
		c := checked{text, a}
		return exprError(text, fmt.Sprintf("it may take %d steps, at most %d; most of them in %s", m.cost, maxExprCost, c.print(m.worst)), "use each for the outer loop")
	}
	return nil
}

// typed refuses what has no fixed type.
func (c *checked) typed() *schema.Error {
	var found *schema.Error
	// A binding is a loop over an empty list, whose type says nothing.
	ranges := map[int64]bool{}
	ast.PreOrderVisit(c.ast.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.ComprehensionKind && isBinding(e.AsComprehension()) {
			ranges[e.AsComprehension().IterRange().ID()] = true
		}
	}))
	visit := ast.NewExprVisitor(func(e ast.Expr) {
		t := c.ast.GetType(e.ID())
		if found != nil || t == nil || e.Kind() == ast.LiteralKind || ranges[e.ID()] || !hasDyn(t) {
			return
		}
		found = exprError(c.text, fmt.Sprintf("the type of %s is not fixed", c.print(e)), "give all elements one type; records are made by an object source")
	})
	ast.PostOrderVisit(c.ast.Expr(), visit)
	return found
}

func hasDyn(t *types.Type) bool {
	switch t.Kind() {
	case types.DynKind, types.AnyKind, types.TypeParamKind, types.ErrorKind:
		return true
	default:
		return slices.ContainsFunc(t.Parameters(), hasDyn)
	}
}

func exprError(text, what, hint string) *schema.Error {
	return &schema.Error{What: fmt.Sprintf("the expression %q cannot be used: %s", shorten(text), what), Hint: hint}
}

func shorten(text string) string {
	if r := []rune(text); len(r) > 80 {
		return string(r[:77]) + "..."
	}
	return text
}
