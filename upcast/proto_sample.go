package upcast

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// protoSampler generates events of a message: what every writer may write, and
// what few think of. The same seed gives the same event.
type protoSampler struct {
	state  uint64
	budget int
	// plain leaves out what only hostile or newer writers write.
	plain bool
}

// The sizes of a sample: how deep it goes where the message leaves a choice, and
// how many values it has.
const (
	sampleDepth  = 8
	sampleValues = 400
)

// sampleProto generates an event; false if the message requires itself.
func sampleProto(t *plan.Type, seed uint64) (plan.Value, bool) {
	s := &protoSampler{state: seed, budget: sampleValues, plain: seed%2 == 0}
	if seed == 0 {
		s.budget = 0
	}
	return s.record(t, 0)
}

// next returns a number below n (splitmix64).
func (s *protoSampler) next(n uint64) uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) % n
}

// maxRequired bounds the nesting of what is required.
const maxRequired = 24

func (s *protoSampler) record(t *plan.Type, depth int) (plan.Value, bool) {
	if depth > maxRequired {
		return nil, false
	}
	out := &plan.Rec{Type: t, Fields: make([]plan.Value, len(t.Fields))}
	for i := range t.Fields {
		f := &t.Fields[i]
		required := !f.Optional && !f.HasDefault
		if !required && (s.budget <= 0 || depth >= sampleDepth || s.next(4) == 0) {
			out.Fields[i] = plan.Absent
			if f.HasDefault {
				out.Fields[i] = f.Default
			}
			continue
		}
		s.budget--
		v, ok := s.value(f.Type, depth)
		switch {
		case ok:
			out.Fields[i] = v
		case required:
			return nil, false
		case f.HasDefault:
			out.Fields[i] = f.Default
		default:
			out.Fields[i] = plan.Absent
		}
	}
	if !s.plain && s.next(4) == 0 {
		out.Rest = s.unknown(t)
	}
	return out, true
}

// unknown makes fields that the message does not declare, or declares as another
// type; the decoder says which of them are unknown.
func (s *protoSampler) unknown(t *plan.Type) []plan.Entry {
	number := 1 + int(s.next(24))
	if s.next(4) == 0 {
		number = 1 + int(s.next(1<<29-1))
	}
	return plan.UnknownProto(t, number, int(s.next(4)), s.next(1<<20))
}

func (s *protoSampler) value(t *plan.Type, depth int) (plan.Value, bool) {
	switch t.Kind {
	case plan.Record:
		return s.record(t, depth+1)
	case plan.List:
		out := []plan.Value{}
		for range s.next(4) {
			if v, ok := s.value(t.Elem, depth); ok {
				out = append(out, v)
			}
		}
		return out, true
	case plan.Map:
		out := plan.Entries{}
		for i := range s.next(3) {
			if v, ok := s.value(t.Elem, depth); ok {
				out = append(out, plan.Entry{Key: s.key(t.Key, int(i)), Value: v})
			}
		}
		return &out, true
	case plan.Union:
		b := t.Branches[s.next(uint64(len(t.Branches)))]
		v, ok := s.value(b.Type, depth)
		return &plan.Tagged{Branch: b.Name, Value: v}, ok
	default:
		return s.scalar(t), true
	}
}

// key is the text of a key; i tells the keys of one map apart.
func (s *protoSampler) key(t *plan.Type, i int) string {
	switch t.Kind {
	case plan.Bool:
		return strconv.FormatBool(i == 1)
	case plan.Int, plan.Uint:
		return strconv.Itoa(i + 10*int(s.next(8)))
	default:
		return fmt.Sprint(s.word(), i)
	}
}

func (s *protoSampler) scalar(t *plan.Type) plan.Value {
	switch t.Kind {
	case plan.Bool:
		return s.next(2) == 0
	case plan.Int:
		return s.integer(t.Bits)
	case plan.Uint:
		return [...]uint64{0, 1, 127, 128, 300, math.MaxUint32, math.MaxUint32 << (t.Bits - 32), math.MaxUint64 >> (64 - t.Bits)}[s.next(8)]
	case plan.Float:
		return s.float(t.Bits)
	case plan.Enum:
		if !s.plain && t.Open && s.next(4) == 0 {
			v, _ := t.SymbolOf(int32(s.next(1<<33)) >> s.next(31))
			return v
		}
		return plan.Symbol(t.Symbols[s.next(uint64(len(t.Symbols)))])
	case plan.Bytes:
		if !s.plain && s.next(3) == 0 {
			return []byte{0xff, byte(s.next(256))}
		}
		return []byte(s.word())
	default:
		return s.word()
	}
}

func (s *protoSampler) integer(bits int) plan.Value {
	top := int64(math.MaxInt64) >> (64 - bits)
	switch s.next(8) {
	case 0:
		return int64(0)
	case 1:
		return top
	case 2:
		return -top - 1
	case 3:
		return int64(-1)
	default:
		return int64(s.next(1000)) - 300
	}
}

func (s *protoSampler) float(bits int) plan.Value {
	largest := math.MaxFloat64
	if bits == 32 {
		largest = math.MaxFloat32
	}
	odd := [...]float64{0, math.Copysign(0, -1), largest, math.Inf(1), math.Inf(-1), math.NaN()}
	if i := s.next(16); i < uint64(len(odd)) && !s.plain {
		return odd[i]
	}
	return float64(s.next(1000))/4 - 100
}

func (s *protoSampler) word() string {
	if !s.plain && s.next(6) == 0 {
		return [...]string{"", "\x00", "é", "\U0001f600", strings.Repeat("long ", 40)}[s.next(5)]
	}
	return "abcdefgh"[:1+s.next(8)]
}
