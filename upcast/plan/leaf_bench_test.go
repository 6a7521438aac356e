package plan

import (
	"encoding/binary"
	"math"
	"runtime"
	"testing"

	"github.com/instar-registry/instar/internal/oracle"
)

// BenchmarkLeaf measures one compiled expression alone, without the walk over the
// event: int(round(price × 100)) and first + " " + last, each against Go written
// by hand for the same places of the same bytes.
func BenchmarkLeaf(b *testing.B) {
	long, double, str := &Type{Kind: Int, Bits: 64}, &Type{Kind: Float, Bits: 64}, &Type{Kind: String}
	event := &Binder{Type: &Type{Kind: Record, Name: "E", Fields: []Field{{Name: "p", Type: double}, {Name: "a", Type: str}, {Name: "b", Type: str}}}}
	field := func(i int) *Copy { return &Copy{From: event, Fields: []int{i}, Type: event.Type.Fields[i].Type} }
	data := binary.LittleEndian.AppendUint64(nil, math.Float64bits(12.25))
	data = append(append(data, 6), "Ada"...)
	data = append(append(data, 16), "Lovelace"...)
	cents := &Call{Func: IntOfFloat, Type: long, Args: []Node{&Call{Func: FloatRound, Type: double, Args: []Node{
		&Call{Func: FloatMul, Type: double, Args: []Node{field(0), &Lit{Value: 100.0, Type: double}}},
	}}}}
	name := &Call{Func: TextAdd, Type: str, Args: []Node{
		&Call{Func: TextAdd, Type: str, Args: []Node{field(1), &Lit{Value: " ", Type: str}}}, field(2),
	}}
	for _, c := range []struct {
		name string
		node Node
		typ  *Type
		hand func(dst, e []byte, m []int32) []byte
	}{
		{"cents", cents, long, leafCents},
		{"name", name, str, leafName},
	} {
		p, _ := newPlaces(event)
		compiler := &compiler{places: p, scope: &avroScope{}}
		l := compiler.leaf(c.node, c.typ)
		if l == nil {
			b.Fatal("the expression is not compiled")
		}
		marks := make([]int32, p.boundaries)
		for i, at := range []int32{0, 8, 12} {
			marks[p.find(field(i)).start] = at
		}
		r := &avroRun{event: data}
		at := []int32{0, 8, 12}
		var dst []byte
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			measureLeaf(b, func() {
				r.out, r.text = r.out[:0], r.text[:0]
				if why := l.write(r, marks); why != "" {
					b.Fatal(why)
				}
			}, func() { dst = c.hand(dst[:0], data, at) })
		})
		if string(dst) != string(r.out) {
			b.Fatalf("%x, by hand %x", r.out, dst)
		}
	}
}

// measureLeaf runs two functions in turns and reports the least processor time of
// each, and their ratio.
func measureLeaf(b *testing.B, leaf, hand func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const calls = 10_000
	took := func(f func()) float64 {
		begin := oracle.ThreadTime()
		for range calls {
			f()
		}
		return float64(oracle.ThreadTime()-begin) / calls
	}
	x, y := math.Inf(1), math.Inf(1)
	for b.Loop() {
		x, y = min(x, took(leaf)), min(y, took(hand))
	}
	b.ReportMetric(x, "leaf-ns")
	b.ReportMetric(y, "hand-ns")
	b.ReportMetric(x/y, "leaf/hand")
	b.ReportMetric(0, "ns/op")
}

func leafCents(dst, e []byte, m []int32) []byte {
	f := math.Round(math.Float64frombits(binary.LittleEndian.Uint64(e[m[0]:])) * 100)
	if !(f > math.MinInt64 && f < math.MaxInt64) {
		return nil
	}
	return binary.AppendVarint(dst, int64(f))
}

func leafName(dst, e []byte, m []int32) []byte {
	n, head := binary.Varint(e[m[1]:])
	a := e[int(m[1])+head:][:n]
	n, head = binary.Varint(e[m[2]:])
	b := e[int(m[2])+head:][:n]
	dst = binary.AppendVarint(dst, int64(len(a)+1+len(b)))
	return append(append(append(dst, a...), ' '), b...)
}
