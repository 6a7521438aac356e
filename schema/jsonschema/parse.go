package jsonschema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// rootBase is the address of a schema that has no identifier. It is only ever
// compared, so that relative references meet relative names.
const rootBase = "instar:///schema"

// maxPointerBytes bounds the JSON Pointers of all places together: long names
// near the top are repeated in every pointer below.
const maxPointerBytes = 16 << 20

// Parse reads a JSON Schema. deps are the documents that its references may
// name, dependencies first. Every error is a *schema.Error or a *schema.Bug.
func Parse(text string, deps []schema.Document, opts schema.Options) (*Schema, error) {
	b := &builder{
		limits: opts.Limits, lenient: opts.Lenient,
		schema:    &Schema{limits: opts.Limits},
		nodes:     map[*jsonx.Value]*Node{},
		resources: map[string]*Resource{},
		names:     map[string]*Document{},
	}
	if err := b.sizes(text, deps); err != nil {
		return nil, err
	}
	if err := b.load(text, deps); err != nil {
		return nil, err
	}
	if err := b.resolve(); err != nil {
		return nil, err
	}
	if err := b.customLimits(); err != nil {
		return nil, err
	}
	if err := b.bound(); err != nil {
		return nil, err
	}
	b.schema.finish()
	return b.schema, nil
}

// builder turns texts into nodes.
type builder struct {
	limits  schema.Limits
	lenient bool
	schema  *Schema

	nodes     map[*jsonx.Value]*Node
	resources map[string]*Resource
	names     map[string]*Document
	pending   []*Node // nodes with references to resolve
	large     []large // long values of unknown keywords

	patterns     int
	programs     int64
	pointerBytes int
}

// sizes holds the whole input to its limits before anything is parsed.
func (b *builder) sizes(text string, deps []schema.Document) error {
	if len(deps) > b.limits.ReferencesAll {
		return schema.OverLimit("references-all", int64(len(deps)), int64(b.limits.ReferencesAll), "the schema has too many references in all", schema.Position{})
	}
	total := len(text)
	for i := range deps {
		total += len(deps[i].Text)
	}
	if total > b.limits.ReferenceBytes {
		return schema.OverLimit("reference-bytes", int64(total), int64(b.limits.ReferenceBytes), "the schema and its references are too long", schema.Position{})
	}
	return nil
}

// load parses all texts, then builds their nodes: the draft of a text may
// depend on a declared meta-schema.
func (b *builder) load(text string, deps []schema.Document) error {
	root, err := b.document("", text, rootBase)
	if err != nil {
		return err
	}
	base := rootBase
	for _, key := range []string{"$id", "id"} {
		if id := root.Value.Get(key); id != nil && id.Kind == jsonx.String {
			address, _ := splitFragment(id.Text)
			base = resolveURI(rootBase, address)
			break
		}
	}
	for i := range deps {
		if b.names[deps[i].Name] != nil {
			continue
		}
		address, _ := splitFragment(deps[i].Name)
		d, err := b.document(deps[i].Name, deps[i].Text, resolveURI(base, address))
		if err != nil {
			return err
		}
		b.names[d.Name] = d
	}
	draft := Draft7
	for i, d := range b.schema.documents {
		fallback := draft
		found, err := b.draft(d, fallback, 0)
		if err != nil {
			return err
		}
		if i == 0 {
			draft = found
		}
		if err := b.root(d, found); err != nil {
			return err
		}
	}
	return nil
}

// document parses one text.
func (b *builder) document(name, text, base string) (*Document, error) {
	d := &Document{Name: name, Text: text, base: base, index: len(b.schema.documents)}
	l := jsonx.SchemaLimits(b.limits)
	l.Lenient = b.lenient
	v, err := jsonx.Parse(text, l)
	if err != nil {
		if e, ok := err.(*schema.Error); ok && name != "" {
			e.Document = name
		}
		return nil, err
	}
	d.Value = v
	if v.Kind != jsonx.Object && v.Kind != jsonx.Bool {
		return nil, &schema.Error{
			What:     fmt.Sprintf("a JSON Schema is an object, true or false, found %s", v.Kind),
			Document: name, Position: d.Position(v),
		}
	}
	b.schema.documents = append(b.schema.documents, d)
	return d, nil
}

// draft reads "$schema". A declared document may serve as meta-schema and is
// followed to the draft that it is written in.
func (b *builder) draft(d *Document, fallback Draft, depth int) (Draft, error) {
	v := d.Value.Get("$schema")
	if v == nil || v.Kind != jsonx.String {
		if d.Name == "" && v == nil && d.Value.Kind == jsonx.Object {
			b.warn(d, d.Value, "", "there is no $schema; draft-07 is assumed")
		}
		if v != nil {
			return fallback, b.soft(d, v, "/$schema", "$schema must be a string", "name a draft, such as "+Draft2020.URI())
		}
		return fallback, nil
	}
	if draft, ok := draftOf(v.Text); ok {
		return draft, nil
	}
	if meta := b.declared(v.Text); meta != nil && meta != d && depth < 8 {
		return b.draft(meta, fallback, depth+1)
	}
	b.warn(d, v, "/$schema", fmt.Sprintf("the dialect %q is not known; draft-07 is assumed", clip(v.Text)))
	return Draft7, nil
}

// declared finds a declared document by the address of a reference.
func (b *builder) declared(address string) *Document {
	address, _ = splitFragment(address)
	if d := b.names[address]; d != nil {
		return d
	}
	for _, d := range b.schema.documents {
		if d.Name != "" && (d.base == address || textOf(d.Value.Get("$id")) == address) {
			return d
		}
	}
	return nil
}

func (b *builder) root(d *Document, draft Draft) error {
	r := b.resource(d.base)
	n, err := b.build(d.Value, place{doc: d, resource: r, draft: draft, depth: 1})
	if err != nil {
		return err
	}
	d.Root = n
	r.Root = n.Resource.Root
	if _, taken := b.resources[d.base]; !taken {
		b.resources[d.base] = n.Resource
	}
	return nil
}

func (b *builder) resource(uri string) *Resource {
	r := &Resource{URI: uri, anchors: map[string]*Node{}, dynamic: map[string]bool{}, index: len(b.schema.resources)}
	b.schema.resources = append(b.schema.resources, r)
	return r
}

// soft reports a mistake that stored history may contain.
func (b *builder) soft(d *Document, v *jsonx.Value, pointer, what, hint string) error {
	e := &schema.Error{What: what, Path: pointer, Document: d.Name, Position: d.Position(v), Hint: hint, Soft: true}
	if !b.lenient {
		return e
	}
	b.schema.warnings = append(b.schema.warnings, schema.Warning{What: what, Path: pointer, Position: e.Position})
	return nil
}

func (b *builder) warn(d *Document, v *jsonx.Value, pointer, what string) {
	if d.meta {
		return
	}
	if d.Name != "" {
		what = "in " + d.Name + ": " + what
	}
	b.schema.warnings = append(b.schema.warnings, schema.Warning{What: what, Path: pointer, Position: d.Position(v)})
}

func (b *builder) over(d *Document, v *jsonx.Value, limit string, found, max int, pointer, what string) error {
	e := schema.OverLimit(limit, int64(found), int64(max), what, d.Position(v))
	e.Path, e.Document = pointer, d.Name
	return e
}

// knownNames lists what a reference may name, for the text of a refusal.
func (b *builder) knownNames() string {
	var names []string
	for name := range b.names {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "no references are declared"
	}
	if len(names) > 20 {
		names = append(names[:20], fmt.Sprintf("and %d more", len(names)-20))
	}
	return "known names are " + strings.Join(names, ", ")
}

// clip shortens what a user wrote for the text of an error.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
