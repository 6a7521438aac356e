package oracle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// The values of Avro types: nil, bool, int64 (int and long), float64 (float and
// double), []byte (bytes and fixed), string (and the symbol of an enum), []any
// (array, and a record's fields in order), []entry, choice.
type (
	entry struct {
		key   string
		value any
	}
	choice struct {
		branch int
		value  any
	}
)

var (
	drawnInts    = []int64{0, 1, -1, 5, 100, 16777216, 16777217, -16777217, math.MaxInt32, math.MinInt32}
	drawnLongs   = []int64{0, 1, -7, 16777217, 1 << 31, 9007199254740992, 9007199254740993, -9007199254740993, math.MaxInt64, math.MinInt64}
	drawnFloats  = []float64{0, 0.5, -1.75, 3, 1048576}
	drawnStrings = []string{"", "a", "ü", "123e4567-e89b-12d3-a456-426614174000", "A", "long enough"}
	drawnBytes   = []string{"", "a", "\xff", "\x04\xd2", "\x00", "\x80", "ok", "\x63"}
)

// event draws a value of a type; there is none if the type leads back to itself
// whatever one does, or nearly so.
func (a *avroArtist) event(t *avroType) (v any, ok bool) {
	a.stuck = false
	v = a.value(t, 5)
	return v, !a.stuck
}

// value draws a value. Where depth is used up, collections are empty.
func (a *avroArtist) value(t *avroType, depth int) any {
	if a.stuck = a.stuck || depth < -20; a.stuck {
		return nil
	}
	switch t.kind {
	case "null":
		return nil
	case "boolean":
		return a.IntN(2) == 0
	case "int":
		return drawnInts[a.IntN(len(drawnInts))]
	case "long":
		return drawnLongs[a.IntN(len(drawnLongs))]
	case "float", "double":
		return drawnFloats[a.IntN(len(drawnFloats))]
	case "bytes":
		if t.logical == "decimal" {
			return a.decimal(t.digits)
		}
		return []byte(a.of(drawnBytes...))
	case "string":
		if t.logical == "uuid" {
			return drawnStrings[3]
		}
		return a.of(drawnStrings...)
	case "enum":
		return a.of(t.symbols...)
	case "fixed":
		b := make([]byte, t.size)
		for i := range b {
			b[i] = byte(a.IntN(256))
		}
		return b
	default:
		return a.compound(t, depth)
	}
}

func (a *avroArtist) compound(t *avroType, depth int) any {
	n := a.IntN(3)
	if depth <= 0 {
		n = 0
	}
	switch t.kind {
	case "array":
		out := make([]any, n)
		for i := range out {
			out[i] = a.value(t.parts[0], depth-1)
		}
		return out
	case "map":
		out := make([]entry, n)
		for i := range out {
			out[i] = entry{fmt.Sprintf("k%d", i), a.value(t.parts[0], depth-1)}
		}
		return out
	case "union":
		i := a.IntN(len(t.parts))
		if depth <= 0 && t.parts[0].kind == "null" {
			i = 0
		}
		return choice{i, a.value(t.parts[i], depth-1)}
	default:
		out := make([]any, len(t.fields))
		for i, f := range t.fields {
			out[i] = a.value(f.typ, depth-1)
		}
		return out
	}
}

// decimal draws a number of at most that many digits in two's complement.
func (a *avroArtist) decimal(digits int) []byte {
	most := int64(math.Pow10(digits)) - 1
	n := []int64{0, 1, -1, most, -most, 10, most / 7}[a.IntN(7)]
	return binary.BigEndian.AppendUint32(nil, uint32(int32(n)))
}

// appendAvro writes a value in Avro's binary encoding.
func appendAvro(dst []byte, t *avroType, v any) []byte {
	switch t.kind {
	case "null":
		return dst
	case "boolean":
		if v.(bool) {
			return append(dst, 1)
		}
		return append(dst, 0)
	case "int", "long":
		return binary.AppendVarint(dst, v.(int64))
	case "float":
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v.(float64))))
	case "double":
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.(float64)))
	case "bytes":
		return append(binary.AppendVarint(dst, int64(len(v.([]byte)))), v.([]byte)...)
	case "string":
		return append(binary.AppendVarint(dst, int64(len(v.(string)))), v.(string)...)
	case "fixed":
		return append(dst, v.([]byte)...)
	case "enum":
		for i, s := range t.symbols {
			if s == v.(string) {
				return binary.AppendVarint(dst, int64(i))
			}
		}
	case "union":
		c := v.(choice)
		return appendAvro(binary.AppendVarint(dst, int64(c.branch)), t.parts[c.branch], c.value)
	case "array":
		list := v.([]any)
		if len(list) > 0 {
			dst = binary.AppendVarint(dst, int64(len(list)))
		}
		for _, x := range list {
			dst = appendAvro(dst, t.parts[0], x)
		}
		return append(dst, 0)
	case "map":
		list := v.([]entry)
		if len(list) > 0 {
			dst = binary.AppendVarint(dst, int64(len(list)))
		}
		for _, x := range list {
			dst = append(binary.AppendVarint(dst, int64(len(x.key))), x.key...)
			dst = appendAvro(dst, t.parts[0], x.value)
		}
		return append(dst, 0)
	case "record":
		for i, f := range t.fields {
			dst = appendAvro(dst, f.typ, v.([]any)[i])
		}
		return dst
	}
	panic("oracle: no value of " + t.kind)
}

// avroReader takes a value apart from its bytes.
type avroReader struct {
	data []byte
	err  error
}

// parseAvro reads a whole event.
func parseAvro(t *avroType, data []byte) (any, error) {
	r := avroReader{data: data}
	v := r.value(t, 0)
	if r.err == nil && len(r.data) > 0 {
		r.err = fmt.Errorf("%d bytes are left over", len(r.data))
	}
	return v, r.err
}

func (r *avroReader) fail(what string) {
	if r.err == nil {
		r.err = errors.New(what)
	}
	r.data = nil
}

func (r *avroReader) long() int64 {
	v, n := binary.Varint(r.data)
	if n <= 0 {
		r.fail("no number")
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *avroReader) take(n int64) []byte {
	if n < 0 || n > int64(len(r.data)) {
		r.fail("too short")
		return make([]byte, max(min(n, 64), 0))
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *avroReader) value(t *avroType, depth int) any {
	if depth > 100 || r.err != nil {
		r.fail("too deep")
		return nil
	}
	switch t.kind {
	case "null":
		return nil
	case "boolean":
		return r.take(1)[0] == 1
	case "int", "long":
		return r.long()
	case "float":
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(r.take(4))))
	case "double":
		return math.Float64frombits(binary.LittleEndian.Uint64(r.take(8)))
	case "bytes":
		return r.take(r.long())
	case "string":
		return strings.Clone(string(r.take(r.long())))
	case "fixed":
		return r.take(int64(t.size))
	case "enum", "union":
		i := r.long()
		if i < 0 || i >= int64(len(t.symbols)+len(t.parts)) {
			r.fail("no such symbol or branch")
			return nil
		}
		if t.kind == "enum" {
			return t.symbols[i]
		}
		return choice{int(i), r.value(t.parts[i], depth+1)}
	case "array":
		out := []any{}
		for n := r.long(); n != 0 && r.err == nil; n = r.long() {
			for range n {
				out = append(out, r.value(t.parts[0], depth+1))
			}
		}
		return out
	case "map":
		out := []entry{}
		for n := r.long(); n != 0 && r.err == nil; n = r.long() {
			for range n {
				key := string(r.take(r.long()))
				out = append(out, entry{key, r.value(t.parts[0], depth+1)})
			}
		}
		return out
	default:
		out := make([]any, len(t.fields))
		for i, f := range t.fields {
			out[i] = r.value(f.typ, depth+1)
		}
		return out
	}
}
