package upcast

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestFailure is a test of a document that does not hold.
type TestFailure struct {
	Name string
	// What is one sentence; Want and Got are results as JSON, as far as there
	// are any.
	What, Want, Got string
}

// Error tells the test and what is wrong.
func (f *TestFailure) Error() string {
	s := fmt.Sprintf("test %q: %s", f.Name, f.What)
	if f.Want != "" {
		s += "; want " + f.Want + ", got " + f.Got
	}
	return s
}

// test runs the examples of a document. Events are plain JSON: unions without
// tags, bytes as {base64: ...}.
func (h *Hop) test(ctx context.Context, d *Document) error {
	limits := plan.DefaultLimits()
	limits.Meter = &plan.Meter{Left: maxTestWork}
	for i := range d.Tests {
		if err := h.example(ctx, &d.Tests[i], limits); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hop) example(ctx context.Context, t *Test, limits plan.Limits) error {
	in, why := literalOf(t.In, h.Source.Type)
	if why != "" {
		return &TestFailure{Name: t.Name, What: `"in" ` + why + ", so it is no event of the source version"}
	}
	if _, err := h.from.encode(in); err != nil {
		return &TestFailure{Name: t.Name, What: fmt.Sprintf(`"in" is no event of the source version: %v`, err)}
	}
	out, f, err := plan.Evaluate(ctx, h.Root, h.Source, in, limits)
	switch {
	case limits.Meter.Left <= 0:
		return tooMuch("upcaster.testWork", "the tests of the document take too much work", maxTestWork-limits.Meter.Left, maxTestWork, schema.Position{}, "/tests")
	case err != nil:
		return err
	case f != nil:
		return endOf(t, f)
	case t.Dropped || t.ErrorCode != "" || len(t.Outs) != 1:
		return &TestFailure{Name: t.Name, What: "the event has an image", Want: wanted(t), Got: shown(h.to, out)}
	}
	want, why := literalOf(t.Outs[0], h.Target)
	if why != "" {
		return &TestFailure{Name: t.Name, What: `"out" ` + why + ", so it is no event of the target version"}
	}
	if !plan.Equal(want, out) {
		return &TestFailure{Name: t.Name, What: "the image differs", Want: shown(h.to, want), Got: shown(h.to, out)}
	}
	return nil
}

// endOf compares the end of an event with what the test wants.
func endOf(t *Test, f *plan.Failure) error {
	if f.Code == plan.FailDrop && t.Dropped || f.Code != plan.FailDrop && t.ErrorCode == f.Code {
		return nil
	}
	return &TestFailure{Name: t.Name, What: "the event has no image", Want: wanted(t), Got: f.Error()}
}

func wanted(t *Test) string {
	switch {
	case t.Dropped:
		return "dropped"
	case t.ErrorCode != "":
		return "error " + t.ErrorCode
	case len(t.Outs) == 1:
		return string(jsonx.Append(nil, t.Outs[0]))
	default:
		return fmt.Sprintf("%d events", len(t.Outs))
	}
}

func shown(c codec, v plan.Value) string {
	b, err := c.encode(v)
	if err == nil {
		b, err = c.show(b)
	}
	if err != nil {
		return (&schema.Bug{Where: "upcast.test", Cause: err}).Error()
	}
	return string(b)
}
