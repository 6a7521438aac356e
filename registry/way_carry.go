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

// StreamInputs are the context inputs of the way's documents that ask for what
// earlier events of a stream said.
func (w *Way) StreamInputs() []upcast.ContextInput {
	var out []upcast.ContextInput
	for i := range w.legs {
		if c := w.legs[i].chain; c != nil {
			out = append(out, c.StreamInputs()...)
		}
	}
	return out
}

// Size is the number of nodes that the way holds.
func (w *Way) Size() int {
	n := 1
	for i := range w.legs {
		if c := w.legs[i].chain; c != nil {
			n += c.Size()
		}
	}
	for _, part := range w.parts {
		n += part.Size()
	}
	return n
}

// Message is the full name of the Protobuf message that events at the end of the way
// are of; empty in other formats. Those that a split makes say it themselves.
func (w *Way) Message() string { return w.message }

// Changes lists what the steps of a hop of the way do; a derived hop and one of
// migration rules have none.
func (w *Way) Changes(hop int) []upcast.Change {
	for i := len(w.parts) - 1; i >= 0; i-- {
		if part := w.parts[i]; part.offset <= hop {
			return part.Changes(hop - part.offset)
		}
	}
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

// Carry takes an event, in the bytes of its format, to the end of the way, and what
// it becomes on the way each to its own end.
func (w *Way) Carry(ctx context.Context, e *upcast.Envelope, event []byte) (*Carriage, error) {
	out := &Carriage{}
	var err error
	if out.Events, out.Failure, err = w.carry(ctx, *e, event, out); err != nil || out.Failure != nil {
		var bug *schema.Bug
		if errors.As(err, &bug) {
			err = w.Broken(err)
		}
		return out, err
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

// carry takes an event over one leg. What a rule says of its dead letter goes to out.
func (l *leg) carry(ctx context.Context, e *upcast.Envelope, event []byte, out *Carriage) ([]upcast.Carried, *upcast.Failure, error) {
	if l.rules == nil {
		events, f, err := l.runner.Carry(ctx, e, event, nil)
		if f != nil {
			f.Hop += l.first
		}
		return events, f, err
	}
	r, f, err := l.rules.Apply(ctx, event, upcast.RuleRun{Skip: e.Headers[upcast.HeaderRuleName]})
	if err != nil {
		return nil, nil, err
	}
	if f != nil {
		f.Hop = l.first
		out.Headers, out.Topic = r.Headers, r.Topic
		return nil, f, nil
	}
	return []upcast.Carried{e.Carried(r.Event)}, nil, nil
}
