package jsonschema

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Check validates one JSON event. An error says that the event was not judged:
// it breaks a limit, validating it would take too many steps, or it needs a
// pattern or a reference that cannot be evaluated.
func (s *Schema) Check(ctx context.Context, e schema.Event) (schema.Judgement, error) {
	if e.Encoding != schema.EncodingJSON && e.Encoding != schema.EncodingBinary {
		return schema.Judgement{}, &schema.Error{What: fmt.Sprintf("unknown encoding %d of a JSON Schema event", e.Encoding)}
	}
	if len(e.Bytes) > s.limits.EventBytes {
		return schema.Judgement{}, schema.OverLimit("event-bytes", int64(len(e.Bytes)), int64(s.limits.EventBytes), "the event is too long", schema.Position{})
	}
	value, err := jsonx.Parse(string(e.Bytes), jsonx.EventLimits(s.limits))
	if err != nil {
		return schema.Judgement{}, err
	}
	if err := s.affordable(ctx, value); err != nil {
		return schema.Judgement{}, err
	}
	validator, err := s.validator()
	if err != nil {
		return schema.Judgement{}, err
	}
	found, err := validator.Validate(plain(value))
	if err != nil {
		return schema.Judgement{}, err
	}
	j := schema.Judgement{Decoded: jsonx.Append(make([]byte, 0, len(e.Bytes)), value)}
	for _, v := range found {
		path, at := located(value, v.Instance)
		j.Violations = append(j.Violations, schema.Violation{Path: path, What: v.What, Offset: at})
	}
	return j, nil
}

// located turns a path into a JSON Pointer and the offset of its value.
func located(v *jsonx.Value, path []string) (pointer string, offset int) {
	for _, token := range path {
		pointer = jsonx.Pointer(pointer, token)
		v = step(v, token)
	}
	if v == nil {
		return pointer, -1
	}
	return pointer, v.Offset
}

// step goes one level down; nil if there is nothing.
func step(v *jsonx.Value, token string) *jsonx.Value {
	if v == nil || v.Kind == jsonx.Object {
		return v.Get(token)
	}
	i := 0
	for _, c := range token {
		if c < '0' || c > '9' || i > len(v.Items) {
			return nil
		}
		i = i*10 + int(c-'0')
	}
	if v.Kind != jsonx.Array || i >= len(v.Items) {
		return nil
	}
	return v.Items[i]
}
