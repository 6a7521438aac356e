package upcast

import (
	"regexp"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

// plainText is a text that YAML reads as itself without quotes.
var plainText = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)

// words are texts that some reader of YAML takes for something else.
var words = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}

// escapeBreaks escapes what is a character in JSON, and a line break or nothing in
// YAML.
var escapeBreaks = strings.NewReplacer("\u0085", `\u0085`, "\u2028", `\u2028`, "\u2029", `\u2029`, "\ufeff", `\ufeff`)

// documentKeys is the order in which people read a document.
var documentKeys = []string{"instar", "subject", "from", "to", "doc"}

// YAML writes a document in YAML: one line for each key, step and test. It says
// the same as the text that the document was read from, so that it has the same
// hash; comments are not kept.
func (d *Document) YAML() string {
	root, err := jsonx.Parse(d.canonical, jsonx.Limits{})
	if err != nil {
		return d.canonical // JSON is YAML too
	}
	rank := func(m jsonx.Member) int {
		if i := slices.Index(documentKeys, m.Key); i >= 0 {
			return i
		}
		return len(documentKeys)
	}
	slices.SortStableFunc(root.Members, func(a, b jsonx.Member) int { return rank(a) - rank(b) })
	var out []byte
	for _, m := range root.Members {
		out = append(appendText(out, m.Key), ':')
		if m.Value.Kind != jsonx.Array || len(m.Value.Items) == 0 {
			out = append(appendFlow(append(out, ' '), m.Value), '\n')
			continue
		}
		for _, item := range m.Value.Items {
			out = appendItem(append(out, "\n  - "...), item)
		}
		out = append(out, '\n')
	}
	return string(out)
}

// appendItem writes an item of a list; a mapping with one key, such as a step,
// needs no braces.
func appendItem(dst []byte, v *jsonx.Value) []byte {
	if v.Kind == jsonx.Object && len(v.Members) == 1 {
		return appendFlow(append(appendText(dst, v.Members[0].Key), ": "...), v.Members[0].Value)
	}
	return appendFlow(dst, v)
}

// appendFlow writes a value on one line.
func appendFlow(dst []byte, v *jsonx.Value) []byte {
	switch v.Kind {
	case jsonx.Object:
		dst = append(dst, '{')
		for i, m := range v.Members {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendFlow(append(appendText(dst, m.Key), ": "...), m.Value)
		}
		return append(dst, '}')
	case jsonx.Array:
		dst = append(dst, '[')
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendFlow(dst, item)
		}
		return append(dst, ']')
	case jsonx.String:
		return appendText(dst, v.Text)
	default:
		return jsonx.Append(dst, v)
	}
}

// appendText writes a text, in quotes unless it can be nothing else.
func appendText(dst []byte, s string) []byte {
	if plainText.MatchString(s) && !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, s) }) {
		return append(dst, s...)
	}
	return append(dst, escapeBreaks.Replace(string(jsonx.AppendQuoted(nil, s)))...)
}
