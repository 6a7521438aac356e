package plan

import (
	"encoding/json"
	"math/big"
	"slices"
	"time"
)

// ToNative gives a value of a type as a Go value, as [FromNative] reads it. What a
// record holds beside its declared fields is left out; a value of JSON is whole,
// and what encoding/json makes of its text with UseNumber.
func ToNative(t *Type, v Value) any {
	if t.JSON {
		return nativeJSON(Untyped(v))
	}
	switch x := v.(type) {
	case *Rec:
		out := make(map[string]any, len(x.Fields))
		for i, f := range x.Fields {
			if f != Absent {
				out[t.Fields[i].Name] = ToNative(t.Fields[i].Type, f)
			}
		}
		return out
	case []Value:
		out := make([]any, len(x))
		for i := range x {
			out[i] = ToNative(t.Elem, x[i])
		}
		return out
	case *Entries:
		out := make(map[string]any, len(*x))
		for _, e := range *x {
			out[e.Key] = ToNative(t.Elem, e.Value)
		}
		return out
	case *Tagged:
		i := t.Branch(x.Branch)
		inner := ToNative(t.Branches[i].Type, x.Value)
		if _, simple := t.Nullable(); simple || x.Value == nil {
			return inner
		}
		return map[string]any{x.Branch: inner}
	default:
		return nativeLeaf(t, v)
	}
}

// nativeJSON gives an untyped value of JSON as a Go value.
func nativeJSON(v Value) any {
	switch x := v.(type) {
	case []Value:
		out := make([]any, len(x))
		for i := range x {
			out[i] = nativeJSON(x[i])
		}
		return out
	case *Entries:
		out := make(map[string]any, len(*x))
		for _, e := range *x {
			out[e.Key] = nativeJSON(e.Value)
		}
		return out
	case Number:
		return json.Number(x)
	}
	return v // nil, bool, string
}

func nativeLeaf(t *Type, v Value) any {
	switch x := v.(type) {
	case int64:
		if unit, ok := instants[t.Logical]; ok {
			return goTime(x, unit)
		}
		if unit, ok := timesOfDay[t.Logical]; ok && x*unit/unit == x {
			return time.Duration(x * unit)
		}
		if t.Bits == 32 {
			return int(x)
		}
		return x
	case uint64:
		if t.Bits == 32 {
			return uint32(x) //nolint:gosec // it fits its type
		}
		return x
	case float64:
		if t.Bits == 32 {
			return float32(x)
		}
		return x
	case Number:
		return json.Number(x)
	case Symbol:
		return string(x)
	case []byte:
		return slices.Clone(x)
	case Dec:
		ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(x.Scale)), nil)
		return new(big.Rat).SetFrac(x.Unscaled, ten)
	}
	return v // nil, bool, string
}

// goTime is the time of a number of units since 1970.
func goTime(n, unit int64) time.Time {
	perSecond := int64(1e9) / max(unit, 1)
	if perSecond == 0 { // days
		return time.Unix(n*(unit/1e9), 0).UTC()
	}
	seconds, rest := n/perSecond, n%perSecond
	return time.Unix(seconds, rest*unit).UTC()
}
