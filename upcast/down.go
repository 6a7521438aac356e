package upcast

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// inverse gives the steps that undo an operation on a value of a type, as far as
// it can be undone. The text is the reason why it cannot.
func inverse(t func() *plan.Type, op Operation, inner []Step) ([]Operation, string) {
	switch op := op.(type) {
	case *Add:
		return []Operation{&Drop{Path: op.Path}}, ""
	case *Drop:
		if op.Restore.Kind == NoSource {
			return nil, "" // the old schema's default, or nothing, fills the place
		}
		return []Operation{&Add{Path: op.Path, Source: op.Restore}}, ""
	case *Rename:
		to := beside(op.From, op.To)
		return []Operation{&Rename{From: to, To: op.From}}, ""
	case *Move:
		return moveBack(op.From, op.To)
	case *Copy:
		return []Operation{&Drop{Path: op.To}}, ""
	case *Set:
		if op.Restore.Kind == NoSource {
			return nil, "set overwrites a value and names none to restore"
		}
		return []Operation{&Set{Path: op.Path, Source: op.Restore}}, ""
	case *Each:
		return []Operation{&Each{Path: op.Path, Steps: inner}}, ""
	case *Relax:
		return relaxBack(op), ""
	case *Require, *Reversion:
		return nil, ""
	default:
		return inverseShape(t, op)
	}
}

func inverseShape(t func() *plan.Type, op Operation) ([]Operation, string) {
	switch op := op.(type) {
	case *Nest:
		return nestBack(op)
	case *Flatten:
		return flattenBack(t(), op)
	case *Wrap:
		if op.Path[len(op.Path)-1].Kind == OptionalSegment {
			return nil, "a list made of what may be null tells nothing apart"
		}
		return []Operation{&Head{Path: op.Path, Which: "first", Else: Else{Kind: ElseDeadLetter}}}, ""
	case *Head:
		return []Operation{&Wrap{Path: op.Path, As: "list"}}, ""
	case *MapEnum:
		return mapBack(t(), op)
	case *MapBranch:
		return branchBack(op)
	case *Convert:
		return convertBack(t(), op)
	default:
		return nil, op.Name() + " cannot be undone"
	}
}

// beside is a renamed path: its last part may stand alone.
func beside(from, to Path) Path {
	if len(to) > 1 {
		return to
	}
	return append(slices.Clone(from[:len(from)-1]), to...)
}

func moveBack(from, to Path) ([]Operation, string) {
	optional := func(s Segment) bool { return s.Kind == OptionalSegment }
	if slices.ContainsFunc(from, optional) || slices.ContainsFunc(to, optional) {
		return nil, "a value moved out of a record that may be null cannot be put back"
	}
	return []Operation{&Move{From: to, To: from}}, ""
}

func relaxBack(op *Relax) []Operation {
	way := Else{Kind: ElseDeadLetter}
	if op.Restore.Kind != NoSource {
		way = Else{Kind: ElseSource, Source: op.Restore}
	}
	return []Operation{&Require{Path: op.Path, Else: way}}
}

func nestBack(op *Nest) ([]Operation, string) {
	var out []Operation
	for _, p := range op.Paths {
		to := append(slices.Clone(op.Under), p[len(p)-1])
		if len(p) > 1 && len(op.Under) == 1 {
			to = append(append(slices.Clone(p[:len(p)-1]), op.Under...), p[len(p)-1])
		}
		out = append(out, &Move{From: to, To: p})
	}
	return out, ""
}

func flattenBack(t *plan.Type, op *Flatten) ([]Operation, string) {
	inner := typeAt(t, op.Path)
	if inner == nil || inner.Kind != plan.Record {
		return nil, fmt.Sprintf("%s is no record", op.Path)
	}
	above := op.Path[:len(op.Path)-1]
	var out []Operation
	for _, f := range inner.Fields {
		from := append(slices.Clone(above), Segment{Name: op.Prefix + f.Name})
		out = append(out, &Move{From: from, To: append(slices.Clone(op.Path), Segment{Name: f.Name})})
	}
	return out, ""
}

// mapBack turns a map of symbols round. Where several became one, the document
// has to say which one it was.
func mapBack(t *plan.Type, op *MapEnum) ([]Operation, string) {
	e := typeAt(t, op.Path)
	if e == nil || e.Kind != plan.Enum {
		return nil, fmt.Sprintf("%s is no enum", op.Path)
	}
	back := &MapEnum{Path: op.Path}
	for _, p := range op.Map {
		if slices.ContainsFunc(back.Map, func(q Pair) bool { return q.From == p.To }) {
			continue
		}
		from := p.From
		if i := slices.IndexFunc(op.Down, func(q Pair) bool { return q.From == p.To }); i >= 0 {
			from = op.Down[i].To
		} else if n := count(op.Map, p.To); n > 1 {
			return nil, fmt.Sprintf("%d symbols became %s, and down does not say which one it was", n, p.To)
		}
		back.Map = append(back.Map, Pair{From: p.To, To: from})
	}
	return []Operation{back}, ""
}

func count(pairs []Pair, to string) int {
	n := 0
	for _, p := range pairs {
		if p.To == to {
			n++
		}
	}
	return n
}

func branchBack(op *MapBranch) ([]Operation, string) {
	back := &MapBranch{Path: op.Path}
	for _, m := range op.Map {
		if len(m.Steps) > 0 {
			return nil, "the steps of a branch are not undone by themselves"
		}
		if slices.ContainsFunc(back.Map, func(x BranchMap) bool { return x.From == m.To }) {
			return nil, fmt.Sprintf("several branches became %s", m.To)
		}
		back.Map = append(back.Map, BranchMap{From: m.To, To: m.From})
	}
	return []Operation{back}, ""
}

// convertBack inverts value×factor+offset exactly; what is no value of the old
// type is rounded.
func convertBack(t *plan.Type, op *Convert) ([]Operation, string) {
	was := typeAt(t, op.Path)
	if op.Expr.Text != "" || was == nil {
		return nil, "the expression has no inverse; add downExpr"
	}
	factor, offset := big.NewRat(1, 1), new(big.Rat)
	if op.Factor != "" {
		factor.SetString(op.Factor)
	}
	if op.Offset != "" {
		offset.SetString(op.Offset)
	}
	f := new(big.Rat).Inv(factor)
	o := new(big.Rat).Neg(new(big.Rat).Mul(offset, f))
	back := &Convert{Path: op.Path, Factor: f.RatString(), Offset: o.RatString(), Else: Else{Kind: ElseDeadLetter}, To: numberName(was)}
	if was.Kind == plan.Int || was.Kind == plan.Uint {
		back.Round = "half-even"
	}
	return []Operation{back}, ""
}

func numberName(t *plan.Type) string {
	switch {
	case t.Kind == plan.Int && t.Bits == 32:
		return "int32"
	case t.Kind == plan.Int && t.Bits == 64:
		return "int64"
	case t.Kind == plan.Uint && t.Bits > 0:
		return fmt.Sprintf("uint%d", t.Bits)
	case t.Kind == plan.Float && t.Bits == 32:
		return "float"
	case t.Kind == plan.Float && t.Bits == 64:
		return "double"
	default:
		return ""
	}
}

// typeAt is the type at a path, or nil.
func typeAt(t *plan.Type, p Path) *plan.Type {
	for _, s := range p {
		switch s.Kind {
		case ElementsSegment, ValuesSegment:
			t = t.Elem
		case OptionalSegment:
			inner, ok := t.Nullable()
			if !ok {
				return nil
			}
			t = inner
		case BranchSegment:
			i := t.Branch(s.Name)
			if i < 0 {
				return nil
			}
			t = t.Branches[i].Type
		default:
			i := slices.IndexFunc(t.Fields, func(f plan.Field) bool {
				return s.Kind != NumberSegment && f.Name == s.fieldName() || s.Kind == NumberSegment && f.Number == s.Number
			})
			if i < 0 {
				return nil
			}
			t = t.Fields[i].Type
		}
		if t == nil {
			return nil
		}
	}
	return t
}
