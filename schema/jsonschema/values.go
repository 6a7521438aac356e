package jsonschema

import (
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
)

// schemaField is where a keyword with one schema is kept.
func schemaField(n *Node, key string) **Node {
	switch key {
	case "additionalProperties":
		return &n.AdditionalProperties
	case "propertyNames":
		return &n.PropertyNames
	case "items":
		return &n.Items
	case "additionalItems":
		return &n.AdditionalItems
	case "contains":
		return &n.Contains
	case "unevaluatedProperties":
		return &n.UnevaluatedProperties
	case "unevaluatedItems":
		return &n.UnevaluatedItems
	case "not":
		return &n.Not
	case "if":
		return &n.If
	case "then":
		return &n.Then
	case "else":
		return &n.Else
	default:
		return new(*Node) // contentSchema says nothing about validity
	}
}

// listField is where a keyword with a list of schemas is kept.
func listField(n *Node, key string) *[]*Node {
	switch key {
	case "allOf":
		return &n.AllOf
	case "anyOf":
		return &n.AnyOf
	case "oneOf":
		return &n.OneOf
	default:
		return &n.PrefixItems
	}
}

// numberField is where a numeric keyword is kept.
func numberField(n *Node, key string) **Number {
	switch key {
	case "multipleOf":
		return &n.MultipleOf
	case "minimum":
		return &n.Minimum
	case "maximum":
		return &n.Maximum
	case "exclusiveMinimum":
		return &n.ExclusiveMinimum
	case "exclusiveMaximum":
		return &n.ExclusiveMaximum
	case "minLength":
		return &n.MinLength
	case "maxLength":
		return &n.MaxLength
	case "minItems":
		return &n.MinItems
	case "maxItems":
		return &n.MaxItems
	case "minContains":
		return &n.MinContains
	case "maxContains":
		return &n.MaxContains
	case "minProperties":
		return &n.MinProperties
	default:
		return &n.MaxProperties
	}
}

func number(n *Node, m *jsonx.Member, sh shape) (want string) {
	if m.Value.Kind != jsonx.Number {
		return "a number"
	}
	v := newNumber(m.Value.Text)
	switch {
	case sh == shapePositive && v.Rat.Sign() <= 0:
		return "a number above zero"
	case sh == shapeCount && (v.Rat.Sign() < 0 || !v.Rat.IsInt()):
		return "an integer, zero or more"
	}
	*numberField(n, m.Key) = v
	return ""
}

func exclusive(n *Node, m *jsonx.Member) (want string) {
	if n.Draft > Draft4 {
		return number(n, m, shapeNumber)
	}
	if m.Value.Kind != jsonx.Bool {
		return "true or false in draft-04"
	}
	value := m.Value.Bool
	if m.Key == "exclusiveMinimum" {
		n.MinimumExcluded = &value
	} else {
		n.MaximumExcluded = &value
	}
	return ""
}

func types(n *Node, v *jsonx.Value) (want string) {
	const names = "array, boolean, integer, null, number, object, string, or a list of these"
	switch {
	case v.Kind == jsonx.String && isTypeName(v.Text):
		n.Types, n.SingleType = []string{v.Text}, true
		return ""
	case v.Kind != jsonx.Array || len(v.Items) == 0 || !allStrings(v):
		return names
	}
	var list []string
	for _, item := range v.Items {
		if !isTypeName(item.Text) {
			return names
		}
		if !slices.Contains(list, item.Text) {
			list = append(list, item.Text)
		}
	}
	n.Types = list
	return ""
}

func allStrings(v *jsonx.Value) bool {
	return v.Kind == jsonx.Array && !slices.ContainsFunc(v.Items, func(i *jsonx.Value) bool { return i.Kind != jsonx.String })
}

// stringItems returns the strings of a list; not nil if v is a list of strings.
func stringItems(v *jsonx.Value) []string {
	if v == nil || !allStrings(v) {
		return nil
	}
	out := make([]string, len(v.Items))
	for i, item := range v.Items {
		out[i] = item.Text
	}
	return out
}

// valueKey is equal for values that JSON Schema calls equal: 1.0 is 1, and the
// order of keys does not count.
func valueKey(v *jsonx.Value) string { return string(appendValueKey(nil, v)) }

func appendValueKey(dst []byte, v *jsonx.Value) []byte {
	switch v.Kind {
	case jsonx.Number:
		return append(dst, newNumber(v.Text).Rat.RatString()...)
	case jsonx.Array:
		dst = append(dst, '[')
		for _, item := range v.Items {
			dst = append(appendValueKey(dst, item), ',')
		}
		return append(dst, ']')
	case jsonx.Object:
		dst = append(dst, '{')
		for _, m := range sortedMembers(v.Members) {
			dst = append(jsonx.AppendQuoted(dst, m.Key), ':')
			dst = append(appendValueKey(dst, m.Value), ',')
		}
		return append(dst, '}')
	default:
		return jsonx.Append(dst, v)
	}
}
