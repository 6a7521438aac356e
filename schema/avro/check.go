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
	v, violations, err := s.readJSON(event)
	if err != nil || v == nil {
		return schema.Judgement{Violations: violations}, err
	}
	return schema.Judgement{Violations: violations, Decoded: jsonx.Append(make([]byte, 0, len(event)), v)}, nil
}
