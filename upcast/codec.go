package upcast

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
	"github.com/instar-registry/instar/upcast/plan"
)

// codec is what proving and running need of a schema's format: its types, events
// to try, the real encoder and validator, and a way over bytes.
type codec interface {
	// events is the type of the events.
	events() *plan.Type
	// sample is a generated event; false if no event exists.
	sample(seed uint64) (plan.Value, bool, error)
	// decode reads the bytes of an event that is valid under the schema.
	decode(event []byte) (plan.Value, error)
	// encode gives the bytes of an event, held to the real validator.
	encode(v plan.Value) ([]byte, error)
	// show gives an encoded event as JSON.
	show(event []byte) ([]byte, error)
	// beyond are the obligations of a hop to this schema that the types of its
	// tree do not show: what the schema asks of values.
	beyond(ctx context.Context, h *Hop) ([]Problem, error)
	// program compiles a tree from events of this schema to those of another one
	// for a run over bytes; nil if there is no such way between the two.
	program(root plan.Node, source *plan.Binder, to codec) program
}

// program carries an encoded event out without decoding it whole. Its output is
// appended to dst.
type program interface {
	Apply(dst, event []byte, s *plan.Scratch) ([]byte, *plan.Failure)
}

// codecOf is the codec of a schema. The error is an [*Error] of code NotYet.
func codecOf(s schema.Parsed) (codec, error) {
	switch s := s.(type) {
	case *avro.Schema:
		return &avroCodec{s, plan.FromAvro(s)}, nil
	case *protobuf.Schema:
		return protoCodecOf(s, nil)
	case *jsonschema.Schema:
		return newJSONCodec(s), nil
	}
	e := &Error{Code: NotYet}
	e.Problem.What = fmt.Sprintf("upcasters between %s schemas are not carried out yet", s.Format())
	e.Problem.Hint = "a later release proves and runs them"
	return nil, e
}
