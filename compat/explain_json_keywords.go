package compat

import (
	"math/big"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// jsonNames names, for each keyword, an edit after which it refuses what the
// writer's place allows.
var jsonNames map[string]func(e *jsonEdit, w, r *jsonschema.Node) string

func init() { // the functions refer to each other through the table
	jsonNames = map[string]func(e *jsonEdit, w, r *jsonschema.Node) string{
		"type":  (*jsonEdit).types,
		"enum":  (*jsonEdit).enum,
		"const": (*jsonEdit).enum,

		"maximum":          (*jsonEdit).maximum,
		"exclusiveMaximum": (*jsonEdit).maximum,
		"minimum":          (*jsonEdit).minimum,
		"exclusiveMinimum": (*jsonEdit).minimum,
		"multipleOf":       (*jsonEdit).multipleOf,

		"maxLength":     upper("max-length", func(n *jsonschema.Node) *jsonschema.Number { return n.MaxLength }),
		"maxItems":      upper("max-items", func(n *jsonschema.Node) *jsonschema.Number { return n.MaxItems }),
		"maxProperties": upper("max-properties", func(n *jsonschema.Node) *jsonschema.Number { return n.MaxProperties }),
		"maxContains":   upper("max-contains", func(n *jsonschema.Node) *jsonschema.Number { return n.MaxContains }),
		"minLength":     lower("min-length", func(n *jsonschema.Node) *jsonschema.Number { return n.MinLength }),
		"minItems":      lower("min-items", func(n *jsonschema.Node) *jsonschema.Number { return n.MinItems }),
		"minProperties": lower("min-properties", func(n *jsonschema.Node) *jsonschema.Number { return n.MinProperties }),
		"minContains":   lower("min-contains", func(n *jsonschema.Node) *jsonschema.Number { return n.MinContains }),

		"pattern":     (*jsonEdit).pattern,
		"format":      (*jsonEdit).format,
		"uniqueItems": func(*jsonEdit, *jsonschema.Node, *jsonschema.Node) string { return "json/unique-items-added" },
		"contains":    (*jsonEdit).contains,

		"required":              (*jsonEdit).required,
		"dependentRequired":     (*jsonEdit).dependent,
		"dependentSchemas":      (*jsonEdit).dependent,
		"dependencies":          (*jsonEdit).dependent,
		"additionalProperties":  (*jsonEdit).additionalProperties,
		"unevaluatedProperties": (*jsonEdit).unevaluatedProperties,
		"patternProperties":     (*jsonEdit).patternProperties,
		"propertyNames":         (*jsonEdit).propertyNames,
		"items":                 (*jsonEdit).items,
		"additionalItems":       (*jsonEdit).items,
		"unevaluatedItems":      (*jsonEdit).unevaluatedItems,

		"allOf": func(_ *jsonEdit, w, _ *jsonschema.Node) string {
			if w.AllOf == nil {
				return "json/all-of-branch-added"
			}
			return "json/combinator-changed"
		},
		"anyOf": func(_ *jsonEdit, w, r *jsonschema.Node) string { return branchRule("any", w.AnyOf, r.AnyOf, w.OneOf) },
		"oneOf": func(_ *jsonEdit, w, r *jsonschema.Node) string { return oneOfRule(w, r) },
		"not":   func(e *jsonEdit, w, r *jsonschema.Node) string { return e.namer.notRule(w.Not, r.Not) },
		"if":    conditional,
		"then":  conditional,
		"else":  conditional,
	}
}

func conditional(_ *jsonEdit, w, _ *jsonschema.Node) string {
	if w.If == nil {
		return "json/conditional-added"
	}
	return "json/conditional-changed"
}

func (e *jsonEdit) types(w, r *jsonschema.Node) string {
	old := w.Types
	if old == nil {
		old = []string{"any"}
	}
	e.values(strings.Join(old, ", "), strings.Join(r.Types, ", "))
	covers := func(list []string, t string) bool {
		return slices.Contains(list, t) || t == "integer" && slices.Contains(list, "number")
	}
	lost, foreign := 0, false
	for _, t := range w.Types {
		if !covers(r.Types, t) {
			lost++
		}
	}
	for _, t := range r.Types {
		foreign = foreign || w.Types != nil && !covers(w.Types, t)
	}
	switch {
	case foreign:
		return "json/type-changed"
	case lost == 1 && slices.Contains(w.Types, "null") && !slices.Contains(r.Types, "null"):
		return "json/null-removed"
	case lost > 0 || w.Types == nil:
		return "json/type-narrowed"
	default:
		return "json/values-removed"
	}
}

// enumOf lists the values that a place allows by "enum" or "const"; nil if it
// allows all.
func enumOf(n *jsonschema.Node) []string {
	var out []string
	if n.Const != nil {
		return []string{canonicalKey(n.Const)}
	}
	for _, v := range n.Enum {
		out = append(out, canonicalKey(v))
	}
	return out
}

func (e *jsonEdit) enum(w, r *jsonschema.Node) string {
	old, now := enumOf(w), enumOf(r)
	e.values(strings.Join(old, ", "), strings.Join(now, ", "))
	single := r.Const != nil
	switch {
	case old == nil && single:
		return "json/const-added"
	case old == nil:
		return "json/enum-added"
	case single && w.Const != nil:
		return "json/const-changed"
	case slices.ContainsFunc(now, func(v string) bool { return !slices.Contains(old, v) }):
		return "json/enum-changed"
	default:
		return "json/enum-value-removed"
	}
}

// bounded compares two bounds and names the edit; tighter says how they compare
// where the reader refuses more.
func (e *jsonEdit) bounded(name, tighter string, w, r *jsonschema.Number) string {
	switch {
	case r == nil:
		return "json/values-removed"
	case w == nil:
		e.values("", r.Text)
		return "json/" + name + "-added"
	}
	e.values(w.Text, r.Text)
	return "json/" + name + "-" + tighter
}

func upper(name string, of func(*jsonschema.Node) *jsonschema.Number) func(*jsonEdit, *jsonschema.Node, *jsonschema.Node) string {
	return func(e *jsonEdit, w, r *jsonschema.Node) string { return e.bounded(name, "decreased", of(w), of(r)) }
}

func lower(name string, of func(*jsonschema.Node) *jsonschema.Number) func(*jsonEdit, *jsonschema.Node, *jsonschema.Node) string {
	return func(e *jsonEdit, w, r *jsonschema.Node) string { return e.bounded(name, "increased", of(w), of(r)) }
}

func (e *jsonEdit) maximum(w, r *jsonschema.Node) string {
	return e.bounded("maximum", "decreased", tightest(w.Maximum, w.ExclusiveMaximum, -1), tightest(r.Maximum, r.ExclusiveMaximum, -1))
}

func (e *jsonEdit) minimum(w, r *jsonschema.Node) string {
	return e.bounded("minimum", "increased", tightest(w.Minimum, w.ExclusiveMinimum, 1), tightest(r.Minimum, r.ExclusiveMinimum, 1))
}

// tightest is the bound of two that refuses more.
func tightest(a, b *jsonschema.Number, sign int) *jsonschema.Number {
	if a == nil || (b != nil && b.Rat.Cmp(a.Rat) == sign) {
		return b
	}
	return a
}

func (e *jsonEdit) multipleOf(w, r *jsonschema.Node) string {
	if r.MultipleOf == nil || w.MultipleOf == nil {
		return e.bounded("multiple-of", "tightened", w.MultipleOf, r.MultipleOf)
	}
	rule := e.bounded("multiple-of", "tightened", w.MultipleOf, r.MultipleOf)
	if !new(big.Rat).Quo(r.MultipleOf.Rat, w.MultipleOf.Rat).IsInt() {
		return "json/multiple-of-changed"
	}
	return rule
}

func (e *jsonEdit) pattern(w, r *jsonschema.Node) string {
	if r.Pattern == nil {
		return "json/values-removed"
	}
	if w.Pattern == nil {
		e.values("", r.Pattern.Source)
		return "json/pattern-added"
	}
	e.values(w.Pattern.Source, r.Pattern.Source)
	if e.namer.textWithin(r.Pattern.Source, w.Pattern.Source, r.Draft) {
		return "json/pattern-tightened"
	}
	return "json/pattern-changed"
}

// textWithin reports whether all text that one pattern matches is matched by
// the other.
func (n *jsonNamer) textWithin(inner, outer string, draft jsonschema.Draft) bool {
	node := func(pattern string) *jsonschema.Node {
		return &jsonschema.Node{Draft: draft, Value: &jsonx.Value{Kind: jsonx.Object, Members: []jsonx.Member{
			{Key: "type", Value: &jsonx.Value{Kind: jsonx.String, Text: "string"}},
			{Key: "pattern", Value: &jsonx.Value{Kind: jsonx.String, Text: pattern}},
		}}}
	}
	return n.within(node(inner), node(outer))
}

func (e *jsonEdit) format(w, r *jsonschema.Node) string {
	e.values(w.Format, r.Format)
	if w.Format == "" {
		return "json/format-added"
	}
	return "json/format-changed"
}

func (e *jsonEdit) contains(w, r *jsonschema.Node) string {
	switch {
	case r.Contains == nil:
		return "json/values-removed"
	case w.Contains == nil:
		return "json/contains-added"
	case nodeText(w.Contains) == nodeText(r.Contains):
		return "json/min-contains-increased"
	default:
		return e.namer.narrowedOrChanged("json/contains", w.Contains, r.Contains)
	}
}
