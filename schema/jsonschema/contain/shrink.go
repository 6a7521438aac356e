package contain

import (
	"math/big"
	"slices"
	"unicode/utf8"
)

// shrinker makes a value minimal: no property, element or character can be
// removed and no number moved nearer to zero without losing what it shows.
type shrinker struct {
	holds func(*val) bool
	tries int
}

// maxShrinks bounds the values that are tried.
const maxShrinks = 4000

func (s *shrinker) run(v *val) *val {
	s.tries = maxShrinks
	for range 8 {
		before := v
		v = s.at(v, func(x *val) *val { return x })
		if v == before || s.tries <= 0 {
			break
		}
	}
	return v
}

// try reports whether a value still shows it in its place.
func (s *shrinker) try(v *val, put func(*val) *val) bool {
	if s.tries <= 0 {
		return false
	}
	s.tries--
	return s.holds(put(v))
}

// simplest are the values that anything may be replaced by, in this order.
var simplest = []*val{intVal(0), strVal(""), nullVal, falseVal, arrVal(nil), objVal(nil, nil)}

// at shrinks the part v of a value that put makes whole. Depth is bounded by
// that of the value.
func (s *shrinker) at(v *val, put func(*val) *val) *val {
	for _, c := range simplest {
		if c.text() == v.text() {
			return v
		}
		if s.try(c, put) {
			return c
		}
	}
	switch v.kind {
	case kNumber:
		return s.number(v, put)
	case kString:
		return s.text(v, put)
	case kArray:
		return s.array(v, put)
	case kObject:
		return s.object(v, put)
	}
	return v
}

func (s *shrinker) object(v *val, put func(*val) *val) *val {
	for i := len(v.names) - 1; i >= 0; i-- {
		if smaller := v.without(i); s.try(smaller, put) {
			v = smaller
		}
	}
	for i := range v.names {
		with := func(x *val) *val {
			return &val{kind: kObject, names: v.names, fields: replaced(v.fields, i, x)}
		}
		if x := s.at(v.fields[i], func(x *val) *val { return put(with(x)) }); x != v.fields[i] {
			v = with(x)
		}
	}
	for i := 0; i < len(v.names); i++ {
		v = s.rename(v, i, put)
	}
	return v
}

// rename shortens a property's name.
func (s *shrinker) rename(v *val, i int, put func(*val) *val) *val {
	name, field := v.names[i], v.fields[i]
	rest := v.without(i)
	with := func(x *val) *val {
		return objVal(append(slices.Clone(rest.names), x.str), append(slices.Clone(rest.fields), field))
	}
	shorter := s.text(strVal(name), func(x *val) *val {
		if slices.Contains(rest.names, x.str) {
			return put(v)
		}
		return put(with(x))
	})
	if shorter.str == name || slices.Contains(rest.names, shorter.str) {
		return v
	}
	return with(shorter)
}

func (s *shrinker) array(v *val, put func(*val) *val) *val {
	for i := len(v.items) - 1; i >= 0; i-- {
		if smaller := arrVal(slices.Concat(v.items[:i], v.items[i+1:])); s.try(smaller, put) {
			v = smaller
		}
	}
	for i := range v.items {
		with := func(x *val) *val { return arrVal(replaced(v.items, i, x)) }
		if x := s.at(v.items[i], func(x *val) *val { return put(with(x)) }); x != v.items[i] {
			v = with(x)
		}
	}
	return v
}

func replaced(list []*val, i int, x *val) []*val {
	out := slices.Clone(list)
	out[i] = x
	return out
}

// text removes characters: halves first, then one by one.
func (s *shrinker) text(v *val, put func(*val) *val) *val {
	if v.str != "" {
		if x := strVal(""); s.try(x, put) {
			return x
		}
	}
	list := []rune(v.str)
	for size := len(list) / 2; size >= 1; size /= 2 {
		for at := 0; at+size <= len(list); {
			shorter := slices.Concat(list[:at], list[at+size:])
			if s.try(strVal(string(shorter)), put) {
				list = shorter
			} else {
				at += size
			}
		}
	}
	if len(list) == utf8.RuneCountInString(v.str) {
		return v
	}
	return strVal(string(list))
}

// number moves towards zero.
func (s *shrinker) number(v *val, put func(*val) *val) *val {
	best := v.num
	for range 100 {
		next := s.nearer(best, put)
		if next == nil {
			break
		}
		best = next
	}
	if best == v.num {
		return v
	}
	return numVal(best)
}

// nearer returns a number nearer to zero that still shows it.
func (s *shrinker) nearer(x *big.Rat, put func(*val) *val) *big.Rat {
	if x.Sign() == 0 {
		return nil
	}
	whole := new(big.Rat).SetInt(new(big.Int).Quo(x.Num(), x.Denom()))
	half := new(big.Rat).SetInt(new(big.Int).Quo(whole.Num(), big.NewInt(2)))
	less := new(big.Rat).Sub(x, new(big.Rat).SetInt64(int64(x.Sign())))
	for _, c := range []*big.Rat{new(big.Rat), half, whole, less} {
		if new(big.Rat).Abs(c).Cmp(new(big.Rat).Abs(x)) < 0 && s.try(numVal(c), put) {
			return c
		}
	}
	return nil
}
