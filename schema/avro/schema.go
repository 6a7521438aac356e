package avro

import (
	"sync"

	"github.com/instar-registry/instar/schema"
)

// Schema is a parsed Avro schema. It is immutable and safe for concurrent use;
// texts that are rarely asked for are made on first use.
type Schema struct {
	// Root is the type of an event.
	Root *Node

	// nodes are all nodes that Root reaches, in print order; Node.id is the
	// index.
	nodes     []*Node
	canonical string
	warnings  []schema.Warning
	limits    schema.Limits
	size      int

	normalised   func() string
	equivalence  func() string
	inlined      func() string
	resolved     func() string
	fingerprints func() []schema.Fingerprint
	program      func() *program
	second       lent
}

var _ schema.Parsed = (*Schema)(nil)

func newSchema(root *Node, nodes []*Node, warnings []schema.Warning, limits schema.Limits) *Schema {
	s := &Schema{Root: root, nodes: nodes, warnings: warnings, limits: limits}
	s.canonical = printSchema(root, style{references: true})
	s.size = memory(s)
	s.normalised = sync.OnceValue(func() string { return printSchema(root, style{references: true, normal: true}) })
	s.equivalence = sync.OnceValue(func() string { return printSchema(root, style{references: true, equal: true}) })
	s.inlined = sync.OnceValue(func() string { return printSchema(root, style{equal: true}) })
	s.resolved = sync.OnceValue(func() string { return printSchema(root, style{}) })
	s.fingerprints = sync.OnceValue(func() []schema.Fingerprint { return fingerprints(parsingCanonicalForm(root)) })
	s.program = sync.OnceValue(func() *program { return compile(s) })
	return s
}

// Format returns [schema.Avro].
func (s *Schema) Format() schema.Format { return schema.Avro }

// Canonical is the text that Avro's Java library prints: no white space, its
// attribute order, and types of references by name.
func (s *Schema) Canonical() string { return s.canonical }

// Normalised is the canonical text after properties and aliases were sorted,
// empty type docs dropped and defaults written in the type of their field.
func (s *Schema) Normalised() string { return s.normalised() }

// Equivalence differs from the canonical text in that neither attribute nor
// alias order count.
func (s *Schema) Equivalence() string { return s.equivalence() }

// Inlined is the equivalence text with the types of references in place.
func (s *Schema) Inlined() string { return s.inlined() }

// Render knows "resolved": the canonical text with the types of references in
// place.
func (s *Schema) Render(format string) (string, bool, error) {
	if format != "resolved" {
		return "", false, nil
	}
	return s.resolved(), true, nil
}

// Warnings lists what was accepted but deserves attention.
func (s *Schema) Warnings() []schema.Warning { return s.warnings }

// Fingerprints are CRC-64-AVRO, MD5 and SHA-256 of the Parsing Canonical Form,
// which drops defaults, aliases and logical types: they are for the wire, never
// an identity.
func (s *Schema) Fingerprints() []schema.Fingerprint { return s.fingerprints() }

// Size estimates the bytes of memory that the schema holds.
func (s *Schema) Size() int { return s.size }

// Nodes counts the types that the schema is made of.
func (s *Schema) Nodes() int { return len(s.nodes) }

// memory adds up struct sizes on a 64-bit machine; strings cut from the source
// text count once, as that text.
func memory(s *Schema) int {
	const node, field, prop, value = 320, 200, 40, 120
	n := 256 + 3*len(s.canonical)
	for _, x := range s.nodes {
		n += node + prop*len(x.Props) + 16*(len(x.Symbols)+len(x.Aliases)) + 8*len(x.Branches) + 8*len(x.Fields)
		n += value * len(x.Props)
		for _, f := range x.Fields {
			n += field + (prop+value)*len(f.Props) + 16*len(f.Aliases)
			if f.Default != nil {
				n += value + 2*(f.Default.End-f.Default.Offset)
			}
		}
	}
	return n
}
