package upcast

import (
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// presumed is part of the way back of a move into a record that the move made. That
// record may be null or absent in the new version: then the values come back as what
// the old version says of a place that holds nothing. No document can name it.
type presumed struct {
	Path   Path
	Leaves []leaf
}

// leaf is a value that comes back: its path in the record, and the field that it
// comes back to.
type leaf struct {
	path  Path
	field *plan.Field
	proto bool
}

// Name is move, of which it is a part.
func (*presumed) Name() string { return "move" }

// madeBy lists what is presumed of the records that a move from one place to
// another makes, from the outside to the inside.
func madeBy(t *plan.Type, moves [][2]Path) []*presumed {
	var out []*presumed
	for _, m := range moves {
		from, to := m[0], m[1]
		plain := func(p Path) bool {
			return !slices.ContainsFunc(p, func(s Segment) bool { return s.Kind != FieldSegment })
		}
		owner := typeAt(t, from[:len(from)-1])
		if !plain(from) || !plain(to) || owner == nil || owner.Kind != plan.Record {
			continue
		}
		i := slices.IndexFunc(owner.Fields, func(f plan.Field) bool { return f.Name == from[len(from)-1].Name })
		if i < 0 {
			continue
		}
		for n := 1; n < len(to); n++ {
			if typeAt(t, to[:n]) != nil {
				continue // it was there before
			}
			x := leaf{to[n:], &owner.Fields[i], owner.Proto()}
			if j := slices.IndexFunc(out, func(p *presumed) bool { return p.Path.String() == to[:n].String() }); j >= 0 {
				out[j].Leaves = append(out[j].Leaves, x)
			} else {
				out = append(out, &presumed{Path: to[:n], Leaves: []leaf{x}})
			}
		}
	}
	return out
}

// presume gives a record that may be null or absent as one that is there.
func (b *builder) presume(x plan.Node, op *presumed) plan.Node {
	null, single := b.mayBeNull(x)
	if !null || !single {
		return x
	}
	out := &plan.Make{}
	for i := range op.Leaves {
		value := op.Leaves[i].nothing()
		if value == nil {
			stop, _ := b.otherwise(x, Else{Kind: ElseDeadLetter}, op.Path)
			return b.required(x, stop, single)
		}
		putInto(out, op.Leaves[i].path, value, b)
	}
	return b.required(x, out, single)
}

// putInto puts a value into a record that is being made, with the records on the way.
func putInto(m *plan.Make, path Path, value plan.Node, b *builder) {
	if len(path) > 1 {
		inner, ok := &plan.Make{}, false
		if i := partOf(m, path[0]); i >= 0 {
			inner, ok = m.Fields[i].Node.(*plan.Make)
		}
		putInto(inner, path[1:], value, b)
		if ok {
			return
		}
		value = inner
	}
	m.Fields = append(m.Fields, plan.Part{Name: path[0].Name, Seq: b.next(), Node: value})
}

// nothing is what the old version says of a place that holds nothing; nil if it
// says nothing of the kind.
func (x *leaf) nothing() plan.Node {
	t := x.field.Type
	switch {
	case x.field.Optional:
		return &plan.Nothing{Type: t}
	case x.proto && x.field.HasDefault:
		return &plan.Lit{Value: x.field.Default, Type: t}
	case t.Kind == plan.Null:
		return &plan.Lit{Type: t}
	case t.Kind == plan.Union && t.Branch("null") >= 0:
		return &plan.Tag{Branch: "null", X: &plan.Lit{Type: t.Branches[t.Branch("null")].Type}}
	default:
		return nil
	}
}

// emptied ends the way back of such a move: a message that the move made, and that
// holds nothing any more but what is unknown, goes as the move came. No document can
// name it.
type emptied struct{ Path Path }

// Name is move, of which it is a part.
func (*emptied) Name() string { return "move" }

func (b *builder) emptied(n plan.Node, op *emptied) plan.Node {
	above, last := op.Path[:len(op.Path)-1], op.Path[len(op.Path)-1]
	return b.update(n, above, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, above, func(m *plan.Make) plan.Node {
			if i := partOf(m, last); i >= 0 && unknownAlone(m.Fields[i].Node) {
				m.Fields = slices.Delete(m.Fields, i, i+1)
			}
			return m
		})
	})
}

// unknownAlone reports whether a node gives a message without a field that it knows.
func unknownAlone(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Make:
		return (n.Rest == nil || n.Rest.Of.Type.Proto()) && !slices.ContainsFunc(n.Fields, func(p plan.Part) bool { return !unknownAlone(p.Node) })
	case *plan.Opt:
		return unknownAlone(n.Body) && (unknownAlone(n.Missing) || isStop(n.Missing))
	default:
		return hollow(n)
	}
}
