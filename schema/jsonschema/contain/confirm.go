package contain

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// judged is the price of a validator's call in steps.
const judged = 100

// verdict is what the validators say about a candidate.
type verdict struct {
	// holds: the writer schema accepts it and the reader schema does not.
	holds   bool
	refusal string // what the validator of record says for the reader
	doubt   *schema.Undecided
}

// side is one of the two schemas and its literal.
type side struct {
	schema *jsonschema.Schema
	goal   lit
	second bool // the second validator knows all of its drafts
}

func newSide(s *jsonschema.Schema, asserting bool) side {
	out := side{schema: s, second: true}
	if asserting {
		out.schema = s.Asserting()
	}
	for _, n := range s.Nodes() {
		out.second = out.second && n.Draft <= jsonschema.Draft7
	}
	return out
}

// confirm asks both validators on both sides.
func (q *question) confirm(v *val) verdict {
	if v.depth() > schema.MaxWitnessDepth {
		return doubt(schema.ReasonWitnessSize, "the least value that could break is nested too deeply to be shown")
	}
	event := []byte(v.text())
	if len(event) > schema.MaxWitnessBytes {
		return doubt(schema.ReasonWitnessSize, "the least value that could break is too large to be shown")
	}
	accepted, _, d := q.judge(&q.writer, event)
	if d != nil {
		return verdict{doubt: d}
	}
	read, refusal, d := q.judge(&q.reader, event)
	if d != nil {
		return verdict{doubt: d}
	}
	return verdict{holds: accepted && !read, refusal: refusal}
}

func doubt(reason schema.Reason, what string) verdict {
	return verdict{doubt: &schema.Undecided{Reason: reason, What: what}}
}

// judge asks the validators about one side.
func (q *question) judge(s *side, event []byte) (valid bool, refusal string, d *schema.Undecided) {
	q.charge(judged)
	j, err := s.schema.Check(q.ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: event})
	if err != nil {
		return false, "", q.unjudged(err)
	}
	valid = len(j.Violations) == 0
	if !valid {
		refusal = j.Violations[0].What
	}
	if !s.second {
		return valid, refusal, nil
	}
	q.charge(judged)
	second, err := s.schema.SecondOpinion(q.ctx, event)
	if err != nil {
		var bug *schema.Bug
		if errors.As(err, &bug) || q.ctx.Err() != nil {
			return false, "", q.unjudged(err)
		}
		return false, "", &schema.Undecided{Reason: schema.ReasonSecondOpinion, What: fmt.Sprintf("the second validator cannot judge %s: %v", clip(event), err)}
	}
	if second != valid {
		return false, "", &schema.Undecided{
			Reason: schema.ReasonValidatorsDisagree, What: "the validators judge a value differently",
			Bug: &schema.Bug{Where: "contain.confirm", Cause: fmt.Sprintf("valid is %t for the validator of record and %t for the second: %s", valid, second, clip(event))},
		}
	}
	return valid, refusal, nil
}

// unjudged turns a validator's error into a doubt; the context's ends the
// question.
func (q *question) unjudged(err error) *schema.Undecided {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || q.ctx.Err() != nil {
		panic(stopped{q.ctx.Err()})
	}
	var bug *schema.Bug
	if errors.As(err, &bug) {
		return &schema.Undecided{Reason: schema.ReasonBug, What: "a validator failed", Bug: bug}
	}
	var e *schema.Error
	if errors.As(err, &e) && e.Limit == "" {
		return &schema.Undecided{Reason: schema.ReasonKeyword("pattern"), What: err.Error()}
	}
	return &schema.Undecided{Reason: schema.ReasonValidatorCost, What: err.Error()}
}

// clip shortens a value for a sentence.
func clip(text []byte) string {
	const most = 300
	if len(text) <= most {
		return string(text)
	}
	return string(text[:most]) + "…"
}
