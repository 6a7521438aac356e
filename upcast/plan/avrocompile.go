package plan

import (
	"encoding/binary"
	"slices"
)

// compiler makes the programs of one scope.
type compiler struct {
	places *places
	scope  *avroScope
	inner  bool // within a list or map: nothing can be computed on the whole event
	failed bool // something has no program
}

// compileEvent makes the program that writes a node for an event. What has no
// program is computed on the decoded event, the whole of it if need be.
func compileEvent(b *Binder, n Node, t *Type) *avroScope {
	if s, ok := compile(b, n, t, false); ok {
		return s
	}
	p, root := newPlaces(b)
	s := &avroScope{emits: [][]emitOp{{{kind: emitNode, node: n, typ: t}}}, marks: p.boundaries}
	s.entry = newWalkMaker(p, &s.programs, true).scope(root)
	return s
}

// compile makes the program for one scope; false if something in it has none.
func compile(b *Binder, n Node, t *Type, inner bool) (*avroScope, bool) {
	p, root := newPlaces(b)
	c := &compiler{places: p, scope: &avroScope{}, inner: inner}
	c.scope.emits = append(c.scope.emits, nil)
	main := c.emit(nil, n, t)
	if c.failed {
		return nil, false
	}
	c.scope.emits[0] = main
	decoded := false
	for i := range c.scope.emits {
		c.scope.emits[i] = merged(c.scope.emits[i])
		for _, op := range c.scope.emits[i] {
			c.use(&op)
			decoded = decoded || op.kind == emitNode
		}
	}
	c.scope.entry = newWalkMaker(p, &c.scope.programs, decoded).scope(root)
	c.scope.marks = p.boundaries
	return c.scope, true
}

func (c *compiler) use(op *emitOp) {
	switch op.kind {
	case emitCopy:
		c.places.used[op.from], c.places.used[op.to] = true, true
	case emitSwitch, emitEach, emitSymbol, emitDouble, emitWiden:
		c.places.used[op.from] = true
	case emitLeaf, emitIf:
		for _, boundary := range op.uses {
			c.places.used[boundary], c.places.read[boundary] = true, true
		}
	}
}

// merged joins neighbouring copies and constants.
func merged(ops []emitOp) []emitOp {
	var out []emitOp
	for _, op := range ops {
		if n := len(out); n > 0 {
			last := &out[n-1]
			switch {
			case op.kind == emitCopy && last.kind == emitCopy && last.to == op.from:
				last.to = op.to
				continue
			case op.kind == emitBytes && last.kind == emitBytes:
				last.bytes = append(slices.Clone(last.bytes), op.bytes...)
				continue
			}
		}
		if op.kind == emitCopy && op.from == op.to || op.kind == emitBytes && len(op.bytes) == 0 {
			continue
		}
		out = append(out, op)
	}
	return out
}

// sub makes a program of its own and returns its number.
func (c *compiler) sub(n Node, t *Type) int {
	c.scope.emits = append(c.scope.emits, nil)
	id := len(c.scope.emits) - 1
	ops := c.emit(nil, n, t)
	c.scope.emits[id] = ops
	return id
}

// emit writes a node as a value of a type.
func (c *compiler) emit(out []emitOp, n Node, t *Type) []emitOp {
	switch n := n.(type) {
	case *Copy:
		if x := c.places.find(n); x != nil && sameBytes(n.Type, t) {
			return append(out, emitOp{kind: emitCopy, from: x.start, to: x.end})
		}
	case *Lit:
		if b, err := EncodeAvro(nil, t, n.Value); err == nil && n.Type != nil {
			return append(out, emitOp{kind: emitBytes, bytes: b})
		}
	case *Make:
		if t.Kind == Record && len(n.Fields) == len(t.Fields) {
			for i := range n.Fields {
				out = c.emit(out, n.Fields[i].Node, t.Fields[i].Type)
			}
			return out
		}
	case *Tag:
		if i := t.Branch(n.Branch); t.Kind == Union && i >= 0 {
			out = append(out, emitOp{kind: emitBytes, bytes: binary.AppendVarint(nil, int64(i))})
			return c.emit(out, n.X, t.Branches[i].Type)
		}
	case *Stop:
		return append(out, emitOp{kind: emitStop, stop: n})
	case *ListOf:
		return c.list(out, n, t)
	case *Switch:
		return c.choose(out, n, t)
	case *Each:
		return c.each(out, n, n.Over, n.Bind, n.Where, n.Body, t)
	case *EachEntry:
		return c.each(out, n, n.Over, n.Bind, n.Where, n.Body, t)
	case *Call:
		return c.call(out, n, n, t, -1)
	case *OrElse:
		if call, ok := n.X.(*Call); ok && call.Func == MapSymbol {
			return c.call(out, n, call, t, c.sub(n.Else, t))
		}
		if l := c.leaf(n.X, t); l != nil {
			return append(out, emitOp{kind: emitLeaf, leaf: l, uses: l.uses, otherwise: c.sub(n.Else, t)})
		}
	case *If:
		return c.choice(out, n, t)
	}
	return c.compute(out, n, t)
}

// compute leaves a node to the evaluation on values.
func (c *compiler) compute(out []emitOp, n Node, t *Type) []emitOp {
	if c.inner || !c.free(n) {
		c.failed = true
	}
	return append(out, emitOp{kind: emitNode, node: n, typ: t})
}

// free reports whether a node can be evaluated on the whole event: it uses no
// content of a union that a switch around it has bound.
func (c *compiler) free(n Node) bool {
	for b := range newFreeBinders().of(n) {
		if x := c.places.of[b]; x == nil || x.start != 0 {
			return false
		}
	}
	return true
}

// binds lists the binders that a node introduces.
func binds(n Node) []*Binder {
	switch n := n.(type) {
	case *Switch:
		out := make([]*Binder, len(n.Cases))
		for i := range n.Cases {
			out[i] = n.Cases[i].Bind
		}
		return out
	case *Opt:
		return []*Binder{n.Bind}
	case *Each:
		return []*Binder{n.Bind, n.Index}
	case *EachEntry:
		return []*Binder{n.Bind, n.Key}
	case *Let:
		return []*Binder{n.Bind}
	case *Quantify:
		return []*Binder{n.Bind}
	case *Apply:
		return []*Binder{n.Fn.Bind}
	default:
		return nil
	}
}

func (c *compiler) list(out []emitOp, n *ListOf, t *Type) []emitOp {
	if t.Kind != List {
		return c.compute(out, n, t)
	}
	if len(n.Items) > 0 {
		out = append(out, emitOp{kind: emitBytes, bytes: binary.AppendVarint(nil, int64(len(n.Items)))})
	}
	for _, x := range n.Items {
		out = c.emit(out, x, t.Elem)
	}
	return append(out, emitOp{kind: emitBytes, bytes: []byte{0}})
}

func (c *compiler) choose(out []emitOp, n *Switch, t *Type) []emitOp {
	on, ok := n.On.(*Copy)
	if !ok {
		return c.compute(out, n, t)
	}
	x := c.places.find(on)
	if x == nil || len(n.Cases) != len(x.typ.Branches) {
		return c.compute(out, n, t)
	}
	op := emitOp{kind: emitSwitch, from: x.start, alt: make([]int, len(x.typ.Branches))}
	failed := c.failed
	c.failed = false
	for i := range n.Cases {
		j := x.typ.Branch(n.Cases[i].Branch)
		c.places.of[n.Cases[i].Bind] = c.places.branch(x, j)
		op.alt[j] = c.sub(n.Cases[i].Body, t)
	}
	if c.failed {
		c.failed = failed
		return c.compute(out, n, t)
	}
	c.failed = failed
	return append(out, op)
}

// choice compiles an If whose condition and both sides have programs.
func (c *compiler) choice(out []emitOp, n *If, t *Type) []emitOp {
	l := &leafCompiler{c: c, ok: true}
	cond := l.boolean(n.Cond)
	if !l.ok {
		return c.compute(out, n, t)
	}
	failed := c.failed
	c.failed = false
	op := emitOp{kind: emitIf, cond: cond, uses: l.uses, alt: []int{c.sub(n.Then, t), c.sub(n.Else, t)}}
	sides := c.failed
	if c.failed = failed; sides {
		return c.compute(out, n, t)
	}
	return append(out, op)
}

func (c *compiler) each(out []emitOp, n, over Node, b *Binder, where, body Node, t *Type) []emitOp {
	from, ok := over.(*Copy)
	if !ok || where != nil || t.Kind != List && t.Kind != Map {
		return c.compute(out, n, t)
	}
	x := c.places.find(from)
	if x == nil {
		return c.compute(out, n, t)
	}
	sub, ok := compile(b, body, t.Elem, true)
	if !ok {
		return c.compute(out, n, t)
	}
	return append(out, emitOp{kind: emitEach, from: x.start, sub: sub, isMap: t.Kind == Map})
}

// call compiles the functions that have programs.
func (c *compiler) call(out []emitOp, whole Node, n *Call, t *Type, otherwise int) []emitOp {
	if l := c.leaf(n, t); l != nil && n.Func != MapSymbol && n.Func != Widen && whole == Node(n) {
		return append(out, emitOp{kind: emitLeaf, leaf: l, uses: l.uses, otherwise: -1})
	}
	if len(n.Args) == 0 {
		return c.compute(out, whole, t)
	}
	from, ok := n.Args[0].(*Copy)
	if !ok {
		return c.compute(out, whole, t)
	}
	x := c.places.find(from)
	switch {
	case x == nil:
	case n.Func == MapSymbol && t.Kind == Enum:
		op := emitOp{kind: emitSymbol, from: x.start, otherwise: otherwise}
		for _, s := range from.Type.Symbols {
			op.table = append(op.table, int64(slices.Index(t.Symbols, n.Table[s])))
		}
		if otherwise < 0 && slices.Contains(op.table, int64(-1)) {
			break
		}
		op.short = shortSymbols(op.table)
		return append(out, op)
	case n.Func == Widen && sameBytes(from.Type, t), n.Func == TextBytes:
		return append(out, emitOp{kind: emitCopy, from: x.start, to: x.end})
	case n.Func == Widen && from.Type.Kind == Int && t.Kind == Float && t.Bits == 64:
		return append(out, emitOp{kind: emitDouble, from: x.start})
	case n.Func == Widen && from.Type.Kind == Float && from.Type.Bits == 32 && t.Bits == 64:
		return append(out, emitOp{kind: emitWiden, from: x.start})
	}
	return c.compute(out, whole, t)
}

// sameBytes reports whether the encoding of every value of s is its encoding as
// a value of t.
func sameBytes(s, t *Type) bool {
	var open typePairs
	return bytesAlike(s, t, &open)
}

func bytesAlike(s, t *Type, open *typePairs) bool {
	if s == t {
		return true
	}
	if s.Kind != t.Kind || len(s.Fields) != len(t.Fields) || len(s.Branches) != len(t.Branches) {
		return false
	}
	if len(s.Fields)+len(s.Branches) > 0 && open.seen(s, t) {
		return true
	}
	switch s.Kind {
	case Int:
		return s.Bits <= t.Bits
	case Float:
		return s.Bits == t.Bits
	case Bytes, Decimal:
		return s.Size == t.Size && s.Scale == t.Scale
	case Enum:
		return len(s.Symbols) <= len(t.Symbols) && slices.Equal(s.Symbols, t.Symbols[:len(s.Symbols)])
	case List, Map:
		return bytesAlike(s.Elem, t.Elem, open)
	}
	for i := range s.Fields {
		if !bytesAlike(s.Fields[i].Type, t.Fields[i].Type, open) {
			return false
		}
	}
	for i := range s.Branches {
		if !bytesAlike(s.Branches[i].Type, t.Branches[i].Type, open) {
			return false
		}
	}
	return true
}
