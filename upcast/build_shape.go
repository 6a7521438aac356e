package upcast

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

func (b *builder) nest(n plan.Node, op *Nest) plan.Node {
	for _, p := range op.Paths {
		_, last, ok := b.parent(p)
		if !ok {
			return n
		}
		to := append(slices.Clone(op.Under), last)
		if len(p) > 1 && len(op.Under) == 1 {
			to = append(append(slices.Clone(p[:len(p)-1]), op.Under...), last)
		}
		n = b.move(n, p, to, true)
	}
	return n
}

func (b *builder) flatten(n plan.Node, op *Flatten) plan.Node {
	above, last, ok := b.parent(op.Path)
	if !ok {
		return n
	}
	return b.update(n, above, 0, func(x plan.Node) plan.Node {
		return b.inRecord(x, above, func(m *plan.Make) plan.Node { return b.flattenIn(m, last, op) })
	})
}

func (b *builder) flattenIn(m *plan.Make, last Segment, op *Flatten) plan.Node {
	i := partOf(m, last)
	if i < 0 {
		return b.unknown(op.Path, last, m)
	}
	inner := b.flattened(m.Fields[i].Node, op)
	outer := *m
	outer.Fields = slices.Delete(slices.Clone(m.Fields), i, i+1)
	var before []plan.Part // what earlier steps may end the event for comes first
	for _, p := range outer.Fields {
		if op.Else.Kind != NoElse && b.stops.In(p.Node) {
			before = append(before, p)
		}
	}
	out := b.flattenInto(&outer, inner, op)
	if len(before) > 0 {
		return &plan.Check{X: &plan.Make{Fields: before}, Body: out}
	}
	return out
}

// flattenInto adds the fields of the inner record to the outer one.
func (b *builder) flattenInto(outer *plan.Make, inner plan.Node, op *Flatten) plan.Node {
	return b.inRecord(inner, op.Path, func(x *plan.Make) plan.Node {
		out := *outer
		out.Fields = slices.Clone(outer.Fields)
		if x.Rest != nil && x.Base != nil {
			b.restLost(op.Path)
		}
		beside := indexOf(outer)
		for _, p := range x.Fields {
			p.Name, p.From, p.Number, p.Seq = op.Prefix+p.Name, "", 0, b.next() // a number is one of its message
			out.Rest = leaveOut(out.Rest, p.Name)
			if _, taken := beside.named(p.Name); taken {
				return b.wrong(fmt.Sprintf("%s exists beside %s", p.Name, op.Path), "choose a prefix")
			}
			out.Fields = append(out.Fields, p)
		}
		return &out
	})
}

// flattened is the record that flatten takes apart: where it is null or absent,
// the way out.
func (b *builder) flattened(x plan.Node, op *Flatten) plan.Node {
	null, single := b.mayBeNull(x)
	if op.Else.Kind != NoElse {
		b.acts(null, op.Path.String()+" is never null or absent", "remove else")
	}
	if op.Else.Kind == NoElse || !null || !single {
		return x
	}
	out, _ := b.otherwise(b.scope.event, op.Else, op.Path)
	if inner := b.notNull(x); op.Else.Kind == ElseAbsent && inner != nil {
		m := &plan.Make{Name: inner.Name}
		for _, f := range inner.Fields {
			m.Fields = append(m.Fields, plan.Part{Name: f.Name, Number: f.Number, Node: &plan.Nothing{Type: f.Type}})
		}
		out = m
	} else if inner != nil {
		out = typed(out, inner)
	}
	return b.required(x, out, single)
}

func (b *builder) wrap(n plan.Node, op *Wrap) plan.Node {
	path, there := op.Path, false
	if len(path) > 0 && path[len(path)-1].Kind == OptionalSegment {
		path, there = path[:len(path)-1], true
	}
	return b.update(n, path, 0, func(x plan.Node) plan.Node {
		if !there {
			return b.there(path, func(x plan.Node) plan.Node { return b.wrapped(x, op) })(x)
		}
		if t, _ := b.types.Of(x); t.Kind != plan.Union && (b.fused || b.types.MayBeAbsent(x)) {
			return b.orEmpty(x, op)
		}
		return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
			if branch != "null" {
				return b.wrapped(content, op)
			}
			if op.As == "map" { // null has no entry
				return &plan.Lit{Value: &plan.Entries{}, Type: &plan.Type{Kind: plan.Map, Elem: plan.NeverType}}
			}
			return &plan.ListOf{Elem: plan.NeverType}
		})
	})
}

// orEmpty wraps what may be absent; nothing has no element.
func (b *builder) orEmpty(n plan.Node, op *Wrap) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		if !b.types.MayBeAbsent(x) {
			return b.wrapped(x, op)
		}
		t, _ := b.types.Of(x)
		bind := b.bindPart(x, t)
		none := plan.Node(&plan.ListOf{Elem: plan.NeverType})
		if op.As == "map" {
			none = &plan.Lit{Value: &plan.Entries{}, Type: &plan.Type{Kind: plan.Map, Elem: plan.NeverType}}
		}
		if isNothing(x) {
			return none
		}
		return &plan.Opt{On: x, Bind: bind, Body: b.wrapped(whole(bind), op), Missing: none}
	})
}

func (b *builder) wrapped(x plan.Node, op *Wrap) plan.Node {
	t, ok := b.types.Of(x)
	if !ok {
		return b.wrong(fmt.Sprintf("%s has no single type", op.Path), "")
	}
	if op.As == "map" {
		return b.singleton(x, op.Key)
	}
	return &plan.ListOf{Items: []plan.Node{x}, Elem: t}
}

func (b *builder) head(x plan.Node, op *Head) plan.Node {
	t, _ := b.types.Of(x)
	if t.Kind != plan.List {
		return b.wrong(fmt.Sprintf("%s is no list but %s", op.Path, t), "")
	}
	fn := map[string]*plan.Func{"first": plan.First, "last": plan.Last, "only": plan.Only}[op.Which]
	call := &plan.Call{Func: fn, Args: []plan.Node{x}, Type: t.Elem}
	why := "an empty list has no element"
	if op.Which == "only" {
		why = "a list may have none or several elements"
	}
	size, one := newProver(&translator{b: b}).sizesOf(x), integer(1)
	if size.lo.Cmp(one) >= 0 && (op.Which != "only" || size.hi.Cmp(one) <= 0) || b.fused && op.Else.Kind == NoElse {
		call.Safe = true
		return call
	}
	return b.partial(x, call, op.Else, op.Path, why)
}

// partial joins a computation that may fail with its way out.
func (b *builder) partial(event plan.Node, x plan.Node, e Else, path Path, why string) plan.Node {
	return b.partialOr(event, x, e, path, why, "add else")
}

// partialOr is partial with what to do where there is no way out.
func (b *builder) partialOr(event plan.Node, x plan.Node, e Else, path Path, why, fix string) plan.Node {
	out, ok := b.otherwise(event, e, path)
	if !ok {
		out = b.breaksBy("O4", failureOf(x), path.String(), why, fix)
	}
	t, _ := b.types.Of(x)
	return &plan.OrElse{X: x, Else: typed(out, t)}
}
