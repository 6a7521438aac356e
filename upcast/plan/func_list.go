package plan

import (
	"bytes"
	"cmp"
	"math/big"
	"slices"
)

// The functions of lists and maps.
var (
	ListSize  = fn1("list.size", func(l []Value) int64 { return int64(len(l)) })
	MapSize   = fn1("map.size", func(m *Entries) int64 { return int64(len(*m)) })
	ListAdd   = fn2("list.add", func(a, b []Value) []Value { return slices.Concat(a, b) })
	ListIndex = fn2p("list.index", func(l []Value, i int64) (Value, string) {
		if i < 0 || i >= int64(len(l)) {
			return nil, "the list has no such element"
		}
		return l[i], ""
	})
	// ListAt and MapAt give null where there is nothing; the call knows the type.
	ListAt = &Func{Name: "list.at", eval: func(c *Call, args []Value) (Value, string) {
		v, why := ListIndex.eval(c, args)
		return found(why == "", someBranch(c.Type), v), ""
	}}
	MapIndex = fn2p("map.index", func(m *Entries, key string) (Value, string) {
		// The last of several entries with one key counts, as in a reader.
		for i := len(*m) - 1; i >= 0; i-- {
			if (*m)[i].Key == key {
				return (*m)[i].Value, ""
			}
		}
		return nil, "the map has no such key"
	})
	MapAt = &Func{Name: "map.at", eval: func(c *Call, args []Value) (Value, string) {
		v, why := MapIndex.eval(c, args)
		return found(why == "", someBranch(c.Type), v), ""
	}}
	MapHas  = fn2("map.has", func(m *Entries, key string) bool { _, why := MapIndex.eval(nil, []Value{m, key}); return why == "" })
	MapKeys = fn1("map.keys", mapKeys)
	ListHas = &Func{Name: "list.has", eval: func(_ *Call, args []Value) (Value, string) {
		l, _ := args[1].([]Value)
		return slices.ContainsFunc(l, func(x Value) bool { return Alike(args[0], x) }), ""
	}}
	ListReverse = fn1("list.reverse", func(l []Value) []Value { out := slices.Clone(l); slices.Reverse(out); return out })
	ListSlice   = fn3p("list.slice", func(l []Value, i, j int64) ([]Value, string) {
		if i < 0 || j < i || j > int64(len(l)) {
			return nil, "the range is outside the list"
		}
		return slices.Clone(l[i:j]), ""
	})
	ListDistinct = fn1("list.distinct", func(l []Value) []Value {
		out := []Value{}
		var key []byte
		seen := make(map[string]bool, len(l))
		for _, x := range l {
			found, same := identity(key[:0], x)
			if key = found; same && seen[string(key)] {
				continue
			}
			out = append(out, x)
			if same {
				seen[string(key)] = true
			}
		}
		return out
	})
	ListFlatten = fn1("list.flatten", func(l []Value) []Value {
		out := []Value{}
		for _, x := range l {
			inner, _ := x.([]Value)
			out = append(out, inner...)
		}
		return out
	})
	// ListSort sorts values of one ordered type; the order of equals is kept.
	ListSort = fn1("list.sort", func(l []Value) []Value {
		out := slices.Clone(l)
		slices.SortStableFunc(out, func(a, b Value) int { c, _ := compareValues(a, b); return c })
		return out
	})
)

// The comparisons.
var (
	Equals = &Func{Name: "equals", eval: func(_ *Call, args []Value) (Value, string) { return Alike(args[0], args[1]), "" }}
	Not    = fn1("not", func(b bool) bool { return !b })
	Less   = comparison("less", func(c int) bool { return c < 0 })
	LessEq = comparison("lessEquals", func(c int) bool { return c <= 0 })
	More   = comparison("greater", func(c int) bool { return c > 0 })
	MoreEq = comparison("greaterEquals", func(c int) bool { return c >= 0 })
)

func init() {
	for _, f := range []*Func{ListAdd, ListReverse, ListSlice, ListFlatten, ListSort, MapIndex, MapAt, MapHas, MapKeys, TextJoin, TextJoinBy} {
		f.reach = reachElements
	}
	for _, f := range []*Func{ListHas, ListDistinct, Equals} {
		f.reach = reachAll
	}
}

// Impossible is the call that has no result; its table says why.
var Impossible = &Func{Name: "fail", Partial: true, eval: func(c *Call, _ []Value) (Value, string) { return nil, c.Table["reason"] }}

func comparison(name string, holds func(int) bool) *Func {
	return &Func{Name: name, eval: func(_ *Call, args []Value) (Value, string) {
		c, ordered := compareValues(args[0], args[1])
		return ordered && holds(c), ""
	}}
}

// compareValues orders values of one type; NaN is in no order.
func compareValues(a, b Value) (c int, ordered bool) {
	switch x := a.(type) {
	case int64:
		y, ok := b.(int64)
		return cmp.Compare(x, y), ok
	case uint64:
		y, ok := b.(uint64)
		return cmp.Compare(x, y), ok
	case float64:
		y, ok := b.(float64)
		return cmp.Compare(x, y), ok && x == x && y == y
	case string:
		y, ok := b.(string)
		return cmp.Compare(x, y), ok
	case []byte:
		y, ok := b.([]byte)
		return bytes.Compare(x, y), ok
	case bool:
		y, ok := b.(bool)
		return cmp.Compare(boolByte(x), boolByte(y)), ok
	case Instant:
		y, ok := b.(Instant)
		return cmp.Or(cmp.Compare(x.Seconds, y.Seconds), cmp.Compare(x.Nanos, y.Nanos)), ok
	case Span:
		y, ok := b.(Span)
		return cmp.Compare(x, y), ok
	case Dec:
		y, ok := b.(Dec)
		if !ok {
			return 0, false
		}
		p, _ := rational(x)
		q, _ := rational(y)
		return p.Cmp(q), true
	default:
		return 0, false
	}
}

// Alike is the equality of expressions: NaN differs from itself and the zeros
// are equal.
func Alike(a, b Value) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && x == y
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	case []Value:
		y, ok := b.([]Value)
		return ok && slices.EqualFunc(x, y, Alike)
	case *Tagged:
		y, ok := b.(*Tagged)
		return ok && x.Branch == y.Branch && Alike(x.Value, y.Value)
	case *Entries:
		y, ok := b.(*Entries)
		return ok && alikeMaps(x, y)
	case Dec, Number:
		p, ok := rational(a)
		q, ok2 := rational(b)
		return ok && ok2 && (*big.Rat).Cmp(p, q) == 0
	default:
		return a == b
	}
}

func alikeMaps(a, b *Entries) bool {
	x, y := lastEntries(a), lastEntries(b)
	if len(x) != len(y) {
		return false
	}
	for k, v := range x {
		w, there := y[k]
		if !there || !Alike(v, w) {
			return false
		}
	}
	return true
}

// mapKeys lists the keys in the order of the encoding, each once.
func mapKeys(m *Entries) []Value {
	out := make([]Value, 0, len(*m))
	seen := make(map[string]bool, len(*m))
	for _, e := range *m {
		if !seen[e.Key] {
			seen[e.Key] = true
			out = append(out, e.Key)
		}
	}
	return out
}

// someBranch is the branch of a union that is not null.
func someBranch(t *Type) string {
	for i := range t.Branches {
		if t.Branches[i].Type.Kind != Null {
			return t.Branches[i].Name
		}
	}
	return ""
}
