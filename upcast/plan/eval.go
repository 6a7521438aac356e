package plan

import (
	"context"
	"fmt"
)

// Limits bound one run of a plan.
type Limits struct {
	Steps int // nodes evaluated
	Depth int // nesting of functions that call themselves
	Parts int // values made
	// Meter, if set, is shared by several runs: when it is used up, they end.
	Meter *Meter
}

// Meter counts down the work of several runs together.
type Meter struct{ Left int }

// Take uses some of what is left; false if that was not enough.
func (m *Meter) Take(n int) bool {
	m.Left -= n
	return m.Left >= 0
}

// DefaultLimits suit events of up to 10 MiB.
func DefaultLimits() Limits { return Limits{Steps: 20_000_000, Depth: 64, Parts: 2_000_000} }

// Evaluate runs a plan's node on a decoded event, which is bound to the binder.
// The failure is nil if the event has an image; the error is the context's.
func Evaluate(ctx context.Context, n Node, event *Binder, v Value, l Limits) (Value, *Failure, error) {
	return EvaluateBound(ctx, n, map[*Binder]Value{event: v}, l)
}

// EvaluateBound is Evaluate with several binders, which are as before afterwards.
func EvaluateBound(ctx context.Context, n Node, bound map[*Binder]Value, l Limits) (Value, *Failure, error) {
	m := &machine{ctx: ctx, limits: l, bound: bound}
	out, f := m.eval(n)
	return out, f, m.err
}

// FirstFailure runs a tree on an event that has no image and returns the failure
// of the earliest step, whatever the order in which the tree is evaluated.
func FirstFailure(ctx context.Context, n Node, event *Binder, v Value, l Limits) (*Failure, error) {
	return FirstFailureBound(ctx, n, map[*Binder]Value{event: v}, l)
}

// FirstFailureBound is FirstFailure with several binders.
func FirstFailureBound(ctx context.Context, n Node, bound map[*Binder]Value, l Limits) (*Failure, error) {
	m := &machine{ctx: ctx, limits: l, bound: bound, collect: true}
	_, f := m.eval(n)
	m.note(f)
	return m.first, m.err
}

type machine struct {
	// collect goes on after a failure, to find the one of the earliest step.
	collect bool
	first   *Failure

	ctx    context.Context
	limits Limits
	bound  map[*Binder]Value
	types  Types
	steps  int
	poll   int // the number of steps at which the context is asked again
	parts  int
	depth  int
	err    error
}

// note keeps the failure of the earliest step. What a way out may still catch
// is not noted.
func (m *machine) note(f *Failure) {
	if f != nil && (m.first == nil || !f.ofValue() && (f.Hop < m.first.Hop || f.Hop == m.first.Hop && f.Step < m.first.Step)) {
		m.first = f
	}
}

// goesOn notes a failure of one part and reports whether the others are
// evaluated all the same.
func (m *machine) goesOn(f *Failure) bool {
	if !m.collect || f.Code == FailLimit {
		return false
	}
	if !f.ofValue() {
		m.note(f)
	}
	return true
}

// pollSteps is how often the context is asked.
const pollSteps = 1024

func (m *machine) tick() *Failure { return m.spend(1) }

func (m *machine) spend(steps int) *Failure {
	if m.steps += steps; m.steps >= m.poll && m.err == nil {
		m.err, m.poll = m.ctx.Err(), m.steps+pollSteps
	}
	spent := m.limits.Meter != nil && !m.limits.Meter.Take(steps)
	if m.err != nil || spent || m.steps > m.limits.Steps || m.parts > m.limits.Parts {
		return tooManySteps()
	}
	return nil
}

// with evaluates a body under a binding and restores the one before.
func (m *machine) with(b *Binder, v Value, body Node) (Value, *Failure) {
	before, was := m.bound[b]
	m.bound[b] = v
	out, f := m.eval(body)
	if was {
		m.bound[b] = before
	} else {
		delete(m.bound, b)
	}
	return out, f
}

func (m *machine) eval(n Node) (Value, *Failure) {
	if f := m.tick(); f != nil {
		return nil, f
	}
	switch n := n.(type) {
	case *Copy:
		return m.copy(n), nil
	case *Lit:
		return n.Value, nil
	case *Nothing:
		return Absent, nil
	case *Stop:
		return nil, &Failure{Code: n.Code, Hop: n.Hop, Step: n.Step, Path: n.Path, Reason: n.Reason}
	case *Make:
		return m.make(n)
	case *Tag:
		x, f := m.eval(n.X)
		return &Tagged{n.Branch, x}, f
	case *ListOf:
		return m.list(n)
	case *Each:
		return m.each(n)
	case *EachEntry:
		return m.eachEntry(n)
	case *Call:
		return m.call(n)
	case *Apply:
		return m.apply(n)
	case *Logic:
		return m.logic(n)
	case *Quantify:
		return m.quantify(n)
	case *Cast, *Extra:
		return m.json(n)
	default:
		return m.choose(n)
	}
}

// choose evaluates the nodes that look at a value first.
func (m *machine) choose(n Node) (Value, *Failure) {
	switch n := n.(type) {
	case *Switch:
		x, f := m.eval(n.On)
		if f != nil {
			return nil, f
		}
		u, ok := x.(*Tagged)
		for i := range n.Cases {
			if c := &n.Cases[i]; ok && c.Branch == u.Branch {
				return m.with(c.Bind, u.Value, c.Body)
			}
		}
	case *Opt:
		x, f := m.eval(n.On)
		switch {
		case f != nil:
			return nil, f
		case x == Absent:
			return m.eval(n.Missing)
		}
		return m.with(n.Bind, x, n.Body)
	case *Let:
		x, f := m.eval(n.X)
		if f != nil {
			return nil, f
		}
		return m.with(n.Bind, x, n.Body)
	case *Check:
		_, bad := m.eval(n.X)
		if bad != nil && !m.goesOn(bad) {
			return nil, bad
		}
		x, f := m.eval(n.Body)
		if f == nil {
			f = bad
		}
		return x, f
	case *If:
		x, f := m.eval(n.Cond)
		switch {
		case f != nil:
			return nil, f
		case x == true:
			return m.eval(n.Then)
		}
		return m.eval(n.Else)
	case *OrElse:
		x, f := m.eval(n.X)
		if f != nil && f.ofValue() {
			return m.eval(n.Else)
		}
		return x, f
	}
	return nil, &Failure{Code: FailInput, Reason: "the value has none of the known branches"}
}

func (m *machine) copy(n *Copy) Value {
	v := m.bound[n.From]
	for _, i := range n.Fields {
		r, ok := v.(*Rec)
		if !ok {
			return Absent
		}
		v = r.Fields[i]
	}
	return v
}

func (m *machine) make(n *Make) (Value, *Failure) {
	t := n.Type
	if t == nil {
		t, _ = m.types.Of(n)
	}
	out := &Rec{Type: t, Fields: make([]Value, len(n.Fields))}
	m.parts += len(n.Fields)
	var bad *Failure
	for i := range n.Fields {
		v, f := m.eval(n.Fields[i].Node)
		if f != nil {
			if bad = f; !m.goesOn(f) {
				return nil, f
			}
		}
		out.Fields[i] = v
	}
	if bad != nil {
		return nil, bad
	}
	if t.JSON {
		return out, m.extras(n, out)
	}
	if n.Rest != nil {
		if r, ok := m.copy(n.Rest.Of).(*Rec); ok {
			for _, e := range r.Rest {
				if n.Rest.keeps(&e) {
					out.Rest = append(out.Rest, e)
				}
			}
		}
	}
	return out, nil
}

// keeps reports whether an undeclared property or an unknown field stays.
func (r *Rest) keeps(e *Entry) bool {
	if contains(r.Except, e.Key) {
		return false
	}
	raw, unknown := e.Value.([]byte)
	if !unknown {
		return true
	}
	for _, t := range r.Into {
		if t.reads(raw) {
			return false
		}
	}
	return true
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (m *machine) list(n *ListOf) (Value, *Failure) {
	out := make([]Value, len(n.Items))
	var bad *Failure
	for i, x := range n.Items {
		v, f := m.eval(x)
		if f != nil {
			if bad = f; !m.goesOn(f) {
				return nil, f
			}
		}
		out[i] = v
	}
	return out, bad
}

// keep asks whether an element stays.
func (m *machine) keep(where Node, b *Binder, v Value) (bool, *Failure) {
	if where == nil {
		return true, nil
	}
	x, f := m.with(b, v, where)
	return x == true, f
}

func (m *machine) each(n *Each) (Value, *Failure) {
	over, f := m.eval(n.Over)
	if f != nil {
		return nil, f
	}
	items, _ := over.([]Value)
	out := make([]Value, 0, len(items))
	var bad *Failure
	m.parts += len(items)
	for i, item := range items {
		if n.Index != nil {
			m.bound[n.Index] = int64(i)
		}
		stays, f := m.keep(n.Where, n.Bind, item)
		if f != nil {
			return nil, f
		}
		if !stays {
			continue
		}
		v, f := m.with(n.Bind, item, n.Body)
		if f != nil {
			if bad = f; !m.goesOn(f) {
				return nil, f
			}
		}
		out = append(out, v)
	}
	return out, bad
}

func (m *machine) eachEntry(n *EachEntry) (Value, *Failure) {
	over, f := m.eval(n.Over)
	if f != nil {
		return nil, f
	}
	entries, _ := over.(*Entries)
	out := &Entries{}
	if entries == nil {
		return out, nil
	}
	m.parts += len(*entries)
	var bad *Failure
	for _, e := range *entries {
		if n.Key != nil {
			m.bound[n.Key] = e.Key
		}
		stays, f := m.keep(n.Where, n.Bind, e.Value)
		if f != nil {
			return nil, f
		}
		if !stays {
			continue
		}
		v, f := m.with(n.Bind, e.Value, n.Body)
		if f != nil {
			if bad = f; !m.goesOn(f) {
				return nil, f
			}
		}
		*out = append(*out, Entry{e.Key, v})
	}
	return out, bad
}

func (m *machine) call(n *Call) (Value, *Failure) {
	args := make([]Value, len(n.Args))
	var bad *Failure
	for i, a := range n.Args {
		v, f := m.eval(a)
		if f != nil {
			if bad = f; !m.goesOn(f) {
				return nil, f
			}
		}
		args[i] = v
	}
	if bad != nil {
		return nil, bad
	}
	if steps := weigh(n.Func, args); steps > 0 {
		if f := m.spend(steps); f != nil {
			return nil, f
		}
	}
	out, reason := n.Func.eval(n, args)
	if reason != "" {
		return nil, &Failure{Code: FailValue, Reason: reason}
	}
	size := made(out)
	if m.limits.Meter != nil {
		m.limits.Meter.Take(size / 16)
	}
	if size > maxMade {
		return nil, &Failure{Code: FailLimit, Reason: tooLarge}
	}
	return out, nil
}

// maxMade bounds a value that a call makes, in bytes or elements: texts may
// double with each call.
const maxMade = 16 << 20

func made(v Value) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	case []Value:
		return len(v)
	default:
		return 0
	}
}

func (m *machine) apply(n *Apply) (Value, *Failure) {
	x, f := m.eval(n.X)
	if f != nil {
		return nil, f
	}
	if m.depth++; m.depth > m.limits.Depth {
		return nil, &Failure{Code: FailLimit, Reason: fmt.Sprintf("the event is nested too deeply; limit event-depth is %d", m.limits.Depth)}
	}
	defer func() { m.depth-- }()
	return m.with(n.Fn.Bind, x, n.Fn.Body)
}
