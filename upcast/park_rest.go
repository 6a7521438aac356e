package upcast

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// What rest drops is parked as the hidden field of a record that declares nothing:
// its undeclared properties, or unknown fields, are what was lost. On the way down
// they are those of the image again, in the place of its own: an event that has got
// others since is not the one that was carried up, and is refused.

// parkedRest tells the undeclared properties of a JSON object as a hidden field, and
// parkedUnknown the unknown fields of a Protobuf message.
var (
	parkedRest    = &plan.Type{Kind: plan.Record, JSON: true, Open: true}
	parkedUnknown = plan.UnknownAlone()
)

func isParkedRest(t *plan.Type) bool { return t == parkedRest || t == parkedUnknown }

// holdsParkedRest reports whether a record has what was parked of its undeclared
// properties, or unknown fields.
func holdsParkedRest(t *plan.Type) bool {
	return slices.ContainsFunc(t.Fields, func(f plan.Field) bool { return isParkedRest(f.Type) })
}

// parkRest carries out the step rest and keeps what it leaves out.
func (b *builder) parkRest(n plan.Node, s *Step, op *Rest) plan.Node {
	name := hiddenName(s)
	n = b.update(n, op.Path, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, op.Path, func(m *plan.Make) plan.Node {
			p := plan.Part{Name: name, Seq: b.next(), From: name, Node: b.restOf(m)}
			if b.parking != parkLaw {
				p.From = ""
			}
			if m.Rest != nil && m.Base != nil {
				b.restNames[name] = slices.Clone(m.Rest.Except)
			}
			was := partOf(m, Segment{Name: wasName(name)})
			var own plan.Node
			if was >= 0 {
				own = m.Fields[was].Node
				m.Fields = slices.Delete(m.Fields, was, was+1)
			}
			if m.Rest, m.Extras = nil, nil; b.parking == parkLaw && own != nil {
				b.giveRest(m, own, nil)
			}
			m.Fields = append(m.Fields, p)
			return m
		})
	})
	return n
}

// restOf is what a record holds beside its declared fields, alone.
func (b *builder) restOf(m *plan.Make) plan.Node {
	if m.Rest != nil && isParkedRest(m.Rest.Of.Type) && len(m.Extras) == 0 && b.parking == parkLaw {
		return m.Rest.Of // what else its names might be was never parked
	}
	if m.Base == nil {
		return &plan.Make{Type: parkedUnknown, Rest: m.Rest}
	}
	return &plan.Cast{X: &plan.Make{Base: m.Base, Rest: withoutHidden(m.Rest), Fields: m.Extras}, Type: parkedRest}
}

// restoredRest gives a record the undeclared properties, or unknown fields, that were
// parked.
func (b *builder) restoredRest(n plan.Node, op *unpark) plan.Node {
	return b.update(n, op.Field, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, op.Field, func(m *plan.Make) plan.Node {
			j := partOf(m, Segment{Name: op.Hidden})
			out := *m
			if out.Rest, out.Extras = nil, nil; j < 0 || !b.giveRest(&out, m.Fields[j].Node, op.Names) {
				return b.wrong(fmt.Sprintf("what was parked of %s is not there on the way down", op.Field), "a step after it takes its record apart: remove park")
			}
			out.Fields = slices.Delete(slices.Clone(m.Fields), j, j+1)
			if b.parking == parkLaw {
				m.Rest = withoutHidden(m.Rest)
				out.Fields = append(out.Fields, plan.Part{Name: wasName(op.Hidden), Seq: b.next(), Node: b.restOf(m)})
			}
			return &out
		})
	})
}

// giveRest makes the record of a hidden field, or what it was made of, the rest of
// another one, but for some names; false if it is neither.
func (b *builder) giveRest(m *plan.Make, n plan.Node, except []string) bool {
	if c, ok := n.(*plan.Cast); ok {
		n = c.X
	}
	switch x := n.(type) {
	case *plan.Copy:
		m.Rest = &plan.Rest{Of: x, Except: slices.Clone(except)}
		return true
	case *plan.Make:
		m.Rest, m.Extras = x.Rest, x.Fields
		for _, name := range except {
			m.Rest = leaveOut(m.Rest, name)
		}
		return true
	}
	return false
}
