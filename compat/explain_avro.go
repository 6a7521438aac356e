package compat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// avroWalk goes through two Avro schemas side by side, as a reader of the new
// one goes through events of the old one.
type avroWalk struct {
	*remarks
	places [2]map[*avro.Node]string
	seen   map[[2]*avro.Node]bool
	// stack holds the pairs that are to be looked at, the next one last. It is
	// no recursion, since recursive types may be entered deeply.
	stack []avroStep
}

type avroStep struct {
	older, newer *avro.Node
	path         string
}

func (r *remarks) avro(older, newer *avro.Schema) {
	w := &avroWalk{remarks: r, seen: map[[2]*avro.Node]bool{}}
	w.places = [2]map[*avro.Node]string{avroPlaces(older.Root), avroPlaces(newer.Root)}
	w.stack = []avroStep{{older.Root, newer.Root, "$"}}
	for len(w.stack) > 0 {
		p := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		before := len(w.stack)
		w.types(p)
		slices.Reverse(w.stack[before:]) // in the order of the document
	}
}

// avroPlaces are the JSON Pointers of all types of a schema, where each stands
// first.
func avroPlaces(root *avro.Node) map[*avro.Node]string {
	type item struct {
		node *avro.Node
		at   string
	}
	places := map[*avro.Node]string{}
	stack := []item{{root, ""}}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if _, known := places[i.node]; known {
			continue
		}
		places[i.node] = i.at
		before := len(stack)
		for k, f := range i.node.Fields {
			stack = append(stack, item{f.Type, i.at + "/fields/" + strconv.Itoa(k) + "/type"})
		}
		for k, b := range i.node.Branches {
			stack = append(stack, item{b, i.at + "/" + strconv.Itoa(k)})
		}
		switch i.node.Kind {
		case avro.Array:
			stack = append(stack, item{i.node.Items, i.at + "/items"})
		case avro.Map:
			stack = append(stack, item{i.node.Items, i.at + "/values"})
		}
		slices.Reverse(stack[before:])
	}
	return places
}

// place is where a type stands in the old (side 0) or the new schema.
func (w *avroWalk) place(side int, n *avro.Node, more string) schema.Place {
	return schema.Place{Pointer: w.places[side][n] + more, Document: n.Document, Position: n.Position}
}

func (w *avroWalk) push(older, newer *avro.Node, path string) {
	w.stack = append(w.stack, avroStep{older, newer, path})
}

func (w *avroWalk) types(p avroStep) {
	o, n := p.older, p.newer
	if w.seen[[2]*avro.Node{o, n}] {
		return
	}
	w.seen[[2]*avro.Node{o, n}] = true
	switch {
	case o.Kind == avro.Union || n.Kind == avro.Union:
		w.union(p)
		return
	case o.Kind != n.Kind:
		return
	}
	if o.Kind.IsNamed() {
		w.named(p)
	}
	w.attributes(p.path, "the type at "+p.path, o.Props, n.Props, w.place(0, o, ""), w.place(1, n, ""))
	switch o.Kind {
	case avro.Record:
		w.record(p)
	case avro.Enum:
		w.enum(p)
	case avro.Array:
		w.push(o.Items, n.Items, p.path+"[]")
	case avro.Map:
		w.push(o.Items, n.Items, p.path+"{}")
	}
}

func (w *avroWalk) named(p avroStep) {
	o, n := p.older, p.newer
	at := [2]schema.Place{w.place(0, o, ""), w.place(1, n, "")}
	if o.Doc != n.Doc {
		w.note("schema/doc-changed", p.path, at[0], at[1], "element", n.Kind.String()+" "+n.Name)
	}
	came(o.Aliases, n.Aliases,
		func(alias string) {
			w.note("avro/type-alias-removed", p.path, at[0], at[1], "type", n.Name, "alias", alias)
		},
		func(alias string) {
			w.note("avro/type-alias-added", p.path, at[0], at[1], "type", n.Name, "alias", alias)
		})
}

func (w *avroWalk) enum(p avroStep) {
	o, n := p.older, p.newer
	at := [2]schema.Place{w.place(0, o, ""), w.place(1, n, "")}
	if reordered(o.Symbols, n.Symbols) {
		w.note("avro/enum-symbol-reordered", p.path, at[0], at[1], "enum", n.Name)
	}
	switch {
	case o.HasDefault && !n.HasDefault:
		w.note("avro/enum-default-removed", p.path, w.place(0, o, "/default"), at[1], "enum", n.Name, "default", o.Default)
	case !o.HasDefault && n.HasDefault:
		w.note("avro/enum-default-added", p.path, at[0], w.place(1, n, "/default"), "enum", n.Name, "default", n.Default)
	case o.Default != n.Default:
		w.note("avro/enum-default-changed", p.path, w.place(0, o, "/default"), w.place(1, n, "/default"), "enum", n.Name, "oldDefault", o.Default, "newDefault", n.Default)
	}
}

func (w *avroWalk) union(p avroStep) {
	older, newer := branches(p.older), branches(p.newer)
	names := func(list []*avro.Node) []string {
		out := make([]string, len(list))
		for i, b := range list {
			out[i] = b.TypeName()
		}
		return out
	}
	on, nn := names(older), names(newer)
	if reordered(on, nn) {
		w.note("avro/union-branch-reordered", p.path, w.place(0, p.older, ""), w.place(1, p.newer, ""))
	}
	for i, name := range on {
		k := slices.Index(nn, name)
		if k < 0 {
			k = slices.IndexFunc(newer, func(b *avro.Node) bool {
				return b.Kind == older[i].Kind && (b.Unqualified() == older[i].Unqualified() || slices.Contains(b.Aliases, older[i].Name))
			})
		}
		if k < 0 {
			continue
		}
		path := p.path
		if others := len(on); p.older.Kind == avro.Union && others > 1 && !(others == 2 && slices.Contains(on, "null")) {
			path += "<" + name + ">"
		}
		w.push(older[i], newer[k], path)
	}
}

// branches are those of a union, or a type alone.
func branches(n *avro.Node) []*avro.Node {
	if n.Kind == avro.Union {
		return n.Branches
	}
	return []*avro.Node{n}
}

func (w *avroWalk) record(p avroStep) {
	o, n := p.older, p.newer
	at := [2]schema.Place{w.place(0, o, ""), w.place(1, n, "")}
	matched := make([]*avro.Field, len(o.Fields))
	var oldOrder, newOrder []string
	for i, f := range n.Fields {
		k := fieldOf(o, f)
		here := w.place(1, n, "/fields/"+strconv.Itoa(i))
		here.Position = f.Position
		if k < 0 {
			if f.Default != nil {
				w.note("avro/field-added", fieldPath(p.path, f.Name), at[0], here, "field", f.Name)
			}
			continue
		}
		matched[k] = f
		newOrder = append(newOrder, o.Fields[k].Name)
		there := w.place(0, o, "/fields/"+strconv.Itoa(k))
		there.Position = o.Fields[k].Position
		w.field(o.Fields[k], f, fieldPath(p.path, o.Fields[k].Name), there, here)
	}
	for k, f := range o.Fields {
		switch {
		case matched[k] != nil:
			oldOrder = append(oldOrder, f.Name)
		case f.Default != nil:
			there := w.place(0, o, "/fields/"+strconv.Itoa(k))
			there.Position = f.Position
			w.note("avro/field-removed", fieldPath(p.path, f.Name), there, at[1], "field", f.Name)
		}
	}
	if reordered(oldOrder, newOrder) {
		w.note("avro/field-reordered", p.path, at[0], at[1], "record", n.Name)
	}
}

// fieldOf is the index of the old field that a new one goes on from.
func fieldOf(o *avro.Node, f *avro.Field) int {
	by := func(is func(*avro.Field) bool) int { return slices.IndexFunc(o.Fields, is) }
	if k := by(func(old *avro.Field) bool { return old.Name == f.Name }); k >= 0 {
		return k
	}
	return by(func(old *avro.Field) bool {
		return slices.Contains(f.Aliases, old.Name) || slices.Contains(old.Aliases, f.Name)
	})
}

func fieldPath(path, name string) string {
	if strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		name = "`" + name + "`"
	}
	if path == "$" {
		return name
	}
	return path + "." + name
}

func (w *avroWalk) field(o, n *avro.Field, path string, there, here schema.Place) {
	w.push(o.Type, n.Type, path)
	in := func(at schema.Place, segment string) schema.Place {
		at.Pointer += segment
		return at
	}
	if o.Doc != n.Doc {
		w.note("schema/doc-changed", path, there, here, "element", "field "+n.Name)
	}
	if o.Order != n.Order {
		w.note("avro/sort-order-changed", path, there, here, "field", n.Name, "oldOrder", o.Order.String(), "newOrder", n.Order.String())
	}
	came(o.Aliases, n.Aliases,
		func(alias string) {
			w.note("avro/field-alias-removed", path, there, here, "field", n.Name, "alias", alias)
		},
		func(alias string) {
			w.note("avro/field-alias-added", path, there, here, "field", n.Name, "alias", alias)
		})
	switch {
	case o.Default != nil && n.Default == nil:
		w.note("avro/field-default-removed", path, in(there, "/default"), here, "field", n.Name, "default", valueText(o.Default))
	case o.Default == nil && n.Default != nil:
		w.note("avro/field-default-added", path, there, in(here, "/default"), "field", n.Name, "default", valueText(n.Default))
	case o.Default != nil && valueText(o.Default) != valueText(n.Default):
		w.note("avro/field-default-changed", path, in(there, "/default"), in(here, "/default"), "field", n.Name, "oldDefault", valueText(o.Default), "newDefault", valueText(n.Default))
	}
	w.attributes(path, "field "+n.Name, o.Props, n.Props, there, here)
}

// valueText is a JSON value in which the order of keys does not count.
func valueText(v *jsonx.Value) string { return string(jsonx.Append(nil, sortedKeys(v))) }

// attributes notes attributes that Avro gives no meaning to. Those of logical
// types are the engine's.
func (w *avroWalk) attributes(path, element string, older, newer []avro.Prop, there, here schema.Place) {
	get := func(props []avro.Prop, key string) (string, bool) {
		for i := range props {
			if props[i].Key == key {
				return valueText(props[i].Value), true
			}
		}
		return "", false
	}
	keys := make([]string, 0, len(older)+len(newer))
	for _, p := range slices.Concat(older, newer) {
		if !slices.Contains(keys, p.Key) && !slices.Contains([]string{"logicalType", "precision", "scale"}, p.Key) {
			keys = append(keys, p.Key)
		}
	}
	for _, key := range keys {
		o, had := get(older, key)
		n, has := get(newer, key)
		switch {
		case had == has && o == n:
		case key == "deprecated" && has && n != "false" && (!had || o == "false"):
			w.note("schema/deprecated-added", path, there, here, "element", element)
		case key == "deprecated" && had && o != "false" && (!has || n == "false"):
			w.note("schema/deprecated-removed", path, there, here, "element", element)
		default:
			w.note("schema/annotation-changed", path, there, here, "attribute", key, "element", element)
		}
	}
}
