package jsonschema

import (
	"math/big"
	"strconv"
	"strings"
)

// decimalText prints a JSON number as java.math does: digits for integers,
// BigDecimal.toString for numbers with a fraction or an exponent. So 1.0 stays
// 1.0 and 1e3 becomes 1E+3, which is what the Java registries store.
func decimalText(n string) string {
	if !strings.ContainsAny(n, ".eE") {
		if n == "-0" {
			return "0"
		}
		return n
	}
	sign, mantissa, exponent := "", n, 0
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		// The parser bounds exponents, so this cannot overflow.
		exponent, _ = strconv.Atoi(strings.TrimPrefix(mantissa[i+1:], "+"))
		mantissa = mantissa[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	scale := len(fraction) - exponent
	if digits == "" {
		digits, sign = "0", "" // BigDecimal knows no negative zero
	}
	return sign + placed(digits, scale)
}

// placed writes digits × 10^-scale.
func placed(digits string, scale int) string {
	adjusted := len(digits) - 1 - scale
	if scale >= 0 && adjusted >= -6 {
		switch {
		case scale == 0:
			return digits
		case len(digits) > scale:
			return digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
		default:
			return "0." + strings.Repeat("0", scale-len(digits)) + digits
		}
	}
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	e := strconv.Itoa(adjusted)
	if adjusted >= 0 {
		e = "+" + e
	}
	if adjusted == 0 {
		return digits
	}
	return digits + "E" + e
}

// Number is a numeric keyword's value, exact, with the text it had.
type Number struct {
	Text string
	Rat  *big.Rat
}

func newNumber(text string) *Number {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		r = new(big.Rat)
	}
	return &Number{Text: text, Rat: r}
}

// Float returns the nearest double, as implementations that compute in doubles
// see the number.
func (n *Number) Float() float64 {
	f, _ := n.Rat.Float64()
	return f
}
