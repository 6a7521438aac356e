package protobuf

import (
	"context"

	"github.com/instar-registry/instar/schema"
)

type planCache struct{}

// Sample is not available yet.
func (s *Schema) Sample(seed uint64) (schema.Sample, error) {
	return schema.Sample{}, &schema.Error{What: "sample events of Protobuf schemas are not built yet"}
}

// Check is not available yet.
func (s *Schema) Check(ctx context.Context, e schema.Event) (schema.Judgement, error) {
	return schema.Judgement{}, &schema.Error{What: "checking Protobuf events is not built yet"}
}
