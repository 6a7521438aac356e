package protobuf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bufbuild/protocompile/ast"

	"github.com/instar-registry/instar/schema"
)

// under is the path of a field, in the notation of upcasters and findings:
// "items[].sku", "attrs{}.x", "(pkg.ext)"; a map's value has the path of its
// entry, and its key the field number that it has there.
func under(path string, f *fieldType) string {
	name := f.name
	switch {
	case f.parent != nil && f.parent.entry && f.number == 2:
		return path
	case f.parent != nil && f.parent.entry:
		name = "#" + strconv.FormatInt(f.number, 10)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// inside is the path of an element of a field.
func inside(path string, f *fieldType) string {
	switch {
	case f.mapped:
		return path + "{}"
	case f.list:
		return path + "[]"
	default:
		return path
	}
}

// chain lists the writer's fields from the event to the pair of a way.
func (s *search) chain(at int) []*fieldType {
	var out []*fieldType
	for w := s.ways[at]; w.parent >= 0; w = s.ways[w.parent] {
		out = append(out, w.edge.wf)
	}
	slices.Reverse(out)
	return out
}

// rootOf is the pair of events that a way starts at.
func (s *search) rootOf(at int) edge {
	w := s.ways[at]
	for w.parent >= 0 {
		w = s.ways[w.parent]
	}
	return w.edge
}

// eventPath is the path of a place in its event.
func (s *search) eventPath(at spot) string {
	path := ""
	for _, f := range s.chain(at.way) {
		path = inside(under(path, f), f)
	}
	switch {
	case at.w != nil:
		path = under(path, at.w)
	case at.r != nil:
		path = under(path, at.r)
	}
	return path
}

// path is the path of a place, which starts with the name of the message where
// it is not the first that a frame may name, as in [Schema.Fields].
func (s *search) path(at spot) string {
	path := s.eventPath(at)
	if path == "" {
		path = "$"
	}
	root := s.rootOf(at.way).w
	if len(s.writer.events) > 0 && s.writer.events[0] == root {
		return path
	}
	return root.rel + ":" + path
}

// positions are the places of declarations in a text, by full name.
type positions struct {
	at map[string]schema.Position
}

// position finds a declaration in the schema's text, or in that of a document it
// was parsed with, which is read again at the first call.
func (s *Schema) position(document, fullName string) schema.Position {
	if known, ok := s.programs.positions.Load(document); ok {
		return known.(*positions).at[fullName] // nothing else is stored
	}
	p := &positions{}
	if text, ok := s.textOf(document); ok {
		p = s.positionsIn(text)
	}
	s.programs.positions.Store(document, p)
	return p.at[fullName]
}

// positionsIn reads the places in a text, or takes them from the memo: many
// schemas may be parsed with one document.
func (s *Schema) positionsIn(text string) *positions {
	key := ""
	if s.opts.Memo != nil {
		c := newCompiler(nil, s.opts)
		key = fmt.Sprintf("positions %t %s", s.opts.Lenient, c.sumOf(text))
		if p, ok := recall[*positions](c, key); ok {
			return p
		}
	}
	p := &positions{at: map[string]schema.Position{}}
	// A text that was accepted parses again; if not, places stay unknown.
	_ = guarded("reading positions", func() error { s.locate(text, p.at); return nil })
	if key != "" {
		s.opts.Memo.Put(key, p, len(text)+linkedCost)
	}
	return p
}

// textOf is the text of a document; that of the schema itself has no name.
func (s *Schema) textOf(document string) (string, bool) {
	if document == "" {
		return s.text, true
	}
	for i := range s.deps {
		if s.deps[i].Name == document {
			return s.deps[i].Text, true
		}
	}
	return "", false // bundled
}

func (s *Schema) locate(text string, into map[string]schema.Position) {
	src, err := prescan(text, s.opts)
	if err != nil {
		return
	}
	tree, err := parseText(ownFileName, src)
	if err != nil {
		return
	}
	l := &lister{nodes: map[string]ast.Node{}}
	f := buildFile(tree)
	l.index(f.pkg, f.messages)
	enums(l.nodes, f.pkg, f.enums, f.messages)
	for name, node := range l.nodes {
		if node != nil {
			into[name] = src.position(tree.NodeInfo(node).Start().Offset)
		}
	}
}

func enums(into map[string]ast.Node, scope string, list []*enumElement, messages []*messageElement) {
	for _, e := range list {
		into[join(scope, e.name)] = e.node
	}
	for _, m := range messages {
		enums(into, join(scope, m.name), m.enums, m.messages)
	}
}

// sourcePlace writes a source path.
func sourcePlace(path []int) string {
	parts := make([]string, len(path))
	for i, n := range path {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ".")
}

func (a *answer) messagePlace(side int, m *messageType) schema.Place {
	return schema.Place{Pointer: sourcePlace(m.place), Document: m.document, Position: a.sides[side].position(m.document, m.full)}
}

func (a *answer) fieldPlace(side int, f *fieldType) schema.Place {
	out := a.messagePlace(side, f.parent)
	if f.index >= 0 && len(f.parent.place) > 0 {
		out.Pointer += ".2." + strconv.Itoa(f.index)
	}
	if at := a.sides[side].position(out.Document, f.parent.full+"."+f.name); at.IsValid() {
		out.Position = at
	}
	return out
}

func (a *answer) enumPlace(side int, e *enumType) schema.Place {
	return schema.Place{Pointer: sourcePlace(e.place), Document: e.document, Position: a.sides[side].position(e.document, e.full)}
}
