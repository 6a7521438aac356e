package jsonschema

import (
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// object makes an object of flat's properties.
func (g *generator) object(flat []*Node, depth int) (*jsonx.Value, error) {
	o := &objectSample{g: g, flat: flat, depth: depth, value: &jsonx.Value{Kind: jsonx.Object}}
	for _, name := range o.names() {
		if err := o.put(name, true); err != nil {
			return nil, err
		}
	}
	if err := o.fill(); err != nil {
		return nil, err
	}
	return o.value, nil
}

type objectSample struct {
	g     *generator
	flat  []*Node
	depth int
	value *jsonx.Value
}

// names lists the properties to make: the required ones, at the top of a small
// event all that are declared if none is, and in others a random choice.
func (o *objectSample) names() []string {
	var names, optional []string
	for _, n := range o.flat {
		for _, name := range n.Required {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, n := range o.flat {
		for _, p := range n.Properties {
			if !slices.Contains(names, p.Key) && !slices.Contains(optional, p.Key) {
				optional = append(optional, p.Key)
			}
		}
	}
	for _, name := range optional {
		wanted := o.g.plain && o.depth == 0 && len(names) == 0 && o.g.first
		if !o.g.plain {
			wanted = o.depth < 6 && o.g.below(3+o.depth) < 2
		}
		if wanted {
			names = append(names, name)
			if o.g.plain {
				break
			}
		}
	}
	return names
}

// put makes one property and what depends on it.
func (o *objectSample) put(name string, required bool) error {
	if o.value.Get(name) != nil {
		return nil
	}
	v, err := o.g.value(o.schemas(name), o.depth+1)
	if err != nil {
		if required {
			return err
		}
		return nil
	}
	o.value.Members = append(o.value.Members, jsonx.Member{Key: name, Value: v})
	for _, n := range o.flat {
		for _, list := range [][]Dependency{n.Dependencies, n.DependentRequired, n.DependentSchemas} {
			for _, d := range list {
				if d.Key != name {
					continue
				}
				needed := d.Names
				if d.Node != nil {
					needed = d.Node.Required
				}
				for _, other := range needed {
					if err := o.put(other, true); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// schemas lists what judges a property.
func (o *objectSample) schemas(name string) []*Node {
	var out []*Node
	for _, n := range o.flat {
		covered := false
		if p := n.Property(name); p != nil {
			out, covered = append(out, p), true
		}
		for _, p := range n.PatternProperties {
			if ok, err := p.Pattern.Match(name); err == nil && ok {
				out, covered = append(out, p.Node), true
			}
		}
		if !covered && n.AdditionalProperties != nil {
			out = append(out, n.AdditionalProperties)
		}
	}
	return out
}

// fill adds properties until there are as many as "minProperties" wants.
func (o *objectSample) fill() error {
	want := 0
	for _, n := range o.flat {
		if n.MinProperties != nil {
			want = max(want, int(min(n.MinProperties.Float(), 1e6)))
		}
	}
	if want > 1_000 {
		return errStuck
	}
	for _, n := range o.flat {
		for _, p := range n.Properties {
			if len(o.value.Members) < want {
				if err := o.put(p.Key, false); err != nil {
					return err
				}
			}
		}
		for _, p := range n.PatternProperties {
			if len(o.value.Members) < want && p.Pattern.Unsupported == "" {
				if name, ok := o.g.word(p.Pattern); ok {
					if err := o.put(name, false); err != nil {
						return err
					}
				}
			}
		}
	}
	for i := 0; len(o.value.Members) < want && i < 2*want; i++ {
		if err := o.put("p"+strconv.Itoa(i), false); err != nil {
			return err
		}
	}
	return nil
}

// array makes an array of the least or a random length.
func (g *generator) array(flat []*Node, depth int) (*jsonx.Value, error) {
	low, high, unique := 0, 1_000, false
	var wanted [][]*Node
	for _, n := range flat {
		if n.MinItems != nil {
			low = max(low, int(min(n.MinItems.Float(), 1e6)))
		}
		if n.MaxItems != nil {
			high = min(high, int(min(n.MaxItems.Float(), 1e6)))
		}
		unique = unique || (n.UniqueItems != nil && *n.UniqueItems)
		if n.Contains != nil {
			times := 1
			if n.MinContains != nil {
				times = int(min(n.MinContains.Float(), 1e3))
			}
			for range times {
				wanted = append(wanted, []*Node{n.Contains})
			}
		}
	}
	if len(wanted) > 0 {
		for _, n := range flat {
			low = max(low, min(len(n.PrefixItems)+len(wanted), high))
		}
	}
	if low > high || low > 1_000 {
		return nil, errStuck
	}
	if !g.plain && depth < 6 {
		low += g.below(min(3, high-low+1))
	}
	out := &jsonx.Value{Kind: jsonx.Array}
	seen := map[string]bool{}
	for i := range low {
		schemas := itemSchemas(flat, i)
		if len(wanted) > low-1-i && len(wanted) > 0 {
			schemas = append(schemas, wanted[0]...)
			wanted = wanted[1:]
		}
		v, err := g.item(schemas, depth, unique, seen)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// item makes one element, another one than before where they must differ.
func (g *generator) item(schemas []*Node, depth int, unique bool, seen map[string]bool) (*jsonx.Value, error) {
	for range 20 {
		v, err := g.value(schemas, depth+1)
		if err != nil {
			return nil, err
		}
		key := string(appendCanonical(nil, v, true))
		if !unique || !seen[key] {
			seen[key] = true
			return v, nil
		}
		first, plain := g.first, g.plain
		g.first, g.plain = false, false
		v, err = g.value(schemas, depth+1)
		g.first, g.plain = first, plain
		if err != nil {
			return nil, err
		}
		if key = string(appendCanonical(nil, v, true)); !seen[key] {
			seen[key] = true
			return v, nil
		}
	}
	return nil, errStuck
}

func itemSchemas(flat []*Node, i int) []*Node {
	var out []*Node
	for _, n := range flat {
		switch {
		case i < len(n.PrefixItems):
			out = append(out, n.PrefixItems[i])
		case n.Items != nil:
			out = append(out, n.Items)
		case n.AdditionalItems != nil && n.PrefixItems != nil:
			out = append(out, n.AdditionalItems)
		}
	}
	return out
}
