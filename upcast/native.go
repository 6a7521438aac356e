package upcast

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// ApplyMap carries a decoded event: records are map[string]any, and numbers keep
// their Go types, as [plan.FromNative] says; events of JSON Schema are what
// encoding/json makes of them with UseNumber. The error is a *plan.NativeError if
// the event is none of the first version.
func (r *Runner) ApplyMap(ctx context.Context, event any) (any, *Failure, error) {
	from, to := r.chain.from(), r.chain.to()
	v, err := fromNative(from, event)
	if err != nil {
		return nil, nil, err
	}
	image, f, err := r.chain.Evaluate(ctx, v, plan.DefaultLimits())
	if f != nil || err != nil {
		return nil, f, err
	}
	if _, text := to.(*jsonCodec); !text {
		return plan.ToNative(to.events(), image), nil, nil
	}
	b, err := to.encode(image)
	if err != nil {
		return nil, nil, &schema.Bug{Where: "upcast.ApplyMap", Cause: err}
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var out any
	err = d.Decode(&out)
	return out, nil, err
}

func fromNative(c codec, event any) (plan.Value, error) {
	if _, text := c.(*jsonCodec); !text {
		return plan.FromNative(c.events(), event)
	}
	b, err := json.Marshal(event)
	if err != nil {
		return nil, &plan.NativeError{What: err.Error()}
	}
	v, err := c.decode(b)
	if err != nil {
		return nil, &plan.NativeError{What: err.Error()}
	}
	return v, nil
}

// Reader carries encoded events straight into Go structs, without encoding them
// in between. It is immutable and safe for concurrent use.
type Reader struct {
	chain  *Chain
	writer *plan.StructWriter
}

// NewReader prepares reading events of a chain's last version into a struct, to
// which pointer points; its fields carry the tags of hamba/avro, encoding/json or
// Protobuf's generated code. Every field of the last version needs one that holds
// all of its values. The oneofs of generated messages have wrapper types, which
// cannot be set: carry bytes and unmarshal those instead.
func NewReader(c *Chain, pointer any) (*Reader, error) {
	tag := "avro"
	switch c.to().(type) {
	case *jsonCodec:
		tag = "json"
	case *protoCodec:
		tag = "protobuf"
	}
	w, err := plan.NewStructWriter(c.to().events(), pointer, tag)
	if err != nil {
		return nil, err
	}
	return &Reader{c, w}, nil
}

// Read carries an encoded event and sets the struct that pointer points to, which
// is of the type that the reader was made for. It is left as it was if there is a
// failure; after an error, a number of JSON that its field does not hold, it is
// half set.
func (r *Reader) Read(ctx context.Context, event []byte, pointer any) (*Failure, error) {
	v, err := r.chain.from().decode(event)
	if err != nil {
		return &Failure{Code: plan.FailInput, Reason: err.Error()}, nil
	}
	image, f, err := r.chain.Evaluate(ctx, v, plan.DefaultLimits())
	if f != nil || err != nil {
		return f, err
	}
	return nil, r.writer.Set(pointer, image)
}
