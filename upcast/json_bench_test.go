package upcast

import (
	"fmt"
	"testing"

	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// benchSchemaJSON is the event of [benchSchema] as a JSON Schema.
func benchSchemaJSON(tb testing.TB, hop int) *jsonschema.Schema {
	return jsonSchema(tb, fmt.Sprintf(`{"type":"object","additionalProperties":false,"properties":{
	 "id":{"type":"string"},"customer":{"type":"string"},"qty":{"type":"integer"},"price":{"type":"number"},
	 "address":{"type":"object","additionalProperties":false,"properties":{"street":{"type":"string"},"zip":{"type":"string"},"country":{"type":"string"}},"required":["street","zip","country"]},
	 "items":{"type":"array","items":{"type":"object","additionalProperties":false,"properties":{"sku":{"type":"string"},"n":{"type":"integer"}},"required":["sku","n"]}},
	 "note":{"type":["string","null"]},"state":{"enum":["NEW","PAID","SHIPPED"]},"at":{"type":"integer"},"paid":{"type":"boolean"},"ref":{"type":"integer"},"tag%[1]d":{"type":"string"}},
	 "required":["id","customer","qty","price","address","items","note","state","at","paid","ref","tag%[1]d"]}`, hop))
}

const benchEventJSON = `{"id":"2f1c-000007919","customer":"Ada Lovelace","qty":2,"price":1.5,"address":{"street":"12 St James Square","zip":"SW1Y A","country":"GB"},` +
	`"items":[{"sku":"A-1","n":1},{"sku":"B-1","n":1}],"note":"leave it at the door","state":"PAID","at":1767225601000003,"paid":false,"ref":1,"tag0":"spring-sale-1"}`

func benchChainJSON(tb testing.TB, hops int) *Chain {
	var documents []*Document
	versions := []*jsonschema.Schema{benchSchemaJSON(tb, 0)}
	for i := range hops {
		documents = append(documents, document(tb, fmt.Sprintf("rename: {from: tag%d, to: tag%d}", i, i+1)))
		versions = append(versions, benchSchemaJSON(tb, i+1))
	}
	c, err := fuseAllJSON(tb, documents, versions)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func fuseAllJSON(tb testing.TB, documents []*Document, versions []*jsonschema.Schema) (*Chain, error) {
	tb.Helper()
	hops := make([]*Hop, len(documents))
	for i, d := range documents {
		h, err := Verify(tb.Context(), d, versions[i], versions[i+1])
		if err != nil {
			tb.Fatal(err)
		}
		hops[i] = h
	}
	return Fuse(hops)
}

func BenchmarkJSONChain(b *testing.B) {
	for _, hops := range []int{1, 20} {
		b.Run(fmt.Sprintf("hops=%d", hops), func(b *testing.B) {
			c := benchChainJSON(b, hops)
			p := plan.NewJSONPlan(c.Root, c.Source, plan.DefaultEventLimits())
			event := []byte(benchEventJSON)
			b.SetBytes(int64(len(event)))
			b.ReportAllocs()
			var dst []byte
			var scratch plan.Scratch
			for b.Loop() {
				out, f := p.Apply(dst[:0], event, &scratch)
				if f != nil {
					b.Fatal(f)
				}
				dst = out
			}
		})
	}
}

// TestJSONAllocations holds the way over bytes to no allocation with the caller's
// buffers, and to one without.
func TestJSONAllocations(t *testing.T) {
	c := benchChainJSON(t, 20)
	p := plan.NewJSONPlan(c.Root, c.Source, plan.DefaultEventLimits())
	if p.Computes() {
		t.Fatal("renaming computes on the decoded event")
	}
	event := []byte(benchEventJSON)
	var scratch plan.Scratch
	dst, f := p.Apply(nil, event, &scratch)
	if f != nil {
		t.Fatal(f)
	}
	if n := testing.AllocsPerRun(100, func() { dst, _ = p.Apply(dst[:0], event, &scratch) }); n != 0 {
		t.Errorf("%.0f allocations with the caller's buffers", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = p.Apply(nil, event, &scratch) }); n != 1 {
		t.Errorf("%.0f allocations without a buffer for the image", n)
	}
}
