package compat

import (
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// jsonClass is what kind of schema the rule takes a place for.
type jsonClass uint8

const (
	jsonEmpty jsonClass = iota // also true
	jsonFalse
	jsonEnum
	jsonCombined
	jsonNot
	jsonConst
	jsonNumber
	jsonString
	jsonObject
	jsonArray
	jsonBoolean
	jsonNull
	jsonConditional
)

// jsonShape is a place as the rule sees it: one class with its keywords, or a
// combination of shapes.
type jsonShape struct {
	class jsonClass
	node  *jsonschema.Node
	// top marks the shape that stands for the whole place, which carries its
	// identifier, title, description and default.
	top     bool
	integer bool
	// criterion is allOf, anyOf or oneOf, for combinations.
	criterion string
	subs      []*jsonShape
	// part tells the groups of one place apart.
	part string

	branchCache []*jsonShape
}

// jsonShaper computes shapes, each once. In-place paths are acyclic and
// bounded, so it ends.
type jsonShaper struct {
	schema *jsonschema.Schema
	shapes map[*jsonschema.Node]*jsonShape
}

func newJSONShaper(s *jsonschema.Schema) *jsonShaper {
	return &jsonShaper{schema: s, shapes: map[*jsonschema.Node]*jsonShape{}}
}

// shape returns the shape of a node; nil for nil.
func (s *jsonShaper) shape(n *jsonschema.Node) *jsonShape {
	if n == nil {
		return nil
	}
	if known := s.shapes[n]; known != nil {
		return known
	}
	made := s.make(n)
	s.shapes[n] = made
	return made
}

func (s *jsonShaper) make(n *jsonschema.Node) *jsonShape {
	if n.Bool != nil {
		class := jsonEmpty
		if !*n.Bool {
			class = jsonFalse
		}
		return &jsonShape{class: class, node: n, top: true}
	}
	if n.IsRef() {
		return s.shape(n.RefTo)
	}
	groups := s.groups(n)
	switch len(groups) {
	case 0:
		return &jsonShape{class: jsonEmpty, node: n, top: true}
	case 1:
		one := *groups[0]
		if one.node == n {
			one.top = true
			return &one
		}
		// A lone reference is what it refers to.
		return groups[0]
	default:
		return &jsonShape{class: jsonCombined, criterion: "allOf", subs: groups, node: n, top: true}
	}
}

// key is equal for equal branches: it is the text of the place, and what of it.
// Texts with references mean different things in different documents.
func (s *jsonShape) key() string {
	part := s.part
	if !s.top {
		part = string(rune('a'+s.class)) + part
	}
	return part + "\x00" + s.node.Document.Name + "\x00" + canonicalKey(s.node.Value)
}

func canonicalKey(v *jsonx.Value) string { return string(jsonx.Append(nil, sortedKeys(v))) }

// groups lists the groups of keywords at one place, in the order in which the
// rule combines them.
func (s *jsonShaper) groups(n *jsonschema.Node) []*jsonShape {
	var out []*jsonShape
	add := func(class jsonClass) *jsonShape {
		g := &jsonShape{class: class, node: n}
		out = append(out, g)
		return g
	}
	for _, target := range []*jsonschema.Node{n.RefTo, n.DynamicRefTo, n.RecursiveRefTo} {
		if target != nil {
			out = append(out, s.shape(target))
		}
	}
	if n.Enum != nil {
		add(jsonEnum)
	}
	for _, c := range []struct {
		criterion string
		nodes     []*jsonschema.Node
	}{{"allOf", n.AllOf}, {"anyOf", n.AnyOf}, {"oneOf", n.OneOf}} {
		if len(c.nodes) > 0 {
			g := add(jsonCombined)
			g.criterion, g.part = c.criterion, c.criterion
			for _, m := range c.nodes {
				g.subs = append(g.subs, s.shape(m))
			}
		}
	}
	if n.Not != nil {
		add(jsonNot)
	}
	if n.Const != nil {
		add(jsonConst)
	}
	covered := s.typed(n, &out)
	for _, class := range []jsonClass{jsonString, jsonArray, jsonObject, jsonNumber} {
		if !covered[class] && hasKeywords(n, class) {
			add(class)
		}
	}
	if n.If != nil || n.Then != nil || n.Else != nil {
		add(jsonConditional)
	}
	return out
}

var jsonTypeClasses = map[string]jsonClass{
	"array": jsonArray, "boolean": jsonBoolean, "integer": jsonNumber, "null": jsonNull,
	"number": jsonNumber, "object": jsonObject, "string": jsonString,
}

// typed adds the group that "type" names, a combination for a list of types.
func (s *jsonShaper) typed(n *jsonschema.Node, out *[]*jsonShape) map[jsonClass]bool {
	covered := map[jsonClass]bool{}
	var subs []*jsonShape
	for _, t := range n.Types {
		class := jsonTypeClasses[t]
		covered[class] = true
		subs = append(subs, &jsonShape{class: class, node: n, integer: t == "integer", part: t})
	}
	switch {
	case n.SingleType:
		*out = append(*out, subs[0])
	case len(subs) > 0:
		*out = append(*out, &jsonShape{class: jsonCombined, criterion: "anyOf", subs: subs, node: n, part: "type"})
	}
	return covered
}

// hasKeywords reports whether a place has keywords of a class.
func hasKeywords(n *jsonschema.Node, class jsonClass) bool {
	switch class {
	case jsonString:
		return n.MinLength != nil || n.MaxLength != nil || n.Pattern != nil ||
			(n.Draft <= jsonschema.Draft7 && n.Get("format") != nil)
	case jsonNumber:
		return n.Minimum != nil || n.Maximum != nil || n.ExclusiveMinimum != nil || n.ExclusiveMaximum != nil ||
			n.MultipleOf != nil || n.MinimumExcluded != nil || n.MaximumExcluded != nil
	case jsonArray:
		return n.Items != nil || n.PrefixItems != nil || n.AdditionalItems != nil || n.Contains != nil || n.MinItems != nil ||
			n.MaxItems != nil || n.UniqueItems != nil || n.UnevaluatedItems != nil
	case jsonObject:
		return n.Get("properties") != nil || n.PatternProperties != nil || n.AdditionalProperties != nil || n.PropertyNames != nil ||
			n.Required != nil || n.MinProperties != nil || n.MaxProperties != nil || n.Dependencies != nil ||
			n.DependentRequired != nil || n.DependentSchemas != nil || n.UnevaluatedProperties != nil
	default:
		return false
	}
}

// branches are the subs with equal ones collapsed.
func (s *jsonShape) branches() []*jsonShape {
	if len(s.subs) == 1 || s.part == "type" {
		return s.subs // types are distinct
	}
	if s.branchCache != nil {
		return s.branchCache
	}
	seen := map[string]bool{}
	var out []*jsonShape
	for _, sub := range s.subs {
		if key := sub.key(); !seen[key] {
			seen[key] = true
			out = append(out, sub)
		}
	}
	s.branchCache = out
	return out
}

// bytesType reports the mark that Kafka Connect puts on byte strings.
func (s *jsonShape) bytesType() bool {
	v := s.node.Get("connect.type")
	return v != nil && v.Kind == jsonx.String && strings.EqualFold(v.Text, "bytes")
}
