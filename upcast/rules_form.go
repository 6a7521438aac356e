package upcast

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// eventForm turns events into the JSON that rules are written against, and back:
// Avro's JSON encoding with tagged unions, Protobuf's JSON mapping with 64-bit
// integers as texts, and JSON as it is. Both ways hold the event to the schema.
type eventForm interface {
	toJSON(ctx context.Context, event []byte) ([]byte, error)
	fromJSON(ctx context.Context, text []byte) ([]byte, error)
}

func eventFormOf(s schema.Parsed) (eventForm, error) {
	switch s := s.(type) {
	case *avro.Schema:
		return avroForm{s}, nil
	case *protobuf.Schema:
		return protoForm{s}, nil
	case *jsonschema.Schema:
		return jsonForm{s}, nil
	}
	return nil, &schema.Bug{Where: "upcast.eventFormOf", Cause: fmt.Sprintf("%T", s)}
}

type avroForm struct{ *avro.Schema }

func (f avroForm) toJSON(_ context.Context, event []byte) ([]byte, error)  { return f.Decode(event) }
func (f avroForm) fromJSON(_ context.Context, text []byte) ([]byte, error) { return f.Encode(text) }

type protoForm struct{ *protobuf.Schema }

func (f protoForm) toJSON(_ context.Context, event []byte) ([]byte, error) { return f.Decode(event) }

func (f protoForm) fromJSON(_ context.Context, text []byte) ([]byte, error) { return f.Encode(text) }

type jsonForm struct{ *jsonschema.Schema }

func (f jsonForm) toJSON(ctx context.Context, event []byte) ([]byte, error) {
	return event, f.valid(ctx, event)
}

func (f jsonForm) fromJSON(ctx context.Context, text []byte) ([]byte, error) {
	return text, f.valid(ctx, text)
}

func (f jsonForm) valid(ctx context.Context, event []byte) error {
	j, err := f.Check(ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: event})
	if err == nil && len(j.Violations) > 0 {
		v := j.Violations[0]
		err = &schema.Error{What: v.What, Path: v.Path}
	}
	return err
}
