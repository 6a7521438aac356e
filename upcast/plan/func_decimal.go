package plan

import "math/big"

// maxDecimalBits bounds the decimals that a computation makes.
const maxDecimalBits = 4096

const largeDecimal = "the decimal has too many digits"

// The functions of decimals. They are exact; only a division rounds.
var (
	DecAdd   = fn2p("decimal.add", func(a, b Dec) (Dec, string) { return sumDec(a, b, (*big.Int).Add) })
	DecSub   = fn2p("decimal.sub", func(a, b Dec) (Dec, string) { return sumDec(a, b, (*big.Int).Sub) })
	DecMul   = fn2p("decimal.mul", mulDec)
	DecScale = fn1("decimal.scale", func(a Dec) int64 { return int64(a.Scale) })
	// DecDiv divides to the scale of the call, rounded in its way.
	DecDiv = &Func{Name: "decimal.div", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		a, ok := rational(args[0])
		b, ok2 := rational(args[1])
		scale, ok3 := args[2].(int64)
		switch {
		case !ok || !ok2 || !ok3:
			return wrongKind("div", args)
		case b.Sign() == 0:
			return nil, zeroBelow
		case scale < 0 || scale > maxDecimalBits/8:
			return nil, "the scale is out of range"
		}
		t := &Type{Kind: Decimal, Scale: int(scale)}
		return decAt(round(new(big.Rat).Quo(a, b), c.Table["round"], t), int(scale))
	}}
	// DecFit gives a decimal the scale of the call's type, if its digits fit.
	DecFit = &Func{Name: "decimal.fit", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		x, ok := rational(args[0])
		if !ok {
			return wrongKind("decimal.fit", args)
		}
		return convert(x, c.Type)
	}}
)

func sumDec(a, b Dec, f func(z, x, y *big.Int) *big.Int) (Dec, string) {
	scale := max(a.Scale, b.Scale)
	x, y := rescale(a, scale), rescale(b, scale)
	z := f(new(big.Int), x, y)
	return Dec{z, scale}, when(z.BitLen() > maxDecimalBits, largeDecimal)
}

func mulDec(a, b Dec) (Dec, string) {
	z := new(big.Int).Mul(a.Unscaled, b.Unscaled)
	return Dec{z, a.Scale + b.Scale}, when(z.BitLen() > maxDecimalBits || a.Scale+b.Scale > maxDecimalBits, largeDecimal)
}

func rescale(d Dec, scale int) *big.Int {
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-d.Scale)), nil)
	return ten.Mul(ten, d.Unscaled)
}

// decAt writes a number that has no more places than the scale.
func decAt(x *big.Rat, scale int) (Value, string) {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	y := new(big.Rat).Mul(x, new(big.Rat).SetInt(unit))
	return Dec{new(big.Int).Set(y.Num()), scale}, when(y.Num().BitLen() > maxDecimalBits, largeDecimal)
}
