package protobuf

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
)

// counter checks the limits that need the structure of a schema.
type counter struct {
	src   *source
	opts  schema.Options
	nodes int
	file  *builder
	err   *schema.Error
}

// checkElements refuses a schema with too many parts.
func checkElements(f *fileElement, b *builder, src *source, opts schema.Options) error {
	c := &counter{src: src, opts: opts, file: b}
	c.messages("", f.messages, f.enums)
	for _, e := range f.extends {
		c.fieldList("", e.fields, e.groups)
	}
	if c.err != nil {
		return c.err
	}
	return nil
}

func (c *counter) over(limit string, found, max int, what, path string, m *messageElement) {
	if c.err != nil || found <= max {
		return
	}
	e := schema.OverLimit(limit, int64(found), int64(max), what, schema.Position{})
	e.Path = path
	if m != nil && m.node != nil {
		e.Position = c.src.position(c.file.file.NodeInfo(m.node).Start().Offset)
	}
	c.err = e
}

func (c *counter) messages(path string, messages []*messageElement, enums []*enumElement) {
	for _, e := range enums {
		c.nodes += 1 + len(e.values)
		c.over("symbols", len(e.values), c.opts.Limits.Symbols, fmt.Sprintf("enum %q has too many constants", e.name), join(path, e.name), nil)
	}
	for _, m := range messages {
		c.message(join(path, m.name), m)
	}
	c.over("schema-nodes", c.nodes, c.opts.Limits.SchemaNodes, "the schema has too many parts", path, nil)
}

func (c *counter) message(path string, m *messageElement) {
	fields := len(m.fields) + len(m.groups)
	for _, o := range m.oneofs {
		fields += len(o.fields) + len(o.groups)
		c.fieldList(path, nil, o.groups)
	}
	c.nodes += 1 + fields
	c.over("fields", fields, c.opts.Limits.Fields, fmt.Sprintf("message %q has too many fields", m.name), path, m)
	c.fieldList(path, nil, m.groups)
	for _, e := range m.extends {
		c.fieldList(path, e.fields, e.groups)
	}
	c.messages(path, m.messages, m.enums)
}

func (c *counter) fieldList(path string, fields, groups []*fieldElement) {
	c.nodes += len(fields)
	for _, g := range groups {
		c.message(join(path, g.name), g.body)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
