package upcast

import (
	"context"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema/contain"
	"github.com/instar-registry/instar/upcast/plan"
)

// bases is how many events a counterexample of the images is laid over, to find
// an event of the source that leads to it.
const bases = 8

// beyond asks whether every image of a hop is an event of the schema: the
// question is put to the engine that compares schemas.
func (c *jsonCodec) beyond(ctx context.Context, h *Hop) ([]Problem, error) {
	from, ok := h.from.(*jsonCodec)
	if !ok || len(h.Verdict.Problems) > 0 {
		return nil, nil // what is open is looked for by events
	}
	image := from.schema
	if !plan.IsSame(h.Root, h.Source) {
		var err error
		if image, err = imageOf(h, from.schema); err != nil {
			return []Problem{{Obligation: "O5", Path: "$", Message: "the images cannot be put as a schema: " + err.Error()}}, nil
		}
	}
	declared := slices.Contains(h.assume, "declared")
	if declared {
		h.Verdict.Assumptions = append(h.Verdict.Assumptions, "declared")
	}
	answer, err := contain.Schemas(ctx, image, c.schema, contain.Options{Declared: declared})
	if err != nil {
		return nil, err
	}
	var out []Problem
	for i := range answer.Breaks {
		b := &answer.Breaks[i]
		if b.Witness != nil {
			h.candidates = append(h.candidates, from.candidates(h, b.Witness.Value)...)
		}
		if !overlooked(b.Kind) {
			out = append(out, problemOf(h, b))
		}
	}
	for _, u := range answer.Undecided {
		out = append(out, Problem{Obligation: "O5", Path: orRoot(u.Path), Message: "it is not decided whether what comes out is an event of the target: " + u.What})
	}
	return out, nil
}

func orRoot(path string) string {
	if path == "" {
		return "$"
	}
	return path
}

// problemOf says what a break between the images and the target means for the
// document.
func problemOf(h *Hop, b *schema.Break) Problem {
	if p, ok := h.homeless[b.Path]; ok {
		p.kind = b.Kind
		return p
	}
	p := Problem{Obligation: "O5", Path: b.Path, kind: b.Kind, Message: strings.NewReplacer("the reader schema", "the target", "the writer schema", "the upcaster", "reader schema", "target", "writer schema", "upcaster").Replace(b.Message)}
	switch b.Kind {
	case "required":
		p.Fix = "add it, or use require with else"
	case "additionalProperties", "unevaluatedProperties", "false":
		p.Fix = "drop it, rename or move it; undeclared properties leave by rest"
	default:
		p.Fix = "convert, narrow or drop it"
	}
	return p
}

// candidates are events of the source that may lead to an image.
func (c *jsonCodec) candidates(h *Hop, image []byte) []plan.Value {
	tree, err := jsonx.Parse(string(image), jsonx.Limits{Together: true})
	if err != nil {
		return nil
	}
	v, _ := plan.ReadJSON(tree, plan.AnyJSON)
	var samples []plan.Value
	for seed := range uint64(bases) {
		s, ok, err := c.sample(seed)
		if err != nil || !ok {
			break
		}
		samples = append(samples, s)
	}
	samples = append(samples, &plan.Entries{}, v)
	var out []plan.Value
	for _, x := range pull(h, v, samples) {
		text, err := plan.AppendJSON(nil, x)
		if err != nil || c.valid(text) != nil {
			continue
		}
		if event, err := plan.DecodeJSON(c.typ, text, plan.DefaultEventLimits()); err == nil {
			out = append(out, event)
		}
	}
	return out
}
