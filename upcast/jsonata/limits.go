package jsonata

import (
	"context"

	"github.com/instar-registry/instar/schema"
)

// Limits bound expressions and evaluations. A zero field takes its default.
type Limits struct {
	Text    int // bytes of an expression
	Nodes   int // nodes of its tree
	Nesting int // nesting of its tree
	Pattern int // bytes of a regular expression
	Depth   int // nesting of an evaluation: calls, and values that are walked
	Steps   int // work of an evaluation
	Result  int // bytes of a result, printed
}

// DefaultLimits are the bounds in force when nothing is said.
func DefaultLimits() Limits {
	return Limits{Text: 64 << 10, Nodes: 20_000, Nesting: 500, Pattern: 4 << 10, Depth: 1_000, Steps: 1_000_000, Result: 8 << 20}
}

func (l Limits) filled() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ field, or *int }{
		{&l.Text, &d.Text},
		{&l.Nodes, &d.Nodes},
		{&l.Nesting, &d.Nesting},
		{&l.Pattern, &d.Pattern},
		{&l.Depth, &d.Depth},
		{&l.Steps, &d.Steps},
		{&l.Result, &d.Result},
	} {
		if *f.field <= 0 {
			*f.field = *f.or
		}
	}
	return l
}

// Sources are what an expression may not have by itself: the time, and chance.
// A missing one fails the functions that need it.
type Sources struct {
	// Millis is the time of the whole evaluation in milliseconds since 1970.
	Millis *int64
	// Random gives numbers from 0 up to 1, without 1.
	Random func() float64
}

// bytesAStep is how many bytes of text are handled for one step.
const bytesAStep = 32

// pollEvery is after how many steps the context is asked whether it is done.
const pollEvery = 1_024

// run is one evaluation.
type run struct {
	ctx     context.Context
	limits  Limits
	sources Sources
	steps   int
	polled  int
	depth   int
}

// pay counts n steps.
func (r *run) pay(n int) error {
	r.steps += n
	if r.steps > r.limits.Steps {
		return over("D1012", "jsonata-steps", int64(r.steps), int64(r.limits.Steps), "the expression takes too many steps")
	}
	if r.steps-r.polled >= pollEvery {
		r.polled = r.steps
		return r.ctx.Err()
	}
	return nil
}

// enter counts one step and one level of depth; leave ends the level.
func (r *run) enter() error {
	if r.depth >= r.limits.Depth {
		return over("D1011", "jsonata-depth", int64(r.depth+1), int64(r.limits.Depth), "the expression goes too deep; look for a recursion without an end")
	}
	r.depth++
	if err := r.pay(1); err != nil {
		r.depth--
		return err
	}
	return nil
}

func (r *run) leave() { r.depth-- }

// frame holds the variables of one scope.
type frame struct {
	names  []string
	values []Value
	parent *frame
}

func (f *frame) bind(name string, v Value) {
	for i := range f.names {
		if f.names[i] == name {
			f.values[i] = v
			return
		}
	}
	f.names, f.values = append(f.names, name), append(f.values, v)
}

// lookup finds a variable: in the scopes from the inside out, then among the
// functions of the language.
func (f *frame) lookup(name string) Value {
	for ; f != nil; f = f.parent {
		for i := range f.names {
			if f.names[i] == name {
				return f.values[i]
			}
		}
	}
	if b := builtins[name]; b != nil {
		return b
	}
	return nil
}

// bug shields the caller from a panic of ours.
func bug(where string, err *error) {
	if cause := recover(); cause != nil {
		*err = &schema.Bug{Where: where, Cause: cause}
	}
}
