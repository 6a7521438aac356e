package avro

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Check validates an event in binary or in Avro's JSON encoding. The decoded
// form is always the JSON encoding.
func (s *Schema) Check(ctx context.Context, e schema.Event) (schema.Judgement, error) {
	if err := ctx.Err(); err != nil {
		return schema.Judgement{}, err
	}
	switch e.Encoding {
	case schema.EncodingBinary:
		return s.checkBinary(e.Bytes)
	case schema.EncodingJSON:
		return s.checkJSON(e.Bytes)
	default:
		return schema.Judgement{}, &schema.Error{What: fmt.Sprintf("unknown event encoding %d", e.Encoding), Hint: "use JSON or binary"}
	}
}

func (s *Schema) checkBinary(event []byte) (schema.Judgement, error) {
	if _, err := s.Walk(event, WalkOptions{}); err != nil {
		var w *schema.WalkError
		if !errors.As(err, &w) || w.Limit != "" {
			return schema.Judgement{}, err
		}
		return schema.Judgement{Violations: []schema.Violation{{Path: w.Path, What: w.What, Offset: w.Offset}}}, nil
	}
	text, violations, err := s.decode(event)
	return schema.Judgement{Violations: violations, Decoded: text}, err
}

// maxViolations bounds the answer about one event.
const maxViolations = 100

func (s *Schema) checkJSON(event []byte) (schema.Judgement, error) {
	if max := s.limits.EventBytes; max > 0 && len(event) > max {
		return schema.Judgement{}, schema.OverLimit("event-bytes", int64(len(event)), int64(max), "the event is too long", schema.Position{})
	}
	v, err := jsonx.Parse(string(event), jsonx.EventLimits(s.limits))
	if err != nil {
		var e *schema.Error
		if !errors.As(err, &e) || e.Limit != "" {
			return schema.Judgement{}, err
		}
		return schema.Judgement{Violations: []schema.Violation{{What: e.Error(), Offset: -1}}}, nil
	}
	c := &jsonCheck{program: s.program()}
	c.value(c.program.root, v, "")
	return schema.Judgement{Violations: c.violations, Decoded: jsonx.Append(nil, v)}, nil
}
