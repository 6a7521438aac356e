package plan

import (
	"math/big"
	"slices"
)

// Simplify rewrites a tree to a smaller one that gives the same values: what is
// taken apart and put together again unchanged becomes a copy, a conversion and
// its inverse vanish. Failures are kept.
func Simplify(n Node) Node { return newSimplifier().node(n) }

func newSimplifier() *simplifier {
	return &simplifier{done: map[Node]Node{}, types: NewTypes(), fails: NewFinder(fails), stops: NewFinder(mayStop)}
}

// IsIdentity reports whether a tree gives the value of a binder, unchanged.
func IsIdentity(n Node, b *Binder) bool { return isCopyOf(Simplify(n), b) }

// IsIdentityUnless is IsIdentity for the events that no stop of a kind ends, and
// for what their schema declares of them.
func IsIdentityUnless(n Node, b *Binder, ended func(*Stop) bool) bool {
	s := newSimplifier()
	s.ended, s.event = ended, b
	s.stops = NewFinder(func(n Node) bool {
		stop, ok := n.(*Stop)
		return mayStop(n) && (!ok || !ended(stop))
	})
	return isCopyOf(s.node(n), b)
}

type simplifier struct {
	done  map[Node]Node
	types *Types
	// fails and stops find what a way out catches, and what ends the event.
	fails, stops *Finder
	// ended, if set, says which stops are not looked at: events that they end
	// are of no interest.
	ended func(*Stop) bool
	// event, if set, is what the question is about that two directions lose: what
	// is unknown in Protobuf, and how JSON is written, is of no account.
	event *Binder
}

// never reports whether a node only ends events that are of no interest.
func (s *simplifier) never(n Node) bool {
	x, ok := n.(*Stop)
	return ok && s.ended != nil && s.ended(x)
}

// surely is a node without the failures that a way out would have caught.
func surely(n Node) Node {
	if c, ok := n.(*Cast); ok {
		return &Cast{X: surely(c.X), Type: c.Type, Sure: c.Sure}
	}
	c, ok := n.(*Call)
	if !ok {
		return n
	}
	out := *c
	out.Safe, out.Args = true, make([]Node, len(c.Args))
	for i, a := range c.Args {
		out.Args[i] = surely(a)
	}
	return &out
}

func (s *simplifier) node(n Node) Node {
	if n == nil {
		return nil
	}
	if out, ok := s.done[n]; ok {
		return out
	}
	s.done[n] = n // a function that calls itself
	out := s.rewrite(n)
	s.done[n] = out
	return out
}

func (s *simplifier) rewrite(n Node) Node {
	switch n := n.(type) {
	case *Make:
		out := *n
		out.Fields = make([]Part, len(n.Fields))
		for i, p := range n.Fields {
			p.Node = s.node(p.Node)
			out.Fields[i] = p
		}
		out.Extras = make([]Part, len(n.Extras))
		for i, p := range n.Extras {
			p.Node = s.node(p.Node)
			out.Extras[i] = p
		}
		if n.Base != nil {
			return s.wholeObject(&out)
		}
		return s.wholeRecord(&out)
	case *Cast:
		return cast(n, s.node(n.X))
	case *Tag:
		return &Tag{Branch: n.Branch, X: s.node(n.X), Type: n.Type}
	case *Switch:
		return s.choice(n)
	case *Opt:
		out := &Opt{On: s.node(n.On), Bind: n.Bind, Body: s.node(n.Body), Missing: s.node(n.Missing)}
		if _, gone := out.Missing.(*Nothing); gone && isCopyOf(out.Body, n.Bind) {
			return out.On
		}
		if _, gone := out.On.(*Nothing); gone {
			return out.Missing
		}
		return out
	case *Each:
		out := &Each{Over: s.node(n.Over), Bind: n.Bind, Index: n.Index, Where: s.node(n.Where), Body: s.node(n.Body)}
		if out.Where == nil && isCopyOf(out.Body, n.Bind) {
			return out.Over
		}
		if t := reread(out.Body, n.Bind); out.Where == nil && t != nil {
			return cast(&Cast{Type: &Type{Kind: List, Elem: t, JSON: true}}, out.Over)
		}
		return out
	case *EachEntry:
		out := &EachEntry{Over: s.node(n.Over), Key: n.Key, Bind: n.Bind, Where: s.node(n.Where), Body: s.node(n.Body)}
		if out.Where == nil && isCopyOf(out.Body, n.Bind) {
			return out.Over
		}
		if t := reread(out.Body, n.Bind); out.Where == nil && t != nil {
			return cast(&Cast{Type: &Type{Kind: Map, Elem: t, JSON: true}}, out.Over)
		}
		return out
	case *ListOf:
		out := &ListOf{Elem: n.Elem, Items: make([]Node, len(n.Items))}
		for i, x := range n.Items {
			out.Items[i] = s.node(x)
		}
		return out
	case *Call:
		return s.call(n)
	case *If:
		if s.never(n.Then) {
			return s.node(n.Else)
		}
		out := &If{Cond: s.node(n.Cond), Then: s.node(n.Then), Else: s.node(n.Else)}
		if s.event != nil {
			return s.lensIf(out)
		}
		return out
	case *OrElse:
		if s.never(n.Else) {
			return s.node(surely(n.X))
		}
		x := s.node(n.X)
		if !s.fails.In(x) {
			return x
		}
		return &OrElse{X: x, Else: s.node(n.Else)}
	case *Logic:
		return &Logic{Or: n.Or, L: s.node(n.L), R: s.node(n.R)}
	case *Quantify:
		return &Quantify{Kind: n.Kind, Over: s.node(n.Over), Bind: n.Bind, Body: s.node(n.Body)}
	case *Let:
		return &Let{X: s.node(n.X), Bind: n.Bind, Body: s.node(n.Body)}
	case *Check:
		x, body := s.node(n.X), s.node(n.Body)
		if !s.stops.In(x) {
			return body
		}
		return &Check{X: x, Body: body}
	default:
		return n
	}
}

// isCopyOf reports whether a node gives the value of a binder, unchanged.
func isCopyOf(n Node, b *Binder) bool {
	c, ok := n.(*Copy)
	return ok && c.From == b && len(c.Fields) == 0
}

// reread is the type that the text of a binder's value is read as, if a node does no
// more than that.
func reread(n Node, b *Binder) *Type {
	c, ok := n.(*Cast)
	if !ok || !c.Type.JSON || !isCopyOf(c.X, b) {
		return nil
	}
	return c.Type
}

// fails reports whether a node itself may fail in a way that an OrElse catches.
func fails(n Node) bool {
	c, ok := n.(*Call)
	return ok && c.Func.Partial && !c.Safe
}

// wholeRecord is the record that a Make puts together again from all fields of
// one of the same type.
//
// What is unknown in Protobuf belongs to a record only if the question is what
// two directions lose, which is asked about what the schemas declare.
func (s *simplifier) wholeRecord(n *Make) Node {
	declared := s.event != nil && n.Type != nil && n.Type.Proto()
	if n.Type == nil || n.Rest != nil && !declared {
		return n
	}
	if len(n.Fields) == 0 {
		if declared && n.Rest != nil && Same(n.Rest.Of.Type, n.Type) {
			return n.Rest.Of
		}
		return n
	}
	var from *Copy
	for i, p := range n.Fields {
		if s.event != nil && i < len(n.Type.Fields) && isOnly(p.Node, &n.Type.Fields[i]) {
			continue
		}
		c, ok := p.Node.(*Copy)
		if !ok || len(c.Fields) == 0 || c.Fields[len(c.Fields)-1] != i {
			return n
		}
		if from == nil {
			from = c
		} else if c.From != from.From || !slices.Equal(c.Fields[:len(c.Fields)-1], from.Fields[:len(from.Fields)-1]) {
			return n
		}
	}
	if from == nil {
		return n
	}
	t := from.From.Type
	for _, i := range from.Fields[:len(from.Fields)-1] {
		t = t.Fields[i].Type
	}
	whole := &Copy{From: from.From, Fields: from.Fields[:len(from.Fields)-1], Type: t}
	if !Same(t, n.Type) || t.Proto() && (n.Rest == nil || n.Rest.Of.From != whole.From || !slices.Equal(n.Rest.Of.Fields, whole.Fields)) {
		return n
	}
	return whole
}

// choice simplifies a Switch: one over a known branch is that case, and one that
// rebuilds each branch is the union itself.
func (s *simplifier) choice(n *Switch) Node {
	on := s.node(n.On)
	out := &Switch{On: on, Cases: make([]Case, len(n.Cases))}
	rebuilt := true
	for i, c := range n.Cases {
		c.Body = s.node(c.Body)
		out.Cases[i] = c
		tag, ok := c.Body.(*Tag)
		same := ok && tag.Branch == c.Branch && (isCopyOf(tag.X, c.Bind) || c.Bind.Type.Kind == Null || s.event != nil && rebuilds(tag.X, c.Bind))
		rebuilt = rebuilt && same
	}
	t, ok := s.types.Of(out)
	u, _ := s.types.Of(on)
	if rebuilt && ok && Same(t, u) {
		return on
	}
	if s.event != nil {
		return s.lensChoice(out)
	}
	return out
}

// call simplifies conversions of conversions.
func (s *simplifier) call(n *Call) Node {
	call := *n
	out := &call
	out.Args = make([]Node, len(n.Args))
	for i, a := range n.Args {
		if out.Args[i] = s.node(a); s.event != nil {
			out.Args[i] = bare(out.Args[i])
		}
	}
	if len(out.Args) == 0 {
		return out
	}
	x := out.Args[0]
	if s.event != nil {
		if y, ok := s.lensCall(out); ok {
			return y
		}
	}
	t, _ := s.types.Of(x)
	switch n.Func {
	case Widen:
		if Same(t, n.Type) {
			return x
		}
	case First, Last, Only:
		if l, ok := x.(*ListOf); ok && len(l.Items) == 1 {
			return l.Items[0]
		}
	case MapSymbol:
		return s.mapped(out, x)
	case MapNumber:
		return numbered(out, x)
	case Linear:
		return s.linear(out, x)
	case MapOf:
		if m, ok := mapAgain(out, s.event != nil); ok {
			return m
		}
	case Concat:
		if whole, ok := textAgain(out); ok {
			return whole
		}
	}
	if y, ok := undo(out, x, s.types); ok {
		return y
	}
	return out
}

// mapped joins two maps of symbols; the identity vanishes.
func (s *simplifier) mapped(n *Call, x Node) Node {
	if inner, ok := x.(*Call); ok && inner.Func == MapSymbol {
		table := map[string]string{}
		for from, to := range inner.Table {
			if next, ok := n.Table[to]; ok {
				table[from] = next
			}
		}
		n = &Call{Func: MapSymbol, Args: inner.Args, Type: n.Type, Table: table}
		x = n.Args[0]
	}
	t, _ := TypeOf(x)
	if !s.same(t, n.Type) {
		return n
	}
	for _, symbol := range t.Symbols {
		if n.Table[symbol] != symbol {
			return n
		}
	}
	return x
}

// linear removes a conversion that undoes the one before. The one before is
// exact, or it would have failed.
func (s *simplifier) linear(n *Call, x Node) Node {
	if o, ok := x.(*OrElse); ok {
		if stop, ok := o.Else.(*Stop); ok {
			if inner := s.linear(n, o.X); inner != Node(n) {
				return &Check{X: &OrElse{X: o.X, Else: stop}, Body: inner}
			}
		}
		return n
	}
	inner, ok := x.(*Call)
	if !ok || inner.Func != Linear && inner.Func != Widen || inner.Table["round"] != "" {
		return n
	}
	f, o := coefficients(n)
	g, p := coefficients(inner)
	// f(g·x + p) + o = x
	if new(big.Rat).Mul(f, g).Cmp(big.NewRat(1, 1)) != 0 || new(big.Rat).Add(new(big.Rat).Mul(f, p), o).Sign() != 0 {
		return n
	}
	if t, _ := s.types.Of(inner.Args[0]); !s.same(t, n.Type) {
		return n
	}
	return inner.Args[0]
}

// same reports whether two types have the same values and, where a tree is carried
// out, the same form of them.
func (s *simplifier) same(a, b *Type) bool { return Same(a, b) || s.event != nil && alikeValues(a, b) }

func coefficients(n *Call) (factor, offset *big.Rat) {
	factor, ok := new(big.Rat).SetString(n.Table["factor"])
	if !ok {
		factor = big.NewRat(1, 1)
	}
	offset, ok = new(big.Rat).SetString(n.Table["offset"])
	if !ok {
		offset = new(big.Rat)
	}
	return factor, offset
}
