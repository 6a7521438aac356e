package upcast

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"

	"github.com/instar-registry/instar/internal/nearest"
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
	parsed, wrong, err := parseExpr(text, names)
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
		options = append(options, cel.Variable(n.text, provider.of(recursive(n.node))))
	}
	env, err := base.Extend(options...)
	if err != nil {
		return nil, nil, &schema.Bug{Where: "upcast: cel-go", Cause: err}
	}
	result, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, issueOf(text, issues, names), nil
	}
	c = &checked{text, result.NativeRep()}
	return c, c.typed(), nil
}

// parseExpr parses an expression and holds it to the limits, without its types.
func parseExpr(text string, names []name) (parsed *cel.Ast, wrong *schema.Error, err error) {
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
	return parsed, bounded(text, parsed.NativeRep()), nil
}

// bounded holds a parsed expression to the limits before the checker sees it.
func bounded(text string, a *ast.AST) *schema.Error {
	m := measure{}
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

// measure counts the parts of an expression.
type measure struct {
	nodes, depth, nest int
	cost               int
	worst              ast.Expr
}

func (m *measure) visit(e ast.Expr, depth, nest int) int {
	if m.nodes++; m.nodes > maxExprNodes || depth > maxExprDepth+8 {
		m.depth = max(m.depth, depth)
		return 1
	}
	m.depth, m.nest = max(m.depth, depth), max(m.nest, nest)
	cost := 1
	for _, x := range operandsOf(e) {
		cost += m.visit(x, depth+1, nest)
	}
	if e.Kind() == ast.ComprehensionKind {
		cost += m.loop(e, depth, nest)
	}
	if cost > m.cost {
		m.cost = cost
		if e.Kind() == ast.ComprehensionKind || m.worst == nil {
			m.worst = e
		}
	}
	return cost
}

// loop measures the body of a macro, which runs for each element. A binding has
// no elements.
func (m *measure) loop(e ast.Expr, depth, nest int) int {
	c := e.AsComprehension()
	cost := m.visit(c.IterRange(), depth+1, nest)
	size := unknownSize
	if c.IterRange().Kind() == ast.ListKind {
		size = c.IterRange().AsList().Size()
	}
	inner := nest
	if size > 0 {
		inner++
	}
	body := m.visit(c.LoopStep(), depth, inner) + m.visit(c.AccuInit(), depth+1, nest)
	return min(cost+body*size+m.visit(c.Result(), depth, nest), 1<<40)
}

// operandsOf lists the parts of an expression, those of a macro aside.
func operandsOf(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			return append([]ast.Expr{c.Target()}, c.Args()...)
		}
		return c.Args()
	case ast.ListKind:
		return e.AsList().Elements()
	default:
		return nil
	}
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

var (
	undeclared  = regexp.MustCompile(`undeclared reference to '([^']*)'`)
	noField     = regexp.MustCompile(`undefined field '([^']*)'`)
	noOverload  = regexp.MustCompile(`found no matching overload for '([^']*)' applied to '(.*)'`)
	nullCompare = regexp.MustCompile(`_[!=]=_' applied to '\(.*\bnull\b.*optional|optional.*\bnull\b`)
)

// issueOf explains the first complaint of CEL in our words.
func issueOf(text string, issues *cel.Issues, names []name) *schema.Error {
	first := issues.Errors()[0]
	at := fmt.Sprintf("at column %d: ", first.Location.Column()+1)
	m := first.Message
	switch {
	case undeclared.MatchString(m):
		what := qualified(text, first.Location.Line(), first.Location.Column(), undeclared.FindStringSubmatch(m)[1])
		return exprError(text, at+"there is no "+what, nearName(what, names))
	case noField.MatchString(m):
		return exprError(text, at+"there is no field "+noField.FindStringSubmatch(m)[1], "")
	case noOverload.MatchString(m):
		s := noOverload.FindStringSubmatch(m)
		hint := ""
		switch {
		case nullCompare.MatchString(m):
			hint = "ask with hasValue(), or isNull() for null alone"
		case strings.Contains(s[2], "optional_type"):
			hint = "a value may be missing: give another by orValue(...), or ask hasValue() first"
		case strings.Contains(s[2], "int") && strings.Contains(s[2], "double"):
			hint = "convert by double(...) or int(...)"
		}
		return exprError(text, fmt.Sprintf("%s%s does not take %s", at, operatorName(s[1]), s[2]), hint)
	default:
		return exprError(text, at+strings.TrimSpace(strings.ReplaceAll(m, "\n", " ")), "")
	}
}

var qualifiedName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*`)

// qualified is the whole name that a complaint names the first part of.
func qualified(text string, line, column int, first string) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return first
	}
	runes := []rune(lines[line-1])
	if column < 0 || column > len(runes) {
		return first
	}
	if whole := qualifiedName.FindString(string(runes[column:])); strings.HasPrefix(whole, first+".") && first == "math" {
		return whole
	}
	return first
}

// operatorName shows an operator as it is written.
func operatorName(fn string) string { return strings.Trim(strings.TrimPrefix(fn, "@"), "_") }

// nearName proposes a variable or a function.
func nearName(what string, names []name) string {
	known := make([]string, 0, len(names)+len(functionNames))
	for _, n := range names {
		known = append(known, n.text)
	}
	variables := strings.Join(known, ", ")
	known = append(known, functionNames...)
	if isFunction(what) {
		return what + " is a function: write " + what + "(...)"
	}
	if near := insteadOf(what); near != "" {
		return "use " + near
	}
	if near := nearest.Name(what, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "known here are " + variables + ", and the functions of upcasters"
}
