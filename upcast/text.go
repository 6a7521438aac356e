package upcast

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/internal/yamlx"
	"github.com/instar-registry/instar/schema"
)

// The limits of a document.
const (
	maxDocumentBytes = 256 << 10
	maxDocumentDepth = 64
	maxDocumentNodes = 50_000
)

// readTree reads a document as YAML, or as JSON if it begins like an object, into
// one kind of tree whose offsets count the bytes of the text.
func readTree(text string) (*jsonx.Value, error) {
	if len(text) > maxDocumentBytes {
		return nil, tooMuch("upcaster.bytes", "the document has too many bytes", len(text), maxDocumentBytes, schema.Position{}, "")
	}
	if !utf8.ValidString(text) {
		return nil, invalid(schema.Error{What: "the document is not UTF-8", Hint: "save it as UTF-8"})
	}
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return readJSON(text)
	}
	root, problems := yamlx.Parse([]byte(text), yamlx.Limits{Bytes: maxDocumentBytes, Depth: maxDocumentDepth})
	if len(problems) > 0 {
		p := problems[0]
		if p.Hint == "" && strings.ContainsAny(text, "?[") {
			p.Hint = "inside { } a path with ?, [] or {} must stand in quotes"
		}
		return nil, invalid(schema.Error{What: p.What, Position: p.Position, Path: yamlPointer(p.Key), Hint: p.Hint})
	}
	y := yamlTree{text: text, starts: lineStarts(text)}
	return y.value(root)
}

func readJSON(text string) (*jsonx.Value, error) {
	l := schema.DefaultLimits()
	v, err := jsonx.Parse(text, jsonx.Limits{
		Bytes: maxDocumentBytes, Depth: maxDocumentDepth, Nodes: maxDocumentNodes, Digits: l.NumberDigits, Exponent: l.NumberExponent,
	})
	var wrong *schema.Error
	if errors.As(err, &wrong) {
		return nil, invalid(*wrong)
	}
	return v, err
}

func yamlPointer(key string) string {
	if key == "" {
		return ""
	}
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(key)
}

// yamlTree turns YAML nodes into the tree that JSON is read into.
type yamlTree struct {
	text   string
	starts []int // byte offset of each line
	nodes  int
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// offset turns a place into a byte offset.
func (y *yamlTree) offset(p schema.Position) int {
	if p.Line < 1 || p.Line > len(y.starts) {
		return 0
	}
	at := y.starts[p.Line-1]
	for column := 1; column < p.Column && at < len(y.text); column++ {
		_, n := utf8.DecodeRuneInString(y.text[at:])
		at += n
	}
	return at
}

func (y *yamlTree) value(n *yamlx.Node) (*jsonx.Value, error) {
	if y.nodes++; y.nodes > maxDocumentNodes {
		return nil, tooMuch("upcaster.values", "the document has too many values", y.nodes, maxDocumentNodes, n.Position, "")
	}
	at := y.offset(n.Position)
	v := &jsonx.Value{Text: n.Text, Offset: at, End: at + len(n.Text)}
	switch n.Kind {
	case yamlx.Null:
		v.Kind, v.Text = jsonx.Null, ""
	case yamlx.Bool:
		v.Kind, v.Bool, v.Text = jsonx.Bool, strings.EqualFold(n.Text, "true"), ""
	case yamlx.Int, yamlx.Float:
		number, ok := jsonNumber(n.Text)
		if !ok {
			return nil, invalid(schema.Error{
				What: fmt.Sprintf("%s is not a decimal number", n.Text), Position: n.Position,
				Hint: "write a number as JSON does, or a text in quotes",
			})
		}
		v.Kind, v.Text = jsonx.Number, number
	case yamlx.String:
		v.Kind = jsonx.String
	case yamlx.Sequence:
		v.Kind = jsonx.Array
		for _, item := range n.Items {
			x, err := y.value(item)
			if err != nil {
				return nil, err
			}
			v.Items = append(v.Items, x)
		}
	case yamlx.Mapping:
		v.Kind = jsonx.Object
		for i := range n.Members {
			m := &n.Members[i]
			x, err := y.value(m.Value)
			if err != nil {
				return nil, err
			}
			v.Members = append(v.Members, jsonx.Member{Key: m.Key, Offset: y.offset(m.Position), Value: x})
		}
	}
	return v, nil
}

// jsonNumber accepts what YAML and JSON spell alike, within the limits of
// numbers.
func jsonNumber(text string) (string, bool) {
	text = strings.TrimPrefix(text, "+")
	if !json.Valid([]byte(text)) {
		return "", false
	}
	l := schema.DefaultLimits()
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if exponent != "" {
		e, err := strconv.Atoi(exponent)
		if err != nil || e > l.NumberExponent || e < -l.NumberExponent {
			return "", false
		}
	}
	return text, len(mantissa) <= l.NumberDigits
}
