package config

import (
	"os"
	"sort"
	"strings"

	"github.com/instar-registry/instar/internal/yamlx"
	"github.com/instar-registry/instar/schema"
)

// file reads the configuration file into a layer.
func (l *loader) file() *layer {
	out := newLayer()
	path, required := l.filePath()
	limits := yamlx.DefaultLimits()
	text, err := readSmall(path, int64(limits.Bytes))
	if os.IsNotExist(err) && !required {
		return out
	}
	o := Origin{Layer: FromFile, Name: path}
	if err != nil {
		l.problem(o, "", "the configuration file cannot be read: %s", reason(err))
		return out
	}
	l.out.File = path
	l.watch(path)
	root, problems := yamlx.Parse(text, limits)
	for _, p := range problems {
		what := p.What
		if p.Hint != "" {
			what += "; " + p.Hint
		}
		l.problem(at(path, p.Position), p.Key, "%s", what)
	}
	if root == nil {
		return out
	}
	if root.Kind != yamlx.Mapping {
		l.problem(at(path, root.Position), "", "the file must be a mapping of sections, not %s", root.Kind)
		return out
	}
	l.mapping(out, path, "", root)
	for name := range out.origins {
		if k := byName()[name]; k.Secret && out.values.String(name) != "" {
			l.checkMode(path)
			break
		}
	}
	return out
}

// filePath returns the file to read and whether it must exist.
func (l *loader) filePath() (string, bool) {
	if l.in.File != "" {
		return l.in.File, true
	}
	if v := lookup(l.in.Environ, Prefix+"CONFIG"); v != "" {
		return v, true
	}
	return DefaultFile, false
}

func at(path string, p schema.Position) Origin {
	return Origin{Layer: FromFile, Name: path, Line: p.Line, Column: p.Column}
}

// mapping reads the members of one section.
func (l *loader) mapping(out *layer, path, prefix string, n *yamlx.Node) {
	for _, m := range n.Members {
		name := prefix + m.Key
		if k := byName()[name]; k != nil {
			l.value(out, k, path, m)
			continue
		}
		if !isSection(name) {
			l.unknown(at(path, m.Position), name)
			continue
		}
		switch m.Value.Kind {
		case yamlx.Mapping:
			l.mapping(out, path, name+".", m.Value)
		case yamlx.Null: // a section whose members are all commented out
		default:
			l.problem(at(path, m.Value.Position), name, "%s is a section with keys of its own, not %s", name, m.Value.Kind)
		}
	}
}

func isSection(name string) bool {
	for _, s := range Sections() {
		if s.Name == name {
			return true
		}
	}
	return false
}

func (l *loader) unknown(o Origin, name string) {
	if near := suggestKey(name); near != "" {
		l.problem(o, name, "%s is not a configuration key; did you mean %s?", name, near)
		return
	}
	parent := name[:max(strings.LastIndexByte(name, '.'), 0)]
	l.problem(o, name, "%s is not a configuration key; %s", name, members(parent))
}

// members lists what a section holds.
func members(section string) string {
	seen := map[string]bool{}
	var names []string
	for _, k := range Keys() {
		rest := k.Name
		if section != "" {
			var ok bool
			if rest, ok = strings.CutPrefix(k.Name, section+"."); !ok {
				continue
			}
		}
		first, _, _ := strings.Cut(rest, ".")
		if !seen[first] {
			seen[first] = true
			names = append(names, first)
		}
	}
	sort.Strings(names)
	where := "the sections are"
	if section != "" {
		where = section + " has"
	}
	return where + " " + strings.Join(names, ", ")
}

// value reads one key.
func (l *loader) value(out *layer, k *Key, path string, m yamlx.Member) {
	o := at(path, m.Value.Position)
	if m.Value.Kind == yamlx.Null && !m.Value.Quoted {
		return // "key:" keeps the default, as a commented line does
	}
	if k.Type == List && m.Value.Kind == yamlx.Sequence {
		l.list(out, k, o, m.Value)
		return
	}
	if !fits(k, m.Value) {
		l.problem(o, k.Name, "%s takes %s, not %s%s", k.Name, article(k), m.Value.Kind, example(k))
		return
	}
	l.put(out, k, m.Value.Text, Origin{Layer: FromFile, Name: path, Line: m.Line, Column: m.Value.Column})
}

func (l *loader) list(out *layer, k *Key, o Origin, n *yamlx.Node) {
	var items []string
	for _, item := range n.Items {
		if item.Kind == yamlx.Mapping || item.Kind == yamlx.Sequence || item.Kind == yamlx.Null {
			l.problem(Origin{FromFile, o.Name, item.Line, item.Column}, k.Name, "%s takes a list of texts, and one of its items is %s", k.Name, item.Kind)
			return
		}
		items = append(items, item.Text)
	}
	if err := out.values.Set(k.Name, items); err != nil {
		l.problem(o, k.Name, "%s: %v", k.Name, err)
		return
	}
	out.origins[k.Name] = o
}

// fits reports whether a scalar of the file may stand for the key. Quoting a
// number or a switch is a mistake worth telling; a bare number where a text is
// wanted (min-version: 1.2) is not.
func fits(k *Key, n *yamlx.Node) bool {
	switch k.Type {
	case Switch:
		return n.Kind == yamlx.Bool
	case Number:
		return n.Kind == yamlx.Int
	case Size:
		return n.Kind == yamlx.Int || n.Kind == yamlx.String
	case Duration:
		return n.Kind == yamlx.String
	}
	return n.Kind == yamlx.String || n.Kind == yamlx.Int || n.Kind == yamlx.Float
}

func article(k *Key) string {
	switch k.Type {
	case Switch:
		return "true or false"
	case List:
		return "a list"
	case Text, Hidden:
		return "a text"
	}
	return "a " + string(k.Type)
}

func example(k *Key) string {
	switch k.Type {
	case Switch, Number:
		return "; write it without quotes"
	case Duration:
		return "; write it with its unit, such as 30s"
	case Size:
		return "; write for example 2MiB"
	case Text, Hidden:
		return "; put it in quotes"
	}
	return ""
}
