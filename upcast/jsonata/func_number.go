package jsonata

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

func defineNumbers() {
	define("sum", "<a<n>:n>", 1, func(c *call) (Value, error) { return c.total() })
	define("average", "<a<n>:n>", 1, func(c *call) (Value, error) {
		a, _ := c.args[0].(*Array)
		if a == nil || len(a.Items) == 0 {
			return nil, nil
		}
		total, err := c.total()
		if err != nil {
			return nil, err
		}
		return arithmetic('/', total, int64(len(a.Items)))
	})
	define("max", "<a<n>:n>", 1, func(c *call) (Value, error) { return c.extreme(1) })
	define("min", "<a<n>:n>", 1, func(c *call) (Value, error) { return c.extreme(-1) })
	define("number", "<(nsb)-:n>", 1, number)
	one := func(name string, of func(Value) (Value, error)) {
		define(name, "<n-:n>", 1, func(c *call) (Value, error) {
			if c.args[0] == nil {
				return nil, nil
			}
			v, err := inRange(c.args[0])
			if err != nil {
				return nil, err
			}
			return of(v)
		})
	}
	one("abs", func(v Value) (Value, error) {
		if compareNumbers(v, int64(0)) < 0 {
			return arithmetic('-', int64(0), v)
		}
		return v, nil
	})
	one("floor", func(v Value) (Value, error) { return whole(v, math.Floor), nil })
	one("ceil", func(v Value) (Value, error) { return whole(v, math.Ceil), nil })
	one("sqrt", func(v Value) (Value, error) {
		if compareNumbers(v, int64(0)) < 0 {
			return nil, fail("D3060", "$sqrt is applied to "+show(v)+", which is negative", "")
		}
		return normalFloat(math.Sqrt(toFloat(v))), nil
	})
	define("round", "<n-n?:n>", 2, func(c *call) (Value, error) {
		if c.args[0] == nil {
			return nil, nil
		}
		places := 0.0
		if c.args[1] != nil {
			places = toFloat(c.args[1])
		}
		if places != math.Trunc(places) || math.Abs(places) > maxBits {
			return nil, fail("X1008", "$round to "+show(c.args[1])+" places", "places are an integer from -1024 to 1024")
		}
		return round(c.args[0], int(places))
	})
	define("power", "<n-n:n>", 2, power)
	define("formatBase", "<n-n?:s>", 2, formatBase)
}

func (c *call) total() (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok {
		return nil, nil
	}
	var total Value = int64(0)
	for _, x := range a.Items {
		var err error
		if total, err = arithmetic('+', total, x); err != nil {
			return nil, err
		}
	}
	return total, c.pay(len(a.Items))
}

// extreme is the largest number for 1, the smallest for -1.
func (c *call) extreme(sign int) (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok || len(a.Items) == 0 {
		return nil, nil
	}
	best := a.Items[0]
	for _, x := range a.Items[1:] {
		if compareNumbers(x, best)*sign > 0 {
			best = x
		}
	}
	return best, c.pay(len(a.Items))
}

// whole rounds a number that is not an integer already.
func whole(v Value, to func(float64) float64) Value {
	switch v.(type) {
	case int64, *big.Int:
		return v
	}
	return normalFloat(to(toFloat(v)))
}

var (
	decimalText = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$`)
	radixText   = regexp.MustCompile(`^0([xX][0-9A-Fa-f]+|[oO][0-7]+|[bB][01]+)$`)
)

// maxNumberText bounds the texts that are read as numbers.
const maxNumberText = 2_000

func number(c *call) (Value, error) {
	switch v := c.args[0].(type) {
	case nil:
		return nil, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case string:
		if n := numberOf(v); n != nil {
			if n, err := inRange(n); err == nil {
				return n, nil
			}
		}
		return nil, fail("D3030", show(v)+" is no number", "")
	}
	return c.args[0], nil
}

// numberOf reads a number; nothing if the text is none.
func numberOf(text string) Value {
	switch {
	case len(text) > maxNumberText:
		return nil
	case decimalText.MatchString(text):
		if d, ok := parseNumber(text).(*Decimal); ok {
			return normalFloat(d.value)
		}
		return parseNumber(text)
	case radixText.MatchString(text):
		b, ok := new(big.Int).SetString(strings.ToLower(text), 0)
		if !ok {
			return nil
		}
		return normalBig(b)
	}
	return nil
}

// round rounds half to even, to a number of places behind the point, or before
// it if that is negative.
func round(v Value, places int) (Value, error) {
	if _, err := inRange(v); err != nil {
		return nil, err
	}
	if x, ok := toInteger(v); ok {
		if places >= 0 {
			return normalBig(x), nil
		}
		return roundInteger(x, -places), nil
	}
	shifted := shift(toFloat(v), places)
	return inRange(normalFloat(shift(math.RoundToEven(shifted), -places)))
}

// shift moves the decimal point by its text, so that 1.005 shifted by two is
// 100.5 and not what binary arithmetic gives.
func shift(f float64, places int) float64 {
	if places == 0 {
		return f
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	e, _ := strconv.Atoi(exponent)
	out, _ := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(e+places), 64)
	return out
}

func roundInteger(x *big.Int, zeros int) Value {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(zeros)), nil)
	q, rest := new(big.Int).QuoRem(x, unit, new(big.Int))
	twice := rest.Abs(rest).Lsh(rest, 1)
	if c := twice.Cmp(unit); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(x.Sign())))
	}
	return normalBig(q.Mul(q, unit))
}

func power(c *call) (Value, error) {
	base, exponent := c.args[0], c.args[1]
	if base == nil {
		return nil, nil
	}
	if exponent == nil {
		return nil, fail("T0410", "$power has no exponent", "")
	}
	x, ok := toInteger(base)
	if n, isSmall := small(exponent); ok && isSmall && n >= 0 && int64(x.BitLen())*n <= 2*maxBits {
		if v, err := inRange(normalBig(new(big.Int).Exp(x, big.NewInt(n), nil))); err == nil {
			return v, nil
		}
	}
	v, err := inRange(normalFloat(math.Pow(toFloat(base), toFloat(exponent))))
	if err != nil {
		return nil, fail("D3061", "the power of "+show(base)+" and "+show(exponent)+" is no number in range", "")
	}
	return v, nil
}

func formatBase(c *call) (Value, error) {
	if c.args[0] == nil {
		return nil, nil
	}
	v, err := round(c.args[0], 0)
	if err != nil {
		return nil, err
	}
	radix := Value(int64(10))
	if c.args[1] != nil {
		if radix, err = round(c.args[1], 0); err != nil {
			return nil, err
		}
	}
	n, ok := small(radix)
	if !ok || n < 2 || n > 36 {
		return nil, fail("D3100", "$formatBase has the base "+show(radix), "bases are 2 to 36")
	}
	x, ok := toInteger(v)
	if !ok { // a large float64 is an integer
		x, _ = big.NewFloat(toFloat(v)).Int(nil)
	}
	return x.Text(int(n)), nil
}
