package avro

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Parse reads a schema. deps are the documents that its references stand for,
// dependencies first: every named type that one of them defines may be used by
// its full name. A mistake is a *schema.Error; under opts.Lenient soft ones
// become warnings.
func Parse(text string, deps []schema.Document, opts schema.Options) (*Schema, error) {
	if opts.Limits == (schema.Limits{}) {
		opts.Limits = schema.DefaultLimits()
	}
	p := &parser{opts: opts, types: map[string]*Node{}}
	if err := p.checkSizes(text, deps); err != nil {
		return nil, err
	}
	for _, d := range deps {
		// What a reference names is history, so its soft mistakes were settled
		// when it was registered.
		if _, err := p.document(d.Text, d.Name, true); err != nil {
			return nil, err
		}
	}
	root, err := p.document(text, "", opts.Lenient)
	if err != nil {
		return nil, err
	}
	nodes, err := p.measure(root)
	if err != nil {
		return nil, err
	}
	return newSchema(root, nodes, p.warnings, opts.Limits), nil
}

type parser struct {
	opts     schema.Options
	types    map[string]*Node // by full name, over all documents
	names    []string         // of types, in order of definition
	warnings []schema.Warning
	count    int // schema nodes

	// State of the document in hand.
	places   *places
	root     *jsonx.Value
	doc      string
	lenient  bool
	depth    int
	later    []pending
	unions   []located
	defaults []*Field
}

// pending is a use of a type that was not defined yet, or a second definition
// that must prove equal to the first.
type pending struct {
	slot   **Node
	name   string
	again  *Node
	offset int
}

type located struct {
	node  *Node
	value *jsonx.Value
}

func (p *parser) checkSizes(text string, deps []schema.Document) error {
	l := p.opts.Limits
	total := len(text)
	for _, d := range deps {
		total += len(d.Text)
	}
	switch {
	case l.SchemaBytes > 0 && len(text) > l.SchemaBytes:
		return schema.OverLimit("schema-bytes", int64(len(text)), int64(l.SchemaBytes), "the schema text is too long", schema.Position{})
	case l.ReferencesAll > 0 && len(deps) > l.ReferencesAll:
		return schema.OverLimit("references-all", int64(len(deps)), int64(l.ReferencesAll), "the schema has too many references", schema.Position{})
	case l.ReferenceBytes > 0 && total > l.ReferenceBytes:
		return schema.OverLimit("reference-bytes", int64(total), int64(l.ReferenceBytes), "the schema and its references are too long together", schema.Position{})
	}
	return nil
}

// document parses one text into p.types and returns its root.
func (p *parser) document(text, name string, lenient bool) (*Node, error) {
	jl := jsonx.SchemaLimits(p.opts.Limits)
	jl.Lenient = lenient
	v, err := jsonx.Parse(text, jl)
	if err != nil {
		return nil, p.jsonError(text, name, err)
	}
	p.places, p.root, p.doc, p.lenient, p.depth = newPlaces(text), v, name, lenient, 0
	p.later, p.unions, p.defaults = nil, nil, nil
	var root *Node
	if err := p.typeInto(&root, v, ""); err != nil {
		return nil, err
	}
	if err := p.resolve(); err != nil {
		return nil, err
	}
	for _, u := range p.unions {
		if err := p.checkUnion(u); err != nil {
			return nil, err
		}
	}
	for _, f := range p.defaults {
		if err := p.checkDefault(f); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// jsonError names the document and explains the commonest mistake: a primitive
// written without quotes, which no Avro parser takes.
func (p *parser) jsonError(text, name string, err error) error {
	var e *schema.Error
	if !errors.As(err, &e) {
		return err
	}
	e.Document = name
	if _, ok := primitives[strings.TrimSpace(text)]; ok {
		e.What = fmt.Sprintf("%s is not JSON", strings.TrimSpace(text))
		e.Hint = "write the primitive type with quotes: " + jsonx.Quote(strings.TrimSpace(text))
	}
	return e
}

// typeInto parses the type at v into *slot, now or when the document ends.
func (p *parser) typeInto(slot **Node, v *jsonx.Value, namespace string) error {
	if p.depth++; p.depth > p.opts.Limits.Nesting && p.opts.Limits.Nesting > 0 {
		return p.over("nesting", v.Offset, p.depth, p.opts.Limits.Nesting, "the schema is nested too deeply")
	}
	defer func() { p.depth-- }()
	if p.count++; p.count > p.opts.Limits.SchemaNodes && p.opts.Limits.SchemaNodes > 0 {
		return p.over("schema-nodes", v.Offset, p.count, p.opts.Limits.SchemaNodes, "the schema has too many types")
	}
	switch v.Kind {
	case jsonx.String:
		return p.reference(slot, v, v.Text, namespace)
	case jsonx.Array:
		return p.union(slot, v, namespace)
	case jsonx.Object:
		return p.object(slot, v, namespace)
	default:
		return p.fail(v.Offset, fmt.Sprintf("a schema cannot be a JSON %s", v.Kind), "write a type name, an object or a list")
	}
}

// reference uses a type by name. Java resolves a name in the namespace first,
// then without any; a name that is defined further down must be qualified.
func (p *parser) reference(slot **Node, v *jsonx.Value, name, namespace string) error {
	if kind, ok := primitives[name]; ok {
		*slot = p.node(kind, v.Offset)
		return nil
	}
	full := qualify(name, namespace)
	if n := p.types[full]; n != nil {
		*slot = n
		return nil
	}
	if n := p.types[name]; n != nil {
		*slot = n
		return nil
	}
	p.later = append(p.later, pending{slot: slot, name: full, offset: v.Offset})
	return nil
}

func (p *parser) object(slot **Node, v *jsonx.Value, namespace string) error {
	t := v.Get("type")
	if t == nil {
		return p.fail(v.Offset, "a type has no \"type\" attribute", "add one, such as \"type\": \"record\"")
	}
	if t.Kind != jsonx.String {
		return p.fail(t.Offset, fmt.Sprintf("\"type\" is a JSON %s, not a name", t.Kind),
			"outside a field the type cannot be wrapped: move the inner schema up one level")
	}
	if kind, ok := primitives[t.Text]; ok {
		n := p.node(kind, v.Offset)
		*slot = n
		return p.finish(n, v, reservedType)
	}
	switch t.Text {
	case "record", "error":
		return p.record(slot, v, namespace, t.Text == "error")
	case "enum":
		return p.enum(slot, v, namespace)
	case "fixed":
		return p.fixed(slot, v, namespace)
	case "array", "map":
		return p.collection(slot, v, namespace, t.Text)
	}
	if len(v.Members) > 1 {
		p.warn(v.Offset, "", fmt.Sprintf("attributes beside the use of type %q are ignored", t.Text))
	}
	return p.reference(slot, t, t.Text, namespace)
}

func (p *parser) collection(slot **Node, v *jsonx.Value, namespace, kind string) error {
	n, attribute := p.node(Array, v.Offset), "items"
	if kind == "map" {
		n.Kind, attribute = Map, "values"
	}
	*slot = n
	inner := v.Get(attribute)
	if inner == nil {
		return p.fail(v.Offset, fmt.Sprintf("a type %q has no %q attribute", kind, attribute), "add the type of its elements")
	}
	if err := p.finish(n, v, reservedType); err != nil {
		return err
	}
	return p.typeInto(&n.Items, inner, namespace)
}

func (p *parser) union(slot **Node, v *jsonx.Value, namespace string) error {
	if max := p.opts.Limits.Branches; max > 0 && len(v.Items) > max {
		return p.over("branches", v.Offset, len(v.Items), max, "the union has too many branches")
	}
	n := p.node(Union, v.Offset)
	*slot = n
	n.Branches = make([]*Node, len(v.Items))
	for i, item := range v.Items {
		if item.Kind == jsonx.Array {
			return p.fail(item.Offset, "a union directly inside a union", "list its branches in the outer union")
		}
		if err := p.typeInto(&n.Branches[i], item, namespace); err != nil {
			return err
		}
	}
	p.unions = append(p.unions, located{node: n, value: v})
	return nil
}

// checkUnion runs when all names are known.
func (p *parser) checkUnion(u located) error {
	seen := make(map[string]bool, len(u.node.Branches))
	for i, b := range u.node.Branches {
		name := b.TypeName()
		if seen[name] {
			return p.fail(u.value.Items[i].Offset, fmt.Sprintf("the union has the branch %q twice", name), "remove one of them; only named types may repeat a kind")
		}
		seen[name] = true
	}
	return nil
}

// resolve settles the uses that came before their definition.
func (p *parser) resolve() error {
	for _, l := range p.later {
		n := p.types[l.name]
		if n == nil {
			return p.unknown(l)
		}
		*l.slot = n
	}
	firsts := map[*Node]string{} // definitions, each made once
	for _, l := range p.later {
		if l.again == nil {
			continue
		}
		first := p.types[l.name]
		if firsts[first] == "" {
			firsts[first] = definition(first)
		}
		if definition(l.again) != firsts[first] {
			return p.fail(l.offset, fmt.Sprintf("the type %q is defined twice, differently", l.name),
				"define it once and use its name elsewhere, or rename one")
		}
	}
	return nil
}

func (p *parser) unknown(l pending) error {
	hint := "define the type or add a reference to the schema that does"
	if near := nearest(l.name, p.names); near != "" {
		hint = fmt.Sprintf("did you mean %q? else %s", near, hint)
	} else if kind := nearest(unqualified(l.name), kindNames[:String+1]); kind != "" && !strings.Contains(l.name, ".") {
		hint = fmt.Sprintf("did you mean %q? else %s", kind, hint)
	}
	return p.fail(l.offset, fmt.Sprintf("the type %q is not defined", l.name), hint)
}

// measure lists the nodes in print order and holds the printed text to the
// nesting limit, which forward references could otherwise exceed.
func (p *parser) measure(root *Node) ([]*Node, error) {
	var nodes []*Node
	seen := map[*Node]bool{}
	max := p.opts.Limits.Nesting
	var visit func(n *Node, depth int) error
	visit = func(n *Node, depth int) error {
		if seen[n] {
			return nil
		}
		if max > 0 && depth > max && n.Document == "" {
			return schema.OverLimit("nesting", int64(depth), int64(max), "the schema is nested too deeply once its types stand where they are first used", n.Position)
		}
		seen[n] = true
		n.id = len(nodes)
		nodes = append(nodes, n)
		for _, f := range n.Fields {
			if err := visit(f.Type, depth+1); err != nil {
				return err
			}
		}
		for _, b := range n.Branches {
			if err := visit(b, depth+1); err != nil {
				return err
			}
		}
		if n.Items != nil {
			return visit(n.Items, depth+1)
		}
		return nil
	}
	if err := visit(root, 1); err != nil {
		return nil, err
	}
	return slices.Clip(nodes), nil
}

func (p *parser) node(kind Kind, offset int) *Node {
	return &Node{Kind: kind, Document: p.doc, Position: p.places.at(offset)}
}

func (p *parser) fail(offset int, what, hint string) error {
	return &schema.Error{What: what, Path: pointerTo(p.root, offset), Document: p.doc, Position: p.places.at(offset), Hint: hint}
}

// soft refuses a mistake that stored history may hold, or warns of it. at is a
// JSON Pointer to go on with from the value at offset.
func (p *parser) soft(offset int, at, what, hint string) error {
	if p.lenient {
		p.warn(offset, at, what)
		return nil
	}
	return &schema.Error{What: what, Path: pointerTo(p.root, offset) + at, Document: p.doc, Position: p.places.at(offset), Hint: hint, Soft: true}
}

// warn keeps the first warnings about the schema itself; those about a
// reference belong to the version that is referred to.
func (p *parser) warn(offset int, at, what string) {
	if p.doc == "" && len(p.warnings) < maxWarnings {
		p.warnings = append(p.warnings, schema.Warning{What: what, Path: pointerTo(p.root, offset) + at, Position: p.places.at(offset)})
	}
}

// maxWarnings bounds what a hostile text can make us remember.
const maxWarnings = 100

func (p *parser) over(limit string, offset, found, max int, what string) error {
	e := schema.OverLimit(limit, int64(found), int64(max), what, p.places.at(offset))
	e.Path, e.Document = pointerTo(p.root, offset), p.doc
	return e
}
