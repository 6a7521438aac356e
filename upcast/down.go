package upcast

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// inverse gives the steps that undo an operation on a value of a type, as far as
// it can be undone. The text is the reason why it cannot.
func (b *builder) inverse(t func() *plan.Type, op Operation) ([]Operation, string) {
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
		return moveBack(t(), op.From, op.To)
	case *Copy:
		return []Operation{&Drop{Path: op.To}}, ""
	case *Set:
		if op.Restore.Kind == NoSource {
			return nil, "set overwrites a value and names none to restore"
		}
		return []Operation{&Set{Path: op.Path, Source: op.Restore}}, ""
	case *Each:
		return []Operation{&Each{Path: op.Path, Steps: b.inner}}, ""
	case *InType:
		return []Operation{&InType{Type: op.Type, Steps: b.inner}}, ""
	case *FromContext:
		return []Operation{&Drop{Path: op.Path}}, ""
	case *Relax:
		return relaxBack(t(), op), ""
	case *Default:
		return []Operation{&Default{Path: op.Path}}, ""
	case *Require, *Reversion, *Narrow, *Filter:
		return nil, "" // the value is one of the old version as it is
	case *Rest:
		if op.Mode == "into" {
			return nil, "undeclared properties put into a field are not spread again"
		}
		return nil, ""
	default:
		return b.inverseShape(t, op)
	}
}

func (b *builder) inverseShape(t func() *plan.Type, op Operation) ([]Operation, string) {
	switch op := op.(type) {
	case *Nest:
		return nestBack(t(), op)
	case *Flatten:
		return flattenBack(t(), op)
	case *Wrap:
		if op.Path[len(op.Path)-1].Kind == OptionalSegment {
			return nil, "what is made of what may be null tells nothing apart"
		}
		if op.As == "map" {
			return []Operation{&entryOf{Path: op.Path, Key: op.Key, Else: Else{Kind: ElseDeadLetter}}}, ""
		}
		return []Operation{&Head{Path: op.Path, Which: "first", Else: Else{Kind: ElseDeadLetter}}}, ""
	case *Head:
		return []Operation{&Wrap{Path: op.Path, As: "list"}}, ""
	case *ToMap:
		return []Operation{&ToList{Path: op.Path, Key: op.Key, Value: op.Value}}, ""
	case *ToList:
		return []Operation{&ToMap{Path: op.Path, Key: op.Key, Value: op.Value, Duplicates: "last"}}, ""
	case *MapEnum:
		return b.mapBack(t(), op)
	case *MapBranch:
		return b.branchBack(op)
	case *Convert:
		return convertBack(t(), op)
	case *Retype:
		return retypeBack(t(), op)
	case *RenameType, *Rekey, *Transcode:
		return nil, "" // the event is as it was; what is beside it does not come back
	case *Meta:
		return metaBack(op)
	case *Split:
		return splitBack(op)
	case *Merge:
		return mergeBack(op)
	default:
		return nil, op.Name() + " cannot be undone"
	}
}

// metaBack renames headers back and drops those that were set.
func metaBack(op *Meta) ([]Operation, string) {
	if len(op.Drop) > 0 {
		return nil, "a header that is dropped does not come back"
	}
	back := &Meta{}
	for _, p := range op.Rename {
		back.Rename = append(back.Rename, Pair{From: p.To, To: p.From})
	}
	for _, f := range op.Set {
		back.Drop = append(back.Drop, f.Name)
	}
	return []Operation{back}, ""
}

// splitBack joins the parts again, by the separator or by what stands between the
// groups of the pattern.
func splitBack(op *Split) ([]Operation, string) {
	common := commonLoops(op)
	var back Operation
	if op.Pattern != "" {
		var why string
		if back, why = joinPattern(op, common); why != "" {
			return nil, why
		}
	} else {
		join := &Merge{To: op.Path[common:], Separator: op.Separator}
		for _, part := range op.Into {
			join.Paths = append(join.Paths, part.To[common:])
		}
		back = join
	}
	if common == 0 {
		return []Operation{back}, ""
	}
	return []Operation{&Each{Path: op.Path[:common], Steps: []Step{{Operation: back}}}}, ""
}

// mergeBack takes the text apart at the separator, if the document says so: texts
// that hold the separator themselves do not come back.
func mergeBack(op *Merge) ([]Operation, string) {
	if op.Down != "split" || op.Separator == "" || len(op.Paths) < 2 {
		return nil, "merge cannot be undone without down: split and a separator"
	}
	back := &Split{Path: op.To, Separator: op.Separator, Else: Else{Kind: ElseDeadLetter}}
	for _, p := range op.Paths {
		back.Into = append(back.Into, SplitPart{To: p})
	}
	return []Operation{back}, ""
}

// beside is a renamed path: its last part may stand alone.
func beside(from, to Path) Path {
	if len(to) > 1 {
		return to
	}
	return append(slices.Clone(from[:len(from)-1]), to...)
}

func moveBack(t *plan.Type, from, to Path) ([]Operation, string) {
	optional := func(s Segment) bool { return s.Kind == OptionalSegment }
	if slices.ContainsFunc(from, optional) || slices.ContainsFunc(to, optional) {
		return nil, "a value moved out of a record that may be null cannot be put back"
	}
	return undoMoves(t, [][2]Path{{from, to}}), ""
}

// undoMoves moves values back, out of records that the moves made.
func undoMoves(t *plan.Type, moves [][2]Path) []Operation {
	made := madeBy(t, moves)
	var out []Operation
	for _, x := range made {
		out = append(out, x)
	}
	for _, m := range moves {
		out = append(out, &Move{From: m[1], To: m[0]})
	}
	for _, x := range made {
		if above := x.Path[:len(x.Path)-1]; len(above) == 0 || typeAt(t, above) != nil {
			out = append(out, &emptied{x.Path})
		}
	}
	return out
}

func relaxBack(t *plan.Type, op *Relax) []Operation {
	way := Else{Kind: ElseDeadLetter}
	if op.Restore.Kind != NoSource {
		way = Else{Kind: ElseSource, Source: op.Restore}
	}
	out := []Operation{&Require{Path: op.Path, Else: way, relaxed: true}}
	return append(out, boundsBack(typeAt(t, op.Path), op.Path, way)...)
}

// boundsBack keeps what comes back within the bounds that the old JSON Schema
// declares for the place.
func boundsBack(was *plan.Type, path Path, way Else) []Operation {
	if was == nil || !was.JSON || was.Kind != plan.Int && was.Kind != plan.Float && was.Kind != plan.String && was.Kind != plan.List {
		return nil
	}
	r := plan.RangeOf(was)
	text := func(x *big.Rat) string {
		if x == nil {
			return ""
		}
		return x.RatString()
	}
	back := &Narrow{Path: path, Mode: "else", Else: way}
	if was.Kind == plan.Int || was.Kind == plan.Float {
		back.Min, back.Max = text(r.Low), text(r.High)
	} else {
		if back.MaxLength = text(r.High); r.Low != nil && r.Low.Sign() > 0 {
			back.MinLength = text(r.Low)
		}
	}
	if back.Min+back.Max+back.MinLength+back.MaxLength == "" {
		return nil
	}
	return []Operation{back}
}

func nestBack(t *plan.Type, op *Nest) ([]Operation, string) {
	var moves [][2]Path
	for _, p := range op.Paths {
		to := append(slices.Clone(op.Under), p[len(p)-1])
		if len(p) > 1 && len(op.Under) == 1 {
			to = append(append(slices.Clone(p[:len(p)-1]), op.Under...), p[len(p)-1])
		}
		moves = append(moves, [2]Path{p, to})
	}
	return undoMoves(t, moves), ""
}

func flattenBack(t *plan.Type, op *Flatten) ([]Operation, string) {
	inner := typeAt(t, op.Path)
	if inner != nil && op.Else.Kind != NoElse {
		if there, nullable := inner.Nullable(); nullable {
			inner = there
		}
	}
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
func (b *builder) mapBack(t *plan.Type, op *MapEnum) ([]Operation, string) {
	e := typeAt(t, op.Path)
	if e == nil || e.Kind != plan.Enum {
		return nil, fmt.Sprintf("%s is no enum", op.Path)
	}
	back := &MapEnum{Path: op.Path, Else: Else{Kind: ElseDeadLetter}}
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
	// What was chosen for a symbol leads back to it.
	for _, c := range b.chosen[op] {
		if i := slices.IndexFunc(op.Down, func(q Pair) bool { return q.From == c.To }); i >= 0 {
			c.From = op.Down[i].To
		}
		if i := slices.IndexFunc(back.Map, func(q Pair) bool { return q.From == c.To }); i < 0 {
			back.Map = append(back.Map, Pair{From: c.To, To: c.From})
		} else if back.Map[i].To != c.From {
			return nil, fmt.Sprintf("several symbols became %s, and down does not say which one it was", c.To)
		}
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

// branchBack turns a map of branches round, with the inverses of their steps.
func (b *builder) branchBack(op *MapBranch) ([]Operation, string) {
	back := &MapBranch{Path: op.Path}
	for _, m := range op.Map {
		from := m.From
		if i := slices.IndexFunc(op.Down, func(q Pair) bool { return q.From == m.To }); i >= 0 {
			from = op.Down[i].To
		} else if slices.ContainsFunc(op.Map, func(x BranchMap) bool { return x.From != m.From && x.To == m.To }) {
			return nil, fmt.Sprintf("several branches became %s, and down does not say which one it was", m.To)
		}
		if from == m.From {
			back.Map = append(back.Map, BranchMap{From: m.To, To: from, Steps: b.branches[op][m.From]})
		}
	}
	return []Operation{back}, ""
}

// convertBack inverts value×factor+offset exactly; what is no value of the old
// type is rounded.
func convertBack(t *plan.Type, op *Convert) ([]Operation, string) {
	was := typeAt(t, op.Path)
	switch {
	case was == nil, op.Expr.Text != "" && op.DownExpr.Text == "":
		return nil, "the expression has no inverse; add downExpr"
	case op.Expr.Text != "":
		back := &Convert{Path: op.Path, Expr: op.DownExpr, toType: was, Else: Else{Kind: ElseDeadLetter}}
		return append([]Operation{back}, boundsBack(was, op.Path, back.Else)...), ""
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
	return append([]Operation{back}, boundsBack(was, op.Path, back.Else)...), ""
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
			if inner, ok := t.Nullable(); ok {
				t = inner
			} else if t.Kind == plan.Union {
				return nil
			} // else it may be absent
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
