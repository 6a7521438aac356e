package upcast

import (
	"math"
	"math/big"

	"github.com/instar-registry/instar/upcast/plan"
)

// span is a set of numbers: those from lo to hi. NaN is in it only if nan says
// so. Bounds are exact for integers, and may be infinite for doubles.
type span struct {
	lo, hi *big.Float
	nan    bool
}

// precision holds 64-bit integers, their products and all doubles exactly.
const precision = 256

func number(f float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(f) }

func integer(n int64) *big.Float { return new(big.Float).SetPrec(precision).SetInt64(n) }

var (
	minInt, maxInt = integer(math.MinInt64), integer(math.MaxInt64)
	maxUint        = new(big.Float).SetPrec(precision).SetUint64(math.MaxUint64)
	allInts        = span{minInt, maxInt, false}
	allUints       = span{integer(0), maxUint, false}
	allFloats      = span{number(math.Inf(-1)), number(math.Inf(1)), true}
	finiteFloats   = span{number(-math.MaxFloat64), number(math.MaxFloat64), false}
	// sizes are the lengths of texts and lists: no event is larger than an int.
	sizes = span{integer(0), integer(math.MaxInt32), false}
)

func (s span) empty() bool { return s.lo.Cmp(s.hi) > 0 }

func (s span) within(t span) bool {
	return s.lo.Cmp(t.lo) >= 0 && s.hi.Cmp(t.hi) <= 0 && (!s.nan || t.nan)
}

func (s span) has(n *big.Float) bool { return s.lo.Cmp(n) <= 0 && s.hi.Cmp(n) >= 0 }

func (s span) meet(t span) span {
	out := span{s.lo, s.hi, s.nan && t.nan}
	if t.lo.Cmp(out.lo) > 0 {
		out.lo = t.lo
	}
	if t.hi.Cmp(out.hi) < 0 {
		out.hi = t.hi
	}
	return out
}

func (s span) join(t span) span {
	out := span{s.lo, s.hi, s.nan || t.nan}
	if t.lo.Cmp(out.lo) < 0 {
		out.lo = t.lo
	}
	if t.hi.Cmp(out.hi) > 0 {
		out.hi = t.hi
	}
	return out
}

// typeSpan is what a type of numbers holds.
func typeSpan(t *plan.Type) span {
	switch {
	case t.Kind == plan.Int && t.Bits == 32:
		return span{integer(math.MinInt32), integer(math.MaxInt32), false}
	case t.Kind == plan.Int && t.Bits == 64:
		return allInts
	case t.Kind == plan.Uint && t.Bits == 32:
		return span{integer(0), integer(math.MaxUint32), false}
	case t.Kind == plan.Uint:
		return allUints
	default:
		return allFloats
	}
}

// whole numbers: the exact results of an operator on all pairs of two spans.

func addSpans(a, b span) span {
	return span{sum(a.lo, b.lo), sum(a.hi, b.hi), a.nan || b.nan}
}

func negSpan(a span) span {
	return span{new(big.Float).Neg(a.hi), new(big.Float).Neg(a.lo), a.nan}
}

// sum adds, and gives an infinity its way.
func sum(a, b *big.Float) *big.Float {
	switch {
	case a.IsInf():
		return a
	case b.IsInf():
		return b
	}
	return new(big.Float).SetPrec(precision).Add(a, b)
}

func product(a, b *big.Float) *big.Float {
	if a.Sign() == 0 || b.Sign() == 0 {
		return integer(0) // also of an infinity: the bound is of finite numbers
	}
	return new(big.Float).SetPrec(precision).Mul(a, b)
}

func mulSpans(a, b span) span {
	first := product(a.lo, b.lo)
	out := span{first, first, a.nan || b.nan}
	for _, x := range []*big.Float{product(a.lo, b.hi), product(a.hi, b.lo), product(a.hi, b.hi)} {
		out = out.join(span{x, x, false})
	}
	return out
}

// divSpan bounds an integer division: no result is larger than the dividend, and
// by what is positive none has another sign.
func divSpan(a, b span) span {
	m := biggest(a)
	if b.lo.Sign() <= 0 || a.hasInf() {
		return span{new(big.Float).Neg(m), m, a.nan}
	}
	out := span{integer(0), integer(0), a.nan}
	if a.lo.Sign() < 0 {
		out.lo = quotient(a.lo, b.lo)
	}
	if a.hi.Sign() > 0 {
		out.hi = quotient(a.hi, b.lo)
	}
	return out
}

// quotient divides whole numbers and drops the fraction.
func quotient(a, b *big.Float) *big.Float {
	x, _ := a.Int(nil)
	y, _ := b.Int(nil)
	return new(big.Float).SetPrec(precision).SetInt(x.Quo(x, y))
}

func biggest(a span) *big.Float {
	m := new(big.Float).Abs(a.lo)
	if h := new(big.Float).Abs(a.hi); h.Cmp(m) > 0 {
		m = h
	}
	return m
}

// modSpan bounds a remainder: smaller than the divisor, with the dividend's sign.
func modSpan(a, b span) span {
	m := biggest(b)
	m = sum(m, integer(-1))
	out := span{integer(0), integer(0), false}
	if a.lo.Sign() < 0 {
		out.lo = new(big.Float).Neg(m)
	}
	if a.hi.Sign() > 0 {
		out.hi = m
	}
	return out
}

// floatSpan is the span of a result of floating point: the exact bounds, rounded
// outwards to doubles.
func floatSpan(s span) span {
	lo, acc := s.lo.Float64()
	if acc == big.Above {
		lo = math.Nextafter(lo, math.Inf(-1))
	}
	hi, acc := s.hi.Float64()
	if acc == big.Below {
		hi = math.Nextafter(hi, math.Inf(1))
	}
	return span{number(lo), number(hi), s.nan}
}

// hasInf reports whether a span reaches an infinity, where sums and products may
// have no value.
func (s span) hasInf() bool { return s.lo.IsInf() || s.hi.IsInf() }

func rounded(s span, round func(float64) float64) span {
	lo, _ := s.lo.Float64()
	hi, _ := s.hi.Float64()
	return span{number(round(lo)), number(round(hi)), s.nan}
}
