package plan

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// every has a field of each kind, in each way.
const every = `edition = "2023"; package e;
enum Open { A = 0; B = 1; C = -5; }
message M {
  int32 i32 = 1; int64 i64 = 2 [features.field_presence = IMPLICIT]; uint32 u32 = 3; uint64 u64 = 4 [features.field_presence = IMPLICIT];
  sint32 s32 = 5; sint64 s64 = 6; fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10;
  float f = 11 [features.field_presence = IMPLICIT]; double d = 12 [features.field_presence = IMPLICIT]; bool b = 13; Open e = 14 [features.field_presence = IMPLICIT];
  string s = 15; string any = 16 [features.utf8_validation = NONE]; bytes raw = 17 [features.field_presence = IMPLICIT];
  repeated int32 li = 18; repeated sint64 ls = 19 [features.repeated_field_encoding = EXPANDED]; repeated string lt = 20; repeated Open le = 21; repeated M lm = 22;
  map<string, M> mm = 23; map<sint32, double> md = 24; map<bool, Open> me = 25; map<fixed64, bytes> mb = 26;
  M sub = 27; M group = 28 [features.message_encoding = DELIMITED]; repeated M groups = 300 [features.message_encoding = DELIMITED];
  oneof o { string os = 30; M om = 31; int32 oi = 32; Open oe = 33; M og = 34 [features.message_encoding = DELIMITED]; }
  N n = 40 [features.field_presence = EXPLICIT];
  message N { int32 must = 1 [features.field_presence = LEGACY_REQUIRED]; N next = 2; repeated N list = 3; map<string, N> map = 4; }
}`

// testProto is a message of a schema, ours and the runtime's.
type testProto struct {
	schema *protobuf.Schema
	walker *protobuf.Walker
	typ    *Type
	md     protoreflect.MessageDescriptor
}

func newTestProto(tb testing.TB, text string) *testProto {
	tb.Helper()
	s, err := protobuf.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		tb.Fatal(err)
	}
	w, err := s.Walker(nil)
	if err != nil {
		tb.Fatal(err)
	}
	shape, err := s.Shape(nil)
	if err != nil {
		tb.Fatal(err)
	}
	fd, err := protodesc.NewFile(s.DescriptorProto(), protoregistry.GlobalFiles)
	if err != nil {
		tb.Fatal(err)
	}
	return &testProto{s, w, FromProto(shape), fd.Messages().Get(0)}
}

// read is what the runtime makes of an event that it takes.
func (p *testProto) read(tb testing.TB, event []byte) *dynamicpb.Message {
	tb.Helper()
	m := dynamicpb.NewMessage(p.md)
	if err := proto.Unmarshal(event, m); err != nil {
		tb.Fatalf("%x: %v", event, err)
	}
	return m
}

// samples are generated events, of a size that a person can read.
func (p *testProto) samples(n int) [][]byte {
	r := rand.New(rand.NewPCG(3, 4))
	out := make([][]byte, n)
	for i := range out {
		out[i] = randomProto(r, nil, p.typ, 0)
	}
	return out
}

// randomProto appends fields of a message as some writer might: in any order,
// some of them twice, lists packed and not.
func randomProto(r *rand.Rand, out []byte, t *Type, depth int) []byte {
	l := t.layout
	for i := range l.slots {
		if l.slots[i].required {
			out = randomField(r, out, &l.slots[i], depth)
		}
	}
	for range r.IntN(6) {
		if depth < 3 && len(l.slots) > 0 {
			out = randomField(r, out, &l.slots[r.IntN(len(l.slots))], depth)
		}
	}
	if r.IntN(8) == 0 {
		out = append(binary.AppendUvarint(out, uint64(1000+r.IntN(3))<<3), byte(r.IntN(128)))
	}
	return out
}

func randomField(r *rand.Rand, out []byte, s *protoSlot, depth int) []byte {
	single := s.typ
	if single.Elem != nil {
		single = single.Elem
	}
	switch k := s.wire.Kind; {
	case s.typ.Kind == Map:
		entry := randomValue(r, nil, 1, s.wire.Key, s.typ.Key, depth)
		entry = randomValue(r, entry, 2, k, single, depth)
		out = binary.AppendUvarint(out, uint64(s.number)<<3|bytesType)
		return append(binary.AppendUvarint(out, uint64(len(entry))), entry...)
	case s.typ.Kind == List && k < WireString && r.IntN(2) == 0:
		e := protoEncoder{}
		for range r.IntN(4) {
			e.number(k, single, randomNumber(r, k, single))
		}
		out = binary.AppendUvarint(out, uint64(s.number)<<3|bytesType)
		return append(binary.AppendUvarint(out, uint64(len(e.out))), e.out...)
	default:
		return randomValue(r, out, s.number, k, single, depth)
	}
}

func randomNumber(r *rand.Rand, k WireKind, t *Type) Value {
	return protoNumber(k, t, r.Uint64()>>r.IntN(64))
}

func randomValue(r *rand.Rand, out []byte, number int, k WireKind, t *Type, depth int) []byte {
	out = binary.AppendUvarint(out, uint64(number)<<3|uint64(k.wireType()))
	switch k {
	case WireString, WireBytes:
		text := []string{"", "a", "bc", "\u00e9", "k"}[r.IntN(5)]
		return append(binary.AppendUvarint(out, uint64(len(text))), text...)
	case WireMessage:
		inner := randomProto(r, nil, t, depth+1)
		return append(binary.AppendUvarint(out, uint64(len(inner))), inner...)
	case WireGroup:
		return binary.AppendUvarint(randomProto(r, out, t, depth+1), uint64(number)<<3|endType)
	default:
		e := protoEncoder{out: out}
		e.number(k, t, randomNumber(r, k, t))
		return e.out
	}
}

// agree holds the decoder to the walker and to the runtime: they take the same
// events, and what is written again is the same message.
func (p *testProto) agree(tb testing.TB, event []byte) (Value, bool) {
	tb.Helper()
	v, err := DecodeProto(p.typ, event, DefaultEventLimits())
	if refused := p.walker.Walk(event); (refused == nil) != (err == nil) {
		tb.Fatalf("%x: the decoder says %v, the walker %v", event, err, refused)
	}
	if err != nil {
		return nil, false
	}
	again, err := EncodeProto([]byte("before"), p.typ, v)
	if err != nil {
		tb.Fatalf("%x: %v", event, err)
	}
	again = again[len("before"):]
	back, err := DecodeProto(p.typ, again, DefaultEventLimits())
	if err != nil || !Equal(v, back) {
		tb.Fatalf("%x is another value when it is read again from %x: %v", event, again, err)
	}
	if twice, err := EncodeProto(nil, p.typ, back); err != nil || string(twice) != string(again) {
		tb.Fatalf("%x is written as %x and then as %x", event, again, twice)
	}
	if !proto.Equal(p.read(tb, event), p.read(tb, again)) {
		tb.Fatalf("%x is another message when it is written as %x", event, again)
	}
	return v, true
}

// mutate changes some bytes of an event, or repeats or drops a part of it.
func mutate(r *rand.Rand, event []byte) []byte {
	out := append([]byte{}, event...)
	for range r.IntN(3) {
		if len(out) == 0 {
			return append(out, byte(r.IntN(256)))
		}
		i := r.IntN(len(out))
		switch r.IntN(5) {
		case 0:
			out[i] ^= 1 << r.IntN(8)
		case 1:
			out[i] = byte(r.IntN(256))
		case 2:
			out = append(out[:i], out[min(len(out), i+1+r.IntN(3)):]...)
		case 3:
			out = append(out[:i:i], append([]byte{byte(r.IntN(256))}, out[i:]...)...)
		default:
			out = append(out, out[i:]...)
		}
	}
	return out
}

// TestDecodeProto compares the decoder with the walker and the runtime on samples
// and what is near them.
func TestDecodeProto(t *testing.T) {
	p := newTestProto(t, every)
	r := rand.New(rand.NewPCG(1, 2))
	valid := 0
	const events = 20_000
	samples := p.samples(500)
	for n := range events {
		if _, ok := p.agree(t, mutate(r, samples[n%len(samples)])); ok {
			valid++
		}
	}
	t.Logf("%d of %d events are valid", valid, events)
	if valid < events/10 || valid == events {
		t.Error("the events do not show both answers")
	}
}

// FuzzDecodeProto does the same on any bytes.
func FuzzDecodeProto(f *testing.F) {
	p := newTestProto(f, every)
	for _, event := range p.samples(10) {
		f.Add(event)
	}
	f.Fuzz(func(t *testing.T, event []byte) { p.agree(t, event) })
}
