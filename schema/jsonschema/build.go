package jsonschema

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

// place is where a node is built.
type place struct {
	doc      *Document
	resource *Resource
	draft    Draft
	pointer  string
	depth    int
}

func (p place) at(segments ...string) place {
	for _, s := range segments {
		p.pointer = jsonx.Pointer(p.pointer, s)
	}
	p.depth++
	return p
}

func textOf(v *jsonx.Value) string {
	if v == nil || v.Kind != jsonx.String {
		return ""
	}
	return v.Text
}

// build makes the node at a place and all nodes that its draft knows below it.
// A place that was already built is returned as it is.
func (b *builder) build(v *jsonx.Value, at place) (*Node, error) {
	if n := b.nodes[v]; n != nil {
		return n, nil
	}
	if at.depth > b.limits.Nesting {
		return nil, b.over(at.doc, v, "nesting", at.depth, b.limits.Nesting, at.pointer, "schemas are nested too deeply")
	}
	if len(b.schema.nodes) >= b.limits.SchemaNodes {
		return nil, b.over(at.doc, v, "schema-nodes", len(b.schema.nodes)+1, b.limits.SchemaNodes, at.pointer, "there are too many schemas")
	}
	if b.pointerBytes += len(at.pointer); b.pointerBytes > maxPointerBytes {
		return nil, b.over(at.doc, v, "pointer-bytes", b.pointerBytes, maxPointerBytes, clip(at.pointer), "the paths of all schemas together are too long")
	}
	n := &Node{Document: at.doc, Resource: at.resource, Pointer: at.pointer, Draft: at.draft, Value: v, index: len(b.schema.nodes)}
	b.schema.nodes = append(b.schema.nodes, n)
	b.nodes[v] = n
	if at.resource.Root == nil {
		at.resource.Root = n
	}
	if v.Kind == jsonx.Bool {
		value := v.Bool
		n.Bool = &value
		return n, nil
	}
	if err := b.identify(n); err != nil {
		return nil, err
	}
	at.resource, at.draft = n.Resource, n.Draft
	if err := b.members(n, at); err != nil {
		return nil, err
	}
	if n.Ref != "" || n.DynamicRef != "" || n.RecursiveRef != "" {
		b.pending = append(b.pending, n)
	}
	return n, nil
}

// identify reads the keywords that give a place an address.
func (b *builder) identify(n *Node) error {
	if ref := n.Get("$ref"); ref != nil && ref.Kind == jsonx.String && n.Draft.refAlone() {
		return nil // an identifier beside "$ref" has no meaning up to draft 7
	}
	if own, ok := draftOf(textOf(n.Get("$schema"))); ok && textOf(n.Get(own.idKeyword())) != "" {
		n.Draft = own
	}
	if err := b.identifier(n); err != nil {
		return err
	}
	if n.Draft < Draft2019 {
		return nil
	}
	for _, key := range []string{"$anchor", "$dynamicAnchor"} {
		v := n.Get(key)
		if _, known := keywordIn(key, n.Draft); v == nil || !known {
			continue
		}
		if !anchorName.MatchString(textOf(v)) {
			if err := b.bad(n, key, v, "a name: a letter or _, then letters, digits, and - . _"); err != nil {
				return err
			}
			continue
		}
		if err := b.anchor(n, key, v, v.Text); err != nil {
			return err
		}
		n.Resource.dynamic[v.Text] = n.Resource.dynamic[v.Text] || key == "$dynamicAnchor"
	}
	if v := n.Get("$recursiveAnchor"); v != nil && n.Draft == Draft2019 {
		if v.Kind != jsonx.Bool {
			return b.bad(n, "$recursiveAnchor", v, "true or false")
		}
		if n.Resource.Root != n {
			return nil
		}
		n.Resource.recursive = v.Bool
	}
	return nil
}

// identifier reads "$id" (draft 4: "id").
func (b *builder) identifier(n *Node) error {
	key := n.Draft.idKeyword()
	v := n.Get(key)
	if v == nil {
		return nil
	}
	if v.Kind != jsonx.String {
		return b.bad(n, key, v, "a string")
	}
	n.ID = v.Text
	address, fragment := splitFragment(v.Text)
	if address != "" {
		uri := resolveURI(n.Resource.URI, address)
		if n.Resource.Root != n {
			n.Resource = b.resource(uri)
			n.Resource.Root = n
		} else {
			n.Resource.URI = uri
		}
		if taken := b.resources[uri]; taken == nil {
			b.resources[uri] = n.Resource
		} else if taken.Root.Document == n.Document && taken.Root != n {
			if err := b.soft(n.Document, v, jsonx.Pointer(n.Pointer, key), fmt.Sprintf("two schemas have the identifier %q", clip(v.Text)), "rename one of them"); err != nil {
				return err
			}
		}
	}
	if fragment == "" || strings.HasPrefix(fragment, "/") {
		return nil
	}
	if n.Draft >= Draft2019 {
		return b.soft(n.Document, v, jsonx.Pointer(n.Pointer, key), key+" must not have a fragment", "use $anchor")
	}
	return b.anchor(n, key, v, fragment)
}

// anchorName is what "$anchor" and "$dynamicAnchor" may be.
var anchorName = regexp.MustCompile(`^[A-Za-z_][-A-Za-z0-9._]*$`)

func (b *builder) anchor(n *Node, key string, v *jsonx.Value, name string) error {
	if other := n.Resource.anchors[name]; other != nil && other != n {
		return b.soft(n.Document, v, jsonx.Pointer(n.Pointer, key),
			fmt.Sprintf("the anchor %q is already at %s", clip(name), orRoot(other.Pointer)), "rename one of them")
	}
	n.Resource.anchors[name] = n
	return nil
}

func orRoot(pointer string) string {
	if pointer == "" {
		return "the root"
	}
	return pointer
}

// members reads the keywords of an object in document order.
func (b *builder) members(n *Node, at place) error {
	ref := n.Get("$ref")
	alone := ref != nil && ref.Kind == jsonx.String && n.Draft.refAlone()
	for i := range n.Value.Members {
		m := &n.Value.Members[i]
		sh, known := keywordIn(m.Key, n.Draft)
		if !known {
			b.custom(n, m)
		}
		if !known || (alone && m.Key != "$ref" && m.Key != "definitions") {
			continue
		}
		want, err := b.keyword(n, m, sh, at)
		if err != nil {
			return err
		}
		if want == "" {
			continue
		}
		if err := b.bad(n, m.Key, m.Value, want); err != nil {
			return err
		}
	}
	n.Tags = stringItems(n.Get(tagsKeyword))
	return nil
}

// bad reports a keyword whose value has the wrong shape; a lenient parse drops
// the keyword.
func (b *builder) bad(n *Node, key string, v *jsonx.Value, want string) error {
	if n.dropped == nil {
		n.dropped = map[string]bool{}
	}
	n.dropped[key] = true
	return b.soft(n.Document, v, jsonx.Pointer(n.Pointer, key), fmt.Sprintf("%s must be %s", key, want), "correct the keyword or remove it")
}

// keyword reads one keyword. want is what its value should have been, if it has
// the wrong shape; err is a mistake further down.
func (b *builder) keyword(n *Node, m *jsonx.Member, sh shape, at place) (want string, err error) {
	v := m.Value
	switch sh {
	case shapeSchema, shapeSchemaOld, shapeSchemas, shapeSchemaMap, shapeItems, shapeDeps, shapeDepNames:
		return b.applicator(n, m, sh, at.at(m.Key))
	case shapeAnnotation:
		return "", b.annotation(n, m)
	case shapeBoolOrNum:
		return exclusive(n, m), nil
	case shapeNumber, shapePositive, shapeCount:
		return number(n, m, sh), nil
	case shapeBool:
		if v.Kind != jsonx.Bool {
			return "true or false", nil
		}
		value := v.Bool
		n.UniqueItems = &value
	case shapeString:
		if v.Kind != jsonx.String {
			return "a string", nil
		}
		return "", b.text(n, m, at)
	case shapeStrings:
		if !allStrings(v) {
			return "a list of strings", nil
		}
		n.Required = stringItems(v)
		return "", b.count(n, v, "fields", len(n.Required), b.limits.Fields, "required names")
	case shapeType:
		return types(n, v), nil
	case shapeEnum:
		if v.Kind != jsonx.Array {
			return "a list", nil
		}
		n.Enum = v.Items
		if n.Enum == nil {
			n.Enum = []*jsonx.Value{}
		}
		return "", b.enumSize(n, v)
	case shapeAny:
		n.Const = v
		return "", b.enumSize(n, v)
	}
	return "", nil
}

func (b *builder) count(n *Node, v *jsonx.Value, limit string, found, max int, what string) error {
	if found > max {
		return b.over(n.Document, v, limit, found, max, n.Pointer, "there are too many "+what)
	}
	return nil
}

func (b *builder) enumSize(n *Node, v *jsonx.Value) error {
	if err := b.count(n, v, "enum-values", len(v.Items), b.limits.EnumValues, "enum values"); err != nil {
		return err
	}
	if size := v.End - v.Offset; size > b.limits.EnumBytes {
		return b.over(n.Document, v, "enum-bytes", size, b.limits.EnumBytes, n.Pointer, "the values are too long")
	}
	return nil
}

func (b *builder) text(n *Node, m *jsonx.Member, at place) error {
	switch m.Key {
	case "$ref":
		n.Ref = m.Value.Text
		return b.emptyRef(n, m, &n.Ref)
	case "$dynamicRef":
		n.DynamicRef = m.Value.Text
		return b.emptyRef(n, m, &n.DynamicRef)
	case "$recursiveRef":
		n.RecursiveRef = m.Value.Text
		return b.emptyRef(n, m, &n.RecursiveRef)
	case "pattern":
		var err error
		n.Pattern, err = b.pattern(n, m.Value, m.Value.Text, at.at(m.Key))
		return err
	}
	return nil
}

// emptyRef gives an empty reference, which means the resource itself, a text
// that is not the sign of absence.
func (b *builder) emptyRef(_ *Node, _ *jsonx.Member, ref *string) error {
	if *ref == "" {
		*ref = "#"
	}
	return nil
}

// pattern compiles a pattern within the limits.
func (b *builder) pattern(n *Node, v *jsonx.Value, source string, at place) (*Pattern, error) {
	if len(source) > b.limits.PatternBytes {
		return nil, b.over(n.Document, v, "pattern-bytes", len(source), b.limits.PatternBytes, at.pointer, "a pattern is too long")
	}
	b.patterns++
	if b.patterns > b.limits.Patterns && !n.Document.meta {
		return nil, b.over(n.Document, v, "patterns", b.patterns, b.limits.Patterns, at.pointer, "there are too many patterns")
	}
	p, err := newPattern(source)
	if err != nil {
		p = &Pattern{Source: source, Unsupported: err.Error()}
		b.schema.fragile = true
		return p, b.soft(n.Document, v, at.pointer, fmt.Sprintf("the pattern %q is no regular expression: %v", clip(source), err), "")
	}
	if b.programs += p.size; b.programs > maxPrograms && p.Unsupported == "" {
		p = &Pattern{Source: source, Unsupported: "the patterns of the schema together are too large"}
	}
	if p.Unsupported != "" {
		b.schema.fragile = true
		b.warn(n.Document, v, at.pointer, fmt.Sprintf("the pattern %q cannot be evaluated (%s); events that need it cannot be validated", clip(source), p.Unsupported))
	}
	return p, nil
}

func (b *builder) annotation(n *Node, m *jsonx.Member) error {
	v := m.Value
	switch m.Key {
	case "title", "description", "$comment":
		text := textOf(v)
		if len(text) > b.limits.DocBytes {
			return b.over(n.Document, v, "doc-bytes", len(text), b.limits.DocBytes, jsonx.Pointer(n.Pointer, m.Key), "a "+m.Key+" is too long")
		}
		switch m.Key {
		case "title":
			n.Title = text
		case "description":
			n.Description = text
		}
	case "default":
		n.Default = v
	case "format":
		n.Format = textOf(v)
	}
	return nil
}
