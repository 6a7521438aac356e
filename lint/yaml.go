package lint

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/internal/yamlx"
)

// isYAML tells the files of JSON Schemas that are written in YAML.
func isYAML(name string) bool {
	return strings.HasSuffix(name, ".schema.yaml") || strings.HasSuffix(name, ".schema.yml")
}

// maxYAMLDepth bounds how deeply a schema in YAML nests.
const maxYAMLDepth = 128

// fromYAML turns a text in YAML into the JSON that is parsed and registered, and
// the tree of that whose offsets lie in the YAML.
func (t *text) fromYAML(limit int) {
	root, problems := yamlx.Parse([]byte(t.body), yamlx.Limits{Bytes: limit, Depth: maxYAMLDepth})
	if len(problems) > 0 {
		t.err = &FileError{Path: t.file, What: "the YAML cannot be read: " + problems[0].Error()}
		return
	}
	y := newYAMLTree(t.body)
	tree := y.value(root)
	if y.wrong != "" {
		t.err = &FileError{Path: t.file, What: y.wrong, Hint: "write the number as JSON does"}
		return
	}
	t.yaml = &Source{Text: t.body, tree: tree, read: true}
	t.body = string(jsonx.Append(nil, tree))
}

// yamlTree makes JSON values of YAML nodes.
type yamlTree struct {
	text  string
	lines []int // where each starts
	wrong string
}

func newYAMLTree(text string) *yamlTree {
	y := &yamlTree{text: text}
	for at := 0; at <= len(text); {
		y.lines = append(y.lines, at)
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	return y
}

// offset is where a node stands.
func (y *yamlTree) offset(line, column int) int {
	if line < 1 || line > len(y.lines) {
		return 0
	}
	at := y.lines[line-1]
	for ; column > 1 && at < len(y.text) && y.text[at] != '\n'; column-- {
		_, size := utf8.DecodeRuneInString(y.text[at:])
		at += size
	}
	return at
}

func (y *yamlTree) value(n *yamlx.Node) *jsonx.Value {
	v := &jsonx.Value{Offset: y.offset(n.Line, n.Column)}
	v.End = v.Offset
	switch n.Kind {
	case yamlx.Mapping:
		v.Kind = jsonx.Object
		for i := range n.Members {
			m := &n.Members[i]
			inner := y.value(m.Value)
			v.Members = append(v.Members, jsonx.Member{Key: m.Key, Offset: y.offset(m.Line, m.Column), Value: inner})
			v.End = max(v.End, inner.End)
		}
		return v
	case yamlx.Sequence:
		v.Kind = jsonx.Array
		for _, x := range n.Items {
			inner := y.value(x)
			v.Items = append(v.Items, inner)
			v.End = max(v.End, inner.End)
		}
		return v
	case yamlx.Null:
		v.Kind = jsonx.Null
	case yamlx.Bool:
		v.Kind, v.Bool = jsonx.Bool, strings.EqualFold(n.Text, "true")
	case yamlx.Int, yamlx.Float:
		v.Kind, v.Text = jsonx.Number, n.Text
		if x, err := jsonx.Parse(n.Text, jsonx.Limits{}); (err != nil || x.Kind != jsonx.Number) && y.wrong == "" {
			y.wrong = fmt.Sprintf("%s at line %d, column %d is a number that JSON does not have", n.Text, n.Line, n.Column)
		}
	default:
		v.Kind, v.Text = jsonx.String, n.Text
	}
	v.End = y.end(v.Offset, n)
	return v
}

// end is where a scalar ends, as far as it goes on its line.
func (y *yamlTree) end(at int, n *yamlx.Node) int {
	if !n.Quoted {
		return min(at+len(n.Text), len(y.text))
	}
	stop := lineEnd(y.text, at)
	if at < stop && (y.text[at] == '"' || y.text[at] == '\'') {
		for i := at + 1; i < stop; i++ {
			switch {
			case y.text[i] == '\\' && y.text[at] == '"':
				i++
			case y.text[i] == y.text[at]:
				return i + 1
			}
		}
	}
	return stop
}
