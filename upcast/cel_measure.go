package upcast

import (
	"cel.dev/cel-go/common/ast"

	"github.com/instar-registry/instar/upcast/plan"
)

// measure counts the parts of an expression.
type measure struct {
	// types are those of names, as far as they are known.
	types              map[string]*plan.Type
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
	size := m.sizeOf(c.IterRange())
	inner := nest
	if size > 0 {
		inner++
	}
	outer, was := m.types[c.IterVar()]
	if t := m.typeOf(c.IterRange()); t != nil && t.Kind == plan.List {
		m.types[c.IterVar()] = t.Elem
	} else {
		delete(m.types, c.IterVar())
	}
	body := m.visit(c.LoopStep(), depth, inner) + m.visit(c.AccuInit(), depth+1, nest)
	delete(m.types, c.IterVar())
	if was {
		m.types[c.IterVar()] = outer
	}
	return min(cost+body*size+m.visit(c.Result(), depth, nest), 1<<40)
}

// sizeOf is how many elements a list or map has at most, as the schema says.
func (m *measure) sizeOf(e ast.Expr) int {
	switch e.Kind() {
	case ast.ListKind:
		return e.AsList().Size()
	case ast.ComprehensionKind: // what map and filter give is no longer
		if c := e.AsComprehension(); !isBinding(c) {
			return m.sizeOf(c.IterRange())
		}
	}
	t := m.typeOf(e)
	if t == nil || t.Kind == plan.Null {
		return unknownSize
	}
	if most := plan.RangeOf(t).High; most != nil && most.IsInt() && most.Num().IsInt64() {
		return int(min(most.Num().Int64(), unknownSize))
	}
	return unknownSize
}

// typeOf is the type of a name or a field of one, without null, or nil.
func (m *measure) typeOf(e ast.Expr) *plan.Type {
	var t *plan.Type
	switch {
	case e.Kind() == ast.IdentKind:
		t = m.types[e.AsIdent()]
	case e.Kind() == ast.SelectKind && !e.AsSelect().IsTestOnly():
		of := m.typeOf(e.AsSelect().Operand())
		if of == nil || of.Kind != plan.Record || of.Field(e.AsSelect().FieldName()) < 0 {
			return nil
		}
		t = of.Fields[of.Field(e.AsSelect().FieldName())].Type
	}
	if t == nil {
		return nil
	}
	if inner, ok := t.Nullable(); ok {
		return inner
	}
	return t
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
