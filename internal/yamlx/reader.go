package yamlx

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/instar-registry/instar/schema"
)

// reader turns the library's tree into ours and collects what it refuses.
type reader struct {
	limits   Limits
	problems []Problem
	tooDeep  bool
}

func (r *reader) refuse(n *yaml.Node, key, hint, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		Position: schema.Position{Line: n.Line, Column: n.Column}, Key: key,
		What: fmt.Sprintf(format, args...), Hint: hint,
	})
}

func (r *reader) node(n *yaml.Node, key string, depth int) *Node {
	out := &Node{Position: schema.Position{Line: n.Line, Column: n.Column}, Text: n.Value}
	if depth > r.limits.Depth {
		if !r.tooDeep {
			r.refuse(n, key, "", "the text nests deeper than %d levels", r.limits.Depth)
		}
		r.tooDeep = true
		return out
	}
	if n.Anchor != "" {
		r.refuse(n, key, "write the value out", "anchors such as &%s are not allowed", n.Anchor)
	}
	if n.Kind != yaml.ScalarNode && n.Style&yaml.TaggedStyle != 0 {
		r.refuse(n, key, "remove the tag", "tags such as %s are not allowed", n.Tag)
		return out
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind = Mapping
		r.mapping(n, out, key, depth)
	case yaml.SequenceNode:
		out.Kind = Sequence
		for i, item := range n.Content {
			out.Items = append(out.Items, r.node(item, fmt.Sprintf("%s[%d]", key, i), depth+1))
		}
	case yaml.AliasNode:
		r.refuse(n, key, "write the value out", "aliases such as *%s are not allowed", n.Value)
	default:
		r.scalar(n, out, key)
	}
	return out
}

func (r *reader) mapping(n *yaml.Node, out *Node, key string, depth int) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.ShortTag() == "!!merge" {
			r.refuse(k, key, "write the keys out", "a key must be plain text")
			continue
		}
		path := join(key, k.Value)
		if k.Anchor != "" {
			r.refuse(k, path, "write the value out", "anchors such as &%s are not allowed", k.Anchor)
		}
		if at, dup := first[k.Value]; dup {
			r.refuse(k, path, "keep one of them", "%q is given twice, first on line %d", path, at.Line)
			continue
		}
		first[k.Value] = k
		out.Members = append(out.Members, Member{
			Key: k.Value, Position: schema.Position{Line: k.Line, Column: k.Column}, Value: r.node(v, path, depth+1),
		})
	}
}

func (r *reader) scalar(n *yaml.Node, out *Node, key string) {
	out.Quoted = n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if n.Style&yaml.TaggedStyle != 0 {
		r.refuse(n, key, "remove the tag", "tags such as %s are not allowed", n.Tag)
		return
	}
	switch n.ShortTag() {
	case "!!null":
		out.Kind = Null
	case "!!bool":
		out.Kind = Bool
	case "!!int":
		out.Kind = Int
	case "!!float":
		out.Kind = Float
	default: // text, and dates, which are text to us
		out.Kind = String
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
