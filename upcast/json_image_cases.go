package upcast

import (
	"slices"

	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// cases keeps what the source says about several members at once (oneOf, if and
// then, dependencies) of an object that is made of members of one object: the
// same holds of the members under their new names.
func (im *image) cases(n *plan.Make, out keywords) {
	of, names := im.members(n)
	if of == nil {
		return
	}
	c := correlation{im, names}
	var all []any
	for _, place := range plan.Surely(of.Schemas) {
		all = append(all, c.together(place, 0).list...)
	}
	if len(all) == 0 {
		return
	}
	if more, ok := out["allOf"].([]any); ok {
		all = append(all, more...)
	}
	out["allOf"] = all
}

// members finds the object of the source that most members are copied from, and
// the names that each of its members has now.
func (im *image) members(n *plan.Make) (*plan.Type, map[string][]string) {
	var from *plan.Copy
	for _, p := range n.Fields {
		if c := copiedFrom(p.Node); c != nil && im.native[c.From] && len(c.Fields) > 0 {
			from = c
			break
		}
	}
	if from == nil {
		return nil, nil
	}
	above := from.Fields[:len(from.Fields)-1]
	of := from.From.Type
	for _, i := range above {
		if of.Kind != plan.Record || of.Fields[i].Optional {
			return nil, nil // it may be absent, and nothing holds of it then
		}
		of = of.Fields[i].Type
	}
	if of.Kind != plan.Record || len(of.Schemas) == 0 {
		return nil, nil
	}
	names := map[string][]string{}
	for _, p := range n.Fields {
		c := copiedFrom(p.Node)
		if c == nil || c.From != from.From || len(c.Fields) != len(from.Fields) || !slices.Equal(c.Fields[:len(above)], above) {
			continue
		}
		name := of.Fields[c.Fields[len(above)]].Name
		names[name] = append(names[name], p.Name)
	}
	return of, names
}

// copiedFrom is the member of the source that a node gives as it is, or nil.
func copiedFrom(n plan.Node) *plan.Copy {
	if c, ok := n.(*plan.Cast); ok {
		return copiedFrom(c.X)
	}
	c, _ := n.(*plan.Copy)
	return c
}

// correlation writes what a place says about an object as something about the
// object that is made of it.
type correlation struct {
	im    *image
	names map[string][]string
}

// holding is what holds of an image if the place holds of the event: the schemas of
// a list, together. Exact says that the reverse is true as well.
type holding struct {
	list  []any
	exact bool
}

func (s *holding) and(x holding) {
	s.list, s.exact = append(s.list, x.list...), s.exact && x.exact
}

func (s holding) schema() any {
	if len(s.list) == 1 {
		return s.list[0]
	}
	if len(s.list) == 0 {
		return keywords{}
	}
	return keywords{"allOf": s.list}
}

// maxCases bounds how deep choices are followed.
const maxCases = 8

// of is what a place says.
func (c *correlation) of(n *jsonschema.Node, depth int) holding {
	c.im.left--
	switch {
	case depth > maxCases || c.im.left <= 0 || n.Unresolved || n.DynamicRef != "" || n.RecursiveRef != "":
		return holding{}
	case n.Bool != nil && *n.Bool:
		return holding{exact: true}
	case n.Bool != nil, len(n.Types) > 0 && !slices.Contains(n.Types, "object"):
		return holding{[]any{c.im.never()}, true}
	case n.RefTo != nil && n.Draft < jsonschema.Draft2019:
		return c.of(n.RefTo, depth+1) // what stands beside a reference is nothing there
	}
	out := c.each(n)
	if n.RefTo != nil {
		out.and(c.of(n.RefTo, depth+1))
	}
	for _, x := range n.AllOf {
		out.and(c.of(x, depth+1))
	}
	out.and(c.together(n, depth))
	return out
}

// each is what a place says of members one by one.
func (c *correlation) each(n *jsonschema.Node) holding {
	out := holding{exact: n.Enum == nil && n.Const == nil && n.PatternProperties == nil && n.AdditionalProperties == nil && n.PropertyNames == nil &&
		n.MinProperties == nil && n.MaxProperties == nil && n.UnevaluatedProperties == nil}
	for _, name := range n.Required {
		out.and(c.required(name))
	}
	for i := range n.Properties {
		p := &n.Properties[i]
		now := c.names[p.Key]
		if len(now) == 0 {
			out.exact = false
			continue
		}
		out.list = append(out.list, keywords{"properties": keywords{now[0]: c.im.ref(p.Node)}})
	}
	return out
}

func (c *correlation) required(name string) holding {
	now := c.names[name]
	if len(now) == 0 {
		return holding{}
	}
	return holding{[]any{keywords{"required": []string{now[0]}}}, true}
}

// together is what a place says of several members at once.
func (c *correlation) together(n *jsonschema.Node, depth int) holding {
	out := holding{exact: true}
	if len(n.AnyOf) > 0 {
		out.and(c.choice("anyOf", n.AnyOf, depth))
	}
	if len(n.OneOf) > 0 {
		out.and(c.choice("oneOf", n.OneOf, depth))
	}
	if n.Not != nil {
		if x := c.of(n.Not, depth+1); x.exact {
			out.list = append(out.list, keywords{"not": x.schema()})
		} else {
			out.exact = false
		}
	}
	if n.If != nil && (n.Then != nil || n.Else != nil) {
		out.and(c.conditional(n, depth))
	}
	for _, list := range [][]jsonschema.Dependency{n.Dependencies, n.DependentRequired, n.DependentSchemas} {
		for i := range list {
			out.and(c.dependency(&list[i], depth))
		}
	}
	return out
}

// choice is what branches say. Where one of them is not known exactly, an event
// of it may look like one of another, so no more than one of all is promised.
func (c *correlation) choice(keyword string, branches []*jsonschema.Node, depth int) holding {
	out, exact := make([]any, len(branches)), true
	for i, x := range branches {
		s := c.of(x, depth+1)
		out[i], exact = s.schema(), exact && s.exact
	}
	if !exact {
		keyword = "anyOf"
	}
	return holding{[]any{keywords{keyword: out}}, exact}
}

func (c *correlation) conditional(n *jsonschema.Node, depth int) holding {
	asked := c.of(n.If, depth+1)
	if !asked.exact {
		return holding{}
	}
	out := holding{exact: true}
	if n.Then != nil {
		then := c.of(n.Then, depth+1)
		out.and(holding{[]any{keywords{"anyOf": []any{keywords{"not": asked.schema()}, then.schema()}}}, then.exact})
	}
	if n.Else != nil {
		otherwise := c.of(n.Else, depth+1)
		out.and(holding{[]any{keywords{"anyOf": []any{asked.schema(), otherwise.schema()}}}, otherwise.exact})
	}
	return out
}

func (c *correlation) dependency(d *jsonschema.Dependency, depth int) holding {
	there := c.required(d.Key)
	if !there.exact {
		return holding{}
	}
	then := holding{exact: true}
	if d.Node != nil {
		then = c.of(d.Node, depth+1)
	}
	for _, name := range d.Names {
		then.and(c.required(name))
	}
	return holding{[]any{keywords{"anyOf": []any{keywords{"not": there.schema()}, then.schema()}}}, then.exact}
}
