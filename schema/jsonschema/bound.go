package jsonschema

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// maxInPlace bounds the longest path of references and combinators that a
// validator follows without consuming input; it recurses along it.
const maxInPlace = 1_000

// bound walks the graph of in-place edges. It refuses a loop, because a
// validator would never come back from it, and a graph that unfolds to more
// steps than a value may cost.
func (b *builder) bound() error {
	state := make([]uint8, len(b.schema.nodes)) // 0 new, 1 open, 2 done
	var open []*Node
	var visit func(n *Node) error
	visit = func(n *Node) error {
		switch state[n.index] {
		case 1:
			return loop(open, n)
		case 2:
			return nil
		}
		if len(open) >= maxInPlace {
			return chain(n, len(open)+1)
		}
		state[n.index] = 1
		open = append(open, n)
		cost, height := n.weight(), 0
		var err error
		n.inPlace(func(m *Node) {
			if err == nil {
				err = visit(m)
			}
			cost = min(cost+m.cost, costCeiling)
			height = max(height, m.height)
		})
		if err != nil {
			return err
		}
		open = open[:len(open)-1]
		state[n.index] = 2
		n.cost, n.height = cost, height+1
		if n.height > maxInPlace {
			return chain(n, n.height)
		}
		return nil
	}
	for _, n := range b.schema.nodes {
		if err := visit(n); err != nil {
			return err
		}
	}
	b.index()
	return b.costly()
}

// index notes which nodes are reached in more than one way, and names the
// properties of large objects.
func (b *builder) index() {
	reached := make([]bool, len(b.schema.nodes))
	count := func(m *Node) {
		m.shared = m.shared || reached[m.index]
		reached[m.index] = true
	}
	for _, n := range b.schema.nodes {
		n.inPlace(count)
		n.children(count)
		if len(n.Properties) > 8 {
			n.byName = make(map[string]*Node, len(n.Properties))
			for _, p := range n.Properties {
				n.byName[p.Key] = p.Node
			}
		}
	}
	b.schema.Root().shared = true
}

// costly refuses a place where one value may cost more than the limit. Stored
// history may have it: then no event is given to a validator there.
func (b *builder) costly() error {
	for _, n := range b.schema.nodes {
		if n.cost <= int64(b.limits.ValidatorSteps) {
			continue
		}
		e := schema.OverLimit("validator-steps", n.cost, int64(b.limits.ValidatorSteps),
			"validating one value may take too many steps, because combinators multiply", n.Position())
		e.Path, e.Document, e.Soft = n.Pointer, n.Document.Name, true
		e.Hint = "let branches share fewer references"
		if !b.lenient {
			return e
		}
		b.warn(n.Document, n.Value, n.Pointer, e.Error())
		return nil
	}
	return nil
}

func chain(n *Node, found int) error {
	e := schema.OverLimit("ref-chain", int64(found), maxInPlace, "references and combinators follow each other for too long", n.Position())
	e.Path, e.Document = n.Pointer, n.Document.Name
	return e
}

// loop writes a loop out: # → #/allOf/0 → #.
func loop(open []*Node, n *Node) error {
	start := 0
	for open[start] != n {
		start++
	}
	var steps []string
	for _, m := range append(open[start:], n) {
		steps = append(steps, m.address())
	}
	const most = 12
	if len(steps) > most {
		steps = append(append(steps[:most-2:most-2], "…"), steps[len(steps)-1])
	}
	return &schema.Error{
		What: fmt.Sprintf("references go in a circle without consuming input: %s", strings.Join(steps, " → ")),
		Path: n.Pointer, Document: n.Document.Name, Position: n.Position(),
		Hint: "such a schema says nothing; break the circle",
	}
}

// address names a node across documents.
func (n *Node) address() string { return clip(n.Document.Name + "#" + n.Pointer) }

// weight is what a node costs by itself, its enum and names included.
func (n *Node) weight() int64 {
	return 1 + int64(len(n.Enum)+len(n.Required))/32
}

// costCeiling keeps sums of costs from overflowing.
const costCeiling = int64(1) << 50
