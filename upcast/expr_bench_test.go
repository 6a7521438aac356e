package upcast

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

const benchLeaves = `{"name":"price","type":"double"},{"name":"qty","type":"int"},{"name":"first","type":"string"},{"name":"last","type":"string"}`

// benchEvents are encoded events of benchLeaves.
func benchEvents(b *testing.B) [][]byte {
	schema := avroSchema(b, benchLeaves)
	out := make([][]byte, 64)
	for i := range out {
		e, err := schema.Encode([]byte(fmt.Sprintf(`{"price":%d.25,"qty":%d,"first":"Ada%d","last":"Lovelace"}`, i, i*3, i)))
		if err != nil {
			b.Fatal(err)
		}
		out[i] = e
	}
	return out
}

// BenchmarkLeaves compares computed fields with Go written by hand for the same
// bytes.
func BenchmarkLeaves(b *testing.B) {
	for _, c := range []struct {
		name, to string
		steps    []string
		hand     func(dst, event []byte) []byte
	}{
		{
			"cents", `{"name":"price","type":"long"},{"name":"qty","type":"int"},{"name":"first","type":"string"},{"name":"last","type":"string"}`,
			[]string{`convert: {path: price, to: int64, expr: "int(math.round(this * 100.0))", else: deadLetter}`},
			handCents,
		},
		{
			"name", `{"name":"price","type":"double"},{"name":"qty","type":"int"},{"name":"name","type":"string"}`,
			[]string{`merge: {paths: [first, last], to: name, expr: "owner.first + ' ' + owner.last"}`},
			handName,
		},
		{
			"clamp", benchLeaves, []string{`set: {path: qty, expr: "this > 100 ? 100 : this + 1"}`}, handClamp,
		},
	} {
		from, to := avroSchema(b, benchLeaves), avroSchema(b, c.to)
		h, err := Verify(b.Context(), document(b, c.steps...), from, to)
		if err != nil || h.Verdict.Outcome != Proved {
			b.Fatalf("%s: %v %+v", c.name, err, h)
		}
		p := plan.NewAvroPlan(h.Root, h.Source, h.Target, plan.DefaultEventLimits())
		events := benchEvents(b)
		b.Run(c.name+"/plan", func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			var scratch plan.Scratch
			for i := 0; b.Loop(); i++ {
				out, f := p.Apply(dst[:0], events[i%len(events)], &scratch)
				if f != nil {
					b.Fatal(f)
				}
				dst = out
			}
		})
		b.Run(c.name+"/hand", func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for i := 0; b.Loop(); i++ {
				dst = c.hand(dst[:0], events[i%len(events)])
			}
		})
		for _, e := range events {
			out, _ := p.Apply(nil, e, nil)
			if string(out) != string(c.hand(nil, e)) {
				b.Fatalf("%s: %x, by hand %x", c.name, out, c.hand(nil, e))
			}
		}
	}
}

// handText is the encoded text at a position, and where it ends.
func handText(e []byte, at int) (text []byte, end int) {
	n, size := binary.Varint(e[at:])
	if size <= 0 || n < 0 || int(n) > len(e)-at-size {
		panic("no text")
	}
	return e[at+size : at+size+int(n)], at + size + int(n)
}

func handCents(dst, e []byte) []byte {
	f := math.Round(math.Float64frombits(binary.LittleEndian.Uint64(e)) * 100)
	if !(f > math.MinInt64 && f < math.MaxInt64) {
		return nil
	}
	return append(binary.AppendVarint(dst, int64(f)), e[8:]...)
}

func handName(dst, e []byte) []byte {
	_, size := binary.Varint(e[8:])
	at := 8 + size
	first, end := handText(e, at)
	last, _ := handText(e, end)
	dst = append(dst, e[:at]...)
	dst = binary.AppendVarint(dst, int64(len(first)+1+len(last)))
	return append(append(append(dst, first...), ' '), last...)
}

func handClamp(dst, e []byte) []byte {
	n, size := binary.Varint(e[8:])
	if n > 100 {
		n = 100
	} else {
		n++
	}
	dst = binary.AppendVarint(append(dst, e[:8]...), n)
	return append(dst, e[8+size:]...)
}

// BenchmarkCheckExpression measures parsing, checking and translating one
// expression.
func BenchmarkCheckExpression(b *testing.B) {
	from := avroSchema(b, benchLeaves)
	for b.Loop() {
		h, err := Verify(b.Context(), document(b, `set: {path: qty, expr: "this > 100 ? 100 : this + 1"}`), from, from)
		if err != nil || h.Verdict.Outcome != Proved {
			b.Fatal(err)
		}
	}
}

// BenchmarkColdChain measures 20 hops with an expression each: verified, fused
// and compiled.
func BenchmarkColdChain(b *testing.B) {
	from := avroSchema(b, benchLeaves)
	var steps []string
	for range 20 {
		steps = append(steps, `set: {path: qty, expr: "this > 100 ? 100 : this + 1"}`)
	}
	for b.Loop() {
		var hops []*Hop
		for _, s := range steps {
			h, err := Verify(b.Context(), document(b, s), from, from)
			if err != nil {
				b.Fatal(err)
			}
			hops = append(hops, h)
		}
		c, err := Fuse(hops)
		if err != nil {
			b.Fatal(err)
		}
		plan.NewAvroPlan(c.Root, c.Source, c.Target, plan.DefaultEventLimits())
	}
}
