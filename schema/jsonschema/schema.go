package jsonschema

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema/judge"
)

// Schema is a parsed JSON Schema with everything it refers to. It is immutable
// and safe for concurrent use.
type Schema struct {
	documents []*Document // the schema itself first
	nodes     []*Node
	resources []*Resource
	canonical string
	warnings  []schema.Warning
	limits    schema.Limits
	shared    bool // some node is reached in more than one way
	fragile   bool // some pattern or reference cannot be evaluated
	asserts   bool // "format" constrains

	normalised func() string
	inlined    func() string
	validator  func() (*judge.Validator, error)
	second     func() (*judge.Second, error)
	asserting  func() *Schema
}

var _ schema.Parsed = (*Schema)(nil)

// Format returns schema.JSON.
func (s *Schema) Format() schema.Format { return schema.JSON }

// Root returns the top of the schema.
func (s *Schema) Root() *Node { return s.documents[0].Root }

// Documents returns the schema itself and the texts it was parsed with;
// meta-schemas only if something refers to them.
func (s *Schema) Documents() []*Document { return s.documents }

// Nodes returns every schema place, in the order they were found.
func (s *Schema) Nodes() []*Node { return s.nodes }

// Canonical returns the text without white space: key order kept, numbers as
// exact decimals.
func (s *Schema) Canonical() string { return s.canonical }

// Normalised returns the canonical text with the keys of every object sorted by
// UTF-16 code units; arrays keep their order.
func (s *Schema) Normalised() string { return s.normalised() }

// Equivalence equals Normalised: the order of keys does not count, everything
// else does.
func (s *Schema) Equivalence() string { return s.normalised() }

// Inlined is Equivalence after every reference to another document was replaced
// by what it means. Where that is impossible (documents that refer to each
// other in a circle, or a result beyond the node limit) it is Equivalence.
func (s *Schema) Inlined() string { return s.inlined() }

// Render knows no other representation.
func (s *Schema) Render(string) (string, bool, error) { return "", false, nil }

// Warnings lists what a reader should know about the accepted text.
func (s *Schema) Warnings() []schema.Warning { return s.warnings }

// Fingerprints returns the SHA-256 of the canonical text.
func (s *Schema) Fingerprints() []schema.Fingerprint {
	sum := sha256.Sum256([]byte(s.canonical))
	return []schema.Fingerprint{{Algorithm: "SHA-256", Hex: hex.EncodeToString(sum[:])}}
}

// Size estimates the memory in bytes: texts, the JSON tree and the nodes.
func (s *Schema) Size() int {
	const perNode, perByte = 900, 4
	size := perNode * len(s.nodes)
	for _, d := range s.documents {
		size += perByte * len(d.Text)
	}
	return size + len(s.canonical)
}

// finish installs what is computed on demand.
func (s *Schema) finish() {
	s.canonical = string(appendCanonical(nil, s.documents[0].Value, false))
	s.normalised = sync.OnceValue(func() string {
		return string(appendCanonical(nil, s.documents[0].Value, true))
	})
	s.inlined = sync.OnceValue(s.inline)
	s.validator = sync.OnceValues(s.compile)
	s.second = sync.OnceValues(s.compileSecond)
	s.asserting = sync.OnceValue(s.assert)
}

// appendCanonical prints v without white space, numbers as java.math prints
// them, keys sorted if asked for.
func appendCanonical(dst []byte, v *jsonx.Value, sorted bool) []byte {
	switch v.Kind {
	case jsonx.Number:
		return append(dst, decimalText(v.Text)...)
	case jsonx.Array:
		dst = append(dst, '[')
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, item, sorted)
		}
		return append(dst, ']')
	case jsonx.Object:
		members := v.Members
		if sorted {
			members = sortedMembers(members)
		}
		dst = append(dst, '{')
		for i := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(jsonx.AppendQuoted(dst, members[i].Key), ':')
			dst = appendCanonical(dst, members[i].Value, sorted)
		}
		return append(dst, '}')
	default:
		return jsonx.Append(dst, v)
	}
}
