package registry

import (
	"context"
	"errors"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// leg is a part of a way that is carried out in one piece: neighbouring hops that
// were fused, one that is tried, or the migration rules of one version.
type leg struct {
	first  int // hop of the way
	chain  *upcast.Chain
	runner *upcast.Runner
	tried  bool // not proved: each image is held to its whole schema
	rules  *upcast.RuleHop
}

// newLeg fuses neighbouring hops.
func newLeg(first int, hops []*upcast.Hop) (leg, error) {
	chain, err := upcast.Fuse(hops)
	if err != nil {
		return leg{}, upcasterRefusal(err)
	}
	return leg{first: first, chain: chain, runner: upcast.NewRunner(chain)}, nil
}

// triedLeg is a hop that is tested and not proved.
func triedLeg(first int, h *upcast.Hop) (leg, error) {
	r, err := upcast.NewTried(h)
	if err != nil {
		return leg{}, upcasterRefusal(err)
	}
	return leg{first: first, chain: r.Chain(), runner: r, tried: true}, nil
}

// Carriage is what became of an event on a way.
type Carriage struct {
	// Events stand in its place, in order; none if it failed or ended.
	Events []upcast.Carried
	// Failure says where and why it failed, or where a document or a rule ends it;
	// its hop is one of the way.
	Failure *upcast.Failure
	// Headers and Topic are what a rule says of its dead letter.
	Headers map[string]string
	Topic   string
}

// Moves reports whether the way changes events: one that leads nowhere does not.
func (w *Way) Moves() bool { return len(w.legs) > 0 }

// Size is the number of nodes that the way holds.
func (w *Way) Size() int {
	n := 1
	for i := range w.legs {
		if c := w.legs[i].chain; c != nil {
			n += c.Size()
		}
	}
	return n
}

// Changes lists what the steps of a hop of the way do; a derived hop and one of
// migration rules have none.
func (w *Way) Changes(hop int) []upcast.Change {
	for i := len(w.legs) - 1; i >= 0; i-- {
		if l := &w.legs[i]; l.first <= hop {
			if l.chain == nil {
				return nil
			}
			return l.chain.Hops[hop-l.first].Changes()
		}
	}
	return nil
}

// Operation names the operation of a step of a hop of the way; "" if there is no such
// step.
func (w *Way) Operation(hop, step int) string {
	for _, c := range w.Changes(hop) {
		if c.Step == step {
			return c.Op
		}
	}
	return ""
}

// Broken is the refusal of an event whose image is not what was proved of it.
func (w *Way) Broken(cause error) *Error {
	return fail(BrokenPlan, "What became of the event is no event of version %d, although that was proved: this is a bug of the registry, not of the event or the document; plan %s", w.title.To.Version, w.hash()).
		from(cause).because("keep the event and report it with the plan; the event was not changed")
}

// Carry takes an event, in the bytes of its format, to the end of the way.
func (w *Way) Carry(ctx context.Context, e *upcast.Envelope, event []byte) (*Carriage, error) {
	envelope, out := *e, &Carriage{}
	for i := range w.legs {
		l := &w.legs[i]
		if err := l.carry(ctx, &envelope, event, out); err != nil || out.Failure != nil {
			var bug *schema.Bug
			if errors.As(err, &bug) {
				err = w.Broken(err)
			}
			return out, err
		}
		if i == len(w.legs)-1 {
			break
		}
		if len(out.Events) != 1 {
			out.Failure = &upcast.Failure{Code: upcast.FailRule, Hop: w.legs[i+1].first, Reason: "what follows a hop that makes several events of one is carried on from there, not here"}
			out.Events = nil
			return out, nil
		}
		one := &out.Events[0]
		event, envelope.Headers, envelope.Key = one.Event, one.Headers, one.Key
	}
	plan := w.hash()
	for i := range out.Events {
		h := out.Events[i].Headers
		h[upcast.HeaderClass] = string(w.Class())
		delete(h, upcast.HeaderPlan) // that of an earlier way
		if plan != "" {
			h[upcast.HeaderPlan] = plan
		}
	}
	return out, nil
}

func (l *leg) carry(ctx context.Context, e *upcast.Envelope, event []byte, out *Carriage) (err error) {
	if l.rules == nil {
		if out.Events, out.Failure, err = l.runner.Carry(ctx, e, event, nil); out.Failure != nil {
			out.Failure.Hop += l.first
		}
		return err
	}
	r, f, err := l.rules.Apply(ctx, event, upcast.RuleRun{Skip: e.Headers[upcast.HeaderRuleName]})
	if err != nil {
		return err
	}
	if f != nil {
		f.Hop = l.first
		out.Events, out.Failure, out.Headers, out.Topic = nil, f, r.Headers, r.Topic
		return nil
	}
	out.Events = []upcast.Carried{e.Carried(r.Event)}
	return nil
}

// Trace carries an event hop by hop and gives what it is after each, up to a hop
// that makes several events of one.
func (w *Way) Trace(ctx context.Context, e *upcast.Envelope, event []byte) ([][]byte, *upcast.Failure, error) {
	var out [][]byte
	for i := range w.legs {
		l := &w.legs[i]
		var images [][]byte
		var f *upcast.Failure
		var err error
		if l.rules == nil {
			images, f, err = l.chain.TraceWith(ctx, e, event)
		} else {
			var r *upcast.RuleResult
			if r, f, err = l.rules.Apply(ctx, event, upcast.RuleRun{Skip: e.Headers[upcast.HeaderRuleName]}); f == nil && err == nil {
				images = [][]byte{r.Event}
			}
		}
		out = append(out, images...)
		if f != nil || err != nil || len(images) == 0 {
			return out, f, err
		}
		event = out[len(out)-1]
	}
	return out, nil, nil
}
