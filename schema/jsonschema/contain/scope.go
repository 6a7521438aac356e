package contain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema/jsonschema"
)

func itoa(i int) string { return strconv.Itoa(i) }

// scope is the list of resources that a validator came through, outermost
// first, as far as dynamic references can tell them apart.
type scope struct {
	resources []*jsonschema.Resource
}

// spot enters a schema from a scope.
func (t *translator) spot(from int, n *jsonschema.Node) spot {
	r := n.Resource
	if len(r.DynamicAnchors()) == 0 && !r.Recursive() {
		return spot{n, from}
	}
	outer := t.scopes[from].resources
	if slices.Contains(outer, r) || !t.adds(outer, r) {
		return spot{n, from}
	}
	inner := append(slices.Clip(outer), r)
	for i, s := range t.scopes {
		if slices.Equal(s.resources, inner) {
			return spot{n, i}
		}
	}
	t.scopes = append(t.scopes, scope{inner})
	return spot{n, len(t.scopes) - 1}
}

// adds reports whether a resource further in can be what a dynamic reference
// means: it has an anchor that no resource further out has.
func (t *translator) adds(outer []*jsonschema.Resource, r *jsonschema.Resource) bool {
	if r.Recursive() && !slices.ContainsFunc(outer, (*jsonschema.Resource).Recursive) {
		return true
	}
	for _, name := range r.DynamicAnchors() {
		if !slices.ContainsFunc(outer, func(o *jsonschema.Resource) bool { return o.Dynamic(name) != nil }) {
			return true
		}
	}
	return false
}

// dynamic is what "$dynamicRef" means at a spot.
func (t *translator) dynamic(at spot) *jsonschema.Node {
	to := at.node.DynamicRefTo
	if to == nil {
		return nil
	}
	_, name, _ := strings.Cut(at.node.DynamicRef, "#")
	if name == "" || to.Resource.Dynamic(name) != to {
		return to
	}
	for _, r := range t.scopes[at.scope].resources {
		if n := r.Dynamic(name); n != nil {
			return n
		}
	}
	return to
}

// recursive is what "$recursiveRef" means at a spot.
func (t *translator) recursive(at spot) *jsonschema.Node {
	to := at.node.RecursiveRefTo
	if to == nil || !to.Resource.Recursive() || to.Resource.Root != to {
		return to
	}
	for _, r := range t.scopes[at.scope].resources {
		if r.Recursive() {
			return r.Root
		}
	}
	return to
}

// vocabulary says which groups of keywords a dialect has.
type vocabulary struct {
	applicator, validation, unevaluated bool
}

// vocabularies is that of the dialect of a schema: everything, but for dialects
// whose declared meta-schema leaves a vocabulary out.
func (t *translator) vocabularies(n *jsonschema.Node) vocabulary {
	if known, ok := t.dialects[n.Resource]; ok {
		return known
	}
	names, ok := t.source.Vocabularies(n)
	if !ok {
		t.dialects[n.Resource] = vocabulary{true, true, true}
		return t.dialects[n.Resource]
	}
	has := func(name string) bool {
		return slices.ContainsFunc(names, func(v string) bool { return strings.HasSuffix(v, "/vocab/"+name) })
	}
	t.dialects[n.Resource] = vocabulary{
		applicator: has("applicator"), validation: has("validation"),
		unevaluated: has("unevaluated") || n.Draft == jsonschema.Draft2019 && has("applicator"),
	}
	return t.dialects[n.Resource]
}
