package compat

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// formatChanged is Confluent's only text without a kind for a pair that cannot
// be compared.
const formatChanged = "Incompatible because of different schema type"

// ruleDifferences dispatches to the Confluent rule of the pair's format.
func ruleDifferences(writer, reader schema.Parsed) ([]Difference, error) {
	if writer.Format() != reader.Format() {
		return []Difference{{Description: formatChanged, Strict: true, Lenient: true}}, nil
	}
	switch r := reader.(type) {
	case *avro.Schema:
		if w, ok := writer.(*avro.Schema); ok {
			return avroDifferences(w, r), nil
		}
	case *jsonschema.Schema:
		if w, ok := writer.(*jsonschema.Schema); ok {
			return jsonDifferences(w, r), nil
		}
	case *protobuf.Schema:
		if w, ok := writer.(*protobuf.Schema); ok {
			return protobufDifferences(w, r), nil
		}
	}
	return nil, &schema.Bug{Where: "compat.ruleDifferences", Cause: fmt.Sprintf("no rule for %T read by %T", writer, reader)}
}
