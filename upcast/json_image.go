package upcast

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// image writes a JSON Schema that admits every image of the events of a schema,
// and perhaps more: what is copied refers to the places of the source schema,
// constants are themselves, and of what is computed the type is known.
type image struct {
	source *jsonschema.Schema
	names  map[*jsonschema.Document]string
	// native are binders to values of the source, whose types' places judge
	// them; made says where other values that have a name come from.
	native map[*plan.Binder]bool
	made   map[*plan.Binder]origin
	fns    map[*plan.Function]string
	defs   map[string]any
	spans  map[plan.Node]span
	draft  jsonschema.Draft
	left   int
}

// keywords is one schema that is written.
type keywords = map[string]any

// writerName is what the image calls the source schema.
const writerName = "instar-source"

// maxImage bounds the schemas that an image is made of.
const maxImage = 20_000

// imageOf is the schema of the images of a hop, in the draft of the target where
// the source is none of JSON. The error says why it cannot be written.
func imageOf(h *Hop, source *jsonschema.Schema, draft jsonschema.Draft) (*jsonschema.Schema, error) {
	if source != nil {
		draft = source.Root().Draft
	}
	im := &image{
		source: source, names: map[*jsonschema.Document]string{}, draft: draft,
		native: map[*plan.Binder]bool{h.Source: true}, made: map[*plan.Binder]origin{},
		fns: map[*plan.Function]string{}, defs: keywords{}, spans: h.spans, left: maxImage,
	}
	if p := h.part; p != nil && p.elem != nil {
		im.bindElement(p.elem, p.over)
	}
	deps := im.documents()
	doc := keywords{"$schema": im.draft.URI(), "allOf": []any{im.orNever(im.of(h.Root))}, "definitions": im.defs}
	if source != nil {
		im.address(doc, source.Root().Resource.URI)
	}
	if im.left <= 0 {
		return nil, fmt.Errorf("the schema of the images would be too large")
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return jsonschema.Parse(string(text), deps, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
}

// documents names the documents of the source, which the image refers to.
func (im *image) documents() []schema.Document {
	if im.source == nil {
		return nil
	}
	var deps []schema.Document
	for i, d := range im.source.Documents() {
		name := d.Name
		if i == 0 {
			name = writerName
		}
		im.names[d] = name
		deps = append(deps, schema.Document{Name: name, Text: d.Text})
	}
	return deps
}

// address puts the image beside the source.
func (im *image) address(doc keywords, at string) {
	if !strings.Contains(at, "/") {
		return
	}
	id := "$id"
	if im.draft == jsonschema.Draft4 {
		id = "id"
	}
	doc[id] = at[:strings.LastIndexByte(at, '/')+1] + "instar-image"
}

func (im *image) never() any { return keywords{"not": keywords{}} }

func (im *image) either(list ...any) any {
	var out []any
	for _, x := range list {
		if x != nil {
			out = append(out, x)
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	default:
		return keywords{"anyOf": out}
	}
}

// of is the schema of what a node gives where it gives something; nil if it
// never does.
func (im *image) of(n plan.Node) any {
	if im.left--; im.left <= 0 {
		return keywords{}
	}
	switch n := n.(type) {
	case *plan.Copy:
		return im.copy(n)
	case *plan.Extra:
		return im.all(plan.Member(n.Of.Type, n.Name), im.native[n.Of.From])
	case *plan.Cast:
		return im.of(n.X)
	case *plan.Tag:
		return im.of(n.X)
	case *plan.Lit:
		return im.constant(n.Value)
	case *plan.Make:
		return im.object(n)
	case *plan.ListOf:
		return im.listOf(n)
	case *plan.Each:
		return im.list(n)
	case *plan.EachEntry:
		im.bindElement(n.Bind, n.Over)
		return keywords{"type": "object", "additionalProperties": im.orNever(im.of(n.Body))}
	case *plan.Stop, *plan.Nothing:
		return nil
	case *plan.Apply:
		return im.apply(n)
	case *plan.Call:
		return im.call(n)
	default:
		return im.choice(n)
	}
}

func (im *image) orNever(x any) any {
	if x == nil {
		return im.never()
	}
	return x
}

// choice is the schema of the nodes that choose between others.
func (im *image) choice(n plan.Node) any {
	switch n := n.(type) {
	case *plan.Switch:
		var out []any
		for i := range n.Cases {
			c := &n.Cases[i]
			im.bind(c.Bind, n.On)
			out = append(out, im.of(c.Body))
		}
		return im.either(out...)
	case *plan.Opt:
		if isNothing(n.On) {
			return im.of(n.Missing)
		}
		im.bind(n.Bind, n.On)
		return im.either(im.of(n.Body), im.of(n.Missing))
	case *plan.If:
		return im.either(im.of(n.Then), im.of(n.Else))
	case *plan.OrElse:
		return im.either(im.of(n.X), im.of(n.Else))
	case *plan.Let:
		im.bind(n.Bind, n.X)
		return im.of(n.Body)
	case *plan.Check:
		return im.of(n.Body)
	case *plan.Logic, *plan.Quantify:
		return keywords{"type": "boolean"}
	default:
		return keywords{}
	}
}

// isNative reports whether a node gives a part of the source, as it is.
func (im *image) isNative(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Copy:
		return im.native[n.From]
	case *plan.Call:
		return (n.Func == plan.First || n.Func == plan.Last || n.Func == plan.Only) && im.isNative(n.Args[0])
	case *plan.OrElse:
		_, stops := n.Else.(*plan.Stop)
		return stops && im.isNative(n.X)
	default:
		return false
	}
}

func typeOfNode(n plan.Node) *plan.Type {
	t, _ := plan.TypeOf(n)
	return t
}

// typed is the schema of the values of a type. Only of the source's own values
// the places of the source are known to judge them.
func (im *image) typed(t *plan.Type, native bool) any {
	if native && len(t.Schemas) > 0 {
		out := im.all(t.Schemas, true)
		if kinds := plan.JSONKinds(t); kinds != nil {
			out["type"] = kinds
		}
		return out
	}
	out := keywords{}
	if kinds := plan.JSONKinds(t); kinds != nil {
		out["type"] = kinds
	}
	switch t.Kind {
	case plan.Int:
		out["type"] = "integer"
	case plan.Enum:
		out["enum"] = t.Symbols
	case plan.List:
		out["items"] = im.typed(t.Elem, native)
	case plan.Map:
		out["additionalProperties"] = im.typed(t.Elem, native)
	}
	return out
}

// all is the schema of what all places judge.
func (im *image) all(places []*jsonschema.Node, known bool) keywords {
	if !known || len(places) == 0 {
		return keywords{}
	}
	out := make([]any, len(places))
	for i, n := range places {
		out[i] = im.ref(n)
	}
	return keywords{"allOf": out}
}

func (im *image) ref(n *jsonschema.Node) any {
	return keywords{"$ref": im.names[n.Document] + "#" + fragment(n.Pointer)}
}

// fragment writes a JSON Pointer as the fragment of an address.
func fragment(pointer string) string {
	var b strings.Builder
	for i := 0; i < len(pointer); i++ {
		c := pointer[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/-_.~$", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func (im *image) constant(v plan.Value) any {
	text, err := plan.AppendJSON(nil, v)
	if err != nil {
		return keywords{}
	}
	return keywords{"enum": []any{json.RawMessage(text)}}
}

func (im *image) listOf(n *plan.ListOf) any {
	items := make([]any, len(n.Items))
	for i, x := range n.Items {
		items[i] = im.orNever(im.of(x))
	}
	out := keywords{"type": "array", "minItems": len(items), "maxItems": len(items)}
	if len(items) > 0 {
		key := "items"
		if im.draft >= jsonschema.Draft2020 {
			key = "prefixItems"
		}
		out[key] = items
	}
	return out
}

// list is the schema of a list made of another one: as long, unless elements are
// left out.
func (im *image) list(n *plan.Each) any {
	im.bindElement(n.Bind, n.Over)
	out := keywords{"type": "array", "items": im.orNever(im.of(n.Body))}
	c, ok := n.Over.(*plan.Copy)
	if !ok || !im.native[c.From] {
		return out
	}
	for _, place := range plan.Surely(c.Type.Schemas) {
		if place.MinItems != nil && n.Where == nil {
			atLeast(out, "minItems", place.MinItems)
		}
		if place.MaxItems != nil {
			atMost(out, "maxItems", place.MaxItems)
		}
	}
	return out
}

func atLeast(out keywords, key string, n *jsonschema.Number) {
	if was, ok := out[key].(json.Number); !ok || n.Float() > must(was) {
		out[key] = json.Number(n.Text)
	}
}

func atMost(out keywords, key string, n *jsonschema.Number) {
	if was, ok := out[key].(json.Number); !ok || n.Float() < must(was) {
		out[key] = json.Number(n.Text)
	}
}

func must(n json.Number) float64 {
	f, _ := n.Float64()
	return f
}

// apply is the schema of a function, which may refer to itself.
func (im *image) apply(n *plan.Apply) any {
	name, ok := im.fns[n.Fn]
	if !ok {
		name = fmt.Sprintf("f%d", len(im.fns))
		im.fns[n.Fn] = name
		im.native[n.Fn.Bind] = im.isNative(n.X)
		im.defs[name] = im.orNever(im.of(n.Fn.Body))
	} else if im.native[n.Fn.Bind] && !im.isNative(n.X) {
		im.left = 0 // it was written for values of the source alone
	}
	return keywords{"$ref": "#/definitions/" + name}
}

// call is the schema of a computed value.
func (im *image) call(n *plan.Call) any {
	out, _ := im.typed(n.Type, false).(keywords)
	switch {
	case n.Func == plan.MapSymbol:
		var symbols []string
		for _, s := range typeOfNode(n.Args[0]).Symbols {
			if to, ok := n.Table[s]; ok && !slices.Contains(symbols, to) {
				symbols = append(symbols, to)
			}
		}
		out["enum"] = symbols
		if len(symbols) == 0 {
			return nil
		}
	case n.Func == plan.TextOfSymbol:
		if t := typeOfNode(n.Args[0]); !t.Open {
			out["enum"] = t.Symbols
		}
	case n.Func == plan.First || n.Func == plan.Last || n.Func == plan.Only:
		return im.known(n.Type, n.Args[0], element)
	case n.Func == plan.NumberOfInt, n.Func == plan.NumberOfFloat:
		im.bounds(out, n.Args[0])
	case n.Func == plan.Narrow:
		return im.narrowed(n, out)
	}
	return out
}

// bounds bounds a computed number. Doubles are written with as few digits as tell
// them apart, in the order of their values, so the bounds are written so too.
func (im *image) bounds(out keywords, n plan.Node) {
	p := newProver(&translator{})
	p.fixed = im.spans
	s := p.span(n, noFacts())
	text := func(x *big.Float) json.Number { return json.Number(x.Text('f', -1)) }
	if t := typeOfNode(n); t != nil && t.Kind == plan.Float {
		text = func(x *big.Float) json.Number {
			f, _ := x.Float64()
			return json.Number(plan.FormatFloat(f))
		}
	}
	if !s.lo.IsInf() {
		out["minimum"] = text(s.lo)
	}
	if !s.hi.IsInf() {
		out["maximum"] = text(s.hi)
	}
}
