package batch

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/internal/reproducer"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
	"github.com/instar-registry/instar/upcast/plan"
)

// BrokenError is an event of which a way made something else than was proved: a bug
// of ours, and none of the event or its upcasters. It is no dead letter; the run
// stops, and its input is as it was.
type BrokenError struct {
	File string
	// Offset of the record in the file, and Record, count as those of an [EventError].
	Offset, Record  int64
	Version, Target int
	// Reproducer is the file with what shows it again, NotKept why there is none; both
	// are empty if none was asked for.
	Reproducer string
	NotKept    error
	Cause      error
}

// Error implements error.
func (e *BrokenError) Error() string {
	s := fmt.Sprintf("%s: record %d (offset %d) of version %d: what becomes of it is not what was proved of the way to version %d; this is a bug of the program, not of the event or the upcasters: %s",
		e.File, e.Record, e.Offset, e.Version, e.Target, e.Cause)
	switch {
	case e.NotKept != nil:
		s += fmt.Sprintf("\nwhat shows it again was not written: %s", e.NotKept)
	case e.Reproducer != "":
		s += fmt.Sprintf("\nreport it with %s, which holds the event; \"registry upcast reproduce\" carries it again", e.Reproducer)
	}
	return s
}

// Unwrap returns the cause.
func (e *BrokenError) Unwrap() error { return e.Cause }

// failed is what is wrong where an event could not be carried, or its image is none: a
// limit and an event that is none of its own version are as any other failure of the
// event, and the rest is a bug. raw is the record.
func (w *worker) failed(ctx context.Context, r *result, raw []byte, record int64, route *Route, e *upcast.Envelope, event []byte, place deadPlace, err error) error {
	var bug *schema.Bug
	if !errors.As(err, &bug) || ctx.Err() != nil {
		return err
	}
	if why := invalid(ctx, route.Source, event); why != "" {
		return w.lost(r, raw, &EventError{
			File: w.job.In, Offset: place.offset, Record: record, Version: route.Version, Code: plan.FailInput,
			Reason: fmt.Sprintf("it is no event of version %d: %s", route.Version, why),
		}, place)
	}
	target, _ := w.routes.Target()
	out := &BrokenError{File: w.job.In, Offset: place.offset, Record: record, Version: route.Version, Target: target, Cause: bug}
	if w.job.Reproducers != "" && route.Case != nil {
		out.Reproducer, out.NotKept = w.keep(route, e, event, fmt.Sprint(bug.Cause))
	}
	return out
}

// invalid says why an event is none of a schema; empty if it is one.
func invalid(ctx context.Context, s schema.Parsed, event []byte) string {
	encoding := schema.EncodingBinary
	if s.Format() == schema.JSON {
		encoding = schema.EncodingJSON
	}
	j, err := s.Check(ctx, schema.Event{Encoding: encoding, Bytes: event})
	switch {
	case err != nil:
		return err.Error()
	case len(j.Violations) > 0:
		return j.Violations[0].Path + ": " + j.Violations[0].What
	}
	return ""
}

// keep writes what shows the bug again.
func (w *worker) keep(route *Route, e *upcast.Envelope, event []byte, reason string) (string, error) {
	c := route.Case()
	c.Subject, c.Program, c.Reason = w.job.Subject, w.job.Program, reason
	for i := range c.Hops {
		c.Hops[i].From.Subject, c.Hops[i].To.Subject = c.Subject, c.Subject
	}
	for i := range c.Versions {
		c.Versions[i].Subject = c.Subject
	}
	c.Holds(e, event)
	path := reproducer.FileIn(w.job.Reproducers, c.PlanHash+w.routes.Identity(), reason)
	return path, reproducer.Write(path, c)
}
