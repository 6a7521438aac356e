package jsonschema

import (
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestCustomLimits: a long value is refused under a keyword that no draft knows,
// unless a reference points into it, and under no other.
func TestCustomLimits(t *testing.T) {
	long := strings.Repeat("a", 64<<10)
	many := strings.Repeat(`"a",`, 20_000)
	for name, c := range map[string]struct {
		text, path string // no path: the text is taken
	}{
		"a short text":             {`{"x":"` + long[:1000] + `"}`, ""},
		"a text at the limit":      {`{"x":"` + long[2:] + `"}`, ""},
		"a text beyond it":         {`{"x":"` + long[1:] + `"}`, "/x"},
		"a list":                   {`{"x":[` + many + `1]}`, "/x"},
		"an object":                {`{"x":{"y":"` + long + `"}}`, "/x"},
		"further down":             {`{"properties":{"p":{"x/y":"` + long + `"}}}`, "/properties/p/x~1y"},
		"a long comment":           {`{"$comment":"` + long + `a"}`, "/$comment"},
		"long examples":            {`{"examples":["` + long + `"]}`, ""},
		"a long default":           {`{"default":"` + long + `"}`, ""},
		"a keyword of later":       {`{"$schema":"http://json-schema.org/draft-07/schema#","$defs":{"a":{"default":"` + long + `"}}}`, ""},
		"schemas that are used":    {`{"$ref":"#/x/a","x":{"a":{"type":"string","default":"` + long + `"},"b":1}}`, ""},
		"schemas that nobody uses": {`{"x":{"a":{"type":"string","default":"` + long + `"},"b":1}}`, "/x"},
		"inside a used schema":     {`{"$ref":"#/x/a","x":{"a":{"y":"` + long + `"}}}`, "/x/a/y"},
		"beside an old reference":  {`{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#","x":"` + long + `"}`, "/x"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lenient := range []bool{false, true} {
				_, err := Parse(c.text, nil, schema.Options{Limits: schema.DefaultLimits(), Lenient: lenient})
				var e *schema.Error
				switch {
				case c.path == "" && err != nil:
					t.Errorf("lenient %t: %v", lenient, err)
				case c.path == "":
				case !errors.As(err, &e) || e.Limit != "doc-bytes" || e.Path != c.path || e.Line != 1:
					t.Errorf("lenient %t: %v, want the limit doc-bytes at %s", lenient, err, c.path)
				}
			}
		})
	}
}

// TestCustomLimitsOfReferences: the limit holds in every document, which the
// error names.
func TestCustomLimitsOfReferences(t *testing.T) {
	deps := []schema.Document{{Name: "other", Text: `{"x":"` + strings.Repeat("a", 70_000) + `"}`}}
	_, err := Parse(`{"$ref":"other"}`, deps, schema.Options{Limits: schema.DefaultLimits()})
	var e *schema.Error
	if !errors.As(err, &e) || e.Limit != "doc-bytes" || e.Document != "other" {
		t.Errorf("got %v", err)
	}
}
