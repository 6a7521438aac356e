package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/nearest"
	"github.com/instar-registry/instar/internal/yamlx"
	"github.com/instar-registry/instar/schema"
)

// ConfigError is a configuration, baseline or other document of a person that
// cannot be used. It lists every mistake.
type ConfigError struct {
	File     string
	Problems []yamlx.Problem
}

func (e *ConfigError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = e.File + ": " + p.Error()
	}
	return strings.Join(lines, "\n")
}

// reader reads a YAML document into values and collects what is wrong.
type reader struct{ problems []yamlx.Problem }

func (r *reader) wrong(at schema.Position, key, hint, format string, args ...any) {
	r.problems = append(r.problems, yamlx.Problem{Position: at, Key: key, What: fmt.Sprintf(format, args...), Hint: hint})
}

// fields reads the members of a mapping by name.
type fields map[string]func(n *yamlx.Node, key string)

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// mapping reads a mapping; unknown names are mistakes.
func (r *reader) mapping(n *yamlx.Node, key string, known fields) {
	if n.Kind == yamlx.Null {
		return
	}
	if n.Kind != yamlx.Mapping {
		r.wrong(n.Position, key, "", "this is %s; a mapping is needed", n.Kind)
		return
	}
	for i := range n.Members {
		m := &n.Members[i]
		read, ok := known[m.Key]
		if !ok {
			r.unknown(m.Position, join(key, m.Key), "key", m.Key, sortedKeys(known))
			continue
		}
		read(m.Value, join(key, m.Key))
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// unknown says that a name is none, and which was probably meant.
func (r *reader) unknown(at schema.Position, key, what, name string, known []string) {
	hint := "one of " + strings.Join(known, ", ")
	if near := nearest.Name(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(known) > 24 {
		hint = ""
	}
	r.wrong(at, key, hint, "unknown %s %q", what, name)
}

// text reads a scalar as it is written.
func (r *reader) text(n *yamlx.Node, key string) string {
	switch n.Kind {
	case yamlx.Mapping, yamlx.Sequence, yamlx.Null:
		r.wrong(n.Position, key, "", "this is %s; a text is needed", n.Kind)
		return ""
	}
	return n.Text
}

// texts reads a list of texts, or one.
func (r *reader) texts(n *yamlx.Node, key string) []string {
	if n.Kind != yamlx.Sequence {
		if t := r.text(n, key); t != "" {
			return []string{t}
		}
		return nil
	}
	out := []string{}
	for i, item := range n.Items {
		if t := r.text(item, key+"["+strconv.Itoa(i)+"]"); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// among reads one of some words, in any case.
func (r *reader) among(n *yamlx.Node, key, what string, known []string) string {
	t := r.text(n, key)
	for _, k := range known {
		if strings.EqualFold(t, k) {
			return k
		}
	}
	if t != "" {
		r.unknown(n.Position, key, what, t, known)
	}
	return ""
}

func (r *reader) boolean(n *yamlx.Node, key string) bool {
	if n.Kind != yamlx.Bool {
		r.wrong(n.Position, key, "write true or false", "this is %s", n.Kind)
		return false
	}
	return n.Text == "true"
}

func (r *reader) number(n *yamlx.Node, key string) int {
	v, err := strconv.Atoi(n.Text)
	if n.Kind != yamlx.Int || err != nil || v <= 0 {
		r.wrong(n.Position, key, "", "a number above zero is needed")
		return 1
	}
	return v
}

// list reads the items of a sequence.
func (r *reader) list(n *yamlx.Node, key string, each func(n *yamlx.Node, key string)) {
	if n.Kind != yamlx.Sequence {
		r.wrong(n.Position, key, "", "this is %s; a list is needed", n.Kind)
		return
	}
	for i, item := range n.Items {
		each(item, key+"["+strconv.Itoa(i)+"]")
	}
}
