package upcast

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// leafSchema is an event of the kinds that expressions read from bytes.
const leafSchema = `{"name":"i","type":"long"},{"name":"j","type":"int"},{"name":"d","type":"double"},{"name":"e","type":"float"},
 {"name":"s","type":"string"},{"name":"r","type":"string"},{"name":"k","type":{"type":"enum","name":"K","symbols":["A","B"]}},
 {"name":"b","type":"boolean"},{"name":"c","type":"boolean"},{"name":"o","type":["null","long"]},{"name":"p","type":["string","null"]}`

// TestLeavesOnBytes holds expressions that are computed on the bytes of an event
// to their evaluation on values, with and without a way out.
func TestLeavesOnBytes(t *testing.T) {
	schema := avroSchema(t, leafSchema)
	event := &plan.Binder{Type: plan.FromAvro(schema)}
	var names []name
	for i, f := range event.Type.Fields {
		names = append(names, name{f.Name, &plan.Copy{From: event, Fields: []int{i}, Type: f.Type}})
	}
	r := rand.New(rand.NewPCG(3, 3))
	used, ended := 0, 0
	for n := range 1200 {
		m := &exprMaker{r: r}
		text := m.expr("idsb"[n%4], 1+n%3)
		c, wrong, err := checkExpr(text, names, typeOrAny)
		if err != nil {
			t.Fatal(err)
		}
		if wrong != nil {
			continue // it names a field that this event lacks
		}
		b := newBuilder()
		b.ids = 100
		node := b.normal(b.translator(c, names).translate(), true)
		typ, _ := plan.TypeOf(node)
		if n%2 == 0 {
			node = &plan.OrElse{X: node, Else: &plan.Stop{Code: plan.FailDead}}
		}
		target := &plan.Type{Kind: plan.Record, Name: "T", Fields: []plan.Field{{Name: "x", Type: typ}}}
		root := &plan.Make{Name: "T", Type: target, Fields: []plan.Part{{Name: "x", Node: node}}}
		p := plan.NewAvroPlan(root, event, target, plan.DefaultEventLimits())
		used++
		var scratch plan.Scratch
		for seed := range uint64(25) {
			sample, err := schema.Sample(seed)
			if err != nil {
				t.Fatal(err)
			}
			v, err := plan.DecodeAvro(event.Type, sample.Binary)
			if err != nil {
				t.Fatal(err)
			}
			image, failure := p.Apply(nil, sample.Binary, &scratch)
			out, want, err := plan.Evaluate(t.Context(), root, event, v, plan.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if (failure == nil) != (want == nil) || failure != nil && (failure.Code != want.Code || failure.Reason != want.Reason) {
				t.Fatalf("%s for %s: on bytes %v, on values %v", text, sample.JSON, failure, want)
			}
			if failure != nil {
				ended++
				continue
			}
			expected, err := plan.EncodeAvro(nil, target, out)
			if err != nil || !bytes.Equal(image, expected) {
				t.Fatalf("%s for %s: on bytes %x, on values %x (%v)", text, sample.JSON, image, expected, err)
			}
		}
	}
	t.Logf("%d expressions, %d events without an image", used, ended)
	if used < 400 || ended == 0 {
		t.Error("the expressions do not show both kinds of ends")
	}
}
