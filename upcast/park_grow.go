package upcast

import (
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// grower adds the hidden fields that steps have left to the type that they lead
// to.
type grower struct {
	hides map[*plan.Type]bool
	lost  bool // a hidden field has no place
}

// grownType is a type with the hidden fields of a tree. Behind its own fields, a
// record has those that were parked.
func (b *builder) grownType(t *plan.Type, root plan.Node) *plan.Type {
	u, ok := b.types.Of(root)
	g := &grower{hides: map[*plan.Type]bool{}}
	out := t
	if g.lost = !ok; ok {
		out = g.grow(t, u)
	}
	if g.lost && b.err == nil {
		b.err = misplaced()
	}
	return out
}

// misplaced refuses a document one of whose parked values has no place.
func misplaced() *Error {
	e := &Error{Code: Invalid}
	e.Problem.What = "a parked value does not keep its place on the way to the target"
	e.Problem.Hint = "a step after it takes its record apart, or its type contains itself: park it later, or remove park"
	return e
}

// in reports whether a type has a hidden field somewhere.
func (g *grower) in(t *plan.Type) bool {
	if t == nil {
		return false
	}
	if known, seen := g.hides[t]; seen {
		return known
	}
	g.hides[t] = false // while it is looked at
	found := slices.ContainsFunc(t.Fields, func(f plan.Field) bool { return isHidden(f.Name) || g.in(f.Type) }) || g.in(t.Elem) ||
		slices.ContainsFunc(t.Branches, func(x plan.Branch) bool { return g.in(x.Type) })
	g.hides[t] = found
	return found
}

func (g *grower) grow(t, u *plan.Type) *plan.Type {
	if !g.in(u) {
		return t
	}
	out := *t
	switch {
	case t.Kind == plan.Record && u.Kind == plan.Record:
		out.Fields = slices.Clone(t.Fields)
		for i := range u.Fields {
			g.field(&out, &u.Fields[i])
		}
	case t.Kind == plan.List && u.Kind == plan.List, t.Kind == plan.Map && u.Kind == plan.Map:
		out.Elem = g.grow(t.Elem, u.Elem)
	case t.Kind == plan.Union && u.Kind == plan.Union:
		out.Branches = slices.Clone(t.Branches)
		for i := range u.Branches {
			g.branch(&out, u.Branches[i].Name, u.Branches[i].Type)
		}
	case t.Kind == plan.Union:
		out.Branches = slices.Clone(t.Branches)
		g.branch(&out, u.Name, u)
	default:
		g.lost = true
		return t
	}
	return &out
}

// branch grows the branch of a union that takes a type.
func (g *grower) branch(t *plan.Type, name string, u *plan.Type) {
	if !g.in(u) {
		return
	}
	i := t.Branch(name)
	if i < 0 || name == "" {
		records := 0
		for j := range t.Branches {
			if t.Branches[j].Type.Kind == u.Kind {
				i, records = j, records+1
			}
		}
		if records != 1 {
			g.lost = true
			return
		}
	}
	t.Branches[i].Type = g.grow(t.Branches[i].Type, u)
}

// field adds a hidden field, or what is hidden in a field.
func (g *grower) field(t *plan.Type, f *plan.Field) {
	switch {
	case isHidden(f.Name):
		g.add(t, f)
	case g.in(f.Type):
		i := slices.IndexFunc(t.Fields, func(x plan.Field) bool {
			return f.Number > 0 && x.Number == f.Number || f.Number == 0 && (x.Name == f.Name || slices.Contains(x.Aliases, f.Name))
		})
		switch {
		case i >= 0:
			t.Fields[i].Type = g.grow(t.Fields[i].Type, f.Type)
		case onlyHidden(f.Type):
			g.add(t, f) // all else has left it
		default:
			g.lost = true
		}
	}
}

func (g *grower) add(t *plan.Type, f *plan.Field) {
	t.Fields = append(t.Fields, plan.Field{Name: f.Name, Type: f.Type, Optional: f.Optional})
}

// onlyHidden reports whether a record has nothing but hidden fields.
func onlyHidden(t *plan.Type) bool {
	return t.Kind == plan.Record && !t.Open && !slices.ContainsFunc(t.Fields, func(f plan.Field) bool { return !isHidden(f.Name) })
}
