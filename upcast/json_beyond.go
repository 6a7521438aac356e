package upcast

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/jsonschema/contain"
	"github.com/instar-registry/instar/upcast/plan"
)

// bases is how many events a counterexample of the images is laid over, to find
// an event of the source that leads to it.
const bases = 8

// beyond asks whether every image of a hop is an event of the schema: the
// question is put to the engine that compares schemas.
func (c *jsonCodec) beyond(ctx context.Context, h *Hop) ([]Problem, error) {
	if len(h.Verdict.Problems) > 0 {
		return nil, nil // what is open is looked for by events
	}
	var image *jsonschema.Schema
	if from, ok := h.from.(*jsonCodec); ok {
		image = from.schema
	}
	if image == nil || !plan.IsSame(h.Root, h.Source) {
		var err error
		if image, err = imageOf(h, image, c.schema.Root().Draft); err != nil {
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
			h.refused = append(h.refused, b.Witness.Value)
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
		p.Reason = b.Kind
		return p
	}
	p := Problem{Obligation: "O5", Path: b.Path, Reason: b.Kind, Message: strings.NewReplacer("the reader schema", "the target", "the writer schema", "the upcaster", "reader schema", "target", "writer schema", "upcaster").Replace(b.Message)}
	if b.Writer.Document == writerName || b.Writer.Document == "" && plan.IsSame(h.Root, h.Source) {
		p.Source = &schema.Place{Pointer: b.Writer.Pointer, Position: b.Writer.Position} // not one of the schema of images
	}
	p.Target = &b.Reader
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

// candidates are events of the source that may lead to an image that the target
// refuses, one after the other: the first is enough as a rule.
func (s *search) candidates(image []byte) iter.Seq[plan.Value] {
	return func(yield func(plan.Value) bool) {
		c, ok := s.hop.from.(*jsonCodec)
		if !ok {
			return
		}
		tree, err := jsonx.Parse(string(image), jsonx.Limits{Together: true})
		if err != nil {
			return
		}
		v, _ := plan.ReadJSON(tree, plan.AnyJSON)
		for _, x := range pull(s.hop, v, append(s.samplesOf(c), &plan.Entries{}, v)) {
			text, err := plan.AppendJSON(nil, x)
			if err != nil || c.valid(text) != nil {
				continue
			}
			event, err := plan.DecodeJSON(c.typ, text, plan.DefaultEventLimits())
			if err == nil && !yield(event) {
				return
			}
		}
	}
}

// samplesOf are the events that images are laid over.
func (s *search) samplesOf(c *jsonCodec) []plan.Value {
	if s.samples == nil {
		s.samples = []plan.Value{}
		for seed := range uint64(bases) {
			v, ok, err := c.sample(seed)
			if err != nil || !ok {
				break
			}
			s.samples = append(s.samples, v)
		}
	}
	return slices.Clone(s.samples)
}
