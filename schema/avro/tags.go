package avro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// EditTags returns the canonical text with inline tags added and removed. A
// record is named by its full name, a field by that and its own name; in a
// schema of one document the namespace may be left out.
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
	record, field := e.Path, ""
	if !e.Record {
		i := strings.LastIndexByte(e.Path, '.')
		if i < 0 {
			return nil, nil, noEntity(e, "a field is named by its record's full name, a dot and its own name")
		}
		record, field = e.Path[:i], e.Path[i+1:]
	}
	n := s.record(record)
	if n == nil {
		return nil, nil, noEntity(e, "no record of this schema has that full name")
	}
	if e.Record {
		return n, n.Props, nil
	}
	f := n.Field(field)
	if f == nil {
		return nil, nil, noEntity(e, fmt.Sprintf("the record %s has no field %q", n.Name, field))
	}
	return f, f.Props, nil
}

func noEntity(e schema.TagEdit, hint string) error {
	return &schema.Error{What: fmt.Sprintf("No matching path '%s' found in the schema", e.Path), Hint: hint}
}

func (s *Schema) record(name string) *Node {
	var short *Node
	for _, n := range s.nodes {
		if n.Kind != Record || n.Document != "" {
			continue
		}
		if n.Name == name {
			return n
		}
		if short == nil && n.Unqualified() == name {
			short = n
		}
	}
	return short
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
