package jsonschema

import (
	"slices"

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
		return s.normalised()
	}
	return string(appendCanonical(nil, tree, true))
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
	if n := in.byValue[v]; n != nil && n.RefTo != nil && len(v.Members) == 1 && in.foreign(n) {
		target := n.RefTo
		if in.open[target] {
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
