package jsonata_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/jsonata"
)

// event has 12 fields, a nested record, a list and a null, as in the bars of
// the design.
const event = `{"id":"0f8fad5b-d9cb-469f-a165-70867728950e","qty":12,"price":19.99,"currency":"EUR","sku":"A-1234","note":null,"at":1700000000000,` +
	`"customer":{"name":"Ada Lovelace","mail":"ada@example.org","vip":true},"tags":["new","eu"],"status":"OPEN","warehouse":"north-2","weight":1.25}`

// rename is a rename, written as rules usually are.
func rename(from, to string) string {
	return fmt.Sprintf(`$merge([$sift($, function($v, $k) {$k != '%[1]s'}), {'%[2]s': $.'%[1]s'}])`, from, to)
}

func BenchmarkEvaluate(b *testing.B) {
	for name, expr := range map[string]string{
		"rename": rename("qty", "quantity"), "merge": `$merge([$, {"state": "x"}])`, "transform": `$ ~> |$|{"quantity": qty}, "qty"|`,
		"object": `{"id": id, "quantity": qty, "name": customer.name, "tags": tags}`,
	} {
		b.Run(name, func(b *testing.B) {
			e, err := jsonata.Parse(expr, jsonata.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			in, err := jsonata.FromJSON(event, jsonx.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Evaluate(context.Background(), in, jsonata.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkChain is a chain of 20 renames from text to text.
func BenchmarkChain(b *testing.B) {
	var chain []*jsonata.Expression
	for i := range 20 {
		from, to := "qty", "quantity"
		if i%2 == 1 {
			from, to = to, from
		}
		e, err := jsonata.Parse(rename(from, to), jsonata.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		chain = append(chain, e)
	}
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		v, err := jsonata.FromJSON(event, jsonx.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range chain[:19] {
			if v, err = e.Evaluate(context.Background(), v, jsonata.Options{}); err != nil {
				b.Fatal(err)
			}
		}
		if out, _, err = chain[19].Append(context.Background(), out[:0], v, jsonata.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	expr := rename("qty", "quantity")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsonata.Parse(expr, jsonata.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
