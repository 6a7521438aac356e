package avro

import (
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Fields lists the records, each where it is first used, and the fields at every
// place that events have them; a recursive type is not entered again.
func (s *Schema) Fields() []schema.Field {
	l := &lister{open: map[*Node]bool{}, seen: map[*Node]bool{}}
	l.node(s.Root, "", 0)
	return l.fields
}

// TopLevel lists the field names of the root record; other roots have none.
func (s *Schema) TopLevel() []string {
	names := make([]string, 0, len(s.Root.Fields))
	for _, f := range s.Root.Fields {
		names = append(names, f.Name)
	}
	return names
}

type lister struct {
	fields []schema.Field
	open   map[*Node]bool // on the way from the root
	seen   map[*Node]bool // listed as records
}

// maxListed bounds the list where shared types would multiply it.
const maxListed = 100_000

// maxListedDepth is the deepest that an event may be by default.
const maxListedDepth = 64

func (l *lister) node(n *Node, path string, depth int) {
	if depth > maxListedDepth {
		return
	}
	switch n.Kind {
	case Array:
		l.node(n.Items, path+"[]", depth+1)
	case Map:
		l.node(n.Items, path+"{}", depth+1)
	case Union:
		for _, b := range n.Branches {
			l.node(b, path, depth)
		}
	case Record:
		if l.open[n] {
			return
		}
		l.open[n] = true
		defer delete(l.open, n)
		if !l.seen[n] {
			l.seen[n] = true
			l.fields = append(l.fields, schema.Field{
				Path: n.Name, Name: n.Unqualified(), Type: n.Kind.String(), Entity: n.Name, Record: true,
				Tags: tags(n.Props), Doc: n.Doc, Position: n.Position,
			})
		}
		for _, f := range n.Fields {
			if len(l.fields) >= maxListed {
				return
			}
			l.field(n, f, path, depth+1)
		}
	}
}

func (l *lister) field(n *Node, f *Field, path string, depth int) {
	at := f.Name
	if path != "" {
		at = path + "." + f.Name
	}
	value := optional(f.Type)
	out := schema.Field{
		Path: at, Name: f.Name, Type: value.TypeName(), Logical: value.Logical.Type,
		Entity: n.Name + "." + f.Name, Tags: tags(f.Props), Doc: f.Doc, Position: f.Position,
	}
	l.fields = append(l.fields, out)
	l.node(f.Type, at, depth)
}

// optional returns the other branch of a union of null and one more type, which
// is how Avro writes an optional value; anything else it returns as it is.
func optional(n *Node) *Node {
	if n.Kind == Union && len(n.Branches) == 2 {
		switch {
		case n.Branches[0].Kind == Null:
			return n.Branches[1]
		case n.Branches[1].Kind == Null:
			return n.Branches[0]
		}
	}
	return n
}

// TagsProperty is the attribute that carries inline tags.
const TagsProperty = "confluent:tags"

func tags(props []Prop) []string {
	v := findProp(props, TagsProperty)
	if v == nil || v.Kind != jsonx.Array {
		return nil
	}
	var out []string
	for _, item := range v.Items {
		if item.Kind == jsonx.String {
			out = append(out, item.Text)
		}
	}
	return out
}
