package jsonschema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// resolve finds the target of every reference. Targets may be places that no
// keyword holds; building them may bring new references.
func (b *builder) resolve() error {
	var dynamic []*Node
	for i := 0; i < len(b.pending); i++ {
		n := b.pending[i]
		var err error
		if n.Ref != "" {
			if n.RefTo, err = b.target(n, "$ref", n.Ref); err != nil {
				return err
			}
		}
		if n.DynamicRef != "" {
			if n.DynamicRefTo, err = b.target(n, "$dynamicRef", n.DynamicRef); err != nil {
				return err
			}
			dynamic = append(dynamic, n)
		}
		if n.RecursiveRef != "" {
			if n.RecursiveRefTo, err = b.target(n, "$recursiveRef", n.RecursiveRef); err != nil {
				return err
			}
			dynamic = append(dynamic, n)
		}
	}
	b.schema.shared = len(b.pending) > 0
	for _, n := range dynamic {
		b.candidates(n)
	}
	return nil
}

// candidates lists what a dynamic reference may mean: any resource in play may
// be the outermost one that a validator came through.
func (b *builder) candidates(n *Node) {
	seen := map[*Node]bool{}
	add := func(m *Node) {
		if m != nil && !seen[m] {
			seen[m] = true
			n.Candidates = append(n.Candidates, m)
		}
	}
	add(n.DynamicRefTo)
	add(n.RecursiveRefTo)
	if t := n.DynamicRefTo; t != nil {
		_, name := splitFragment(n.DynamicRef)
		if t.Resource.dynamic[name] && t.Resource.anchors[name] == t {
			for _, r := range b.schema.resources {
				if r.dynamic[name] {
					add(r.anchors[name])
				}
			}
		}
	}
	if t := n.RecursiveRefTo; t != nil && t.Resource.recursive && t.Resource.Root == t {
		for _, r := range b.schema.resources {
			if r.recursive {
				add(r.Root)
			}
		}
	}
}

// target finds what a reference of n means.
func (b *builder) target(n *Node, key, ref string) (*Node, error) {
	address, fragment := splitFragment(ref)
	r, err := b.addressed(n, address)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, b.dangling(n, key, fmt.Sprintf("%s %q names nothing that is known", key, clip(ref)),
			"nothing is ever fetched; declare it as a reference: "+b.knownNames())
	}
	decoded, ok := percentDecoded(fragment)
	if !ok {
		return nil, b.dangling(n, key, fmt.Sprintf("%s %q has a malformed percent-encoding", key, clip(ref)), "")
	}
	if decoded == "" {
		return r.Root, nil
	}
	if decoded[0] != '/' {
		if t := r.anchors[decoded]; t != nil {
			return t, nil
		}
		return nil, b.dangling(n, key, fmt.Sprintf("%s %q: there is no anchor %q", key, clip(ref), clip(decoded)), "")
	}
	t, err := b.pointed(r, decoded)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, b.dangling(n, key, fmt.Sprintf("%s %q: there is no schema at that place", key, clip(ref)), "")
	}
	return t, nil
}

func (b *builder) dangling(n *Node, key, what, hint string) error {
	n.Unresolved = true
	b.schema.fragile = true
	return b.soft(n.Document, n.Get(key), jsonx.Pointer(n.Pointer, key), what, hint)
}

// addressed finds a resource: by address, by the name that a reference was
// declared under, or among the meta-schemas.
func (b *builder) addressed(n *Node, address string) (*Resource, error) {
	if address == "" {
		return n.Resource, nil
	}
	uri := resolveURI(n.Resource.URI, address)
	if r := b.resources[uri]; r != nil {
		return r, nil
	}
	if d := b.names[address]; d != nil && d.Root != nil {
		return d.Root.Resource, nil
	}
	for _, tried := range []string{uri, address} {
		if decoded, ok := percentDecoded(tried); ok && decoded != tried {
			if d := b.names[decoded]; d != nil {
				return d.Root.Resource, nil
			}
			if r := b.resources[decoded]; r != nil {
				return r, nil
			}
		}
	}
	return b.bundled(uri)
}

// bundled loads a meta-schema that something refers to.
func (b *builder) bundled(uri string) (*Resource, error) {
	address := "meta:" + metaAddress(uri)
	if r := b.resources[address]; r != nil {
		return r, nil
	}
	text, ok := metaSchema(uri)
	if !ok {
		return nil, nil
	}
	v, err := jsonx.Parse(text, jsonx.Limits{})
	if err != nil {
		return nil, &schema.Bug{Where: "jsonschema.bundled " + uri, Cause: err}
	}
	draft, _ := draftOf(textOf(v.Get("$schema")))
	d := &Document{Name: uri, Text: text, Value: v, base: uri, index: len(b.schema.documents), meta: true}
	b.schema.documents = append(b.schema.documents, d)
	if err := b.root(d, draft); err != nil {
		return nil, err
	}
	b.resources[address] = d.Root.Resource
	return d.Root.Resource, nil
}

// pointed walks a JSON Pointer from a resource's root. A place that is no known
// schema yet is built in the resource and draft of the nearest one above.
func (b *builder) pointed(r *Resource, pointer string) (*Node, error) {
	tokens, ok := pointerTokens(pointer)
	if !ok {
		return nil, nil
	}
	v, above, path := r.Root.Value, r.Root, r.Root.Pointer
	for _, t := range tokens {
		switch v.Kind {
		case jsonx.Object:
			v = v.Get(t)
		case jsonx.Array:
			i, err := strconv.Atoi(t)
			if err != nil || i < 0 || i >= len(v.Items) || (len(t) > 1 && t[0] == '0') || strings.HasPrefix(t, "+") {
				return nil, nil
			}
			v = v.Items[i]
		default:
			return nil, nil
		}
		if v == nil {
			return nil, nil
		}
		path = jsonx.Pointer(path, t)
		if n := b.nodes[v]; n != nil {
			above = n
		}
	}
	if n := b.nodes[v]; n != nil {
		return n, nil
	}
	if !b.isSchema(v, above.Draft) {
		return nil, nil
	}
	depth := 1 + strings.Count(path, "/")/2
	return b.build(v, place{doc: above.Document, resource: above.Resource, draft: above.Draft, pointer: path, depth: depth})
}
