package upcast

import (
	"fmt"
	"testing"

	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

// benchSchema is an event of 12 fields with a nested record, a list and a
// nullable; its last field is renamed by each hop.
func benchSchema(tb testing.TB, hop int) *avro.Schema {
	return avroSchema(tb, fmt.Sprintf(`{"type":"record","name":"o.Order","fields":[
	 {"name":"id","type":"string"},{"name":"customer","type":"string"},{"name":"qty","type":"int"},{"name":"price","type":"double"},
	 {"name":"address","type":{"type":"record","name":"Address","fields":[{"name":"street","type":"string"},{"name":"zip","type":"string"},{"name":"country","type":"string"}]}},
	 {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},{"name":"n","type":"int"}]}}},
	 {"name":"note","type":["null","string"]},{"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID","SHIPPED"]}},
	 {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"paid","type":"boolean"},{"name":"ref","type":"long"},{"name":"tag%d","type":"string"}]}`, hop))
}

func benchChain(tb testing.TB, hops int) (*Chain, []*avro.Schema) {
	var documents []*Document
	versions := []*avro.Schema{benchSchema(tb, 0)}
	for i := range hops {
		documents = append(documents, document(tb, fmt.Sprintf("rename: {from: tag%d, to: tag%d}", i, i+1)))
		versions = append(versions, benchSchema(tb, i+1))
	}
	c, err := fuseAll(tb, documents, versions)
	if err != nil {
		tb.Fatal(err)
	}
	return c, versions
}

func BenchmarkAvroChain(b *testing.B) {
	for _, hops := range []int{1, 20} {
		b.Run(fmt.Sprintf("hops=%d", hops), func(b *testing.B) {
			c, versions := benchChain(b, hops)
			p := plan.NewAvroPlan(c.Root, c.Source, c.Target, plan.DefaultEventLimits())
			events := make([][]byte, 1024)
			bytes := 0
			for i := range events {
				s, err := versions[0].Sample(uint64(i + 1))
				if err != nil {
					b.Fatal(err)
				}
				events[i] = s.Binary
				bytes += len(s.Binary)
			}
			b.SetBytes(int64(bytes / len(events)))
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
	}
}

// BenchmarkFuse measures fusion and compilation of a chain of proved hops.
func BenchmarkFuse(b *testing.B) {
	c, _ := benchChain(b, 20)
	b.ReportAllocs()
	for b.Loop() {
		chain, err := Fuse(c.Hops)
		if err != nil {
			b.Fatal(err)
		}
		NewRunner(chain)
	}
}

// BenchmarkVerify measures the proof of a small document with one step of each of
// several kinds, without and with expressions, and the finding of a least event.
func BenchmarkVerify(b *testing.B) {
	from, to := benchSchema(b, 0), benchSchema(b, 1)
	for name, steps := range map[string][]string{
		"steps":       {"rename: {from: tag0, to: tag1}", "each: {path: 'items[]', steps: [{relax: {path: sku}}]}"},
		"expressions": {"rename: {from: tag0, to: tag1}", `set: {path: customer, expr: "this.trim() + ' ' + event.id"}`, `convert: {path: price, expr: "math.round(this * 100.0)"}`},
		"refuted":     {"drop: {path: tag0}"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Verify(b.Context(), document(b, steps...), from, to); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
