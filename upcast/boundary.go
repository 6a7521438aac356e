package upcast

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// bound puts a value from the end of its range into one place of an event, or
// leaves the event as it is where that makes none of the source version. Places
// and values follow from the turn alone.
func (s *search) bound(v plan.Value, turn uint64) plan.Value {
	count := 0
	eachScalar(v, s.hop.Source.Type, 0, func(plan.Value, *plan.Type) plan.Value { count++; return nil })
	if count == 0 {
		return v
	}
	place, which := int(turn)%count, int(turn)/count
	at := 0
	out := eachScalar(v, s.hop.Source.Type, 0, func(x plan.Value, t *plan.Type) plan.Value {
		at++
		if at-1 != place {
			return nil
		}
		ends := append(s.named(x, t), endsOf(x, t)...)
		if len(ends) == 0 {
			return nil
		}
		return ends[which%len(ends)]
	})
	if b, err := s.hop.from.encode(out); err != nil || !s.meter.Take(len(b)) {
		return v
	}
	return out
}

// maxNamed bounds how many literals of a document are tried in each place.
const maxNamed = 32

// named are values of the type of a scalar that the document itself names, and
// their neighbours: what is compared with a number fails beside it.
func (s *search) named(x plan.Value, t *plan.Type) []plan.Value {
	if s.literals == nil {
		s.literals = literalsOf(append(s.hop.effects.nodes(), s.hop.Root))
	}
	var out []plan.Value
	for _, l := range s.literals {
		switch x.(type) {
		case int64:
			if n, ok := l.(int64); ok && t.Logical == "" && (t.Bits == 64 || n == int64(int32(n))) {
				out = append(out, n)
			}
		case uint64:
			if n, ok := l.(uint64); ok && (t.Bits == 64 || n <= math.MaxUint32) {
				out = append(out, n)
			}
		case float64:
			if n, ok := l.(float64); ok && (t.Bits == 64 || float64(float32(n)) == n) {
				out = append(out, n)
			}
		case plan.Number:
			switch n := l.(type) {
			case int64:
				out = append(out, plan.Number(strconv.FormatInt(n, 10)))
			case float64:
				if !math.IsNaN(n) && !math.IsInf(n, 0) {
					out = append(out, plan.Number(plan.FormatFloat(n)))
				}
			}
		case string:
			if n, ok := l.(string); ok && t.Logical == "" {
				out = append(out, n)
			}
		}
	}
	return out
}

// literalsOf lists the numbers and texts in trees, each once and with the whole
// numbers beside it.
func literalsOf(nodes []plan.Node) []plan.Value {
	out := []plan.Value{}
	add := func(v plan.Value) {
		if len(out) < maxNamed && !slices.ContainsFunc(out, func(x plan.Value) bool { return plan.Equal(x, v) }) {
			out = append(out, v)
		}
	}
	for _, n := range nodes {
		if n == nil {
			continue
		}
		plan.Visit(n, func(x plan.Node) {
			l, ok := x.(*plan.Lit)
			if !ok {
				return
			}
			switch v := l.Value.(type) {
			case string, float64:
				add(v)
			case int64:
				add(v)
				add(v - 1) // at the end of the range it is the other end
				add(v + 1)
			case uint64:
				add(v)
				add(v - 1)
				add(v + 1)
			}
		})
	}
	return out
}

// endsOf are values of the type of a scalar that programs forget.
func endsOf(x plan.Value, t *plan.Type) []plan.Value {
	switch x := x.(type) {
	case int64:
		out := []plan.Value{int64(math.MaxInt32), int64(math.MinInt32), int64(0), int64(-1)}
		if t.Bits == 64 {
			out = append(out, int64(math.MaxInt64), int64(math.MinInt64), int64(1<<53+1), int64(-1<<53-1), int64(math.MaxInt32+1))
		}
		return out
	case uint64:
		out := []plan.Value{uint64(0), uint64(math.MaxUint32), uint64(1) << 53}
		if t.Bits == 64 {
			out = append(out, uint64(math.MaxUint64))
		}
		return out
	case float64:
		out := []plan.Value{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0.5, -1.5}
		if t.Bits == 64 {
			return append(out, math.MaxFloat64, float64(1<<53+2), math.SmallestNonzeroFloat64)
		}
		return append(out, math.MaxFloat32, math.SmallestNonzeroFloat32)
	case plan.Number:
		return append(endsOfRange(t), plan.Number("9007199254740993"), plan.Number("-1"), plan.Number("123456789012345678901234567890"), plan.Number("0"),
			plan.Number("9223372036854775807"), plan.Number("-9223372036854775808"))
	case string:
		if t.Logical != "" {
			return nil
		}
		return []plan.Value{"", " ", "0", strings.Repeat("x", 300), "\u00e9\U0001f600\u0000", "a b", "a b c", "NaN"}
	case []byte:
		if t.Size > 0 {
			return nil
		}
		return []plan.Value{[]byte{}, []byte{0xff, 0xfe}}
	case plan.Dec:
		return []plan.Value{plan.Dec{Unscaled: new(big.Int), Scale: x.Scale}, plan.Dec{Unscaled: big.NewInt(-1), Scale: x.Scale}}
	default:
		return nil
	}
}

// endsOfRange are the least and the largest number that a schema admits.
func endsOfRange(t *plan.Type) []plan.Value {
	var out []plan.Value
	r := plan.RangeOf(t)
	for _, end := range []*big.Rat{r.High, r.Low} {
		if end == nil {
			continue
		}
		if places, exact := end.FloatPrec(); exact {
			out = append(out, plan.Number(end.FloatString(places)))
		}
	}
	return out
}

// eachScalar calls f for the scalars of a value, in order; the value that f gives,
// if it is not nil, takes the place of the first for which there is one.
func eachScalar(v plan.Value, t *plan.Type, depth int, f func(plan.Value, *plan.Type) plan.Value) plan.Value {
	if depth > 64 {
		return v
	}
	switch v := v.(type) {
	case *plan.Rec:
		if len(v.Fields) != len(t.Fields) {
			return v
		}
		for i, x := range v.Fields {
			if y := eachScalar(x, t.Fields[i].Type, depth+1, f); changed(x, y) {
				return withField(v, i, y)
			}
		}
	case *plan.Tagged:
		if i := t.Branch(v.Branch); i >= 0 {
			if y := eachScalar(v.Value, t.Branches[i].Type, depth+1, f); changed(v.Value, y) {
				return &plan.Tagged{Branch: v.Branch, Value: y}
			}
		}
	case []plan.Value:
		for i, x := range v {
			if y := eachScalar(x, elemOf(t), depth+1, f); changed(x, y) {
				return withItem(v, i, y)
			}
		}
	case *plan.Entries:
		for i, e := range *v {
			if y := eachScalar(e.Value, elemOf(t), depth+1, f); changed(e.Value, y) {
				return withEntry(*v, i, y)
			}
		}
	default:
		if y := f(v, t); y != nil {
			return y
		}
	}
	return v
}

// changed reports whether another value stands in a place; values that were left
// alone are the same ones.
func changed(before, after plan.Value) bool { return !plan.Equal(before, after) }
