package plan

import (
	"bytes"
	"math"
	"math/big"
	"slices"
)

// Value is a decoded value. Its dynamic type is one of: nil (null), bool, int64,
// uint64, float64, Number, Dec, string, Symbol, []byte, *Rec, []Value, *Entries,
// *Tagged, or Absent.
type Value any

// Number is a number of JSON as written; it is exact however large.
type Number string

// Dec is a decimal: Unscaled × 10^-Scale.
type Dec struct {
	Unscaled *big.Int
	Scale    int
}

// Symbol is a value of an enum.
type Symbol string

// Rec is a record: its declared fields in the order of its type, and what was
// there beside them.
type Rec struct {
	Type   *Type
	Fields []Value
	Rest   []Entry
	// Order names the members of a JSON object as they stand, declared or not.
	Order []string
}

// Entry is one entry of a map, or an undeclared property.
type Entry struct {
	Key   string
	Value Value
}

// Entries is a map in the order of its encoding.
type Entries []Entry

// Tagged is a value of a union with the name of its branch.
type Tagged struct {
	Branch string
	Value  Value
}

// Missing is the type of [Absent].
type Missing struct{}

// Absent is the value of a field that is not there.
var Absent = Missing{}

// Equal compares values: numbers exactly and not across kinds, NaN equal to
// itself, maps and undeclared properties without regard to order.
func Equal(a, b Value) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && math.Float64bits(x) == math.Float64bits(y)
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	case Number:
		y, ok := b.(Number)
		return ok && equalNumbers(x, y)
	case Dec:
		y, ok := b.(Dec)
		return ok && x.Scale == y.Scale && x.Unscaled.Cmp(y.Unscaled) == 0
	case *Rec:
		y, ok := b.(*Rec)
		return ok && slices.EqualFunc(x.Fields, y.Fields, Equal) && equalEntries(x.Rest, y.Rest)
	case []Value:
		y, ok := b.([]Value)
		return ok && slices.EqualFunc(x, y, Equal)
	case *Entries:
		y, ok := b.(*Entries)
		return ok && equalEntries(*x, *y)
	case *Tagged:
		y, ok := b.(*Tagged)
		return ok && x.Branch == y.Branch && Equal(x.Value, y.Value)
	default:
		return a == b
	}
}

func equalNumbers(a, b Number) bool {
	x, ok := new(big.Rat).SetString(string(a))
	y, ok2 := new(big.Rat).SetString(string(b))
	return ok && ok2 && x.Cmp(y) == 0
}

func equalEntries(a, b []Entry) bool {
	if len(a) != len(b) {
		return false
	}
	if slices.EqualFunc(a, b, func(x, y Entry) bool { return x.Key == y.Key && Equal(x.Value, y.Value) }) {
		return true
	}
	// Unknown fields of Protobuf may repeat a key; then their order counts.
	at := map[string][]Value{}
	for i := range b {
		at[b[i].Key] = append(at[b[i].Key], b[i].Value)
	}
	for i := range a {
		same := at[a[i].Key]
		if len(same) == 0 || !Equal(a[i].Value, same[0]) {
			return false
		}
		at[a[i].Key] = same[1:]
	}
	return true
}
