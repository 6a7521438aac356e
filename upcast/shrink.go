package upcast

import (
	"math"
	"math/big"
	"strconv"

	"github.com/instar-registry/instar/upcast/plan"
)

// maxShrinks bounds the tries of one shrinking.
const maxShrinks = 20_000

// shrink makes a value smaller as long as it keeps a property: branches of unions
// become the first that do, lists and maps lose elements, texts and bytes
// characters, numbers move towards zero, optional fields vanish. The result
// depends on the value alone.
func shrink(v plan.Value, t *plan.Type, keeps func(plan.Value) (bool, error)) (plan.Value, error) {
	s := shrinker{keeps: keeps}
	for {
		next, changed := s.at(v, t, func(x plan.Value) plan.Value { return x }, 0)
		if s.err != nil {
			return nil, s.err
		}
		v = next
		if !changed || s.tries > maxShrinks {
			return v, nil
		}
	}
}

type shrinker struct {
	keeps func(plan.Value) (bool, error)
	tries int
	err   error
}

// try reports whether the property holds with a value in its place.
func (s *shrinker) try(x plan.Value, put func(plan.Value) plan.Value) bool {
	if s.err != nil || s.tries > maxShrinks {
		return false
	}
	s.tries++
	ok, err := s.keeps(put(x))
	s.err = err
	return ok && err == nil
}

// at shrinks the value that put puts in its place, and then its parts, one after
// the other; it gives what is left and whether that is smaller.
func (s *shrinker) at(v plan.Value, t *plan.Type, put func(plan.Value) plan.Value, depth int) (plan.Value, bool) {
	if depth > 64 {
		return v, false
	}
	changed := false
	for again := true; again; {
		again = false
		for _, x := range smaller(v, t) {
			if s.try(x, put) {
				v, changed, again = x, true, true
				break
			}
		}
	}
	switch cur := v.(type) {
	case *plan.Rec:
		x, less := s.inRecord(cur, t, put, depth)
		return x, changed || less
	case *plan.Tagged:
		i := t.Branch(cur.Branch)
		if i < 0 {
			return v, changed
		}
		if x, less := s.at(cur.Value, t.Branches[i].Type, func(x plan.Value) plan.Value { return put(&plan.Tagged{Branch: cur.Branch, Value: x}) }, depth+1); less {
			return &plan.Tagged{Branch: cur.Branch, Value: x}, true
		}
	case []plan.Value:
		for i := range cur {
			if x, less := s.at(cur[i], elemOf(t), func(x plan.Value) plan.Value { return put(withItem(cur, i, x)) }, depth+1); less {
				cur, changed = withItem(cur, i, x), true
			}
		}
		return cur, changed
	case *plan.Entries:
		for i := range *cur {
			if x, less := s.at((*cur)[i].Value, elemOf(t), func(x plan.Value) plan.Value { return put(withEntry(*cur, i, x)) }, depth+1); less {
				cur, changed = withEntry(*cur, i, x), true
			}
		}
		return cur, changed
	}
	return v, changed
}

// inRecord shrinks the fields of a record, one after the other: those that may be
// absent vanish, and so does what is undeclared.
func (s *shrinker) inRecord(cur *plan.Rec, t *plan.Type, put func(plan.Value) plan.Value, depth int) (plan.Value, bool) {
	changed := false
	for i := len(cur.Rest) - 1; i >= 0; i-- {
		rest := append(append([]plan.Entry{}, cur.Rest[:i]...), cur.Rest[i+1:]...)
		if less := (&plan.Rec{Type: cur.Type, Fields: cur.Fields, Rest: rest}); s.try(less, put) {
			cur, changed = less, true
		}
	}
	for i := range cur.Fields {
		f := &t.Fields[i]
		if cur.Fields[i] == plan.Absent {
			continue
		}
		if less := withField(cur, i, plan.Absent); f.Optional && s.try(less, put) {
			cur, changed = less, true
			continue
		}
		if x, less := s.at(cur.Fields[i], f.Type, func(x plan.Value) plan.Value { return put(withField(cur, i, x)) }, depth+1); less {
			cur, changed = withField(cur, i, x), true
		}
	}
	return cur, changed
}

func withField(r *plan.Rec, i int, x plan.Value) *plan.Rec {
	fields := append([]plan.Value{}, r.Fields...)
	fields[i] = x
	return &plan.Rec{Type: r.Type, Fields: fields, Rest: r.Rest, Order: r.Order}
}

func withItem(l []plan.Value, i int, x plan.Value) []plan.Value {
	out := append([]plan.Value{}, l...)
	out[i] = x
	return out
}

func withEntry(m plan.Entries, i int, x plan.Value) *plan.Entries {
	out := append(plan.Entries{}, m...)
	out[i].Value = x
	return &out
}

// smaller lists smaller values of the type, the smallest first.
func smaller(v plan.Value, t *plan.Type) []plan.Value {
	switch v := v.(type) {
	case bool:
		if v {
			return []plan.Value{false}
		}
	case int64:
		return smallerInt(v)
	case uint64:
		if v > 0 {
			out := []plan.Value{uint64(0), v / 2}
			for d := v / 4; d != 0; d /= 2 {
				out = append(out, v-d)
			}
			return append(out, v-1)
		}
	case float64:
		return smallerFloat(v, t.Bits)
	case string:
		return smallerText(v, t)
	case plan.Number:
		return smallerJSONNumber(v)
	case plan.Symbol:
		for i, sym := range t.Symbols {
			if sym == string(v) {
				out := make([]plan.Value, i)
				for j := range i {
					out[j] = plan.Symbol(t.Symbols[j])
				}
				return out
			}
		}
		return smallerNumber(v, t)
	case []byte:
		return smallerBytes(v, t)
	case plan.Dec:
		return smallerDec(v)
	case []plan.Value:
		return smallerList(v)
	case *plan.Entries:
		return smallerMap(*v)
	case *plan.Tagged:
		return smallerBranch(v, t)
	}
	return nil
}

func smallerDec(v plan.Dec) []plan.Value {
	if v.Unscaled.Sign() == 0 {
		return nil
	}
	out := []plan.Value{plan.Dec{Unscaled: new(big.Int), Scale: v.Scale}}
	for step := new(big.Int).Quo(v.Unscaled, big.NewInt(2)); step.Sign() != 0 && len(out) < 256; step = new(big.Int).Quo(step, big.NewInt(2)) {
		out = append(out, plan.Dec{Unscaled: new(big.Int).Sub(v.Unscaled, step), Scale: v.Scale})
	}
	return out
}

// smallerInt tries zero, then ever smaller steps towards it, so that a bound is
// found in a few tries.
func smallerInt(v int64) []plan.Value {
	if v == 0 {
		return nil
	}
	out := []plan.Value{int64(0)}
	for step := v / 2; step != 0; step /= 2 {
		out = append(out, v-step)
	}
	return out
}

// smallerNumber makes the number of an enum that has no symbol smaller.
func smallerNumber(v plan.Symbol, t *plan.Type) []plan.Value {
	n, err := strconv.ParseInt(string(v), 10, 32)
	if err != nil || len(t.Numbers) == 0 {
		return nil
	}
	var out []plan.Value
	for _, x := range smallerInt(n) {
		if s, ok := t.SymbolOf(int32(x.(int64))); ok {
			out = append(out, s)
		}
	}
	return out
}

func smallerFloat(v float64, bits int) []plan.Value {
	switch {
	case v == 0 && math.Signbit(v):
		return []plan.Value{0.0}
	case v == 0:
		return nil
	}
	out := []plan.Value{0.0}
	if math.IsNaN(v) || math.IsInf(v, 0) { // a number tells a reader more
		most := math.MaxFloat64
		if bits == 32 {
			most = math.MaxFloat32
		}
		return append(out, math.Copysign(1<<60, v), math.Copysign(most, v))
	}
	add := func(x float64) {
		if bits == 32 {
			x = float64(float32(x)) // or it would be written as another number
		}
		if x != v && math.Abs(x) <= math.Abs(v) {
			out = append(out, x)
		}
	}
	add(math.Trunc(v))
	for step := math.Trunc(v / 2); step != 0 && len(out) < 64; step = math.Trunc(step / 2) {
		add(v - step)
	}
	return out
}

// smallerText tries no text, texts with a part cut out, and single characters
// removed.
func smallerText(v string, t *plan.Type) []plan.Value {
	if v == "" || t.Logical == "uuid" {
		return nil
	}
	runes := []rune(v)
	out := []plan.Value{""}
	for size := len(runes) / 2; size > 1; size /= 2 {
		for at := 0; at < len(runes) && len(out) < 64; at += size {
			out = append(out, string(runes[:at])+string(runes[min(at+size, len(runes)):]))
		}
	}
	for i := range min(len(runes), 64) {
		out = append(out, string(runes[:i])+string(runes[i+1:]))
	}
	return out
}

func smallerBytes(v []byte, t *plan.Type) []plan.Value {
	if t.Size > 0 {
		zero := make([]byte, t.Size)
		if string(zero) != string(v) {
			return []plan.Value{zero}
		}
		return nil
	}
	if len(v) == 0 {
		return nil
	}
	return []plan.Value{[]byte{}, append([]byte{}, v[:len(v)-1]...)}
}

func smallerList(v []plan.Value) []plan.Value {
	if len(v) == 0 {
		return nil
	}
	out := []plan.Value{[]plan.Value{}}
	for i := range min(len(v), 64) {
		out = append(out, append(append([]plan.Value{}, v[:i]...), v[i+1:]...))
	}
	return out
}

func smallerMap(v plan.Entries) []plan.Value {
	if len(v) == 0 {
		return nil
	}
	out := []plan.Value{&plan.Entries{}}
	for i := range min(len(v), 64) {
		x := append(append(plan.Entries{}, v[:i]...), v[i+1:]...)
		out = append(out, &x)
	}
	return out
}

// smallerBranch tries null, which is the smallest value there is.
func smallerBranch(v *plan.Tagged, t *plan.Type) []plan.Value {
	if v.Branch != "null" && t.Branch("null") >= 0 {
		return []plan.Value{&plan.Tagged{Branch: "null"}}
	}
	return nil
}
