package avro

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Sample generates a valid event in Avro's JSON encoding and in binary. Seed 0
// gives a small event that shows every field: zeros, one element in each
// collection, the branch that is not null.
func (s *Schema) Sample(seed uint64) (schema.Sample, error) {
	root := s.program().root
	if root.height == infinite {
		return schema.Sample{}, &schema.Error{
			What: "no event exists: the type needs itself or an empty enum or union", Position: s.Root.Position,
			Hint: "make the recursive field optional by a union with null, or give the enum a symbol",
		}
	}
	g := &generator{program: s.program(), random: random{seed}, plain: seed == 0, limits: &s.limits}
	g.value(root, 0)
	if g.broken == "" && len(g.binary) > s.limits.EventBytes && s.limits.EventBytes > 0 {
		g.broken = "event-bytes"
	}
	if g.broken != "" {
		return schema.Sample{}, &schema.Error{
			What: "the smallest event of this schema exceeds limits." + g.broken, Limit: g.broken,
			Position: s.Root.Position, Hint: "the schema repeats required parts too often",
		}
	}
	return schema.Sample{JSON: g.json, Binary: g.binary}, nil
}

const (
	// sampleDepth and sampleValues are where the generator stops choosing and
	// goes for the least value.
	sampleDepth  = 6
	sampleValues = 1000
)

type generator struct {
	program *program
	random  random
	plain   bool
	limits  *schema.Limits
	values  int
	json    []byte
	binary  []byte
	broken  string // the limit that even the least event exceeds
}

// least reports whether only the smallest choice may be made now.
func (g *generator) least(depth int) bool { return depth >= sampleDepth || g.values > sampleValues }

func (g *generator) value(o *op, depth int) {
	if g.broken != "" {
		return
	}
	if g.values++; g.limits.EventNodes > 0 && g.values > g.limits.EventNodes {
		g.broken = "event-nodes"
		return
	}
	switch o.kind {
	case Null:
		g.json = append(g.json, "null"...)
	case Boolean:
		b := !g.plain && g.random.next()&1 == 1
		g.json = strconv.AppendBool(g.json, b)
		g.binary = append(g.binary, boolByte(b))
	case Int, Long:
		g.integer(o)
	case Float, Double:
		g.float(o)
	case Bytes, Fixed:
		g.bytes(o)
	case String:
		g.string(o)
	case Enum:
		i := 0
		if !g.plain {
			i = g.random.below(len(o.node.Symbols))
		}
		g.binary = binary.AppendVarint(g.binary, int64(i))
		g.json = jsonx.AppendQuoted(g.json, o.node.Symbols[i])
	case Union:
		g.union(o, depth)
	default:
		if depth++; g.limits.EventDepth > 0 && depth > g.limits.EventDepth {
			g.broken = "event-depth"
			return
		}
		if o.kind == Record {
			g.record(o, depth)
		} else {
			g.collection(o, depth)
		}
	}
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (g *generator) record(o *op, depth int) {
	g.json = append(g.json, '{')
	for i, f := range o.node.Fields {
		if i > 0 {
			g.json = append(g.json, ',')
		}
		g.json = append(jsonx.AppendQuoted(g.json, f.Name), ':')
		g.value(&g.program.ops[f.Type.id], depth)
		if g.broken != "" {
			return
		}
	}
	g.json = append(g.json, '}')
}

func (g *generator) union(o *op, depth int) {
	i := g.branch(o, depth)
	g.binary = binary.AppendVarint(g.binary, int64(i))
	part := o.parts[i]
	if part.kind == Null {
		g.value(part, depth)
		return
	}
	g.json = append(jsonx.AppendQuoted(append(g.json, '{'), part.node.TypeName()), ':')
	g.value(part, depth)
	g.json = append(g.json, '}')
}

func (g *generator) branch(o *op, depth int) int {
	lowest, firstValue, possible := -1, -1, 0
	for i, part := range o.parts {
		if part.height == infinite {
			continue
		}
		possible++
		if lowest < 0 || part.height < o.parts[lowest].height {
			lowest = i
		}
		if firstValue < 0 && part.kind != Null {
			firstValue = i
		}
	}
	switch {
	case g.least(depth):
		return lowest
	case g.plain && firstValue >= 0:
		return firstValue
	case g.plain:
		return lowest
	}
	pick := g.random.below(possible)
	for i, part := range o.parts {
		if part.height == infinite {
			continue
		}
		if pick == 0 {
			return i
		}
		pick--
	}
	return lowest
}

func (g *generator) collection(o *op, depth int) {
	item, count := o.parts[0], 1
	if !g.plain {
		count = g.random.below(4)
	}
	if g.least(depth) || item.height == infinite {
		count = 0
	}
	start, end := byte('['), byte(']')
	if o.kind == Map {
		start, end = '{', '}'
	}
	g.json = append(g.json, start)
	if count > 0 {
		g.binary = binary.AppendVarint(g.binary, int64(count))
	}
	for i := range count {
		if i > 0 {
			g.json = append(g.json, ',')
		}
		if o.kind == Map {
			key := "k" + strconv.Itoa(i)
			g.json = append(jsonx.AppendQuoted(g.json, key), ':')
			g.binary = append(binary.AppendVarint(g.binary, int64(len(key))), key...)
		}
		g.value(item, depth)
		if g.broken != "" {
			return
		}
	}
	g.binary = append(g.binary, 0)
	g.json = append(g.json, end)
}

// integer draws boundary values often, because that is where readers differ.
func (g *generator) integer(o *op) {
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	if o.kind == Int {
		lo, hi = math.MinInt32, math.MaxInt32
	}
	switch o.node.Logical.Type {
	case "time-millis":
		lo, hi = 0, 86_399_999
	case "time-micros":
		lo, hi = 0, 86_399_999_999
	}
	var v int64
	if !g.plain {
		switch g.random.below(8) {
		case 0:
			v = lo
		case 1:
			v = hi
		case 2, 3:
			v = int64(g.random.below(1 << 31))
		case 4:
			v = int64(g.random.next())
		default:
			v = int64(g.random.below(200)) - 100
		}
		if v < lo || v > hi {
			v = int64(g.random.below(86_400_000))
		}
	}
	g.binary = binary.AppendVarint(g.binary, v)
	g.json = strconv.AppendInt(g.json, v, 10)
}

func (g *generator) float(o *op) {
	var v float64
	if !g.plain {
		v = float64(int64(g.random.below(2_000_001))-1_000_000) / float64(int(1)<<g.random.below(12))
	}
	if o.kind == Float {
		f := float32(v)
		g.binary = binary.LittleEndian.AppendUint32(g.binary, math.Float32bits(f))
		g.json = strconv.AppendFloat(g.json, float64(f), 'g', -1, 32)
		return
	}
	g.binary = binary.LittleEndian.AppendUint64(g.binary, math.Float64bits(v))
	g.json = strconv.AppendFloat(g.json, v, 'g', -1, 64)
}

func (g *generator) bytes(o *op) {
	var v []byte
	switch {
	case o.node.Logical.Type == "decimal":
		v = g.decimal(o)
	case o.kind == Fixed:
		v = make([]byte, o.size)
	case o.node.Logical.Type == "big-decimal":
		v = []byte{2, 0, 0} // the unscaled value 0 as one byte, scale 0
	case g.plain:
	default:
		v = make([]byte, g.random.below(9))
	}
	if !g.plain && o.node.Logical.Type == "" {
		for i := range v {
			v[i] = byte(g.random.next())
		}
	}
	if o.kind == Bytes {
		g.binary = binary.AppendVarint(g.binary, int64(len(v)))
	}
	g.binary = append(g.binary, v...)
	g.json = appendBytes(g.json, v)
}

// decimal draws an unscaled value of at most the precision's digits.
func (g *generator) decimal(o *op) []byte {
	unscaled := new(big.Int)
	if !g.plain {
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(min(o.node.Logical.Precision, 38))), nil)
		for range 3 {
			unscaled.Lsh(unscaled, 64).Add(unscaled, new(big.Int).SetUint64(g.random.next()))
		}
		unscaled.Mod(unscaled, limit)
		if g.random.next()&1 == 1 {
			unscaled.Neg(unscaled)
		}
	}
	size := unscaled.BitLen()/8 + 1
	if o.kind == Fixed {
		size = o.size
	}
	return twosComplement(unscaled, size)
}

// twosComplement writes v big-endian in size bytes, which must hold it.
func twosComplement(v *big.Int, size int) []byte {
	if v.Sign() < 0 {
		v = new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return v.FillBytes(make([]byte, size))
}

// appendBytes prints bytes as Avro's JSON encoding does: one character from
// U+0000 to U+00FF each.
func appendBytes(dst, v []byte) []byte {
	runes := make([]rune, len(v))
	for i, b := range v {
		runes[i] = rune(b)
	}
	return jsonx.AppendQuoted(dst, string(runes))
}

func (g *generator) string(o *op) {
	v := "a"
	switch {
	case o.node.Logical.Type == "uuid":
		hi, lo := uint64(0), uint64(0)
		if !g.plain {
			hi, lo = g.random.next(), g.random.next()
		}
		hi, lo = hi&^0xf000|0x4000, lo&^(3<<62)|2<<62 // version 4, variant 1
		v = fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
	case !g.plain:
		letters := []rune("abcdefghijklmnopqrstuvwxyz0123456789 _-\"\\\n<é漢😀")
		text := make([]rune, g.random.below(12))
		for i := range text {
			text[i] = letters[g.random.below(len(letters))]
		}
		v = string(text)
	}
	g.binary = append(binary.AppendVarint(g.binary, int64(len(v))), v...)
	g.json = jsonx.AppendQuoted(g.json, v)
}
