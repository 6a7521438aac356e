package compat

import (
	"context"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/jsonschema/contain"
)

// jsonNamer names the breaks of one pair of JSON Schemas in one direction. The
// engine says which keyword of the reader an event violates; the namer finds
// what the writer says at that place and names the edit.
type jsonNamer struct {
	writer, reader *jsonschema.Schema
	d              Direction
	match          *jsonMatcher
	nodes          map[[2]string]*jsonschema.Node // of the reader, by document and pointer
	asked          int                            // questions put to the engine for the sake of a name
}

func newJSONNamer(writer, reader *jsonschema.Schema, d Direction) *jsonNamer {
	n := &jsonNamer{writer: writer, reader: reader, d: d, match: matchJSON(writer, reader), nodes: map[[2]string]*jsonschema.Node{}}
	for _, node := range reader.Nodes() {
		n.nodes[[2]string{node.Document.Name, node.Pointer}] = node
	}
	return n
}

// jsonRule names a break; see [jsonNamer.name].
func jsonRule(b *schema.Break, writer, reader *jsonschema.Schema, d Direction) string {
	return newJSONNamer(writer, reader, d).name(b)
}

// name returns the rule of a break and adds the parameters of its message. What
// no keyword explains is json/values-removed, or its mirror.
func (n *jsonNamer) name(b *schema.Break) string {
	place, keyword := n.place(b)
	e := jsonEdit{namer: n, b: b, keyword: keyword, r: place}
	rule := "json/values-removed"
	if b.Kind == "unsatisfiable" {
		rule = "schema/became-unsatisfiable"
	} else if place != nil {
		if e.m = n.match.of[place]; e.m != nil {
			rule = e.name()
		}
	}
	if e.redrafted() || rule == "json/values-removed" && n.writer.Root().Draft != n.reader.Root().Draft {
		rule = "json/dialect-changed"
		e.values(n.writer.Root().Draft.String(), n.reader.Root().Draft.String())
	}
	e.locate()
	if row := RuleByID(rule); row != nil && n.d == NewToOld {
		return row.Mirror
	}
	return rule
}

// place finds the place of the reader that a break lies at, and the keyword of
// it: the schema that holds the keyword, also where the keyword is a schema.
func (n *jsonNamer) place(b *schema.Break) (*jsonschema.Node, string) {
	pointer, keyword := b.Reader.Pointer, b.Kind
	node := n.nodes[[2]string{b.Reader.Document, pointer}]
	last := pointer[strings.LastIndexByte(pointer, '/')+1:]
	if node != nil && (last != keyword || pointer == "") {
		return node, keyword
	}
	for pointer != "" {
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
		if node := n.nodes[[2]string{b.Reader.Document, pointer}]; node != nil {
			return node, keyword
		}
	}
	return nil, keyword
}

// jsonEdit is one break with what both sides say at its place.
type jsonEdit struct {
	namer   *jsonNamer
	b       *schema.Break
	keyword string
	r       *jsonschema.Node
	m       *jsonMatch
}

// locate tells where the writer speaks of what breaks, unless the engine did.
func (e *jsonEdit) locate() {
	if e.m != nil && e.b.Writer == (schema.Place{}) {
		switch {
		case e.m.w != nil:
			e.b.Writer = jsonAt(e.m.w, e.keyword)
		case e.m.owner != nil && e.namer.match.of[e.m.owner].w != nil:
			e.b.Writer = jsonAt(e.namer.match.of[e.m.owner].w, "")
		}
	}
	if e.r != nil && !e.b.Reader.IsValid() {
		e.b.Reader.Position = jsonAt(e.r, e.keyword).Position
	}
}

// redrafted reports whether both sides say the same in two drafts.
func (e *jsonEdit) redrafted() bool {
	return e.m != nil && e.m.w != nil && e.m.w.Draft != e.r.Draft && nodeText(e.m.w) == nodeText(e.r)
}

// param adds a parameter unless the engine gave it.
func (e *jsonEdit) param(name, value string) {
	if e.b.Param(name) != "" {
		return
	}
	const shown = 200
	text, short := cutUTF16(value, shown)
	if short {
		text += "..."
	}
	e.b.Params = append(e.b.Params, schema.Param{Name: name, Value: text})
}

// values adds what the writer and the reader say as the old and the new value.
func (e *jsonEdit) values(writer, reader string) {
	drop := func(p schema.Param) bool {
		return p.Name == "old" || p.Name == "new" || p.Name == "writer" || p.Name == "reader"
	}
	e.b.Params = slices.DeleteFunc(e.b.Params, drop)
	if e.namer.d == NewToOld {
		writer, reader = reader, writer
	}
	e.param("old", writer)
	e.param("new", reader)
}

// name names the edit as if the reader were the new side.
func (e *jsonEdit) name() string {
	if rule, later := strings.CutSuffix(e.m.rule, compareLater); later {
		w, r := e.namer.match.of[e.m.owner].w, e.m.owner
		if rule == "json/not" {
			return e.namer.notRule(w.Not, r.Not)
		}
		return e.namer.narrowedOrChanged(rule, w.PropertyNames, r.PropertyNames)
	}
	if e.m.rule != "" {
		if strings.Contains(e.m.rule, "property") || strings.Contains(e.m.rule, "dependent") {
			e.set("property", e.m.property)
		}
		return e.m.rule
	}
	if e.keyword == "false" {
		return e.closed()
	}
	if e.m.near != "" {
		return e.namer.narrowedOrChanged(strings.TrimSuffix(e.m.near, compareLater), e.m.w, e.r)
	}
	w := e.m.w
	if w == nil {
		w = nothing
	}
	if name, known := jsonNames[e.keyword]; known {
		return name(e, w, e.r)
	}
	return "json/values-removed"
}

// set adds a parameter in place of the engine's.
func (e *jsonEdit) set(name, value string) {
	e.b.Params = slices.DeleteFunc(e.b.Params, func(p schema.Param) bool { return p.Name == name })
	e.param(name, value)
}

// closed names a break at a schema that takes nothing, by where it stands.
func (e *jsonEdit) closed() string {
	parent, keyword := e.parent()
	if parent == nil {
		return "schema/became-unsatisfiable"
	}
	switch keyword {
	case "additionalProperties", "unevaluatedProperties", "items", "additionalItems", "unevaluatedItems", "not":
		m := e.namer.match.of[parent]
		if m == nil {
			return "json/values-removed"
		}
		w := m.w
		if w == nil {
			w = nothing
		}
		return jsonNames[keyword](e, w, parent)
	}
	return "json/subschema-forbidden"
}

// parent is the schema that holds the place, and the keyword under which.
func (e *jsonEdit) parent() (*jsonschema.Node, string) {
	pointer := e.r.Pointer
	for pointer != "" {
		at := strings.LastIndexByte(pointer, '/')
		keyword := pointer[at+1:]
		pointer = pointer[:at]
		if node := e.namer.nodes[[2]string{e.r.Document.Name, pointer}]; node != nil {
			rest := strings.TrimPrefix(e.r.Pointer, pointer+"/")
			first, _, _ := strings.Cut(rest, "/")
			if first != keyword {
				keyword = first
			}
			return node, keyword
		}
	}
	return nil, ""
}

// narrowedOrChanged tells whether the reader's schema is a stricter one or
// another one.
func (n *jsonNamer) narrowedOrChanged(rule string, w, r *jsonschema.Node) string {
	if n.within(r, w) {
		return rule + "-narrowed"
	}
	return rule + "-changed"
}

// notRule names what breaks by "not".
func (n *jsonNamer) notRule(w, r *jsonschema.Node) string {
	switch {
	case w == nil:
		return "json/not-added"
	case n.within(w, r):
		return "json/not-widened"
	default:
		return "json/not-changed"
	}
}

// within reports whether every value of a is one of b, as far as that can be
// said of the two places alone: the engine is asked, and where it leaves the
// question open, Confluent's rule. A name is worth few questions.
func (n *jsonNamer) within(a, b *jsonschema.Node) bool {
	if a == nil || b == nil {
		return false
	}
	if nodeText(a) == nodeText(b) {
		return true
	}
	const worth = 8
	if n.asked++; n.asked > worth {
		return false
	}
	inner, outer := standAlone(a), standAlone(b)
	if inner == nil || outer == nil {
		return false
	}
	const steps = 20_000
	c, err := contain.Schemas(context.Background(), inner, outer, contain.Options{Budget: schema.Budget{Steps: steps}, FirstOnly: true})
	if err == nil && c.Verdict != schema.Unknown {
		return c.Verdict == schema.Compatible
	}
	return !slices.ContainsFunc(jsonDifferences(inner, outer), func(d Difference) bool { return d.Strict })
}

// standAlone is a place as a schema of its own; nil if it refers to others.
func standAlone(n *jsonschema.Node) *jsonschema.Schema {
	text := nodeText(n)
	if strings.Contains(text, `"$ref"`) || strings.Contains(text, `"$dynamicRef"`) || strings.Contains(text, `"$recursiveRef"`) {
		return nil
	}
	if n.Value.Kind == jsonx.Object && n.Value.Get("$schema") == nil {
		comma := ","
		if len(n.Value.Members) == 0 {
			comma = ""
		}
		text = `{"$schema":` + jsonx.Quote(n.Draft.URI()) + comma + text[1:]
	}
	s, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
	if err != nil {
		return nil
	}
	return s
}
