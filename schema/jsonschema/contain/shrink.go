package contain

import (
	"math/big"
	"slices"
	"unicode/utf8"
)

// view says whether a value may stand where a value stands.
type view interface {
	holds(v *val) bool
	// without says whether v, which holds, does without its i-th property.
	without(v *val, i int) bool
	// part is the view of the i-th property or item of v.
	part(v *val, i int) view
}

// shrinker makes a value minimal: no property, element or character can be
// removed and no number moved nearer to zero without losing what it shows.
type shrinker struct {
	tries int
	// keepNames leaves the names of properties as they are.
	keepNames bool
}

// maxShrinks bounds the values that are tried.
const maxShrinks = 10_000

// shrink makes v minimal in a view.
func shrink(v *val, in view) *val {
	return (&shrinker{tries: maxShrinks}).to(v, in)
}

// to makes passes over a value until it is minimal.
func (s *shrinker) to(v *val, in view) *val {
	for range 8 {
		before := v
		v = s.at(v, in)
		if v == before || s.tries <= 0 {
			break
		}
	}
	return v
}

func (s *shrinker) try(v *val, in view) bool {
	if s.tries <= 0 {
		return false
	}
	s.tries--
	return in.holds(v)
}

// simplest are the values that anything may be replaced by, in this order.
var simplest = []*val{intVal(0), strVal(""), nullVal, falseVal, arrVal(nil), objVal(nil, nil)}

// at shrinks a value. Parts that were shrunk for the same goal before, perhaps
// for another break, are not shrunk again.
func (s *shrinker) at(v *val, in view) *val {
	g, ok := in.(goalView)
	if !ok {
		return s.one(v, in)
	}
	if known, ok := g.shrunk[evaluation{g.goal, v}]; ok {
		return known
	}
	out := s.one(v, in)
	if s.tries > 0 {
		g.shrunk[evaluation{g.goal, v}] = out
	}
	return out
}

// one makes one pass over a value. Depth is bounded by that of the value.
func (s *shrinker) one(v *val, in view) *val {
	for _, c := range simplest {
		if c.text() == v.text() {
			return v
		}
		if s.try(c, in) {
			return c
		}
	}
	switch v.kind {
	case kNumber:
		return s.number(v, in)
	case kString:
		return s.text(v, in)
	case kArray:
		return s.array(v, in)
	case kObject:
		return s.object(v, in)
	}
	return v
}

// maxRenamed is the number of properties up to which their names are shortened
// too. Where there are more, schemas ask for most of them by name.
const maxRenamed = 6

func (s *shrinker) object(v *val, in view) *val {
	for i := len(v.names) - 1; i >= 0; i-- {
		if s.tries--; s.tries > 0 && in.without(v, i) {
			v = v.without(i)
		}
	}
	for i := range v.names {
		if x := s.at(v.fields[i], in.part(v, i)); x != v.fields[i] {
			v = v.with(i, x)
		}
	}
	if s.keepNames || len(v.names) > maxRenamed {
		return v
	}
	for i := 0; i < len(v.names); i++ {
		v = s.rename(v, i, in)
	}
	return v
}

// rename shortens a property's name.
func (s *shrinker) rename(v *val, i int, in view) *val {
	renamed := &naming{view: in, rest: v.without(i), field: v.fields[i]}
	shorter := s.text(strVal(v.names[i]), renamed)
	if shorter.str == v.names[i] {
		return v
	}
	return renamed.whole(shorter.str)
}

// naming is the view of a property's name.
type naming struct {
	view
	rest  *val
	field *val
}

func (n *naming) whole(name string) *val {
	return objVal(append(slices.Clone(n.rest.names), name), append(slices.Clone(n.rest.fields), n.field))
}

func (n *naming) holds(v *val) bool {
	return n.rest.get(v.str) == nil && n.view.holds(n.whole(v.str))
}

func (s *shrinker) array(v *val, in view) *val {
	for i := len(v.items) - 1; i >= 0; i-- {
		if smaller := arrVal(slices.Concat(v.items[:i], v.items[i+1:])); s.try(smaller, in) {
			v = smaller
		}
	}
	for i := range v.items {
		if x := s.at(v.items[i], in.part(v, i)); x != v.items[i] {
			v = v.with(i, x)
		}
	}
	return v
}

// with returns the object or array with another property or item.
func (v *val) with(i int, x *val) *val {
	if v.kind == kArray {
		items := slices.Clone(v.items)
		items[i] = x
		return arrVal(items)
	}
	fields := slices.Clone(v.fields)
	fields[i] = x
	return &val{kind: kObject, names: v.names, fields: fields}
}

// text removes characters: halves first, then one by one.
func (s *shrinker) text(v *val, in view) *val {
	if v.str != "" {
		if x := strVal(""); s.try(x, in) {
			return x
		}
	}
	list := []rune(v.str)
	for size := len(list) / 2; size >= 1; size /= 2 {
		for at := 0; at+size <= len(list); {
			shorter := slices.Concat(list[:at], list[at+size:])
			if s.try(strVal(string(shorter)), in) {
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
func (s *shrinker) number(v *val, in view) *val {
	best := v.num
	for range 100 {
		next := s.nearer(best, in)
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
func (s *shrinker) nearer(x *big.Rat, in view) *big.Rat {
	if x.Sign() == 0 {
		return nil
	}
	whole := new(big.Int).Quo(x.Num(), x.Denom())
	step := new(big.Int).Quo(whole, big.NewInt(2))
	less := new(big.Rat).Sub(x, new(big.Rat).SetInt64(int64(x.Sign())))
	tries := []*big.Rat{new(big.Rat), new(big.Rat).SetInt(step), new(big.Rat).SetInt(whole)}
	// Ever smaller steps: a bound far away is found in a few tries.
	for ; step.Sign() != 0 && len(tries) < 100; step = new(big.Int).Quo(step, big.NewInt(2)) {
		tries = append(tries, new(big.Rat).SetInt(new(big.Int).Sub(whole, step)))
	}
	for _, c := range append(tries, less) {
		if new(big.Rat).Abs(c).Cmp(new(big.Rat).Abs(x)) < 0 && s.try(numVal(c), in) {
			return c
		}
	}
	return nil
}
