package upcast

import (
	"math/big"

	"github.com/instar-registry/instar/upcast/plan"
)

// maxShrinks bounds the tries of one shrinking.
const maxShrinks = 20_000

// shrink makes a value smaller as long as it keeps a property: branches of unions
// become the first that do, lists and maps lose elements, texts and bytes
// characters, numbers move towards zero, optional fields vanish. The result
// depends on the value alone.
func shrink(v plan.Value, t *plan.Type, keeps func(plan.Value) (bool, error)) (plan.Value, error) {
	s := shrinker{keeps: keeps, root: v}
	for {
		before := s.tries
		changed := s.at(v, t, func(x plan.Value) plan.Value { return x }, 0)
		if s.err != nil {
			return nil, s.err
		}
		v = s.root
		if !changed || s.tries == before || s.tries > maxShrinks {
			return v, nil
		}
	}
}

type shrinker struct {
	keeps func(plan.Value) (bool, error)
	root  plan.Value
	tries int
	err   error
}

// try puts a value in its place and keeps it there if the property holds.
func (s *shrinker) try(x plan.Value, put func(plan.Value) plan.Value) bool {
	if s.err != nil || s.tries > maxShrinks {
		return false
	}
	s.tries++
	root := put(x)
	ok, err := s.keeps(root)
	if s.err = err; ok && err == nil {
		s.root = root
		return true
	}
	return false
}

// at shrinks the value that put puts in its place; it reports whether anything
// became smaller.
func (s *shrinker) at(v plan.Value, t *plan.Type, put func(plan.Value) plan.Value, depth int) bool {
	if depth > 64 {
		return false
	}
	for _, x := range smaller(v, t) {
		if s.try(x, put) {
			return true
		}
	}
	switch v := v.(type) {
	case *plan.Rec:
		changed := false
		for i := range v.Fields {
			cur := v
			if s.at(v.Fields[i], t.Fields[i].Type, func(x plan.Value) plan.Value {
				return put(withField(cur, i, x))
			}, depth+1) {
				changed = true
				return true
			}
		}
		return changed
	case *plan.Tagged:
		i := t.Branch(v.Branch)
		return i >= 0 && s.at(v.Value, t.Branches[i].Type, func(x plan.Value) plan.Value { return put(&plan.Tagged{Branch: v.Branch, Value: x}) }, depth+1)
	case []plan.Value:
		for i := range v {
			if s.at(v[i], t.Elem, func(x plan.Value) plan.Value { return put(withItem(v, i, x)) }, depth+1) {
				return true
			}
		}
	case *plan.Entries:
		for i := range *v {
			if s.at((*v)[i].Value, t.Elem, func(x plan.Value) plan.Value { return put(withEntry(*v, i, x)) }, depth+1) {
				return true
			}
		}
	}
	return false
}

func withField(r *plan.Rec, i int, x plan.Value) plan.Value {
	fields := append([]plan.Value{}, r.Fields...)
	fields[i] = x
	return &plan.Rec{Type: r.Type, Fields: fields, Rest: r.Rest}
}

func withItem(l []plan.Value, i int, x plan.Value) plan.Value {
	out := append([]plan.Value{}, l...)
	out[i] = x
	return out
}

func withEntry(m plan.Entries, i int, x plan.Value) plan.Value {
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
	case float64:
		return smallerFloat(v)
	case string:
		return smallerText(v, t)
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
	case []byte:
		return smallerBytes(v, t)
	case plan.Dec:
		if v.Unscaled.Sign() != 0 {
			return []plan.Value{plan.Dec{Unscaled: new(big.Int), Scale: v.Scale}, plan.Dec{Unscaled: new(big.Int).Quo(v.Unscaled, big.NewInt(2)), Scale: v.Scale}}
		}
	case []plan.Value:
		return smallerList(v)
	case *plan.Entries:
		return smallerMap(*v)
	case *plan.Tagged:
		return smallerBranch(v, t)
	}
	return nil
}

func smallerInt(v int64) []plan.Value {
	if v == 0 {
		return nil
	}
	step := int64(1)
	if v < 0 {
		step = -1
	}
	return []plan.Value{int64(0), v / 2, v - step}
}

func smallerFloat(v float64) []plan.Value {
	if v == 0 {
		return nil
	}
	out := []plan.Value{0.0}
	if whole := float64(int64(v)); whole != v && v < 1e15 && v > -1e15 {
		out = append(out, whole)
	} else if v > 1 || v < -1 {
		out = append(out, float64(int64(v/2)))
	}
	return out
}

func smallerText(v string, t *plan.Type) []plan.Value {
	if v == "" || t.Logical == "uuid" {
		return nil
	}
	runes := []rune(v)
	out := []plan.Value{"", string(runes[:len(runes)/2])}
	for i := range min(len(runes), 32) {
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
