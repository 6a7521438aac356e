package upcast

import (
	"math"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// results are what functions give whatever their arguments are. An offset may
// move a time of the year 1 or 9999 over its end.
var results = resultSpans()

func resultSpans() map[*plan.Func]span {
	between := func(lo, hi int64) span { return span{integer(lo), integer(hi), false} }
	per := func(unit int64) span { return between(math.MinInt64/unit, math.MaxInt64/unit) }
	out := map[*plan.Func]span{
		plan.IntOfTime: between(plan.FirstSecond, plan.LastSecond),
		plan.SpanHours: per(3600e9), plan.SpanMinutes: per(60e9), plan.SpanSeconds: per(1e9), plan.SpanMillis: per(1e6),
		plan.TextIndex: between(-1, math.MaxInt32), plan.TextLast: between(-1, math.MaxInt32),
	}
	for name, s := range map[string]span{
		"getFullYear": between(0, 10000), "getMonth": between(0, 11), "getDayOfYear": between(0, 365), "getDayOfMonth": between(0, 30), "getDate": between(1, 31),
		"getDayOfWeek": between(0, 6), "getHours": between(0, 23), "getMinutes": between(0, 59), "getSeconds": between(0, 59), "getMilliseconds": between(0, 999),
	} {
		out[plan.Calendar[name]] = s
	}
	return out
}

// otherCondition is why a call may fail that no interval of its arguments rules
// out by the type alone.
func (p *prover) otherCondition(n *plan.Call, f facts) string {
	if _, reads := readers[n.Func]; reads {
		return p.reading(n, f)
	}
	switch n.Func {
	case plan.TimeOfInt:
		return unless(p.span(n.Args[0], f).within(span{integer(plan.FirstSecond), integer(plan.LastSecond), false}), "the time may be outside the years 1 to 9999")
	case plan.TextIndexFrom, plan.TextLastFrom:
		return unless(p.span(n.Args[2], f).lo.Sign() >= 0, "the position may be negative")
	case plan.Linear: // as conversion makes it
		fits := n.Table["factor"] == "1" && n.Type.Kind == plan.Uint && p.span(n.Args[0], f).within(typeSpan(n.Type))
		return unless(fits, "the result may not fit "+n.Type.String())
	case plan.UUID5:
		_, ok := (&plan.Call{Func: n.Func, Args: []plan.Node{n.Args[0], &plan.Lit{Value: "", Type: exprString}}, Type: n.Type}).Constant()
		return unless(ok, "the name space may be no UUID")
	case plan.FloatTo32:
		return "the result may have more digits than a float holds, or be too large for one"
	case plan.DecAdd, plan.DecSub, plan.DecMul, plan.DecDiv, plan.DecFit:
		return p.decimals(n)
	default:
		return reasonOf(n)
	}
}

// decPlaces bound a decimal: it is less than ten to the power of whole, and has at
// most scale places behind the point.
type decPlaces struct{ whole, scale int }

// mostPlaces are digits that computed decimals may have: 4,096 bits hold them.
const mostPlaces = 1200

// decimals is why a computation of decimals may fail.
func (p *prover) decimals(n *plan.Call) string {
	if n.Func == plan.DecDiv {
		return "the divisor may be zero"
	}
	if n.Func != plan.DecFit {
		d, ok := p.placesOf(n)
		return unless(ok && d.whole+d.scale <= mostPlaces, "the decimal may have too many digits")
	}
	d, ok := p.placesOf(n.Args[0])
	whole := n.Type.Precision - n.Type.Scale
	switch {
	case ok && d.whole <= whole && d.scale <= n.Type.Scale:
		return ""
	case ok && d.whole <= whole:
		return "the decimal may have more places than " + n.Type.String()
	default:
		return "the decimal may have more digits than " + n.Type.String()
	}
}

// placesOf bounds the decimal that a node gives, where it gives one.
func (p *prover) placesOf(n plan.Node) (decPlaces, bool) {
	if p.steps++; p.steps > maxProverSteps {
		return decPlaces{}, false
	}
	switch n := n.(type) {
	case *plan.If:
		return p.eitherPlaces(n.Then, n.Else)
	case *plan.Let:
		p.vars[n.Bind] = n.X
		return p.placesOf(n.Body)
	case *plan.Copy:
		if x, ok := p.vars[n.From]; ok && len(n.Fields) == 0 {
			return p.placesOf(x)
		}
	case *plan.Call:
		return p.placesOfCall(n)
	}
	t, _ := plan.TypeOf(n)
	return decPlaces{t.Precision - t.Scale, t.Scale}, t.Kind == plan.Decimal && t.Precision > 0
}

func (p *prover) eitherPlaces(a, b plan.Node) (decPlaces, bool) {
	x, ok := p.placesOf(a)
	y, ok2 := p.placesOf(b)
	return decPlaces{max(x.whole, y.whole), max(x.scale, y.scale)}, ok && ok2
}

func (p *prover) placesOfCall(n *plan.Call) (decPlaces, bool) {
	switch n.Func {
	case plan.Widen:
		return p.placesOf(n.Args[0])
	case plan.DecAdd, plan.DecSub:
		d, ok := p.eitherPlaces(n.Args[0], n.Args[1])
		return decPlaces{d.whole + 1, d.scale}, ok
	case plan.DecMul:
		a, ok := p.placesOf(n.Args[0])
		b, ok2 := p.placesOf(n.Args[1])
		return decPlaces{a.whole + b.whole, a.scale + b.scale}, ok && ok2
	case plan.DecDiv:
		a, ok := p.placesOf(n.Args[0])
		b, ok2 := p.placesOf(n.Args[1])
		scale, ok3 := constantOf(n.Args[2])
		if !ok || !ok2 || !ok3 || !scale.IsInt64() || scale.Sign() < 0 || scale.Int64() > mostPlaces {
			return decPlaces{}, false
		}
		// A divisor is no smaller than its last place; a quotient may be rounded up
		// to one digit more.
		return decPlaces{a.whole + b.scale + 1, int(scale.Int64())}, true
	default:
		return decPlaces{n.Type.Precision - n.Type.Scale, n.Type.Scale}, n.Type.Kind == plan.Decimal && n.Type.Precision > 0
	}
}

// failureCode names the failure condition of a call, for programs.
func failureCode(n *plan.Call, reason string) string {
	switch {
	case strings.Contains(reason, "divisor"):
		return "divzero"
	case failureCodes[n.Func] != "":
		return failureCodes[n.Func]
	default:
		return "range"
	}
}

// failureCodes are the conditions of functions; what is not listed has a result
// for a part of its range only.
var failureCodes = map[*plan.Func]string{
	plan.Impossible: "none",
	plan.ListIndex:  "index", plan.ListSlice: "index", plan.TextFrom: "index", plan.TextCut: "index", plan.TextIndexFrom: "index", plan.TextLastFrom: "index",
	plan.First: "index", plan.Last: "index", plan.Only: "index",
	plan.MapIndex: "key", plan.MapOf: "key",
	plan.IntAdd: "overflow", plan.IntSub: "overflow", plan.IntMul: "overflow", plan.IntNeg: "overflow", plan.IntAbs: "overflow", plan.IntDiv: "overflow", plan.IntMod: "overflow",
	plan.UintAdd: "overflow", plan.UintSub: "overflow", plan.UintMul: "overflow", plan.IntTo32: "overflow", plan.FloatTo32: "overflow", plan.Linear: "overflow",
	plan.DecAdd: "overflow", plan.DecSub: "overflow", plan.DecMul: "overflow", plan.DecFit: "overflow", plan.SpanAdd: "overflow", plan.SpanSub: "overflow",
	plan.IntOfText: "parse", plan.UintOfText: "parse", plan.FloatOfText: "parse", plan.BoolOfText: "parse", plan.TimeOfText: "parse", plan.SpanOfText: "parse",
	plan.Base64Decode: "parse", plan.HexDecode: "parse", plan.UUID5: "parse", plan.NumberOfText: "parse", plan.SplitExactly: "parse", plan.Groups: "parse",
	plan.SymbolOfText: "symbol", plan.MapSymbol: "symbol", plan.Ordinal: "symbol", plan.SymbolAt: "symbol",
	plan.TextOfBytes: "utf8",
}

// failureOf is the condition of what a step computes.
func failureOf(n plan.Node) string {
	code := ""
	plan.Visit(n, func(x plan.Node) {
		c, ok := x.(*plan.Call)
		if !ok || code != "" || !c.Func.Partial || c.Safe {
			return
		}
		code = failureCode(c, "")
		if inner, ok := firstArg(c).(*plan.Call); ok && (inner.Func == plan.SplitExactly || inner.Func == plan.Groups) {
			code = "parse"
		}
	})
	return code
}
