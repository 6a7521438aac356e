package batch

import (
	"context"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast"
	"github.com/instar-registry/instar/upcast/plan"
)

// Leg is a part of a way that is carried out in one piece: hops that were fused, or
// the migration rules of one hop.
type Leg struct {
	// First is the hop of the way that it begins with.
	First  int
	Runner *upcast.Runner
	// Tried says that the hop is tested and not proved.
	Tried bool
	Rules *upcast.RuleHop
}

// Moves reports whether events of the version have to be carried at all.
func (r *Route) Moves() bool { return len(r.Legs) > 0 }

// Runner is the only leg of a way that is proved in one piece, as most are; else
// nil.
func (r *Route) Runner() *upcast.Runner {
	if len(r.Legs) != 1 || r.Legs[0].Tried {
		return nil
	}
	return r.Legs[0].Runner
}

// surrounded reports whether what is beside an event counts on the way.
func (r *Route) surrounded() bool {
	return slices.ContainsFunc(r.Legs, func(l Leg) bool { return l.Rules == nil && l.Runner.Surrounded() })
}

// ruled reports whether a hop of the way is one of migration rules.
func (r *Route) ruled(hop int) bool {
	return slices.ContainsFunc(r.Legs, func(l Leg) bool { return l.Rules != nil && l.First == hop })
}

// apply appends the image of an event to dst, by all legs. What is beside the event
// counts only if it is given.
func (r *Route) apply(ctx context.Context, dst []byte, e *upcast.Envelope, event []byte, s *plan.Scratch) ([]byte, *upcast.Failure, error) {
	for i := range r.Legs {
		into := dst
		if i < len(r.Legs)-1 {
			into = nil
		}
		out, f, err := r.Legs[i].apply(ctx, into, e, event, s)
		if f != nil {
			f.Hop += r.Legs[i].First
		}
		if f != nil || err != nil {
			return dst, f, err
		}
		event = out
	}
	return event, nil, nil
}

func (l *Leg) apply(ctx context.Context, dst []byte, e *upcast.Envelope, event []byte, s *plan.Scratch) ([]byte, *upcast.Failure, error) {
	switch {
	case l.Rules != nil:
		r, f, err := l.Rules.Apply(ctx, event, upcast.RuleRun{})
		if f != nil || err != nil {
			return dst, f, err
		}
		return append(dst, r.Event...), nil, nil
	case !l.Tried && (e == nil || !l.Runner.Surrounded()):
		return l.Runner.Apply(ctx, dst, event, s)
	case e == nil:
		e = &upcast.Envelope{}
	}
	out, f, err := l.Runner.Carry(ctx, e, event, s)
	switch {
	case f != nil || err != nil:
		return dst, f, err
	case len(out) != 1:
		return dst, nil, upcast.ErrSeveral
	case out[0].Headers[upcast.HeaderParked] != "":
		return dst, &upcast.Failure{Code: plan.FailDead, Path: upcast.HeaderParked, Reason: fmt.Sprintf("the upcaster of version %d parks values beside the event, and a line has no place for headers; parkIn keeps them in its body", e.Version)}, nil
	}
	return append(dst, out[0].Event...), nil, nil
}
