package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/cputime"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
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
type copier struct {
	ocfCarrier
	raw bool // it does not look for events
}

func (c *copier) carry(_ context.Context, b *block) *result {
	r := &result{block: b}
	data, err := c.pack.unpack(c.data[:0], b.data)
	if err != nil {
		r.err = err
		return r
	}
	c.data, c.image = data, c.image[:0]
	s := c.route.Source.(*avro.Schema)
	if c.raw {
		c.image, data = append(c.image, data...), nil
	}
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

// orderLines is a file of orders of the first version in an envelope.
func orderLines(n int) []byte {
	var out []byte
	for i := range n {
		out = fmt.Appendf(out, `{"stream":"orders-%d","type":"Order","version":1,"data":{"id":"2f1c%08d","customer":"Ada Lovelace","qty":%d,"price":%d.5,"address":{"street":"12 Saint James Square","zip":"SW1Y"},`+
			`"items":[{"sku":"A-%d","n":1},{"sku":"B-%d","n":2}],"note":"leave it at the door, please","state":"PAID","at":1767225600%06d,"paid":true,"ref":%d,"tag1":"spring-sale-%d"}}`+"\n",
			i%97, i*7919, i%9+1, i, i, i*3, i, i*i, i%17)
	}
	return out
}

// orderObjects is the type of the lines' orders.
func orderObjects(tb testing.TB, version int) *jsonschema.Schema {
	tb.Helper()
	s, err := jsonschema.Parse(fmt.Sprintf(`{"type":"object","additionalProperties":false,"properties":{
	 "id":{"type":"string"},"customer":{"type":"string"},"qty":{"type":"integer"},"price":{"type":"number"},
	 "address":{"type":"object","additionalProperties":false,"properties":{"street":{"type":"string"},"zip":{"type":"string"}},"required":["street","zip"]},
	 "items":{"type":"array","items":{"type":"object","additionalProperties":false,"properties":{"sku":{"type":"string"},"n":{"type":"integer"}},"required":["sku","n"]}},
	 "note":{"type":["null","string"]},"state":{"enum":["NEW","PAID","SHIPPED"]},"at":{"type":"integer"},"paid":{"type":"boolean"},"ref":{"type":"integer"},
	 "tag%d":{"type":"string"}},"required":["id","customer","qty","price","address","items","note","state","at","paid","ref","tag%[1]d"]}`, version),
		nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// lineCopier copies the events of lines through the reader and the writer of the
// migration: it holds each line to the grammar, finds where it keeps what, and
// writes its event back.
type lineCopier struct {
	lineCarrier
	raw bool // it does not look into lines
}

func (c *lineCopier) carry(ctx context.Context, b *block) *result {
	r := &result{block: b, out: c.spare.take(len(b.data) + len(b.data)/4)}
	rest := b.data
	if c.raw {
		r.out, rest = append(r.out, rest...), nil
	}
	for len(rest) > 0 && r.err == nil {
		line, after, _ := bytes.Cut(rest, []byte{'\n'})
		r.err = c.copy(ctx, r, line)
		rest = after
	}
	if r.err == nil && c.packed {
		r.err = c.pack(r)
	}
	return r
}

func (c *lineCopier) copy(ctx context.Context, r *result, line []byte) error {
	spans, err := c.locate.find(line)
	if err != nil {
		return err
	}
	route, _, err := c.version(ctx, line, spans[atVersion])
	if err != nil {
		return err
	}
	c.put(r, route, line, []byte{'\n'}, spans, line[spans[atPayload].start:spans[atPayload].end])
	return nil
}

// chain is five versions of orders, each of which renames a field of the one
// before it.
func chain(b testing.TB, version func(int) schema.Parsed) *Subject {
	b.Helper()
	var all []Version
	var docs []string
	for v := 1; v <= 5; v++ {
		all = append(all, Version{Number: v, Schema: version(v)})
		if v > 1 {
			docs = append(docs, fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[{"rename":{"from":"tag%[1]d","to":"tag%[2]d"}}]}`, v-1, v))
		}
	}
	routes, err := NewSubject(all, docs, 0)
	if err != nil {
		b.Fatal(err)
	}
	return routes
}

// The ways of a file through the reader and the writer.
const (
	copied = iota // every event is found and checked, and written as it is
	carried
	raw // blocks are not looked into
	ways
)

// BenchmarkFiles migrates files by four hops, and copies them with the same reader
// and writer, in turns; "ratio" is the rate of the migration in parts of that of
// the copy that finds every event, by processor time, "wall" the same by the clock,
// and "raw" the rate in parts of a copy of the bytes alone.
func BenchmarkFiles(b *testing.B) {
	const events = 200_000
	avros := chain(b, func(v int) schema.Parsed { return orders(b, v) })
	objects := chain(b, func(v int) schema.Parsed { return orderObjects(b, v) })
	for _, kind := range []string{"null", "deflate", "snappy", "zstandard", "lines", "bare lines", "lines in gzip"} {
		b.Run(kind, func(b *testing.B) {
			var j Job
			routes, in := avros, []byte(nil)
			switch kind {
			case "lines", "lines in gzip":
				routes, in = objects, orderLines(events)
				if kind != "lines" {
					in = zipped(b, in)
				}
				j.Envelope = Envelope{Payload: "/data", Version: "/version", Type: "/type", Stream: "/stream"}
			case "bare lines":
				routes, j.From = objects, 1
				for line := range bytes.Lines(orderLines(events)) {
					_, event, _ := bytes.Cut(line, []byte(`"data":`))
					in = append(append(in, event[:len(event)-2]...), '\n')
				}
			default:
				in = orderEvents(b, kind, events)
			}
			j.In = write(b, filepath.Join(b.TempDir(), "in"), in)
			var took, clock [ways]time.Duration
			for b.Loop() {
				for way := range took {
					j.Out = filepath.Join(b.TempDir(), "out")
					begun := time.Now()
					took[way] += timed(b, j, routes, way)
					clock[way] += time.Since(begun)
				}
			}
			b.ReportMetric(took[copied].Seconds()/took[carried].Seconds(), "ratio")
			b.ReportMetric(clock[copied].Seconds()/clock[carried].Seconds(), "wall")
			b.ReportMetric(took[raw].Seconds()/took[carried].Seconds(), "raw")
			b.ReportMetric(events*float64(b.N)/took[carried].Seconds()/1e6, "Mevents/s")
		})
	}
}

// timed runs a job, or copies its input, and tells the processor time.
func timed(b *testing.B, j Job, routes Routes, way int) time.Duration {
	b.Helper()
	r := &run{job: j, routes: routes, counts: map[Count]int64{}}
	r.defaults()
	r.carrier = r.newCarrier
	if way != carried {
		r.carrier = func() (carrier, error) {
			w := worker{job: &r.job, routes: r.routes, spare: r.spare}
			if r.job.Format == Lines {
				return &lineCopier{*newLineCarrier(w, r.locate, r.packed), way == raw}, nil
			}
			c, err := newOCFCarrier(w, r.route, &r.head)
			return &copier{*c, way == raw}, err
		}
	}
	begun := cputime.Used()
	err := r.all(context.Background())
	took := cputime.Used() - begun
	if err = errors.Join(err, r.closeAll()); err != nil {
		b.Fatal(err)
	}
	return took
}
