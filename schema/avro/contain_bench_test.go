package avro

import (
	"fmt"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// twentyFields are two versions of an event of twenty fields, the second with
// one more that has a default.
func twentyFields(b *testing.B) (older, newer *Schema) {
	var fields []string
	for i := range 17 {
		fields = append(fields, fmt.Sprintf(`{"name":"field%d","type":"%s"}`, i, []string{"string", "long", "int", "double"}[i%4]))
	}
	fields = append(fields, `{"name":"note","type":["null","string"],"default":null}`, `{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}`,
		`{"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID","SENT"]}}`)
	return mustParse(b, named("com.acme.Order", "", fields...)), mustParse(b, named("com.acme.Order", "", append(fields, `{"name":"extra","type":"string","default":""}`)...))
}

// BenchmarkContain is the proof for a compatible change: at most 10 µs.
func BenchmarkContain(b *testing.B) {
	older, newer := twentyFields(b)
	older.program()
	newer.program()
	b.ReportAllocs()
	for b.Loop() {
		c, err := Contain(b.Context(), older, newer, schema.Budget{})
		if err != nil || c.Verdict != schema.Compatible {
			b.Fatal(c, err)
		}
	}
}

// BenchmarkContainRefused includes the witness and its confirmation.
func BenchmarkContainRefused(b *testing.B) {
	older, _ := twentyFields(b)
	newer := mustParse(b, named("com.acme.Order", "", `{"name":"x","type":"int"}`))
	b.ReportAllocs()
	for b.Loop() {
		c, err := Contain(b.Context(), older, newer, schema.Budget{})
		if err != nil || c.Verdict != schema.Incompatible {
			b.Fatal(c, err)
		}
	}
}
