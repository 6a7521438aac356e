package upcast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// A step that parks what it loses is proved as any other. For events that are
// carried with what goes beside them, the steps are run once more: there, each
// value that a step loses stays as a hidden field beside the place that it was in,
// and moves with the record around it. The type of the target grows by these
// fields; at run time their values are split off, and joined again on the way
// down, whose steps put them back.

// parkMode says what a builder does with values that a step loses.
type parkMode uint8

const (
	noParking  parkMode = iota // they are lost
	parkBeside                 // they stay as hidden fields
	// parkLaw is parkBeside for the question whether going down and up again
	// changes nothing: what a restored value takes the place of is kept and comes
	// back on the way up. That the two belong together is asked of each event.
	parkLaw
)

// hiddenPrefix begins the names of hidden fields; no schema's do.
const hiddenPrefix = "\x00"

func hiddenName(s *Step) string { return hiddenPrefix + s.Pointer }

// wasName is the hidden field of what a restored value takes the place of.
func wasName(hidden string) string { return hidden + "!" }

func isHidden(name string) bool { return strings.Contains(name, hiddenPrefix) }

// parkPath is the path of a step that parks what it loses.
func parkPath(op Operation) (path Path, parks bool) {
	switch op := op.(type) {
	case *Drop:
		return op.Path, op.Park
	case *Set:
		return op.Path, op.Park
	case *Retype:
		return op.Path, op.Park
	case *Head:
		return op.Path, op.Park
	case *Filter:
		return op.Path, op.Park
	case *Narrow:
		return op.Path, op.Park
	case *Rest:
		return op.Path, op.Park
	}
	return nil, false
}

// innerSteps lists the steps inside an operation.
func innerSteps(op Operation) [][]Step {
	switch op := op.(type) {
	case *Each:
		return [][]Step{op.Steps}
	case *InType:
		return [][]Step{op.Steps}
	case *MapBranch:
		var out [][]Step
		for _, m := range op.Map {
			out = append(out, m.Steps)
		}
		return out
	case *SplitEvent:
		var out [][]Step
		for _, o := range op.Outputs {
			out = append(out, o.Steps)
		}
		return out
	}
	return nil
}

// parking finds the first step that parks what it loses, and the first of those
// that stands where nothing can be parked.
func parking(steps []Step, refused bool) (first, bad *Step) {
	for i := range steps {
		s := &steps[i]
		if path, parks := parkPath(s.Operation); parks {
			if first == nil {
				first = s
			}
			if !parksAt(s.Operation, path) || refused {
				return first, s
			}
		}
		inner := refused
		switch s.Operation.(type) {
		case *InType, *SplitEvent:
			inner = true
		}
		for _, list := range innerSteps(s.Operation) {
			f, b := parking(list, inner)
			if first == nil {
				first = f
			}
			if b != nil {
				return first, b
			}
		}
	}
	return first, nil
}

// parksAt reports whether a step loses something that has a place to go back to.
func parksAt(op Operation, path Path) bool {
	if rest, ok := op.(*Rest); ok {
		return rest.Mode == "drop"
	}
	return parkedField(path) != nil
}

// Parks reports whether steps of the document keep what they lose beside the event.
func (d *Document) Parks() bool {
	first, _ := parking(d.Steps, false)
	return first != nil
}

// Erases reports whether steps of the document erase parts of events.
func (d *Document) Erases() bool { return erasing(d.Steps) || erasing(d.DownSteps) }

func erasing(steps []Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool {
		_, ok := s.Operation.(*Erase)
		return ok || slices.ContainsFunc(innerSteps(s.Operation), erasing)
	})
}

// parkable refuses what cannot be parked, and says whether the document parks.
func (d *Document) parkable() (bool, error) {
	first, bad := parking(d.Steps, false)
	refuse := func(s *Step, what, hint string) (bool, error) {
		e := &Error{Code: Invalid}
		e.Problem.What, e.Problem.Hint = what, hint
		if s != nil {
			e.Problem.Path, e.Problem.Position = s.Pointer, s.Position
		} else {
			e.Problem.Path = "/parkIn"
		}
		return false, e
	}
	switch {
	case bad != nil:
		path, _ := parkPath(bad.Operation)
		switch op, rest := bad.Operation.(*Rest); {
		case rest && op.Mode != "drop":
			return refuse(bad, "rest with mode "+op.Mode+" loses nothing that could be parked", "park goes with mode drop; remove it")
		case !rest && parkedField(path) == nil:
			return refuse(bad, fmt.Sprintf("%s is no field, and only what is in one is parked", path), "remove park")
		}
		return refuse(bad, bad.Operation.Name()+" does not park inside inType or splitEvent", "name the path of the value, in a step of the document or of each")
	case first == nil && d.ParkIn != "":
		return refuse(nil, "parkIn names a place for parked values, and no step parks", "add park: true to the step that loses a value, or remove parkIn")
	case first != nil && d.Down != DownDerived:
		return refuse(first, "what is parked comes back by the derived way down, and the document names another", "remove down, or park")
	}
	return first != nil, nil
}

// parkedField is the innermost field on the path of a step: what is in it is
// parked whole. There is one: a document is refused otherwise.
func parkedField(p Path) Path {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i].named() {
			return p[:i+1]
		}
	}
	return nil
}

// applyParked carries out a step and keeps what it loses.
func (b *builder) applyParked(n plan.Node, s *Step) plan.Node {
	path, parks := parkPath(s.Operation)
	if b.parking == noParking || !parks {
		return b.apply(n, s.Operation)
	}
	if rest, ok := s.Operation.(*Rest); ok {
		return b.parkRest(n, s, rest)
	}
	field := parkedField(path)
	name := hiddenName(s)
	_, dropped := s.Operation.(*Drop)
	n = b.inRecordsAt(n, field, func(m *plan.Make, i int) {
		t, _ := b.types.Of(m.Fields[i].Node)
		if isOneof(t) {
			b.wrong(fmt.Sprintf("%s is a oneof, which is not parked", field), "park its members one by one, by mapBranch, or remove park")
		}
		p := plan.Part{Name: name, Seq: b.next(), Node: m.Fields[i].Node}
		switch {
		case dropped:
			p.From = m.Fields[i].From
		case b.parking == parkLaw:
			p.From = name
		}
		if dropped && b.parking == parkLaw {
			m.Rest = forgiven(m.Rest, m.Fields[i].Name)
		}
		m.Fields = append(m.Fields, p)
	})
	if b.err != nil {
		return n
	}
	n = b.apply(n, s.Operation)
	if b.parking != parkLaw || b.err != nil || dropped {
		return n
	}
	return b.inRecordsAt(n, field, func(m *plan.Make, i int) {
		if j := partOf(m, Segment{Name: wasName(name)}); j >= 0 {
			m.Fields[i].Node = m.Fields[j].Node
			m.Fields = slices.Delete(m.Fields, j, j+1)
			m.Rest = withoutHidden(m.Rest)
		}
	})
}

// inRecordsAt applies f to each record that holds a field, and to its place.
func (b *builder) inRecordsAt(n plan.Node, field Path, f func(m *plan.Make, i int)) plan.Node {
	above, last := field[:len(field)-1], field[len(field)-1]
	return b.update(n, above, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, above, func(m *plan.Make) plan.Node {
			i := partOf(m, last)
			if i < 0 {
				return b.unknown(field, last, m)
			}
			f(m, i)
			return m
		})
	})
}

// unpark is the inverse of a step that parked what it lost; no document can name
// it.
type unpark struct {
	Field   Path
	Hidden  string
	Dropped bool
	// Rest says that undeclared properties, or unknown fields, of the record at Field
	// were parked; Names are those that none of them has.
	Rest  bool
	Names []string
}

// Name is that of the key.
func (*unpark) Name() string { return "park" }

// parkBack is the inverse of a step that parks.
func (b *builder) parkBack(s *Step) (Operation, bool) {
	path, parks := parkPath(s.Operation)
	if b.parking == noParking || !parks {
		return nil, false
	}
	if _, ok := s.Operation.(*Rest); ok {
		name := hiddenName(s)
		return &unpark{Field: path, Hidden: name, Rest: true, Names: b.restNames[name]}, true
	}
	field := parkedField(path)
	_, dropped := s.Operation.(*Drop)
	return &unpark{Field: field, Hidden: hiddenName(s), Dropped: dropped}, true
}

// restored puts a parked value back into its place.
func (b *builder) restored(n plan.Node, op *unpark) plan.Node {
	if op.Rest {
		return b.restoredRest(n, op)
	}
	above, last := op.Field[:len(op.Field)-1], op.Field[len(op.Field)-1]
	return b.update(n, above, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, above, func(m *plan.Make) plan.Node {
			j := partOf(m, Segment{Name: op.Hidden})
			if j < 0 {
				return b.wrong(fmt.Sprintf("what was parked of %s is not there on the way down", op.Field), "a step after it takes its record apart: remove park")
			}
			kept := m.Fields[j]
			kept.Name, kept.Number = last.fieldName(), last.Number
			m.Fields = slices.Delete(m.Fields, j, j+1)
			m.Rest = withoutHidden(m.Rest)
			if i := partOf(m, last); i >= 0 {
				was := m.Fields[i]
				kept.From, kept.Seq, kept.Number = was.From, was.Seq, was.Number
				m.Fields[i] = kept
				if b.parking == parkLaw {
					m.Fields = append(m.Fields, plan.Part{Name: wasName(op.Hidden), Seq: b.next(), Node: was.Node})
				}
				return m
			}
			m.Rest = leaveOut(m.Rest, last.Name)
			m.Fields = append(m.Fields, kept)
			return m
		})
	})
}

// withoutHidden is a rest that speaks of no hidden field that its object does not
// have.
func withoutHidden(r *plan.Rest) *plan.Rest {
	if r == nil {
		return nil
	}
	out := *r
	out.Except = slices.DeleteFunc(slices.Clone(r.Except), func(name string) bool { return isHidden(name) && r.Of.Type.Field(name) < 0 })
	return &out
}

// forgiven is a rest that may hold a property of the name of a parked one. An event
// that holds both was not made by the way up, and is refused on the way down.
func forgiven(r *plan.Rest, name string) *plan.Rest {
	if r == nil || r.Of.Type.Field(name) >= 0 {
		return r
	}
	out := *r
	out.Except = slices.DeleteFunc(slices.Clone(r.Except), func(x string) bool { return x == name })
	return &out
}
