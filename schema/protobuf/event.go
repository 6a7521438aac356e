package protobuf

import (
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Encode reads an event of the first message from its JSON form.
func (s *Schema) Encode(json []byte) ([]byte, error) { return s.EncodeMessage(nil, json) }

// EncodeMessage reads an event of a message, named by its index path as in
// [Schema.Message], from its JSON form. The error says what is wrong with it.
func (s *Schema) EncodeMessage(indexes []int, json []byte) ([]byte, error) {
	w, err := s.Walker(indexes)
	if err != nil {
		return nil, err
	}
	if len(json) > w.limits.EventBytes {
		return nil, schema.OverLimit("event-bytes", int64(len(json)), int64(w.limits.EventBytes), "the event is too large", schema.Position{})
	}
	if _, err := jsonx.Parse(string(json), jsonx.EventLimits(w.limits)); err != nil {
		return nil, err
	}
	m := dynamicpb.NewMessage(w.md)
	if err := w.unmarshalJSON(json, m); err != nil {
		if isBug(err) {
			return nil, err
		}
		return nil, &schema.Error{What: "the event is not the JSON form of " + string(w.md.FullName()) + ": " + libraryMessage(err)}
	}
	out := []byte{}
	err = guarded("proto.Marshal", func() (err error) {
		out, err = proto.MarshalOptions{Deterministic: true}.MarshalAppend(out, m)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, w.Walk(out)
}

// unmarshalJSON reads JSON that was held to the limits.
func (w *Walker) unmarshalJSON(json []byte, m *dynamicpb.Message) error {
	types, err := w.schema.eventTypes()
	if err != nil {
		return err
	}
	return guarded("protojson.Unmarshal", func() error {
		return protojson.UnmarshalOptions{Resolver: types, RecursionLimit: w.limits.EventDepth + 1}.Unmarshal(json, m)
	})
}

// Decode shows an event of the first message as JSON.
func (s *Schema) Decode(event []byte) ([]byte, error) { return s.DecodeMessage(nil, event) }

// DecodeMessage shows an event of a message: in the JSON form if it has one, else
// with what has none replaced. The error is a *schema.WalkError if the bytes are
// no event of the message.
func (s *Schema) DecodeMessage(indexes []int, event []byte) ([]byte, error) {
	w, err := s.Walker(indexes)
	if err != nil {
		return nil, err
	}
	if err := w.Walk(event); err != nil {
		return nil, err
	}
	m := dynamicpb.NewMessage(w.md)
	if err := w.decode(event, m); err != nil {
		return nil, err
	}
	out, err := w.json(m)
	if err == nil || isBug(err) || isLimit(err) {
		return out, err
	}
	return appendMessage(nil, m), nil
}
