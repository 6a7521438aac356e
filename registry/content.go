package registry

import (
	"crypto/md5" //nolint:gosec // the GUID is defined by Confluent as an MD5; identity is a SHA-256
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// Metadata is what users attach to a schema: tags by path, properties, and the
// names of the properties that are sensitive.
type Metadata struct {
	Tags       map[string][]string `json:"tags,omitempty"`
	Properties map[string]string   `json:"properties,omitempty"`
	Sensitive  []string            `json:"sensitive,omitempty"`
}

// Rule is one data-contract rule. Kind and Mode are never empty once stored.
type Rule struct {
	Name      string            `json:"name"`
	Doc       string            `json:"doc,omitempty"`
	Kind      string            `json:"kind,omitempty"`
	Mode      string            `json:"mode,omitempty"`
	Type      string            `json:"type,omitempty"`
	Tags      []string          `json:"tags,omitempty"`
	Params    map[string]string `json:"params,omitempty"`
	Expr      string            `json:"expr,omitempty"`
	OnSuccess string            `json:"onSuccess,omitempty"`
	OnFailure string            `json:"onFailure,omitempty"`
	Disabled  bool              `json:"disabled,omitempty"`
}

// RuleSet is the rules of a schema in their three lists.
type RuleSet struct {
	Migration []Rule `json:"migrationRules,omitempty"`
	Domain    []Rule `json:"domainRules,omitempty"`
	Encoding  []Rule `json:"encodingRules,omitempty"`
	EnableAt  string `json:"enableAt,omitempty"`
}

// GUID is Confluent's content identity: an MD5 over text, references, metadata
// and rules.
type GUID [16]byte

// String returns the GUID in the 8-4-4-4-12 form of a UUID.
func (g GUID) String() string {
	var b [36]byte
	hex.Encode(b[:8], g[:4])
	b[8] = '-'
	hex.Encode(b[9:13], g[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], g[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], g[8:10])
	b[23] = '-'
	hex.Encode(b[24:], g[10:])
	return string(b[:])
}

// ParseGUID reads a UUID or 32 hex digits; ok is false for anything else.
func ParseGUID(s string) (g GUID, ok bool) {
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		s = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	if len(s) != 32 {
		return g, false
	}
	_, err := hex.Decode(g[:], []byte(s))
	return g, err == nil
}

// Content is what an id stands for, without the text itself. It is immutable;
// states share it.
type Content struct {
	// Identity is SHA-256 over a length-prefixed encoding of everything below
	// and the text. It decides whether two contents are the same.
	Identity   Hash
	GUID       GUID
	Text       Hash // address of the canonical text
	Format     schema.Format
	References []schema.Reference
	Metadata   *Metadata
	RuleSet    *RuleSet
}

// NewContent computes the identities of a content from its canonical text. An
// imported content may carry the GUID of its source, which is kept.
func NewContent(f schema.Format, text string, refs []schema.Reference, m *Metadata, r *RuleSet, source *GUID) *Content {
	c := &Content{Text: sha256.Sum256([]byte(text)), Format: f, References: refs, Metadata: m, RuleSet: r}
	c.GUID = guidOf(text, c)
	if source != nil {
		c.GUID = *source
	}
	c.Identity = identityOf(c)
	return c
}

// sink receives the parts of a content in a fixed order.
type sink interface {
	str(s string)
	num(n int)
	mark()
}

// feed gives sink everything but text and type, in Confluent's order: maps
// sorted by key, lists as they are, nulls left out.
func (c *Content) feed(s sink) {
	for _, r := range c.References {
		s.str(r.Name)
		s.str(r.Subject)
		s.num(r.Version)
	}
	if m := c.Metadata; m != nil {
		s.mark()
		for _, path := range slices.Sorted(maps.Keys(m.Tags)) {
			s.str(path)
			for _, tag := range sorted(m.Tags[path]) {
				s.str(tag)
			}
		}
		feedMap(s, m.Properties)
		for _, name := range sorted(m.Sensitive) {
			s.str(name)
		}
	}
	if r := c.RuleSet; r != nil {
		s.mark()
		for _, list := range [][]Rule{r.Migration, r.Domain, r.Encoding} {
			for i := range list {
				list[i].feed(s)
			}
		}
		s.str(r.EnableAt)
	}
}

func (r *Rule) feed(s sink) {
	s.str(r.Name)
	s.str(r.Doc)
	s.str(orElse(r.Kind, "TRANSFORM"))
	s.str(orElse(r.Mode, "WRITEREAD"))
	s.str(r.Type)
	for _, tag := range sorted(r.Tags) {
		s.str(tag)
	}
	feedMap(s, r.Params)
	s.str(r.Expr)
	s.str(r.OnSuccess)
	s.str(r.OnFailure)
	if r.Disabled {
		s.mark()
	}
}

func feedMap(s sink, m map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		s.str(k)
		s.str(m[k])
	}
}

func sorted(in []string) []string { return slices.Sorted(slices.Values(in)) }

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// md5Sink concatenates without separators, as Confluent does.
type md5Sink struct{ buf []byte }

func (s *md5Sink) str(v string) { s.buf = append(s.buf, v...) }
func (s *md5Sink) num(n int)    { s.buf = binary.BigEndian.AppendUint32(s.buf, uint32(n)) }
func (s *md5Sink) mark()        { s.buf = append(s.buf, 1) }

func guidOf(text string, c *Content) GUID {
	s := &md5Sink{buf: make([]byte, 0, len(text)+256)}
	s.str(text)
	c.feed(s)
	return md5.Sum(s.buf) //nolint:gosec // see the import
}

// frameSink prefixes every part with its length, so that no two contents share
// an encoding.
type frameSink struct{ buf []byte }

func (s *frameSink) str(v string) {
	s.buf = binary.AppendUvarint(append(s.buf, 's'), uint64(len(v)))
	s.buf = append(s.buf, v...)
}
func (s *frameSink) num(n int) { s.buf = binary.AppendVarint(append(s.buf, 'n'), int64(n)) }
func (s *frameSink) mark()     { s.buf = append(s.buf, 'm') }
func (s *frameSink) sum() Hash { return sha256.Sum256(s.buf) }

func identityOf(c *Content) Hash {
	s := &frameSink{}
	s.num(int(c.Format))
	s.buf = append(s.buf, c.Text[:]...)
	s.buf = append(s.buf, c.GUID[:]...)
	for _, r := range c.References {
		s.str("ref")
		s.str(r.Name)
		s.str(r.Subject)
		s.num(r.Version)
	}
	c.shape(s)
	c.feed(s)
	return s.sum()
}

// shape writes the sizes that feed leaves out, which makes the encoding of maps
// and lists unambiguous.
func (c *Content) shape(s sink) {
	s.num(len(c.References))
	if m := c.Metadata; m != nil {
		s.num(len(m.Tags))
		for _, path := range slices.Sorted(maps.Keys(m.Tags)) {
			s.num(len(m.Tags[path]))
		}
		s.num(len(m.Properties))
		s.num(len(m.Sensitive))
	}
	if r := c.RuleSet; r != nil {
		for _, list := range [][]Rule{r.Migration, r.Domain, r.Encoding} {
			s.num(len(list))
			for i := range list {
				s.num(len(list[i].Tags))
				s.num(len(list[i].Params))
			}
		}
	}
}
