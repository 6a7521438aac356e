package compat

import (
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

func parseJSONSchema(t testing.TB, text string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// jsonEdits are edits after which the new schema refuses old events, with the
// keyword and the place that the engine gives.
var jsonEditCases = []struct{ rule, keyword, pointer, old, new string }{
	{"json/type-narrowed", "type", "/properties/value/type", `{"type": "object", "properties": {"value": {"type": ["integer", "string"]}}}`, `{"type": "object", "properties": {"value": {"type": "integer"}}}`},
	{"json/null-removed", "type", "/properties/value/type", `{"type": "object", "properties": {"value": {"type": ["string", "null"]}}}`, `{"type": "object", "properties": {"value": {"type": "string"}}}`},
	{"json/type-changed", "type", "/properties/value/type", `{"type": "object", "properties": {"value": {"type": "integer"}}}`, `{"type": "object", "properties": {"value": {"type": "string"}}}`},
	{"json/enum-added", "enum", "/properties/value/enum", `{"type": "object", "properties": {"value": {"type": "string"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "enum": ["open", "paid"]}}}`},
	{"json/enum-value-removed", "enum", "/properties/value/enum", `{"type": "object", "properties": {"value": {"enum": ["open", "paid", "void"]}}}`, `{"type": "object", "properties": {"value": {"enum": ["open", "paid"]}}}`},
	{"json/enum-changed", "enum", "/properties/value/enum", `{"type": "object", "properties": {"value": {"enum": ["open", "void"]}}}`, `{"type": "object", "properties": {"value": {"enum": ["open", "paid"]}}}`},
	{"json/const-added", "const", "/properties/value/const", `{"type": "object", "properties": {"value": {"type": "string"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "const": "order"}}}`},
	{"json/const-changed", "const", "/properties/value/const", `{"type": "object", "properties": {"value": {"const": "order"}}}`, `{"type": "object", "properties": {"value": {"const": "purchase"}}}`},
	{"json/subschema-forbidden", "false", "/properties/value/false", `{"type": "object", "properties": {"value": {"type": "string"}}}`, `{"type": "object", "properties": {"value": false}}`},
	{"json/maximum-added", "maximum", "/properties/value/maximum", `{"type": "object", "properties": {"value": {"type": "integer"}}}`, `{"type": "object", "properties": {"value": {"type": "integer", "maximum": 50}}}`},
	{"json/maximum-decreased", "maximum", "/properties/value/maximum", `{"type": "object", "properties": {"value": {"type": "integer", "maximum": 100}}}`, `{"type": "object", "properties": {"value": {"type": "integer", "maximum": 50}}}`},
	{"json/minimum-added", "minimum", "/properties/value/minimum", `{"type": "object", "properties": {"value": {"type": "integer"}}}`, `{"type": "object", "properties": {"value": {"type": "integer", "minimum": 5}}}`},
	{"json/minimum-increased", "minimum", "/properties/value/minimum", `{"type": "object", "properties": {"value": {"type": "integer", "minimum": 1}}}`, `{"type": "object", "properties": {"value": {"type": "integer", "minimum": 5}}}`},
	{"json/multiple-of-added", "multipleOf", "/properties/value/multipleOf", `{"type": "object", "properties": {"value": {"type": "integer"}}}`, `{"type": "object", "properties": {"value": {"type": "integer", "multipleOf": 5}}}`},
	{"json/multiple-of-tightened", "multipleOf", "/properties/value/multipleOf", `{"type": "object", "properties": {"value": {"type": "integer", "multipleOf": 5}}}`, `{"type": "object", "properties": {"value": {"type": "integer", "multipleOf": 10}}}`},
	{"json/multiple-of-changed", "multipleOf", "/properties/value/multipleOf", `{"type": "object", "properties": {"value": {"type": "integer", "multipleOf": 5}}}`, `{"type": "object", "properties": {"value": {"type": "integer", "multipleOf": 7}}}`},
	{"json/max-length-added", "maxLength", "/properties/value/maxLength", `{"type": "object", "properties": {"value": {"type": "string"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "maxLength": 40}}}`},
	{"json/max-length-decreased", "maxLength", "/properties/value/maxLength", `{"type": "object", "properties": {"value": {"type": "string", "maxLength": 80}}}`, `{"type": "object", "properties": {"value": {"type": "string", "maxLength": 40}}}`},
	{"json/min-length-added", "minLength", "/properties/value/minLength", `{"type": "object", "properties": {"value": {"type": "string"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "minLength": 3}}}`},
	{"json/min-length-increased", "minLength", "/properties/value/minLength", `{"type": "object", "properties": {"value": {"type": "string", "minLength": 1}}}`, `{"type": "object", "properties": {"value": {"type": "string", "minLength": 3}}}`},
	{"json/max-items-added", "maxItems", "/properties/value/maxItems", `{"type": "object", "properties": {"value": {"type": "array"}}}`, `{"type": "object", "properties": {"value": {"type": "array", "maxItems": 5}}}`},
	{"json/max-items-decreased", "maxItems", "/properties/value/maxItems", `{"type": "object", "properties": {"value": {"type": "array", "maxItems": 10}}}`, `{"type": "object", "properties": {"value": {"type": "array", "maxItems": 5}}}`},
	{"json/min-items-added", "minItems", "/properties/value/minItems", `{"type": "object", "properties": {"value": {"type": "array"}}}`, `{"type": "object", "properties": {"value": {"type": "array", "minItems": 3}}}`},
	{"json/min-items-increased", "minItems", "/properties/value/minItems", `{"type": "object", "properties": {"value": {"type": "array", "minItems": 1}}}`, `{"type": "object", "properties": {"value": {"type": "array", "minItems": 3}}}`},
	{"json/max-properties-added", "maxProperties", "/properties/value/maxProperties", `{"type": "object", "properties": {"value": {"type": "object"}}}`, `{"type": "object", "properties": {"value": {"type": "object", "maxProperties": 5}}}`},
	{"json/max-properties-decreased", "maxProperties", "/properties/value/maxProperties", `{"type": "object", "properties": {"value": {"type": "object", "maxProperties": 10}}}`, `{"type": "object", "properties": {"value": {"type": "object", "maxProperties": 5}}}`},
	{"json/min-properties-added", "minProperties", "/properties/value/minProperties", `{"type": "object", "properties": {"value": {"type": "object"}}}`, `{"type": "object", "properties": {"value": {"type": "object", "minProperties": 3}}}`},
	{"json/min-properties-increased", "minProperties", "/properties/value/minProperties", `{"type": "object", "properties": {"value": {"type": "object", "minProperties": 1}}}`, `{"type": "object", "properties": {"value": {"type": "object", "minProperties": 3}}}`},
	{"json/max-contains-added", "maxContains", "/properties/value/maxContains", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}, "maxContains": 3}}}`},
	{"json/max-contains-decreased", "maxContains", "/properties/value/maxContains", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}, "maxContains": 5}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}, "maxContains": 3}}}`},
	{"json/min-contains-added", "minContains", "/properties/value/minContains", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}, "minContains": 2}}}`},
	{"json/min-contains-increased", "minContains", "/properties/value/minContains", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}, "minContains": 2}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}, "minContains": 3}}}`},
	{"json/pattern-added", "pattern", "/properties/value/pattern", `{"type": "object", "properties": {"value": {"type": "string"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "pattern": "^[a-z]+$"}}}`},
	{"json/pattern-tightened", "pattern", "/properties/value/pattern", `{"type": "object", "properties": {"value": {"type": "string", "pattern": "^[a-z0-9]+$"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "pattern": "^[a-z]+$"}}}`},
	{"json/pattern-changed", "pattern", "/properties/value/pattern", `{"type": "object", "properties": {"value": {"type": "string", "pattern": "^[a-z]+$"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "pattern": "^[0-9]+$"}}}`},
	{"json/format-added", "format", "/properties/value/format", `{"type": "object", "properties": {"value": {"type": "string"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "format": "date"}}}`},
	{"json/format-changed", "format", "/properties/value/format", `{"type": "object", "properties": {"value": {"type": "string", "format": "date"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "format": "date-time"}}}`},
	{"json/required-added", "required", "/required", `{"type": "object", "properties": {"qty": {"type": "integer"}}}`, `{"type": "object", "properties": {"qty": {"type": "integer"}}, "required": ["qty"]}`},
	{"json/required-added-with-default", "required", "/required", `{"type": "object", "properties": {"qty": {"type": "integer", "default": 1}}}`, `{"type": "object", "properties": {"qty": {"type": "integer", "default": 1}}, "required": ["qty"]}`},
	{"json/property-added-open", "type", "/properties/note/type", `{"type": "object", "properties": {"id": {"type": "string"}}}`, `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}}`},
	{"json/property-removed-closed", "additionalProperties", "/additionalProperties", `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}, "additionalProperties": false}`, `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false}`},
	{"json/property-added-partly-open", "maxLength", "/properties/note/maxLength", `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": {"type": "string"}}`, `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string", "maxLength": 40}}, "additionalProperties": {"type": "string"}}`},
	{"json/additional-properties-closed", "additionalProperties", "/additionalProperties", `{"type": "object", "properties": {"id": {"type": "string"}}}`, `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false}`},
	{"json/additional-properties-narrowed", "type", "/additionalProperties/type", `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": {"type": ["string", "integer"]}}`, `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": {"type": "string"}}`},
	{"json/additional-properties-changed", "type", "/additionalProperties/type", `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": {"type": "integer"}}`, `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": {"type": "string"}}`},
	{"json/unevaluated-properties-closed", "unevaluatedProperties", "/unevaluatedProperties", `{"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object", "properties": {"id": {"type": "string"}}}`, `{"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object", "properties": {"id": {"type": "string"}}, "unevaluatedProperties": false}`},
	{"json/unevaluated-properties-narrowed", "type", "/unevaluatedProperties/type", `{"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object", "properties": {"id": {"type": "string"}}, "unevaluatedProperties": {"type": ["string", "integer"]}}`, `{"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object", "properties": {"id": {"type": "string"}}, "unevaluatedProperties": {"type": "string"}}`},
	{"json/unevaluated-properties-changed", "type", "/unevaluatedProperties/type", `{"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object", "properties": {"id": {"type": "string"}}, "unevaluatedProperties": {"type": "integer"}}`, `{"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object", "properties": {"id": {"type": "string"}}, "unevaluatedProperties": {"type": "string"}}`},
	{"json/pattern-property-added", "type", "/patternProperties/^x-/type", `{"type": "object", "properties": {"id": {"type": "string"}}}`, `{"type": "object", "properties": {"id": {"type": "string"}}, "patternProperties": {"^x-": {"type": "string"}}}`},
	{"json/property-names-added", "maxLength", "/propertyNames/maxLength", `{"type": "object"}`, `{"type": "object", "propertyNames": {"maxLength": 20}}`},
	{"json/property-names-narrowed", "maxLength", "/propertyNames/maxLength", `{"type": "object", "propertyNames": {"maxLength": 20}}`, `{"type": "object", "propertyNames": {"maxLength": 10}}`},
	{"json/property-names-changed", "pattern", "/propertyNames/pattern", `{"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}}`, `{"type": "object", "propertyNames": {"pattern": "^[0-9]+$"}}`},
	{"json/property-renamed", "required", "/required", `{"type": "object", "properties": {"qty": {"type": "integer"}}, "required": ["qty"]}`, `{"type": "object", "properties": {"quantity": {"type": "integer"}}, "required": ["quantity"]}`},
	{"json/dependent-required-added", "dependentRequired", "/dependentRequired", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"card": {"type": "string"}, "cvc": {"type": "string"}, "name": {"type": "string"}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"card": {"type": "string"}, "cvc": {"type": "string"}, "name": {"type": "string"}}, "dependentRequired": {"card": ["cvc"]}}`},
	{"json/dependent-required-tightened", "dependentRequired", "/dependentRequired", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"card": {"type": "string"}, "cvc": {"type": "string"}, "name": {"type": "string"}}, "dependentRequired": {"card": ["cvc"]}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"card": {"type": "string"}, "cvc": {"type": "string"}, "name": {"type": "string"}}, "dependentRequired": {"card": ["cvc", "name"]}}`},
	{"json/dependent-required-changed", "dependentRequired", "/dependentRequired", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"card": {"type": "string"}, "cvc": {"type": "string"}, "name": {"type": "string"}}, "dependentRequired": {"card": ["cvc"]}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"card": {"type": "string"}, "cvc": {"type": "string"}, "name": {"type": "string"}}, "dependentRequired": {"card": ["name"]}}`},
	{"json/dependent-schema-added", "required", "/dependentSchemas/card/required", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"card": {"type": "string"}, "cvc": {"type": "string"}, "name": {"type": "string"}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"card": {"type": "string"}, "cvc": {"type": "string"}, "name": {"type": "string"}}, "dependentSchemas": {"card": {"required": ["cvc"]}}}`},
	{"json/unique-items-added", "uniqueItems", "/properties/value/uniqueItems", `{"type": "object", "properties": {"value": {"type": "array"}}}`, `{"type": "object", "properties": {"value": {"type": "array", "uniqueItems": true}}}`},
	{"json/contains-added", "contains", "/properties/value/contains", `{"type": "object", "properties": {"value": {"type": "array"}}}`, `{"type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}}}}`},
	{"json/contains-narrowed", "contains", "/properties/value/contains", `{"type": "object", "properties": {"value": {"type": "array", "contains": {"type": "number"}}}}`, `{"type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}}}}`},
	{"json/contains-changed", "contains", "/properties/value/contains", `{"type": "object", "properties": {"value": {"type": "array", "contains": {"type": "string"}}}}`, `{"type": "object", "properties": {"value": {"type": "array", "contains": {"type": "integer"}}}}`},
	{"json/prefix-item-added-open", "type", "/properties/value/prefixItems/1/type", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}]}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}}}`},
	{"json/prefix-item-removed-closed", "items", "/properties/value/items", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}], "items": false}}}`},
	{"json/items-closed", "items", "/properties/value/items", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}]}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}], "items": false}}}`},
	{"json/items-narrowed", "type", "/properties/value/items/type", `{"type": "object", "properties": {"value": {"type": "array"}}}`, `{"type": "object", "properties": {"value": {"type": "array", "items": {"type": "string"}}}}`},
	{"json/unevaluated-items-closed", "unevaluatedItems", "/properties/value/unevaluatedItems", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}]}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}], "unevaluatedItems": false}}}`},
	{"json/unevaluated-items-narrowed", "type", "/properties/value/unevaluatedItems/type", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}], "unevaluatedItems": {"type": ["string", "integer"]}}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}], "unevaluatedItems": {"type": "string"}}}}`},
	{"json/unevaluated-items-changed", "type", "/properties/value/unevaluatedItems/type", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}], "unevaluatedItems": {"type": "integer"}}}}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"value": {"type": "array", "prefixItems": [{"type": "string"}], "unevaluatedItems": {"type": "string"}}}}`},
	{"json/all-of-branch-added", "maxLength", "/properties/value/allOf/1/maxLength", `{"type": "object", "properties": {"value": {"allOf": [{"type": "string"}]}}}`, `{"type": "object", "properties": {"value": {"allOf": [{"type": "string"}, {"maxLength": 40}]}}}`},
	{"json/any-of-branch-removed", "anyOf", "/properties/value/anyOf", `{"type": "object", "properties": {"value": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}}`, `{"type": "object", "properties": {"value": {"anyOf": [{"type": "integer"}]}}}`},
	{"json/one-of-branch-removed", "oneOf", "/properties/value/oneOf", `{"type": "object", "properties": {"value": {"oneOf": [{"type": "integer"}, {"type": "string"}]}}}`, `{"type": "object", "properties": {"value": {"oneOf": [{"type": "integer"}]}}}`},
	{"json/one-of-overlap-added", "oneOf", "/properties/value/oneOf", `{"type": "object", "properties": {"value": {"oneOf": [{"type": "integer"}, {"type": "string"}]}}}`, `{"type": "object", "properties": {"value": {"oneOf": [{"type": "integer"}, {"type": "string"}, {"type": "number", "maximum": 100}]}}}`},
	{"json/combinator-changed", "anyOf", "/properties/value/anyOf", `{"type": "object", "properties": {"value": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}}`, `{"type": "object", "properties": {"value": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}}}`},
	{"json/not-added", "not", "/properties/value/not", `{"type": "object", "properties": {"value": {"type": "string"}}}`, `{"type": "object", "properties": {"value": {"type": "string", "not": {"const": ""}}}}`},
	{"json/not-widened", "not", "/properties/value/not", `{"type": "object", "properties": {"value": {"not": {"type": "integer"}}}}`, `{"type": "object", "properties": {"value": {"not": {"type": "number"}}}}`},
	{"json/not-changed", "not", "/properties/value/not", `{"type": "object", "properties": {"value": {"not": {"type": "integer"}}}}`, `{"type": "object", "properties": {"value": {"not": {"type": "string"}}}}`},
	{"json/conditional-added", "maxLength", "/properties/value/then/maxLength", `{"type": "object", "properties": {"value": {}}}`, `{"type": "object", "properties": {"value": {"if": {"type": "string"}, "then": {"maxLength": 40}}}}`},
	{"json/conditional-changed", "maximum", "/properties/value/then/maximum", `{"type": "object", "properties": {"value": {"if": {"type": "integer"}, "then": {"maximum": 100}}}}`, `{"type": "object", "properties": {"value": {"if": {"type": "number"}, "then": {"maximum": 100}}}}`},
	{"json/dialect-changed", "const", "/properties/value/const", `{"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "properties": {"value": {"const": 1}}}`, `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"value": {"const": 1}}}`},
}

// TestJSONRules names each edit at the keyword that breaks: by its rule where
// the old side writes, by the mirror where the new side does, and with
// everything that the message needs.
func TestJSONRules(t *testing.T) {
	for _, c := range jsonEditCases {
		older, newer := parseJSONSchema(t, c.old), parseJSONSchema(t, c.new)
		row := RuleByID(c.rule)
		if row == nil {
			t.Fatalf("%s is not in the catalogue", c.rule)
		}
		b := schema.Break{Kind: c.keyword, Class: schema.ClassData, Path: "value", Reader: schema.Place{Pointer: c.pointer}}
		rule := jsonRule(&b, older, newer, OldToNew)
		if rule != c.rule {
			t.Errorf("%s then %s: %s, want %s", c.old, c.new, rule, c.rule)
			continue
		}
		f := Finding{Difference: Difference{Kind: rule, Path: b.Path}, Rule: rule, Break: &b}
		if _, ok := f.fill(row.Message); !ok {
			t.Errorf("%s: %q cannot be filled in from %v", rule, row.Message, f.Params())
		}
		b = schema.Break{Kind: c.keyword, Class: schema.ClassData, Path: "value", Reader: schema.Place{Pointer: c.pointer}}
		if rule := jsonRule(&b, older, newer, NewToOld); rule != row.Mirror {
			t.Errorf("%s: the reverse edit is %s, want the mirror %s", c.rule, rule, row.Mirror)
		}
		f = Finding{Difference: Difference{Kind: row.Mirror, Path: b.Path}, Rule: row.Mirror, Break: &b, Direction: NewToOld}
		if _, ok := f.fill(RuleByID(row.Mirror).Message); !ok {
			t.Errorf("%s: %q cannot be filled in from %v", row.Mirror, RuleByID(row.Mirror).Message, f.Params())
		}
	}
}

// TestJSONRulesAreAllNamed: every rule of data that names an edit can be given.
func TestJSONRulesAreAllNamed(t *testing.T) {
	named := map[string]bool{}
	for _, c := range jsonEditCases {
		named[c.rule], named[RuleByID(c.rule).Mirror] = true, true
	}
	for _, r := range Rules() {
		if r.Format() == "json" && r.Class == ClassData && !named[r.ID] && r.ID != "json/values-removed" && r.ID != "json/values-added" {
			t.Errorf("no edit is named %s", r.ID)
		}
	}
}

// TestJSONUnexplained: what no keyword explains keeps a name.
func TestJSONUnexplained(t *testing.T) {
	s := parseJSONSchema(t, `{"type":"object","properties":{"a":{"$ref":"#/definitions/d"}},"definitions":{"d":{"type":"string"}}}`)
	for _, b := range []schema.Break{
		{Kind: "values", Reader: schema.Place{Pointer: ""}},
		{Kind: "type", Reader: schema.Place{Pointer: "/nowhere/type", Document: "other.json"}},
		{Kind: "type", Reader: schema.Place{Pointer: "/definitions/d/type"}},
		{Kind: "unheard", Reader: schema.Place{Pointer: "/properties/a"}},
	} {
		if rule := jsonRule(&b, s, s, OldToNew); rule != "json/values-removed" {
			t.Errorf("%+v: %s", b, rule)
		}
		if rule := jsonRule(&b, s, s, NewToOld); rule != "json/values-added" {
			t.Errorf("%+v: %s", b, rule)
		}
	}
}
