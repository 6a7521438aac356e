package contain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// judged is the price of a validator's call in steps.
const judged = 100

// verdict is what the validators say about a candidate.
type verdict struct {
	// holds: the writer schema accepts it and the reader schema does not.
	holds    bool
	refusals []schema.Violation // what the validator of record says for the reader
	doubt    *schema.Undecided
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
	read, refusals, d := q.judge(&q.reader, event)
	if d != nil {
		return verdict{doubt: d}
	}
	return verdict{holds: accepted && !read, refusals: refusals}
}

func doubt(reason schema.Reason, what string) verdict {
	return verdict{doubt: &schema.Undecided{Reason: reason, What: what}}
}

// judge asks the validators about one side.
func (q *question) judge(s *side, event []byte) (valid bool, refusals []schema.Violation, d *schema.Undecided) {
	q.charge(judged)
	j, err := s.schema.Check(q.ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: event})
	if err != nil {
		return false, nil, q.unjudged(err)
	}
	valid = len(j.Violations) == 0
	if !s.second {
		return valid, j.Violations, nil
	}
	q.charge(judged)
	second, err := s.schema.SecondOpinion(q.ctx, event)
	if err != nil {
		var bug *schema.Bug
		if errors.As(err, &bug) || q.ctx.Err() != nil {
			return false, nil, q.unjudged(err)
		}
		return false, nil, &schema.Undecided{Reason: schema.ReasonSecondOpinion, What: fmt.Sprintf("the second validator cannot judge %s: %v", clip(event), err)}
	}
	if second != valid {
		return false, nil, &schema.Undecided{
			Reason: schema.ReasonValidatorsDisagree, What: "the validators judge a value differently",
			Bug: &schema.Bug{Where: "contain.confirm", Cause: fmt.Sprintf("valid is %t for the validator of record and %t for the second: %s", valid, second, clip(event))},
		}
	}
	return valid, j.Violations, nil
}

// refusalAt is what the reader says about the place of a break; an event may be
// refused for several reasons. A missing property is told of its owner.
func refusalAt(refusals []schema.Violation, steps []string) string {
	for up := range min(len(steps)+1, 2) {
		for i := range refusals {
			if leadsTo(refusals[i].Path, steps[:len(steps)-up]) {
				return refusals[i].What
			}
		}
	}
	if len(refusals) == 0 {
		return ""
	}
	return refusals[0].What
}

// leadsTo reports whether a JSON Pointer is one that the steps describe.
func leadsTo(pointer string, steps []string) bool {
	if pointer == "" {
		return len(steps) == 0
	}
	tokens := strings.Split(pointer[1:], "/")
	if len(tokens) != len(steps) {
		return false
	}
	for i, s := range steps {
		name, named := strings.CutPrefix(s, ".")
		token := strings.NewReplacer("~1", "/", "~0", "~").Replace(tokens[i])
		if named && name != token {
			return false
		}
	}
	return true
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
