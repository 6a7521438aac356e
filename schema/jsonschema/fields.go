package jsonschema

import (
	"strings"

	"github.com/instar-registry/instar/schema"
)

// Fields lists the properties that an event may have, in document order: what
// an object declares directly, by reference, and in the branches of its
// combinators. Array items are "[]", other members of an object "{}". A
// recursive schema is listed down to where it repeats.
func (s *Schema) Fields() []schema.Field {
	w := &fieldWalk{seen: map[string]bool{}, open: map[*Node]bool{}, most: s.limits.Fields}
	w.places(s.Root(), spot{})
	return w.out
}

// TopLevel lists the property names at the top of an event, in document order.
func (s *Schema) TopLevel() []string {
	var names []string
	seen := map[string]bool{}
	visited := map[*Node]bool{}
	var walk func(n *Node)
	walk = func(n *Node) {
		if visited[n] {
			return
		}
		visited[n] = true
		if !n.IsRef() {
			for _, p := range n.Properties {
				if !seen[p.Key] {
					seen[p.Key] = true
					names = append(names, p.Key)
				}
			}
		}
		n.shaping(walk)
	}
	walk(s.Root())
	return names
}

// shaping calls f for the in-place schemas that say what a value looks like;
// "not" and "if" do not.
func (n *Node) shaping(f func(*Node)) {
	n.inPlace(func(m *Node) {
		if m != n.Not && m != n.If {
			f(m)
		}
	})
}

// spot is a place in events: its path and its path in tag edits.
type spot struct{ path, entity string }

type fieldWalk struct {
	out  []schema.Field
	seen map[string]bool
	open map[*Node]bool
	most int
}

func (w *fieldWalk) places(n *Node, at spot) {
	if w.open[n] || len(w.out) >= w.most {
		return
	}
	w.open[n] = true
	defer delete(w.open, n)
	if !n.IsRef() {
		for _, p := range n.Properties {
			w.field(p.Key, p.Node, at)
		}
		for _, p := range n.PatternProperties {
			w.places(p.Node, at.under("{}"))
		}
		if n.AdditionalProperties != nil {
			w.places(n.AdditionalProperties, at.under("{}"))
		}
		for _, item := range append([]*Node{n.Items, n.AdditionalItems}, n.PrefixItems...) {
			if item != nil {
				w.places(item, at.under("[]"))
			}
		}
	}
	n.shaping(func(m *Node) { w.places(m, at) })
}

func (p spot) under(mark string) spot { return spot{p.path + mark, p.entity + mark} }

// segment quotes a name that would read as something else in a path.
func segment(name string) string {
	if name == "" || strings.ContainsAny(name, ".[]{}`<>?#$() ") {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return name
}

func (w *fieldWalk) field(name string, n *Node, at spot) {
	path := segment(name)
	if at.path != "" {
		path = at.path + "." + path
	}
	if !w.seen[path] && len(w.out) < w.most {
		w.seen[path] = true
		meant := n
		for range maxInPlace {
			if meant.RefTo == nil {
				break
			}
			meant = meant.RefTo
		}
		f := schema.Field{
			Path: path, Name: name, Type: meant.typeName(), Logical: meant.Format, Tags: n.Tags,
			Doc: n.Description, Position: n.Position(), Entity: path,
		}
		if f.Doc == "" {
			f.Doc = meant.Description
		}
		w.out = append(w.out, f)
	}
	w.places(n, spot{path: path, entity: path})
}

// typeName names a schema's type for people.
func (n *Node) typeName() string {
	switch {
	case n.Bool != nil:
		return map[bool]string{true: "any", false: "never"}[*n.Bool]
	case len(n.Types) == 1 && n.Types[0] == "object" && len(n.Properties) == 0 && (n.AdditionalProperties != nil && n.AdditionalProperties.Bool == nil):
		return "map"
	case len(n.Types) == 1:
		return n.Types[0]
	case len(n.Types) > 1, len(n.AnyOf) > 0, len(n.OneOf) > 0:
		return "union"
	case len(n.Properties) > 0 || len(n.AllOf) > 0:
		return "object"
	case n.Items != nil || n.PrefixItems != nil:
		return "array"
	case n.Enum != nil:
		return "enum"
	case n.Const != nil:
		return n.Const.Kind.String()
	default:
		return "any"
	}
}
