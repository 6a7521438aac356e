package plan

import (
	"math/big"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Range is what the places of a JSON type say of its values: of numbers the least
// and the largest, of texts, lists and objects the sizes. A bound that is nil is
// not known.
type Range struct{ Low, High *big.Rat }

// RangeOf is the range of the values of a type that is of one kind: what its
// places say together, whichever branches hold.
func RangeOf(t *Type) Range {
	k := KindsOf(t)
	if bits.OnesCount8(uint8(k)) != 1 || k&(nullKind|boolKind) != 0 {
		return Range{}
	}
	r := ranger{kind: k, whole: t.Kind == Int, known: map[*jsonschema.Node]*jsonRange{}}
	var out jsonRange
	for _, n := range t.Schemas {
		out.meet(r.of(n))
	}
	if out.none || out.Low != nil && out.High != nil && out.Low.Cmp(out.High) > 0 {
		return Range{} // there is no such value
	}
	return out.Range
}

// jsonRange is the range of what a place admits of a kind; none says that it
// admits nothing of it.
type jsonRange struct {
	Range
	none bool
}

func (r *jsonRange) meet(x *jsonRange) {
	r.none = r.none || x.none
	r.least(x.Low)
	r.most(x.High)
}

func (r *jsonRange) least(n *big.Rat) {
	if n != nil && (r.Low == nil || n.Cmp(r.Low) > 0) {
		r.Low = n
	}
}

func (r *jsonRange) most(n *big.Rat) {
	if n != nil && (r.High == nil || n.Cmp(r.High) < 0) {
		r.High = n
	}
}

// join takes what either admits.
func (r *jsonRange) join(x *jsonRange) {
	switch {
	case x.none:
	case r.none:
		*r = *x
	default:
		if x.Low == nil || r.Low != nil && x.Low.Cmp(r.Low) < 0 {
			r.Low = x.Low
		}
		if x.High == nil || r.High != nil && x.High.Cmp(r.High) > 0 {
			r.High = x.High
		}
	}
}

// ranger finds the ranges of one kind of values.
type ranger struct {
	kind  kinds
	whole bool
	known map[*jsonschema.Node]*jsonRange
}

// of is the range of one place. In-place references have no circles, so this ends.
func (r *ranger) of(n *jsonschema.Node) *jsonRange {
	if n == nil {
		return &jsonRange{}
	}
	if out, ok := r.known[n]; ok {
		return out
	}
	out := &jsonRange{}
	r.known[n] = out
	switch {
	case n.Bool != nil:
		out.none = !*n.Bool
		return out
	case n.IsRef():
		out.meet(r.of(n.RefTo))
		return out
	}
	r.own(n, out)
	out.meet(r.of(n.RefTo))
	for _, m := range n.AllOf {
		out.meet(r.of(m))
	}
	for _, list := range [][]*jsonschema.Node{n.AnyOf, n.OneOf} {
		if len(list) == 0 {
			continue
		}
		either := &jsonRange{none: true}
		for _, m := range list {
			either.join(r.of(m))
		}
		out.meet(either)
	}
	return out
}

// own is what the keywords of a place say themselves.
func (r *ranger) own(n *jsonschema.Node, out *jsonRange) {
	if n.Types != nil {
		out.none = !slices.ContainsFunc(n.Types, func(name string) bool { return kindOfType[name] == r.kind })
	}
	if n.Const != nil {
		out.meet(r.values([]*jsonx.Value{n.Const}))
	}
	if n.Enum != nil {
		out.meet(r.values(n.Enum))
	}
	var low, high *jsonschema.Number
	switch r.kind {
	case numberKind:
		r.bounds(n, out)
	case stringKind:
		low, high = n.MinLength, n.MaxLength
	case arrayKind:
		low, high = n.MinItems, n.MaxItems
	case objectKind:
		low, high = n.MinProperties, n.MaxProperties
	}
	if low != nil {
		out.least(low.Rat)
	}
	if high != nil {
		out.most(high.Rat)
	}
}

// bounds are those of numbers. Of whole ones a bound that is excluded is the next
// number; of others it counts as if it were not excluded.
func (r *ranger) bounds(n *jsonschema.Node, out *jsonRange) {
	if n.Minimum != nil {
		out.least(r.round(n.Minimum, n.MinimumExcluded != nil && *n.MinimumExcluded, 1))
	}
	if n.ExclusiveMinimum != nil {
		out.least(r.round(n.ExclusiveMinimum, true, 1))
	}
	if n.Maximum != nil {
		out.most(r.round(n.Maximum, n.MaximumExcluded != nil && *n.MaximumExcluded, -1))
	}
	if n.ExclusiveMaximum != nil {
		out.most(r.round(n.ExclusiveMaximum, true, -1))
	}
}

// round is the first whole number from a bound on, upwards or downwards.
func (r *ranger) round(n *jsonschema.Number, excluded bool, way int64) *big.Rat {
	if !r.whole {
		return n.Rat
	}
	floor, rest := new(big.Int).DivMod(n.Rat.Num(), n.Rat.Denom(), new(big.Int))
	switch {
	case rest.Sign() != 0 && way > 0:
		floor.Add(floor, big.NewInt(1))
	case rest.Sign() == 0 && excluded:
		floor.Add(floor, big.NewInt(way))
	}
	return new(big.Rat).SetInt(floor)
}

// values is the range of listed values.
func (r *ranger) values(list []*jsonx.Value) *jsonRange {
	out := &jsonRange{none: true}
	for _, v := range list {
		var x *big.Rat
		switch {
		case v.Kind == jsonx.Number && r.kind == numberKind:
			x, _ = new(big.Rat).SetString(v.Text)
		case v.Kind == jsonx.String && r.kind == stringKind:
			x = new(big.Rat).SetInt64(int64(utf8.RuneCountInString(v.Text)))
		case v.Kind == jsonx.Array && r.kind == arrayKind:
			x = new(big.Rat).SetInt64(int64(len(v.Items)))
		case v.Kind == jsonx.Object && r.kind == objectKind:
			x = new(big.Rat).SetInt64(int64(len(v.Members)))
		default:
			continue
		}
		out.join(&jsonRange{Range: Range{x, x}})
	}
	return out
}
