package contain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// describe writes the sentence and the parameters of a break.
func (q *question) describe(b *blame, out *schema.Break) {
	param := func(name, value string) {
		if value != "" {
			out.Params = append(out.Params, schema.Param{Name: name, Value: value})
		}
	}
	n := b.at.node
	reader := bounded(n, b.keyword)
	writer := ""
	if w := q.counterpart(b); w != nil {
		writer = bounded(w, b.keyword)
	}
	switch b.keyword {
	case "required":
		param("property", b.detail)
		out.Path = pathText(append(slices.Clone(b.steps), "."+b.detail))
		out.Message = fmt.Sprintf("the reader schema requires the property %s, which the writer schema may leave out", quote(b.detail))
		return
	case "additionalProperties":
		param("property", b.detail)
		out.Path = pathText(append(slices.Clone(b.steps), "."+b.detail))
		out.Message = fmt.Sprintf("the reader schema has no property %s and allows no others, but the writer schema may write it", quote(b.detail))
		return
	case "dependencies", "dependentRequired":
		key, name, _ := strings.Cut(b.detail, "\x00")
		param("property", name)
		param("trigger", key)
		out.Message = fmt.Sprintf("the reader schema requires the property %s beside %s, and the writer schema may leave it out", quote(name), quote(key))
		return
	case "false":
		out.Message = "the reader schema forbids a value here, and the writer schema allows one"
		return
	case "type":
		param("old", writer)
		param("new", reader)
		param("found", kindName(b.value))
		out.Message = fmt.Sprintf("the writer schema may write %s here, and the reader schema wants %s", article(kindName(b.value)), reader)
		return
	}
	param("old", writer)
	param("new", reader)
	switch {
	case writer == "" || writer == reader:
		out.Message = fmt.Sprintf("the reader schema refuses by %s what the writer schema may write", b.keyword)
	default:
		out.Message = fmt.Sprintf("%s is %s in the reader schema and %s in the writer schema, which may write more", b.keyword, reader, writer)
	}
}

// maxBound is where the text of a keyword's value is cut.
const maxBound = 200

// bounded is the value of a keyword as compact JSON, cut if it is long.
func bounded(n *jsonschema.Node, keyword string) string {
	v := n.Get(keyword)
	if v == nil {
		return ""
	}
	text := string(jsonx.Append(nil, v))
	if v.Kind == jsonx.String {
		text = v.Text
	}
	if r := []rune(text); len(r) > maxBound {
		return string(r[:maxBound]) + "…"
	}
	return text
}

func kindName(v *val) string {
	if v.kind == kNumber && v.num.IsInt() {
		return "integer"
	}
	return [...]string{"null", "boolean", "boolean", "number", "string", "array", "object"}[v.kind]
}

func article(kind string) string {
	switch kind {
	case "null":
		return kind
	case "integer", "array", "object":
		return "an " + kind
	}
	return "a " + kind
}

// counterpart is the schema of the writer at the same place of the event that
// has the keyword, or else the first one there; nil if none is seen.
func (q *question) counterpart(b *blame) *jsonschema.Node {
	closed := inPlace(b.near)
	for _, n := range closed {
		if n.Get(b.keyword) != nil {
			return n
		}
	}
	if len(closed) > 0 {
		return closed[0]
	}
	return nil
}

// maxNear bounds the schemas of the writer that are compared.
const maxNear = 200

// inPlace adds the schemas that judge the same value: behind references and in
// combinators.
func inPlace(nodes []*jsonschema.Node) []*jsonschema.Node {
	var out []*jsonschema.Node
	var add func(n *jsonschema.Node)
	add = func(n *jsonschema.Node) {
		if n == nil || n.Bool != nil || len(out) >= maxNear || slices.Contains(out, n) {
			return
		}
		out = append(out, n)
		add(n.RefTo)
		for _, list := range [][]*jsonschema.Node{n.AllOf, n.AnyOf, n.OneOf, {n.DynamicRefTo, n.RecursiveRefTo, n.Then, n.Else}} {
			for _, m := range list {
				add(m)
			}
		}
	}
	for _, n := range nodes {
		add(n)
	}
	return out
}

// partsOf is what the writer says about a property.
func partsOf(nodes []*jsonschema.Node, name string) []*jsonschema.Node {
	var out []*jsonschema.Node
	for _, n := range inPlace(nodes) {
		found := false
		if m := n.Property(name); m != nil {
			out, found = append(out, m), true
		}
		for _, p := range n.PatternProperties {
			if ok, err := p.Pattern.Match(name); ok && err == nil {
				out, found = append(out, p.Node), true
			}
		}
		if !found && n.AdditionalProperties != nil {
			out = append(out, n.AdditionalProperties)
		}
	}
	return out
}

// items is what the writer says about items.
func items(nodes []*jsonschema.Node) []*jsonschema.Node {
	var out []*jsonschema.Node
	for _, n := range inPlace(nodes) {
		out = append(out, n.PrefixItems...)
		for _, m := range []*jsonschema.Node{n.Items, n.AdditionalItems} {
			if m != nil {
				out = append(out, m)
			}
		}
	}
	return out
}
