package protobuf

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Check judges one event, in Protobuf's JSON mapping or in binary form. The
// error tells that no judgement is possible: a limit, an unknown message index,
// a cancelled context or a bug of ours.
func (s *Schema) Check(ctx context.Context, e schema.Event) (schema.Judgement, error) {
	if err := ctx.Err(); err != nil {
		return schema.Judgement{}, err
	}
	if max := s.opts.Limits.EventBytes; len(e.Bytes) > max {
		return schema.Judgement{}, schema.OverLimit("event-bytes", int64(len(e.Bytes)), int64(max), "the event is too large", schema.Position{})
	}
	w, err := s.Walker(e.Message)
	if err != nil {
		return schema.Judgement{}, err
	}
	switch e.Encoding {
	case schema.EncodingBinary:
		return w.checkBinary(e.Bytes)
	case schema.EncodingJSON:
		return w.checkJSON(e.Bytes)
	default:
		return schema.Judgement{}, &schema.Error{What: "the event's encoding is neither JSON nor binary"}
	}
}

func (w *Walker) checkBinary(event []byte) (schema.Judgement, error) {
	if err := w.Walk(event); err != nil {
		var walked *schema.WalkError
		if !errors.As(err, &walked) {
			return schema.Judgement{}, err
		}
		if walked.Limit != "" {
			return schema.Judgement{}, walked
		}
		return violated(schema.Violation{Path: walked.Path, What: walked.What, Offset: walked.Offset}), nil
	}
	m := dynamicpb.NewMessage(w.md)
	return w.judge(m, w.decode(event, m))
}

func (w *Walker) checkJSON(event []byte) (schema.Judgement, error) {
	if _, err := jsonx.Parse(string(event), jsonx.EventLimits(w.limits)); err != nil {
		var user *schema.Error
		if errors.As(err, &user) && user.Limit == "" {
			return violated(schema.Violation{What: user.Error(), Offset: -1}), nil
		}
		return schema.Judgement{}, err
	}
	m := dynamicpb.NewMessage(w.md)
	err := w.unmarshalJSON(event, m)
	return w.judge(m, err)
}

// judge turns the outcome of a decoder into a judgement.
func (w *Walker) judge(m *dynamicpb.Message, err error) (schema.Judgement, error) {
	var bug *schema.Bug
	if errors.As(err, &bug) {
		return schema.Judgement{}, bug
	}
	if err != nil {
		return violated(schema.Violation{What: libraryMessage(err), Offset: -1}), nil
	}
	decoded, err := w.json(m)
	var walked *schema.WalkError
	switch {
	case errors.As(err, &bug):
		return schema.Judgement{}, bug
	case errors.As(err, &walked) && walked.Limit != "":
		return schema.Judgement{}, walked
	}
	// A valid event may have no JSON form: an Any of an unknown type, a
	// timestamp after the year 9999.
	return schema.Judgement{Decoded: decoded}, nil
}

// json prints a message without the white space that the library varies.
func (w *Walker) json(m *dynamicpb.Message) ([]byte, error) {
	types, err := w.schema.eventTypes()
	if err != nil {
		return nil, err
	}
	if err := w.checkAny(m, 1); err != nil {
		return nil, err
	}
	var raw []byte
	err = guarded("protojson.Marshal", func() (err error) {
		raw, err = protojson.MarshalOptions{Resolver: types}.Marshal(m)
		return err
	})
	if err != nil {
		return nil, err
	}
	v, err := jsonx.Parse(string(raw), jsonx.Limits{})
	if err != nil {
		return nil, &schema.Bug{Where: "protojson.Marshal", Cause: err}
	}
	return jsonx.Append(nil, v), nil
}

func guarded(where string, f func() error) (err error) {
	defer shield(where, &err)
	return f()
}

func violated(v schema.Violation) schema.Judgement {
	return schema.Judgement{Violations: []schema.Violation{v}}
}

// libraryMessage removes the library's prefix, whose white space varies.
func libraryMessage(err error) string {
	s := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return strings.TrimPrefix(s, "proto: ")
}

// checkAny looks into every google.protobuf.Any whose type the schema knows. The
// JSON printer does so too, without a bound on how deep they are nested.
func (w *Walker) checkAny(m protoreflect.Message, depth int) error {
	if depth > w.limits.EventDepth {
		return &schema.WalkError{What: "messages inside google.protobuf.Any are nested too deeply", Limit: "event-depth"}
	}
	if m.Descriptor().FullName() == "google.protobuf.Any" {
		return w.checkOneAny(m, depth)
	}
	var err error
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsMap():
			if fd.MapValue().Message() == nil {
				return true
			}
			v.Map().Range(func(_ protoreflect.MapKey, e protoreflect.Value) bool {
				err = w.checkAny(e.Message(), depth+1)
				return err == nil
			})
		case fd.Message() == nil:
		case fd.IsList():
			for i := 0; i < v.List().Len() && err == nil; i++ {
				err = w.checkAny(v.List().Get(i).Message(), depth+1)
			}
		default:
			err = w.checkAny(v.Message(), depth+1)
		}
		return err == nil
	})
	return err
}

func (w *Walker) checkOneAny(m protoreflect.Message, depth int) error {
	types, err := w.schema.eventTypes()
	if err != nil {
		return err
	}
	fields := m.Descriptor().Fields()
	mt, err := types.FindMessageByURL(m.Get(fields.ByNumber(1)).String())
	if err != nil {
		return nil // opaque: the JSON printer refuses it before it reads the value
	}
	inner, err := w.schema.walkerOf(mt.Descriptor())
	if err != nil {
		return err
	}
	value := m.Get(fields.ByNumber(2)).Bytes()
	if err := inner.Walk(value); err != nil {
		return err
	}
	content := dynamicpb.NewMessage(mt.Descriptor())
	if err := inner.decode(value, content); err != nil {
		return err
	}
	return w.checkAny(content, depth+1)
}

// decode reads bytes that the walker accepted.
func (w *Walker) decode(event []byte, m *dynamicpb.Message) error {
	types, err := w.schema.eventTypes()
	if err != nil {
		return err
	}
	return guarded("proto.Unmarshal", func() error {
		return proto.UnmarshalOptions{Resolver: types, RecursionLimit: 10 * w.limits.EventDepth}.Unmarshal(event, m)
	})
}
