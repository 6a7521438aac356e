package plan

import "slices"

// AnyType and NeverType are the types without structure.
var (
	AnyType   = &Type{Kind: Any}
	NeverType = &Type{Kind: Never}
	NullType  = &Type{Kind: Null}
	BoolType  = &Type{Kind: Bool}
)

// TypeOf is the type of what a node gives, where it gives anything; ok is false
// where the ways through a node give types that have none in common.
func TypeOf(n Node) (t *Type, ok bool) {
	switch n := n.(type) {
	case *Copy:
		return n.Type, true
	case *Lit:
		if n.Type == nil {
			return AnyType, true
		}
		return n.Type, true
	case *Make:
		return n.typeOf()
	case *Tag:
		if n.Type != nil {
			return n.Type, true
		}
		x, ok := TypeOf(n.X)
		return &Type{Kind: Union, Branches: []Branch{{n.Branch, x}}}, ok
	case *Switch:
		t, ok = NeverType, true
		for i := range n.Cases {
			c, fine := TypeOf(n.Cases[i].Body)
			if t, ok = joined(t, c, ok && fine); !ok {
				return AnyType, false
			}
		}
		return t, true
	case *Opt:
		return joinOf(n.Body, n.Missing)
	case *Each:
		x, ok := TypeOf(n.Body)
		return &Type{Kind: List, Elem: x}, ok
	case *EachEntry:
		x, ok := TypeOf(n.Body)
		return &Type{Kind: Map, Elem: x}, ok
	case *ListOf:
		return &Type{Kind: List, Elem: n.Elem}, true
	case *Call:
		return n.Type, true
	case *If:
		return joinOf(n.Then, n.Else)
	case *OrElse:
		return joinOf(n.X, n.Else)
	case *Let:
		return TypeOf(n.Body)
	case *Check:
		return TypeOf(n.Body)
	case *Logic, *Quantify:
		return BoolType, true
	case *Nothing:
		return n.Type, true
	case *Stop:
		return NeverType, true
	case *Apply:
		return n.Fn.Result, true
	default:
		return AnyType, false
	}
}

func (n *Make) typeOf() (*Type, bool) {
	if n.Type != nil {
		return n.Type, true
	}
	t := &Type{Kind: Record, Name: n.Name, Open: n.Rest != nil}
	for _, p := range n.Fields {
		x, ok := TypeOf(p.Node)
		if !ok {
			return AnyType, false
		}
		t.Fields = append(t.Fields, Field{Name: p.Name, Number: p.Number, Type: x, Optional: MayBeAbsent(p.Node)})
	}
	return t, true
}

func joinOf(a, b Node) (*Type, bool) {
	x, ok := TypeOf(a)
	y, ok2 := TypeOf(b)
	return joined(x, y, ok && ok2)
}

func joined(a, b *Type, ok bool) (*Type, bool) {
	if !ok {
		return AnyType, false
	}
	return Join(a, b)
}

// Join is the least type that holds the values of both, if there is one.
func Join(a, b *Type) (*Type, bool) {
	switch {
	case a.Kind == Never || Same(a, b):
		return b, true
	case b.Kind == Never:
		return a, true
	case a.Kind == Union && b.Kind == Union:
		return joinUnions(a, b)
	case a.Kind == List && b.Kind == List || a.Kind == Map && b.Kind == Map:
		x, ok := Join(a.Elem, b.Elem)
		return &Type{Kind: a.Kind, Elem: x}, ok
	case a.Kind == Record && b.Kind == Record:
		return joinRecords(a, b)
	case a.Kind == Any || b.Kind == Any:
		return AnyType, true
	default:
		return AnyType, false
	}
}

func joinUnions(a, b *Type) (*Type, bool) {
	out := &Type{Kind: Union, Branches: slices.Clone(a.Branches)}
	for _, br := range b.Branches {
		i := slices.IndexFunc(out.Branches, func(x Branch) bool { return x.Name == br.Name })
		if i < 0 {
			out.Branches = append(out.Branches, br)
			continue
		}
		t, ok := Join(out.Branches[i].Type, br.Type)
		if !ok {
			return AnyType, false
		}
		out.Branches[i].Type = t
	}
	return out, true
}

// joinRecords joins records field by field; what only one has is optional.
func joinRecords(a, b *Type) (*Type, bool) {
	if a.Name != b.Name {
		return AnyType, false
	}
	out := &Type{Kind: Record, Name: a.Name, Open: a.Open || b.Open}
	for _, f := range a.Fields {
		if i := b.Field(f.Name); i >= 0 {
			t, ok := Join(f.Type, b.Fields[i].Type)
			if !ok {
				return AnyType, false
			}
			f.Type, f.Optional = t, f.Optional || b.Fields[i].Optional
		} else {
			f.Optional = true
		}
		out.Fields = append(out.Fields, f)
	}
	for _, f := range b.Fields {
		if a.Field(f.Name) < 0 {
			f.Optional = true
			out.Fields = append(out.Fields, f)
		}
	}
	return out, true
}

// MayBeAbsent reports whether a node may give no value.
func MayBeAbsent(n Node) bool {
	switch n := n.(type) {
	case *Copy:
		return n.Optional
	case *Nothing:
		return true
	case *Opt:
		return MayBeAbsent(n.Body) || MayBeAbsent(n.Missing)
	case *If:
		return MayBeAbsent(n.Then) || MayBeAbsent(n.Else)
	case *OrElse:
		return MayBeAbsent(n.X) || MayBeAbsent(n.Else)
	case *Let:
		return MayBeAbsent(n.Body)
	case *Check:
		return MayBeAbsent(n.Body)
	case *Switch:
		return slices.ContainsFunc(n.Cases, func(c Case) bool { return MayBeAbsent(c.Body) })
	case *Apply:
		return MayBeAbsent(n.Fn.Body)
	default:
		return false
	}
}
