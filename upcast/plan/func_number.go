package plan

import (
	"cmp"
	"math"
	"math/bits"
	"strconv"
)

// Reasons of failures of numbers.
const (
	overflow  = "the result is too large"
	zeroBelow = "division by zero"
	// NotInt64 is the reason of a number of JSON that expressions cannot take.
	NotInt64 = "the number is no integer of 64 bits"
)

// The functions of numbers. Nothing wraps around: a result that does not fit is
// a failure.
var (
	IntAdd = fn2p("int.add", addInt)
	IntSub = fn2p("int.sub", subInt)
	IntMul = fn2p("int.mul", mulInt)
	IntDiv = fn2p("int.div", divInt)
	IntMod = fn2p("int.mod", modInt)
	IntNeg = fn1p("int.neg", func(a int64) (int64, string) { return subInt(0, a) })
	IntAbs = fn1p("int.abs", func(a int64) (int64, string) {
		if a < 0 {
			return subInt(0, a)
		}
		return a, ""
	})
	IntSign = fn1("int.sign", func(a int64) int64 { return int64(cmp.Compare(a, 0)) })
	IntMin  = fn2("int.min", func(a, b int64) int64 { return min(a, b) })
	IntMax  = fn2("int.max", func(a, b int64) int64 { return max(a, b) })

	UintAdd = fn2p("uint.add", func(a, b uint64) (uint64, string) {
		s, carry := bits.Add64(a, b, 0)
		return s, when(carry != 0, overflow)
	})
	UintSub = fn2p("uint.sub", func(a, b uint64) (uint64, string) { return a - b, when(b > a, "the result is negative") })
	UintMul = fn2p("uint.mul", func(a, b uint64) (uint64, string) {
		high, low := bits.Mul64(a, b)
		return low, when(high != 0, overflow)
	})
	UintDiv = fn2p("uint.div", func(a, b uint64) (uint64, string) {
		if b == 0 {
			return 0, zeroBelow
		}
		return a / b, ""
	})
	UintMod = fn2p("uint.mod", func(a, b uint64) (uint64, string) {
		if b == 0 {
			return 0, zeroBelow
		}
		return a % b, ""
	})
	UintMin = fn2("uint.min", func(a, b uint64) uint64 { return min(a, b) })
	UintMax = fn2("uint.max", func(a, b uint64) uint64 { return max(a, b) })

	FloatAdd   = fn2("double.add", func(a, b float64) float64 { return a + b })
	FloatSub   = fn2("double.sub", func(a, b float64) float64 { return a - b })
	FloatMul   = fn2("double.mul", func(a, b float64) float64 { return a * b })
	FloatDiv   = fn2("double.div", func(a, b float64) float64 { return a / b })
	FloatNeg   = fn1("double.neg", func(a float64) float64 { return -a })
	FloatAbs   = fn1("double.abs", math.Abs)
	FloatCeil  = fn1("double.ceil", math.Ceil)
	FloatFloor = fn1("double.floor", math.Floor)
	FloatRound = fn1("double.round", math.Round)
	FloatTrunc = fn1("double.trunc", math.Trunc)
	FloatSign  = fn1("double.sign", signFloat)
	FloatMin   = fn2("double.min", minFloat)
	FloatMax   = fn2("double.max", maxFloat)
)

// The conversions between numbers.
var (
	IntOfUint = fn1p("int.of.uint", func(a uint64) (int64, string) {
		return int64(a), when(a > math.MaxInt64, "the number does not fit 64 bits")
	})
	IntOfFloat = fn1p("int.of.double", intOfFloat)
	IntOfText  = fn1p("int.of.string", func(s string) (int64, string) {
		n, err := strconv.ParseInt(s, 10, 64)
		return n, when(err != nil, "the text is no integer")
	})
	IntOfNumber = fn1p("int.of.number", func(n Number) (int64, string) {
		i, err := strconv.ParseInt(string(n), 10, 64)
		if err == nil {
			return i, ""
		}
		x, ok := rational(n)
		if !ok || !x.IsInt() || !x.Num().IsInt64() {
			return 0, NotInt64
		}
		return x.Num().Int64(), ""
	})
	UintOfInt   = fn1p("uint.of.int", func(a int64) (uint64, string) { return uint64(a), when(a < 0, "the number is negative") })
	UintOfFloat = fn1p("uint.of.double", func(f float64) (uint64, string) {
		if !(f >= 0 && f < 1<<64) {
			return 0, "the number does not fit 64 bits"
		}
		return uint64(f), ""
	})
	UintOfText = fn1p("uint.of.string", func(s string) (uint64, string) {
		n, err := strconv.ParseUint(s, 10, 64)
		return n, when(err != nil, "the text is no integer without sign")
	})
	FloatOfInt  = fn1("double.of.int", func(a int64) float64 { return float64(a) })
	FloatOfUint = fn1("double.of.uint", func(a uint64) float64 { return float64(a) })
	FloatOfText = fn1p("double.of.string", func(s string) (float64, string) {
		f, err := strconv.ParseFloat(s, 64)
		return f, when(err != nil, "the text is no number")
	})
	FloatOfNumber = fn1p("double.of.number", func(n Number) (float64, string) {
		f, err := strconv.ParseFloat(string(n), 64)
		return f, when(err != nil, "the number does not fit a double")
	})
	NumberOfInt = fn1("number.of.int", func(a int64) Number { return Number(strconv.FormatInt(a, 10)) })
	// NumberOfFloat has no result for what JSON cannot write.
	NumberOfFloat = fn1p("number.of.double", func(f float64) (Number, string) {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return "", "JSON has no such number"
		}
		return Number(FormatFloat(f)), ""
	})
	// IntTo32 and FloatTo32 fit a number into 32 bits.
	IntTo32 = fn1p("int32", func(a int64) (int64, string) {
		return a, when(a != int64(int32(a)), "the number does not fit 32 bits")
	})
	FloatTo32 = fn1p("float32", func(f float64) (float64, string) {
		return f, when(float64(float32(f)) != f && f == f, "the number is no float exactly")
	})
	ParseInt = fn1("parseInt", func(s string) *Tagged {
		n, err := strconv.ParseInt(s, 10, 64)
		return found(err == nil, "long", n)
	})
	ParseFloat = fn1("parseDouble", func(s string) *Tagged {
		f, err := strconv.ParseFloat(s, 64)
		return found(err == nil, "double", f)
	})
)

func when(failed bool, reason string) string {
	if failed {
		return reason
	}
	return ""
}

// found is a value that may be missing, as a union of null and a branch.
func found(ok bool, branch string, v Value) *Tagged {
	if !ok {
		return &Tagged{Branch: "null"}
	}
	return &Tagged{branch, v}
}

func addInt(a, b int64) (int64, string) {
	s := a + b
	return s, when((s > a) != (b > 0), overflow)
}

func subInt(a, b int64) (int64, string) {
	d := a - b
	return d, when((d < a) != (b > 0), overflow)
}

func mulInt(a, b int64) (int64, string) {
	if a == 0 || b == 0 {
		return 0, ""
	}
	p := a * b
	if p/b != a || a == -1 && b == math.MinInt64 || b == -1 && a == math.MinInt64 {
		return 0, overflow
	}
	return p, ""
}

func divInt(a, b int64) (int64, string) {
	switch {
	case b == 0:
		return 0, zeroBelow
	case a == math.MinInt64 && b == -1:
		return 0, overflow
	}
	return a / b, ""
}

func modInt(a, b int64) (int64, string) {
	switch {
	case b == 0:
		return 0, zeroBelow
	case a == math.MinInt64 && b == -1:
		return 0, overflow
	}
	return a % b, ""
}

// intOfFloat cuts the fraction off. Both ends are open: a double at the end of
// the range may stand for a number beyond it.
func intOfFloat(f float64) (int64, string) {
	if !(f > math.MinInt64 && f < math.MaxInt64) {
		return 0, "the number does not fit 64 bits"
	}
	return int64(f), ""
}

func signFloat(f float64) float64 {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	case f == 0:
		return 0
	default:
		return f
	}
}

// minFloat and maxFloat choose by comparison: what does not compare, such as
// NaN, leaves the first.
func minFloat(a, b float64) float64 {
	if b < a {
		return b
	}
	return a
}

func maxFloat(a, b float64) float64 {
	if b > a {
		return b
	}
	return a
}

// FormatFloat writes a double as ECMAScript does: the shortest decimal that
// reads back the same, without an exponent from 1e-6 up to 1e21.
func FormatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	// Go writes at least two digits of the exponent.
	if n := len(s); n > 4 && s[n-2] == '0' && (s[n-3] == '+' || s[n-3] == '-') {
		s = s[:n-2] + s[n-1:]
	}
	return s
}
