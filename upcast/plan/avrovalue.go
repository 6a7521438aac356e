package plan

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
)

// DecodeAvro reads a binary event that schema/avro has walked. The error says at
// which byte it is none of the type.
func DecodeAvro(t *Type, event []byte) (Value, error) {
	d := avroDecoder{data: event}
	v, ok := d.value(t, 0)
	if !ok || d.at != len(event) {
		return nil, fmt.Errorf("the event is no %s at byte %d", t, d.at)
	}
	return v, nil
}

// maxValueDepth bounds the nesting of decoded values.
const maxValueDepth = 256

type avroDecoder struct {
	data []byte
	at   int
}

func (d *avroDecoder) long() (int64, bool) {
	n, size := binary.Varint(d.data[d.at:])
	if size <= 0 {
		return 0, false
	}
	d.at += size
	return n, true
}

func (d *avroDecoder) take(n int64) ([]byte, bool) {
	if n < 0 || n > int64(len(d.data)-d.at) {
		return nil, false
	}
	d.at += int(n)
	return d.data[d.at-int(n) : d.at], true
}

func (d *avroDecoder) bytes(size int) ([]byte, bool) {
	n, ok := int64(size), true
	if size == 0 {
		n, ok = d.long()
	}
	if !ok {
		return nil, false
	}
	return d.take(n)
}

func (d *avroDecoder) value(t *Type, depth int) (Value, bool) {
	if depth > maxValueDepth {
		return nil, false
	}
	switch t.Kind {
	case Null:
		return nil, true
	case Bool:
		b, ok := d.take(1)
		return ok && b[0] == 1, ok
	case Int:
		n, ok := d.long()
		return n, ok
	case Float:
		return d.float(t)
	case Decimal:
		b, ok := d.bytes(t.Size)
		return Dec{signed(b), t.Scale}, ok
	case Bytes:
		b, ok := d.bytes(t.Size)
		return append([]byte{}, b...), ok
	case String:
		b, ok := d.bytes(0)
		return string(b), ok
	case Enum:
		n, ok := d.long()
		if !ok || n < 0 || n >= int64(len(t.Symbols)) {
			return nil, false
		}
		return Symbol(t.Symbols[n]), true
	case Union:
		n, ok := d.long()
		if !ok || n < 0 || n >= int64(len(t.Branches)) {
			return nil, false
		}
		v, ok := d.value(t.Branches[n].Type, depth+1)
		return &Tagged{t.Branches[n].Name, v}, ok
	case Record:
		out := &Rec{Type: t, Fields: make([]Value, len(t.Fields))}
		for i := range t.Fields {
			v, ok := d.value(t.Fields[i].Type, depth+1)
			if !ok {
				return nil, false
			}
			out.Fields[i] = v
		}
		return out, true
	default:
		return d.collection(t, depth)
	}
}

func (d *avroDecoder) float(t *Type) (Value, bool) {
	b, ok := d.take(int64(t.Bits / 8))
	switch {
	case !ok:
		return nil, false
	case t.Bits == 32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), true
	default:
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), true
	}
}

func (d *avroDecoder) collection(t *Type, depth int) (Value, bool) {
	items, entries := []Value{}, Entries{}
	for {
		count, ok := d.long()
		if !ok {
			return nil, false
		}
		if count == 0 {
			break
		}
		if count < 0 {
			count = -count
			if _, ok := d.long(); !ok {
				return nil, false
			}
		}
		for ; count > 0; count-- {
			key := ""
			if t.Kind == Map {
				b, ok := d.bytes(0)
				if !ok {
					return nil, false
				}
				key = string(b)
			}
			v, ok := d.value(t.Elem, depth+1)
			if !ok {
				return nil, false
			}
			if t.Kind == Map {
				entries = append(entries, Entry{key, v})
			} else {
				items = append(items, v)
			}
		}
	}
	if t.Kind == Map {
		return &entries, true
	}
	return items, true
}

// EncodeAvro appends the binary encoding of a value of the type; each collection
// is one block.
func EncodeAvro(dst []byte, t *Type, v Value) ([]byte, error) {
	e := avroEncoder{out: dst}
	e.value(t, v)
	if e.err != nil {
		return dst, e.err
	}
	return e.out, nil
}

type avroEncoder struct {
	out []byte
	err error
}

func (e *avroEncoder) wrong(t *Type, v Value) {
	if e.err == nil {
		e.err = fmt.Errorf("a %T is no %s", v, t)
	}
}

func (e *avroEncoder) long(n int64) { e.out = binary.AppendVarint(e.out, n) }

func (e *avroEncoder) value(t *Type, v Value) {
	if e.err != nil {
		return
	}
	switch x := v.(type) {
	case nil:
		e.check(t.Kind == Null, t, v)
	case bool:
		if e.check(t.Kind == Bool, t, v) {
			e.out = append(e.out, boolByte(x))
		}
	case int64:
		if e.check(t.Kind == Int, t, v) {
			e.long(x)
		}
	case float64:
		e.float(t, x)
	case Dec:
		e.decimal(t, x)
	case []byte:
		if e.check(t.Kind == Bytes && (t.Size == 0 || t.Size == len(x)), t, v) {
			e.bytes(x, t.Size)
		}
	case string:
		if e.check(t.Kind == String, t, v) {
			e.bytes([]byte(x), 0)
		}
	case Symbol:
		e.symbol(t, x)
	case *Tagged:
		i := t.Branch(x.Branch)
		if e.check(t.Kind == Union && i >= 0, t, v) {
			e.long(int64(i))
			e.value(t.Branches[i].Type, x.Value)
		}
	case *Rec:
		if e.check(t.Kind == Record && len(x.Fields) == len(t.Fields), t, v) {
			for i := range t.Fields {
				e.value(t.Fields[i].Type, x.Fields[i])
			}
		}
	default:
		e.collection(t, v)
	}
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (e *avroEncoder) check(ok bool, t *Type, v Value) bool {
	if !ok {
		e.wrong(t, v)
	}
	return ok
}

func (e *avroEncoder) bytes(b []byte, size int) {
	if size == 0 {
		e.long(int64(len(b)))
	}
	e.out = append(e.out, b...)
}

func (e *avroEncoder) float(t *Type, f float64) {
	switch {
	case !e.check(t.Kind == Float, t, f):
	case t.Bits == 32:
		e.out = binary.LittleEndian.AppendUint32(e.out, math.Float32bits(float32(f)))
	default:
		e.out = binary.LittleEndian.AppendUint64(e.out, math.Float64bits(f))
	}
}

func (e *avroEncoder) symbol(t *Type, s Symbol) {
	for i, name := range t.Symbols {
		if t.Kind == Enum && name == string(s) {
			e.long(int64(i))
			return
		}
	}
	e.wrong(t, s)
}

func (e *avroEncoder) decimal(t *Type, d Dec) {
	if !e.check(t.Kind == Decimal && d.Scale == t.Scale, t, d) {
		return
	}
	b := twosComplement(d.Unscaled)
	if t.Size > 0 {
		if !e.check(len(b) <= t.Size, t, d) {
			return
		}
		pad := byte(0)
		if d.Unscaled.Sign() < 0 {
			pad = 0xff
		}
		for len(b) < t.Size {
			b = append([]byte{pad}, b...)
		}
	}
	e.bytes(b, t.Size)
}

// twosComplement is the shortest form, most significant byte first.
func twosComplement(n *big.Int) []byte {
	if n.Sign() >= 0 {
		b := n.Bytes()
		if len(b) == 0 || b[0]&0x80 != 0 {
			b = append([]byte{0}, b...)
		}
		return b
	}
	size := uint(new(big.Int).Not(n).BitLen()/8 + 1)
	return new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), 8*size)).Bytes()
}

func (e *avroEncoder) collection(t *Type, v Value) {
	switch x := v.(type) {
	case []Value:
		if !e.check(t.Kind == List, t, v) {
			return
		}
		if len(x) > 0 {
			e.long(int64(len(x)))
		}
		for _, item := range x {
			e.value(t.Elem, item)
		}
	case *Entries:
		if !e.check(t.Kind == Map, t, v) {
			return
		}
		if len(*x) > 0 {
			e.long(int64(len(*x)))
		}
		for i := range *x {
			e.bytes([]byte((*x)[i].Key), 0)
			e.value(t.Elem, (*x)[i].Value)
		}
	default:
		e.wrong(t, v)
		return
	}
	e.out = append(e.out, 0)
}
