package jsonschema

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// attempts bounds how often Sample tries other choices.
const attempts = 60

// Sample generates a valid event: the same for the same seed, and for seed 0
// one with little more than what is required. The generator follows types,
// bounds, patterns and branches, and every event is checked before it is
// returned, so what the generator does not understand ("not", overlapping
// "oneOf") costs attempts, not validity.
func (s *Schema) Sample(seed uint64) (schema.Sample, error) { return s.sample(seed, true) }

// Varied is [Schema.Sample] for a search: every choice is left to chance, so that
// seeds differ in them.
func (s *Schema) Varied(seed uint64) (schema.Sample, error) { return s.sample(seed, seed == 0) }

func (s *Schema) sample(seed uint64, first bool) (schema.Sample, error) {
	for attempt := range uint64(attempts) {
		g := &generator{random: random{seed*attempts + attempt}, plain: seed == 0, first: first && attempt == 0, left: 5_000}
		v, err := g.value([]*Node{s.Root()}, 0)
		if err != nil {
			continue
		}
		event := jsonx.Append(nil, v)
		j, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: event})
		if err != nil {
			return schema.Sample{}, err
		}
		if len(j.Violations) == 0 {
			return schema.Sample{JSON: event}, nil
		}
	}
	return schema.Sample{}, &schema.Error{
		What: fmt.Sprintf("no valid event was found in %d attempts", attempts),
		Hint: "perhaps nothing is valid under the schema",
	}
}

// random is splitmix64: ours, so that a seed gives the same event in every
// release and on every machine.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// errStuck says that this choice leads nowhere.
var errStuck = errors.New("stuck")

type generator struct {
	random
	plain bool // as little as possible
	first bool // first branches, without chance
	left  int  // values that may still be made

	stretch int // how often more than needed a pattern repeats
}

func (g *generator) pick(n int) int {
	if g.first {
		return 0
	}
	return g.below(n)
}

// value makes a value that all of the nodes should accept.
func (g *generator) value(nodes []*Node, depth int) (*jsonx.Value, error) {
	g.left--
	if g.left < 0 || depth > 40 {
		return nil, errStuck
	}
	flat, err := g.flatten(nodes)
	if err != nil {
		return nil, err
	}
	if v, fixed, err := g.fixed(flat); fixed || err != nil {
		return v, err
	}
	kinds := allowedTypes(flat)
	if len(kinds) == 0 {
		return nil, errStuck
	}
	kind := kinds[g.pick(len(kinds))]
	if g.first && depth > 3 && contains(kinds, "null") {
		kind = "null"
	}
	switch kind {
	case "null":
		return &jsonx.Value{Kind: jsonx.Null}, nil
	case "boolean":
		return &jsonx.Value{Kind: jsonx.Bool, Bool: g.pick(2) == 1}, nil
	case "integer", "number":
		return g.number(flat, kind == "integer")
	case "string":
		return g.string(flat)
	case "array":
		return g.array(flat, depth)
	default:
		return g.object(flat, depth)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// flatten lists the nodes that judge the value in place, one branch of each
// choice among them.
func (g *generator) flatten(nodes []*Node) ([]*Node, error) {
	queue := append([]*Node(nil), nodes...)
	seen := map[*Node]bool{}
	var flat []*Node
	for i := 0; i < len(queue); i++ {
		n := queue[i]
		if n == nil || seen[n] {
			continue
		}
		seen[n] = true
		if n.Bool != nil {
			if !*n.Bool {
				return nil, errStuck
			}
			continue
		}
		queue = append(queue, n.RefTo)
		if n.IsRef() {
			continue
		}
		flat = append(flat, n)
		queue = append(queue, n.AllOf...)
		if len(n.Candidates) > 0 {
			queue = append(queue, n.Candidates[g.pick(len(n.Candidates))])
		}
		for _, list := range [][]*Node{n.AnyOf, n.OneOf} {
			if len(list) > 0 {
				queue = append(queue, list[g.pick(len(list))])
			}
		}
		if n.If != nil {
			if g.pick(2) == 0 {
				queue = append(queue, n.If, n.Then)
			} else {
				queue = append(queue, n.Else)
			}
		}
	}
	return flat, nil
}

// fixed takes the value from "const" or "enum" if a node has one.
func (g *generator) fixed(flat []*Node) (*jsonx.Value, bool, error) {
	for _, n := range flat {
		if n.Const != nil {
			return n.Const, true, nil
		}
	}
	var common []*jsonx.Value
	found := false
	for _, n := range flat {
		switch {
		case n.Enum == nil:
		case !found:
			common, found = n.Enum, true
		default:
			common = intersect(common, n.Enum)
		}
	}
	if !found {
		return nil, false, nil
	}
	if len(common) == 0 {
		return nil, true, errStuck
	}
	return common[g.pick(len(common))], true, nil
}

func intersect(a, b []*jsonx.Value) []*jsonx.Value {
	in := map[string]bool{}
	for _, v := range b {
		in[string(appendCanonical(nil, v, true))] = true
	}
	var out []*jsonx.Value
	for _, v := range a {
		if in[string(appendCanonical(nil, v, true))] {
			out = append(out, v)
		}
	}
	return out
}

// allowedTypes intersects the types of all nodes; without any, keywords tell.
func allowedTypes(flat []*Node) []string {
	allowed := []string{"string", "integer", "number", "boolean", "object", "array", "null"}
	typed := false
	for _, n := range flat {
		if n.Types == nil {
			continue
		}
		var next []string
		order := n.Types
		if typed {
			order = allowed
		}
		for _, t := range order {
			if (contains(n.Types, t) || (t == "integer" && contains(n.Types, "number"))) && contains(allowed, t) {
				next = append(next, t)
			}
		}
		if typed && contains(allowed, "number") && contains(n.Types, "integer") && !contains(next, "integer") {
			next = append(next, "integer")
		}
		allowed, typed = next, true
	}
	if typed {
		return allowed
	}
	for _, n := range flat {
		switch {
		case n.Properties != nil || n.Required != nil || n.PatternProperties != nil || n.AdditionalProperties != nil || n.MinProperties != nil:
			return []string{"object"}
		case n.Items != nil || n.PrefixItems != nil || n.Contains != nil || n.MinItems != nil:
			return []string{"array"}
		case n.Pattern != nil || n.MinLength != nil || n.MaxLength != nil:
			return []string{"string"}
		case n.Minimum != nil || n.Maximum != nil || n.ExclusiveMinimum != nil || n.ExclusiveMaximum != nil || n.MultipleOf != nil:
			return []string{"number"}
		}
	}
	return allowed
}
