package plan

import "slices"

// protoMaker makes the programs of a plan. Where something has no program at all,
// failed is set, and every event is evaluated.
type protoMaker struct {
	functions map[*Function]*protoScope
	failed    bool
}

// protoCompiler makes the programs of one scope.
type protoCompiler struct {
	maker  *protoMaker
	places *protoPlaces
	scope  *protoScope
}

// scope makes the program that writes a node for a message.
func (m *protoMaker) scope(b *Binder, n Node, t *Type) *protoScope {
	if call, ok := n.(*Apply); ok && isCopyOf(call.X, b) {
		return m.function(call.Fn)
	}
	s := &protoScope{}
	m.fill(s, b, n, t)
	return s
}

func (m *protoMaker) fill(s *protoScope, b *Binder, n Node, t *Type) {
	if b.Type.Kind != Record || b.Type.layout == nil || t.layout == nil {
		m.failed = true
		return
	}
	s.bind, s.typ, s.place = b, b.Type, newPlace(b.Type)
	c := &protoCompiler{maker: m, scope: s, places: &protoPlaces{of: map[*Binder]*protoLoc{b: {place: s.place, typ: b.Type, there: true}}}}
	s.emits = append(s.emits, nil)
	s.emits[0] = c.message(nil, n, t)
	s.modes = c.places.modes
}

// function makes the program of a function once; one that contains itself finds
// it unfinished.
func (m *protoMaker) function(f *Function) *protoScope {
	if s := m.functions[f]; s != nil {
		return s
	}
	s := &protoScope{}
	m.functions[f] = s
	m.fill(s, f.Bind, f.Body, f.Result)
	return s
}

// sub makes a program of its own and returns its number.
func (c *protoCompiler) sub(f func(out []protoOp) []protoOp) int {
	c.scope.emits = append(c.scope.emits, nil)
	id := len(c.scope.emits) - 1
	c.scope.emits[id] = f(nil)
	return id
}

func (c *protoCompiler) fail(out []protoOp) []protoOp {
	c.maker.failed = true
	return out
}

// message writes the fields of a message.
func (c *protoCompiler) message(out []protoOp, n Node, t *Type) []protoOp {
	switch n := n.(type) {
	case *Make:
		if len(n.Fields) == len(t.Fields) {
			return c.fields(out, n, t)
		}
	case *Copy:
		if l := c.places.find(n); l != nil && l.place == c.scope.place && Same(n.Type, t) {
			return append(out, protoOp{kind: protoSame})
		}
	case *Check:
		return c.message(c.check(out, n.X), n.Body, t)
	case *Stop:
		return append(out, protoOp{kind: protoStop, stop: n})
	case *Let:
		if x, ok := n.X.(*Copy); ok {
			if c.places.of[n.Bind] = c.places.find(x); c.places.of[n.Bind] != nil {
				return c.message(out, n.Body, t)
			}
		}
	case *Opt, *Switch:
		return c.choose(out, n, func(out []protoOp, n Node) []protoOp { return c.message(out, n, t) })
	}
	return c.fail(out)
}

// raw copies a field as it is.
func (c *protoCompiler) raw(out []protoOp, l *protoLoc, to *protoSlot) []protoOp {
	mode := markLast
	if k := l.typ.Kind; k == Record || k == List || k == Map {
		mode = markRaw
	}
	op := protoOp{kind: protoRaw, id: c.places.mark(l, mode)}
	if from := &l.parent.typ.layout.slots[l.slot]; from.number != to.number {
		if from.wire.Kind == WireGroup {
			return c.fail(out)
		}
		op.number = to.number
		if mode == markRaw {
			c.places.mark(l, markAll) // each tag is written anew
		}
	}
	return append(out, op)
}

func (c *protoCompiler) fields(out []protoOp, n *Make, t *Type) []protoOp {
	out = slices.Grow(out, len(t.layout.slots)+1)
	for i := range t.layout.slots {
		s := &t.layout.slots[i]
		x := n.Fields[s.field].Node
		if s.branch >= 0 {
			out = c.member(out, x, t, s)
		} else {
			out = c.field(out, x, t, s)
		}
	}
	if n.Rest == nil {
		return out
	}
	l := c.places.find(n.Rest.Of)
	if l == nil || c.places.open(l) == nil {
		return c.fail(out)
	}
	return append(out, protoOp{kind: protoRest, id: c.places.rest(l.place), into: n.Rest.Into})
}

// check keeps the stops of what is computed for its failures alone.
func (c *protoCompiler) check(out []protoOp, n Node) []protoOp {
	switch n := n.(type) {
	case *Stop:
		return append(out, protoOp{kind: protoStop, stop: n})
	case *Opt, *Switch:
		return c.choose(out, n, c.check)
	default:
		if !CanStop(n) {
			return out
		}
		return c.fail(out)
	}
}

// choose compiles a question: whether something is there, or which member of a
// oneof is set.
func (c *protoCompiler) choose(out []protoOp, n Node, then func([]protoOp, Node) []protoOp) []protoOp {
	switch n := n.(type) {
	case *Opt:
		on, ok := n.On.(*Copy)
		if !ok {
			break
		}
		l := c.places.find(on)
		if l == nil || l.parent == nil {
			break
		}
		op := protoOp{kind: protoSet, id: c.places.mark(l, markLast)}
		there := *l
		there.there = true
		c.places.of[n.Bind] = &there
		op.alt = []int{
			c.sub(func(out []protoOp) []protoOp { return then(out, n.Body) }),
			c.sub(func(out []protoOp) []protoOp { return then(out, n.Missing) }),
		}
		if len(c.scope.emits[op.alt[0]])+len(c.scope.emits[op.alt[1]]) == 0 {
			return out
		}
		return append(out, op)
	case *Switch:
		return c.members(out, n, then)
	}
	return c.fail(out)
}

func (c *protoCompiler) members(out []protoOp, n *Switch, then func([]protoOp, Node) []protoOp) []protoOp {
	on, ok := n.On.(*Copy)
	if !ok {
		return c.fail(out)
	}
	l := c.places.find(on)
	if l == nil || l.parent == nil || l.slot >= 0 {
		return c.fail(out)
	}
	op := protoOp{kind: protoSwitch, id: c.places.mark(l, markOnce), typ: l.parent.typ, alt: make([]int, len(l.parent.typ.layout.slots))}
	for i := range op.alt {
		op.alt[i] = -1
	}
	written := 0
	for _, x := range n.Cases {
		j := l.typ.Branch(x.Branch)
		if j < 0 {
			return c.fail(out)
		}
		member := c.places.member(l, j)
		c.places.of[x.Bind] = member
		id := c.sub(func(out []protoOp) []protoOp { return then(out, x.Body) })
		op.alt[member.slot] = id
		written += len(c.scope.emits[id])
	}
	if written == 0 {
		return out
	}
	return append(out, op)
}

// member writes a oneof where it is one member.
func (c *protoCompiler) member(out []protoOp, n Node, t *Type, s *protoSlot) []protoOp {
	switch n := n.(type) {
	case *Nothing:
		return out
	case *Stop:
		return append(out, protoOp{kind: protoStop, stop: n})
	case *Tag:
		if t.Fields[s.field].Type.Branch(n.Branch) == s.branch {
			one := *s
			one.branch = -1
			return c.field(out, n.X, t, &one)
		}
		return c.check(out, n.X)
	case *Copy:
		l := c.places.find(n)
		if l == nil || l.slot >= 0 || l.parent == nil || !Same(n.Type, t.Fields[s.field].Type) {
			break
		}
		from := &l.parent.typ.layout.slots[l.parent.typ.layout.find(s.number)]
		return append(out, protoOp{kind: protoMember, id: c.places.mark(l, markOnce), from: from})
	case *Lit:
		e := protoEncoder{}
		if e.member(t, s, n.Value); e.err == nil && n.Pending == nil {
			return append(out, protoOp{kind: protoConst, bytes: e.out})
		}
	case *Check:
		return c.member(c.check(out, n.X), n.Body, t, s)
	case *Opt, *Switch:
		return c.choose(out, n, func(out []protoOp, n Node) []protoOp { return c.member(out, n, t, s) })
	}
	return c.compute(out, n, t, s)
}

// field writes a node as what stands under one number.
func (c *protoCompiler) field(out []protoOp, n Node, t *Type, s *protoSlot) []protoOp {
	switch n := n.(type) {
	case *Nothing:
		return out
	case *Stop:
		return append(out, protoOp{kind: protoStop, stop: n})
	case *Copy:
		if done, ok := c.copied(out, n, s); ok {
			return done
		}
	case *Lit:
		e := protoEncoder{}
		if e.field(s, n.Value); e.err == nil && n.Pending == nil {
			return append(out, protoOp{kind: protoConst, bytes: e.out})
		}
	case *Make:
		if s.typ.Kind == Record && len(n.Fields) == len(s.typ.Fields) {
			id := c.sub(func(out []protoOp) []protoOp { return c.fields(out, n, s.typ) })
			return append(out, protoOp{kind: protoNest, number: s.number, group: s.wire.Kind == WireGroup, alt: []int{id}})
		}
	case *Check:
		return c.field(c.check(out, n.X), n.Body, t, s)
	case *Opt, *Switch:
		return c.choose(out, n, func(out []protoOp, n Node) []protoOp { return c.field(out, n, t, s) })
	case *ListOf:
		one := *s
		one.typ, one.implicit = s.typ.Elem, false
		for _, x := range n.Items {
			out = c.field(out, x, t, &one)
		}
		return out
	}
	return c.more(out, n, t, s)
}

// more writes what a list, a map, a function or a call gives.
func (c *protoCompiler) more(out []protoOp, n Node, t *Type, s *protoSlot) []protoOp {
	switch n := n.(type) {
	case *Each:
		if done, ok := c.each(out, n, s); ok {
			return done
		}
	case *EachEntry:
		if done, ok := c.entries(out, n, s); ok {
			return done
		}
	case *Apply:
		x, ok := n.X.(*Copy)
		if !ok || s.typ.Kind != Record {
			break
		}
		l := c.places.find(x)
		if l == nil || l.parent == nil || l.slot < 0 {
			break
		}
		from := &l.parent.typ.layout.slots[l.slot]
		return append(out, protoOp{
			kind: protoCall, id: c.places.mark(l, markOnce), number: s.number, group: s.wire.Kind == WireGroup, from: from, sub: c.maker.function(n.Fn),
		})
	case *Call:
		if x, ok := firstOf(n).(*Copy); ok && n.Func == TextBytes {
			if l := c.places.find(x); l != nil && l.parent != nil && l.slot >= 0 && s.wire.Kind.isText() {
				if done, ok := c.moved(out, l, s); ok {
					return done
				}
			}
		}
		if x, conv := c.conversion(n, s); conv != nil {
			conv.implicit = s.implicit
			return append(out, protoOp{kind: protoConvert, id: c.places.mark(x, markLast), number: s.number, conv: conv})
		}
	case *OrElse:
		if call, ok := n.X.(*Call); ok && (call.Func == MapSymbol || call.Func == MapNumber) {
			if x, conv := c.conversion(call, s); conv != nil {
				conv.implicit, conv.closed = s.implicit, true
				return append(out, protoOp{kind: protoConvert, id: c.places.mark(x, markLast), number: s.number, conv: conv})
			}
		}
	}
	return c.compute(out, n, t, s)
}

// compute leaves a field to the evaluation on the decoded message.
func (c *protoCompiler) compute(out []protoOp, n Node, t *Type, s *protoSlot) []protoOp {
	bound, free := map[*Binder]bool{c.scope.bind: true}, true
	Visit(n, func(x Node) {
		for _, b := range binds(x) {
			bound[b] = true
		}
	})
	Visit(n, func(x Node) {
		switch y := x.(type) {
		case *Copy:
			free = free && bound[y.From]
		case *Make:
			free = free && (y.Rest == nil || bound[y.Rest.Of.From])
		}
	})
	if !free {
		return c.fail(out)
	}
	return append(out, protoOp{kind: protoNode, node: n, typ: t, to: s})
}

// copied writes a value of the source as it is; ok is false if it must change.
func (c *protoCompiler) copied(out []protoOp, n *Copy, s *protoSlot) ([]protoOp, bool) {
	l := c.places.find(n)
	if l == nil || l.parent == nil || l.slot < 0 || !Same(n.Type, s.typ) {
		return out, false
	}
	return c.moved(out, l, s)
}

// moved writes a value of a place in the encoding of the target.
func (c *protoCompiler) moved(out []protoOp, l *protoLoc, s *protoSlot) ([]protoOp, bool) {
	from := &l.parent.typ.layout.slots[l.slot]
	if from.wire.Kind.isText() && s.wire.Kind.isText() {
		// the same bytes
	} else if from.wire.Kind != s.wire.Kind || from.wire.Key != s.wire.Key {
		return c.rewritten(out, l, from, s)
	}
	if from.wire.Kind == WireGroup && from.number != s.number {
		return out, false
	}
	if from.branch >= 0 {
		op := protoOp{kind: protoMember, id: c.places.mark(l, markOnce), from: from}
		if from.number != s.number {
			op.number = s.number
		}
		return append(out, op), true
	}
	if !from.implicit || s.implicit || l.there || s.typ.Kind == List || s.typ.Kind == Map {
		return c.raw(out, l, s), true
	}
	zero := *s
	zero.implicit = false
	e := protoEncoder{}
	e.field(&zero, l.parent.typ.Fields[from.field].Default)
	return append(out, protoOp{kind: protoZero, id: c.places.mark(l, markLast), number: s.number, bytes: e.out}), e.err == nil
}
