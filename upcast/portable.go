package upcast

import (
	"cmp"
	"fmt"

	"github.com/instar-registry/instar/upcast/plan"
)

// PlanTitle is what a portable plan says of itself, and PlanEnd one of its sides.
type (
	PlanTitle = plan.Title
	PlanEnd   = plan.End
)

// Portable writes the chain down as a plan that needs neither schemas nor
// documents to run; what the title leaves open of verdict and class is
// filled in. The error is an [*Error] of code NotYet where a hop needs or
// changes what is beside the event.
func (c *Chain) Portable(title plan.Title) (*plan.Portable, error) {
	title.Verdict, title.Class, title.Total = cmp.Or(title.Verdict, string(Proved)), cmp.Or(title.Class, string(c.Class())), true
	for i, h := range c.Hops {
		title.Total = title.Total && h.Verdict.Total
		if h.alone() || len(h.effects.headers) > 0 {
			e := &Error{Code: NotYet}
			e.Problem.What = fmt.Sprintf("hop %d needs or changes what is beside the event, and a portable plan holds the event alone", i+1)
			e.Problem.Hint = "run it by the registry, or by a reader that links the upcaster"
			return nil, e
		}
	}
	if c.assumesDeclared() {
		e := &Error{Code: NotYet}
		e.Problem.What = "a document assumes that events have nothing undeclared, and a portable plan has no schema to hold them to"
		e.Problem.Hint = "say what becomes of undeclared properties by rest, or run it by the registry"
		return nil, e
	}
	segments := make([]plan.Segment, len(c.segments))
	for i := range c.segments {
		s := &c.segments[i]
		segments[i] = plan.Segment{From: formOf(s.from), To: formOf(s.to), Root: s.root, Source: s.source, Target: s.to.events()}
	}
	hops := make([]plan.Segment, len(c.Hops))
	for i, h := range c.Hops {
		hops[i] = plan.Segment{From: formOf(h.from), To: formOf(h.to), Root: h.Root, Source: h.Source, Target: h.Target}
	}
	return plan.Export(title, segments, hops, plan.DefaultEventLimits())
}

func formOf(c codec) plan.Form {
	switch c.(type) {
	case *avroCodec:
		return plan.FormAvro
	case *protoCodec:
		return plan.FormProtobuf
	default:
		return plan.FormJSON
	}
}
