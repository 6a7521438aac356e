package upcast

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

// codec is what a proof needs of a format: its types, events to try, and the real
// encoder and validator.
type codec interface {
	// events is the type of the events.
	events() *plan.Type
	// sample is a generated event; false if no event exists.
	sample(seed uint64) (plan.Value, bool, error)
	// encode gives the bytes of an event, held to the real validator.
	encode(v plan.Value) ([]byte, error)
	// show gives an encoded event as JSON.
	show(event []byte) ([]byte, error)
}

// codecOf is the codec of a schema. The error is an [*Error] of code NotYet.
func codecOf(s schema.Parsed) (codec, error) {
	if s, ok := s.(*avro.Schema); ok {
		return &avroCodec{s, plan.FromAvro(s)}, nil
	}
	e := &Error{Code: NotYet}
	e.Problem.What = fmt.Sprintf("upcasters between %s schemas are not carried out yet", s.Format())
	e.Problem.Hint = "a later release proves and runs them"
	return nil, e
}

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
	v, err := plan.DecodeAvro(c.typ, s.Binary)
	if err != nil {
		return nil, false, &schema.Bug{Where: "upcast", Cause: err}
	}
	return v, true, nil
}

func (c *avroCodec) encode(v plan.Value) ([]byte, error) {
	b, err := plan.EncodeAvro(nil, c.typ, v)
	if err != nil {
		return nil, err
	}
	_, err = c.schema.Walk(b, avro.WalkOptions{})
	return b, err
}

func (c *avroCodec) show(event []byte) ([]byte, error) { return c.schema.Decode(event) }
