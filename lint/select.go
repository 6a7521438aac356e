package lint

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// unit is one file that is a subject.
type unit struct {
	subject string
	version string // of a file that is one version of its subject
	file    string
	format  schema.Format
	mapping *Mapping
}

// choose maps the files of a side to subjects, by the mapping of the head, so
// that an edited mapping unpairs nothing.
func (s *side) choose(ctx context.Context, c *Config, only func(file string) bool) ([]unit, error) {
	var out []unit
	for _, f := range s.tree.Files() {
		m := c.mapping(f.Path)
		if m == nil || s.foreign(f.Path) || strings.HasSuffix(f.Path, ".upcast.yaml") || only != nil && !only(f.Path) {
			continue
		}
		u, err := s.unit(ctx, c, m, f.Path)
		if err != nil {
			return nil, err
		}
		if u != nil {
			out = append(out, *u)
		}
	}
	if limit := c.Limits.Files; len(out) > limit {
		return nil, unusable("match fewer files, or raise limits.files", "%d schema files are matched; limits.files is %d", len(out), limit)
	}
	return out, nil
}

// mapping returns the first entry of sources that matches a file: of the nearest
// folder that has a configuration, else of one around it. What an entry does not
// say is as in the entry around it.
func (c *Config) mapping(file string) *Mapping {
	var found *Mapping
	for _, n := range c.over(file) {
		m := n.own(file)
		switch {
		case m == nil:
		case found == nil:
			found = m
		default:
			found = c.merge(found, m)
		}
	}
	return found
}

// over lists the configurations that hold for a file, the outermost first.
func (c *Config) over(file string) []*Config {
	out := []*Config{c}
	for _, n := range c.nested {
		if dir := path.Dir(n.File); strings.HasPrefix(file, dir+"/") {
			out = append(out, n)
		}
	}
	return out
}

// own is the first entry of this configuration alone.
func (c *Config) own(file string) *Mapping {
	if dir := path.Dir(c.File); dir != "." {
		rest, ok := strings.CutPrefix(file, dir+"/")
		if !ok {
			return nil
		}
		file = rest
	}
	for i := range c.Sources {
		if c.Sources[i].match.match(file) {
			return &c.Sources[i]
		}
	}
	return nil
}

// merge is an entry with what it does not say taken from the one around it.
func (c *Config) merge(around, m *Mapping) *Mapping {
	key := [2]*Mapping{around, m}
	if out := c.merged[key]; out != nil {
		return out
	}
	out := *m
	take := func(key string, f func()) {
		if !m.set[key] {
			f()
		}
	}
	take("level", func() { out.Level, out.needsHistory = around.Level, around.needsHistory })
	take("policy", func() { out.Policy = around.Policy })
	take("unknown", func() { out.Unknown = around.Unknown })
	take("encodings", func() { out.Encodings = around.Encodings })
	take("assertFormats", func() { out.AssertFormats = around.AssertFormats })
	take("history", func() { out.History = around.History })
	take("subject", func() { out.Subject, out.PathPattern = around.Subject, around.PathPattern })
	take("format", func() { out.Format = around.Format })
	take("eventMessages", func() { out.EventMessages = around.EventMessages })
	take("samples", func() { out.Samples, out.sampleDir = around.Samples, around.sampleDir })
	take("manage", func() { out.Manage = around.Manage })
	if c.merged == nil {
		c.merged = map[[2]*Mapping]*Mapping{}
	}
	c.merged[key] = &out
	return &out
}

// unit says which subject a file is; nil if it is no schema.
func (s *side) unit(ctx context.Context, c *Config, m *Mapping, file string) (*unit, error) {
	u := &unit{file: file, mapping: m, format: m.Format}
	if u.format == 0 {
		u.format = formatByName(file)
	}
	if u.format == 0 {
		o, err := s.outline(ctx, file, 0)
		if err != nil {
			return nil, err
		}
		switch {
		case o.record:
			u.format = schema.Avro
		case isDialect(o.dialect), o.object && !m.sniff:
			u.format = schema.JSON
		case m.sniff:
			return nil, nil //nolint:nilnil // documented
		default:
			return nil, unusable("set format in "+c.File+", or exclude it with \"!"+file+"\"", "the format of %s cannot be told", file)
		}
	}
	var err error
	u.subject, err = s.subject(ctx, m, u)
	return u, err
}

// isDialect reports whether a $schema names a dialect of JSON Schema.
func isDialect(address string) bool { return strings.Contains(address, "json-schema.org/") }

// subject fills the template.
func (s *side) subject(ctx context.Context, m *Mapping, u *unit) (string, error) {
	if m.Subject == "{path}" {
		return u.file, nil
	}
	dir, base := path.Split(u.file)
	name := strings.TrimSuffix(strings.TrimSuffix(base, path.Ext(base)), ".schema")
	values := map[string]string{"path": u.file, "dir": strings.TrimSuffix(dir, "/"), "name": name}
	if m.PathPattern != nil {
		groups := m.PathPattern.FindStringSubmatch(u.file)
		if groups == nil {
			return "", unusable("correct pathPattern or match", "%s does not match pathPattern %q", u.file, m.PathPattern)
		}
		for i, g := range m.PathPattern.SubexpNames() {
			if g != "" {
				values["re:"+g] = groups[i]
			}
		}
		u.version = values["re:version"]
	}
	if m.History.Kind == HistoryFiles && u.version == "" {
		u.version = name
	}
	values["version"] = u.version
	var b strings.Builder
	for _, part := range templateParts(m.Subject) {
		key, isKey := strings.CutPrefix(part, "{")
		if !isKey {
			b.WriteString(part)
			continue
		}
		key = strings.TrimSuffix(key, "}")
		value, ok := values[key]
		if !ok {
			o, err := s.outline(ctx, u.file, u.format)
			if err != nil {
				return "", err
			}
			value = o.values[key]
		}
		if value == "" {
			// The text says why when it is parsed; until then the file stands for
			// itself, so that nothing is left out in silence.
			return u.file, nil
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// templateParts splits a template into text and "{keys}".
func templateParts(t string) []string {
	var out []string
	for t != "" {
		start := strings.IndexByte(t, '{')
		if start < 0 {
			return append(out, t)
		}
		if start > 0 {
			out = append(out, t[:start])
		}
		end := strings.IndexByte(t[start:], '}')
		if end < 0 {
			return append(out, t[start:])
		}
		out, t = append(out, t[start:start+end+1]), t[start+end+1:]
	}
	return out
}

// bySubject groups units, and refuses two files of one subject that are not
// versions of it.
func bySubject(units []unit, where string) (map[string][]unit, error) {
	out := map[string][]unit{}
	for _, u := range units {
		list := out[u.subject]
		if len(list) > 0 && (u.mapping.History.Kind != HistoryFiles || list[0].mapping.History.Kind != HistoryFiles) {
			return nil, &InputError{
				What: fmt.Sprintf("two files of %s are the subject %q: %s and %s", where, u.subject, list[0].file, u.file),
				Hint: "give the template another part, such as {record}, or set history: files",
			}
		}
		out[u.subject] = append(list, u)
	}
	return out, nil
}
