package contain

import (
	"math/big"

	"github.com/instar-registry/instar/schema"
)

// numberCube is a conjunction of atoms about a number.
type numberCube struct {
	low, high bound
	step      *big.Rat   // the value is a multiple of it; nil: of nothing
	not       []*big.Rat // and a multiple of none of these
	in        *set       // nil: no restriction
	out       *set
	tried     int // numbers
}

// leafNumber decides a cube of numbers.
func (s *solver) leafNumber() result {
	c := numberCube{low: s.bounds[0], high: s.bounds[1], out: &set{nums: []*big.Rat{}}}
	for _, a := range s.atoms {
		n := s.at(a)
		switch {
		case n.op == opIn && a.negated():
			c.out = c.out.or(n.set)
		case n.op == opIn && c.in != nil:
			c.in = c.in.and(n.set)
		case n.op == opIn:
			c.in = n.set
		case n.op == opMult && a.negated():
			c.not = append(c.not, n.num)
		case n.op == opMult && c.step == nil:
			c.step = n.num
		case n.op == opMult:
			c.step = lcm(c.step, n.num)
		}
	}
	var v *big.Rat
	var sure bool
	switch {
	case c.in != nil:
		v, sure = c.finite(), true
	case c.step != nil:
		v, sure = c.multiples()
	default:
		v, sure = c.dense()
	}
	s.charge(c.tried / 16)
	switch {
	case v != nil:
		return foundResult(numVal(v))
	case sure:
		return emptyResult()
	}
	return result{status: open, reason: schema.ReasonSteps, low: free}
}

// lcm is the least common multiple of two positive rationals.
func lcm(a, b *big.Rat) *big.Rat {
	// lcm(p/q, r/s) = lcm(p·s, r·q) / (q·s)
	x := new(big.Int).Mul(a.Num(), b.Denom())
	y := new(big.Int).Mul(b.Num(), a.Denom())
	g := new(big.Int).GCD(nil, nil, x, y)
	x.Mul(x.Div(x, g), y)
	return new(big.Rat).SetFrac(x, new(big.Int).Mul(a.Denom(), b.Denom()))
}

func (c *numberCube) allows(x *big.Rat) bool {
	c.tried++
	if !above(c.low, x) || !below(c.high, x) || c.out.hasNum(x) {
		return false
	}
	if c.step != nil && !multiple(x, c.step) {
		return false
	}
	for _, q := range c.not {
		if multiple(x, q) {
			return false
		}
	}
	return true
}

// finite returns the allowed member nearest to zero.
func (c *numberCube) finite() *big.Rat {
	var best *big.Rat
	for _, x := range c.in.nums {
		if c.allows(x) && (best == nil || nearer(x, best)) {
			best = x
		}
	}
	return best
}

// nearer orders numbers by distance from zero, positive ones first.
func nearer(a, b *big.Rat) bool {
	c := new(big.Rat).Abs(a).Cmp(new(big.Rat).Abs(b))
	return c < 0 || c == 0 && a.Sign() > b.Sign()
}

// maxTries bounds the numbers that are looked at one by one.
const maxTries = 10_000

// multiples looks for k·step. Among the multiples of step, those of q are every
// p-th, where p = q / gcd(step, q).
func (c *numberCube) multiples() (v *big.Rat, sure bool) {
	period := big.NewInt(1)
	for _, q := range c.not {
		p := new(big.Rat).Quo(lcm(c.step, q), c.step).Num()
		if p.Cmp(big.NewInt(1)) == 0 {
			return nil, true
		}
		period.Mul(period, new(big.Int).Div(p, new(big.Int).GCD(nil, nil, period, p)))
	}
	if v, done := c.walk(c.step, maxTries); v != nil || done {
		return v, true
	}
	// The numbers next to zero are all excluded: k ≡ 1 modulo the period never is
	// by multiples, so a few of these beyond the finite set suffice.
	first, last := c.range_(c.step)
	from := new(big.Int)
	if first != nil && first.Sign() > 0 {
		from.Set(first)
	} else if last != nil && last.Sign() < 0 {
		from.Sub(last, new(big.Int).Mul(period, big.NewInt(int64(len(c.out.keys)+2))))
	}
	k := new(big.Int).Sub(from, new(big.Int).Mod(from, period))
	k.Add(k, big.NewInt(1))
	for range len(c.out.keys) + 4 {
		if x := new(big.Rat).Mul(c.step, new(big.Rat).SetInt(k)); c.allows(x) {
			return x, true
		}
		k = new(big.Int).Add(k, period)
	}
	return nil, false
}

// range_ is the first and the last k for which k·step is in the interval; nil
// if there is none.
func (c *numberCube) range_(step *big.Rat) (first, last *big.Int) {
	if c.low.num != nil {
		q := new(big.Rat).Quo(c.low.num, step)
		first = floor(q)
		if !q.IsInt() || c.low.strict {
			first.Add(first, big.NewInt(1))
		}
	}
	if c.high.num != nil {
		q := new(big.Rat).Quo(c.high.num, step)
		last = floor(q)
		if q.IsInt() && c.high.strict {
			last.Sub(last, big.NewInt(1))
		}
	}
	return first, last
}

func floor(q *big.Rat) *big.Int {
	// Div rounds towards negative infinity for a positive denominator.
	return new(big.Int).Div(q.Num(), q.Denom())
}

// walk tries the multiples of step in the interval, nearest to zero first. done
// says that there are no more.
func (c *numberCube) walk(step *big.Rat, tries int) (v *big.Rat, done bool) {
	first, last := c.range_(step)
	if first != nil && last != nil && first.Cmp(last) > 0 {
		return nil, true
	}
	up, down := new(big.Int), big.NewInt(-1)
	if first != nil && first.Sign() > 0 {
		up.Set(first)
		down = nil
	}
	if last != nil && last.Sign() < 0 {
		down = new(big.Int).Set(last)
		up = nil
	}
	unit := big.NewInt(1)
	for range tries {
		if up != nil && last != nil && up.Cmp(last) > 0 {
			up = nil
		}
		if down != nil && first != nil && down.Cmp(first) < 0 {
			down = nil
		}
		var k *big.Int
		switch {
		case up == nil && down == nil:
			return nil, true
		case down == nil || up != nil && up.CmpAbs(down) <= 0:
			k, up = up, new(big.Int).Add(up, unit)
		default:
			k, down = down, new(big.Int).Sub(down, unit)
		}
		if x := new(big.Rat).Mul(step, new(big.Rat).SetInt(k)); c.allows(x) {
			return x, false
		}
	}
	return nil, false
}

// maxPlaces is beyond the decimal places of every number that is parsed.
const maxPlaces = 1000

// dense looks for a decimal in the interval that is in no finite set and no
// multiple of anything: with enough places after the point there is one, unless
// the interval is a point.
func (c *numberCube) dense() (v *big.Rat, sure bool) {
	if c.low.num != nil && c.high.num != nil && c.low.num.Cmp(c.high.num) == 0 {
		if c.allows(c.low.num) {
			return c.low.num, true
		}
		return nil, true
	}
	ten, unit := big.NewRat(10, 1), big.NewRat(1, 1)
	for places := range maxPlaces {
		tries := 8 + len(c.out.keys)
		if places > 12 {
			tries = 3 + len(c.out.keys)
		}
		if v, _ := c.walk(unit, tries); v != nil {
			return v, true
		}
		unit = new(big.Rat).Quo(unit, ten)
	}
	return nil, false
}
