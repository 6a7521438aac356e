package compat

import (
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// json notes what differs in annotations. Places are matched as the new schema
// reads events of the old one.
func (r *remarks) json(older, newer *jsonschema.Schema) {
	m := matchJSON(older, newer)
	for _, n := range m.order {
		match := m.of[n]
		o := match.w
		if raw := match.raw; raw != nil && raw.Ref != "" && n.Ref != "" && raw.Ref != n.Ref {
			r.note("json/ref-target-changed", match.path, jsonAt(raw, "$ref"), jsonAt(n, "$ref"), "old", raw.Ref, "new", n.Ref)
		}
		if n.Ref != "" && match.raw != nil {
			o = match.raw // as it is written on both sides, not what it leads to on one
		}
		if o == nil || n.Bool != nil || o.Bool != nil {
			continue
		}
		r.jsonPlace(o, n, match.path)
	}
}

// jsonAt is the place of a keyword, or of the schema if it lacks the keyword.
func jsonAt(n *jsonschema.Node, keyword string) schema.Place {
	at := schema.Place{Pointer: n.Pointer, Document: n.Document.Name, Position: n.Position()}
	if v := n.Get(keyword); v != nil {
		at.Pointer, at.Position = jsonx.Pointer(n.Pointer, keyword), n.Document.Position(v)
	}
	return at
}

// textOf is a keyword's value as text, or "nothing".
func textOf(v *jsonx.Value) string {
	switch {
	case v == nil:
		return "nothing"
	case v.Kind == jsonx.String:
		return v.Text
	default:
		return canonicalKey(v)
	}
}

func (r *remarks) jsonPlace(o, n *jsonschema.Node, path string) {
	differs := func(keyword string) (was, is *jsonx.Value, yes bool) {
		was, is = o.Get(keyword), n.Get(keyword)
		return was, is, textOf(was) != textOf(is) || (was == nil) != (is == nil)
	}
	place := "the schema at " + path
	for _, keyword := range []string{"title", "description", "$comment", "examples"} {
		if _, _, yes := differs(keyword); yes {
			r.note("schema/doc-changed", path, jsonAt(o, keyword), jsonAt(n, keyword), "element", place)
			break
		}
	}
	if was, is, yes := differs("default"); yes {
		rule := "json/default-changed"
		switch {
		case was == nil:
			rule = "json/default-added"
		case is == nil:
			rule = "json/default-removed"
		}
		r.note(rule, path, jsonAt(o, "default"), jsonAt(n, "default"), "old", textOf(was), "new", textOf(is))
	}
	if was, is, yes := differs("deprecated"); yes {
		rule := "schema/deprecated-removed"
		if is != nil && is.Bool && (was == nil || !was.Bool) {
			rule = "schema/deprecated-added"
		}
		r.note(rule, path, jsonAt(o, "deprecated"), jsonAt(n, "deprecated"), "element", place)
	}
	for _, keyword := range []string{"$id", "id"} {
		if keyword == "id" && n.Draft != jsonschema.Draft4 || (o.Document.Name == "") != (n.Document.Name == "") {
			continue // a definition that was moved to a document of its own has that one's identifier
		}
		if was, is, yes := differs(keyword); yes {
			r.note("json/id-changed", path, jsonAt(o, keyword), jsonAt(n, keyword), "old", textOf(was), "new", textOf(is))
		}
	}
	if o.Format != n.Format && r.formats {
		r.format(o, n, path)
	}
	for _, keyword := range []string{"contentEncoding", "contentMediaType", "contentSchema"} {
		if was, is, yes := differs(keyword); yes {
			r.note("json/content-changed", path, jsonAt(o, keyword), jsonAt(n, keyword), "old", textOf(was), "new", textOf(is))
		}
	}
	r.jsonProperties(o, n, path)
	r.jsonAnnotations(o, n, path, place)
}

// format notes a format, which is data only where formats are asserted.
func (r *remarks) format(o, n *jsonschema.Node, path string) {
	rule := "json/format-changed"
	switch {
	case o.Format == "":
		rule = "json/format-added"
	case n.Format == "":
		rule = "json/format-removed"
	}
	before := len(r.found)
	r.note(rule, path, jsonAt(o, "format"), jsonAt(n, "format"), "old", o.Format, "new", n.Format)
	for i := range r.found[before:] {
		r.found[before+i].Break.Class = schema.ClassPolicy
	}
}

// jsonProperties notes properties that were declared, or are no longer, without
// a change to what they may be.
func (r *remarks) jsonProperties(o, n *jsonschema.Node, path string) {
	free := func(p *jsonschema.Node) bool {
		if p.Bool != nil {
			return *p.Bool
		}
		return !slices.ContainsFunc(p.Value.Members, func(m jsonx.Member) bool { return !slices.Contains(annotations, m.Key) })
	}
	open := func(n *jsonschema.Node, name string) bool {
		rest := restOfObject(n, name)
		return rest == nil || free(rest)
	}
	for _, p := range n.Properties {
		if o.Property(p.Key) == nil && free(p.Node) && open(o, p.Key) {
			r.note("json/property-added-unconstrained", fieldPath(path, p.Key), jsonAt(o, "properties"), jsonAt(p.Node, ""), "property", p.Key)
		}
	}
	for _, p := range o.Properties {
		if n.Property(p.Key) == nil && free(p.Node) && open(n, p.Key) {
			r.note("json/property-removed-unconstrained", fieldPath(path, p.Key), jsonAt(p.Node, ""), jsonAt(n, "properties"), "property", p.Key)
		}
	}
}

// annotations are the keywords that no validator judges by.
var annotations = []string{
	"title", "description", "$comment", "examples", "default", "deprecated", "readOnly", "writeOnly",
	"contentEncoding", "contentMediaType", "contentSchema",
}

// jsonAnnotations notes keywords that the draft gives no meaning to.
func (r *remarks) jsonAnnotations(o, n *jsonschema.Node, path, place string) {
	var keys []string
	for _, members := range [][]jsonx.Member{o.Value.Members, n.Value.Members} {
		for i := range members {
			if key := members[i].Key; !jsonKeywords[key] && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	for _, key := range keys {
		was, is := o.Get(key), n.Get(key)
		if (was == nil) != (is == nil) || textOf(was) != textOf(is) {
			r.note("schema/annotation-changed", path, jsonAt(o, key), jsonAt(n, key), "attribute", key, "element", place)
		}
	}
}

// jsonKeywords are the keywords of all drafts but readOnly and writeOnly, which
// are annotations that nothing here speaks of.
var jsonKeywords = func() map[string]bool {
	all := map[string]bool{}
	for _, list := range [][]string{
		annotations[:6], annotations[8:],
		{
			"$schema", "$id", "id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary",
			"$defs", "definitions", "type", "enum", "const", "format", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
			"exclusiveMinimum", "maxLength", "minLength", "pattern", "items", "prefixItems", "additionalItems", "contains", "maxItems",
			"minItems", "uniqueItems", "maxContains", "minContains", "unevaluatedItems", "properties", "patternProperties",
			"additionalProperties", "propertyNames", "required", "maxProperties", "minProperties", "dependencies", "dependentRequired",
			"dependentSchemas", "unevaluatedProperties", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
		},
	} {
		for _, key := range list {
			all[key] = true
		}
	}
	return all
}()
