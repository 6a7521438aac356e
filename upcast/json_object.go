package upcast

import (
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// reread assigns a value of the source, or of the hop before, as it is. It is
// taken apart only where the target puts something in: a default, or a new name.
func (b *builder) reread(n plan.Node, s, t *plan.Type, path string) plan.Node {
	same := plan.Same(s, t)
	if same || !puts(s, t, map[[2]*plan.Type]bool{}) {
		if c, ok := n.(*plan.Cast); ok {
			return b.asType(&plan.Cast{X: c.X, Type: t, Sure: c.Sure}, t)
		}
		if same {
			return n
		}
		return b.asType(n, t)
	}
	if b.types.MayBeAbsent(n) {
		bind := b.bindPart(n, s)
		return &plan.Opt{On: n, Bind: bind, Body: b.takeApart(whole(bind), s, t, path), Missing: &plan.Nothing{Type: t}}
	}
	return b.takeApart(n, s, t, path)
}

func (b *builder) takeApart(n plan.Node, s, t *plan.Type, path string) plan.Node {
	switch {
	case s.Kind == plan.Union:
		return b.assign(b.eachBranch(n, func(branch string, x plan.Node) plan.Node { return &plan.Tag{Branch: branch, X: x} }), t, path)
	case t.Kind == plan.Union:
		return b.intoBranch(n, t, path)
	case s.Kind == plan.List:
		return b.asType(b.eachElement(n, nil, func(x plan.Node) plan.Node { return b.assign(x, t.Elem, path+"[]") }), t)
	case s.Kind == plan.Map:
		return b.asType(b.eachValue(n, nil, func(x plan.Node) plan.Node { return b.assign(x, t.Elem, path+"{}") }), t)
	}
	c, ok := n.(*plan.Copy)
	if !ok {
		if m := b.record(n); m != nil {
			return b.assignObject(m, t, path)
		}
		bind := b.bindPart(n, s)
		return &plan.Let{X: n, Bind: bind, Body: b.takeApart(whole(bind), s, t, path)}
	}
	return b.fromFields(c, s, t, path, func(m *plan.Make) plan.Node { return b.assignObject(m, t, path) })
}

// puts reports whether a target puts something into values of the source.
func puts(s, t *plan.Type, seen map[[2]*plan.Type]bool) bool {
	pair := [2]*plan.Type{s, t}
	if s == t || seen[pair] {
		return false
	}
	seen[pair] = true
	switch {
	case s.Kind == plan.Union:
		return slices.ContainsFunc(s.Branches, func(x plan.Branch) bool { return puts(x.Type, t, seen) })
	case t.Kind == plan.Union:
		fitting := slices.DeleteFunc(slices.Clone(t.Branches), func(x plan.Branch) bool { return !plan.Meet(s, x.Type) })
		return len(fitting) == 1 && puts(s, fitting[0].Type, seen)
	case s.Kind == plan.List && t.Kind == plan.List, s.Kind == plan.Map && t.Kind == plan.Map:
		return puts(s.Elem, t.Elem, seen)
	case s.Kind != plan.Record || t.Kind != plan.Record:
		return false
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		j := s.Field(f.Name)
		switch {
		case j < 0 && slices.ContainsFunc(f.Aliases, func(old string) bool { return s.Field(old) >= 0 }),
			!f.Optional && f.HasDefault && (j < 0 || s.Fields[j].Optional),
			!f.Optional && j < 0 && !s.Open,
			j >= 0 && puts(s.Fields[j].Type, f.Type, seen):
			return true
		}
	}
	return !t.Open && slices.ContainsFunc(s.Fields, func(f plan.Field) bool { return t.Field(f.Name) < 0 })
}

// assignObject gives an object that steps have made, or opened, its type.
func (b *builder) assignObject(m *plan.Make, t *plan.Type, path string) plan.Node {
	b.unknownGone(m, path)
	switch t.Kind {
	case plan.Record:
		return b.assignMembers(m, t, path)
	case plan.Union:
		return b.intoBranch(m, t, path)
	}
	out := *m
	out.Type, out.Fields, out.Extras = nil, nil, nil
	for _, list := range [][]plan.Part{m.Fields, m.Extras} {
		for _, p := range list {
			p.Node = b.assign(p.Node, elemOf(t), join(path, p.Name))
			out.Fields = append(out.Fields, p)
		}
	}
	return &plan.Cast{X: &out, Type: t}
}

// assignMembers finds the members of an object: those that its type declares by
// name or former name, and what it holds beside them.
func (b *builder) assignMembers(m *plan.Make, t *plan.Type, path string) plan.Node {
	b.unknownGone(m, path)
	out := &plan.Make{Type: t, Base: m.Base, Fields: make([]plan.Part, len(t.Fields)), Rest: m.Rest}
	parts := m.Fields
	if len(m.Extras) > 0 {
		parts = slices.Concat(m.Fields, m.Extras)
	}
	used := make([]bool, len(parts))
	index := indexOf(&plan.Make{Fields: parts})
	for i := range t.Fields {
		f := &t.Fields[i]
		at := join(path, f.Name)
		p := plan.Part{Name: f.Name}
		if j := index.part(f); j >= 0 && !used[j] {
			used[j] = true
			p.From, p.Seq, p.Node = parts[j].From, parts[j].Seq, b.member(parts[j].Node, f, at)
		} else if x := undeclaredMember(m, f.Name); x != nil {
			p.From, p.Node = f.Name, b.member(x, f, at)
		} else {
			p.Seq, p.Node = b.next(), b.missingMember(f, at)
		}
		out.Rest = leaveOut(out.Rest, f.Name)
		out.Fields[i] = p
	}
	for j, p := range parts {
		if used[j] || hollow(p.Node) {
			continue
		}
		at := join(path, p.Name)
		if !t.Open {
			b.homeless[at] = Problem{
				Obligation: "O6", Path: at, Message: at + " has no place in the target",
				Fix: "add drop: {path: " + at + "}, or rename or move it",
			}
		}
		p.Node = b.assign(p.Node, plan.AnyJSON, at)
		out.Rest = leaveOut(out.Rest, p.Name)
		out.Extras = append(out.Extras, p)
	}
	return out
}

// undeclaredMember is a member that an object may hold without its steps having named
// it.
func undeclaredMember(m *plan.Make, name string) plan.Node {
	if m.Rest == nil || slices.Contains(m.Rest.Except, name) {
		return nil
	}
	return memberOf(m.Rest.Of, name)
}

// member assigns a value to a declared member.
func (b *builder) member(n plan.Node, f *plan.Field, at string) plan.Node {
	if isNothing(n) {
		return b.missingMember(f, at)
	}
	if f.Optional || !b.types.MayBeAbsent(n) {
		return b.assign(n, f.Type, at)
	}
	if f.HasDefault {
		bind := b.bind(b.typeOf(n))
		missing := plan.Node(&plan.Lit{Value: f.Default, Type: f.Type})
		if was, t := unset(n); was != nil {
			missing = b.assign(&plan.Lit{Value: was, Type: t}, f.Type, at) // what readers of the message took it for
		}
		return &plan.Opt{On: n, Bind: bind, Body: b.assign(whole(bind), f.Type, at), Missing: missing}
	}
	// The schemas decide whether it can really be absent.
	x := b.assign(n, f.Type, at)
	if c, ok := x.(*plan.Cast); ok {
		x = c.X
	}
	return &plan.Cast{X: x, Type: f.Type, Sure: true}
}

func (b *builder) missingMember(f *plan.Field, at string) plan.Node {
	if f.Optional {
		return &plan.Nothing{Type: f.Type}
	}
	return b.missing(f, at)
}
