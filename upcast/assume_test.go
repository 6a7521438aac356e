package upcast

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// TestAssumeDeclared: a document may take for granted that events have nothing
// undeclared. An event that has is refused, up and down, and never handed on as
// one of the target; a plan that could not see it is not written.
func TestAssumeDeclared(t *testing.T) {
	const text = "instar: upcast/v1\nfrom: 1\nto: 2\nassume: [declared]\nsteps:\n  - rename: {from: k, to: m}\n"
	open := `{"type":"object","properties":{"k":{"type":"string"}},"required":["k"]}`
	closed := `{"type":"object","properties":{"m":{"type":"string"}},"required":["m"],"additionalProperties":false}`
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Verify(t.Context(), d, jsonSchema(t, open), jsonSchema(t, closed))
	if err != nil || h.Verdict.Outcome != Proved || len(h.Verdict.Assumptions) != 1 || h.Verdict.Assumptions[0] != "declared" {
		t.Fatal(err, h)
	}
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRunner(c)
	for in, want := range map[string]string{`{"k":"a"}`: `{"m":"a"}`, `{"k":"a","z":1}`: ""} {
		out, f, err := r.Apply(t.Context(), nil, []byte(in), &plan.Scratch{})
		if err != nil || (f == nil) != (want != "") || string(out) != want {
			t.Errorf("%s becomes %s (%v, %v), want %q", in, out, f, err, want)
		}
		if f != nil && (f.Code != FailOutput || !strings.Contains(f.Reason, "z")) {
			t.Errorf("%s ends with %v", in, f)
		}
		carried, f, err := r.Carry(t.Context(), &Envelope{}, []byte(in), &plan.Scratch{})
		if err != nil || (f == nil) != (want != "") || f == nil && string(carried[0].Event) != want {
			t.Errorf("%s is carried to %+v (%v, %v), want %q", in, carried, f, err, want)
		}
	}
	if _, err := c.Portable(PlanTitle{}); err == nil || !strings.Contains(err.Error(), "undeclared") {
		t.Errorf("a plan is written: %v", err)
	}
	if h, err = Verify(t.Context(), document(t, "rename: {from: k, to: m}"), jsonSchema(t, open), jsonSchema(t, closed)); err != nil || h.Verdict.Outcome != Refuted {
		t.Error("without the assumption", err, h)
	}
}
