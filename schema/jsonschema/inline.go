package jsonschema

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

func sortedMembers(members []jsonx.Member) []jsonx.Member {
	out := slices.Clone(members)
	slices.SortFunc(out, func(a, b jsonx.Member) int { return jsonx.CompareUTF16(a.Key, b.Key) })
	return out
}

// inline builds the text of Inlined.
func (s *Schema) inline() string {
	if len(s.documents) == 1 {
		return s.normalised()
	}
	in := &inliner{left: s.limits.JSONNodes, open: map[*Node]bool{}, byValue: map[*jsonx.Value]*Node{}}
	for _, n := range s.nodes {
		in.byValue[n.Value] = n
	}
	tree := in.tree(s.documents[0].Value)
	if in.failed {
		return s.withDocuments()
	}
	return string(appendCanonical(nil, tree, true))
}

// withDocuments is the text of Inlined where a reference cannot be replaced by
// what it means: one in a circle, or one beside other keywords. The documents
// stand behind it, for schemas are not the same if they differ.
func (s *Schema) withDocuments() string {
	documents := slices.DeleteFunc(slices.Clone(s.documents[1:]), func(d *Document) bool { return d.meta })
	slices.SortFunc(documents, func(a, b *Document) int { return strings.Compare(a.Name, b.Name) })
	out := []byte(s.normalised())
	for _, d := range documents {
		out = append(out, '\n')
		out = jsonx.AppendQuoted(out, d.Name)
		out = append(out, ' ')
		out = appendCanonical(out, d.Value, true)
	}
	return string(out)
}

// inliner copies a tree and puts the targets of references into other
// documents in their place. Values outside of schema places are data and stay.
type inliner struct {
	byValue map[*jsonx.Value]*Node
	open    map[*Node]bool
	left    int
	failed  bool
}

func (in *inliner) tree(v *jsonx.Value) *jsonx.Value {
	in.left--
	if in.left < 0 {
		in.failed = true
	}
	if in.failed {
		return v
	}
	n := in.byValue[v]
	if n != nil && (n.DynamicRef != "" || n.RecursiveRef != "") {
		in.failed = true // what it means depends on the way there
		return v
	}
	if n != nil && n.RefTo != nil && in.foreign(n) {
		target := n.RefTo
		if in.open[target] || len(v.Members) != 1 {
			in.failed = true
			return v
		}
		in.open[target] = true
		out := in.tree(target.Value)
		delete(in.open, target)
		return out
	}
	out := *v
	out.Items = make([]*jsonx.Value, len(v.Items))
	for i, item := range v.Items {
		out.Items[i] = in.tree(item)
	}
	out.Members = slices.Clone(v.Members)
	for i := range out.Members {
		out.Members[i].Value = in.tree(out.Members[i].Value)
	}
	return &out
}

// foreign reports whether n refers to a declared document. References inside a
// document that was itself put in place lose their base, so they are put in
// place too.
func (in *inliner) foreign(n *Node) bool {
	to := n.RefTo.Document
	return !to.meta && (to.Name != "" || n.Document.Name != "")
}
