package contain

import (
	"context"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Options steer a question.
type Options struct {
	// Declared assumes that a writer emits only properties that its schema
	// declares. It does not apply to [Satisfiable] and [Valid].
	Declared bool
	// AssertFormats makes "format" a constraint instead of an annotation.
	AssertFormats bool
	// Budget bounds the work; its zero value means [DefaultSteps].
	Budget schema.Budget
	// FirstOnly stops at the first break.
	FirstOnly bool
}

// DefaultSteps is the budget where none is given.
const DefaultSteps = 200_000

// Existence is the answer of [Satisfiable].
type Existence struct {
	// Instance is an instance as compact JSON; nil if there is none or none
	// was found.
	Instance []byte
	// None says that it is proved that no instance exists.
	None bool
	// Undecided says why neither is known.
	Undecided *schema.Undecided
	// Steps is how much of the budget was used.
	Steps int
}

// Schemas asks whether every instance valid under the writer schema is valid
// under the reader schema. The error is the context's; everything else is part
// of the answer, which depends on the arguments alone.
func Schemas(ctx context.Context, writer, reader *jsonschema.Schema, o Options) (schema.Containment, error) {
	if err := ctx.Err(); err != nil {
		return schema.Containment{}, err
	}
	if writer == reader {
		return schema.Containment{Verdict: schema.Compatible}, nil
	}
	q := newQuestion(ctx, writer, reader, o)
	err := q.guarded("contain.Schemas", q.answer)
	if ctx.Err() != nil {
		return schema.Containment{}, ctx.Err()
	}
	if err != nil {
		q.leave(q.undecided(err))
	}
	return q.result(), nil
}

// Satisfiable asks whether a schema has an instance.
func Satisfiable(ctx context.Context, s *jsonschema.Schema, o Options) (Existence, error) {
	if err := ctx.Err(); err != nil {
		return Existence{}, err
	}
	e := newEngine(ctx, o)
	var out Existence
	err := e.guarded("contain.Satisfiable", func() {
		goal := newTranslator(e, s).translate()
		r := e.sat(goal)
		switch {
		case r.status == empty:
			out.None = true
		case r.status == found && e.eval(goal, r.value) == yes:
			out.Instance = []byte(shrink(r.value, goalView{e, goal}).text())
		case r.status == found:
			panic("the evaluator refuses " + r.value.text())
		default:
			out.Undecided = &schema.Undecided{Reason: r.reason, What: "no instance was found, and none was excluded"}
		}
	})
	out.Steps = e.steps
	if ctx.Err() != nil {
		return Existence{}, ctx.Err()
	}
	if err != nil {
		out = Existence{Undecided: e.undecided(err), Steps: e.steps}
	}
	return out, nil
}

// Valid judges one instance by the engine's own evaluator. An error says that
// it was not judged.
func Valid(s *jsonschema.Schema, v *jsonx.Value, o Options) (bool, error) {
	e := newEngine(context.Background(), o)
	var t truth
	if err := e.guarded("contain.Valid", func() {
		t = e.eval(newTranslator(e, s).translate(), valueOf(v))
	}); err != nil {
		return false, err
	}
	if t == unknown {
		return false, &schema.Error{What: "the instance was not judged, because a keyword is not interpreted"}
	}
	return t == yes, nil
}
