package protobuf

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"
)

// sampleDepth is how deep generated messages go where the schema leaves a
// choice; required fields may take them deeper, up to the nesting limit.
const sampleDepth = 4

// Sample generates a valid event of the first message. The same seed gives the
// same event; seed 0 sets every field once, with the smallest values that show.
func (s *Schema) Sample(seed uint64) (schema.Sample, error) { return s.SampleOf(nil, seed) }

// SampleOf generates a valid event of the message that an index path names.
func (s *Schema) SampleOf(indexes []int, seed uint64) (schema.Sample, error) {
	w, err := s.Walker(indexes)
	if err != nil {
		return schema.Sample{}, err
	}
	g := &generator{state: seed, minimal: seed == 0, limit: s.opts.Limits.EventDepth / 2, budget: maxSampleFields}
	m := dynamicpb.NewMessage(w.md)
	if err := g.message(m, 1); err != nil {
		return schema.Sample{}, err
	}
	var out schema.Sample
	err = guarded("proto.Marshal", func() (err error) {
		out.Binary, err = proto.MarshalOptions{Deterministic: true}.Marshal(m)
		return err
	})
	if err != nil {
		return schema.Sample{}, &schema.Bug{Where: "generating a Protobuf sample", Cause: err}
	}
	if out.Binary == nil {
		out.Binary = []byte{}
	}
	if out.JSON, err = w.json(m); err != nil {
		return schema.Sample{}, &schema.Bug{Where: "printing a Protobuf sample", Cause: err}
	}
	return out, nil
}

// maxSampleFields bounds the size of a sample: beyond it only required fields
// are set.
const maxSampleFields = 2_000

// generator draws values from a sequence that the seed determines.
type generator struct {
	state   uint64
	minimal bool
	limit   int
	budget  int
}

// next returns a number below n (splitmix64).
func (g *generator) next(n uint64) uint64 {
	if g.minimal {
		return 0
	}
	g.state += 0x9e3779b97f4a7c15
	z := g.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) % n
}

func (g *generator) message(m protoreflect.Message, depth int) error {
	if depth > g.limit {
		return &schema.Error{
			What: fmt.Sprintf("message %s requires itself, so no event has it", m.Descriptor().FullName()),
			Path: string(m.Descriptor().FullName()), Hint: "make one field of the loop optional",
		}
	}
	if g.wellKnown(m) {
		return nil
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !g.wants(m, fd, depth) {
			continue
		}
		g.budget--
		if err := g.field(m, fd, depth); err != nil {
			return err
		}
	}
	return nil
}

// wants decides whether a field is set.
func (g *generator) wants(m protoreflect.Message, fd protoreflect.FieldDescriptor, depth int) bool {
	if fd.Cardinality() == protoreflect.Required {
		return true
	}
	deep := depth >= sampleDepth && (fd.Message() != nil || !g.minimal && g.next(2) == 0)
	if deep || g.budget <= 0 {
		return false
	}
	if oo := fd.ContainingOneof(); oo != nil && !oo.IsSynthetic() {
		// One member of each oneof: the first that a draw picks.
		return m.WhichOneof(oo) == nil && (g.minimal || g.next(2) == 0)
	}
	return g.minimal || g.next(4) != 0
}

func (g *generator) field(m protoreflect.Message, fd protoreflect.FieldDescriptor, depth int) error {
	switch {
	case fd.IsMap():
		entries := m.Mutable(fd).Map()
		for range 1 + g.next(2) {
			key := g.scalar(fd.MapKey()).MapKey()
			value := entries.NewValue()
			if fd.MapValue().Message() == nil {
				value = g.scalar(fd.MapValue())
			} else if err := g.message(value.Message(), depth+1); err != nil {
				return err
			}
			entries.Set(key, value)
		}
	case fd.IsList():
		list := m.Mutable(fd).List()
		for range 1 + g.next(3) {
			if fd.Message() == nil {
				list.Append(g.scalar(fd))
				continue
			}
			value := list.NewElement()
			if err := g.message(value.Message(), depth+1); err != nil {
				return err
			}
			list.Append(value)
		}
	case fd.Message() != nil:
		return g.message(m.Mutable(fd).Message(), depth+1)
	default:
		m.Set(fd, g.scalar(fd))
	}
	return nil
}

// scalar draws a value. Floating-point values are multiples of 1/4, which print
// and read exactly.
func (g *generator) scalar(fd protoreflect.FieldDescriptor) protoreflect.Value {
	small := 1 + g.next(1000)
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(g.next(2) == 0)
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(int(g.next(uint64(values.Len())))).Number())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(small) * g.sign())
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(small) * int64(g.sign()) * int64(1+g.next(1<<40)))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(small))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(small * (1 + g.next(1<<40)))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(small) * float32(g.sign()) / 4)
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(small) * float64(g.sign()) / 4)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(g.word()))
	default:
		return protoreflect.ValueOfString(g.word())
	}
}

func (g *generator) sign() int32 { return 1 - 2*int32(g.next(2)) }

func (g *generator) word() string {
	var b strings.Builder
	for range 1 + g.next(8) {
		b.WriteByte(byte('a' + g.next(26)))
	}
	return b.String()
}

// wellKnown fills the messages whose JSON form has rules of its own.
func (g *generator) wellKnown(m protoreflect.Message) bool {
	fields := m.Descriptor().Fields()
	set := func(number protoreflect.FieldNumber, v protoreflect.Value) { m.Set(fields.ByNumber(number), v) }
	switch m.Descriptor().FullName() {
	case "google.protobuf.Timestamp":
		set(1, protoreflect.ValueOfInt64(1_700_000_000+int64(g.next(100_000_000))))
		set(2, protoreflect.ValueOfInt32(int32(g.next(1000))*1_000_000))
	case "google.protobuf.Duration":
		set(1, protoreflect.ValueOfInt64(1+int64(g.next(100_000))))
	case "google.protobuf.FieldMask":
		m.Mutable(fields.ByNumber(1)).List().Append(protoreflect.ValueOfString(g.word()))
	case "google.protobuf.Value":
		set(3, protoreflect.ValueOfString(g.word()))
	case "google.protobuf.Struct":
		entries := m.Mutable(fields.ByNumber(1)).Map()
		value := entries.NewValue()
		g.wellKnown(value.Message())
		entries.Set(protoreflect.ValueOfString(g.word()).MapKey(), value)
	case "google.protobuf.ListValue":
		value := m.Mutable(fields.ByNumber(1)).List().AppendMutable()
		g.wellKnown(value.Message())
	case "google.protobuf.Any":
		// An empty Any is valid everywhere; a filled one needs a known type.
	default:
		return false
	}
	return true
}
