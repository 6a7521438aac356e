package plan

import (
	"math/big"
	"slices"
)

// What two directions lose is a question about values: the order of an object's
// members, and how a text or a number is written, are not lost. These rules hold
// for values and not for texts, so they never touch a tree that is carried out.

// bare is a computed value without the casts that make it JSON text.
func bare(n Node) Node {
	for {
		c, ok := n.(*Cast)
		if !ok {
			return n
		}
		switch c.X.(type) {
		case *Call, *ListOf, *Each, *EachEntry, *Cast:
			n = c.X
		default:
			return n
		}
	}
}

// alikeValues reports whether two types have the same values, be they JSON text or
// not.
func alikeValues(a, b *Type) bool {
	if Same(a, b) {
		return true
	}
	if a.Kind != b.Kind || !a.JSON && !b.JSON {
		return false
	}
	switch a.Kind {
	case Enum:
		return !a.Open && !b.Open && slices.Equal(a.Symbols, b.Symbols)
	case Int, Float:
		return a.Bits == b.Bits && a.Logical == b.Logical
	case String, Bool, Null:
		return a.Logical == b.Logical
	default:
		return false
	}
}

// lensCall simplifies a call whose arguments are simplified already.
func (s *simplifier) lensCall(n *Call) (Node, bool) {
	x := n.Args[0]
	switch n.Func {
	case Linear:
		return s.wholeAgain(n, x)
	case MapSymbol:
		l, ok := x.(*Lit)
		symbol, ok2 := symbolOf(l, ok)
		to, ok3 := n.Table[symbol]
		if ok && ok2 && ok3 {
			return &Lit{Value: Symbol(to), Type: n.Type}, true
		}
	case Concat:
		return piecesAgain(n)
	case MapIndex:
		return entryAgain(n)
	case Narrow:
		if s.admitted(n, x) {
			return x, true
		}
	}
	return nil, false
}

func symbolOf(l *Lit, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	v, ok := l.Value.(Symbol)
	return string(v), ok
}

// wholeAgain is a whole number that was written as JSON, and is read as one of at
// least as many bits.
func (s *simplifier) wholeAgain(n *Call, x Node) (Node, bool) {
	inner, ok := x.(*Call)
	if !ok || inner.Func != NumberOfInt || n.Type.Kind != Int {
		return nil, false
	}
	f, o := coefficients(n)
	t, _ := s.types.Of(inner.Args[0])
	if f.Cmp(big.NewRat(1, 1)) != 0 || o.Sign() != 0 || t.Kind != Int || t.Bits == 0 || n.Type.Bits != 0 && t.Bits > n.Type.Bits {
		return nil, false
	}
	return inner.Args[0], true
}

// entryAgain is the value of an entry that was just put into a map by its key.
func entryAgain(n *Call) (Node, bool) {
	m, ok := bare(n.Args[0]).(*Call)
	key, ok2 := n.Args[1].(*Lit)
	if !ok || !ok2 || m.Func != MapOf {
		return nil, false
	}
	keys, ok := m.Args[0].(*ListOf)
	items, ok2 := m.Args[1].(*ListOf)
	if !ok || !ok2 || len(keys.Items) != 1 || len(items.Items) != 1 {
		return nil, false
	}
	k, ok := bare(keys.Items[0]).(*Lit)
	return items.Items[0], ok && Equal(k.Value, key.Value)
}

// admitted reports whether the schema of an event's own part lets in only what a
// Narrow leaves as it is.
func (s *simplifier) admitted(n *Call, x Node) bool {
	c, ok := x.(*Copy)
	if !ok || c.From != s.event || !c.Type.JSON || n.Pattern != nil || n.Table[NarrowMultiple] != "" {
		return false
	}
	r := RangeOf(c.Type)
	least, most := n.Table[NarrowMin], n.Table[NarrowMax]
	if c.Type.Kind != Int && c.Type.Kind != Float {
		least, most = n.Table[NarrowMinLength], n.Table[NarrowMaxLength]
	}
	low, ok := new(big.Rat).SetString(least)
	if ok && (r.Low == nil || r.Low.Cmp(low) < 0) {
		return false
	}
	high, ok := new(big.Rat).SetString(most)
	return !ok || r.High != nil && r.High.Cmp(high) <= 0
}

// lensIf joins what an If tells apart for nothing: both sides give one constant, or
// a symbol is asked for and given, and all others are left to a map.
func (s *simplifier) lensIf(n *If) Node {
	then, ok := n.Then.(*Lit)
	if !ok {
		return n
	}
	if other, ok := n.Else.(*Lit); ok && Equal(then.Value, other.Value) && !s.fails.In(n.Cond) && !s.stops.In(n.Cond) {
		return then
	}
	is, ok := n.Cond.(*Call)
	rest, ok2 := n.Else.(*Call)
	if !ok || !ok2 || is.Func != Equals || rest.Func != MapSymbol || !sameNode(is.Args[0], rest.Args[0]) {
		return n
	}
	l, ok := is.Args[1].(*Lit)
	asked, ok := symbolOf(l, ok)
	given, ok2 := symbolOf(then, true)
	if !ok || !ok2 {
		return n
	}
	table := map[string]string{asked: given}
	for from, to := range rest.Table {
		if from != asked {
			table[from] = to
		}
	}
	return s.mapped(&Call{Func: MapSymbol, Args: rest.Args, Type: rest.Type, Table: table}, rest.Args[0])
}

// lensChoice is the case of a union that a value of one kind is of, if that case
// gives the value itself.
func (s *simplifier) lensChoice(n *Switch) Node {
	c, ok := n.On.(*Cast)
	if !ok || c.Type.Kind != Union || MayBeAbsent(c.X) {
		return n
	}
	t, ok := s.types.Of(c.X)
	if !ok || t.Kind == Union || t.Kind == Any {
		return n
	}
	found := -1
	for i := range n.Cases {
		if b := n.Cases[i].Bind; Meet(t, b.Type) {
			if found >= 0 {
				return n
			}
			found = i
		}
	}
	if found < 0 || !isCopyOf(n.Cases[found].Body, n.Cases[found].Bind) {
		return n
	}
	return c.X
}

// rebuilds reports whether a case of a union gives a value of its branch that has
// no parts.
func rebuilds(n Node, b *Binder) bool {
	m, ok := n.(*Make)
	return ok && m.Base == nil && m.Rest == nil && len(m.Fields) == 0 && m.Type != nil && !m.Type.Proto() && !m.Type.JSON &&
		len(m.Type.Fields) == 0 && Same(m.Type, b.Type)
}

// isOnly reports whether a node is a constant and the type of a field, which is
// always there, has no other value.
func isOnly(n Node, f *Field) bool {
	l, ok := bareLiteral(n)
	if !ok || f.Optional {
		return false
	}
	switch t := f.Type; {
	case t.Kind == Null:
		return l.Value == nil
	case t.Kind == Enum && !t.Open && len(t.Symbols) == 1:
		symbol, ok := l.Value.(Symbol)
		text, ok2 := l.Value.(string)
		return ok && string(symbol) == t.Symbols[0] || ok2 && text == t.Symbols[0]
	case t.Kind == Int && t.JSON:
		r := RangeOf(t)
		x, ok := rational(l.Value)
		return ok && r.Low != nil && r.High != nil && r.Low.Cmp(r.High) == 0 && r.Low.Cmp(x) == 0
	default:
		return false
	}
}

func bareLiteral(n Node) (*Lit, bool) {
	if c, ok := n.(*Cast); ok {
		n = c.X
	}
	l, ok := n.(*Lit)
	return l, ok
}
