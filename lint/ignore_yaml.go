package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

// yamlElement is a place in a YAML text and the schema that a mark there is
// about: that of a key, or the one that a keyword belongs to.
type yamlElement struct {
	offset  int
	pointer string
	text    string // of a string, which may hold what looks like a mark
}

// yamlIgnores reads the comments of a schema in YAML. A comment behind a key is
// about it, any other one about what follows; at a keyword such as type it is
// about the schema that the keyword belongs to.
func yamlIgnores(y *Source) []ignore {
	elements := yamlElements(y.tree, "", nil)
	slices.SortStableFunc(elements, func(a, b yamlElement) int { return a.offset - b.offset })
	var out []ignore
	for start := 0; start < len(y.Text); {
		end := lineEnd(y.Text, start)
		line := strings.TrimRight(y.Text[start:end], "\r")
		if at := commentWithMark(line); at >= 0 {
			text := line[at+strings.Index(line[at:], ignoreMark)+len(ignoreMark):]
			if pointer, ok := yamlElementOf(elements, start, start+at, strings.TrimSpace(line[:at]) != "", text); ok {
				i := newIgnore(text)
				i.pointer, i.json, i.at = pointer, true, jsonx.PositionOf(y.Text, start+at)
				out = append(out, i)
			}
		}
		start = end + 1
	}
	return out
}

// commentWithMark is where a comment with the mark begins on a line, or -1.
func commentWithMark(line string) int {
	for from := 0; ; {
		n := strings.IndexByte(line[from:], '#')
		if n < 0 {
			return -1
		}
		at := from + n
		from = at + 1
		if strings.HasPrefix(strings.TrimLeft(line[from:], " \t"), ignoreMark) && (at == 0 || line[at-1] == ' ' || line[at-1] == '\t') {
			return at
		}
	}
}

// yamlElementOf is what a mark is about. It reports false for one that is part of
// a string.
func yamlElementOf(elements []yamlElement, lineStart, at int, behind bool, text string) (string, bool) {
	next, _ := slices.BinarySearchFunc(elements, at, func(e yamlElement, at int) int { return e.offset - at })
	if next > 0 && strings.Contains(elements[next-1].text, strings.TrimSpace(text)) {
		return "", false
	}
	if !behind {
		if next < len(elements) {
			return elements[next].pointer, true
		}
		return "", true
	}
	for i := range elements[:next] {
		if elements[i].offset >= lineStart {
			return elements[i].pointer, true
		}
	}
	return "", true
}

// yamlElements lists the keys, items and strings of a tree. holder is the schema
// that a keyword belongs to.
func yamlElements(v *jsonx.Value, holder string, out []yamlElement) []yamlElement {
	for i := range v.Members {
		m := &v.Members[i]
		about := holder
		if m.Value.Kind == jsonx.Object {
			about = jsonx.Pointer(holder, m.Key)
		}
		out = append(out, yamlElement{offset: m.Offset, pointer: about})
		out = yamlUnder(m.Value, holder, jsonx.Pointer(holder, m.Key), out)
	}
	return out
}

// yamlUnder lists what a value holds; pointer is where it stands.
func yamlUnder(v *jsonx.Value, holder, pointer string, out []yamlElement) []yamlElement {
	switch v.Kind {
	case jsonx.Object:
		return yamlElements(v, pointer, out)
	case jsonx.Array:
		for i, item := range v.Items {
			at := pointer + "/" + strconv.Itoa(i)
			about := holder
			if item.Kind == jsonx.Object {
				about = at
			}
			out = append(out, yamlElement{offset: item.Offset, pointer: about})
			out = yamlUnder(item, holder, at, out)
		}
	case jsonx.String:
		out = append(out, yamlElement{offset: v.Offset, pointer: holder, text: v.Text})
	}
	return out
}
