package upcast

import (
	"slices"

	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// object is the schema of an object that is made.
func (im *image) object(n *plan.Make) any {
	properties, required := keywords{}, []string{}
	for _, list := range [][]plan.Part{n.Fields, n.Extras} {
		for _, p := range list {
			x := im.of(p.Node)
			properties[p.Name] = im.orNever(x)
			if !mayBeAbsent(p.Node) {
				required = append(required, p.Name)
			}
		}
	}
	out := keywords{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if n.Rest == nil {
		out["additionalProperties"] = false
		if im.draft == jsonschema.Draft4 {
			out["additionalProperties"] = im.never()
		}
	} else {
		im.rest(out, properties, n.Rest)
	}
	im.cases(n, out)
	return out
}

// mayBeAbsent reports whether a member may be absent, as far as is known before
// it is proved that it is not.
func mayBeAbsent(n plan.Node) bool {
	if c, ok := n.(*plan.Cast); ok {
		return mayBeAbsent(c.X)
	}
	return plan.MayBeAbsent(n)
}

// rest adds to the schema of an object what it keeps undeclared.
func (im *image) rest(out, properties keywords, r *plan.Rest) {
	made := make([]string, 0, len(properties))
	for name := range properties {
		made = append(made, name)
	}
	slices.Sort(made)
	for _, name := range r.Except {
		if _, ok := properties[name]; !ok {
			properties[name] = im.never()
		}
	}
	t := r.Of.Type
	for i := range t.Fields {
		if f := &t.Fields[i]; !slices.Contains(r.Except, f.Name) {
			properties[f.Name] = im.typed(f.Type, im.native[r.Of.From])
		}
	}
	out["properties"] = properties
	if !im.native[r.Of.From] {
		return
	}
	named := keywords{}
	for name := range properties {
		named[name] = keywords{}
	}
	var all []any
	for _, n := range plan.Surely(t.Schemas) {
		if x := im.undeclared(n, named, made); x != nil {
			all = append(all, x)
		}
	}
	if len(all) > 0 {
		out["allOf"] = all
	}
}

// undeclared is what one place of the source says of the members of an object
// that are not named.
func (im *image) undeclared(n *jsonschema.Node, named keywords, made []string) any {
	out := keywords{"properties": named}
	if n.PropertyNames != nil && len(named) == 0 {
		out["propertyNames"] = im.ref(n.PropertyNames)
	} else if n.PropertyNames != nil {
		names := make([]string, 0, len(named))
		for name := range named {
			names = append(names, name)
		}
		slices.Sort(names)
		out["propertyNames"] = keywords{"anyOf": []any{im.ref(n.PropertyNames), keywords{"enum": names}}}
	}
	var other any
	if n.AdditionalProperties != nil {
		other = im.ref(n.AdditionalProperties)
	}
	if len(n.PatternProperties) == 0 {
		if other != nil {
			out["additionalProperties"] = other
		}
	} else if patterns := im.patterns(n, made); patterns != nil {
		out["patternProperties"] = patterns
		if other != nil {
			out["additionalProperties"] = other
		}
	} else if other != nil {
		// A pattern speaks of a member that is made: it is not known to hold.
		list := []any{other}
		for i := range n.PatternProperties {
			list = append(list, im.ref(n.PatternProperties[i].Node))
		}
		out["additionalProperties"] = keywords{"anyOf": list}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

// patterns are the pattern properties of a place; nil if one of them speaks of a
// member that is made.
func (im *image) patterns(n *jsonschema.Node, made []string) keywords {
	out := keywords{}
	for i := range n.PatternProperties {
		p := &n.PatternProperties[i]
		for _, name := range made {
			if ok, err := p.Pattern.Match(name); ok || err != nil {
				return nil
			}
		}
		out[p.Pattern.Source] = im.ref(p.Node)
	}
	return out
}
