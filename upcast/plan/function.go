package plan

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Func is a function of the closed list that plans are made of.
type Func struct {
	Name string
	// Partial says that there are values for which it fails.
	Partial bool
	// eval gives the result or, if the text is not empty, the reason of the
	// failure.
	eval func(c *Call, args []Value) (Value, string)
	// reach says how far it goes into lists and maps.
	reach reach
	// impl is the Go function that eval calls, if it has plain types.
	impl any
}

// The functions.
var (
	// Widen turns a number into the same number of a wider type.
	Widen = &Func{Name: "widen", eval: evalWiden}
	// MapSymbol maps symbols by the table of the call.
	MapSymbol = &Func{Name: "symbol", Partial: true, eval: evalSymbol}
	// Linear is x×factor+offset in exact rationals; the table holds both and
	// how to round.
	Linear = &Func{Name: "linear", Partial: true, eval: evalLinear}
	// First, Last and Only take one element of a list.
	First = &Func{Name: "first", Partial: true, eval: evalElement}
	Last  = &Func{Name: "last", Partial: true, eval: evalElement}
	Only  = &Func{Name: "only", Partial: true, eval: evalElement}
	// Concat joins texts with the separator of the table.
	Concat = &Func{Name: "concat", eval: evalConcat}
	// TextBytes is the UTF-8 of a text.
	TextBytes = &Func{Name: "utf8", eval: func(_ *Call, args []Value) (Value, string) { return []byte(text(args[0])), "" }}
)

func text(v Value) string {
	switch v := v.(type) {
	case string:
		return v
	case Symbol:
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}

func evalWiden(c *Call, args []Value) (Value, string) {
	if f, ok := args[0].(float64); ok && c.Type.Kind == Float && c.Type.Bits > 0 {
		return f, "" // minus zero stays what it is
	}
	x, ok := rational(args[0])
	if !ok {
		return args[0], "" // NaN and the infinities of a double
	}
	return convert(x, c.Type)
}

func evalSymbol(c *Call, args []Value) (Value, string) {
	to, ok := c.Table[text(args[0])]
	if !ok {
		return nil, fmt.Sprintf("symbol %s is not mapped", text(args[0]))
	}
	return Symbol(to), ""
}

func evalLinear(c *Call, args []Value) (Value, string) {
	x, ok := rational(args[0])
	if !ok {
		return nil, "not a finite number"
	}
	if f, ok := new(big.Rat).SetString(c.Table["factor"]); ok {
		x = new(big.Rat).Mul(x, f)
	}
	if o, ok := new(big.Rat).SetString(c.Table["offset"]); ok {
		x = new(big.Rat).Add(x, o)
	}
	if r := c.Table["round"]; r != "" {
		x = round(x, r, c.Type)
	}
	return convert(x, c.Type)
}

func evalElement(c *Call, args []Value) (Value, string) {
	items, ok := args[0].([]Value)
	switch {
	case !ok || len(items) == 0:
		return nil, "the list is empty"
	case c.Func.Name == "only" && len(items) > 1:
		return nil, fmt.Sprintf("the list has %d elements", len(items))
	case c.Func.Name == "last":
		return items[len(items)-1], ""
	default:
		return items[0], ""
	}
}

func evalConcat(c *Call, args []Value) (Value, string) {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = text(a)
	}
	return strings.Join(parts, c.Table["separator"]), ""
}

// rational is the exact value of a finite number.
func rational(v Value) (*big.Rat, bool) {
	switch v := v.(type) {
	case int64:
		return new(big.Rat).SetInt64(v), true
	case uint64:
		return new(big.Rat).SetInt(new(big.Int).SetUint64(v)), true
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, false
		}
		return new(big.Rat).SetFloat64(v), true
	case Number:
		return new(big.Rat).SetString(string(v))
	case Dec:
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.Scale)), nil)
		return new(big.Rat).SetFrac(v.Unscaled, scale), true
	default:
		return nil, false
	}
}

// convert gives an exact number as a value of a type, or the reason why it is
// none.
func convert(x *big.Rat, t *Type) (Value, string) {
	switch t.Kind {
	case Int:
		return toInt(x, t)
	case Uint:
		if !x.IsInt() || x.Sign() < 0 || x.Num().BitLen() > t.Bits {
			return nil, fmt.Sprintf("%s is no %s", x.RatString(), t)
		}
		return x.Num().Uint64(), ""
	case Float:
		if t.Bits == 0 {
			if _, finite := x.FloatPrec(); !finite {
				return nil, decimal(x) + " has no end as a decimal number"
			}
			return Number(decimal(x)), ""
		}
		return toFloat(x, t)
	case Decimal:
		scaled := new(big.Rat).Mul(x, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil)))
		if !scaled.IsInt() {
			return nil, fmt.Sprintf("%s has more than %d decimal places", decimal(x), t.Scale)
		}
		if len(new(big.Int).Abs(scaled.Num()).String()) > t.Precision && scaled.Sign() != 0 {
			return nil, fmt.Sprintf("%s has more than %d digits", decimal(x), t.Precision)
		}
		return Dec{Unscaled: new(big.Int).Set(scaled.Num()), Scale: t.Scale}, ""
	default:
		return nil, fmt.Sprintf("%s is no number", t)
	}
}

func toInt(x *big.Rat, t *Type) (Value, string) {
	if !x.IsInt() {
		return nil, fmt.Sprintf("%s is not an integer", decimal(x))
	}
	if t.Bits == 0 {
		return Number(x.Num().String()), ""
	}
	if !x.Num().IsInt64() || t.Bits == 32 && x.Num().Int64() != int64(int32(x.Num().Int64())) {
		return nil, fmt.Sprintf("%s does not fit %d bits", x.Num(), t.Bits)
	}
	return x.Num().Int64(), ""
}

func toFloat(x *big.Rat, t *Type) (Value, string) {
	var f float64
	var exact bool
	if t.Bits == 32 {
		f32, e := x.Float32()
		f, exact = float64(f32), e
	} else {
		f, exact = x.Float64()
	}
	if !exact && x.IsInt() || math.IsInf(f, 0) {
		return nil, fmt.Sprintf("%s is not a %s exactly", decimal(x), t)
	}
	return f, ""
}

// decimal prints a rational, exactly if it has a finite expansion.
func decimal(x *big.Rat) string {
	if x.IsInt() {
		return x.Num().String()
	}
	if n, exact := x.FloatPrec(); exact {
		return x.FloatString(n)
	}
	return x.RatString()
}

// round rounds to an integer, or to the scale of a decimal.
func round(x *big.Rat, how string, t *Type) *big.Rat {
	scale := int64(0)
	switch {
	case t.Kind == Decimal:
		scale = int64(t.Scale)
	case t.Kind == Float:
		return x
	}
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(scale), nil))
	scaled := new(big.Rat).Mul(x, unit)
	floor := new(big.Int)
	floor.Div(scaled.Num(), scaled.Denom())
	rest := new(big.Rat).Sub(scaled, new(big.Rat).SetInt(floor))
	up := false
	half := rest.Cmp(big.NewRat(1, 2))
	switch how {
	case "ceil":
		up = rest.Sign() > 0
	case "trunc":
		up = rest.Sign() > 0 && scaled.Sign() < 0
	case "half-up": // away from zero at the half
		up = half > 0 || half == 0 && scaled.Sign() > 0
	case "half-even":
		up = half > 0 || half == 0 && floor.Bit(0) == 1
	}
	if up {
		floor.Add(floor, big.NewInt(1))
	}
	return new(big.Rat).Quo(new(big.Rat).SetInt(floor), unit)
}

// Exact reads a decimal number as a value of a type of numbers; the text is the
// reason why it is none. A fraction that a binary type cannot hold is rounded to
// the nearest that it can.
func Exact(text string, t *Type) (Value, string) {
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, "is no number"
	}
	return convert(x, t)
}
