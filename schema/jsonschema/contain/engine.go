package contain

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/jsonschema/rx"
)

// engine answers one question. It is used by one goroutine and then dropped.
type engine struct {
	*space
	ctx     context.Context
	options Options
	steps   int
	limit   int

	patterns  map[string]*pattern
	formats   map[string]rx.Lang
	solver    *rx.Solver
	names     map[string]*val
	evaluated map[evaluation]truth
	shrunk    map[evaluation]*val // by goal and value
	refuser   map[lit]lit         // the part of a conjunction that was false last
	touched   map[lit]*touching

	solved      map[restriction]result
	provisional map[restriction]result // they hold while the goals they assume empty are open
	assumed     []restriction          // the keys of provisional, in the order they were made
	open        map[restriction]int    // depth of the goals on the stack
	depth       int
	unlike      int // opaque atoms that are equal to no other
}

// stopped ends a question from any depth: the budget is spent or the context
// is done. It never leaves the package.
type stopped struct{ err error }

var errSteps = errors.New("the budget of steps is spent")

func newEngine(ctx context.Context, o Options) *engine {
	e := &engine{
		space: newSpace(), ctx: ctx, options: o, limit: o.Budget.Steps,
		patterns: map[string]*pattern{}, formats: map[string]rx.Lang{}, names: map[string]*val{}, evaluated: map[evaluation]truth{}, shrunk: map[evaluation]*val{}, refuser: map[lit]lit{}, touched: map[lit]*touching{},
		solved: map[restriction]result{}, provisional: map[restriction]result{}, open: map[restriction]int{},
	}
	if e.limit <= 0 {
		e.limit = DefaultSteps
	}
	e.solver = rx.NewSolver(rx.Limits{}, func(n int) error {
		e.charge(n)
		return nil
	})
	return e
}

func (e *engine) step() { e.charge(1) }

// charge counts steps and polls the context every 1,024 of them.
func (e *engine) charge(n int) {
	before := e.steps
	e.steps += n
	if before>>10 != e.steps>>10 {
		if err := e.ctx.Err(); err != nil {
			panic(stopped{err})
		}
		if len(e.evaluated) > maxEvaluated {
			clear(e.evaluated)
		}
	}
	if e.steps > e.limit || e.weight > maxWeight {
		panic(stopped{errSteps})
	}
}

// maxWeight bounds the memory of the graph in bytes.
const maxWeight = 48 << 20

// maxEvaluated bounds the memory of the evaluator.
const maxEvaluated = 200_000

// guarded runs f. It returns what stopped it, or a mistake of ours.
func (e *engine) guarded(where string, f func()) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case stopped:
			err = cause.err
		default:
			err = &schema.Bug{Where: where, Cause: cause}
		}
	}()
	f()
	return nil
}

// undecided turns an error of guarded into what is told. The context's error is
// not for this.
func (e *engine) undecided(err error) *schema.Undecided {
	var bug *schema.Bug
	if errors.As(err, &bug) {
		return &schema.Undecided{Reason: schema.ReasonBug, What: "an internal error ended the search", Bug: bug}
	}
	return &schema.Undecided{Reason: schema.ReasonSteps, What: fmt.Sprintf("the budget of %d steps is spent", e.limit)}
}

// pattern is a regular expression in both of its readings.
type pattern struct {
	source string
	plain  *jsonschema.Pattern
	exact  *rx.Pattern
	opaque error // why its language is not known
}

// pattern registers a regular expression and returns its atom.
func (e *engine) pattern(p *jsonschema.Pattern) lit {
	known := e.patterns[p.Source]
	if known == nil {
		known = &pattern{source: p.Source, plain: p}
		known.exact, known.opaque = rx.Parse(p.Source)
		e.patterns[p.Source] = known
	}
	if known.opaque != nil && p.Unsupported != "" {
		return e.space.opaque("pattern", p.Source, kString.mask())
	}
	return e.textAtom(opPat, p.Source)
}

// matches judges a string by a pattern.
func (e *engine) matches(source, s string) truth {
	p := e.patterns[source]
	if p.plain.Unsupported == "" {
		if ok, err := p.plain.Match(s); err == nil {
			return truthOf(ok)
		}
	}
	if p.exact != nil {
		return truthOf(p.exact.Match(s))
	}
	return unknown
}

// formatted judges a string by an asserted format.
func (e *engine) formatted(name, s string) truth {
	f, _ := jsonschema.FormatOf(name)
	return truthOf(f.Valid(s))
}

// nameVal is a property name as a value, the same one each time.
func (e *engine) nameVal(name string) *val {
	v := e.names[name]
	if v == nil {
		v = strVal(name)
		e.names[name] = v
	}
	return v
}
