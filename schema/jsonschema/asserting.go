package jsonschema

import (
	"fmt"
	"sync"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema/judge"
)

// Asserting returns the schema with "format" as a constraint instead of an
// annotation: its Check and SecondOpinion hold strings to the formats. A string
// that must be held to a format that is known and not interpreted is not
// judged.
func (s *Schema) Asserting() *Schema { return s.asserting() }

// assert makes the copy that [Schema.Asserting] returns.
func (s *Schema) assert() *Schema {
	c := *s
	c.asserts = true
	c.validator = sync.OnceValues(c.compile)
	c.second = sync.OnceValues(c.compileSecond)
	c.asserting = func() *Schema { return &c }
	return &c
}

// formatSource names a format where a validator expects a pattern. No pattern
// starts so.
const formatSource = "\x00format:"

// formatMatcher judges strings by a format.
type formatMatcher struct{ name string }

func (m formatMatcher) String() string { return formatSource + m.name }

// MatchString panics, as validators' patterns must, if the format is not
// interpreted.
func (m formatMatcher) MatchString(s string) bool {
	f := formats[m.name]
	if f == nil {
		panic(judge.Cannot{Err: &schema.Error{What: fmt.Sprintf("the format %q is not interpreted", m.name), Hint: "the event was not judged"}})
	}
	return f.Valid(s)
}

// asserted returns the name of a node's format if it constrains.
func (s *Schema) asserted(n *Node) string {
	if _, known := formats[n.Format]; s.asserts && known {
		return n.Format
	}
	return ""
}

// withFormat adds the node's format to the validator's copy.
func (c *copier) withFormat(n *Node, out map[string]any) {
	name := c.schema.asserted(n)
	if name == "" {
		return
	}
	all, _ := out["allOf"].([]any)
	out["allOf"] = append(all, map[string]any{"pattern": formatSource + name})
}

// withFormat adds the node's format to the second validator's bundle, where it
// holds for strings only: that library applies formats to numbers too.
func (b *bundler) withFormat(n *Node, out map[string]any) {
	name := b.asserted(n)
	if name == "" {
		return
	}
	if formats[name] == nil {
		b.fail(n, fmt.Sprintf("the format %q is not interpreted", name))
		return
	}
	all, _ := out["allOf"].([]any)
	out["allOf"] = append(all, map[string]any{"anyOf": []any{
		map[string]any{"not": map[string]any{"type": "string"}},
		map[string]any{"type": "string", "format": judge.FormatName(name)},
	}})
}

// predicates are the formats by name, for the second validator.
func predicates() map[string]func(string) bool {
	out := map[string]func(string) bool{}
	for name, f := range formats {
		if f != nil {
			out[name] = f.Valid
		}
	}
	return out
}
