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

func eventFormOf(c codec) (eventForm, error) {
	switch c := c.(type) {
	case *avroCodec:
		return avroForm{c.schema}, nil
	case *protoCodec:
		return protoForm{MessageEvents{c.schema, c.message}}, nil
	case *jsonCodec:
		return jsonForm{c.schema}, nil
	}
	return nil, &schema.Bug{Where: "upcast.eventFormOf", Cause: fmt.Sprintf("%T", c)}
}

// ruleCodecs are the codecs of the events that rules carry. Of a Protobuf file
// they are those of one message, whose target is found as for derived hops.
func ruleCodecs(from, to schema.Parsed, message string) (source, target codec, err error) {
	a, isProto := from.(*protobuf.Schema)
	if b, both := to.(*protobuf.Schema); isProto && both {
		return protoCodecsOf(a, b, message)
	}
	if message, err = MessageName(from, message); err != nil {
		return nil, nil, err
	}
	if isProto {
		path, _ := a.MessageIndexes(message)
		source, err = protoCodecOf(a, path)
	} else {
		source, err = codecOf(from)
	}
	if err == nil {
		target, err = codecOf(to)
	}
	return source, target, err
}

type avroForm struct{ *avro.Schema }

func (f avroForm) toJSON(_ context.Context, event []byte) ([]byte, error)  { return f.Decode(event) }
func (f avroForm) fromJSON(_ context.Context, text []byte) ([]byte, error) { return f.Encode(text) }

type protoForm struct{ MessageEvents }

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
