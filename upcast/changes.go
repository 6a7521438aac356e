package upcast

import (
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// Change is what a step of a hop does to one place of an event. The places are
// JSON Pointers in which * is each element or each value; From is empty where the
// step makes something, To where it leaves something out, and both where it is
// about the event as a whole.
type Change struct {
	Step     int // from 1
	Op       string
	From, To string
}

// Changes lists what the steps of the hop do, in their order; a derived hop has
// none.
func (h *Hop) Changes() []Change { return changes(nil, h.steps, "", 0) }

// changes lists the steps at a place of the event. number is that of the step
// around them; 0 if they are the steps of the document.
func changes(out []Change, steps []Step, at string, number int) []Change {
	for i := range steps {
		n := number
		if n == 0 {
			n = i + 1
		}
		l := changeList{out: out, at: at, step: n, op: steps[i].Operation.Name()}
		if !l.shape(steps[i].Operation) && !l.inside(steps[i].Operation) {
			l.values(steps[i].Operation)
		}
		out = l.out
	}
	return out
}

// changeList collects the changes of one step.
type changeList struct {
	out  []Change
	at   string
	step int
	op   string
}

func (l *changeList) put(from, to string) {
	l.out = append(l.out, Change{Step: l.step, Op: l.op, From: from, To: to})
}

// move, make, leave and same note what becomes of places.
func (l *changeList) move(from, to Path) { l.put(from.pointer(l.at), to.pointer(l.at)) }
func (l *changeList) make(p Path)        { l.put("", p.pointer(l.at)) }
func (l *changeList) leave(p Path)       { l.put(p.pointer(l.at), "") }
func (l *changeList) same(p Path)        { l.move(p, p) }

// pointer is the path below a place as a JSON Pointer.
func (p Path) pointer(at string) string {
	for _, s := range p {
		switch s.Kind {
		case FieldSegment, BranchSegment:
			at = jsonx.Pointer(at, s.Name)
		case NumberSegment:
			at = jsonx.Pointer(at, "#"+strconv.Itoa(s.Number))
		case ExtensionSegment:
			at = jsonx.Pointer(at, "("+s.Name+")")
		case ElementsSegment, ValuesSegment:
			at += "/*"
		case OptionalSegment:
		}
	}
	return at
}

// last is the path of the last name of another one.
func (p Path) last() Path {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i].named() {
			return p[i : i+1]
		}
	}
	return nil
}

// shape notes operations that move values to other places.
func (l *changeList) shape(op Operation) bool {
	switch x := op.(type) {
	case *Add:
		l.make(x.Path)
	case *FromContext:
		l.make(x.Path)
	case *Drop:
		l.leave(x.Path)
	case *Rename:
		l.move(x.From, x.To)
	case *Move:
		l.move(x.From, x.To)
	case *Copy:
		l.move(x.From, x.To)
	case *Split:
		for i := range x.Into {
			l.move(x.Path, x.Into[i].To)
		}
	case *Merge:
		for _, p := range x.Paths {
			l.move(p, x.To)
		}
	case *Nest:
		for _, p := range x.Paths {
			l.put(p.pointer(l.at), p.last().pointer(x.Under.pointer(l.at)))
		}
	case *Rest:
		if x.Mode == "into" {
			l.move(x.Path, x.To)
		} else {
			l.same(x.Path)
		}
	case *Erase:
		for _, p := range x.Paths {
			l.same(p)
		}
	default:
		return false
	}
	return true
}

// inside notes operations whose steps work inside a place; those of inType have no
// place of their own.
func (l *changeList) inside(op Operation) bool {
	switch x := op.(type) {
	case *Each:
		l.out = changes(l.out, x.Steps, x.Path.pointer(l.at), l.step)
	case *MapBranch:
		for i := range x.Map {
			b := &x.Map[i]
			l.put(jsonx.Pointer(x.Path.pointer(l.at), b.From), jsonx.Pointer(x.Path.pointer(l.at), b.To))
			l.out = changes(l.out, b.Steps, jsonx.Pointer(x.Path.pointer(l.at), b.To), l.step)
		}
	default:
		return false
	}
	return true
}

// values notes operations that change a value where it is, and those on the event.
func (l *changeList) values(op Operation) {
	switch x := op.(type) {
	case *Set:
		l.same(x.Path)
	case *Convert:
		l.same(x.Path)
	case *Retype:
		l.same(x.Path)
	case *MapEnum:
		l.same(x.Path)
	case *Flatten:
		l.same(x.Path)
	case *Wrap:
		l.same(x.Path)
	case *Head:
		l.same(x.Path)
	case *Filter:
		l.same(x.Path)
	case *ToMap:
		l.same(x.Path)
	case *ToList:
		l.same(x.Path)
	case *Require:
		l.same(x.Path)
	case *Relax:
		l.same(x.Path)
	case *Narrow:
		l.same(x.Path)
	case *Default:
		l.same(x.Path)
	default:
		l.put("", "")
	}
}
