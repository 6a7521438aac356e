package api

import (
	"bytes"
	"encoding/base64"
	"net/http"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// carriage is one event on its way from one version to another.
type carriage struct {
	x      *request
	event  []byte
	binary bool
	as     string

	name     registry.Name
	from, to *registry.Version
	way      *registry.Way
	source   codec
	target   codec
}

// codec is a schema whose events can be carried.
type codec interface {
	schema.Parsed
	Encode(json []byte) ([]byte, error)
	Decode(binary []byte) ([]byte, error)
}

// find resolves subject and versions, and the way between them.
func (c *carriage) find(subject, from, to string) error {
	var a, b located
	x := c.x
	if err := x.view(func(st *registry.State) error {
		old, err := registry.ParseVersion(from)
		if err != nil {
			return err
		}
		next, err := registry.ParseVersion(to)
		if err != nil {
			return err
		}
		if a, err = x.findVersion(st, subject, old, true); err != nil {
			return err
		}
		b, err = x.findVersion(st, subject, next, true)
		return err
	}); err != nil {
		return err
	}
	c.name, c.from, c.to = a.name, a.version, b.version
	var err error
	if c.source, err = c.codec(a); err != nil {
		return err
	}
	if c.target, err = c.codec(b); err != nil {
		return err
	}
	c.way, err = x.api.service.Way(x.ctx, c.name, c.from.Number, c.to.Number)
	return err
}

func (c *carriage) codec(at located) (codec, error) {
	p, err := c.x.api.service.Parsed(c.x.ctx, at.name.Context, at.version.Content)
	if err != nil {
		return nil, err
	}
	s, ok := p.(codec)
	if !ok {
		return nil, registry.Fail(registry.NotYet, "Events of %s schemas are not carried yet", p.Format())
	}
	return s, nil
}

// send carries the event and answers with what it became.
func (c *carriage) send(trace bool) error {
	in := c.event
	if !c.binary {
		var err error
		if in, err = c.source.Encode(c.event); err != nil {
			return c.refused(err)
		}
	} else if _, err := c.source.Decode(in); err != nil {
		return c.refused(err)
	}
	out := wire.Upcast{Outcome: "unchanged", Hops: hopBodies(c.way.Hops)}
	image := in
	if c.way.Runner != nil {
		var failure *upcast.Failure
		var err error
		image, failure, err = c.way.Runner.Apply(c.x.ctx, nil, in, nil)
		switch {
		case err != nil:
			return err
		case failure != nil:
			return c.ended(&out, failure)
		case !bytes.Equal(image, in):
			out.Outcome = "events"
		}
	}
	event, err := c.show(c.target, image)
	if err != nil {
		return err
	}
	event.Subject, event.Version, event.ID = c.name.String(), c.to.Number, c.to.ID
	out.Events = []wire.UpcastEvent{event}
	if trace {
		if out.Trace, err = c.trace(in); err != nil {
			return err
		}
	}
	return c.x.json(http.StatusOK, out)
}

func (c *carriage) refused(err error) error {
	return registry.Fail(registry.UpcastInput, "The event is none of version %d of subject '%s': %s", c.from.Number, c.name, err)
}

// ended answers for an event that its document ends.
func (c *carriage) ended(out *wire.Upcast, f *upcast.Failure) error {
	code := 0
	switch f.Code {
	case upcast.FailDrop:
		out.Outcome, out.Events = "dropped", []wire.UpcastEvent{}
	case upcast.FailDead:
		out.Outcome, out.Events = "deadLetter", []wire.UpcastEvent{}
		code = wire.CodeDeadLetter
	default:
		return registry.Fail(registry.UpcastInput, "The event cannot be carried: %s", f)
	}
	h := c.way.Hops[f.Hop]
	out.End = &wire.UpcastEnd{Code: code, From: h.From, To: h.To, Step: f.Step, Path: f.Path, Reason: f.Reason}
	return c.x.json(http.StatusOK, *out)
}

func (c *carriage) show(s codec, event []byte) (wire.UpcastEvent, error) {
	if c.as == "avro" {
		return wire.UpcastEvent{Base64: base64.StdEncoding.EncodeToString(event)}, nil
	}
	json, err := s.Decode(event)
	if err != nil {
		return wire.UpcastEvent{}, &schema.Bug{Where: "upcast", Cause: err}
	}
	return wire.UpcastEvent{Event: json}, nil
}

// trace shows the event after each hop.
func (c *carriage) trace(in []byte) ([]wire.UpcastTrace, error) {
	if c.way.Chain == nil {
		return []wire.UpcastTrace{}, nil
	}
	images, _, err := c.way.Chain.Trace(c.x.ctx, in)
	if err != nil {
		return nil, err
	}
	before, err := c.source.Decode(in)
	if err != nil {
		return nil, err
	}
	out := []wire.UpcastTrace{}
	for i, image := range images {
		h := c.way.Hops[i]
		var at located
		if err := c.x.view(func(st *registry.State) error {
			at = located{name: c.name, version: st.Subject(c.name).Version(h.To)}
			return nil
		}); err != nil {
			return nil, err
		}
		s, err := c.codec(at)
		if err != nil {
			return nil, err
		}
		after, err := s.Decode(image)
		if err != nil {
			return nil, &schema.Bug{Where: "upcast", Cause: err}
		}
		out = append(out, wire.UpcastTrace{From: h.From, To: h.To, Hash: h.Document, Before: before, After: after})
		before = after
	}
	return out, nil
}
