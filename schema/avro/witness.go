package avro

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// leaf is the value at the place that a witness is about.
type leaf struct {
	kind   leafKind
	number int64
	symbol string
	digits *big.Int
}

type leafKind uint8

const (
	leafLeast   leafKind = iota // any value shows the problem
	leafNumber                  // of an int or long
	leafSymbol                  // of an enum
	leafDecimal                 // unscaled
	leafNoText                  // bytes that are no UTF-8
)

// leaf chooses the boundary value that shows a problem.
func (a *answer) leaf(at int, p *problem) leaf {
	w, r := a.ways[at].edge.w, a.ways[at].edge.r
	switch p.kind {
	case KindTypeWidenedLossy:
		if r.kind == Double {
			return leaf{kind: leafNumber, number: 1<<53 + 1}
		}
		return leaf{kind: leafNumber, number: 1<<24 + 1}
	case KindBytesToString:
		return leaf{kind: leafNoText}
	case KindSymbolMissing:
		return leaf{kind: leafSymbol, symbol: w.node.Symbols[p.index]}
	case KindLogicalChanged:
		if temporal(w.node.Logical.Type, 0) == temporal(r.node.Logical.Type, 0) {
			return leaf{kind: leafNumber, number: 1} // zero is zero in every unit
		}
	case KindDecimalScale:
		digits := "1234"
		if n := min(w.node.Logical.Precision, r.node.Logical.Precision); n < len(digits) {
			digits = digits[:n]
		}
		n, _ := strconv.ParseInt(digits, 10, 64)
		return leaf{kind: leafDecimal, digits: big.NewInt(n)}
	case KindDecimalPrecision:
		return leaf{kind: leafDecimal, digits: new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.node.Logical.Precision)), nil)}
	}
	return leaf{}
}

// builder writes the least event of the writer, in Avro's JSON encoding, that
// passes through a list of edges and ends in a leaf. Whatever is too large or
// too deep sets over.
type builder struct {
	program *program
	out     []byte
	over    bool
}

func (b *builder) admit(depth int) bool {
	if depth > schema.MaxWitnessDepth || len(b.out) > schema.MaxWitnessBytes {
		b.over = true
	}
	return !b.over
}

// along follows the edges from o; what lies beside them takes least values. It
// goes no deeper than depth allows, since every other edge at least enters a
// record, an array or a map.
func (b *builder) along(o *op, edges []edge, end leaf, depth int) {
	if !b.admit(depth) {
		return
	}
	if len(edges) == 0 {
		b.end(o, end)
		return
	}
	e := edges[0]
	switch {
	case e.kind == edgeBranch && e.from < 0: // the union is the reader's
		b.along(o, edges[1:], end, depth)
	case e.kind == edgeBranch:
		b.branch(o.parts[e.from], func(part *op) { b.along(part, edges[1:], end, depth) })
	case e.kind == edgeField:
		b.out = append(b.out, '{')
		for i, f := range o.node.Fields {
			b.name(i, f.Name)
			part := &b.program.ops[f.Type.id]
			if i == e.from {
				b.along(part, edges[1:], end, depth+1)
			} else {
				b.least(part, depth+1)
			}
		}
		b.out = append(b.out, '}')
	case o.kind == Map:
		b.out = append(b.out, `{"":`...)
		b.along(o.parts[0], edges[1:], end, depth+1)
		b.out = append(b.out, '}')
	default:
		b.out = append(b.out, '[')
		b.along(o.parts[0], edges[1:], end, depth+1)
		b.out = append(b.out, ']')
	}
}

func (b *builder) name(i int, name string) {
	if i > 0 {
		b.out = append(b.out, ',')
	}
	b.out = append(jsonx.AppendQuoted(b.out, name), ':')
}

func (b *builder) branch(part *op, value func(*op)) {
	if part.kind == Null {
		value(part)
		return
	}
	b.out = append(jsonx.AppendQuoted(append(b.out, '{'), part.node.TypeName()), ':')
	value(part)
	b.out = append(b.out, '}')
}

func (b *builder) end(o *op, end leaf) {
	switch end.kind {
	case leafNumber:
		b.out = strconv.AppendInt(b.out, end.number, 10)
	case leafSymbol:
		b.out = jsonx.AppendQuoted(b.out, end.symbol)
	case leafDecimal:
		b.decimal(o, end.digits)
	case leafNoText:
		b.out = appendBytes(b.out, []byte{0xff})
	default:
		b.least(o, 0)
	}
}

// decimal writes an unscaled value, or a fixed that ends in it.
func (b *builder) decimal(o *op, unscaled *big.Int) {
	size := unscaled.BitLen()/8 + 1
	if o.kind == Fixed {
		if o.size > schema.MaxWitnessBytes {
			b.over = true
			return
		}
		size = o.size
	}
	b.out = appendBytes(b.out, twosComplement(unscaled, size))
}

// zeroUUID is the least UUID.
const zeroUUID = "00000000-0000-0000-0000-000000000000"

// least writes the least value of a type: zero, nothing, the first symbol, null
// or the flattest branch.
func (b *builder) least(o *op, depth int) {
	if !b.admit(depth) {
		return
	}
	switch o.kind {
	case Null:
		b.out = append(b.out, "null"...)
	case Boolean:
		b.out = append(b.out, "false"...)
	case Int, Long, Float, Double:
		b.out = append(b.out, '0')
	case String:
		text := ""
		if o.node.Logical.Type == "uuid" {
			text = zeroUUID
		}
		b.out = jsonx.AppendQuoted(b.out, text)
	case Bytes:
		b.bytes(o)
	case Fixed:
		b.decimal(o, new(big.Int))
	case Enum:
		b.out = jsonx.AppendQuoted(b.out, o.node.Symbols[0])
	case Array:
		b.out = append(b.out, "[]"...)
	case Map:
		b.out = append(b.out, "{}"...)
	case Union:
		b.branch(flattest(o), func(part *op) { b.least(part, depth) })
	case Record:
		b.out = append(b.out, '{')
		for i, f := range o.node.Fields {
			b.name(i, f.Name)
			b.least(&b.program.ops[f.Type.id], depth+1)
			if b.over {
				return
			}
		}
		b.out = append(b.out, '}')
	}
}

func (b *builder) bytes(o *op) {
	switch o.node.Logical.Type {
	case "decimal":
		b.decimal(o, new(big.Int))
	case "big-decimal":
		b.out = appendBytes(b.out, []byte{2, 0, 0})
	default:
		b.out = append(b.out, `""`...)
	}
}

// flattest is the branch with the least nesting, null before others.
func flattest(union *op) *op {
	var best *op
	for _, part := range union.parts {
		if best == nil || part.height < best.height || part.height == best.height && part.kind == Null {
			best = part
		}
	}
	return best
}

// tooLarge says why there is no witness.
func tooLarge(path, why string) *schema.Undecided {
	return &schema.Undecided{
		Reason: schema.ReasonWitnessSize, Path: path,
		What: strings.TrimSpace("the least event that reaches this place is too large or too deep to be shown " + why),
	}
}
