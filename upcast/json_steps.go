package upcast

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// ofObject adds to the fields of a JSON object that they keep their places among
// its members.
func ofObject(m *plan.Make, n *plan.Copy) {
	m.Base = n
	for i := range m.Fields {
		m.Fields[i].From = m.Fields[i].Name
		m.Rest = leaveOut(m.Rest, m.Fields[i].Name)
	}
}

// membersOf opens an object that was read as another type: the members are those
// of the object, and the type says which of them are declared. Nil if it is no
// copy of an object.
func membersOf(n *plan.Cast) *plan.Make {
	c, ok := n.X.(*plan.Copy)
	if !ok || c.Type.Kind != plan.Record || n.Type.Kind != plan.Record {
		return nil
	}
	out := &plan.Make{Base: c, Rest: &plan.Rest{Of: c}}
	for i := range n.Type.Fields {
		f := &n.Type.Fields[i]
		out.Rest = leaveOut(out.Rest, f.Name)
		member := memberOf(c, f.Name)
		if member == nil {
			continue
		}
		out.Fields = append(out.Fields, plan.Part{
			Name: f.Name, From: f.Name, Node: &plan.Cast{X: member, Type: f.Type, Sure: !f.Optional},
		})
	}
	return out
}

// constantMembers opens an object that is a constant.
func (b *builder) constantMembers(r *plan.Rec) *plan.Make {
	out := &plan.Make{}
	for i, f := range r.Type.Fields {
		out.Fields = append(out.Fields, plan.Part{Name: f.Name, Seq: b.next(), Node: constant(r.Fields[i], f.Type)})
	}
	for _, e := range r.Rest {
		out.Extras = append(out.Extras, plan.Part{Name: e.Key, Seq: b.next(), Node: &plan.Lit{Value: e.Value, Type: plan.AnyJSON}})
	}
	return out
}

// memberOf is a member of an object of the source, declared or not; nil if there
// can be none of that name.
func memberOf(c *plan.Copy, name string) plan.Node {
	if i := c.Type.Field(name); i >= 0 {
		f := &c.Type.Fields[i]
		return &plan.Copy{From: c.From, Fields: append(slices.Clone(c.Fields), i), Type: f.Type, Optional: f.Optional}
	}
	if c.Type.Open {
		return &plan.Extra{Of: c, Name: name}
	}
	return nil
}

// leaveOut leaves a name out of what an object holds undeclared.
func leaveOut(r *plan.Rest, name string) *plan.Rest {
	if r == nil || r.Of.Type.Proto() || slices.Contains(r.Except, name) {
		return r // what is unknown in Protobuf has no names
	}
	out := *r
	out.Except = append(slices.Clone(r.Except), name)
	return &out
}

// next numbers the members that are new.
func (b *builder) next() int {
	b.ids++
	return b.ids
}

// onConflict is a new member where an open object may hold an undeclared one of
// that name.
func (b *builder) onConflict(m *plan.Make, s Segment, made plan.Node, how string, path Path) plan.Node {
	if m.Rest == nil || m.Base == nil || slices.Contains(m.Rest.Except, s.Name) {
		return made
	}
	if how == "" {
		how = "overwrite"
	}
	b.note("an undeclared property %s is %s", path, map[string]string{"overwrite": "overwritten", "keep": "kept", "fail": "sent to the dead letter"}[how])
	bind := b.bind(plan.AnyJSON)
	out := &plan.Opt{On: &plan.Extra{Of: m.Rest.Of, Name: s.Name}, Bind: bind, Missing: made}
	switch how {
	case "keep":
		out.Body = whole(bind)
	case "fail":
		out.Body = &plan.Stop{Code: plan.FailDead, Hop: b.hop, Step: b.step, Path: path.String(), Reason: "an undeclared property of that name exists"}
	default:
		return made
	}
	return out
}

// note keeps a fact that a reader of the verdict should know.
func (b *builder) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(b.notes, text) {
		b.notes = append(b.notes, text)
	}
}

// undeclaredMap is the type of undeclared properties together.
var undeclaredMap = &plan.Type{Kind: plan.Map, JSON: true, Elem: plan.AnyJSON}

// rest says what becomes of undeclared properties.
func (b *builder) rest(n plan.Node, op *Rest) plan.Node {
	return b.update(n, op.Path, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, op.Path, func(m *plan.Make) plan.Node {
			b.acts(m.Rest != nil, op.Path.String()+" has no undeclared properties", "remove the step")
			if m.Rest != nil && m.Base == nil {
				return b.unknownRest(m, op)
			}
			others := &plan.Make{Base: m.Base, Rest: m.Rest, Fields: m.Extras}
			switch op.Mode {
			case "drop":
				m.Rest, m.Extras = nil, nil
				return b.forget(others, m)
			case "into":
				m.Rest, m.Extras = nil, nil
				return b.put(m, op.To, func(*plan.Make) plan.Node { return &plan.Cast{X: others, Type: undeclaredMap} }, "overwrite")
			}
			return m
		})
	})
}

// unknownRest says what becomes of what is unknown in a Protobuf message.
func (b *builder) unknownRest(m *plan.Make, op *Rest) plan.Node {
	switch op.Mode {
	case "into":
		return b.wrong(fmt.Sprintf("what is unknown in %s has no names to be keys", op.Path), "use mode keep or drop")
	case "drop":
		m.Rest = nil
	}
	return m
}

// restLost reports that the undeclared properties of an object have no place.
func (b *builder) restLost(path Path) {
	if b.fused {
		return
	}
	b.breaks("O6", path.String(), fmt.Sprintf("undeclared properties of %s have no place", path), "add rest: {path: "+path.String()+", mode: drop} before")
}

// there applies f to a value that is there; the event without it has no image.
func (b *builder) there(path Path, f func(plan.Node) plan.Node) func(plan.Node) plan.Node {
	return func(n plan.Node) plan.Node {
		return b.spread(n, func(x plan.Node) plan.Node {
			if b.types.MayBeAbsent(x) {
				return b.onAbsent(x, path, f)
			}
			return f(x)
		})
	}
}
