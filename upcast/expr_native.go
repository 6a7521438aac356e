package upcast

import (
	"math/big"

	"github.com/instar-registry/instar/upcast/plan"
)

// bindPart is bind for what is bound to a part of a value. What the schema of the
// events says of a part holds of it only where it is one of an event, as it
// stands: a constant or a computed value of the same type is judged at the end.
func (b *builder) bindPart(of plan.Node, t *plan.Type) *plan.Binder {
	out := b.bind(t)
	if t.JSON && b.isNative(of) {
		b.native[out] = true
	}
	return out
}

// isNative reports whether a node gives a part of an event, as it stands.
func (b *builder) isNative(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Copy:
		return b.native[n.From]
	case *plan.Call:
		return (n.Func == plan.First || n.Func == plan.Last || n.Func == plan.Only || n.Func == plan.ListIndex) && b.isNative(n.Args[0])
	default:
		return false
	}
}

// rangeOf is what the schema of the events says of the number that a node gives,
// or of the size of its text or list.
func (p *prover) rangeOf(n plan.Node) plan.Range {
	if p.t.b == nil {
		return plan.Range{}
	}
	switch x := n.(type) {
	case *plan.Cast:
		return p.rangeOf(x.X)
	case *plan.Tag:
		return p.rangeOf(x.X)
	case *plan.Copy:
		if v, ok := p.vars[x.From]; ok && len(x.Fields) == 0 {
			return p.rangeOf(v)
		}
		if p.t.b.isNative(x) {
			return p.t.b.rangeOf(x.Type)
		}
	case *plan.Call:
		if x.Func == plan.TextOfSymbol || x.Func == plan.Widen && len(x.Args) == 1 {
			return p.rangeOf(x.Args[0])
		}
		if p.t.b.isNative(x) {
			return p.t.b.rangeOf(x.Type)
		}
	}
	return plan.Range{}
}

func (b *builder) rangeOf(t *plan.Type) plan.Range {
	if len(t.Schemas) == 0 {
		return plan.Range{}
	}
	out, known := b.ranges[t]
	if !known {
		out = plan.RangeOf(t)
		b.ranges[t] = out
	}
	return out
}

// within narrows a span to a range, whose bounds may need more digits than a span
// has: they are rounded outwards.
func within(s span, r plan.Range) span {
	out := span{s.lo, s.hi, s.nan}
	if r.Low != nil {
		out.lo = new(big.Float).SetPrec(precision).SetMode(big.ToNegativeInf).SetRat(r.Low)
	}
	if r.High != nil {
		out.hi = new(big.Float).SetPrec(precision).SetMode(big.ToPositiveInf).SetRat(r.High)
	}
	return out
}

// numbers is what a number of JSON may be: of any size, but for its schema.
func (p *prover) numbers(n plan.Node) span {
	return within(span{allFloats.lo, allFloats.hi, false}, p.rangeOf(n))
}

// sizesOf is how large a text or a list may be.
func (p *prover) sizesOf(n plan.Node) span {
	if s := within(sizes, p.rangeOf(n)).meet(sizes); !s.empty() {
		return s
	}
	return sizes
}

// bindEvent is bind for the events of a schema.
func (b *builder) bindEvent(t *plan.Type) *plan.Binder {
	out := b.bind(t)
	b.native[out] = true
	return out
}
