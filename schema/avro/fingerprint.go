package avro

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// parsingCanonicalForm is the text that the specification defines fingerprints
// on: full names, only what reading needs, a fixed attribute order.
func parsingCanonicalForm(root *Node) []byte {
	p := &printer{done: map[*Node]bool{}}
	p.canonicalForm(root)
	return p.out
}

func (p *printer) canonicalForm(n *Node) {
	if n.Kind.IsNamed() && p.byName(n) {
		p.out = jsonx.AppendQuoted(p.out, n.Name)
		return
	}
	switch n.Kind {
	case Union:
		p.out = append(p.out, '[')
		for i, b := range n.Branches {
			if i > 0 {
				p.out = append(p.out, ',')
			}
			p.canonicalForm(b)
		}
		p.out = append(p.out, ']')
	case Array, Map:
		p.out = append(p.out, '{')
		p.text("type", n.Kind.String())
		p.key(map[Kind]string{Array: "items", Map: "values"}[n.Kind])
		p.canonicalForm(n.Items)
		p.out = append(p.out, '}')
	case Record, Enum, Fixed:
		p.out = append(p.out, '{')
		p.text("name", n.Name)
		p.text("type", n.Kind.String())
		switch n.Kind {
		case Enum:
			p.names("symbols", n.Symbols)
		case Fixed:
			p.key("size")
			p.out = strconv.AppendInt(p.out, int64(n.Size), 10)
		case Record:
			p.key("fields")
			p.out = append(p.out, '[')
			for i, f := range n.Fields {
				if i > 0 {
					p.out = append(p.out, ',')
				}
				p.out = append(p.out, '{')
				p.text("name", f.Name)
				p.key("type")
				p.canonicalForm(f.Type)
				p.out = append(p.out, '}')
			}
			p.out = append(p.out, ']')
		}
		p.out = append(p.out, '}')
	default:
		p.out = jsonx.AppendQuoted(p.out, n.Kind.String())
	}
}

func fingerprints(form []byte) []schema.Fingerprint {
	crc := binary.LittleEndian.AppendUint64(nil, rabin(form))
	m := md5.Sum(form)
	s := sha256.Sum256(form)
	return []schema.Fingerprint{
		{Algorithm: "CRC-64-AVRO", Hex: hex.EncodeToString(crc)},
		{Algorithm: "MD5", Hex: hex.EncodeToString(m[:])},
		{Algorithm: "SHA-256", Hex: hex.EncodeToString(s[:])},
	}
}

// rabinEmpty is the fingerprint of the empty text; it is also the polynomial.
const rabinEmpty = 0xc15d213aa4d7a795

var rabinTable = func() (t [256]uint64) {
	for i := range t {
		f := uint64(i)
		for range 8 {
			f = f>>1 ^ rabinEmpty&-(f&1)
		}
		t[i] = f
	}
	return t
}()

// rabin is CRC-64-AVRO of the specification.
func rabin(data []byte) uint64 {
	f := uint64(rabinEmpty)
	for _, b := range data {
		f = f>>8 ^ rabinTable[byte(f)^b]
	}
	return f
}
