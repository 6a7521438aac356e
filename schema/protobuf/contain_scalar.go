package protobuf

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// meaning is what a scalar says, whatever its type: a number, a floating-point
// number or bytes. The zero value is that of a field without a value, which says
// the same as zero, false and empty text.
type meaning struct {
	class     meaningClass
	negative  bool
	magnitude uint64
	float     float64
	text      string
}

type meaningClass uint8

const (
	aNothing meaningClass = iota
	aNumber
	aFloat
	aText
)

func classOf(k protoreflect.Kind) meaningClass {
	switch k {
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return aFloat
	case protoreflect.StringKind, protoreflect.BytesKind:
		return aText
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return aNothing
	default:
		return aNumber
	}
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1
	}
	return uint64(n)
}

func number(n int64) meaning {
	return meaning{class: aNumber, negative: n < 0, magnitude: magnitude(n)}
}

func text(s string) meaning { return meaning{class: aText, text: s} }

// meaningOf reads a value of the runtime.
func meaningOf(k protoreflect.Kind, v protoreflect.Value) meaning {
	switch x := v.Interface().(type) {
	case bool:
		if x {
			return number(1)
		}
		return number(0)
	case int32:
		return number(int64(x))
	case int64:
		return number(x)
	case uint32:
		return meaning{class: aNumber, magnitude: uint64(x)}
	case uint64:
		return meaning{class: aNumber, magnitude: x}
	case protoreflect.EnumNumber:
		return number(int64(x))
	case float32:
		return meaning{class: aFloat, float: float64(x)}
	case float64:
		return meaning{class: aFloat, float: x}
	case string:
		return text(x)
	case []byte:
		return text(string(x))
	}
	return meaning{class: classOf(k)}
}

func (m meaning) zero() bool { return m.magnitude == 0 && m.float == 0 && m.text == "" }

func (m meaning) equal(o meaning) bool {
	switch {
	case m.zero() || o.zero():
		return m.zero() && o.zero()
	case m.class != o.class:
		return false
	case m.class == aFloat:
		return m.float == o.float || math.IsNaN(m.float) && math.IsNaN(o.float)
	}
	return m == o
}

// signed returns the number in two's complement.
func (m meaning) signed() int64 {
	if m.negative {
		return -int64(m.magnitude-1) - 1
	}
	return int64(m.magnitude)
}

// String shows a value in a sentence.
func (m meaning) String() string {
	switch m.class {
	case aNumber:
		if m.negative {
			return "-" + strconv.FormatUint(m.magnitude, 10)
		}
		return strconv.FormatUint(m.magnitude, 10)
	case aFloat:
		return strconv.FormatFloat(m.float, 'g', -1, 64)
	case aText:
		return strconv.Quote(clipped(m.text))
	default:
		return "nothing"
	}
}

// clipped shortens what a user named or wrote.
func clipped(s string) string {
	const longest = 200
	if len(s) <= longest {
		return s
	}
	s = s[:longest]
	for len(s) > 0 && !utf8.ValidString(s) && len(s) > longest-utf8.UTFMax {
		s = s[:len(s)-1]
	}
	return strings.ToValidUTF8(s, "\ufffd") + "…"
}

// span is the range of an integer type.
type span struct {
	least int64
	most  uint64
}

func spanOf(k protoreflect.Kind) span {
	switch k {
	case protoreflect.BoolKind:
		return span{0, 1}
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return span{0, math.MaxUint32}
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return span{0, math.MaxUint64}
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return span{math.MinInt64, math.MaxInt64}
	default:
		return span{math.MinInt32, math.MaxInt32}
	}
}

func (s span) holds(m meaning) bool {
	if m.negative {
		return m.signed() >= s.least
	}
	return m.magnitude <= s.most
}

// bits is the number that a value becomes on the wire.
func bits(k protoreflect.Kind, m meaning) uint64 {
	switch k {
	case protoreflect.FloatKind:
		return uint64(math.Float32bits(float32(m.float)))
	case protoreflect.DoubleKind:
		return math.Float64bits(m.float)
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return protowire.EncodeZigZag(m.signed())
	case protoreflect.Sfixed32Kind, protoreflect.Fixed32Kind:
		return uint64(uint32(m.signed()))
	default:
		return uint64(m.signed())
	}
}

// readBits is what a reader makes of a number on the wire.
func readBits(k protoreflect.Kind, u uint64) meaning {
	switch k {
	case protoreflect.BoolKind:
		return number(int64(min(u, 1)))
	case protoreflect.Int32Kind, protoreflect.EnumKind, protoreflect.Sfixed32Kind:
		return number(int64(int32(u)))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return meaning{class: aNumber, magnitude: uint64(uint32(u))}
	case protoreflect.Sint32Kind:
		return number(protowire.DecodeZigZag(u & math.MaxUint32))
	case protoreflect.Sint64Kind:
		return number(protowire.DecodeZigZag(u))
	case protoreflect.Int64Kind, protoreflect.Sfixed64Kind:
		return number(int64(u))
	case protoreflect.FloatKind:
		return meaning{class: aFloat, float: float64(math.Float32frombits(uint32(u)))}
	case protoreflect.DoubleKind:
		return meaning{class: aFloat, float: math.Float64frombits(u)}
	default:
		return meaning{class: aNumber, magnitude: u}
	}
}

// boundaries are the values of a scalar field at which readings part, the least
// first: 0 only where it is written at all.
func boundaries(w, r *fieldType) []meaning {
	switch classOf(w.kind) {
	case aFloat:
		return []meaning{{class: aFloat, float: 1}, {class: aFloat, float: 2}}
	case aText:
		return []meaning{text("a"), text("b")}
	case aNothing:
		return nil
	}
	var out []meaning
	written := func(m meaning) {
		if m.zero() && !w.presence && !w.many() {
			return
		}
		if w.enum != nil && w.enum.closed && w.enum.value(m.signed()) == nil {
			return
		}
		if spanOf(w.kind).holds(m) {
			out = append(out, m)
		}
	}
	if r.enum != nil && r.enum.closed {
		written(number(r.enum.free))
	}
	for _, n := range []int64{1, 2, -1, -2, 1 << 31, -1<<31 - 1, 1 << 32} {
		written(number(n))
	}
	written(meaning{class: aNumber, magnitude: 1 << 63})
	if w.enum != nil && w.enum.closed {
		for _, n := range w.enum.samples {
			written(number(n))
		}
	}
	written(number(0))
	return out
}

// misread is the least value that the reader takes for another one, or drops,
// where both sides have the same wire type.
func misread(w, r *fieldType) (meaning, bool) {
	for _, m := range boundaries(w, r) {
		got := readBits(r.kind, bits(w.kind, m))
		if r.enum != nil && r.enum.closed && r.enum.value(got.signed()) == nil {
			got = r.absent
			if r.many() {
				got = meaning{class: aNothing}
				if m.zero() && w.many() {
					return m, true // an element is dropped
				}
			}
		}
		if !m.equal(got) {
			return m, true
		}
	}
	return meaning{}, false
}

// dropped is the least value that is missed where the reader does not see the
// field at all.
func dropped(w, r *fieldType) (meaning, bool) {
	for _, m := range boundaries(w, r) {
		if !m.equal(r.absent) || w.many() && r.many() {
			return m, true
		}
	}
	return meaning{}, false
}
