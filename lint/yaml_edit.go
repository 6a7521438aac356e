package lint

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/internal/yamlx"
)

// yamlAfter carries an edit of the JSON that a text in YAML stands for into the
// YAML, whose comments and layout stay: the new text stands for the new JSON,
// which is held to it. It is false where the edit cannot be carried over.
func (t *text) yamlAfter(now string, limit int) (string, bool) {
	want, err := jsonx.Parse(now, jsonx.Limits{})
	if err != nil {
		return "", false
	}
	root, problems := yamlx.Parse([]byte(t.yaml.Text), yamlx.Limits{Bytes: limit, Depth: maxYAMLDepth})
	if len(problems) > 0 {
		return "", false
	}
	y := newYAMLTree(t.yaml.Text)
	e := yamlEditor{yamlTree: y}
	e.value(root, y.value(root), want)
	if e.failed || len(e.edits) == 0 {
		return "", false
	}
	slices.SortStableFunc(e.edits, func(a, b Edit) int { // what is new stands before what goes
		return cmp.Or(a.Offset-b.Offset, min(a.Delete, 1)-min(b.Delete, 1))
	})
	after, err := ApplyEdits(t.yaml.Text, e.edits)
	if err != nil {
		return "", false
	}
	check := text{file: t.file, body: after}
	if check.fromYAML(limit); check.err != nil || !sameJSON(check.yaml.tree, want) {
		return "", false
	}
	return after, true
}

// yamlEditor collects the edits that make one tree another one.
type yamlEditor struct {
	*yamlTree
	edits  []Edit
	failed bool
}

func (e *yamlEditor) splice(from, to int, insert string) {
	e.edits = append(e.edits, Edit{Offset: from, Delete: to - from, Insert: insert})
}

// value makes the value of a node another one.
func (e *yamlEditor) value(n *yamlx.Node, was, now *jsonx.Value) {
	flow := was.Offset < len(e.text) && (e.text[was.Offset] == '{' || e.text[was.Offset] == '[')
	switch {
	case sameJSON(was, now):
	case flow:
		e.flow(was.Offset, now)
	case was.Kind == jsonx.Object && now.Kind == jsonx.Object && len(now.Members) > 0:
		e.mapping(n, was, now)
	case was.Kind == jsonx.Array && now.Kind == jsonx.Array && len(now.Items) > 0:
		e.sequence(n, was, now)
	case was.Kind == jsonx.Object || was.Kind == jsonx.Array:
		e.failed = true // a block that becomes something else
	default:
		e.splice(was.Offset, was.End, flowYAML(now))
	}
}

// flow writes a collection in braces or brackets anew; one with comments stays.
func (e *yamlEditor) flow(from int, now *jsonx.Value) {
	depth, quote := 0, byte(0)
	for i := from; i < len(e.text); i++ {
		switch c := e.text[i]; {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#':
			e.failed = true
			return
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				e.splice(from, i+1, flowYAML(now))
				return
			}
		}
	}
	e.failed = true
}

// mapping edits a mapping that is written as a block.
func (e *yamlEditor) mapping(n *yamlx.Node, was, now *jsonx.Value) {
	column := n.Members[0].Column
	for i := range n.Members {
		m := &n.Members[i]
		if v := now.Get(m.Key); v != nil {
			e.value(m.Value, was.Members[i].Value, v)
			continue
		}
		e.remove(m.Line, e.stop(n, i), column)
	}
	last := -1 // the member of the text that a new one stands behind
	for _, m := range now.Members {
		if at := slices.IndexFunc(n.Members, func(x yamlx.Member) bool { return x.Key == m.Key }); at >= 0 {
			last = at
			continue
		}
		at := max(last, 0)
		if last < 0 {
			at = len(n.Members) - 1
		}
		e.insert(e.stop(n, at), strings.Repeat(" ", column-1)+plainYAML(m.Key)+":"+blockYAML(m.Value, column+1))
	}
}

// sequence edits a list that is written as a block.
func (e *yamlEditor) sequence(n *yamlx.Node, was, now *jsonx.Value) {
	dash := e.indent(n.Items[0].Line) + 1
	if at := e.offset(n.Items[0].Line, dash); at >= len(e.text) || e.text[at] != '-' {
		e.failed = true // a list in a list, on one line
		return
	}
	if len(was.Items) == len(now.Items) {
		for i := range n.Items {
			e.value(n.Items[i], was.Items[i], now.Items[i])
		}
		return
	}
	first, left := 0, len(was.Items)
	for first < len(was.Items) && first < len(now.Items) && sameJSON(was.Items[first], now.Items[first]) {
		first++
	}
	to := len(now.Items)
	for left > first && to > first && sameJSON(was.Items[left-1], now.Items[to-1]) {
		left, to = left-1, to-1
	}
	for i := first; i < left; i++ {
		e.remove(n.Items[i].Line, e.stop(n, i), dash)
	}
	at := e.stop(n, max(first-1, 0))
	if first == 0 {
		at = n.Items[0].Line
	}
	for i := first; i < to; i++ {
		e.insert(at, strings.Repeat(" ", dash-1)+"- "+flowYAML(now.Items[i]))
	}
}

// remove takes lines out whose first has nothing but the part that goes.
func (e *yamlEditor) remove(from, to, column int) {
	if e.indent(from) != column-1 {
		e.failed = true // it begins behind a dash
		return
	}
	e.splice(e.lines[from-1], e.offset(to, 1), "")
}

// insert puts a part before a line.
func (e *yamlEditor) insert(line int, part string) {
	at := e.offset(line, 1)
	if line > len(e.lines) {
		at = len(e.text)
	}
	if at > 0 && e.text[at-1] != '\n' {
		part = "\n" + part
	} else {
		part += "\n"
	}
	e.splice(at, at, part)
}

// stop is the line behind a part of a block: that of the next part, or the first
// that is indented less. Comments and empty lines before it belong to what
// follows.
func (e *yamlEditor) stop(n *yamlx.Node, i int) int {
	line, next, column := 0, 0, 0
	if n.Kind == yamlx.Mapping {
		line, column = n.Members[i].Line, n.Members[i].Column
		if i+1 < len(n.Members) {
			next = n.Members[i+1].Line
		}
	} else {
		line, column = n.Items[i].Line, e.indent(n.Items[i].Line)+1
		if i+1 < len(n.Items) {
			next = n.Items[i+1].Line
		}
	}
	if next == 0 {
		for next = line + 1; next <= len(e.lines); next++ {
			in, text := e.indent(next), e.line(next)
			inside := in >= column || in == column-1 && n.Kind == yamlx.Mapping && strings.HasPrefix(strings.TrimSpace(text), "-")
			if strings.TrimSpace(text) != "" && !strings.HasPrefix(strings.TrimSpace(text), "#") && !inside {
				break
			}
		}
	}
	for next > line+1 {
		if text := strings.TrimSpace(e.line(next - 1)); text != "" && !strings.HasPrefix(text, "#") {
			break
		}
		next--
	}
	return next
}

func (e *yamlEditor) line(n int) string { return e.text[e.lines[n-1]:lineEnd(e.text, e.lines[n-1])] }

func (e *yamlEditor) indent(line int) int {
	text := e.line(line)
	return len(text) - len(strings.TrimLeft(text, " "))
}

// plainWord is a text that YAML reads as itself without quotes, also in flow.
var plainWord = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_./$-]*$`)

// plainYAML writes a text, in quotes where some reader could take it for
// something else.
func plainYAML(s string) string {
	words := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}
	if plainWord.MatchString(s) && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	return jsonx.Quote(s)
}

// flowYAML writes a value on one line.
func flowYAML(v *jsonx.Value) string {
	var parts []string
	switch v.Kind {
	case jsonx.Object:
		for _, m := range v.Members {
			parts = append(parts, plainYAML(m.Key)+": "+flowYAML(m.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case jsonx.Array:
		for _, x := range v.Items {
			parts = append(parts, flowYAML(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case jsonx.String:
		return plainYAML(v.Text)
	default:
		return string(jsonx.Append(nil, v))
	}
}

// blockYAML writes what stands behind the colon of a key: objects with a line for
// each member, indented.
func blockYAML(v *jsonx.Value, indent int) string {
	if v.Kind != jsonx.Object || len(v.Members) == 0 {
		return " " + flowYAML(v)
	}
	out := ""
	for _, m := range v.Members {
		out += "\n" + strings.Repeat(" ", indent) + plainYAML(m.Key) + ":" + blockYAML(m.Value, indent+2)
	}
	return out
}

// sameJSON reports whether two values say the same; the order of members says
// nothing.
func sameJSON(a, b *jsonx.Value) bool {
	if a.Kind != b.Kind || len(a.Members) != len(b.Members) || len(a.Items) != len(b.Items) || a.Bool != b.Bool || a.Text != b.Text {
		return false
	}
	for _, m := range a.Members {
		if x := b.Get(m.Key); x == nil || !sameJSON(m.Value, x) {
			return false
		}
	}
	for i := range a.Items {
		if !sameJSON(a.Items[i], b.Items[i]) {
			return false
		}
	}
	return true
}
