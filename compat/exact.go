package compat

import (
	"context"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// decision is what the exact engine says about one pair.
type decision struct {
	verdict   Verdict
	reason    Reason
	findings  []Finding
	undecided []schema.Undecided
	notes     []string
	// assumptions are what the verdict rests on besides the schemas, such as
	// "declared".
	assumptions []string
	// more says that there are more breaks than are listed.
	more  bool
	steps int
}

// exact is the engine that decides by proof and witness. A format without one
// is decided as far as it can be without: a text contains itself, once
// references are in place, and events of two formats never mix. The error is
// that of the context.
func exact(ctx context.Context, writer, reader schema.Parsed, d Direction, q *question) (decision, error) {
	if writer.Format() != reader.Format() {
		return decision{verdict: Incompatible, findings: formatFinding(writer, reader)}, nil
	}
	if format.SameInlined(writer, reader) {
		return decision{verdict: Compatible}, nil
	}
	if w, ok := writer.(*avro.Schema); ok {
		if r, ok := reader.(*avro.Schema); ok {
			return exactAvro(ctx, w, r, d, q.budget)
		}
	}
	if w, ok := writer.(*protobuf.Schema); ok {
		if r, ok := reader.(*protobuf.Schema); ok {
			return exactProto(ctx, w, r, d, q)
		}
	}
	if w, ok := writer.(*jsonschema.Schema); ok {
		if r, ok := reader.(*jsonschema.Schema); ok {
			return exactJSON(ctx, w, r, d, q)
		}
	}
	return decision{verdict: Unknown, reason: NotDecided}, nil
}
