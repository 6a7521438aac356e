package jsonschema

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema/judge"
)

// SecondOpinion judges an event by the independent second validator, which
// knows drafts 4, 6 and 7. An error says that it has no opinion: another draft,
// a pattern that cannot be rewritten, or a limit.
//
// It sees a bundle written from our model instead of the source text, so a
// mistake in our reading of references shows as a disagreement with [Schema.Check].
func (s *Schema) SecondOpinion(ctx context.Context, event []byte) (valid bool, err error) {
	if len(event) > s.limits.EventBytes {
		return false, schema.OverLimit("event-bytes", int64(len(event)), int64(s.limits.EventBytes), "the event is too long", schema.Position{})
	}
	value, err := jsonx.Parse(string(event), jsonx.EventLimits(s.limits))
	if err != nil {
		return false, err
	}
	if err := s.affordable(ctx, value); err != nil {
		return false, err
	}
	second, err := s.second()
	if err != nil {
		return false, err
	}
	return second.Valid(plain(value))
}

// compileSecond bundles the schema: everything that a reference means becomes a
// definition of one document.
func (s *Schema) compileSecond() (*judge.Second, error) {
	if len(s.nodes) > maxCompiled {
		return nil, schema.OverLimit("validated-schemas", int64(len(s.nodes)), maxCompiled, "the schema is too large to validate events", schema.Position{})
	}
	b := &bundler{definitions: map[string]any{}, asserted: s.asserted}
	top := b.ref(s.Root())
	for len(b.queue) > 0 {
		n := b.queue[0]
		b.queue = b.queue[1:]
		b.definitions[definitionName(n)] = b.schema(n)
	}
	if b.err != nil {
		return nil, b.err
	}
	return judge.CompileSecond(map[string]any{"allOf": []any{top}, "definitions": b.definitions}, s.Root().Draft.String(), predicates)
}

func definitionName(n *Node) string { return "n" + strconv.Itoa(n.index) }

type bundler struct {
	definitions map[string]any
	queue       []*Node
	asserted    func(*Node) string
	err         error
}

// ref makes sure that n becomes a definition, and refers to it.
func (b *bundler) ref(n *Node) any {
	name := definitionName(n)
	if _, known := b.definitions[name]; !known {
		b.definitions[name] = nil
		b.queue = append(b.queue, n)
	}
	return map[string]any{"$ref": "#/definitions/" + name}
}

func (b *bundler) fail(n *Node, what string) {
	if b.err == nil {
		b.err = &schema.Error{What: "no second opinion: " + what, Path: n.Pointer, Document: n.Document.Name, Position: n.Position()}
	}
}

// schema writes a node as the second validator should see it.
func (b *bundler) schema(n *Node) any {
	switch {
	case n.Bool != nil:
		if n.Draft > Draft4 {
			return *n.Bool
		}
		if *n.Bool {
			return map[string]any{}
		}
		return map[string]any{"not": map[string]any{}}
	case n.IsRef():
		return b.ref(n.RefTo)
	case n.Draft > Draft7 || n.Unresolved:
		b.fail(n, "a part is written in "+n.Draft.String()+" or refers to nothing")
		return true
	}
	out := map[string]any{}
	if n.Types != nil {
		out["type"] = distinct(n.Types)
	}
	b.numbers(n, out)
	b.applicators(n, out)
	b.values(n, out)
	b.withFormat(n, out)
	if n.Pattern != nil {
		out["pattern"] = b.pattern(n, n.Pattern)
	}
	if len(n.Required) > 0 {
		out["required"] = distinct(n.Required)
	}
	if n.UniqueItems != nil {
		out["uniqueItems"] = *n.UniqueItems
	}
	apart(n, out)
	return out
}

// apart moves an upper count that is below the lower one into a schema of its
// own, since the validator refuses the two side by side.
func apart(n *Node, out map[string]any) {
	for _, of := range []string{"Length", "Items", "Properties"} {
		low, high := *numberField(n, "min"+of), *numberField(n, "max"+of)
		if low == nil || high == nil || low.Rat.Cmp(high.Rat) <= 0 {
			continue
		}
		all, _ := out["allOf"].([]any)
		out["allOf"] = append(all, map[string]any{"max" + of: out["max"+of]})
		delete(out, "max"+of)
	}
}

// pattern rewrites a pattern for RE2, which is what the validator compiles.
func (b *bundler) pattern(n *Node, p *Pattern) string {
	text, err := translate(p.Source)
	if err != nil || p.Unsupported != "" {
		b.fail(n, fmt.Sprintf("the pattern %q cannot be rewritten", clip(p.Source)))
	}
	return text
}

// numbers writes numeric keywords, integral ones without a fraction.
func (b *bundler) numbers(n *Node, out map[string]any) {
	for _, key := range []string{"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
		if v := *numberField(n, key); v != nil {
			out[key] = json.Number(v.Text)
			if v.Rat.IsInt() {
				out[key] = json.Number(v.Rat.Num().String())
			}
		}
	}
	for _, key := range []string{"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"} {
		if v := *numberField(n, key); v != nil {
			out[key] = clamp(v)
		}
	}
	if n.MinimumExcluded != nil && n.Minimum != nil {
		out["exclusiveMinimum"] = *n.MinimumExcluded
	}
	if n.MaximumExcluded != nil && n.Maximum != nil {
		out["exclusiveMaximum"] = *n.MaximumExcluded
	}
}

func (b *bundler) applicators(n *Node, out map[string]any) {
	for key, m := range map[string]*Node{
		"additionalProperties": n.AdditionalProperties, "propertyNames": n.PropertyNames, "items": n.Items,
		"contains": n.Contains, "not": n.Not,
	} {
		if m != nil {
			out[key] = b.schema(m)
		}
	}
	if n.AdditionalProperties != nil && n.AdditionalProperties.Bool != nil {
		out["additionalProperties"] = *n.AdditionalProperties.Bool
	}
	if len(n.PrefixItems) > 0 {
		out["items"] = b.list(n.PrefixItems)
		if a := n.AdditionalItems; a != nil && a.Bool != nil {
			out["additionalItems"] = *a.Bool
		} else if a != nil {
			out["additionalItems"] = b.schema(a)
		}
	}
	for key, list := range map[string][]*Node{"allOf": n.AllOf, "anyOf": n.AnyOf, "oneOf": n.OneOf} {
		if len(list) > 0 {
			out[key] = b.list(list)
		}
	}
	if n.If != nil {
		out["if"] = b.schema(n.If)
		if n.Then != nil {
			out["then"] = b.schema(n.Then)
		}
		if n.Else != nil {
			out["else"] = b.schema(n.Else)
		}
	}
	b.members(n, out)
}

func (b *bundler) list(nodes []*Node) []any {
	out := make([]any, len(nodes))
	for i, m := range nodes {
		out[i] = b.schema(m)
	}
	return out
}

func (b *bundler) members(n *Node, out map[string]any) {
	if len(n.Properties) > 0 {
		m := map[string]any{}
		for _, p := range n.Properties {
			m[p.Key] = b.schema(p.Node)
		}
		out["properties"] = m
	}
	if len(n.PatternProperties) > 0 {
		m := map[string]any{}
		for _, p := range n.PatternProperties {
			m[b.pattern(n, p.Pattern)] = b.schema(p.Node)
		}
		out["patternProperties"] = m
	}
	if len(n.Dependencies) > 0 {
		m := map[string]any{}
		for _, d := range n.Dependencies {
			if d.Node != nil {
				m[d.Key] = b.schema(d.Node)
			} else {
				m[d.Key] = distinct(d.Names)
			}
		}
		out["dependencies"] = m
	}
}

// maxExact is 2^53: the second validator compares members of enum as doubles.
var maxExact = big.NewRat(1<<53, 1)

// values writes "enum" and "const"; numbers that doubles cannot tell apart
// become intervals of one.
func (b *bundler) values(n *Node, out map[string]any) {
	var sets []any
	if n.Enum != nil {
		sets = append(sets, oneOfValues(n.Enum))
	}
	if n.Const != nil {
		sets = append(sets, oneOfValues([]*jsonx.Value{n.Const}))
	}
	if len(sets) == 0 {
		return
	}
	if all, ok := out["allOf"].([]any); ok {
		sets = append(all, sets...)
	}
	out["allOf"] = sets
}

func oneOfValues(values []*jsonx.Value) any {
	var branches, members []any
	seen := map[string]bool{} // the validator refuses duplicates, and 1.0 is 1
	for _, v := range values {
		key := valueKey(v)
		if seen[key] {
			continue
		}
		seen[key] = true
		if v.Kind == jsonx.Number {
			if r := newNumber(v.Text).Rat; new(big.Rat).Abs(r).Cmp(maxExact) > 0 {
				branches = append(branches, map[string]any{"type": "number", "minimum": json.Number(v.Text), "maximum": json.Number(v.Text)})
				continue
			}
		}
		members = append(members, plain(v))
	}
	if len(members) > 0 {
		branches = append(branches, map[string]any{"enum": members})
	}
	if len(branches) == 0 {
		return map[string]any{"not": map[string]any{}}
	}
	return map[string]any{"anyOf": branches}
}
