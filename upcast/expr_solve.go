package upcast

import (
	"math/big"

	"github.com/instar-registry/instar/upcast/plan"
)

func (p *prover) differs(n plan.Node, v *big.Int) string {
	return "differs from " + v.String() + " " + p.key(n)
}

// nonZero reports whether a whole number is known not to be zero: it was compared
// with zero, what it is computed from was compared with the one number that would
// make it zero, or it is the difference of two values that differ.
func (p *prover) nonZero(n plan.Node, f facts) bool {
	if s := p.span(n, f); p.key(n) != "" && f.truth[p.notZero(n)] || !s.has(integer(0)) {
		return true
	}
	if x, at, ok := solved(n, new(big.Int)); ok {
		if at == nil || p.key(x) != "" && f.truth[p.differs(x, at)] || !p.span(x, f).has(new(big.Float).SetPrec(precision).SetInt(at)) {
			return true
		}
	}
	c, ok := n.(*plan.Call)
	if !ok {
		return false
	}
	switch c.Func {
	case plan.IntMul, plan.UintMul:
		return p.nonZero(c.Args[0], f) && p.nonZero(c.Args[1], f)
	case plan.IntNeg, plan.IntAbs, plan.IntSign, plan.Widen:
		return p.nonZero(c.Args[0], f)
	case plan.IntSub, plan.UintSub:
		return p.unequal(c.Args[0], c.Args[1], f)
	default:
		return false
	}
}

// unequal reports whether two values were compared, and differ.
func (p *prover) unequal(a, b plan.Node, f facts) bool {
	for _, args := range [][]plan.Node{{a, b}, {b, a}} {
		key := p.key(&plan.Call{Func: plan.Equals, Args: args})
		if is, known := f.truth[key]; key != "" && known && !is {
			return true
		}
	}
	return false
}

// solved takes sums, differences and products with constants apart: n is v exactly
// where x is at. No x makes it v if at is nil; ok is false if nothing was taken
// apart, and n is x itself.
func solved(n plan.Node, v *big.Int) (x plan.Node, at *big.Int, ok bool) {
	x, at = n, v
	for {
		c, is := x.(*plan.Call)
		if !is {
			return x, at, true
		}
		switch {
		case c.Func == plan.IntNeg:
			x, at = c.Args[0], new(big.Int).Neg(at)
			continue
		case len(c.Args) != 2:
			return x, at, true
		}
		k, last := constantOf(c.Args[1])
		first := 0
		if !last {
			if k, last = constantOf(c.Args[0]); !last {
				return x, at, true
			}
			first = 1
		}
		switch c.Func {
		case plan.IntAdd, plan.UintAdd:
			at = new(big.Int).Sub(at, k)
		case plan.IntSub, plan.UintSub:
			if first == 0 {
				at = new(big.Int).Add(at, k) // x - k = at
			} else {
				at = new(big.Int).Sub(k, at) // k - x = at
			}
		case plan.IntMul, plan.UintMul:
			if k.Sign() == 0 {
				return x, at, false
			}
			q, rest := new(big.Int).QuoRem(at, k, new(big.Int))
			if rest.Sign() != 0 {
				return c.Args[first], nil, true
			}
			at = q
		default:
			return x, at, true
		}
		x = c.Args[first]
	}
}

// constantOf is the value of a literal of whole numbers.
func constantOf(n plan.Node) (*big.Int, bool) {
	l, ok := n.(*plan.Lit)
	if !ok {
		return nil, false
	}
	switch v := l.Value.(type) {
	case int64:
		return big.NewInt(v), true
	case uint64:
		return new(big.Int).SetUint64(v), true
	default:
		return nil, false
	}
}
