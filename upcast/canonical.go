package upcast

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

// Canonical is the document as JSON without white space, keys sorted by UTF-16
// code units and numbers in their shortest exact decimal form. Comments, layout
// and the choice between YAML and JSON do not count.
func (d *Document) Canonical() string { return d.canonical }

// Hash identifies the document: "sha256:" and the digest of its canonical form.
func (d *Document) Hash() string {
	sum := sha256.Sum256([]byte(d.canonical))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func canonical(v *jsonx.Value) string { return string(appendCanonical(nil, v)) }

func appendCanonical(dst []byte, v *jsonx.Value) []byte {
	switch v.Kind {
	case jsonx.Number:
		return append(dst, canonicalNumber(v.Text)...)
	case jsonx.Array:
		dst = append(dst, '[')
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, item)
		}
		return append(dst, ']')
	case jsonx.Object:
		members := slices.Clone(v.Members)
		slices.SortFunc(members, func(a, b jsonx.Member) int { return jsonx.CompareUTF16(a.Key, b.Key) })
		dst = append(dst, '{')
		for i := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(jsonx.AppendQuoted(dst, members[i].Key), ':')
			dst = appendCanonical(dst, members[i].Value)
		}
		return append(dst, '}')
	default:
		return jsonx.Append(dst, v)
	}
}

// canonicalTree is a literal as its canonical form says it: documents of one hash
// give the same images, to the byte.
func canonicalTree(v *jsonx.Value) *jsonx.Value {
	out := *v
	switch v.Kind {
	case jsonx.Number:
		out.Text = canonicalNumber(v.Text)
	case jsonx.Array:
		out.Items = make([]*jsonx.Value, len(v.Items))
		for i, x := range v.Items {
			out.Items[i] = canonicalTree(x)
		}
	case jsonx.Object:
		out.Members = slices.Clone(v.Members)
		slices.SortFunc(out.Members, func(a, b jsonx.Member) int { return jsonx.CompareUTF16(a.Key, b.Key) })
		for i := range out.Members {
			out.Members[i].Value = canonicalTree(out.Members[i].Value)
		}
	}
	return &out
}

// canonicalNumber prints equal numbers alike: 1.50 and 15e-1 as 1.5.
func canonicalNumber(text string) string {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	if r.Sign() == 0 && strings.HasPrefix(text, "-") {
		return "-0" // a double of its own
	}
	if r.IsInt() {
		return r.Num().String()
	}
	// A decimal has a finite expansion: as many places as the larger power of
	// two or five in the denominator.
	places := 0
	ten, power := big.NewInt(10), big.NewInt(1)
	for new(big.Int).Rem(power, r.Denom()).Sign() != 0 {
		power.Mul(power, ten)
		places++
	}
	return r.FloatString(places)
}
