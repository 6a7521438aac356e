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
	// declares.
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
	return schema.Containment{Undecided: []schema.Undecided{{Reason: schema.ReasonSteps, What: "the question was not examined"}}}, nil
}

// Satisfiable asks whether a schema has an instance.
func Satisfiable(ctx context.Context, s *jsonschema.Schema, o Options) (Existence, error) {
	if err := ctx.Err(); err != nil {
		return Existence{}, err
	}
	return Existence{Undecided: &schema.Undecided{Reason: schema.ReasonSteps, What: "the question was not examined"}}, nil
}

// Valid judges one instance by the engine's own evaluator. An error says that
// it was not judged.
func Valid(s *jsonschema.Schema, v *jsonx.Value, o Options) (bool, error) {
	return false, &schema.Error{What: "the instance was not judged"}
}
