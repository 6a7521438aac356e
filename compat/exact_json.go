package compat

import (
	"context"

	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/jsonschema/contain"
)

// exactJSON asks whether every event of the writer is valid under the reader,
// and names what breaks by the rules of the direction.
func exactJSON(ctx context.Context, writer, reader *jsonschema.Schema, d Direction, q *question) (decision, error) {
	c, err := contain.Schemas(ctx, writer, reader, contain.Options{Declared: q.declared, AssertFormats: q.AssertFormats, Budget: q.budget, FirstOnly: q.budget.First})
	if err != nil {
		return decision{}, err
	}
	out := decision{verdict: c.Verdict, undecided: c.Undecided, notes: c.Notes, more: c.More, steps: c.Steps}
	if len(c.Undecided) > 0 && c.Verdict == Unknown {
		out.reason = c.Undecided[0].Reason
	}
	if q.declared {
		out.assumptions = []string{"declared"}
	}
	if len(c.Breaks) == 0 {
		return out, nil
	}
	namer := newJSONNamer(writer, reader, d)
	for i := range c.Breaks {
		rule := namer.name(&c.Breaks[i])
		out.findings = append(out.findings, breakFinding(&c.Breaks[i], rule))
	}
	return out, nil
}
