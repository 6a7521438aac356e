package jsonschema

import "github.com/instar-registry/instar/internal/jsonx"

// large is an unknown keyword with a value that is longer than a documentation
// may be.
type large struct {
	node   *Node
	member *jsonx.Member
}

// custom notes the value of a keyword that no draft knows, if it is long. Whether
// it is too long shows once all references are resolved.
func (b *builder) custom(n *Node, m *jsonx.Member) {
	if _, elsewhere := keywords[m.Key]; !elsewhere && !n.Document.meta && m.Value.End-m.Value.Offset > b.limits.DocBytes {
		b.large = append(b.large, large{n, m})
	}
}

// customLimits holds the values of unknown keywords to the limit, as Avro's
// custom properties are. A value that holds schemas that references point to is
// no documentation; its schemas have limits of their own.
func (b *builder) customLimits() error {
	for _, l := range b.large {
		v := l.member.Value
		if !b.schemaInside(l.node.Document, v) {
			return b.over(l.node.Document, v, "doc-bytes", v.End-v.Offset, b.limits.DocBytes, jsonx.Pointer(l.node.Pointer, l.member.Key),
				"the value of the unknown keyword "+clip(l.member.Key)+" is too long")
		}
	}
	return nil
}

// schemaInside reports whether a schema was built inside a value.
func (b *builder) schemaInside(d *Document, v *jsonx.Value) bool {
	for _, n := range b.schema.nodes {
		if n.Document == d && n.Value.Offset >= v.Offset && n.Value.End <= v.End {
			return true
		}
	}
	return false
}
