package jsonschema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// tagsKeyword holds inline tags.
const tagsKeyword = "confluent:tags"

// EditTags returns the canonical text with inline tags added and then removed.
// A path goes from the top by property names ("customer.email"); "[]" after a
// name or the segment "array" steps into items, "{}" into additional
// properties, a combinator's name with an index into a branch. As in the REST
// surface of other registries, segments "object" are skipped where no property
// has that name. References are followed inside the document only.
func (s *Schema) EditTags(add, remove []schema.TagEdit) (string, error) {
	e := &tagEditor{schema: s, tags: map[*jsonx.Value][]string{}}
	for _, edit := range add {
		if err := e.edit(edit, func(tags []string) []string {
			for _, t := range edit.Tags {
				if !slices.Contains(tags, t) {
					tags = append(tags, t)
				}
			}
			return tags
		}); err != nil {
			return "", err
		}
	}
	for _, edit := range remove {
		if err := e.edit(edit, func(tags []string) []string {
			return slices.DeleteFunc(tags, func(t string) bool { return slices.Contains(edit.Tags, t) })
		}); err != nil {
			return "", err
		}
	}
	return string(appendCanonical(nil, e.tree(s.documents[0].Value), false)), nil
}

type tagEditor struct {
	schema *Schema
	tags   map[*jsonx.Value][]string // new tags of a place
}

func (e *tagEditor) edit(edit schema.TagEdit, change func([]string) []string) error {
	n, err := e.find(edit)
	if err != nil {
		return err
	}
	tags, edited := e.tags[n.Value]
	if !edited {
		tags = slices.Clone(n.Tags)
	}
	e.tags[n.Value] = change(tags)
	return nil
}

// find resolves a path. It never leaves the document, because other documents
// are other subjects' texts.
func (e *tagEditor) find(edit schema.TagEdit) (*Node, error) {
	n := e.schema.Root()
	path := strings.NewReplacer("[]", ".[]", "{}", ".{}").Replace(strings.TrimPrefix(edit.Path, "."))
	segments := strings.Split(path, ".")
	for i := 0; i < len(segments); i++ {
		name := strings.Trim(segments[i], "`")
		if name == "" {
			continue
		}
		next := e.down(n, name, segments, &i)
		if next == nil {
			return nil, &schema.Error{
				What: fmt.Sprintf("no property matches the tag path %q: there is no %q below %s", clip(edit.Path), clip(name), orRoot(n.Pointer)),
				Hint: "a path names properties from the top, as in customer.email",
			}
		}
		n = next
	}
	if n.Bool != nil {
		return nil, &schema.Error{What: fmt.Sprintf("the tag path %q names a schema that is true or false and cannot hold tags", clip(edit.Path)), Path: n.Pointer, Position: n.Position()}
	}
	return n, nil
}

// down goes one segment down from n; a combinator takes its index too.
func (e *tagEditor) down(n *Node, name string, segments []string, i *int) *Node {
	visited := map[*Node]bool{}
	var search func(n *Node, pick func(*Node) *Node) *Node
	search = func(n *Node, pick func(*Node) *Node) *Node {
		if visited[n] || n.Document != e.schema.documents[0] {
			return nil
		}
		visited[n] = true
		if found := pick(n); found != nil {
			return found
		}
		var found *Node
		n.shaping(func(m *Node) {
			if found == nil {
				found = search(m, pick)
			}
		})
		return found
	}
	if found := search(n, func(m *Node) *Node { return m.Property(name) }); found != nil {
		return found
	}
	clear(visited)
	switch strings.ToLower(name) {
	case "[]", "array":
		return search(n, func(m *Node) *Node { return m.Items })
	case "{}", "map":
		return search(n, func(m *Node) *Node { return m.AdditionalProperties })
	case "allof", "anyof", "oneof":
		if *i+1 >= len(segments) {
			return nil
		}
		*i++
		return search(n, func(m *Node) *Node { return branch(m, name, segments[*i]) })
	case "object":
		return n
	}
	return nil
}

func branch(n *Node, combinator, index string) *Node {
	list := n.AllOf
	switch strings.ToLower(combinator) {
	case "anyof":
		list = n.AnyOf
	case "oneof":
		list = n.OneOf
	}
	for i, m := range list {
		if fmt.Sprint(i) == index {
			return m
		}
	}
	return nil
}

// tree copies the document with the new tags in place.
func (e *tagEditor) tree(v *jsonx.Value) *jsonx.Value {
	out := *v
	out.Items = make([]*jsonx.Value, len(v.Items))
	for i, item := range v.Items {
		out.Items[i] = e.tree(item)
	}
	tags, edited := e.tags[v]
	out.Members = nil
	for _, m := range v.Members {
		if m.Key == tagsKeyword && edited {
			if len(tags) > 0 {
				out.Members = append(out.Members, jsonx.Member{Key: m.Key, Value: tagList(tags)})
			}
			edited = false
			continue
		}
		out.Members = append(out.Members, jsonx.Member{Key: m.Key, Value: e.tree(m.Value)})
	}
	if edited && len(tags) > 0 {
		out.Members = append(out.Members, jsonx.Member{Key: tagsKeyword, Value: tagList(tags)})
	}
	return &out
}

func tagList(tags []string) *jsonx.Value {
	list := &jsonx.Value{Kind: jsonx.Array}
	for _, t := range tags {
		list.Items = append(list.Items, &jsonx.Value{Kind: jsonx.String, Text: t})
	}
	return list
}
