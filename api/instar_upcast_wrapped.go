package api

import (
	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/upcast"
)

// The bounds of wrapped lines: of what stands beside an event, and of what the batch
// keeps of earlier events of streams.
const (
	besideBytes  = 1 << 20
	foldedValues = 100_000
	foldedBytes  = 8 << 20
)

// wrapped is what a batch knows of lines that hold an event and what is beside it.
type wrapped struct {
	on bool
	// only is the type of the events that are carried; empty for all.
	only   string
	midway bool
	// earlier is what documents may ask of the events before; nil if none asks.
	earlier *upcast.Fold
}

// wrap prepares for wrapped lines: the batch is the read of its streams, from its
// first line on.
func (b *batch) wrap(c *carrier) error {
	inputs, err := b.x.api.service.StreamInputs(b.x.ctx, c.name)
	if err != nil {
		return err
	}
	if b.wrapped.earlier = upcast.NewFold(append(inputs, c.way.StreamInputs()...)); b.wrapped.earlier == nil {
		return nil
	}
	b.wrapped.earlier.Bound(foldedValues, foldedBytes)
	if b.wrapped.midway {
		b.wrapped.earlier.BeganMidway()
	}
	return nil
}

// wrappedLine carries the event of a line that says what is beside it.
func (b *batch) wrappedLine() (wire.Upcast, error) {
	text, err := b.readLine(b.limit + besideBytes)
	if err != nil {
		return wire.Upcast{}, err
	}
	d, err := b.x.decodeText(string(text))
	if err != nil {
		return wire.Upcast{}, err
	}
	d.only(d.root, append([]string{"event", "from"}, besideEvents...)...)
	around, from, member := d.envelope(), d.versionText(d.root, "from"), d.root.Get("event")
	if member == nil {
		d.fail(d.root, "The line has no event; without wrapped=true the line is the event itself")
	}
	if d.err != nil {
		return wire.Upcast{}, d.err
	}
	event := jsonx.Append(nil, member)
	if len(event) > b.limit {
		return wire.Upcast{}, &errTooLong{int64(len(event))}
	}
	out, err := b.wrappedEvent(around, from, event)
	// Whatever became of the event, it happened: those after it may ask for it.
	if seen := b.see(&around, event); err == nil {
		err = seen
	}
	return out, err
}

func (b *batch) wrappedEvent(around upcast.Envelope, from string, event []byte) (wire.Upcast, error) {
	if b.wrapped.only != "" && around.Type != b.wrapped.only {
		return wire.Upcast{Outcome: "passed"}, nil
	}
	key := writerKey{}
	if or(&from, b.from); from != b.from {
		key.message = "from " + from
	}
	found := b.once(key, func() (out carriage) {
		if out.at, out.err = b.x.writer(b.subject, from); out.err == nil {
			out.carrier, out.err = b.x.carrierFor(out.at, b.to, b.as, message{name: b.message})
		}
		return out
	})
	if found.err != nil {
		return wire.Upcast{}, found.err
	}
	around.Earlier = b.wrapped.earlier
	return found.carrier.beside(around).carry(event, true, b.trace && b.counts.Total < batchTraces)
}

// see takes note of an event for those after it.
func (b *batch) see(e *upcast.Envelope, event []byte) error {
	f := b.wrapped.earlier
	if f == nil || e.Stream == "" {
		return nil
	}
	if err := f.See(e.Stream, e.Type, event); err != nil {
		return registry.Fail(registry.UpcastContext, "Later events of stream %s cannot ask for what this event says: %s", clip(e.Stream, 100), err)
	}
	return nil
}
