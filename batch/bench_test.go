package batch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// orders is an event of twelve fields with a nested record, a list and a
// nullable, about 170 bytes; each of its versions renames the last field.
func orders(tb testing.TB, version int) *avro.Schema {
	tb.Helper()
	s, err := avro.Parse(fmt.Sprintf(`{"type":"record","name":"o.Order","fields":[
	 {"name":"id","type":"string"},{"name":"customer","type":"string"},{"name":"qty","type":"int"},{"name":"price","type":"double"},
	 {"name":"address","type":{"type":"record","name":"Address","fields":[{"name":"street","type":"string"},{"name":"zip","type":"string"}]}},
	 {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},{"name":"n","type":"int"}]}}},
	 {"name":"note","type":["null","string"]},{"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID","SHIPPED"]}},
	 {"name":"at","type":"long"},{"name":"paid","type":"boolean"},{"name":"ref","type":"long"},{"name":"tag%d","type":"string"}]}`, version),
		nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// orderEvents is a container file of orders of the first version.
func orderEvents(tb testing.TB, codec string, n int) []byte {
	tb.Helper()
	s := orders(tb, 1)
	h := ocfHeader{schema: s.Canonical(), codec: codec}
	p, err := newPacker(codec)
	if err != nil {
		tb.Fatal(err)
	}
	defer p.close()
	out := h.append(nil)
	const each = 400
	for range n / each {
		var events []byte
		for i := range each {
			e, err := s.Encode(fmt.Appendf(nil, `{"id":"2f1c%08d","customer":"Ada Lovelace","qty":%d,"price":%d.5,"address":{"street":"12 Saint James Square","zip":"SW1Y"},
			 "items":[{"sku":"A-%d","n":1},{"sku":"B-%d","n":2}],"note":{"string":"leave it at the door, please"},"state":"PAID",
			 "at":1767225600%06d,"paid":true,"ref":%d,"tag1":"spring-sale-%d"}`, i*7919, i%9+1, i, i, i*3, i, i*i, i%17))
			if err != nil {
				tb.Fatal(err)
			}
			events = append(events, e...)
		}
		packed, err := p.pack(nil, events)
		if err != nil {
			tb.Fatal(err)
		}
		out = h.appendBlock(out, each, packed)
	}
	return out
}

// copier copies the blocks of a container file through the reader and the writer
// of the migration: it finds every event, and packs what it unpacked.
type copier struct{ ocfCarrier }

func (c *copier) carry(_ context.Context, b *block) *result {
	r := &result{block: b, counts: map[Count]int64{}}
	data, err := c.pack.unpack(c.data[:0], b.data)
	if err != nil {
		r.err = err
		return r
	}
	c.data, c.image = data, c.image[:0]
	s := c.route.Source.(*avro.Schema)
	for len(data) > 0 {
		n, err := s.Walk(data, avro.WalkOptions{AllowTrailing: true})
		if err != nil {
			r.err = err
			return r
		}
		c.image = append(c.image, data[:n]...)
		data = data[n:]
	}
	packed, err := c.pack.pack(nil, c.image)
	r.out, r.err = c.head.appendBlock(nil, b.records, packed), err
	return r
}

// BenchmarkFiles migrates a container file by four hops, and copies it with the
// same reader and writer, in turns; "ratio" is the rate of the migration in parts
// of that of the copy.
func BenchmarkFiles(b *testing.B) {
	var all []Version
	var docs []string
	for v := 1; v <= 5; v++ {
		all = append(all, Version{v, orders(b, v)})
		if v > 1 {
			docs = append(docs, fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[{"rename":{"from":"tag%[1]d","to":"tag%[2]d"}}]}`, v-1, v))
		}
	}
	routes, err := NewSubject(all, docs, 0)
	if err != nil {
		b.Fatal(err)
	}
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		b.Run(codec, func(b *testing.B) {
			in := orderEvents(b, codec, 200_000)
			j := Job{In: write(b, filepath.Join(b.TempDir(), "in"), in)}
			var took [2]time.Duration
			for b.Loop() {
				for way := range took {
					j.Out = filepath.Join(b.TempDir(), "out")
					took[way] += timed(b, j, routes, way == 0)
				}
			}
			b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
			b.ReportMetric(200_000*float64(b.N)/took[1].Seconds()/1e6, "Mevents/s")
		})
	}
}

// timed runs a job, or copies its input.
func timed(b *testing.B, j Job, routes Routes, copies bool) time.Duration {
	b.Helper()
	r := &run{job: j, routes: routes, counts: map[Count]int64{}}
	r.defaults()
	r.carrier = r.newCarrier
	if copies {
		r.carrier = func() (carrier, error) {
			c, err := newOCFCarrier(worker{job: &r.job, routes: r.routes}, r.route, &r.head)
			return &copier{*c}, err
		}
	}
	begun := time.Now()
	err := r.all(context.Background())
	took := time.Since(begun)
	if err = errors.Join(err, r.closeAll()); err != nil {
		b.Fatal(err)
	}
	return took
}
