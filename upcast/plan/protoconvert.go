package plan

// rewritten writes numbers in another encoding.
func (c *protoCompiler) rewritten(out []protoOp, l *protoLoc, from, s *protoSlot) ([]protoOp, bool) {
	if from.wire.Kind >= WireString || s.wire.Kind >= WireString || from.wire.Key != s.wire.Key || from.wire.Kind == WireEnum {
		return out, false
	}
	conv := &protoConv{from: from.wire.Kind, to: s.wire.Kind, implicit: s.implicit}
	switch s.typ.Kind {
	case Map:
		return append(out, protoOp{kind: protoEntries, id: c.places.mark(l, markAll), number: s.number, conv: conv, from: from}), true
	case List:
		return append(out, protoOp{kind: protoConvertAll, id: c.places.mark(l, markAll), number: s.number, conv: conv, from: from, to: s}), true
	default:
		if !from.implicit && !l.there && !from.required {
			id := c.sub(func(out []protoOp) []protoOp {
				return append(out, protoOp{kind: protoConvert, id: c.places.mark(l, markLast), number: s.number, conv: conv})
			})
			none := c.sub(func(out []protoOp) []protoOp { return out })
			return append(out, protoOp{kind: protoSet, id: c.places.mark(l, markLast), alt: []int{id, none}}), true
		}
		return append(out, protoOp{kind: protoConvert, id: c.places.mark(l, markLast), number: s.number, conv: conv}), true
	}
}

// conversion is what a call does to a number at a known place, if it is one that
// has a program; nil otherwise.
func (c *protoCompiler) conversion(n *Call, s *protoSlot) (*protoLoc, *protoConv) {
	x, ok := argument(n).(*Copy)
	if !ok || s.wire.Kind >= WireString || s.typ.Elem != nil {
		return nil, nil
	}
	l := c.places.find(x)
	if l == nil || l.parent == nil || l.slot < 0 {
		return nil, nil
	}
	from := &l.parent.typ.layout.slots[l.slot]
	conv := protoConversion(n, x.Type, from.wire.Kind, s)
	if !from.implicit && !l.there && !from.required {
		return nil, nil
	}
	return l, conv
}

// protoConversion is what a call does to numbers of a type, written in a way.
func protoConversion(n *Call, t *Type, from WireKind, s *protoSlot) *protoConv {
	conv := &protoConv{from: from, to: s.wire.Kind}
	to := s.typ
	if to.Elem != nil {
		to = to.Elem
	}
	switch {
	case n.Func == Widen && from < WireString && from != WireEnum && conv.to < WireString:
		// An unsigned number of 64 bits beside a double is no widening.
		return conv
	case from == WireEnum && to.Kind == Enum && mapsSymbols(n):
		conv.closed = n.Func != MapNumber || firstOf(n) != argument(n) || !to.Open || !n.Safe
	default:
		return nil
	}
	conv.enum = make(map[int32]int32, len(t.Symbols))
	for i, sym := range t.Symbols {
		name, why := symbolBy(n, Symbol(sym))
		if why != "" || i >= len(t.Numbers) {
			continue
		}
		if number, ok := to.number(name); ok {
			conv.enum[t.Numbers[i]] = number
		}
	}
	return conv
}

// mapsSymbols reports whether a call does nothing but map symbols, one map after
// the other.
func mapsSymbols(n *Call) bool {
	for n.Func == MapSymbol || n.Func == MapNumber {
		inner, ok := firstOf(n).(*Call)
		if !ok {
			return true
		}
		n = inner
	}
	return false
}

// argument is what a map of symbols, or any other call, is made on.
func argument(n *Call) Node {
	for n.Func == MapSymbol || n.Func == MapNumber {
		inner, ok := firstOf(n).(*Call)
		if !ok {
			break
		}
		n = inner
	}
	return firstOf(n)
}

// symbolBy is what the maps make of a symbol.
func symbolBy(n *Call, s Symbol) (Symbol, string) {
	if inner, ok := firstOf(n).(*Call); ok {
		var why string
		if s, why = symbolBy(inner, s); why != "" {
			return s, why
		}
	}
	v, why := n.Func.eval(n, []Value{s})
	out, _ := v.(Symbol)
	return out, why
}

// each compiles a list whose elements change.
func (c *protoCompiler) each(out []protoOp, n *Each, s *protoSlot) ([]protoOp, bool) {
	over, ok := n.Over.(*Copy)
	if !ok || n.Where != nil || n.Index != nil || s.typ.Kind != List {
		return out, false
	}
	l := c.places.find(over)
	if l == nil || l.parent == nil || l.slot < 0 || l.typ.Kind != List {
		return out, false
	}
	from := &l.parent.typ.layout.slots[l.slot]
	op := protoOp{kind: protoEach, id: -1, number: s.number, group: s.wire.Kind == WireGroup, from: from, to: s}
	if conv := elementConversion(n.Body, n.Bind, from, s); conv != nil {
		op.kind, op.conv = protoConvertAll, conv
	} else if op.sub, ok = c.element(n.Bind, n.Body, s.typ.Elem); !ok {
		return out, false
	}
	op.id = c.places.mark(l, markAll)
	return append(out, op), true
}

// entries compiles a map whose values change.
func (c *protoCompiler) entries(out []protoOp, n *EachEntry, s *protoSlot) ([]protoOp, bool) {
	over, ok := n.Over.(*Copy)
	if !ok || n.Where != nil || s.typ.Kind != Map {
		return out, false
	}
	l := c.places.find(over)
	if l == nil || l.parent == nil || l.slot < 0 || l.typ.Kind != Map {
		return out, false
	}
	from := &l.parent.typ.layout.slots[l.slot]
	if from.wire.Key != s.wire.Key || from.typ.Elem.Kind == Enum && !from.typ.Elem.Open {
		return out, false
	}
	op := protoOp{kind: protoEntries, number: s.number, from: from, to: s}
	if conv := elementConversion(n.Body, n.Bind, from, s); conv != nil {
		op.conv = conv
	} else if op.sub, ok = c.element(n.Bind, n.Body, s.typ.Elem); !ok || n.Key != nil {
		return out, false
	}
	op.id = c.places.mark(l, markAll)
	return append(out, op), true
}

// elementConversion is the conversion of numbers of a list or a map.
func elementConversion(body Node, b *Binder, from, s *protoSlot) *protoConv {
	call, ok := body.(*Call)
	if !ok || from.wire.Kind >= WireString || s.wire.Kind >= WireString || !isCopyOf(argument(call), b) {
		return nil
	}
	if e := from.typ.Elem; e.Kind == Enum && !e.Open {
		return nil // what it does not list is no element
	}
	return protoConversion(call, b.Type, from.wire.Kind, s)
}

// element compiles what is made of each message; ok is false if it is none.
func (c *protoCompiler) element(b *Binder, body Node, t *Type) (*protoScope, bool) {
	if b.Type.Kind != Record || t.Kind != Record {
		return nil, false
	}
	return c.maker.scope(b, body, t), true
}
