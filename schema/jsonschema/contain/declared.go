package contain

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// declarer states the assumption that a writer emits only declared properties:
// at every place of an event that is described by some schemas of the writer, a
// property occurs only if one of these schemas, or one that they apply in
// place, names it. Where none names any, or where one describes all further
// properties, nothing is assumed.
//
// A place is the set of the schemas that describe it, because a property may be
// declared by one branch and refined by another.
type declarer struct {
	*translator
	ids   map[spot]int
	memo  map[string]lit
	open  map[string]lit // top: no variable is needed yet
	depth int
}

// assumption is what holds of all events of the schema if its writer emits only
// declared properties.
func (t *translator) assumption() lit {
	d := &declarer{translator: t, ids: map[spot]int{}, memo: map[string]lit{}, open: map[string]lit{}}
	return d.place([]spot{t.spot(0, t.source.Root())})
}

// place is the assumption about one place. Deeper than the bound nothing is
// assumed, which is safe.
func (d *declarer) place(spots []spot) lit {
	if len(spots) == 0 || d.depth > maxNesting {
		return top
	}
	key := d.key(spots)
	if known, ok := d.memo[key]; ok {
		return known
	}
	if v, ok := d.open[key]; ok {
		if v == top {
			v = d.variable()
			d.open[key] = v
		}
		return v
	}
	d.step()
	d.open[key] = top
	d.depth++
	closure := d.closed(spots)
	l := d.and(append(d.members(closure), d.elements(closure)...)...)
	d.depth--
	if v := d.open[key]; v != top {
		d.bodies[v.node()] = l
	}
	delete(d.open, key)
	d.memo[key] = l
	return l
}

func (d *declarer) key(spots []spot) string {
	ids := make([]int, len(spots))
	for i, s := range spots {
		id, ok := d.ids[s]
		if !ok {
			id = len(d.ids)
			d.ids[s] = id
		}
		ids[i] = id
	}
	slices.Sort(ids)
	return fmt.Sprint(slices.Compact(ids))
}

// closed adds the schemas that are applied in place.
func (d *declarer) closed(spots []spot) []spot {
	var out []spot
	seen := map[spot]bool{}
	var add func(from int, n *jsonschema.Node)
	add = func(from int, n *jsonschema.Node) {
		if n == nil {
			return
		}
		at := d.spot(from, n)
		if seen[at] {
			return
		}
		seen[at] = true
		d.step()
		if n.RefTo != nil {
			add(at.scope, n.RefTo)
		}
		if n.IsRef() || n.Bool != nil {
			return
		}
		out = append(out, at)
		add(at.scope, d.dynamic(at))
		add(at.scope, d.recursive(at))
		for _, list := range [][]*jsonschema.Node{n.AllOf, n.AnyOf, n.OneOf, {n.Not, n.If, n.Then, n.Else}} {
			for _, m := range list {
				add(at.scope, m)
			}
		}
		for _, list := range [][]jsonschema.Dependency{n.Dependencies, n.DependentSchemas} {
			for _, dep := range list {
				add(at.scope, dep.Node)
			}
		}
	}
	for _, s := range spots {
		add(s.scope, s.node)
	}
	return out
}

// members is the assumption about properties.
func (d *declarer) members(closure []spot) []lit {
	names := map[string]bool{}
	patterns := bottom
	declares, mapped := false, false
	var further []spot // what describes properties by pattern, or all others
	for _, at := range closure {
		n := at.node
		for _, name := range namesOf(n) {
			names[name] = true
		}
		for _, p := range n.PatternProperties {
			patterns = d.or(patterns, d.pattern(p.Pattern))
			further = append(further, spot{p.Node, at.scope})
		}
		for _, m := range []*jsonschema.Node{n.AdditionalProperties, n.UnevaluatedProperties} {
			if m != nil && (m.Bool == nil || !*m.Bool) {
				mapped = true
				further = append(further, spot{m, at.scope})
			}
		}
	}
	declares = len(names) > 0 || patterns != bottom
	list := sortedKeys(names)
	literal := d.in(strSet(list))
	var out []lit
	if declares && !mapped {
		out = append(out, d.not(d.has(d.not(d.or(literal, patterns)), top)))
	}
	for _, name := range list {
		out = append(out, d.every(d.name(name), d.place(d.property(closure, name))))
	}
	return append(out, d.every(d.not(literal), d.place(further)))
}

// namesOf lists the names that a schema speaks of.
func namesOf(n *jsonschema.Node) []string {
	names := slices.Clone(n.Required)
	for _, p := range n.Properties {
		names = append(names, p.Key)
	}
	for _, list := range [][]jsonschema.Dependency{n.Dependencies, n.DependentRequired, n.DependentSchemas} {
		for _, dep := range list {
			names = append(append(names, dep.Key), dep.Names...)
		}
	}
	return names
}

// property lists the schemas that describe a named property.
func (d *declarer) property(closure []spot, name string) []spot {
	var out []spot
	for _, at := range closure {
		n := at.node
		found := false
		if m := n.Property(name); m != nil {
			out, found = append(out, spot{m, at.scope}), true
		}
		for _, p := range n.PatternProperties {
			// What cannot be judged counts as a match: more schemas assume less.
			if ok, err := p.Pattern.Match(name); ok || err != nil {
				out, found = append(out, spot{p.Node, at.scope}), true
			}
		}
		if m := n.AdditionalProperties; m != nil && !found {
			out = append(out, spot{m, at.scope})
		}
		if m := n.UnevaluatedProperties; m != nil {
			out = append(out, spot{m, at.scope})
		}
	}
	return out
}

// elements is the assumption about the items of arrays.
func (d *declarer) elements(closure []spot) []lit {
	longest := 0
	for _, at := range closure {
		longest = max(longest, len(at.node.PrefixItems))
	}
	var out []lit
	for i := range longest {
		out = append(out, d.not(d.itemAt(i, d.not(d.place(d.item(closure, i))))))
	}
	return append(out, d.not(d.many(longest, 1, d.not(d.place(d.item(closure, longest))))))
}

// item lists the schemas that may describe the item at a position.
func (d *declarer) item(closure []spot, i int) []spot {
	var out []spot
	for _, at := range closure {
		n := at.node
		list := []*jsonschema.Node{n.Items, n.AdditionalItems, n.Contains, n.UnevaluatedItems}
		if i < len(n.PrefixItems) {
			list = []*jsonschema.Node{n.PrefixItems[i], n.Contains, n.UnevaluatedItems}
		}
		for _, m := range list {
			if m != nil {
				out = append(out, spot{m, at.scope})
			}
		}
	}
	return out
}
