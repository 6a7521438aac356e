package upcast

import (
	"context"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

type avroCodec struct {
	schema *avro.Schema
	typ    *plan.Type
}

func (c *avroCodec) events() *plan.Type { return c.typ }

func (c *avroCodec) sample(seed uint64) (plan.Value, bool, error) {
	s, err := c.schema.Sample(seed)
	if err != nil {
		return nil, false, nil // the generator says that no event exists
	}
	v, err := c.decode(s.Binary)
	if err != nil {
		return nil, false, &schema.Bug{Where: "upcast", Cause: err}
	}
	return v, true, nil
}

func (c *avroCodec) decode(event []byte) (plan.Value, error) { return plan.DecodeAvro(c.typ, event) }

func (c *avroCodec) encode(v plan.Value) ([]byte, error) {
	b, err := plan.EncodeAvro(nil, c.typ, v)
	if err != nil {
		return nil, err
	}
	_, err = c.schema.Walk(b, avro.WalkOptions{})
	return b, err
}

func (c *avroCodec) show(event []byte) ([]byte, error) { return c.schema.Decode(event) }

// beyond is empty: an Avro schema asks nothing of values that its types do not
// say.
func (c *avroCodec) beyond(context.Context, *Hop) ([]Problem, error) { return nil, nil }

func (c *avroCodec) program(root plan.Node, source *plan.Binder, to codec) program {
	if to, ok := to.(*avroCodec); ok {
		return plan.NewAvroPlan(root, source, to.typ, plan.DefaultEventLimits())
	}
	return nil
}
