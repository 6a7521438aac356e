// Package format is the one door to the three schema languages: it gives a text
// to the parser of its format. Whoever handles schemas of any format calls it;
// whoever needs more than [schema.Parsed] offers switches on the concrete type.
package format

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// Parse parses text as the given format. docs is the transitive closure of its
// references, dependencies first. Errors are *schema.Error or *schema.Bug.
func Parse(f schema.Format, text string, docs []schema.Document, opts schema.Options) (schema.Parsed, error) {
	switch f {
	case schema.Avro:
		return lift(avro.Parse(text, docs, opts))
	case schema.JSON:
		return lift(jsonschema.Parse(text, docs, opts))
	case schema.Protobuf:
		return lift(protobuf.Parse(text, docs, opts))
	default:
		return nil, &schema.Bug{Where: "format.Parse", Cause: fmt.Sprintf("unknown format %d", f)}
	}
}

// SameInlined reports whether two schemas have the same inlined text. Where a
// format can tell without writing the texts, it does.
func SameInlined(a, b schema.Parsed) bool {
	if x, ok := a.(*protobuf.Schema); ok {
		if y, ok := b.(*protobuf.Schema); ok {
			return x.SameInlined(y)
		}
	}
	return a.Inlined() == b.Inlined()
}

// lift keeps a nil pointer from becoming a non-nil interface.
func lift[S schema.Parsed](s S, err error) (schema.Parsed, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
