package upcast

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// samePortable writes a chain down as a portable plan and holds what the plan
// does with an event to what the chain does.
func (c *operationCase) samePortable(t *testing.T, chain *Chain, event, image []byte, failure *Failure) {
	t.Helper()
	if chain.Hops[0].Verdict.Outcome != Proved {
		return
	}
	p, err := chain.Portable(plan.Title{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := plan.Load(string(p.Text()))
	if err != nil || again.Hash() != p.Hash() || !bytes.Equal(again.Text(), p.Text()) {
		t.Fatalf("a plan that was written down is read as another one (%v)", err)
	}
	c.vectors.note(t.Name(), p, event, image, failure)
	got, f, err := again.Apply(t.Context(), nil, event, nil)
	sameEnd(t, p, got, f, err, image, failure)
}

// agree holds a portable plan to its chain.
func agree(t *testing.T, c *Chain, p *plan.Portable, event []byte, s *plan.Scratch, story string) {
	t.Helper()
	want, failure, err := NewRunner(c).Apply(t.Context(), nil, event, nil)
	if err != nil {
		t.Fatalf("%v: %s", err, story)
	}
	got, f, err := p.Apply(t.Context(), nil, event, s)
	sameEnd(t, p, got, f, err, want, failure)
}

func sameEnd(t *testing.T, p *plan.Portable, got []byte, f *Failure, err error, want []byte, failure *Failure) {
	t.Helper()
	switch {
	case err != nil || (f == nil) != (failure == nil) || f == nil && !bytes.Equal(got, want):
		t.Fatalf("the portable plan gives %x (%v, %v), not %x (%v):\n%s", got, f, err, want, failure, p.Text())
	case f != nil && (f.Code != failure.Code || f.Hop != failure.Hop || f.Step != failure.Step || f.Path != failure.Path):
		t.Fatalf("the portable plan ends with %+v, not %+v:\n%s", f, failure, p.Text())
	}
}

// vectors are plans with events, in the order in which they were met.
type vectors struct{ list []vector }

func (v *vectors) note(name string, p *plan.Portable, event, image []byte, failure *Failure) {
	_, name, _ = strings.Cut(name, "/")
	if n := len(v.list); n == 0 || string(v.list[n-1].Plan) != string(p.Text()) {
		v.list = append(v.list, vector{Name: name, Plan: p.Text()})
	}
	e := vectorEvent{In: event, Out: image}
	if failure != nil {
		e.Out, e.Failure = nil, &vectorFailure{Code: failure.Code, Hop: failure.Hop, Step: failure.Step, Path: failure.Path}
	}
	last := &v.list[len(v.list)-1]
	last.Events = append(last.Events, e)
}

// TestVectors holds our own runtime to the vectors as another one would be held
// to them: by the file alone.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile(portableVectors)
	if err != nil {
		t.Fatal(err)
	}
	plans, events, refused := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		var v vector
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		p, err := plan.Load(string(v.Plan))
		if v.Refused != "" {
			refused++
			if err == nil || !strings.Contains(err.Error(), v.Refused) {
				t.Errorf("%s: %v, want %s", v.Name, err, v.Refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		plans++
		for _, e := range v.Events {
			events++
			got, f, err := p.Apply(t.Context(), nil, e.In, nil)
			var want *Failure
			if e.Failure != nil {
				want = &Failure{Code: e.Failure.Code, Hop: e.Failure.Hop, Step: e.Failure.Step, Path: e.Failure.Path}
			}
			sameEnd(t, p, got, f, err, e.Out, want)
		}
	}
	t.Logf("%d plans, %d events, %d plans refused", plans, events, refused)
	if plans < 40 || refused < 10 {
		t.Errorf("only %d plans and %d that are refused", plans, refused)
	}
}
