package upcast

import (
	"context"
	"fmt"
	"slices"

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
	e, err := envelopeOf(t)
	if err != nil {
		return err
	}
	bound, f, err := h.bound(ctx, in, e, limits)
	if err != nil {
		return err
	}
	var out plan.Value
	if f == nil {
		out, f, err = plan.EvaluateBound(ctx, h.Root, bound, limits)
	}
	if f == nil && err == nil && len(h.effects.parts) > 0 {
		return h.partsOf(ctx, t, bound, limits)
	}
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

// envelopeOf reads what a test puts beside its event, in the form of the variable
// meta.
func envelopeOf(t *Test) (*Envelope, error) {
	e := &Envelope{}
	if t.InMeta == nil {
		return e, nil
	}
	v, why := literalOf(t.InMeta, optionalHeaders)
	if why != "" {
		return nil, &TestFailure{Name: t.Name, What: `"inMeta" ` + why}
	}
	r, _ := v.(*plan.Rec)
	text := func(i int) string { s, _ := r.Fields[i].(string); return s }
	number := func(i int) *int64 {
		if n, ok := r.Fields[i].(int64); ok {
			return &n
		}
		return nil
	}
	e.ID, e.Type, e.Subject, e.Stream = text(0), text(1), text(2), text(5)
	if n := number(3); n != nil {
		e.Version = int(*n)
	}
	if n := number(4); n != nil {
		e.SchemaID = int(*n)
	}
	e.Position, e.Time, e.Headers = number(6), number(7), map[string]string{}
	if m, ok := r.Fields[8].(*plan.Entries); ok {
		for _, x := range *m {
			e.Headers[x.Key], _ = x.Value.(string)
		}
	}
	return e, nil
}

// optionalHeaders is metaType as a test may write it: headers may be left out.
var optionalHeaders = func() *plan.Type {
	t := *metaType
	t.Fields = slices.Clone(metaType.Fields)
	t.Fields[8].Optional = true
	return &t
}()

// partsOf compares the events of a split with what the test wants.
func (h *Hop) partsOf(ctx context.Context, t *Test, bound map[*plan.Binder]plan.Value, limits plan.Limits) error {
	parts, f, err := h.split(ctx, bound, limits)
	switch {
	case err != nil:
		return err
	case f != nil:
		return endOf(t, f)
	case len(parts) == 0 && t.Dropped:
		return nil
	case len(parts) != len(t.Outs):
		return &TestFailure{Name: t.Name, What: "the event becomes another number of events", Want: wanted(t), Got: fmt.Sprintf("%d events", len(parts))}
	}
	for i, p := range parts {
		want, why := literalOf(t.Outs[i], p.part.target.events())
		if why != "" {
			return &TestFailure{Name: t.Name, What: fmt.Sprintf("event %d of outs %s, so it is no event of %s version %s", i+1, why, p.part.to.Subject, p.part.to.Version)}
		}
		if !plan.Equal(want, p.value) {
			return &TestFailure{Name: t.Name, What: fmt.Sprintf("event %d of outs differs", i+1), Want: shown(p.part.target, want), Got: shown(p.part.target, p.value)}
		}
	}
	return nil
}

// endOf compares the end of an event with what the test wants.
func endOf(t *Test, f *plan.Failure) error {
	if f.Code == plan.FailDrop && t.Dropped || f.Code != plan.FailDrop && (t.ErrorCode == f.Code || t.ErrorCode != "" && t.ErrorCode == errorCodes[f.Code]) {
		return nil
	}
	return &TestFailure{Name: t.Name, What: "the event has no image", Want: wanted(t), Got: f.Error()}
}

// errorCodes are the codes that the registry answers with where an event ends so.
var errorCodes = map[string]string{plan.FailDead: "42255", FailContext: "42259"}

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
