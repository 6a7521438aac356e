package upcast

import (
	"context"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
	"github.com/instar-registry/instar/upcast/plan"
)

// protoCodec is one message of a Protobuf file.
type protoCodec struct {
	schema  *protobuf.Schema
	message []int // index path; none is the first message
	walker  *protobuf.Walker
	typ     *plan.Type
}

func protoCodecOf(s *protobuf.Schema, message []int) (codec, error) {
	w, err := s.Walker(message)
	if err != nil {
		return nil, err
	}
	shape, err := s.Shape(message)
	if err != nil {
		return nil, err
	}
	return &protoCodec{s, message, w, plan.FromProto(shape)}, nil
}

func (c *protoCodec) events() *plan.Type { return c.typ }

func (c *protoCodec) sample(seed uint64) (plan.Value, bool, error) {
	v, ok := sampleProto(c.typ, seed)
	if !ok {
		return nil, false, nil
	}
	b, err := c.encode(v)
	if err == nil {
		v, err = c.decode(b)
	}
	if err != nil {
		return nil, false, &schema.Bug{Where: "upcast.sampleProto", Cause: err}
	}
	return v, true, nil
}

func (c *protoCodec) decode(event []byte) (plan.Value, error) {
	return plan.DecodeProto(c.typ, event, plan.DefaultEventLimits())
}

func (c *protoCodec) encode(v plan.Value) ([]byte, error) {
	b, err := plan.EncodeProto([]byte{}, c.typ, v)
	if err != nil {
		return nil, err
	}
	return b, c.walker.Walk(b)
}

func (c *protoCodec) show(event []byte) ([]byte, error) {
	return c.schema.DecodeMessage(c.message, event)
}

// beyond is empty: what a message asks of values its types say.
func (c *protoCodec) beyond(context.Context, *Hop) ([]Problem, error) { return nil, nil }

func (c *protoCodec) program(root plan.Node, source *plan.Binder, to codec) program {
	if to, ok := to.(*protoCodec); ok {
		return plan.NewProtoPlan(root, source, to.typ, plan.DefaultEventLimits())
	}
	return nil
}
