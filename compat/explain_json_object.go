package compat

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// required names a property that the reader requires and the writer does not.
func (e *jsonEdit) required(w, r *jsonschema.Node) string {
	var more, fewer []string
	came(w.Required, r.Required,
		func(p string) { fewer = append(fewer, p) },
		func(p string) { more = append(more, p) })
	property := e.b.Param("property")
	if !slices.Contains(more, property) {
		if len(more) == 0 {
			return "json/values-removed"
		}
		property = more[0]
	}
	e.set("property", property)
	if len(more) == 1 && len(fewer) == 1 && r.Property(fewer[0]) == nil && w.Property(property) == nil {
		was, is := w.Property(fewer[0]), r.Property(property)
		if was != nil && is != nil && nodeText(was) == nodeText(is) {
			older, newer := fewer[0], property
			if e.namer.d == NewToOld {
				older, newer = newer, older
			}
			e.param("oldProperty", older)
			e.param("newProperty", newer)
			return "json/property-renamed"
		}
	}
	if p := r.Property(property); p != nil && p.Default != nil {
		return "json/required-added-with-default"
	}
	return "json/required-added"
}

// dependent names what must be there if a property is.
func (e *jsonEdit) dependent(w, r *jsonschema.Node) string {
	for _, list := range [][]jsonschema.Dependency{r.DependentRequired, r.Dependencies} {
		for i := range list {
			d := &list[i]
			if d.Node != nil {
				continue
			}
			was := dependency(w, d.Key)
			if was == nil {
				e.set("property", d.Key)
				e.values("", strings.Join(d.Names, ", "))
				return "json/dependent-required-added"
			}
			if !slices.ContainsFunc(d.Names, func(name string) bool { return !slices.Contains(was.Names, name) }) {
				continue
			}
			e.set("property", d.Key)
			e.values(strings.Join(was.Names, ", "), strings.Join(d.Names, ", "))
			if slices.ContainsFunc(was.Names, func(name string) bool { return !slices.Contains(d.Names, name) }) {
				return "json/dependent-required-changed"
			}
			return "json/dependent-required-tightened"
		}
	}
	return "json/dependent-schema-added"
}

func (e *jsonEdit) additionalProperties(w, r *jsonschema.Node) string {
	return e.restOf(w, r, "json/additional-properties", w.AdditionalProperties, r.AdditionalProperties)
}

func (e *jsonEdit) unevaluatedProperties(w, r *jsonschema.Node) string {
	return e.restOf(w, r, "json/unevaluated-properties", w.UnevaluatedProperties, r.UnevaluatedProperties)
}

// restOf names a break by what holds properties that are not declared.
func (e *jsonEdit) restOf(w, r *jsonschema.Node, rule string, wRest, rRest *jsonschema.Node) string {
	open := wRest == nil || wRest.Bool == nil || *wRest.Bool
	if gone := goneProperty(e.b.Param("property"), w, r); gone != "" && (!open || closedNode(rRest) && len(w.Properties) > 0) {
		e.set("property", gone)
		return "json/property-removed-closed"
	}
	switch {
	case closedNode(rRest) && open:
		return rule + "-closed"
	case wRest == nil || rRest == nil || wRest.Bool != nil:
		return rule + "-narrowed"
	default:
		return e.namer.narrowedOrChanged(rule, wRest, rRest)
	}
}

func closedNode(n *jsonschema.Node) bool { return n != nil && n.Bool != nil && !*n.Bool }

// goneProperty is the property that the writer declares and the reader does not:
// the one at hand, or the first.
func goneProperty(property string, w, r *jsonschema.Node) string {
	if property != "" {
		if w.Property(property) != nil && r.Property(property) == nil {
			return property
		}
		return ""
	}
	for _, p := range w.Properties {
		if r.Property(p.Key) == nil && !closedNode(p.Node) {
			return p.Key
		}
	}
	return ""
}

func (e *jsonEdit) patternProperties(w, r *jsonschema.Node) string {
	for _, p := range r.PatternProperties {
		if !slices.ContainsFunc(w.PatternProperties, func(x jsonschema.PatternProperty) bool { return x.Pattern.Source == p.Pattern.Source }) {
			e.set("property", p.Pattern.Source)
			return "json/pattern-property-added"
		}
	}
	return "json/values-removed"
}

func (e *jsonEdit) propertyNames(w, r *jsonschema.Node) string {
	switch {
	case w.PropertyNames == nil || r.PropertyNames == nil:
		return "json/property-names-added"
	default:
		return e.namer.narrowedOrChanged("json/property-names", w.PropertyNames, r.PropertyNames)
	}
}

func (e *jsonEdit) items(w, r *jsonschema.Node) string {
	if closedNode(restOfArray(r)) {
		if len(w.PrefixItems) > len(r.PrefixItems) {
			return "json/prefix-item-removed-closed"
		}
		return "json/items-closed"
	}
	return "json/items-narrowed"
}

func (e *jsonEdit) unevaluatedItems(w, r *jsonschema.Node) string {
	switch {
	case closedNode(r.UnevaluatedItems):
		return "json/unevaluated-items-closed"
	case w.UnevaluatedItems == nil || r.UnevaluatedItems == nil || w.UnevaluatedItems.Bool != nil:
		return "json/unevaluated-items-narrowed"
	default:
		return e.namer.narrowedOrChanged("json/unevaluated-items", w.UnevaluatedItems, r.UnevaluatedItems)
	}
}

// branchRule names a break by a choice: other is the list of the other
// combinator of choices.
func branchRule(name string, w, r, other []*jsonschema.Node) string {
	if w == nil {
		w = other
	}
	if w == nil {
		return "json/combinator-changed"
	}
	// A branch is gone if some of the writer's has no counterpart, and none of
	// the reader's is new.
	gone := slices.Contains(pairBranches(r, w), nil)
	fresh := slices.Contains(pairBranches(w, r), nil)
	if gone && !fresh {
		return "json/" + name + "-of-branch-removed"
	}
	return "json/combinator-changed"
}

// oneOfRule names a break by oneOf, which refuses values of no branch and of
// two.
func oneOfRule(w, r *jsonschema.Node) string {
	if w.OneOf == nil && w.AnyOf == nil {
		return "json/combinator-changed"
	}
	older := w.OneOf
	if older == nil {
		older = w.AnyOf
	}
	if !slices.Contains(pairBranches(r.OneOf, older), nil) {
		return "json/one-of-overlap-added" // no choice is gone
	}
	return branchRule("one", w.OneOf, r.OneOf, w.AnyOf)
}
