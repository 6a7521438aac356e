package upcast

import (
	"math/big"

	"github.com/instar-registry/instar/upcast/plan"
)

// linearFits reports whether a linear conversion of numbers has a result for
// every number of a type: the results for both ends fit, and none has a fraction
// where the target takes none.
func linearFits(call *plan.Call, s *plan.Type) bool {
	factor, ok := rationalOr(call.Table["factor"], 1)
	offset, ok2 := rationalOr(call.Table["offset"], 0)
	wholeNumbers := s.Kind == plan.Int || s.Kind == plan.Uint
	if !ok || !ok2 || !wholeNumbers && (s.Kind != plan.Float || s.Bits != 0) {
		return false // doubles may be no number, decimals of any size
	}
	t := call.Type
	rounds := call.Table["round"] != ""
	whole := wholeNumbers && factor.IsInt() && offset.IsInt()
	switch {
	case t.Kind == plan.Float && t.Bits == 0:
		return finite(factor) && finite(offset)
	case t.Kind == plan.Int && t.Bits == 0:
		return whole || rounds
	case !wholeNumbers || s.Bits == 0:
		return false
	case t.Kind == plan.Int || t.Kind == plan.Uint:
		return (whole || rounds) && endsFit(call, s)
	case t.Kind == plan.Decimal && t.Scale >= 0:
		unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil))
		whole = new(big.Rat).Mul(factor, unit).IsInt() && new(big.Rat).Mul(offset, unit).IsInt()
		return (whole || rounds) && endsFit(call, s)
	case t.Kind == plan.Float:
		return endsWithin(s, factor, offset, map[int]int64{32: 1 << 24, 64: 1 << 53}[t.Bits])
	default:
		return false
	}
}

func rationalOr(text string, usual int64) (*big.Rat, bool) {
	if text == "" {
		return new(big.Rat).SetInt64(usual), true
	}
	return new(big.Rat).SetString(text)
}

// finite reports whether a fraction can be written as a decimal.
func finite(x *big.Rat) bool {
	_, exact := x.FloatPrec()
	return exact
}

// boundsFit reports whether the bounds that a JSON Schema declares for an integer
// keep the results of a linear conversion within their type.
func (b *builder) boundsFit(x plan.Node, call *plan.Call) bool {
	factor, ok := rationalOr(call.Table["factor"], 1)
	offset, ok2 := rationalOr(call.Table["offset"], 0)
	t, known := plan.TypeOf(x)
	if !ok || !ok2 || !known || call.Func != plan.Linear || call.Type.Kind != plan.Int || t.Kind != plan.Int || t.Bits != 0 || !factor.IsInt() || !offset.IsInt() {
		return false
	}
	is := newProver(&translator{b: b}).numbers(x)
	whole := func(r *big.Rat) span {
		n := new(big.Float).SetPrec(precision).SetInt(r.Num())
		return span{n, n, false}
	}
	return !is.hasInf() && addSpans(mulSpans(is, whole(factor)), whole(offset)).within(typeSpan(call.Type))
}

// extremes are the least and the largest number of a type of whole numbers.
func extremes(t *plan.Type) [2]*big.Int {
	if t.Kind == plan.Uint {
		return [2]*big.Int{new(big.Int), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(t.Bits)), big.NewInt(1))}
	}
	most := new(big.Int).Lsh(big.NewInt(1), uint(t.Bits-1))
	return [2]*big.Int{new(big.Int).Neg(most), new(big.Int).Sub(most, big.NewInt(1))}
}

// endsFit converts both ends: what is between them lies between their images.
func endsFit(call *plan.Call, s *plan.Type) bool {
	for _, end := range extremes(s) {
		lit := &plan.Lit{Type: s}
		var why string
		if lit.Value, why = plan.Exact(end.String(), s); why != "" {
			return false
		}
		try := *call
		try.Args = []plan.Node{lit}
		if _, ok := try.Constant(); !ok {
			return false
		}
	}
	return true
}

// endsWithin reports whether all results are whole numbers that a floating point
// type holds exactly, or fractions, which it may round.
func endsWithin(s *plan.Type, factor, offset *big.Rat, most int64) bool {
	for _, end := range extremes(s) {
		x := new(big.Rat).Mul(new(big.Rat).SetInt(end), factor)
		if x.Add(x, offset).Abs(x).Cmp(new(big.Rat).SetInt64(most)) > 0 {
			return false
		}
	}
	return true
}
