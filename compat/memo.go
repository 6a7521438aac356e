package compat

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// SchemaKey stands for a schema in a [PairKey]: its canonical text and, where it
// has references, the text with them in place. Whoever knows the hash of the
// text already may fill it in; a schema without references needs no Inlined.
// Two keys may stand for one schema, never one for two.
type SchemaKey struct {
	Format        schema.Format
	Text, Inlined [sha256.Size]byte
}

// KeyOf computes the key of a schema.
func KeyOf(p schema.Parsed) SchemaKey {
	return SchemaKey{
		Format: p.Format(), Text: sha256.Sum256([]byte(p.Canonical())), Inlined: sha256.Sum256([]byte(p.Inlined())),
	}
}

// PairKey is everything that the answer about a pair depends on.
type PairKey struct {
	Engine     string
	Old, New   SchemaKey
	Direction  Direction
	Policy     Policy
	Thorough   bool
	First      bool
	Steps      int
	Formats    bool
	JSON       bool
	EventNames string // sorted, between commas
}

// Memo remembers answers about pairs; since a verdict depends on its key alone,
// an entry never expires. It must be safe for concurrent use. What it is given
// must not be changed.
type Memo interface {
	Recall(PairKey) (Pair, bool)
	Remember(PairKey, Pair)
}

// key is the key of a pair of the request; ok is false without a memory.
func (r *Request) key(v *Version, d Direction) (k PairKey, ok bool) {
	if r.Memo == nil {
		return PairKey{}, false
	}
	k = PairKey{
		Engine: EngineVersion, Old: v.Key, New: r.Key, Direction: d, Policy: r.Policy,
		Thorough: r.Options.Thorough && r.Policy.syntactic(), Steps: r.Options.Budget.Limit(), First: r.Options.Budget.First,
		Formats: r.Options.AssertFormats, JSON: r.Options.JSON,
	}
	if k.Old == (SchemaKey{}) {
		k.Old = KeyOf(v.Parsed)
	}
	if k.New == (SchemaKey{}) {
		k.New = KeyOf(r.Candidate)
		r.Key = k.New
	}
	if names := r.Options.EventMessages; len(names) > 0 {
		names = slices.Clone(names)
		slices.Sort(names)
		k.EventNames = strings.Join(names, ",")
	}
	return k, true
}

// Size estimates the bytes of memory that keeping the pair costs, without the
// text of the old version.
func (p *Pair) Size() int {
	const pair, finding = 400, 600
	n := pair
	for i := range p.Findings {
		f := &p.Findings[i]
		n += finding + len(f.Description) + len(f.Additional)
		if f.Break != nil && f.Break.Witness != nil {
			n += len(f.Break.Witness.Value) + len(f.Break.Witness.Binary)
		}
	}
	return n
}
