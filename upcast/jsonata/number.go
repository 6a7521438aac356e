package jsonata

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxBits bounds integers: they may be as large as the largest float64, so that
// the range of numbers is one, whichever way they are held.
const maxBits = 1024

// safe is the largest integer up to which float64 holds all integers.
const safe = 1 << 53

func isNumber(v Value) bool {
	switch v.(type) {
	case int64, *big.Int, float64, *Decimal:
		return true
	}
	return false
}

// parseNumber reads a JSON number. Integers are exact; anything with a point or
// an exponent keeps its text.
func parseNumber(text string) Value {
	if strings.ContainsAny(text, ".eE") {
		f, _ := strconv.ParseFloat(text, 64) // out of range is ±Inf, found when it is used
		return &Decimal{text, f}
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	b, _ := new(big.Int).SetString(text, 10)
	return normalBig(b)
}

func normalBig(b *big.Int) Value {
	if b.IsInt64() {
		return b.Int64()
	}
	return b
}

// normalFloat gives integers that are exact in a float64 as integers.
func normalFloat(f float64) Value {
	if f == math.Trunc(f) && math.Abs(f) <= safe {
		return int64(f)
	}
	return f
}

// toFloat is the nearest float64 of a number.
func toFloat(v Value) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	case float64:
		return v
	case *Decimal:
		return v.value
	}
	return math.NaN()
}

// toInteger is the number as an integer, if it is held as one or exactly one.
func toInteger(v Value) (*big.Int, bool) {
	switch v := v.(type) {
	case int64:
		return big.NewInt(v), true
	case *big.Int:
		return v, true
	case *Decimal:
		return toInteger(normalFloat(v.value))
	}
	return nil, false
}

func small(v Value) (int64, bool) {
	if d, ok := v.(*Decimal); ok {
		v = normalFloat(d.value)
	}
	i, ok := v.(int64)
	return i, ok
}

// inRange refuses what a JSON number of other implementations could not hold.
func inRange(v Value) (Value, error) {
	switch x := v.(type) {
	case *big.Int:
		if x.BitLen() > maxBits {
			return nil, fail("D1001", "a number is out of range", "numbers go up to about 1.8e308")
		}
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fail("D1001", "a number is out of range", "look for a division by zero, or numbers beyond 1.8e308")
		}
	case *Decimal:
		if math.IsInf(x.value, 0) {
			return nil, fail("D1001", "the number "+clip(x.text)+" is out of range", "numbers to compute with go up to about 1.8e308")
		}
	}
	return v, nil
}

// arithmetic carries out one of + - * / %. Two integers give an exact integer
// where there is one; everything else is computed in float64.
func arithmetic(op byte, a, b Value) (Value, error) {
	if _, err := inRange(a); err != nil {
		return nil, err
	}
	if _, err := inRange(b); err != nil {
		return nil, err
	}
	if x, ok := small(a); ok {
		if y, ok := small(b); ok {
			if v, ok := smallArithmetic(op, x, y); ok {
				return v, nil
			}
		}
	}
	x, ok := toInteger(a)
	y, ok2 := toInteger(b)
	if ok && ok2 && (y.Sign() != 0 || op != '/' && op != '%') {
		return inRange(bigArithmetic(op, x, y))
	}
	return inRange(floatArithmetic(op, toFloat(a), toFloat(b)))
}

// smallArithmetic is arithmetic of small integers; ok is false if the result is
// none.
func smallArithmetic(op byte, x, y int64) (v int64, ok bool) {
	const half = 1 << 31
	switch op {
	case '+':
		v = x + y
		return v, (v > x) == (y > 0)
	case '-':
		v = x - y
		return v, (v < x) == (y > 0)
	case '*':
		return x * y, -half < x && x < half && -half < y && y < half
	case '/':
		if y == 0 || y == -1 || x%y != 0 {
			return 0, false
		}
		return x / y, true
	default:
		if y == 0 || y == -1 {
			return 0, y == -1
		}
		return x % y, true
	}
}

func bigArithmetic(op byte, x, y *big.Int) Value {
	z := new(big.Int)
	switch op {
	case '+':
		return normalBig(z.Add(x, y))
	case '-':
		return normalBig(z.Sub(x, y))
	case '*':
		return normalBig(z.Mul(x, y))
	case '%':
		return normalBig(z.Rem(x, y))
	}
	rest := new(big.Int)
	if z.QuoRem(x, y, rest); rest.Sign() == 0 {
		return normalBig(z)
	}
	f, _ := new(big.Rat).SetFrac(x, y).Float64()
	return normalFloat(f)
}

func floatArithmetic(op byte, x, y float64) Value {
	switch op {
	case '+':
		return normalFloat(x + y)
	case '-':
		return normalFloat(x - y)
	case '*':
		return normalFloat(x * y)
	case '/':
		return normalFloat(x / y)
	default:
		return normalFloat(math.Mod(x, y))
	}
}

// compareNumbers orders numbers exactly; a decimal counts as its float64.
func compareNumbers(a, b Value) int {
	if x, ok := small(a); ok {
		if y, ok := small(b); ok {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	}
	x, y := exact(a), exact(b)
	return x.Cmp(y)
}

func exact(v Value) *big.Float {
	switch v := v.(type) {
	case int64:
		return new(big.Float).SetInt64(v)
	case *big.Int:
		return new(big.Float).SetInt(v)
	}
	f := toFloat(v)
	if math.IsNaN(f) {
		f = 0 // no value is NaN; comparing must not panic if one were
	}
	return big.NewFloat(f)
}

// appendNumber prints a number: integers in full, decimals as they came, and
// computed ones as ECMAScript does.
func appendNumber(dst []byte, v Value) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case *big.Int:
		return v.Append(dst, 10)
	case *Decimal:
		return append(dst, v.text...)
	case float64:
		return appendFloat(dst, v)
	}
	return dst
}

func appendFloat(dst []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		b := strconv.AppendFloat(nil, f, 'e', -1, 64)
		// ECMAScript writes exponents without leading zeros.
		mantissa, exponent, _ := bytes.Cut(b, []byte("e"))
		dst = append(append(dst, mantissa...), 'e', exponent[0])
		return append(dst, bytes.TrimLeft(exponent[1:], "0")...)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// appendRounded prints a number as part of a text: fractions to 15 digits, as
// the language defines it.
func appendRounded(dst []byte, v Value) []byte {
	switch v.(type) {
	case int64, *big.Int:
		return appendNumber(dst, v)
	}
	f := toFloat(v)
	if f != math.Trunc(f) {
		f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	}
	return appendFloat(dst, f)
}
