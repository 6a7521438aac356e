package avro

import (
	"math"
	"math/big"
)

// program is what walking, decoding and generating need to know of each node
// beyond the schema itself.
type program struct {
	root *op
	ops  []op // index is Node.id
}

// op is one node made ready for walking.
type op struct {
	node  *Node
	kind  Kind
	size  int   // of a fixed
	count int64 // of enum symbols or union branches
	// parts are the record fields that take bytes, the union branches, or the
	// one element type.
	parts []*op
	// names are the indexes of the record's fields that parts stand for.
	names []int
	// min is a lower bound of the encoded size. zero says that every value is
	// empty, so that walking one is no work however often it is asked for.
	min  int
	zero bool
	// height is the least nesting of a value; infinite if there is none.
	height int
	// digits is 10^precision - 1, big-endian, of a decimal.
	digits []byte
}

const infinite = math.MaxInt32

func compile(s *Schema) *program {
	p := &program{ops: make([]op, len(s.nodes))}
	for i, n := range s.nodes {
		o := &p.ops[i]
		*o = op{node: n, kind: n.Kind, size: n.Size, height: infinite}
		switch n.Kind {
		case Enum:
			o.count = int64(len(n.Symbols))
		case Union:
			o.count = int64(len(n.Branches))
		}
		if n.Logical.Type == "decimal" {
			ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n.Logical.Precision)), nil)
			o.digits = ten.Sub(ten, big.NewInt(1)).Bytes()
		}
	}
	p.link()
	p.root = &p.ops[s.Root.id]
	return p
}

// link computes heights, empty types and least sizes, and then the parts.
func (p *program) link() {
	users := make([][]int, len(p.ops)) // of each type, once per use
	for i := range p.ops {
		for _, child := range children(p.ops[i].node) {
			users[child.id] = append(users[child.id], i)
		}
	}
	p.findZeros(users)
	p.findHeights(users)
	open := make([]bool, len(p.ops))
	known := make([]bool, len(p.ops))
	for i := range p.ops {
		p.leastSize(&p.ops[i], open, known, 0)
	}
	for i := range p.ops {
		o := &p.ops[i]
		n := o.node
		switch n.Kind {
		case Record:
			for j, f := range n.Fields {
				if part := &p.ops[f.Type.id]; !part.zero {
					o.parts, o.names = append(o.parts, part), append(o.names, j)
				}
			}
		case Union:
			for _, b := range n.Branches {
				o.parts = append(o.parts, &p.ops[b.id])
			}
		case Array, Map:
			o.parts = []*op{&p.ops[n.Items.id]}
		}
	}
}

func children(n *Node) []*Node {
	switch n.Kind {
	case Record:
		list := make([]*Node, len(n.Fields))
		for i, f := range n.Fields {
			list[i] = f.Type
		}
		return list
	case Union:
		return n.Branches
	case Array, Map:
		return []*Node{n.Items}
	}
	return nil
}

// findZeros marks the types whose values take no bytes, leaves first: a record
// is one when its last field turns out to be.
func (p *program) findZeros(users [][]int) {
	missing := make([]int, len(p.ops))
	var queue []int
	for i := range p.ops {
		n := p.ops[i].node
		missing[i] = len(n.Fields)
		if n.Kind == Null || (n.Kind == Fixed && n.Size == 0) || (n.Kind == Record && len(n.Fields) == 0) {
			p.ops[i].zero = true
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, u := range users[i] {
			if missing[u]--; missing[u] == 0 && p.ops[u].kind == Record {
				p.ops[u].zero = true
				queue = append(queue, u)
			}
		}
	}
}

// findHeights ranks the types that have a value so that each has one made of
// types of lower rank, breadth first: a union takes the rank of its first
// branch that has one, a record one more than its last field.
func (p *program) findHeights(users [][]int) {
	missing := make([]int, len(p.ops))
	var queue []int
	set := func(i, height int) {
		if p.ops[i].height == infinite {
			p.ops[i].height = height
			queue = append(queue, i)
		}
	}
	for i := range p.ops {
		n := p.ops[i].node
		missing[i] = len(n.Fields)
		switch {
		case n.Kind == Array || n.Kind == Map || (n.Kind == Record && len(n.Fields) == 0):
			set(i, 1)
		case n.Kind.IsPrimitive(), n.Kind == Fixed, n.Kind == Enum && len(n.Symbols) > 0:
			set(i, 0)
		}
	}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, u := range users[i] {
			switch p.ops[u].kind {
			case Union:
				set(u, p.ops[i].height)
			case Record:
				if missing[u]--; missing[u] == 0 {
					h := 0
					for _, f := range p.ops[u].node.Fields {
						h = max(h, p.ops[f.Type.id].height)
					}
					set(u, h+1)
				}
			}
		}
	}
}

// leastSize counts a type inside itself as one byte: either the way there
// passes a union or a collection, which takes one, or the type has no value.
func (p *program) leastSize(o *op, open, known []bool, depth int) int {
	id := o.node.id
	if known[id] {
		return o.min
	}
	if open[id] || depth > maxSizeDepth {
		return 1
	}
	if o.zero {
		known[id] = true
		return 0
	}
	open[id] = true
	size := 0
	switch n := o.node; n.Kind {
	case Float:
		size = 4
	case Double:
		size = 8
	case Fixed:
		size = n.Size
	case Record:
		for _, f := range n.Fields {
			size = min(size+p.leastSize(&p.ops[f.Type.id], open, known, depth+1), infinite)
		}
	case Union:
		least := infinite
		for _, b := range n.Branches {
			least = min(least, p.leastSize(&p.ops[b.id], open, known, depth+1))
		}
		size = min(1+least, infinite)
	default:
		size = 1
	}
	open[id] = false
	o.min, known[id] = size, true
	return size
}

// maxSizeDepth cuts the recursion through long chains of types; beyond it a
// type that is not empty counts one byte.
const maxSizeDepth = 1000
