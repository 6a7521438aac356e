package oracle

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Row is an edit of a schema, minimal for what it shows.
type Row struct {
	Old, New string
	// Event shows that the edit breaks; empty if it does not. Another one
	// does as well if it is no larger.
	Event string
	// Draft is draft 7 where it is not set.
	Draft                   jsonschema.Draft
	Declared, AssertFormats bool
	// Strict is what the rule of STRICT answers, which is wrong for most rows.
	// Silent says that there is no answer to compare with.
	Strict schema.Verdict
}

const silent = schema.Unknown

const (
	accepts = schema.Compatible
	refuses = schema.Incompatible
)

// Table are pairs that every build must decide, chosen because comparing the
// texts gets most of them wrong.
var Table = append(breaking, harmless...)

var breaking = []Row{
	{Old: `{"type":"object"}`, New: `{"type":"object","required":["x"]}`, Event: `{}`, Strict: accepts},
	{
		Old:   `{"type":"object","properties":{"x":{"type":"integer"}}}`,
		New:   `{"type":"object","properties":{"x":{"type":"integer","default":0}},"required":["x"]}`,
		Event: `{}`, Strict: accepts,
	},
	{
		Old:   `{"type":"object","patternProperties":{"^s_":{"type":"string"}}}`,
		New:   `{"type":"object","patternProperties":{"^s_":{"type":"integer"}}}`,
		Event: `{"s_a":""}`, Strict: accepts,
	},
	{
		Old:   `{"type":"object","patternProperties":{"^x_":{}}}`,
		New:   `{"type":"object","patternProperties":{"^x_":{}},"properties":{"foo":{"type":"integer"}}}`,
		Event: `{"foo":""}`, Strict: accepts,
	},
	{Old: `{"type":"object"}`, New: `{"type":"object","propertyNames":{"maxLength":3}}`, Event: `{"aaaa":0}`, Strict: accepts},
	{Old: `{"type":"array"}`, New: `{"type":"array","contains":{"type":"integer"}}`, Event: `[]`, Strict: accepts},
	{
		Old:   `{"oneOf":[{"type":"integer"},{"type":"string"}]}`,
		New:   `{"oneOf":[{"type":"integer"},{"type":"string"},{"type":"number"}]}`,
		Event: `0`, Strict: accepts,
	},
	{Old: `{"type":"integer"}`, New: `{"oneOf":[{"type":"number"},{"type":"integer"}]}`, Event: `0`, Strict: accepts},
	{
		Old:   `{"if":{"properties":{"k":{"const":1}}},"then":{"required":["x"]}}`,
		New:   `{"if":{"properties":{"k":{"const":1}}},"then":{"required":["y"]}}`,
		Event: `{"x":0}`, Strict: accepts,
	},
	{
		Old:   `{"type":"number","maximum":20,"exclusiveMaximum":10}`,
		New:   `{"type":"number","maximum":20,"exclusiveMaximum":5}`,
		Event: `5`, Strict: accepts,
	},
	{Old: `{"type":"number","exclusiveMaximum":10}`, New: `{"type":"number","exclusiveMaximum":5}`, Event: `5`, Strict: silent},
	{
		Old: `{"type":"number","minimum":0}`, New: `{"type":"number","minimum":0,"exclusiveMinimum":true}`,
		Event: `0`, Draft: jsonschema.Draft4, Strict: accepts,
	},
	{
		Old: `{"type":"integer","maximum":9007199254740993}`, New: `{"type":"integer","maximum":9007199254740992}`,
		Event: `9007199254740993`, Strict: accepts,
	},
	{Old: `{"not":{"required":["a"]}}`, New: `{"not":{"required":["b"]}}`, Event: `{"b":0}`, Strict: accepts},
	{Old: `{"type":"string"}`, New: `{"type":"string","format":"ipv4"}`, Event: `""`, AssertFormats: true, Strict: accepts},
	{
		Old:   `{"type":"object","properties":{"a":{"type":"string"}}}`,
		New:   `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`,
		Event: `{"b":0}`, Strict: refuses,
	},
	{
		Old:   `{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#"}}}`,
		New:   `{"type":"object","properties":{"v":{"type":"string"},"next":{"$ref":"#"}}}`,
		Event: `{"v":0}`, Strict: refuses,
	},
	{Old: `{"const":0}`, New: `{"const":false}`, Event: `0`, Strict: refuses},
	{Old: `{"type":"integer"}`, New: `{"anyOf":[{"multipleOf":2},{"multipleOf":3}]}`, Event: `1`, Strict: refuses},
	{Old: `{"type":"string","minLength":1,"maxLength":1}`, New: `{"type":"string","pattern":"^.$"}`, Event: `"\n"`, Strict: refuses},
	{
		Old:   `{"type":"object","allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}`,
		New:   `{"type":"object","properties":{"b":true},"additionalProperties":false}`,
		Event: `{"a":0}`, Draft: jsonschema.Draft2020, Strict: refuses,
	},
}

var harmless = []Row{
	{Old: `{"enum":["a","b"]}`, New: `{"type":"string"}`, Strict: refuses},
	{Old: `{"const":1}`, New: `{"enum":[1,2]}`, Strict: refuses},
	{Old: `{"type":"string","pattern":"^[0-9]{3}$"}`, New: `{"type":"string","pattern":"^[0-9]+$"}`, Strict: refuses},
	{Old: `{"type":"string","pattern":"^abc$"}`, New: `{"type":"string","minLength":1}`, Strict: refuses},
	{Old: `{"type":"integer","maximum":9}`, New: `{"type":"integer","exclusiveMaximum":10}`, Strict: refuses},
	{Old: `{"anyOf":[{"type":"integer"},{"type":"number"}]}`, New: `{"type":"number"}`, Strict: refuses},
	{
		Old:    `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}}}`,
		New:    `{"type":"object","allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"integer"}}}]}`,
		Strict: refuses,
	},
	{Old: `{"type":"number","multipleOf":2}`, New: `{"type":"integer"}`, Strict: refuses},
	{Old: `{"type":"array","additionalItems":true}`, New: `{"type":"array","additionalItems":false}`, Strict: refuses},
	{
		Old:    `{"type":"object","properties":{"tag":{"const":"x"}}}`,
		New:    `{"type":"object","properties":{"tag":{"enum":["x","y"]}}}`,
		Strict: refuses,
	},
	{
		Old:    `{"type":"object","properties":{"a":false}}`,
		New:    `{"type":"object","properties":{"a":{"type":"string","maxLength":3}}}`,
		Strict: accepts,
	},
	{
		Old:    `{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`,
		New:    `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false}`,
		Strict: accepts,
	},
	{
		Old: `{"anyOf":[{"type":"integer","multipleOf":2},{"type":"integer","multipleOf":3}]}`, New: `{"type":"integer"}`,
		Strict: refuses,
	},
	{Old: `{"type":"number","multipleOf":0.1}`, New: `{"type":"number","multipleOf":0.01}`, Strict: accepts},
	{
		Old:    `{"type":"object","minProperties":1,"propertyNames":{"enum":["a"]}}`,
		New:    `{"type":"object","required":["a"]}`,
		Strict: accepts,
	},
	{Old: `{"type":"array","uniqueItems":true,"items":{"type":"boolean"}}`, New: `{"type":"array","maxItems":2}`, Strict: refuses},
	{
		Old:    `{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#"}}}`,
		New:    `{"type":"object","properties":{"v":{"type":"integer"},"next":{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#"}}}}}`,
		Strict: accepts,
	},
	{
		Old:    `{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}`,
		New:    `false`,
		Strict: refuses,
	},
	{Old: `{"type":"string","pattern":"^a{0,3}$"}`, New: `{"enum":["","a","aa","aaa"]}`, Strict: refuses},
	{Old: `{"enum":[{"$ref":"#/x"}]}`, New: `{"type":"object"}`, Strict: refuses},
	{
		Old:   `{"type":"object","allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}`,
		New:   `{"type":"object","properties":{"a":true},"additionalProperties":false}`,
		Draft: jsonschema.Draft2020, Strict: refuses,
	},
	{
		Old:      `{"type":"object","properties":{"a":{"type":"string"}}}`,
		New:      `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`,
		Declared: true, Strict: refuses,
	},
}

// Question turns a row into the question that a reader with the new schema asks.
func (r *Row) Question() (Question, error) {
	draft := r.Draft
	if draft == 0 {
		draft = jsonschema.Draft7
	}
	q := Question{Name: r.Old + " → " + r.New, Want: schema.Compatible, Declared: r.Declared, AssertFormats: r.AssertFormats}
	if r.Event != "" {
		q.Want = schema.Incompatible
	}
	if r.AssertFormats {
		q.Event = r.Event
	}
	for _, side := range []struct {
		text string
		to   *schema.Parsed
	}{{r.Old, &q.Writer}, {r.New, &q.Reader}} {
		s, err := jsonschema.Parse(withDialect(side.text, draft), nil, options)
		if err != nil {
			return q, fmt.Errorf("%s: %w", side.text, err)
		}
		*side.to = s
	}
	return q, nil
}
