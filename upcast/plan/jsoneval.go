package plan

import (
	"cmp"
	"slices"
)

// json evaluates the nodes that only JSON has.
func (m *machine) json(n Node) (Value, *Failure) {
	switch n := n.(type) {
	case *Cast:
		x, f := m.eval(n.X)
		if f != nil {
			return nil, f
		}
		return recast(x, n.Type), nil
	case *Extra:
		if r, ok := m.copy(n.Of).(*Rec); ok {
			for _, e := range r.Rest {
				if e.Key == n.Name {
					return e.Value, nil
				}
			}
		}
		return Absent, nil
	}
	return nil, &Failure{Code: FailInput, Reason: "the value is no JSON"}
}

// rest calls f for each member that a Rest keeps, in its order.
func (m *machine) rest(n *Rest, f func(name string, v Value)) {
	if r, ok := m.copy(n.Of).(*Rec); ok {
		r.members(func(name string, v Value) {
			if !contains(n.Except, name) {
				f(name, Untyped(v))
			}
		})
	}
}

// extras adds to a record what its type does not declare, and the order of all
// members: that of the base, then the new ones.
func (m *machine) extras(n *Make, out *Rec) *Failure {
	there := map[string]string{} // members of the base and what they are called now
	var added []Part
	note := func(p *Part, v Value) {
		switch {
		case v == Absent:
		case p.From != "" && n.Base != nil:
			there[p.From] = p.Name
		default:
			added = append(added, *p)
		}
	}
	for i := range n.Fields {
		note(&n.Fields[i], out.Fields[i])
	}
	for i := range n.Extras {
		p := &n.Extras[i]
		v, f := m.eval(p.Node)
		if f != nil {
			return f
		}
		if note(p, v); v != Absent {
			out.Rest = append(out.Rest, Entry{p.Name, Untyped(v)})
		}
	}
	if n.Rest != nil {
		m.rest(n.Rest, func(name string, v Value) {
			out.Rest = append(out.Rest, Entry{name, v})
			there[name] = name
		})
	}
	if n.Base != nil {
		if r, ok := m.copy(n.Base).(*Rec); ok {
			r.members(func(name string, _ Value) {
				if now, ok := there[name]; ok {
					out.Order = append(out.Order, now)
				}
			})
		}
	}
	slices.SortStableFunc(added, func(a, b Part) int { return cmp.Compare(a.Seq, b.Seq) })
	for i := range added {
		out.Order = append(out.Order, added[i].Name)
	}
	return nil
}

// cast simplifies a Cast: of two, the outer one counts; one to the type that a
// value has is the value.
func cast(n *Cast, x Node) Node {
	if inner, ok := x.(*Cast); ok {
		x = inner.X
	}
	if t, ok := TypeOf(x); ok && t.JSON && Same(t, n.Type) && (!n.Sure || !MayBeAbsent(x)) {
		return x
	}
	return &Cast{X: x, Type: n.Type, Sure: n.Sure}
}

// wholeObject is the object that a Make puts together again from all members of
// one.
func (s *simplifier) wholeObject(n *Make) Node {
	t := n.Base.Type
	if n.Rest == nil && t.Open || n.Rest != nil && !sameCopy(n.Rest.Of, n.Base) || t.Kind != Record || len(n.Extras) > 0 {
		return n
	}
	left := map[string]bool{} // declared members that no part gives
	for i := range t.Fields {
		left[t.Fields[i].Name] = true
	}
	for i := range n.Fields {
		p := &n.Fields[i]
		x := p.Node
		if c, ok := x.(*Cast); ok {
			x = c.X
		}
		if f := memberNamed(t, p.Name); s.event != nil && f != nil && isOnly(x, f) {
			delete(left, p.Name)
			continue
		}
		if same := memberOf(x, n.Base); same != p.Name || p.From != p.Name && s.event == nil {
			if _, nothing := x.(*Nothing); nothing && n.Type != nil {
				continue
			}
			return n
		}
		delete(left, p.Name)
	}
	for name := range left {
		if n.Rest == nil || contains(n.Rest.Except, name) {
			return n
		}
	}
	if n.Rest != nil && !onlyNames(n.Rest.Except, n) {
		return n
	}
	whole := *n.Base
	if n.Type == nil || Same(t, n.Type) {
		return &whole
	}
	return &Cast{X: &whole, Type: n.Type}
}

func memberNamed(t *Type, name string) *Field {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return nil
}

// onlyNames reports whether the names are all members that the Make gives.
func onlyNames(names []string, n *Make) bool {
	for _, name := range names {
		if !slices.ContainsFunc(n.Fields, func(p Part) bool {
			_, nothing := p.Node.(*Nothing)
			return p.Name == name && !nothing
		}) {
			return false
		}
	}
	return true
}

// memberOf is the name of the member of an object that a node copies.
func memberOf(x Node, base *Copy) string {
	switch x := x.(type) {
	case *Copy:
		n := len(base.Fields)
		if x.From == base.From && len(x.Fields) == n+1 && slices.Equal(x.Fields[:n], base.Fields) {
			return base.Type.Fields[x.Fields[n]].Name
		}
	case *Extra:
		if sameCopy(x.Of, base) {
			return x.Name
		}
	}
	return ""
}

func sameCopy(a, b *Copy) bool { return a.From == b.From && slices.Equal(a.Fields, b.Fields) }

// IsSame reports whether a tree gives the JSON text of a binder's value,
// unchanged.
func IsSame(n Node, b *Binder) bool {
	n = Simplify(n)
	if c, ok := n.(*Cast); ok {
		n = c.X
	}
	return isCopyOf(n, b)
}

// Takes reports whether an untyped value is one of a type.
func Takes(t *Type, v Value) bool {
	_, ok := typed(v, t)
	return ok
}
