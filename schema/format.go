package schema

import (
	"fmt"
	"strings"
)

// Format is the schema language of a text.
type Format uint8

// The three formats, in the order Confluent introduced them.
const (
	Avro Format = iota + 1
	JSON
	Protobuf
)

// String returns the name that the REST surface uses: AVRO, JSON or PROTOBUF.
func (f Format) String() string {
	switch f {
	case Avro:
		return "AVRO"
	case JSON:
		return "JSON"
	case Protobuf:
		return "PROTOBUF"
	default:
		return fmt.Sprintf("Format(%d)", uint8(f))
	}
}

// ParseFormat reads a schemaType of the REST surface. The empty string is
// AVRO, as in Confluent; case does not matter.
func ParseFormat(s string) (Format, error) {
	switch strings.ToUpper(s) {
	case "", "AVRO":
		return Avro, nil
	case "JSON":
		return JSON, nil
	case "PROTOBUF":
		return Protobuf, nil
	default:
		return 0, fmt.Errorf("unknown schema type %q: AVRO, JSON and PROTOBUF are known", s)
	}
}

// Reference names a registered schema version that a text builds on.
type Reference struct {
	// Name is what the text calls it: an Avro full name, a JSON Schema
	// reference URI, or a Protobuf import path.
	Name string
	// Subject may be qualified with a context (":.ctx:name").
	Subject string
	// Version is the registered version; -1 means the newest one and is
	// replaced by a number when a schema is registered.
	Version int
}

// Document is a reference after resolution: the text that the name stands for.
// Parsers get the transitive closure, dependencies before their dependents and
// each name once.
type Document struct {
	Name string
	Text string
}
