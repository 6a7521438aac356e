package avro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// EditTags returns the canonical text with inline tags added and removed. A
// record is named by its full name and a field by that and its own name; field
// names may go on into the records that a field holds. The namespace may be left
// out.
func (s *Schema) EditTags(add, remove []schema.TagEdit) (string, error) {
	edits := map[any][]string{} // *Node or *Field to its new tags
	apply := func(list []schema.TagEdit, merge func(have, edit []string) []string) error {
		for _, e := range list {
			owner, props, err := s.entity(e)
			if err != nil {
				return err
			}
			have, ok := edits[owner]
			if !ok {
				have = tags(props)
			}
			edits[owner] = merge(slices.Clone(have), e.Tags)
		}
		return nil
	}
	if err := apply(add, func(have, edit []string) []string {
		for _, t := range edit {
			if !slices.Contains(have, t) {
				have = append(have, t)
			}
		}
		return have
	}); err != nil {
		return "", err
	}
	if err := apply(remove, func(have, edit []string) []string {
		return slices.DeleteFunc(have, func(t string) bool { return slices.Contains(edit, t) })
	}); err != nil {
		return "", err
	}
	root := s.withTags(edits)
	return printSchema(root, style{references: true}), nil
}

// entity finds what an edit speaks of; only types of the schema's own text can
// be edited.
func (s *Schema) entity(e schema.TagEdit) (owner any, props []Prop, err error) {
	n, rest := s.longestRecord(e.Path)
	if n == nil {
		return nil, nil, noEntity(e, "no record of this schema has that full name")
	}
	var f *Field
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, ".")
		if f != nil {
			if n = heldRecord(f.Type, name); n == nil {
				return nil, nil, noEntity(e, fmt.Sprintf("the field %q holds no record with a field %q", f.Name, name))
			}
		}
		if f = n.Field(name); f == nil {
			return nil, nil, noEntity(e, fmt.Sprintf("the record %s has no field %q", n.Name, name))
		}
	}
	switch {
	case !e.Record && f == nil:
		return nil, nil, noEntity(e, "a field is named by its record's full name, a dot and its own name")
	case !e.Record && n.Document == "":
		return f, f.Props, nil
	case e.Record && f != nil:
		if n = heldRecord(f.Type, ""); n == nil {
			return nil, nil, noEntity(e, fmt.Sprintf("the field %q holds no record", f.Name))
		}
	}
	if n.Document != "" {
		return nil, nil, noEntity(e, fmt.Sprintf("the record %s belongs to the reference %q; edit it there", n.Name, n.Document))
	}
	return n, n.Props, nil
}

// longestRecord splits a path into the longest record name at its start and
// the rest. Full names go before names without their namespace.
func (s *Schema) longestRecord(path string) (*Node, string) {
	for _, full := range []bool{true, false} {
		for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
			for _, n := range s.nodes {
				if n.Kind == Record && (n.Name == path[:end] || (!full && n.Unqualified() == path[:end])) {
					return n, strings.TrimPrefix(path[end:], ".")
				}
			}
		}
	}
	return nil, ""
}

// heldRecord returns the record that values of n hold, through unions and
// collections: the first that has the field, or just the first for "".
func heldRecord(n *Node, field string) *Node {
	switch n.Kind {
	case Record:
		if field == "" || n.Field(field) != nil {
			return n
		}
	case Array, Map:
		return heldRecord(n.Items, field)
	case Union:
		for _, b := range n.Branches {
			if r := heldRecord(b, field); r != nil {
				return r
			}
		}
	}
	return nil
}

func noEntity(e schema.TagEdit, hint string) error {
	return &schema.Error{What: fmt.Sprintf("No matching path '%s' found in the schema", e.Path), Hint: hint}
}

// withTags copies the graph with the tags of some owners replaced.
func (s *Schema) withTags(edits map[any][]string) *Node {
	copies := make([]Node, len(s.nodes))
	for i, n := range s.nodes {
		c := &copies[i]
		*c = *n
		if list, ok := edits[n]; ok {
			c.Props = setTags(n.Props, list)
		}
		if n.Items != nil {
			c.Items = &copies[n.Items.id]
		}
		if n.Branches != nil {
			c.Branches = make([]*Node, len(n.Branches))
			for j, b := range n.Branches {
				c.Branches[j] = &copies[b.id]
			}
		}
		if n.Fields != nil {
			c.Fields = make([]*Field, len(n.Fields))
			for j, f := range n.Fields {
				g := *f
				g.Type = &copies[f.Type.id]
				if list, ok := edits[f]; ok {
					g.Props = setTags(f.Props, list)
				}
				c.Fields[j] = &g
			}
		}
	}
	return &copies[s.Root.id]
}

func setTags(props []Prop, list []string) []Prop {
	props = slices.Clone(props)
	i := slices.IndexFunc(props, func(p Prop) bool { return p.Key == TagsProperty })
	if len(list) == 0 {
		if i >= 0 {
			props = slices.Delete(props, i, i+1)
		}
		return props
	}
	v := &jsonx.Value{Kind: jsonx.Array}
	for _, t := range list {
		v.Items = append(v.Items, &jsonx.Value{Kind: jsonx.String, Text: t})
	}
	if i >= 0 {
		props[i].Value = v
		return props
	}
	return append(props, Prop{Key: TagsProperty, Value: v})
}
