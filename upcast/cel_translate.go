package upcast

import (
	"fmt"
	"slices"
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// translator turns a checked expression into nodes of a plan.
type translator struct {
	b     *builder
	c     *checked
	names map[string]plan.Node
	// there holds the content of what is known to be there, by its key.
	there map[string]plan.Node
	// own are the calls that the expression makes, with their places in it.
	own map[*plan.Call]ast.Expr
	// uses counts how often a name or a field of one is used; what is used more
	// than once and has to be computed gets a name of its own.
	uses   map[string]int
	shared map[plan.Node]*plan.Binder
	order  []plan.Node
	wrong  *schema.Error
}

func (b *builder) translator(c *checked, names []name) *translator {
	t := &translator{
		b: b, c: c, names: map[string]plan.Node{}, there: map[string]plan.Node{},
		own: map[*plan.Call]ast.Expr{}, uses: map[string]int{}, shared: map[plan.Node]*plan.Binder{},
	}
	for _, n := range names {
		t.names[n.text] = n.node
	}
	ast.PostOrderVisit(c.ast.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if chain(e) {
			t.uses[chainKey(e)]++
		}
	}))
	return t
}

// chain reports whether an expression is a name, or a field of one.
func chain(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind || e.Kind() == ast.SelectKind && !e.AsSelect().IsTestOnly() && chain(e.AsSelect().Operand())
}

// chainKey names what a chain stands for. The text of a chain does not: the field
// "a.b" is written like the field b of a.
func chainKey(e ast.Expr) string {
	if e.Kind() == ast.IdentKind {
		return strconv.Quote(e.AsIdent())
	}
	return chainKey(e.AsSelect().Operand()) + strconv.Quote(e.AsSelect().FieldName())
}

// translate gives the value of the whole expression.
func (t *translator) translate() plan.Node {
	n := t.node(t.c.ast.Expr())
	for _, x := range slices.Backward(t.order) {
		n = &plan.Let{X: x, Bind: t.shared[x], Body: n}
	}
	return n
}

// refuse notes the first reason why the expression cannot be carried out.
func (t *translator) refuse(e ast.Expr, what, hint string) plan.Node {
	if t.wrong == nil && !overlooked("O3") {
		t.wrong = exprError(t.c.text, t.c.print(e)+": "+what, hint)
	}
	return &plan.Stop{Code: "O3"}
}

func (t *translator) typeOf(e ast.Expr) *types.Type { return t.c.ast.GetType(e.ID()) }

// node gives the value of a part as it is stored.
func (t *translator) node(e ast.Expr) plan.Node {
	if t.wrong != nil {
		return &plan.Stop{Code: "O3"}
	}
	switch e.Kind() {
	case ast.LiteralKind:
		return t.literal(e)
	case ast.IdentKind:
		n, ok := t.names[e.AsIdent()]
		if !ok {
			return t.refuse(e, "types cannot be computed on", "")
		}
		if x, ok := t.there[chainKey(e)]; ok {
			return some(x)
		}
		return t.share(e, n)
	case ast.SelectKind:
		return t.share(e, t.selected(e))
	case ast.CallKind:
		return t.call(e)
	case ast.ListKind:
		return t.list(e)
	case ast.ComprehensionKind:
		return t.macro(e)
	default:
		return t.refuse(e, "maps and records cannot be made in an expression", "use a source object: {...}, so that every field keeps its type")
	}
}

// plain gives the value of a part in the form that functions take.
func (t *translator) plain(e ast.Expr) plan.Node { return t.b.normal(t.node(e), false) }

// share gives what is used several times a name, unless it is at hand anyway.
func (t *translator) share(e ast.Expr, n plan.Node) plan.Node {
	if !chain(e) || t.uses[chainKey(e)] < 2 || t.b.types.MayBeAbsent(n) {
		return n
	}
	switch n.(type) {
	case *plan.Copy, *plan.Lit, *plan.Make, *plan.Tag, *plan.Stop:
		return n
	}
	bind := t.shared[n]
	if bind == nil {
		typ, _ := t.b.types.Of(n)
		bind = t.b.bindPart(n, typ)
		t.shared[n] = bind
		t.order = append(t.order, n)
	}
	return whole(bind)
}

func (t *translator) literal(e ast.Expr) plan.Node {
	switch v := e.AsLiteral().(type) {
	case types.Bool:
		return &plan.Lit{Value: bool(v), Type: plan.BoolType}
	case types.Int:
		return &plan.Lit{Value: int64(v), Type: exprInt}
	case types.Uint:
		return &plan.Lit{Value: uint64(v), Type: exprUint}
	case types.Double:
		return &plan.Lit{Value: float64(v), Type: exprDouble}
	case types.String:
		return &plan.Lit{Value: string(v), Type: exprString}
	case types.Bytes:
		return &plan.Lit{Value: []byte(v), Type: exprBytes}
	default:
		return t.refuse(e, "null has no type of its own", "give optional.none(), or the literal by value: null")
	}
}

// selected is a field of a record, an entry of a map, or the question whether it
// is there.
func (t *translator) selected(e ast.Expr) plan.Node {
	s := e.AsSelect()
	if !s.IsTestOnly() && chain(e) {
		if x, ok := t.there[chainKey(e)]; ok {
			return some(x)
		}
	}
	operand := s.Operand()
	n := t.node(operand)
	if !isOptional(t.typeOf(operand)) {
		return t.member(e, n, t.typeOf(operand), s.FieldName(), s.IsTestOnly())
	}
	inner := t.typeOf(operand).Parameters()[0]
	return t.b.onOptional(n, func(x plan.Node) plan.Node {
		x = t.member(e, x, inner, s.FieldName(), s.IsTestOnly())
		if s.IsTestOnly() {
			return x
		}
		return some(x)
	}, func() plan.Node {
		if s.IsTestOnly() {
			return truth(false)
		}
		return nothing()
	})
}

func (t *translator) member(e ast.Expr, n plan.Node, typ *types.Type, field string, test bool) plan.Node {
	if typ.Kind() == types.MapKind {
		key := &plan.Lit{Value: field, Type: exprString}
		if test {
			return t.make(e, plan.MapHas, plan.BoolType, n, key)
		}
		return t.make(e, plan.MapIndex, elem(n), n, key)
	}
	return t.b.spread(n, func(x plan.Node) plan.Node {
		m := t.b.record(x)
		if m == nil {
			r, _ := t.b.types.Of(x)
			if r.Kind != plan.Record {
				return t.refuse(e, "this part has no fields", "")
			}
			bind := t.b.bindPart(x, r)
			return &plan.Let{X: x, Bind: bind, Body: t.fieldOf(e, t.b.fieldsOf(whole(bind)), field, test)}
		}
		return t.fieldOf(e, m, field, test)
	})
}

func (t *translator) fieldOf(e ast.Expr, m *plan.Make, field string, test bool) plan.Node {
	i := partOf(m, Segment{Name: field})
	switch {
	case i < 0:
		return t.refuse(e, "there is no field "+field, near(field, partNames(m)))
	case !test:
		return m.Fields[i].Node
	case !t.b.types.MayBeAbsent(m.Fields[i].Node):
		return truth(true)
	}
	typ, _ := t.b.types.Of(m.Fields[i].Node)
	return &plan.Opt{On: m.Fields[i].Node, Bind: t.b.bind(typ), Body: truth(true), Missing: truth(false)}
}

func (t *translator) list(e ast.Expr) plan.Node {
	l := e.AsList()
	out := &plan.ListOf{Elem: plan.NeverType}
	if len(l.OptionalIndices()) > 0 {
		return t.refuse(e, "optional elements are not offered", "use a condition")
	}
	for _, x := range l.Elements() {
		out.Items = append(out.Items, t.b.normal(t.node(x), true))
	}
	if len(out.Items) > 0 {
		out.Elem, _ = t.b.types.Of(out.Items[0])
	} else if p := t.typeOf(e).Parameters(); len(p) == 1 {
		out.Elem = planType(p[0])
	}
	return out
}

// make makes a call and notes where it stands.
func (t *translator) make(e ast.Expr, f *plan.Func, typ *plan.Type, args ...plan.Node) plan.Node {
	c := &plan.Call{Func: f, Args: args, Type: typ}
	return t.noted(e, c)
}

// noted computes what depends on nothing, and notes the other calls.
func (t *translator) noted(e ast.Expr, c *plan.Call) plan.Node {
	if v, ok := c.Constant(); ok {
		return &plan.Lit{Value: v, Type: c.Type}
	}
	t.own[c] = e
	return c
}

// call translates operators and functions.
func (t *translator) call(e ast.Expr) plan.Node {
	c := e.AsCall()
	args := operandsOf(e)
	switch c.FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr:
		return t.logic(e)
	case operators.Conditional:
		return t.oneType(e, t.choose(args[0], func() plan.Node { return t.node(args[1]) }, func() plan.Node { return t.node(args[2]) }))
	case operators.Equals, operators.NotEquals:
		return t.equality(e, args)
	}
	ids := t.c.ast.GetOverloadIDs(e.ID())
	if len(ids) != 1 {
		return t.refuse(e, fmt.Sprintf("%s has several meanings here", operatorName(c.FunctionName())), "convert the arguments to one type")
	}
	if f, ok := functions[ids[0]]; ok {
		return t.simple(e, f, args)
	}
	if f, ok := specials[ids[0]]; ok {
		return f(t, e, args)
	}
	name := operatorName(c.FunctionName())
	return t.refuse(e, name+" is not offered", "nearest is "+nearestFunction(name))
}

// simple makes a call of a function whose result has a fixed type.
func (t *translator) simple(e ast.Expr, f simpleFunction, args []ast.Expr) plan.Node {
	nodes := make([]plan.Node, len(args))
	for i, a := range args {
		nodes[i] = t.plain(a)
	}
	return t.make(e, f.fn, f.result, nodes...)
}

func (t *translator) equality(e ast.Expr, args []ast.Expr) plan.Node {
	typ := t.typeOf(args[0])
	switch {
	case isOptional(typ) || isOptional(t.typeOf(args[1])):
		return t.refuse(e, "what may be missing is not compared", "compare what orValue(...) gives, or ask hasValue() or isNull()")
	case !comparable(typ):
		return t.refuse(e, "values of this type are not compared", "compare their parts")
	}
	n := t.make(e, plan.Equals, plan.BoolType, t.plain(args[0]), t.plain(args[1]))
	if e.AsCall().FunctionName() == operators.NotEquals {
		return t.make(e, plan.Not, plan.BoolType, n)
	}
	return n
}

// comparable reports whether values of a type can be compared for equality.
func comparable(t *types.Type) bool {
	switch t.Kind() {
	case types.StructKind:
		return false
	case types.OpaqueKind:
		return t.TypeName() == decimalType.TypeName()
	case types.NullTypeKind:
		return false
	default:
		for _, p := range t.Parameters() {
			if !comparable(p) || isOptional(p) {
				return false
			}
		}
		return true
	}
}
