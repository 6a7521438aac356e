package avro

import (
	"testing"

	hamba "github.com/hamba/avro/v2"
)

const benchSchema = `{"type":"record","name":"Order","namespace":"com.acme","fields":[
 {"name":"id","type":"string"},{"name":"customer","type":"long"},{"name":"qty","type":"int"},{"name":"price","type":"double"},
 {"name":"weight","type":"float"},{"name":"paid","type":"boolean"},{"name":"note","type":["null","string"],"default":null},
 {"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID","SENT"]}},
 {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[{"name":"sku","type":"string"},{"name":"n","type":"int"}]}}},
 {"name":"tags","type":{"type":"map","values":"string"}},{"name":"sum","type":{"type":"fixed","name":"Hash","size":16}},
 {"name":"address","type":["null",{"type":"record","name":"Address","fields":[{"name":"street","type":"string"},{"name":"zip","type":"string"}]}],"default":null}]}`

type benchLine struct {
	SKU string `avro:"sku"`
	N   int    `avro:"n"`
}

type benchAddress struct {
	Street string `avro:"street"`
	Zip    string `avro:"zip"`
}

type benchOrder struct {
	ID       string            `avro:"id"`
	Customer int64             `avro:"customer"`
	Qty      int               `avro:"qty"`
	Price    float64           `avro:"price"`
	Weight   float32           `avro:"weight"`
	Paid     bool              `avro:"paid"`
	Note     *string           `avro:"note"`
	State    string            `avro:"state"`
	Lines    []benchLine       `avro:"lines"`
	Tags     map[string]string `avro:"tags"`
	Sum      [16]byte          `avro:"sum"`
	Address  *benchAddress     `avro:"address"`
}

func benchEvent(b *testing.B) (*Schema, []byte) {
	s := mustParse(b, benchSchema)
	sample, err := s.Sample(0)
	if err != nil {
		b.Fatal(err)
	}
	return s, sample.Binary
}

// BenchmarkWalk and BenchmarkHambaDecode belong together: walking is to cost at
// most a fifth of the typed decode of the same event.
func BenchmarkWalk(b *testing.B) {
	s, event := benchEvent(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(event)))
	for b.Loop() {
		if _, err := s.Walk(event, WalkOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHambaDecode(b *testing.B) {
	s, event := benchEvent(b)
	h, err := hamba.ParseWithCache(s.Canonical(), "", &hamba.SchemaCache{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(event)))
	for b.Loop() {
		var o benchOrder
		if err := hamba.Unmarshal(h, event, &o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(benchSchema, nil, strict); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckBinary(b *testing.B) {
	s, event := benchEvent(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.checkBinary(event); err != nil {
			b.Fatal(err)
		}
	}
}
