package jsonschema

import (
	"maps"
	"slices"
)

// Dynamic returns the schema of a dynamic anchor of the resource, or nil.
func (r *Resource) Dynamic(name string) *Node {
	if !r.dynamic[name] {
		return nil
	}
	return r.anchors[name]
}

// DynamicAnchors returns the names of the resource's dynamic anchors, sorted.
func (r *Resource) DynamicAnchors() []string {
	var names []string
	for name, dynamic := range r.dynamic {
		if dynamic {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Recursive reports whether the resource has "$recursiveAnchor": true.
func (r *Resource) Recursive() bool { return r.recursive }

// Vocabularies returns the addresses of the vocabularies of the dialect of n,
// sorted. ok is false where the dialect is that of a draft, which has them all,
// or where its meta-schema is not declared or does not list any.
func (s *Schema) Vocabularies(n *Node) (names []string, ok bool) {
	if n.Draft < Draft2019 {
		return nil, false
	}
	text := textOf(n.Resource.Root.Get("$schema"))
	if text == "" {
		text = textOf(n.Document.Root.Get("$schema"))
	}
	if _, known := draftOf(text); known || text == "" {
		return nil, false
	}
	address, _ := splitFragment(text)
	for _, d := range s.documents {
		if d.Name != address && d.Root.Resource.URI != address {
			continue
		}
		listed := map[string]bool{}
		if v := d.Value.Get("$vocabulary"); v != nil {
			for i := range v.Members {
				listed[v.Members[i].Key] = true
			}
		}
		return slices.Sorted(maps.Keys(listed)), len(listed) > 0
	}
	return nil, false
}
