package upcast

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// maxKey bounds the name of a node; what is computed from itself again and again
// would have one that doubles each time.
const maxKey = 2 << 10

// key names a node so that equal values are known as equal; "" if it has none.
func (p *prover) key(n plan.Node) string {
	if k, known := p.keys[n]; known {
		return k
	}
	k := p.keyOf(n)
	if len(k) > maxKey {
		k = ""
	}
	p.keys[n] = k
	return k
}

func (p *prover) keyOf(n plan.Node) string {
	switch n := n.(type) {
	case *plan.Copy:
		if x, ok := p.vars[n.From]; ok && len(n.Fields) == 0 {
			if k := p.key(x); k != "" {
				return k
			}
		}
		return fmt.Sprintf("$%d%v", n.From.ID, n.Fields)
	case *plan.Lit:
		if s, ok := n.Value.(string); ok {
			return strconv.Quote(s) // or a text could look like the end of a name
		}
		return fmt.Sprintf("%T(%v)", n.Value, n.Value)
	case *plan.Call:
		if n.Func == plan.Widen && len(n.Args) == 1 {
			return p.key(n.Args[0])
		}
		parts := make([]string, len(n.Args))
		for i, a := range n.Args {
			if n.Func == plan.ListSize || n.Func == plan.MapSize {
				a = sized(a)
			}
			if parts[i] = p.key(a); parts[i] == "" {
				return ""
			}
		}
		pattern := ""
		if n.Pattern != nil {
			pattern = strconv.Quote(n.Pattern.String())
		}
		return n.Func.Name + fmt.Sprint(n.Table) + pattern + "(" + strings.Join(parts, ",") + ")"
	default:
		return ""
	}
}

// sized is what has as many elements as a node: the list or map whose elements
// only change their form.
func sized(n plan.Node) plan.Node {
	for {
		switch x := n.(type) {
		case *plan.Each:
			if x.Where == nil {
				n = x.Over
				continue
			}
		case *plan.EachEntry:
			if x.Where == nil {
				n = x.Over
				continue
			}
		}
		return n
	}
}

func (p *prover) notZero(n plan.Node) string { return "nonzero " + p.key(n) }

// assume adds what a condition tells if it is true, or false.
func (p *prover) assume(f facts, cond plan.Node, is bool) facts {
	f = f.clone()
	p.learn(&f, cond, is)
	return f
}

func (p *prover) learn(f *facts, cond plan.Node, is bool) {
	switch c := cond.(type) {
	case *plan.Logic:
		if c.Or != is {
			p.learn(f, c.L, is)
			p.learn(f, c.R, is)
		}
	case *plan.Call:
		if k := p.key(c); k != "" {
			f.truth[k] = is
		}
		if is {
			p.learnText(f, c)
		}
		switch c.Func {
		case plan.Not:
			p.learn(f, c.Args[0], !is)
		case plan.Equals:
			p.learnEqual(f, c, is)
		case plan.Less:
			p.compare(f, c.Args[0], c.Args[1], true, is)
		case plan.LessEq:
			p.compare(f, c.Args[0], c.Args[1], false, is)
		case plan.More:
			p.compare(f, c.Args[1], c.Args[0], true, is)
		case plan.MoreEq:
			p.compare(f, c.Args[1], c.Args[0], false, is)
		}
	}
}

func (p *prover) learnEqual(f *facts, c *plan.Call, is bool) {
	a, b := c.Args[0], c.Args[1]
	t, _ := plan.TypeOf(a)
	if t.Kind != plan.Int && t.Kind != plan.Uint && t.Kind != plan.Float {
		return
	}
	x, y := p.span(a, *f), p.span(b, *f)
	if is {
		both := x.meet(y)
		both.nan = false // NaN equals nothing
		p.narrow(f, a, both)
		p.narrow(f, b, both)
		return
	}
	p.exclude(f, a, y)
	p.exclude(f, b, x)
}

// exclude learns that a value is not the one number of a span.
func (p *prover) exclude(f *facts, n plan.Node, one span) {
	if one.lo.Cmp(one.hi) != 0 || one.nan {
		return
	}
	if one.lo.Sign() == 0 && p.key(n) != "" {
		f.truth[p.notZero(n)] = true
	}
	if v, acc := one.lo.Int64(); acc == big.Exact {
		if x, at, ok := solved(n, big.NewInt(v)); ok && at != nil && p.key(x) != "" {
			f.truth[p.differs(x, at)] = true
		}
	}
	t, _ := plan.TypeOf(n)
	if t.Kind == plan.Float {
		return
	}
	s := p.span(n, *f)
	switch {
	case s.lo.Cmp(one.lo) == 0:
		s.lo = sum(s.lo, integer(1))
	case s.hi.Cmp(one.lo) == 0:
		s.hi = sum(s.hi, integer(-1))
	default:
		return
	}
	p.narrow(f, n, s)
}

// compare learns from a < b or a <= b.
func (p *prover) compare(f *facts, a, b plan.Node, strict, is bool) {
	t, _ := plan.TypeOf(a)
	if t.Kind != plan.Int && t.Kind != plan.Uint && t.Kind != plan.Float {
		return
	}
	x, y := p.span(a, *f), p.span(b, *f)
	if !is {
		// Of doubles, "not less" tells nothing: one may be no number.
		if t.Kind == plan.Float && (x.nan || y.nan) {
			return
		}
		a, b, x, y, strict = b, a, y, x, !strict
	}
	gap := integer(0)
	if strict && t.Kind != plan.Float {
		gap = integer(1)
	}
	low, high := x, y
	low.nan, high.nan = false, false
	if limit := sum(y.hi, new(big.Float).Neg(gap)); limit.Cmp(low.hi) < 0 {
		low.hi = limit
	}
	if limit := sum(x.lo, gap); limit.Cmp(high.lo) > 0 {
		high.lo = limit
	}
	if t.Kind == plan.Float && strict {
		low.hi, high.lo = before(low.hi, y.hi), after(high.lo, x.lo)
	}
	p.narrow(f, a, low)
	p.narrow(f, b, high)
}

// before and after step off a bound that is excluded.
func before(bound, excluded *big.Float) *big.Float {
	if x, _ := bound.Float64(); bound.Cmp(excluded) == 0 && !math.IsInf(x, -1) {
		return number(math.Nextafter(x, math.Inf(-1)))
	}
	return bound
}

func after(bound, excluded *big.Float) *big.Float {
	if x, _ := bound.Float64(); bound.Cmp(excluded) == 0 && !math.IsInf(x, 1) {
		return number(math.Nextafter(x, math.Inf(1)))
	}
	return bound
}

func (p *prover) narrow(f *facts, n plan.Node, s span) {
	if k := p.key(n); k != "" {
		if was, ok := f.spans[k]; ok {
			s = s.meet(was)
		}
		f.spans[k] = s
	}
}

// span is what a node of numbers can give, where it gives anything.
func (p *prover) span(n plan.Node, f facts) span {
	p.steps++
	if p.steps > maxProverSteps {
		t, _ := plan.TypeOf(n)
		return typeSpan(t)
	}
	if s, ok := p.fixed[n]; ok {
		return s
	}
	s := p.spanOf(n, f)
	if known, ok := f.spans[p.key(n)]; ok {
		if both := s.meet(known); !both.empty() {
			return both
		}
	}
	return s
}

func (p *prover) spanOf(n plan.Node, f facts) span {
	switch n := n.(type) {
	case *plan.Lit:
		switch v := n.Value.(type) {
		case int64:
			return span{integer(v), integer(v), false}
		case uint64:
			x := new(big.Float).SetPrec(precision).SetUint64(v)
			return span{x, x, false}
		case float64:
			if v == v {
				return span{number(v), number(v), false}
			}
		}
	case *plan.Copy:
		if n.Type == exprIndex {
			return sizes
		}
		if x, ok := p.vars[n.From]; ok && len(n.Fields) == 0 {
			return p.span(x, f)
		}
	case *plan.If:
		return p.span(n.Then, p.assume(f, n.Cond, true)).join(p.span(n.Else, p.assume(f, n.Cond, false)))
	case *plan.Let:
		p.vars[n.Bind] = n.X
		return p.span(n.Body, f)
	case *plan.Call:
		return p.callSpan(n, f)
	case *plan.ListOf:
		size := integer(int64(len(n.Items)))
		return span{size, size, false}
	}
	t, _ := plan.TypeOf(n)
	return typeSpan(t)
}

// callSpan is the span of a result; a result that does not fit does not exist.
func (p *prover) callSpan(n *plan.Call, f facts) span {
	all := typeSpan(n.Type)
	switch n.Func {
	case plan.IntAdd, plan.IntSub, plan.IntMul, plan.IntNeg, plan.UintAdd, plan.UintSub, plan.UintMul:
		return p.exact(n, f).meet(all)
	case plan.IntDiv, plan.UintDiv:
		return divSpan(p.span(n.Args[0], f), p.span(n.Args[1], f)).meet(all)
	case plan.IntMod, plan.UintMod:
		return modSpan(p.span(n.Args[0], f), p.span(n.Args[1], f)).meet(all)
	case plan.IntSign:
		return span{integer(-1), integer(1), false}
	case plan.IntAbs:
		a := p.span(n.Args[0], f)
		return span{integer(0), biggest(a), false}.meet(all)
	case plan.IntMin, plan.UintMin:
		return minSpan(p.span(n.Args[0], f), p.span(n.Args[1], f))
	case plan.IntMax, plan.UintMax:
		return negSpan(minSpan(negSpan(p.span(n.Args[0], f)), negSpan(p.span(n.Args[1], f))))
	case plan.IntTo32, plan.IntOfUint, plan.UintOfInt, plan.Widen:
		if t, _ := plan.TypeOf(n.Args[0]); t.Kind == plan.Int || t.Kind == plan.Uint || t.Kind == plan.Float {
			return p.span(n.Args[0], f).meet(all)
		}
		return all
	case plan.Linear, plan.NumberOfText:
		if n.Type.Kind == plan.Float && n.Type.Bits > 0 {
			return finiteFloats // an infinity is no result of theirs
		}
		return all
	case plan.IntOfNumber:
		return p.numbers(n.Args[0]).meet(all)
	case plan.TextSize:
		return p.textSize(n.Args[0], f, p.sizesOf(n.Args[0]))
	case plan.MapSize:
		return p.sizesOf(sized(n.Args[0]))
	case plan.IntOfText:
		return p.numeralSpan(n, f)
	case plan.BytesSize:
		return sizes
	case plan.ListSize:
		if l, ok := n.Args[0].(*plan.ListOf); ok {
			return p.spanOf(l, f)
		}
		return p.sizesOf(sized(n.Args[0]))
	default:
		if s, ok := results[n.Func]; ok {
			return s
		}
		return p.floatSpan(n, f, all)
	}
}

func minSpan(a, b span) span {
	out := a.join(b)
	if a.hi.Cmp(b.hi) < 0 {
		out.hi = a.hi
	} else {
		out.hi = b.hi
	}
	return out
}

// exact is the span of the result in whole numbers, before it has to fit.
func (p *prover) exact(n *plan.Call, f facts) span {
	a := p.span(n.Args[0], f)
	if n.Func == plan.IntNeg {
		return negSpan(a)
	}
	b := p.span(n.Args[1], f)
	switch n.Func {
	case plan.IntAdd, plan.UintAdd:
		return addSpans(a, b)
	case plan.IntSub, plan.UintSub:
		return addSpans(a, negSpan(b))
	default:
		return mulSpans(a, b)
	}
}

// floatSpan is the span of a result of floating point.
func (p *prover) floatSpan(n *plan.Call, f facts, all span) span {
	if len(n.Args) == 0 {
		return all
	}
	switch n.Func {
	case plan.FloatOfNumber:
		return floatSpan(p.numbers(n.Args[0]))
	case plan.FloatOfInt, plan.FloatOfUint:
		return floatSpan(p.span(n.Args[0], f))
	case plan.IntOfFloat, plan.UintOfFloat:
		s := p.span(n.Args[0], f)
		s.nan = false
		return rounded(s, math.Trunc).meet(all)
	case plan.FloatNeg:
		return negSpan(p.span(n.Args[0], f))
	case plan.FloatAbs:
		a := p.span(n.Args[0], f)
		return span{integer(0), biggest(a), a.nan}
	case plan.FloatCeil:
		return rounded(p.span(n.Args[0], f), math.Ceil)
	case plan.FloatFloor:
		return rounded(p.span(n.Args[0], f), math.Floor)
	case plan.FloatRound:
		return rounded(p.span(n.Args[0], f), math.Round)
	case plan.FloatTrunc:
		return rounded(p.span(n.Args[0], f), math.Trunc)
	case plan.FloatMin, plan.FloatMax:
		a, b := p.span(n.Args[0], f), p.span(n.Args[1], f)
		// What is no number does not compare, so the first stays.
		if a.nan || b.nan {
			return a.join(b)
		}
		if n.Func == plan.FloatMin {
			return minSpan(a, b)
		}
		return negSpan(minSpan(negSpan(a), negSpan(b)))
	case plan.FloatAdd, plan.FloatSub, plan.FloatMul:
		a, b := p.span(n.Args[0], f), p.span(n.Args[1], f)
		if a.hasInf() || b.hasInf() {
			return all
		}
		switch n.Func {
		case plan.FloatAdd:
			return floatSpan(addSpans(a, b))
		case plan.FloatSub:
			return floatSpan(addSpans(a, negSpan(b)))
		}
		return floatSpan(mulSpans(a, b))
	}
	return all
}
