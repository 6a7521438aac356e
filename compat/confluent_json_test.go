package compat

import (
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

func parseJSON(t testing.TB, text string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func acceptedBy(list []Difference) (strict, lenient bool) {
	strict, lenient = true, true
	for _, d := range list {
		strict = strict && !d.Strict
		lenient = lenient && !d.Lenient
	}
	return strict, lenient
}

func TestJSONKindTable(t *testing.T) {
	count := map[jsonPolicy]int{}
	for name, k := range jsonKinds {
		count[k.policy]++
		if !strings.Contains(k.sentence, "'PATH'") || strings.Count(k.sentence, "%s schema") != 2 {
			t.Errorf("%s has the sentence %q", name, k.sentence)
		}
	}
	if len(jsonKinds) != 132 || count[jsonAllowed] != 65 || count[jsonLenient] != 9 || count[jsonRefused] != 58 {
		t.Errorf("%d kinds, by policy %v; want 132: 65, 9 and 58", len(jsonKinds), count)
	}
}

// d20 marks a text as 2020-12.
const (
	d20 = `"$schema":"https://json-schema.org/draft/2020-12/schema"`
	d4  = `"$schema":"http://json-schema.org/draft-04/schema#"`
)

// TestJSONPairs are the pairs whose answer under STRICT is pinned, right or
// wrong, because clients rely on it.
func TestJSONPairs(t *testing.T) {
	cases := []struct {
		name, old, new string
		strict         bool
	}{
		{"required, undeclared", `{"type":"object"}`, `{"type":"object","required":["x"]}`, true},
		{"required with default", `{"properties":{"x":{"type":"integer"}}}`, `{"properties":{"x":{"type":"integer","default":0}},"required":["x"]}`, true},
		{"patternProperties value", `{"type":"object","patternProperties":{"^s_":{"type":"string"}}}`, `{"type":"object","patternProperties":{"^s_":{"type":"integer"}}}`, true},
		{"property beside patternProperties", `{"type":"object","patternProperties":{"^x_":{}}}`, `{"type":"object","patternProperties":{"^x_":{}},"properties":{"foo":{"type":"integer"}}}`, true},
		{"propertyNames", `{"type":"object"}`, `{"type":"object","propertyNames":{"maxLength":3}}`, true},
		{"contains in draft 7", `{"type":"array"}`, `{"type":"array","contains":{"type":"integer"}}`, true},
		{"oneOf overlap", `{"oneOf":[{"type":"integer"},{"type":"string"}]}`, `{"oneOf":[{"type":"integer"},{"type":"string"},{"type":"number"}]}`, true},
		{"into overlapping oneOf", `{"type":"integer"}`, `{"oneOf":[{"type":"number"},{"type":"integer"}]}`, true},
		{"conditional body", `{"if":{"properties":{"k":{"const":1}}},"then":{"required":["x"]}}`, `{"if":{"properties":{"k":{"const":1}}},"then":{"required":["y"]}}`, true},
		{"exclusiveMaximum below maximum", `{"type":"number","maximum":20,"exclusiveMaximum":10}`, `{"type":"number","maximum":20,"exclusiveMaximum":5}`, true},
		{"exclusiveMaximum without maximum", `{"type":"number","exclusiveMaximum":10}`, `{"type":"number","exclusiveMaximum":5}`, false},
		{"draft 4 exclusiveMinimum", `{` + d4 + `,"minimum":0}`, `{` + d4 + `,"minimum":0,"exclusiveMinimum":true}`, true},
		{"beyond 2^53", `{"type":"integer","maximum":9007199254740993}`, `{"type":"integer","maximum":9007199254740992}`, true},
		{"not required", `{"not":{"required":["a"]}}`, `{"not":{"required":["b"]}}`, true},
		{"format", `{"type":"string"}`, `{"type":"string","format":"ipv4"}`, true},
		{"optional property, open", `{"type":"object","properties":{"a":{}}}`, `{"type":"object","properties":{"a":{},"b":{"type":"string"}}}`, false},
		{"list node value", list("integer"), list("string"), false},
		{"const 0 and false", `{"const":0}`, `{"const":false}`, false},
		{"integer into multiples", `{"type":"integer"}`, `{"type":"integer","anyOf":[{"multipleOf":2},{"multipleOf":3}]}`, false},
		{"length to pattern", `{"minLength":1,"maxLength":1}`, `{"pattern":"^.$"}`, false},
		{"unevaluated, other name", `{` + d20 + `,"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false}`, `{` + d20 + `,"properties":{"b":{}},"additionalProperties":false}`, false},

		{"enum to string", `{"enum":["a","b"]}`, `{"type":"string"}`, false},
		{"const to enum", `{"const":1}`, `{"enum":[1,2]}`, false},
		{"wider pattern", `{"type":"string","pattern":"^[0-9]{3}$"}`, `{"type":"string","pattern":"^[0-9]+$"}`, false},
		{"pattern to length", `{"type":"string","pattern":"^abc$"}`, `{"type":"string","minLength":1}`, false},
		{"maximum to exclusive", `{"type":"integer","maximum":9}`, `{"type":"integer","exclusiveMaximum":10}`, false},
		{"anyOf collapses", `{"anyOf":[{"type":"integer"},{"type":"number"}]}`, `{"type":"number"}`, false},
		{"object split", `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`, `{"allOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"type":"object","properties":{"b":{"type":"string"}}}]}`, false},
		{"multiple to integer", `{"type":"number","multipleOf":2}`, `{"type":"integer"}`, false},
		{"additionalItems without items", `{"type":"array","additionalItems":true}`, `{"type":"array","additionalItems":false}`, false},
		{"tag const to enum", `{"properties":{"tag":{"const":"x"}}}`, `{"properties":{"tag":{"enum":["x","y"]}}}`, false},
		{"false property", `{"properties":{"a":false}}`, `{"properties":{"a":{"type":"string","maxLength":3}}}`, true},
		{"optional property, closed", `{"properties":{"a":{}},"additionalProperties":false}`, `{"properties":{"a":{},"b":{"type":"string"}},"additionalProperties":false}`, true},
		{"multiples to integer", `{"anyOf":[{"type":"integer","multipleOf":2},{"type":"integer","multipleOf":3}]}`, `{"type":"integer"}`, false},
		{"multipleOf reduced", `{"type":"number","multipleOf":0.1}`, `{"type":"number","multipleOf":0.01}`, true},
		{"minProperties to required", `{"minProperties":1,"propertyNames":{"enum":["a"]}}`, `{"required":["a"]}`, true},
		{"unique booleans", `{"type":"array","uniqueItems":true,"items":{"type":"boolean"}}`, `{"type":"array","maxItems":2}`, false},
		{"list unrolled", list("integer"), `{"type":"object","properties":{"v":{"type":"integer"},"next":` + list("integer") + `}}`, true},
		{"node without value", `{"type":"object","required":["next"],"properties":{"next":{"$ref":"#"}}}`, `false`, false},
		{"pattern to enum", `{"type":"string","pattern":"^a{0,3}$"}`, `{"type":"string","enum":["","a","aa","aaa"]}`, false},
		{"enum of data", `{"enum":[{"$ref":"#/x"}]}`, `{"type":"object"}`, false},
		{"unevaluated, same name", `{` + d20 + `,"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false}`, `{` + d20 + `,"properties":{"a":{}},"additionalProperties":false}`, false},
	}
	for _, c := range cases {
		list := jsonDifferences(parseJSON(t, c.old), parseJSON(t, c.new))
		if strict, _ := acceptedBy(list); strict != c.strict {
			t.Errorf("%s: STRICT accepts = %t, want %t: %+v", c.name, strict, c.strict, list)
		}
	}
}

// list is a linked list with values of a type.
func list(t string) string {
	return `{"$id":"http://example.com/list-` + t + `","type":"object","properties":{"v":{"type":"` + t + `"},"next":{"$ref":"#"}}}`
}

func kindsOf(list []Difference) []string {
	out := []string{}
	for _, d := range list {
		out = append(out, d.Kind+" "+d.Path)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
