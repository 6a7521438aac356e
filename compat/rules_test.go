package compat

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// TestDispatch: each format is judged by its own rule and shown in its own form,
// in both directions.
func TestDispatch(t *testing.T) {
	opts := schema.Options{Limits: schema.DefaultLimits()}
	parse := map[schema.Format]func(string) (schema.Parsed, error){
		schema.Avro:     func(text string) (schema.Parsed, error) { return parseAvro(t, text), nil },
		schema.JSON:     func(text string) (schema.Parsed, error) { return jsonschema.Parse(text, nil, opts) },
		schema.Protobuf: func(text string) (schema.Parsed, error) { return protobuf.Parse(text, nil, opts) },
	}
	for _, c := range []struct {
		format   schema.Format
		old, new string
		level    Level
		want     string
	}{
		{schema.Avro, `"int"`, `"string"`, Backward, `{errorType:'TYPE_MISMATCH', description:'The type (path '/') of a field in the new schema does not match with the old schema', additionalInfo:'reader type: STRING not compatible with writer type: INT'}`},
		{schema.JSON, `{"type":"integer"}`, `{"type":"string"}`, Backward, `{errorType:"TYPE_CHANGED", description:"A type at path '#/' is different between the new schema and the old schema'}`},
		{schema.JSON, `{"type":"integer"}`, `{"type":"string"}`, Forward, `{errorType:"TYPE_CHANGED", description:"A type at path '#/' is different between the old schema and the new schema'}`},
		{schema.JSON, `{"type":"object"}`, `{"type":"object","properties":{"a":{"type":"string"}}}`, Backward, `{errorType:"OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", description:"The new schema has an open content model and has a`},
		{schema.Protobuf, "syntax = \"proto3\";\nmessage A { int32 a = 1; }\n", "syntax = \"proto3\";\nmessage A { string a = 1; }\n", Backward, `{errorType:"FIELD_SCALAR_KIND_CHANGED", description:"`},
		{schema.Protobuf, "syntax = \"proto3\";\nmessage A { int32 a = 1; }\n", "syntax = \"proto3\";\nmessage A { int32 a = 1; }\nmessage B {}\n", Forward, `{errorType:"MESSAGE_REMOVED", description:"The old schema is missing`},
	} {
		older, err := parse[c.format](c.old)
		if err != nil {
			t.Fatal(err)
		}
		newer, err := parse[c.format](c.new)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Check(t.Context(), Request{Candidate: newer, History: []Version{{Number: 1, Parsed: older}}, Level: c.level, Policy: Strict})
		if err != nil {
			t.Fatal(err)
		}
		if m := r.Messages(); !r.Refused || !slices.ContainsFunc(m, func(s string) bool { return strings.HasPrefix(s, c.want) }) {
			t.Errorf("%s %s: %q, want %s", c.format, c.level, m, c.want)
		}
		if r, err := Check(t.Context(), Request{Candidate: newer, History: []Version{{Number: 1, Parsed: newer}}, Level: Full, Policy: Strict}); err != nil || r.Refused || len(r.Pairs[0].Findings) > 0 {
			t.Errorf("%s against itself: %v %+v", c.format, err, r)
		}
	}
}

// TestLenientDiffers: the two policies part on JSON Schema's open models.
func TestLenientDiffers(t *testing.T) {
	parse := func(text string) schema.Parsed {
		s, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	older, newer := parse(`{"type":"object"}`), parse(`{"type":"object","properties":{"a":{"type":"string"}}}`)
	for policy, refused := range map[Policy]bool{Strict: true, Lenient: false, Exact: true} {
		r, err := Check(t.Context(), Request{Candidate: newer, History: []Version{{Number: 1, Parsed: older}}, Policy: policy})
		if err != nil || r.Refused != refused || len(r.Pairs[0].Findings) == 0 {
			t.Errorf("%s: %v %+v", policy, err, r)
		}
	}
}

func TestUnknownSchemaIsABug(t *testing.T) {
	var bug *schema.Bug
	if _, err := ruleDifferences(foreign{}, foreign{}); !errors.As(err, &bug) {
		t.Errorf("%v", err)
	}
}
