package jsonschema

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// affordable bounds what a validator without memory will do with an event:
//
//	cost(node, value) = 1 + sum over the node's in-place and child edges
//
// computed with memory, so in at most |schema| × |event| steps and never in
// more than the limit itself, because every pair adds one to the sum. Only pairs
// of nodes that are reached in several ways are remembered. Where no node is shared the schema is a tree, and a product bounds it.
func (s *Schema) affordable(ctx context.Context, event *jsonx.Value) error {
	values := int64(countValues(event))
	if !s.shared && !s.fragile && values*int64(len(s.nodes)) <= int64(s.limits.ValidatorSteps) && event.End-event.Offset < 1<<20 {
		return nil
	}
	c := &coster{ctx: ctx, schema: s, limit: int64(s.limits.ValidatorSteps), memo: map[visit]int64{}}
	total := c.cost(s.Root(), event)
	switch {
	case c.err != nil:
		return c.err
	case total > c.limit:
		e := schema.OverLimit("validator-steps", total, c.limit, "validating the event may take too many steps", schema.Position{})
		e.Hint = "the event was not judged"
		return e
	}
	return nil
}

func countValues(v *jsonx.Value) int {
	n := 1
	for _, item := range v.Items {
		n += countValues(item)
	}
	for i := range v.Members {
		n += countValues(v.Members[i].Value)
	}
	return n
}

type visit struct {
	node  *Node
	value *jsonx.Value
}

type coster struct {
	ctx    context.Context
	schema *Schema
	limit  int64
	steps  int64
	memo   map[visit]int64
	err    error
}

// cost saturates just above the limit. Recursion ends: in-place paths are
// acyclic and bounded, and every other edge goes down in the event.
func (c *coster) cost(n *Node, v *jsonx.Value) int64 {
	at := visit{n, v}
	if n.shared {
		if known, ok := c.memo[at]; ok {
			return known
		}
	}
	c.steps++
	if c.steps&1023 == 0 && c.err == nil {
		c.err = c.ctx.Err()
	}
	if c.err != nil || c.steps > c.limit {
		return c.limit + 1
	}
	total := n.weight()
	add := func(m *Node, value *jsonx.Value) {
		if m != nil && total <= c.limit {
			total += c.cost(m, value)
		}
	}
	if n.Unresolved {
		c.fail(fmt.Sprintf("the schema's reference at %s is unresolved", orRoot(n.Pointer)))
	}
	n.inPlace(func(m *Node) { add(m, v) })
	if n.Bool == nil && !n.IsRef() {
		switch v.Kind {
		case jsonx.Object:
			total += c.object(n, v, add)
		case jsonx.Array:
			array(n, v, add)
		case jsonx.String:
			total += c.pattern(n.Pattern, v.Text)
		}
	}
	total = min(total, c.limit+1)
	if n.shared {
		c.memo[at] = total
	}
	return total
}

func (c *coster) fail(what string) {
	if c.err == nil {
		c.err = &schema.Error{What: what, Hint: "the event was not judged"}
	}
}

// pattern is the price of matching s; a pattern that cannot be evaluated makes
// the event unjudgeable.
func (c *coster) pattern(p *Pattern, s string) int64 {
	if p == nil {
		return 0
	}
	if p.Unsupported != "" {
		c.fail(fmt.Sprintf("the pattern %q cannot be evaluated: %s", clip(p.Source), p.Unsupported))
		return 0
	}
	return 1 + (int64(len(s))*p.size)>>12
}

func (c *coster) object(n *Node, v *jsonx.Value, add func(*Node, *jsonx.Value)) int64 {
	var extra int64
	for i := range v.Members {
		m := &v.Members[i]
		declared := n.Property(m.Key)
		add(declared, m.Value)
		for j := range n.PatternProperties {
			p := &n.PatternProperties[j]
			extra += c.pattern(p.Pattern, m.Key)
			if ok, err := p.Pattern.Match(m.Key); ok || err != nil {
				add(p.Node, m.Value)
			}
		}
		if declared == nil {
			add(n.AdditionalProperties, m.Value)
		}
		add(n.UnevaluatedProperties, m.Value)
		if n.PropertyNames != nil {
			name := &jsonx.Value{Kind: jsonx.String, Text: m.Key}
			add(n.PropertyNames, name)
		}
		if extra > c.limit || c.err != nil {
			break
		}
	}
	return extra
}

func array(n *Node, v *jsonx.Value, add func(*Node, *jsonx.Value)) {
	for i, item := range v.Items {
		if i < len(n.PrefixItems) {
			add(n.PrefixItems[i], item)
		}
		add(n.Items, item)
		add(n.AdditionalItems, item)
		add(n.Contains, item)
		add(n.UnevaluatedItems, item)
	}
}
