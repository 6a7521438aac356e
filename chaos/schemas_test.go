package chaos

import (
	"fmt"
	"strings"
)

// levels are those under which a pair can exclude each other.
var levels = []string{"BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}

// rivals are a base and two candidates of which each may follow the base, and
// neither the other.
type rivals struct {
	format, policy string
	base           string
	a, b           string
}

// rivalsOf makes the rivals of one race. The number goes into the texts, so
// that every race binds fresh ids.
func rivalsOf(format, level string, n int) rivals {
	switch format {
	case "AVRO":
		return avroRivals(n)
	case "JSON":
		return jsonRivals(level, n)
	default:
		return protobufRivals(n)
	}
}

func avroRivals(n int) rivals {
	record := func(x string) string {
		return fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"id","type":"string"}%s]}`, n, x)
	}
	return rivals{
		format: "AVRO", policy: "EXACT", base: record(""),
		a: record(`,{"name":"x","type":"int","default":0}`),
		b: record(`,{"name":"x","type":"string","default":""}`),
	}
}

// jsonRivals widens a closed object under BACKWARD and narrows a value under
// FORWARD. Under FULL only equal sets of events may follow each other, and
// equality is transitive, so there the rivals are such under a rule that forgives
// what LENIENT forgives: an optional property added to an open object.
func jsonRivals(level string, n int) rivals {
	object := func(rest string) string {
		return fmt.Sprintf(`{"$schema":"http://json-schema.org/draft-07/schema#","title":"R%d","type":"object",%s}`, n, rest)
	}
	switch {
	case strings.HasPrefix(level, "BACKWARD"):
		return rivals{
			format: "JSON", policy: "EXACT",
			base: object(`"properties":{"id":{"type":"string"}},"additionalProperties":false`),
			a:    object(`"properties":{"id":{"type":"string"},"x":{"type":"integer"}},"additionalProperties":false`),
			b:    object(`"properties":{"id":{"type":"string"},"x":{"type":"string"}},"additionalProperties":false`),
		}
	case strings.HasPrefix(level, "FORWARD"):
		return rivals{
			format: "JSON", policy: "EXACT",
			base: object(`"properties":{"x":{"type":["integer","string"]}},"required":["x"]`),
			a:    object(`"properties":{"x":{"type":"integer"}},"required":["x"]`),
			b:    object(`"properties":{"x":{"type":"string"}},"required":["x"]`),
		}
	}
	return rivals{
		format: "JSON", policy: "LENIENT",
		base: object(`"properties":{"id":{"type":"string"}}`),
		a:    object(`"properties":{"id":{"type":"string"},"x":{"type":"integer"}}`),
		b:    object(`"properties":{"id":{"type":"string"},"x":{"type":"string"}}`),
	}
}

func protobufRivals(n int) rivals {
	message := func(x string) string {
		return fmt.Sprintf("syntax = \"proto3\";\nmessage R%d {\n  string id = 1;\n%s}\n", n, x)
	}
	return rivals{
		format: "PROTOBUF", policy: "EXACT", base: message(""),
		a: message("  int32 x = 2;\n"),
		b: message("  string x = 2;\n"),
	}
}
