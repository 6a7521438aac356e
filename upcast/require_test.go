package upcast

import (
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// TestRequireWhatWasWrapped fuses a hop that makes a value nullable with one that
// requires it and goes on inside it.
func TestRequireWhatWasWrapped(t *testing.T) {
	record := func(fields string) string {
		return `{"type":"record","name":"o.R","fields":[` + fields + `]}`
	}
	inner := func(name string) string {
		return `{"type":"record","name":"o.U","fields":[{"name":"` + name + `","type":"int"}`
	}
	first := avroSchema(t, record(`{"name":"f","type":"int"}`))
	second := avroSchema(t, record(`{"name":"u","type":["null",`+inner("f")+`]}]}`))
	third := avroSchema(t, record(`{"name":"u","type":`+inner("g")+`,{"name":"n","type":"string"}]}}`))
	up := document(t, "move: {from: f, to: u.f}", "relax: {path: u}")
	on := document(t, "rename: {from: 'u?.f', to: 'u?.g'}", "require: {path: u, else: {value: {g: 8}}}", "add: {path: u.n, value: x}")
	h1, err := Verify(t.Context(), up, first, second)
	if err != nil || h1.Verdict.Outcome != Proved {
		t.Fatal(err, h1)
	}
	h2, err := Verify(t.Context(), on, second, third)
	if err != nil || h2.Verdict.Outcome != Proved {
		t.Fatal(err, h2)
	}
	c, err := Fuse([]*Hop{h1, h2})
	if err != nil {
		t.Fatal(err)
	}
	out, f, err := NewRunner(c).Apply(t.Context(), nil, []byte{14}, nil)
	if err != nil || f != nil {
		t.Fatal(err, f)
	}
	v, err := plan.DecodeAvro(c.Target, out)
	if err != nil || shown(c.to(), v) != `{"u":{"g":7,"n":"x"}}` {
		t.Errorf("%s (%v)", shown(c.to(), v), err)
	}
}
