package upcast

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// run applies steps to a tree, top to bottom, and notes the steps that undo them.
func (b *builder) run(n plan.Node, steps []Step) plan.Node {
	outside := b.down
	b.down = nil
	b.depth++
	defer func() { b.depth-- }()
	for i := range steps {
		if b.err != nil {
			return n
		}
		outer, step := b.steps, b.step
		b.steps = &steps[i]
		if outer == nil {
			b.step = i + 1
			b.scope.event = n
			b.last = i == len(steps)-1
		}
		before := n
		n = b.applyParked(n, &steps[i])
		if !b.fused {
			// Of a proved leg only its whole is measured, and the way down is
			// known.
			if !b.grown(n) {
				return n
			}
			b.holdClass(before, n, &steps[i])
			b.undo(before, &steps[i])
		}
		if b.steps = outer; outer == nil {
			b.refuseIdle()
		}
		if outer != nil {
			b.step = step
		}
	}
	b.inner, b.down = b.down, outside
	return n
}

// undo puts the inverse of a step before the inverses of those before it; n is
// what the step was applied to.
func (b *builder) undo(n plan.Node, s *Step) {
	var back []Operation
	why := ""
	if op, parked := b.parkBack(s); parked {
		back = []Operation{op}
	} else {
		back, why = b.inverse(func() *plan.Type { t, _ := b.types.Of(n); return t }, s.Operation)
	}
	if why != "" && b.noDown == "" {
		b.noDown = why
	}
	var steps []Step
	for _, op := range back {
		steps = append(steps, Step{Operation: op, Pointer: s.Pointer, Position: s.Position})
	}
	b.down = append(steps, b.down...)
}

func (b *builder) apply(n plan.Node, op Operation) plan.Node {
	switch op := op.(type) {
	case *Add:
		return b.put(n, op.Path, func(owner *plan.Make) plan.Node { return b.added(n, owner, op) }, op.OnConflict)
	case *Drop:
		return b.drop(n, op.Path, false)
	case *Rename:
		return b.rename(n, op)
	case *Move:
		return b.move(n, op.From, op.To, true)
	case *Copy:
		return b.move(n, op.From, op.To, false)
	case *Set:
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return b.forget(x, b.source(n, op.Source, op.Path)) })
	case *Each:
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return b.run(x, op.Steps) })
	case *Relax:
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return x })
	case *Reversion:
		return n
	case *Rest:
		return b.rest(n, op)
	default:
		return b.applyMore(n, op)
	}
}

func (b *builder) applyMore(n plan.Node, op Operation) plan.Node {
	switch op := op.(type) {
	case *Nest:
		return b.nest(n, op)
	case *Flatten:
		return b.flatten(n, op)
	case *Wrap:
		return b.wrap(n, op)
	case *Head:
		return b.update(n, op.Path, 0, b.there(op.Path, func(x plan.Node) plan.Node { return b.head(x, op) }))
	case *MapEnum:
		return b.update(n, op.Path, 0, b.there(op.Path, func(x plan.Node) plan.Node { return b.mapEnum(x, op) }))
	case *MapBranch:
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return b.mapBranch(x, op) })
	case *Require:
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return b.require(n, x, op) })
	case *Convert:
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return b.convert(x, op) })
	case *Merge:
		return b.merge(n, op)
	case *Split:
		return b.split(n, op)
	case *Retype:
		return b.update(n, op.Path, 0, b.there(op.Path, func(x plan.Node) plan.Node { return b.retype(x, op) }))
	case *ToMap:
		return b.update(n, op.Path, 0, b.there(op.Path, func(x plan.Node) plan.Node {
			if stop := b.onlyFields(x, op); stop != nil {
				return stop
			}
			return b.toMap(x, op)
		}))
	case *ToList:
		return b.update(n, op.Path, 0, b.there(op.Path, func(x plan.Node) plan.Node { return b.toList(x, op) }))
	case *InType:
		return b.inType(n, op)
	case *Narrow:
		return b.update(n, op.Path, 0, b.there(op.Path, func(x plan.Node) plan.Node { return b.narrow(x, op) }))
	case *Default:
		declared := b.declaredDefault(n, op)
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return b.defaulted(n, x, op, declared) })
	case *FromContext:
		return b.fromContext(n, op)
	case *Erase:
		return b.erase(n, op)
	case *SplitEvent:
		return b.splitEvent(n, op)
	case *RenameType, *Meta, *Rekey, *Transcode:
		return b.eventLevel(n, op)
	case *unpark:
		return b.restored(n, op)
	case *presumed:
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return b.presume(x, op) })
	case *rejoined:
		return b.putTogether(n, op)
	case *emptied:
		return b.emptied(n, op)
	case *entryOf:
		return b.update(n, op.Path, 0, func(x plan.Node) plan.Node { return b.entry(x, op) })
	case *Filter:
		return b.update(n, op.Path, 0, b.there(op.Path, func(x plan.Node) plan.Node { return b.filter(x, op) }))
	case *DropEvent:
		return b.dropEvent(n, op)
	default:
		if b.err == nil {
			e := &Error{Code: NotYet}
			e.Problem.What, e.Problem.Hint = op.Name()+" is not carried out yet", "its format is fixed; a later release runs it"
			e.Problem.Path, e.Problem.Position = b.steps.Pointer, b.steps.Position
			b.err = e
		}
		return n
	}
}

// parent splits a path into the record that holds its last part, and that part.
func (b *builder) parent(p Path) (Path, Segment, bool) {
	if len(p) == 0 || !p[len(p)-1].named() {
		b.wrong(fmt.Sprintf("%s names no field", p), "the path must end in a field")
		return nil, Segment{}, false
	}
	return p[:len(p)-1], p[len(p)-1], true
}

// put adds a field, and the records on the way to it that do not exist yet.
func (b *builder) put(n plan.Node, path Path, value func(*plan.Make) plan.Node, onConflict string) plan.Node {
	above, last, ok := b.parent(path)
	if !ok {
		return n
	}
	return b.reach(n, above, 0, func(m *plan.Make) plan.Node {
		if i := partOf(m, last); i >= 0 {
			return b.wrong(fmt.Sprintf("%s exists at this step", path), "drop or rename it first, or use set")
		}
		made := b.onConflict(m, last, value(m), onConflict, path)
		m.Rest = leaveOut(m.Rest, last.Name)
		m.Fields = append(m.Fields, plan.Part{Name: last.fieldName(), Number: last.Number, Seq: b.next(), Node: made})
		return m
	})
}

// reach is update that makes missing records.
func (b *builder) reach(n plan.Node, path Path, at int, f func(*plan.Make) plan.Node) plan.Node {
	if at == len(path) {
		return b.inRecord(n, path, f)
	}
	s := path[at]
	if !s.named() {
		return b.update(n, path[:at+1], at, func(x plan.Node) plan.Node { return b.reach(x, path, at+1, f) })
	}
	return b.inRecord(n, path[:at], func(m *plan.Make) plan.Node {
		i := partOf(m, s)
		if i < 0 {
			m.Rest = leaveOut(m.Rest, s.Name)
			m.Fields = append(m.Fields, plan.Part{Name: s.fieldName(), Number: s.Number, Seq: b.next(), Node: &plan.Make{}})
			i = len(m.Fields) - 1
		}
		m.Fields[i].Node = b.reach(m.Fields[i].Node, path, at+1, f)
		return m
	})
}

// drop removes a field; keep says that its value is still used.
func (b *builder) drop(n plan.Node, path Path, keep bool) plan.Node {
	above, last, ok := b.parent(path)
	if !ok {
		return n
	}
	return b.update(n, above, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, above, func(m *plan.Make) plan.Node {
			i := partOf(m, last)
			if i < 0 {
				return b.unknown(path, last, m)
			}
			dropped := m.Fields[i].Node
			m.Fields = slices.Delete(m.Fields, i, i+1)
			if keep {
				return m // it goes elsewhere
			}
			return b.forget(dropped, m)
		})
	})
}

func (b *builder) rename(n plan.Node, op *Rename) plan.Node {
	above, from, ok := b.parent(op.From)
	if !ok {
		return n
	}
	other, to, ok := b.parent(op.To)
	if !ok {
		return n
	}
	if len(op.To) > 1 && other.String() != above.String() {
		return b.wrong(fmt.Sprintf("%s and %s are in different records", op.From, op.To), "use move")
	}
	return b.update(n, above, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, above, func(m *plan.Make) plan.Node {
			i := partOf(m, from)
			switch {
			case i < 0:
				return b.unknown(op.From, from, m)
			case partOf(m, to) >= 0:
				return b.wrong(fmt.Sprintf("%s exists at this step", op.To), "drop or rename it first")
			}
			m.Fields[i].Name, m.Fields[i].Number = to.fieldName(), to.Number
			m.Rest = leaveOut(m.Rest, to.Name)
			return m
		})
	})
}

// move takes a value to another record, or copies it there. Lists, maps and
// branches that both paths enter are entered once, together.
func (b *builder) move(n plan.Node, from, to Path, remove bool) plan.Node {
	common := 0
	for i := range min(len(from), len(to)) {
		if from[i] != to[i] {
			break
		}
		if !from[i].named() {
			common = i + 1
		}
	}
	if common > 0 {
		return b.update(n, from[:common], 0, func(x plan.Node) plan.Node { return b.move(x, from[common:], to[common:], remove) })
	}
	value := b.get(n, from, 0)
	if b.err != nil {
		return n
	}
	if remove {
		n = b.drop(n, from, true)
	}
	return b.put(n, to, func(*plan.Make) plan.Node { return value }, "overwrite")
}

// get is the value at a path. Behind a ? it is null where the way ends in null.
func (b *builder) get(n plan.Node, path Path, at int) plan.Node {
	if at == len(path) {
		return n
	}
	s := path[at]
	switch s.Kind {
	case ElementsSegment, ValuesSegment:
		return b.wrong(fmt.Sprintf("%s has many values", path[:at+1]), "enter the list or map with each")
	case BranchSegment:
		return b.wrong(fmt.Sprintf("%s is there in one branch only", path[:at+1]), "use mapBranch")
	case OptionalSegment:
		return b.getThere(n, path, at)
	}
	return b.inRecord(n, path[:at], func(m *plan.Make) plan.Node {
		i := partOf(m, s)
		if i < 0 {
			return b.unknown(path[:at+1], s, m)
		}
		return b.get(m.Fields[i].Node, path, at+1)
	})
}

func (b *builder) getThere(n plan.Node, path Path, at int) plan.Node {
	if null, _ := b.mayBeNull(n); !null && !b.fused {
		return b.wrong(fmt.Sprintf("%s is never null", path[:at]), "remove the ?")
	}
	return b.spread(n, func(x plan.Node) plan.Node {
		if b.types.MayBeAbsent(x) {
			return b.where(x, plan.NeverType, func(y plan.Node) plan.Node { return b.get(y, path, at+1) })
		}
		if t, _ := b.types.Of(x); t.Kind != plan.Union {
			return b.nullable(b.get(x, path, at+1))
		}
		return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
			if branch == "null" {
				return &plan.Tag{Branch: "null", X: &plan.Lit{Type: plan.NullType}}
			}
			return b.nullable(b.get(content, path, at+1))
		})
	})
}

// nullable puts a value into the union of itself and null.
func (b *builder) nullable(n plan.Node) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		if t.Kind == plan.Union {
			return x
		}
		return &plan.Tag{Branch: plan.AvroBranch(t), X: x}
	})
}

// source is the value that a document names.
func (b *builder) source(event plan.Node, s Source, path Path) plan.Node {
	switch s.Kind {
	case ValueSource:
		return &plan.Lit{Pending: s.Value}
	case FromSource:
		return b.get(event, s.From, 0)
	case ObjectSource:
		m := &plan.Make{}
		for _, f := range s.Fields {
			m.Fields = append(m.Fields, plan.Part{Name: f.Name, Seq: b.next(), Node: b.source(event, f.Source, append(slices.Clone(path), Segment{Name: f.Name}))})
		}
		return m
	case ListSource:
		l := &plan.ListOf{Elem: plan.AnyType}
		for _, x := range s.Items {
			l.Items = append(l.Items, b.source(event, x, path))
		}
		return l
	default:
		return b.expr(s.Expr, path, Else{}, nil)
	}
}

func (b *builder) notYet(what string) plan.Node {
	if b.err == nil {
		e := &Error{Code: NotYet}
		e.Problem.What, e.Problem.Hint = what+" not carried out yet", "their format is fixed; a later release runs them"
		e.Problem.Path, e.Problem.Position = b.steps.Pointer, b.steps.Position
		b.err = e
	}
	return &plan.Stop{Code: "O1"}
}

// otherwise is the node for a way out; ok is false if the document names none.
func (b *builder) otherwise(event plan.Node, e Else, path Path) (n plan.Node, ok bool) {
	stop := &plan.Stop{Hop: b.hop, Step: b.step, Path: path.String()}
	switch e.Kind {
	case ElseSource:
		return b.source(event, e.Source, path), true
	case ElseAbsent:
		return &plan.Nothing{Type: plan.NeverType}, true
	case ElseDropEvent:
		stop.Code = plan.FailDrop
		return stop, true
	case ElseDeadLetter:
		stop.Code = plan.FailDead
		return stop, true
	default:
		return nil, false
	}
}
