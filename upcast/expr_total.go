package upcast

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// prover looks for the calls of an expression that may have no result, with what
// is known at each: the widths of types, literals and the conditions above.
type prover struct {
	t    *translator
	vars map[*plan.Binder]plan.Node
	keys map[plan.Node]string
	// leading finds what holds a call of the expression's own.
	leading *plan.Finder
	// failing are the calls that may fail at one of their places.
	failing map[*plan.Call]*openCall
	order   []*plan.Call
	steps   int
	// fixed are spans that an earlier proof has found.
	fixed map[plan.Node]span
}

// openCall is a call that may have no result.
type openCall struct{ text, reason, fix, code string }

// maxProverSteps bounds one proof; what is left is open. maxProverNodes bounds the
// nodes that it looks at.
const (
	maxProverSteps = 20_000
	maxProverNodes = 10 * maxProverSteps
)

func newProver(t *translator) *prover {
	own := func(n plan.Node) bool {
		c, ok := n.(*plan.Call)
		if ok {
			_, ok = t.own[c]
		}
		return ok
	}
	return &prover{
		t: t, vars: map[*plan.Binder]plan.Node{}, keys: map[plan.Node]string{},
		leading: plan.NewFinder(own), failing: map[*plan.Call]*openCall{},
	}
}

// facts are what is known at a place: spans of values, the truth of questions,
// the texts that a text is one of and the patterns that it matches, by the key of
// the node.
type facts struct {
	spans    map[string]span
	truth    map[string]bool
	texts    map[string][]string
	patterns map[string][]*regexp.Regexp
}

func noFacts() facts {
	return facts{map[string]span{}, map[string]bool{}, map[string][]string{}, map[string][]*regexp.Regexp{}}
}

func (f facts) clone() facts {
	return facts{maps.Clone(f.spans), maps.Clone(f.truth), maps.Clone(f.texts), maps.Clone(f.patterns)}
}

// prove lists the calls that may fail, in the order of the expression; the others
// are marked safe.
func (p *prover) prove(n plan.Node) []*openCall {
	seen := map[*plan.Call]bool{}
	p.visit(n, noFacts(), seen)
	for c := range p.t.own {
		c.Safe = seen[c] && p.failing[c] == nil
	}
	out := make([]*openCall, 0, len(p.order))
	for _, c := range p.order {
		out = append(out, p.failing[c])
	}
	return out
}

// visit walks the expression with what is known. It ends at what other steps have
// made, which was proved before.
func (p *prover) visit(n plan.Node, f facts, seen map[*plan.Call]bool) {
	if p.steps++; p.steps > maxProverNodes {
		p.t.b.limit("upcaster.proofSteps", "the expression takes too much work to prove", p.steps, maxProverNodes)
		return
	}
	switch n := n.(type) {
	case *plan.Call:
		// A call of others may hold one of the expression's own, as conversions
		// of form do.
		if !p.leading.In(n) {
			return
		}
		for _, a := range n.Args {
			p.visit(a, f, seen)
		}
		seen[n] = true
		p.call(n, f)
		p.record(n, f)
	case *plan.If:
		p.visit(n.Cond, f, seen)
		p.visit(n.Then, p.assume(f, n.Cond, true), seen)
		p.visit(n.Else, p.assume(f, n.Cond, false), seen)
	case *plan.Logic:
		p.visit(n.L, f, seen)
		p.visit(n.R, p.assume(f, n.L, !n.Or), seen)
	case *plan.Let:
		p.visit(n.X, f, seen)
		p.vars[n.Bind] = n.X
		p.visit(n.Body, f, seen)
	case *plan.Switch:
		p.visit(n.On, f, seen)
		for i := range n.Cases {
			p.visit(n.Cases[i].Body, f, seen)
		}
	case *plan.Opt:
		p.visit(n.On, f, seen)
		p.visit(n.Body, f, seen)
		p.visit(n.Missing, f, seen)
	case *plan.Each:
		p.visit(n.Over, f, seen)
		inner := f
		if n.Where != nil {
			p.visit(n.Where, f, seen)
			inner = p.assume(f, n.Where, true)
		}
		p.visit(n.Body, inner, seen)
	case *plan.EachEntry:
		p.visit(n.Over, f, seen)
		p.visit(n.Body, f, seen)
	case *plan.Quantify:
		p.visit(n.Over, f, seen)
		p.visit(n.Body, f, seen)
	case *plan.ListOf:
		for _, x := range n.Items {
			p.visit(x, f, seen)
		}
	case *plan.Tag:
		p.visit(n.X, f, seen)
	case *plan.Check:
		p.visit(n.X, f, seen)
		p.visit(n.Body, f, seen)
	}
}

// record keeps what a number lies in, for the type that it is assigned to.
func (p *prover) record(n *plan.Call, f facts) {
	if n.Type.Kind != plan.Int && n.Type.Kind != plan.Uint && n.Type.Kind != plan.Float {
		return
	}
	s := p.span(n, f)
	if was, ok := p.t.b.spans[n]; ok {
		s = s.join(was)
	}
	p.t.b.spans[n] = s
}

func (p *prover) call(n *plan.Call, f facts) {
	if !n.Func.Partial || p.failing[n] != nil {
		return
	}
	reason := p.condition(n, f)
	if reason == "" && p.steps < maxProverSteps || overlooked(n.Func.Name) {
		return
	}
	text := p.t.c.print(p.t.own[n])
	p.failing[n] = &openCall{text, reason, fixOf(n), failureCode(n, reason)}
	p.order = append(p.order, n)
}

// condition is why a call may fail, or empty if it cannot.
func (p *prover) condition(n *plan.Call, f facts) string {
	arg := func(i int) span { return p.span(n.Args[i], f) }
	switch n.Func {
	case plan.IntAdd, plan.IntSub, plan.IntMul, plan.IntNeg:
		if p.exact(n, f).within(allInts) {
			return ""
		}
		return "the result may not fit 64 bits"
	case plan.UintAdd, plan.UintSub, plan.UintMul:
		if p.exact(n, f).within(allUints) {
			return ""
		}
		return "the result may not fit 64 bits without sign"
	case plan.IntAbs:
		if arg(0).lo.Cmp(minInt) > 0 {
			return ""
		}
		return "the result may not fit 64 bits"
	case plan.IntDiv, plan.IntMod, plan.UintDiv, plan.UintMod:
		return p.division(n, f)
	case plan.IntTo32:
		if arg(0).within(typeSpan(&plan.Type{Kind: plan.Int, Bits: 32})) {
			return ""
		}
		return "the result may not fit 32 bits"
	case plan.IntOfFloat:
		if s := arg(0); !s.nan && s.lo.Cmp(minInt) > 0 && s.hi.Cmp(number(math.MaxInt64)) < 0 {
			return ""
		}
		return "the number may be too large, or no number"
	case plan.UintOfFloat:
		if s := arg(0); !s.nan && s.lo.Sign() >= 0 && s.hi.Cmp(maxUint) <= 0 {
			return ""
		}
		return "the number may be negative, too large, or no number"
	case plan.IntOfUint:
		return unless(arg(0).hi.Cmp(maxInt) <= 0, "the number may not fit 64 bits with a sign")
	case plan.UintOfInt:
		return unless(arg(0).lo.Sign() >= 0, "the number may be negative")
	case plan.NumberOfFloat:
		return unless(!arg(0).nan && !arg(0).hasInf(), "the number may be infinite, or no number")
	case plan.ListIndex:
		size := p.sizeOf(n.Args[0], f)
		return unless(arg(1).lo.Sign() >= 0 && arg(1).hi.Cmp(size.lo) < 0, "the list may be too short")
	case plan.MapIndex:
		return unless(f.truth[p.key(&plan.Call{Func: plan.MapHas, Args: n.Args})], "the map may lack the key")
	case plan.IntOfNumber:
		return unless(p.numbers(n.Args[0]).within(allInts) || p.t.b != nil && p.t.b.assumes("int64"), "the number may not fit 64 bits")
	case plan.FloatOfNumber:
		return unless(!p.numbers(n.Args[0]).hasInf() && p.numbers(n.Args[0]).within(finiteFloats), "the number may be too large for a double")
	case plan.SymbolOfText:
		return p.symbols(n, f)
	case plan.TextFrom, plan.TextCut:
		return unless(p.cutting(n, f), "the text may be too short")
	case plan.ListSlice:
		return unless(p.cutting(n, f), "the list may be too short")
	default:
		return p.otherCondition(n, f)
	}
}

func unless(holds bool, reason string) string {
	if holds {
		return ""
	}
	return reason
}

func (p *prover) division(n *plan.Call, f facts) string {
	a, b := p.span(n.Args[0], f), p.span(n.Args[1], f)
	if b.has(integer(0)) && !p.nonZero(n.Args[1], f) {
		return "the divisor may be zero"
	}
	if b.has(integer(-1)) && a.has(minInt) && (n.Func == plan.IntDiv || n.Func == plan.IntMod) {
		return "the result may not fit 64 bits"
	}
	return ""
}

// cutting reports whether what is cut out of a text or a list is there.
func (p *prover) cutting(n *plan.Call, f facts) bool {
	size, from := p.sizeOf(n.Args[0], f), p.span(n.Args[1], f)
	if n.Func == plan.TextFrom {
		return from.lo.Sign() >= 0 && from.hi.Cmp(size.lo) <= 0
	}
	to := p.span(n.Args[2], f)
	return from.lo.Sign() >= 0 && from.hi.Cmp(to.lo) <= 0 && to.hi.Cmp(size.lo) <= 0
}

func (p *prover) sizeOf(n plan.Node, f facts) span {
	t, _ := plan.TypeOf(n)
	fn := plan.ListSize
	switch t.Kind {
	case plan.String, plan.Enum:
		fn = plan.TextSize
	case plan.Bytes:
		fn = plan.BytesSize
	case plan.Map:
		fn = plan.MapSize
	}
	return p.span(&plan.Call{Func: fn, Args: []plan.Node{n}, Type: exprInt}, f)
}

// symbols looks whether every text that an expression can give is a symbol.
func (p *prover) symbols(n *plan.Call, f facts) string {
	all, known := p.textsOf(n.Args[0], f)
	if !known {
		return "the text may be no symbol"
	}
	for _, s := range all {
		if !contains(n.Type.Symbols, s) {
			return fmt.Sprintf("%q is no symbol of %s", s, n.Type)
		}
	}
	return ""
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// textsOf lists the texts that a node can give, if they are few and known.
func textsOf(n plan.Node) (all []string, known bool) {
	switch n := n.(type) {
	case *plan.Lit:
		s, ok := n.Value.(string)
		return []string{s}, ok
	case *plan.Call:
		if t, _ := plan.TypeOf(firstArg(n)); n.Func == plan.TextOfSymbol {
			return t.Symbols, !t.Open
		}
		return nil, false
	case *plan.If, *plan.Switch, *plan.Opt, *plan.Let, *plan.Check:
		known = true
		spread(n, func(x plan.Node) plan.Node {
			texts, ok := textsOf(x)
			all, known = append(all, texts...), known && ok
			return x
		})
		return all, known
	default:
		return nil, false
	}
}

func firstArg(n *plan.Call) plan.Node {
	if len(n.Args) == 0 {
		return n
	}
	return n.Args[0]
}

// reasonOf is the failure condition of the functions that no span can rule out.
func reasonOf(n *plan.Call) string {
	switch name := n.Func.Name; {
	case n.Func == plan.Impossible:
		return n.Table["reason"]
	case n.Func == plan.TextOfBytes:
		return "the bytes may not be UTF-8"
	case n.Func == plan.StoredTime:
		return "the time may be finer or further than the stored unit"
	case strings.HasPrefix(name, "time."), strings.HasPrefix(name, "duration."):
		return "the time may be out of range"
	default:
		return "it has no result for some values"
	}
}

// fixOf proposes what an author can write instead.
func fixOf(n *plan.Call) string {
	switch n.Func {
	case plan.IntDiv, plan.IntMod, plan.UintDiv, plan.UintMod:
		return "add else, or divide only where the divisor is not 0: x != 0 ? a / x : 0"
	case plan.IntOfText:
		return "use parseInt(...).orValue(...), or add else"
	case plan.FloatOfText:
		return "use parseDouble(...).orValue(...), or add else"
	case plan.TimeOfText:
		return "use parseTimestamp(...).orValue(...), or add else"
	case plan.ListIndex:
		return "use list[?i].orValue(...), or ask size() first"
	case plan.MapIndex:
		return "use map[?key].orValue(...), or ask with in or has() first"
	case plan.Impossible:
		return "use orValue(...), or ask hasValue() first"
	case plan.IntOfFloat, plan.UintOfFloat:
		return "add else, or clamp by math.min and math.max"
	default:
		return "add else, or rule the case out by a condition"
	}
}
