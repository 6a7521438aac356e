package api

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/instar-registry/instar/registry"
)

// Producers register and look up at every start what is there already, byte for
// byte. What such a body says depends on its bytes alone, neither on the state
// nor on the configuration, so it is decoded once; everything that decides
// about the answer is still asked each time.

// sentID names a body and what was read from it.
type sentID struct {
	sum  [sha256.Size]byte
	kind sentKind
}

// sentKind tells bodies of registrations from those of lookups, of which other
// properties are read.
type sentKind uint8

const (
	sentRegistration sentKind = iota + 1
	sentLookup
)

// The bounds of the memory of bodies.
const (
	sentEntries = 1 << 12
	sentBytes   = 8 << 20
)

func (id *sentID) hash() uint64 { return binary.LittleEndian.Uint64(id.sum[:8]) }

// readSent reads the body of a registration or lookup, from memory if it can. What
// it returns is shared and must not be changed.
func (x *request) readSent(kind sentKind) (*registry.Register, error) {
	body, err := x.readBody()
	if err != nil {
		return nil, err
	}
	id := sentID{sha256.Sum256(body), kind}
	if cmd, ok := x.api.sent.get(id.hash(), id); ok {
		return cmd, nil
	}
	d, err := x.decodeText(string(body))
	if err != nil {
		return nil, err
	}
	var cmd registry.Register
	if kind == sentRegistration {
		cmd, err = d.register()
	} else {
		cmd, err = d.lookup()
	}
	if err != nil {
		return nil, err
	}
	x.sentID, x.sentSize = id, int64(len(body))
	return &cmd, nil
}

// rememberSent keeps a body that named something which is there, since it is
// likely to come again.
func (x *request) rememberSent(cmd *registry.Register) {
	if x.sentSize > 0 {
		x.api.sent.put(x.sentID.hash(), x.sentID, cmd, 2*x.sentSize)
	}
}

// lookup reads the body of a lookup.
func (d *decoder) lookup() (registry.Register, error) {
	c, err := d.candidate(d.root)
	return registry.Register{
		Format: c.format, Text: c.text, References: c.references, Metadata: c.metadata, RuleSet: c.ruleSet,
	}, err
}
