package upcast

import (
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// origin is where a value that has a name comes from: what a node gives, or an
// element of that.
type origin struct {
	of      plan.Node
	element bool
}

// inner is one way into a value: the field of a name, or any element.
type inner struct {
	field   string
	element bool
}

var element = inner{element: true}

func (o origin) way() []inner {
	if o.element {
		return []inner{element}
	}
	return nil
}

// bind notes what a binder is bound to.
func (im *image) bind(b *plan.Binder, to plan.Node) { im.bound(b, origin{of: to}) }

// bindElement notes of which list or map a binder is an element.
func (im *image) bindElement(b *plan.Binder, over plan.Node) {
	im.bound(b, origin{of: over, element: true})
}

func (im *image) bound(b *plan.Binder, from origin) {
	if im.isNative(from.of) {
		im.native[b] = true
		return
	}
	im.made[b] = from
}

// copy is the schema of a part of the source, or of a value that has a name.
func (im *image) copy(n *plan.Copy) any {
	if im.native[n.From] {
		return im.typed(n.Type, true)
	}
	return im.known(n.Type, n)
}

// known is the schema of a value of a type that stands somewhere in what a node
// gives.
func (im *image) known(t *plan.Type, n plan.Node, way ...inner) any {
	out := im.typed(t, false)
	x, ok := im.inside(n, way)
	if !ok {
		return out
	}
	if x == nil {
		return nil
	}
	kinds, ok := out.(keywords)
	if !ok {
		return x
	}
	kinds["allOf"] = []any{x}
	return kinds
}

// inside is the schema of what stands in a value that a node gives; nil if nothing
// ever does. It is false if that is not known.
func (im *image) inside(n plan.Node, way []inner) (any, bool) {
	if im.left--; im.left <= 0 {
		return nil, false
	}
	if c, ok := n.(*plan.Copy); ok {
		return im.insideCopy(c, way)
	}
	if len(way) == 0 {
		return im.of(n), true
	}
	switch n := n.(type) {
	case *plan.Stop, *plan.Nothing:
		return nil, true
	case *plan.Cast:
		return im.inside(n.X, way)
	case *plan.Tag:
		return im.inside(n.X, way)
	case *plan.Lit:
		return im.insideLiteral(n, way)
	case *plan.Make:
		return im.insideMake(n, way)
	case *plan.Each:
		im.bindElement(n.Bind, n.Over)
		return im.insideElements(way, n.Body)
	case *plan.EachEntry:
		im.bindElement(n.Bind, n.Over)
		return im.insideElements(way, n.Body)
	case *plan.ListOf:
		return im.insideElements(way, n.Items...)
	case *plan.Call:
		if isElement(n.Func) {
			return im.inside(n.Args[0], slices.Concat([]inner{element}, way))
		}
		return nil, false
	default:
		return im.insideChoice(n, way)
	}
}

// isElement reports whether a function gives one element of a list.
func isElement(f *plan.Func) bool { return f == plan.First || f == plan.Last || f == plan.Only }

// insideChoice is what stands in one of the nodes that another chooses between.
func (im *image) insideChoice(n plan.Node, way []inner) (any, bool) {
	switch n := n.(type) {
	case *plan.Switch:
		bodies := make([]plan.Node, len(n.Cases))
		for i := range n.Cases {
			im.bind(n.Cases[i].Bind, n.On)
			bodies[i] = n.Cases[i].Body
		}
		return im.insideAny(way, bodies...)
	case *plan.Opt:
		if isNothing(n.On) {
			return im.inside(n.Missing, way)
		}
		im.bind(n.Bind, n.On)
		return im.insideAny(way, n.Body, n.Missing)
	case *plan.If:
		return im.insideAny(way, n.Then, n.Else)
	case *plan.OrElse:
		return im.insideAny(way, n.X, n.Else)
	case *plan.Let:
		im.bind(n.Bind, n.X)
		return im.inside(n.Body, way)
	case *plan.Check:
		return im.inside(n.Body, way)
	default:
		return nil, false
	}
}

// insideAny is what stands in one of some nodes.
func (im *image) insideAny(way []inner, nodes ...plan.Node) (any, bool) {
	var out []any
	for _, n := range nodes {
		x, ok := im.inside(n, way)
		if !ok {
			return nil, false
		}
		out = append(out, x)
	}
	return im.either(out...), true
}

// insideElements is what stands in a list or a map of such elements.
func (im *image) insideElements(way []inner, elements ...plan.Node) (any, bool) {
	if !way[0].element {
		return nil, false
	}
	return im.insideAny(way[1:], elements...)
}

// insideMake is what stands in a record that is made.
func (im *image) insideMake(n *plan.Make, way []inner) (any, bool) {
	for _, list := range [][]plan.Part{n.Fields, n.Extras} {
		for _, p := range list {
			if !way[0].element && p.Name == way[0].field {
				return im.inside(p.Node, way[1:])
			}
		}
	}
	return nil, false
}

// insideCopy is what stands in a part of the source, or of a value that has a name.
func (im *image) insideCopy(n *plan.Copy, way []inner) (any, bool) {
	var fields []inner
	t := n.From.Type
	for _, i := range n.Fields {
		fields = append(fields, inner{field: t.Fields[i].Name})
		t = t.Fields[i].Type
	}
	if im.native[n.From] {
		return im.insideType(n.Type, way)
	}
	from, ok := im.made[n.From]
	if !ok {
		return nil, false
	}
	return im.inside(from.of, slices.Concat(from.way(), fields, way))
}

// insideType is what stands in a value of the source of a type.
func (im *image) insideType(t *plan.Type, way []inner) (any, bool) {
	if len(way) == 0 {
		return im.typed(t, true), true
	}
	switch t.Kind {
	case plan.Union:
		var out []any
		for i := range t.Branches {
			x, ok := im.insideType(t.Branches[i].Type, way)
			if !ok {
				return nil, false
			}
			out = append(out, x)
		}
		return im.either(out...), true
	case plan.Record:
		for i := range t.Fields {
			if f := &t.Fields[i]; !way[0].element && f.Name == way[0].field {
				return im.insideType(f.Type, way[1:])
			}
		}
		return nil, !t.Open && !way[0].element
	case plan.List, plan.Map:
		if !way[0].element {
			return nil, t.Kind == plan.List
		}
		return im.insideType(t.Elem, way[1:])
	case plan.Any:
		return nil, false
	default:
		return nil, true
	}
}

// insideLiteral is what stands in a constant.
func (im *image) insideLiteral(n *plan.Lit, way []inner) (any, bool) {
	if n.Pending != nil {
		return nil, false
	}
	values := []plan.Value{n.Value}
	for _, w := range way {
		var next []plan.Value
		for _, v := range values {
			next = append(next, valuesIn(v, w)...)
		}
		values = next
	}
	var out []any
	for _, v := range values {
		if im.left--; im.left <= 0 {
			return nil, false
		}
		out = append(out, im.constant(v))
	}
	return im.either(out...), true
}

// valuesIn are the values that one step into a value leads to.
func valuesIn(v plan.Value, w inner) []plan.Value {
	var out []plan.Value
	switch v := v.(type) {
	case *plan.Tagged:
		return valuesIn(v.Value, w)
	case *plan.Rec:
		for i := range v.Type.Fields {
			if x := v.Fields[i]; !w.element && v.Type.Fields[i].Name == w.field && x != plan.Absent {
				out = append(out, x)
			}
		}
		for _, e := range v.Rest {
			if !w.element && e.Key == w.field {
				out = append(out, e.Value)
			}
		}
	case *plan.Entries:
		for _, e := range *v {
			if w.element || e.Key == w.field {
				out = append(out, e.Value)
			}
		}
	case []plan.Value:
		if w.element {
			return v
		}
	}
	return out
}
