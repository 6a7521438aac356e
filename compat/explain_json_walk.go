package compat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// jsonMatch says what the writer schema holds values to at a place of the
// reader schema.
type jsonMatch struct {
	// w is the place in the writer schema, and raw the same before references
	// were followed; nil where it says nothing.
	w, raw *jsonschema.Node
	// rule names whatever breaks here and below, as if the reader were the new
	// side; empty where the keyword does. near is a rule that names what breaks
	// by keywords of this very place.
	rule, near string
	// property is what the rule's message speaks of; owner is the place of the
	// reader that holds what the rule names.
	property string
	owner    *jsonschema.Node
	// path is the place in an event.
	path string
}

// jsonMatcher walks two schemas side by side, by the places in events that they
// speak of. Each place of the reader is matched once, where it is met first.
type jsonMatcher struct {
	of    map[*jsonschema.Node]*jsonMatch
	order []*jsonschema.Node
	todo  []jsonStep
}

type jsonStep struct {
	r *jsonschema.Node
	jsonMatch
}

// matchJSON matches all places. The walk is a list of work and no recursion,
// since schemas may refer to themselves.
func matchJSON(writer, reader *jsonschema.Schema) *jsonMatcher {
	m := &jsonMatcher{of: map[*jsonschema.Node]*jsonMatch{}}
	m.push(reader.Root(), jsonMatch{w: writer.Root(), path: "$"})
	for len(m.todo) > 0 {
		s := m.todo[len(m.todo)-1]
		m.todo = m.todo[:len(m.todo)-1]
		if _, known := m.of[s.r]; known {
			continue
		}
		s.raw, s.w = s.w, resolveRef(s.w)
		m.of[s.r] = &s.jsonMatch
		m.order = append(m.order, s.r)
		before := len(m.todo)
		m.inside(s)
		slices.Reverse(m.todo[before:]) // in the order of the document
	}
	return m
}

// resolveRef follows references that say all there is to say.
func resolveRef(n *jsonschema.Node) *jsonschema.Node {
	for range 64 { // chains of references are short; circles are refused when parsed
		if n == nil || n.RefTo == nil || !onlyRef(n) {
			return n
		}
		n = n.RefTo
	}
	return n
}

// onlyRef reports whether a place says nothing besides its reference.
func onlyRef(n *jsonschema.Node) bool {
	if n.IsRef() {
		return true
	}
	for i := range n.Value.Members {
		if !slices.Contains([]string{"$ref", "title", "description", "$comment", "$defs", "definitions", "$schema", "$id", "examples"}, n.Value.Members[i].Key) {
			return false
		}
	}
	return true
}

func (m *jsonMatcher) push(r *jsonschema.Node, to jsonMatch) {
	if r != nil {
		m.todo = append(m.todo, jsonStep{r, to})
	}
}

// inside matches what lies below a place. What has a rule for everything below
// keeps it.
func (m *jsonMatcher) inside(s jsonStep) {
	if s.r.RefTo != nil {
		m.push(s.r.RefTo, s.jsonMatch)
		if s.r.IsRef() {
			return
		}
	}
	w := s.w
	if w == nil {
		w = nothing
	}
	s.near = ""
	m.properties(s, w)
	m.items(s, w)
	m.branches(s, w)
	m.conditions(s, w)
}

// nothing is a place that says nothing.
var nothing = &jsonschema.Node{Document: &jsonschema.Document{}, Value: &jsonx.Value{Kind: jsonx.Object}}

// child continues a match at a part. Without a counterpart the rule names
// everything in it, unless one does already.
func (s *jsonStep) child(w *jsonschema.Node, path, rule, property string) jsonMatch {
	to := jsonMatch{w: w, path: path, rule: s.rule, property: s.property, owner: s.owner}
	if to.rule == "" && rule != "" {
		to.rule, to.property, to.owner = rule, property, s.r
	}
	return to
}

func (m *jsonMatcher) properties(s jsonStep, w *jsonschema.Node) {
	for _, p := range s.r.Properties {
		path := fieldPath(s.path, p.Key)
		declared, rest := w.Property(p.Key), restOfObject(w, p.Key)
		switch {
		case declared != nil:
			m.push(p.Node, s.child(declared, path, "", ""))
		case rest != nil && rest.Bool == nil:
			m.push(p.Node, s.child(rest, path, "json/property-added-partly-open", p.Key))
		default:
			m.push(p.Node, s.child(nil, path, "json/property-added-open", p.Key))
		}
	}
	for _, p := range s.r.PatternProperties {
		k := slices.IndexFunc(w.PatternProperties, func(x jsonschema.PatternProperty) bool { return x.Pattern.Source == p.Pattern.Source })
		if k >= 0 {
			m.push(p.Node, s.child(w.PatternProperties[k].Node, s.path+"{}", "", ""))
		} else {
			m.push(p.Node, s.child(nil, s.path+"{}", "json/pattern-property-added", p.Pattern.Source))
		}
	}
	m.rest(s, s.r.AdditionalProperties, w.AdditionalProperties, "{}", "json/additional-properties", true)
	m.rest(s, s.r.UnevaluatedProperties, w.UnevaluatedProperties, "{}", "json/unevaluated-properties", true)
	if s.r.PropertyNames != nil {
		rule := "json/property-names-added"
		if w.PropertyNames != nil {
			rule = "json/property-names" + compareLater
		}
		m.push(s.r.PropertyNames, s.child(w.PropertyNames, s.path, rule, ""))
	}
}

// restOfObject is what holds a property that is not declared.
func restOfObject(n *jsonschema.Node, name string) *jsonschema.Node {
	for i := range n.PatternProperties {
		if ok, err := n.PatternProperties[i].Pattern.Match(name); err == nil && ok {
			return n.PatternProperties[i].Node
		}
	}
	if n.AdditionalProperties != nil {
		return n.AdditionalProperties
	}
	return n.UnevaluatedProperties
}

// rest matches the schemas of parts that are not listed. Where both sides have
// one and it differs at its own level, near names it.
func (m *jsonMatcher) rest(s jsonStep, r, w *jsonschema.Node, step, rule string, near bool) {
	if r == nil {
		return
	}
	if w == nil || w.Bool != nil {
		m.push(r, s.child(w, s.path+step, rule+"-narrowed", ""))
		return
	}
	to := s.child(w, s.path+step, "", "")
	if near && to.rule == "" {
		to.near = rule + compareLater
	}
	m.push(r, to)
}

// compareLater ends a rule of which the namer finds out whether the reader's
// schema is a stricter one or another one: only where something breaks there,
// since it takes a question to the engine.
const compareLater = "?"

func (m *jsonMatcher) items(s jsonStep, w *jsonschema.Node) {
	wRest := restOfArray(w)
	for i, item := range s.r.PrefixItems {
		path := s.path + "[]"
		switch {
		case i < len(w.PrefixItems):
			m.push(item, s.child(w.PrefixItems[i], path, "", ""))
		case wRest != nil && len(w.PrefixItems) == 0:
			m.push(item, s.child(wRest, path, "", ""))
		default:
			m.push(item, s.child(wRest, path, "json/prefix-item-added-open", strconv.Itoa(i)))
		}
	}
	m.rest(s, restOfArray(s.r), wRest, "[]", "json/items", false)
	m.rest(s, s.r.UnevaluatedItems, w.UnevaluatedItems, "[]", "json/unevaluated-items", true)
	if s.r.Contains != nil {
		m.push(s.r.Contains, s.child(w.Contains, s.path+"[]", "", ""))
	}
}

// restOfArray is what holds items that have no schema of their own.
func restOfArray(n *jsonschema.Node) *jsonschema.Node {
	if n.PrefixItems != nil && n.Draft < jsonschema.Draft2020 {
		return n.AdditionalItems
	}
	return n.Items
}

func (m *jsonMatcher) branches(s jsonStep, w *jsonschema.Node) {
	for i, b := range pairBranches(w.AllOf, s.r.AllOf) {
		switch {
		case b != nil:
			m.push(s.r.AllOf[i], s.child(b, s.path, "", ""))
		case len(w.AllOf) == 0:
			m.push(s.r.AllOf[i], s.child(s.w, s.path, "", ""))
		default:
			m.push(s.r.AllOf[i], s.child(nil, s.path, "json/all-of-branch-added", ""))
		}
	}
	for _, pair := range [][2][]*jsonschema.Node{{w.AnyOf, s.r.AnyOf}, {w.OneOf, s.r.OneOf}} {
		for i, b := range pairBranches(pair[0], pair[1]) {
			if b == nil {
				b = s.w
			}
			m.push(pair[1][i], s.child(b, s.path, "", ""))
		}
	}
	if s.r.Not != nil {
		rule := "json/not-added"
		if w.Not != nil {
			rule = "json/not" + compareLater
		}
		m.push(s.r.Not, s.child(w.Not, s.path, rule, ""))
	}
}

// pairBranches finds for each branch of the reader the one of the writer that it
// goes on from: an equal one, else one that is alike, else, in lists of one
// length, the one at the same place; nil if there is none.
func pairBranches(w, r []*jsonschema.Node) []*jsonschema.Node {
	out := make([]*jsonschema.Node, len(r))
	used := make([]bool, len(w))
	take := func(fits func(i, k int) bool) {
		for i := range r {
			for k := range w {
				if out[i] == nil && !used[k] && fits(i, k) {
					out[i], used[k] = w[k], true
				}
			}
		}
	}
	const quadratic = 200 // beyond it only equal places are compared
	if len(w)*len(r) <= quadratic*quadratic {
		keys := func(nodes []*jsonschema.Node, f func(*jsonschema.Node) string) []string {
			list := make([]string, len(nodes))
			for i, n := range nodes {
				list[i] = f(n)
			}
			return list
		}
		equal := [2][]string{keys(w, nodeText), keys(r, nodeText)}
		take(func(i, k int) bool { return equal[0][k] == equal[1][i] })
		alike := [2][]string{keys(w, branchName), keys(r, branchName)}
		take(func(i, k int) bool { return alike[1][i] != "" && alike[0][k] == alike[1][i] })
	}
	if len(w) == len(r) {
		take(func(i, k int) bool { return i == k })
	}
	return out
}

func nodeText(n *jsonschema.Node) string { return canonicalKey(n.Value) }

// branchName is what people tell branches apart by: a reference, a title, the
// constants of its properties, or its type.
func branchName(n *jsonschema.Node) string {
	if n.Ref != "" {
		return n.Ref
	}
	var b strings.Builder
	b.WriteString(n.Title)
	for _, p := range n.Properties {
		if p.Node.Const != nil {
			b.WriteString("\x00" + p.Key + "=" + canonicalKey(p.Node.Const))
		}
	}
	if b.Len() > 0 {
		return b.String()
	}
	return strings.Join(n.Types, " ")
}

func (m *jsonMatcher) conditions(s jsonStep, w *jsonschema.Node) {
	if s.r.If != nil {
		rule, same := "json/conditional-added", false
		if w.If != nil {
			rule, same = "json/conditional-changed", nodeText(w.If) == nodeText(s.r.If)
		}
		for _, part := range [][2]*jsonschema.Node{{w.If, s.r.If}, {w.Then, s.r.Then}, {w.Else, s.r.Else}} {
			if same && part[0] != nil {
				m.push(part[1], s.child(part[0], s.path, "", ""))
			} else {
				m.push(part[1], s.child(part[0], s.path, rule, ""))
			}
		}
	}
	for _, list := range [][]jsonschema.Dependency{s.r.DependentSchemas, s.r.Dependencies} {
		for _, d := range list {
			if d.Node == nil {
				continue
			}
			if old := dependency(w, d.Key); old != nil && old.Node != nil {
				m.push(d.Node, s.child(old.Node, s.path, "", ""))
			} else {
				m.push(d.Node, s.child(nil, s.path, "json/dependent-schema-added", d.Key))
			}
		}
	}
}

// dependency is what follows from the presence of a property, whatever keyword
// says it.
func dependency(n *jsonschema.Node, key string) *jsonschema.Dependency {
	for _, list := range [][]jsonschema.Dependency{n.DependentRequired, n.DependentSchemas, n.Dependencies} {
		for i := range list {
			if list[i].Key == key {
				return &list[i]
			}
		}
	}
	return nil
}
