package plan

import (
	"math"
	"slices"
	"strconv"
)

// symbol is the symbol of a number; one that is not listed is its decimal text,
// which no name is.
func (t *Type) symbol(n int32) Symbol {
	if i, ok := slices.BinarySearch(t.Numbers, n); ok {
		return Symbol(t.Symbols[i])
	}
	return Symbol(strconv.Itoa(int(n)))
}

// listed reports whether an enum names a number.
func (t *Type) listed(n int32) bool {
	_, ok := slices.BinarySearch(t.Numbers, n)
	return ok
}

// number is the number of a symbol.
func (t *Type) number(s Symbol) (int32, bool) {
	if i := slices.Index(t.Symbols, string(s)); i >= 0 && i < len(t.Numbers) {
		return t.Numbers[i], true
	}
	n, err := strconv.ParseInt(string(s), 10, 32)
	return int32(n), err == nil && t.Open && string(s) == strconv.FormatInt(n, 10)
}

// protoNumber is the value of the bits that stand for a number.
func protoNumber(k WireKind, t *Type, u uint64) Value {
	switch k {
	case WireInt32, WireSfixed32:
		return int64(int32(u))
	case WireInt64, WireSfixed64:
		return int64(u)
	case WireUint32, WireFixed32:
		return uint64(uint32(u))
	case WireUint64, WireFixed64:
		return u
	case WireSint32:
		return unzigzag(u & math.MaxUint32)
	case WireSint64:
		return unzigzag(u)
	case WireBool:
		return u != 0
	case WireFloat:
		return float64(math.Float32frombits(uint32(u)))
	case WireDouble:
		return math.Float64frombits(u)
	default:
		return t.symbol(int32(u))
	}
}

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

func zigzag(n int64) uint64 { return uint64(n)<<1 ^ uint64(n>>63) }

// protoBits are the bits that stand for a number; ok is false if the value is
// none of the kind.
func protoBits(k WireKind, t *Type, v Value) (u uint64, ok bool) {
	switch x := v.(type) {
	case bool:
		return uint64(boolByte(x)), k == WireBool
	case int64:
		if t.Kind != Int || t.Bits == 32 && x != int64(int32(x)) {
			return 0, false
		}
		if k == WireSint32 || k == WireSint64 {
			return zigzag(x), true
		}
		if k == WireSfixed32 {
			return uint64(uint32(x)), true
		}
		return uint64(x), true
	case uint64:
		return x, t.Kind == Uint && (t.Bits == 64 || x <= math.MaxUint32)
	case float64:
		if k == WireFloat {
			return uint64(math.Float32bits(float32(x))), true
		}
		return math.Float64bits(x), k == WireDouble
	case Symbol:
		n, ok := t.number(x)
		return uint64(int64(n)), ok && t.Kind == Enum
	default:
		return 0, false
	}
}

// keyText is the text of a key in the entries of a map, and keyValue the key
// that a text stands for.
func keyText(v Value) string {
	switch x := v.(type) {
	case bool:
		return strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case uint64:
		return strconv.FormatUint(x, 10)
	case []byte:
		return string(x)
	default:
		return text(v)
	}
}

func keyValue(s string, t *Type) (Value, bool) {
	switch t.Kind {
	case Bool:
		return s == "true", s == "true" || s == "false"
	case Int:
		n, err := strconv.ParseInt(s, 10, max(t.Bits, 32))
		return n, err == nil
	case Uint:
		n, err := strconv.ParseUint(s, 10, max(t.Bits, 32))
		return n, err == nil
	case Bytes:
		return []byte(s), true
	default:
		return s, t.Kind == String
	}
}
