package api

import (
	"encoding/base64"
	"errors"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/frame"
	"github.com/instar-registry/instar/upcast"
)

// carry reads an event and carries it. json tells that it is in the JSON encoding
// of its format rather than in bytes.
func (c *carrier) carry(event []byte, json, trace bool) (wire.Upcast, error) {
	out, err := c.carryOne(event, json, trace)
	c.counted(&out, err)
	return out, err
}

// counted notes what became of an event, so that one can see which versions are
// still about and where events end.
func (c *carrier) counted(out *wire.Upcast, err error) {
	if c.x.ctx.Err() != nil {
		return // nobody knows
	}
	outcome := out.Outcome
	if err != nil {
		outcome = "failed"
	}
	api := c.x.api
	api.opt.Metrics.Upcast(c.name.String(), c.from.Number, c.to.Number, outcome)
	if err == nil {
		api.own.uses.note(registry.Target{Name: c.name, Version: c.from.Number}, api.now())
	}
}

func (c *carrier) carryOne(event []byte, json, trace bool) (wire.Upcast, error) {
	e := schema.Event{Bytes: event}
	if json {
		e.Encoding = schema.EncodingJSON
	}
	release, err := c.x.carry(c.source.Format(), &e)
	if err != nil {
		return wire.Upcast{}, err
	}
	defer release()
	in := event
	if json || c.source.Format() == schema.JSON {
		in, err = c.source.Encode(event)
	} else {
		_, err = c.source.Decode(in)
	}
	if err != nil {
		return wire.Upcast{}, c.refused(err)
	}
	return c.run(in, trace)
}

// run carries an event that its version accepts. A proved plan that fails is noted
// with what shows it again.
func (c *carrier) run(in []byte, trace bool) (wire.Upcast, error) {
	out, err := c.images(in, trace)
	if noted := c.x.api.noted; noted != nil && err == nil {
		noted(c, in, &out)
	}
	return out, c.broken(in, err)
}

// images are what becomes of an event.
func (c *carrier) images(in []byte, trace bool) (wire.Upcast, error) {
	out := wire.Upcast{
		Outcome: "unchanged", Events: []wire.UpcastEvent{}, Hops: hopBodies(c.way.Hops),
		Plan: c.plan, Verdict: string(c.way.Verdict()), Class: string(c.way.Class()),
	}
	images := []upcast.Carried{{Event: in, Headers: c.envelope.Headers}}
	if c.way.Moves() {
		carriage, err := c.way.Carry(c.x.ctx, &c.envelope, in)
		switch {
		case err != nil:
			return out, err
		case carriage.Failure != nil:
			return out, c.ended(&out, carriage)
		}
		out.Outcome, images = "events", carriage.Events // of another version, even where the bytes are the same
	}
	for i := range images {
		event, err := c.image(&images[i])
		if err != nil {
			return out, err
		}
		out.Events = append(out.Events, event)
	}
	var err error
	if trace {
		out.Trace, err = c.trace(in)
	}
	return out, err
}

func (c *carrier) refused(err error) error {
	c.x.api.opt.Metrics.UpcastFailure("", upcast.FailInput)
	var limit *registry.Error
	if judged := refusedEvent(err); errors.As(judged, &limit) && limit.Code == registry.OverLimit {
		return judged
	}
	return registry.Fail(registry.UpcastInput, "The event is not valid under version %d of subject '%s': %s", c.from.Number, c.name, err)
}

// ended notes where a document or a rule ends an event; any other failure is a
// refusal.
func (c *carrier) ended(out *wire.Upcast, end *registry.Carriage) error {
	code, f := 0, end.Failure
	if f.Code != upcast.FailDrop {
		c.x.api.opt.Metrics.UpcastFailure(c.way.Operation(f.Hop, f.Step), f.Code)
	}
	switch f.Code {
	case upcast.FailDrop:
		out.Outcome = "dropped"
	case upcast.FailDead:
		out.Outcome, code = "deadLetter", wire.CodeDeadLetter
	case upcast.FailContext:
		return registry.Fail(registry.UpcastContext, "The event cannot be carried: %s", f)
	case upcast.FailLimit:
		return registry.Fail(registry.UpcasterLimit, "The event cannot be carried: %s", f)
	default:
		return registry.Fail(registry.UpcastInput, "The event cannot be carried: %s", f)
	}
	h := c.way.Hops[f.Hop]
	out.End = &wire.UpcastEnd{
		Code: code, Subject: other(h.Source, c.name), From: h.From, To: h.To, Target: otherSubject(&h), Step: f.Step, Path: f.Path, Reason: f.Reason, Headers: end.Headers, Topic: end.Topic,
	}
	return nil
}

// image writes an event as it was asked for. Those that a split makes say themselves
// of which version they are.
func (c *carrier) image(e *upcast.Carried) (wire.UpcastEvent, error) {
	name, version, target := c.end, c.to, c.target
	if e.Output != "" {
		at := registry.Stop{Target: registry.Target{Name: registry.ParseName(e.Target.Subject), Version: e.Target.Version.Number}, Message: e.Message}
		var err error
		if version, target, err = c.stop(at); err != nil {
			return wire.UpcastEvent{}, err
		}
		name = at.Name
	}
	json, err := held(target, e.Event)
	if err != nil {
		return wire.UpcastEvent{}, c.unfit(err)
	}
	out := wire.UpcastEvent{
		Subject: name.String(), Version: version.Number, ID: version.ID, Headers: e.Headers, Type: e.Type, Output: e.Output, Part: e.Place,
	}
	if len(e.Key) > 0 {
		out.Key = base64.StdEncoding.EncodeToString(e.Key)
	}
	switch c.as {
	case asJSON:
		out.Event = json
	case asFrame:
		if len(c.framed) > 0 { // the bytes that came in
			out.Base64 = base64.StdEncoding.EncodeToString(append(c.framed, e.Event...))
			break
		}
		out.Base64 = base64.StdEncoding.EncodeToString(withFrame(target, version, e.Event))
	default:
		out.Base64 = base64.StdEncoding.EncodeToString(e.Event)
	}
	return out, nil
}

// held shows an event as JSON and holds it to its whole schema: a proof speaks of
// every event, and this one is looked at.
func held(s codec, event []byte) ([]byte, error) {
	json, err := s.Decode(event)
	if err == nil && s.Format() == schema.JSON {
		_, err = s.Encode(json)
	}
	return json, err
}

// unfit tells an image that is larger than events may be here from one that is none.
func (c *carrier) unfit(err error) error {
	var limit *registry.Error
	if judged := refusedEvent(err); errors.As(judged, &limit) && limit.Code == registry.OverLimit {
		c.x.api.opt.Metrics.UpcastFailure("", upcast.FailLimit)
		return registry.Fail(registry.UpcasterLimit, "The event cannot be carried: what becomes of it is too large: %s", err)
	}
	return c.way.Broken(err)
}

// withFrame puts the frame of a version before an event.
func withFrame(s codec, v *registry.Version, event []byte) []byte {
	out := frame.AppendID(make([]byte, 0, len(event)+8), int32(v.ID)) //nolint:gosec // ids have 31 bits
	if m, ok := s.(upcast.MessageEvents); ok {
		out = frame.AppendIndexes(out, m.Path)
	}
	return append(out, event...)
}

// stop is a version that events come by, and what reads and writes them there.
func (c *carrier) stop(at registry.Stop) (v *registry.Version, s codec, err error) {
	if err := c.x.view(func(st *registry.State) error {
		if v = st.Subject(at.Name).Version(at.Version); v == nil { // removed since
			return registry.Fail(registry.VersionNotFound, "Version %d not found.", at.Version)
		}
		return nil
	}); err != nil {
		return nil, nil, err
	}
	s, err = c.x.codec(at.Name, v, at.Message)
	return v, s, err
}

// trace shows the event, and all that it becomes, before and after each hop, as
// JSON.
func (c *carrier) trace(in []byte) ([]wire.UpcastTrace, error) {
	traced, err := c.way.Trace(c.x.ctx, &c.envelope, in)
	var bug *schema.Bug
	if errors.As(err, &bug) {
		err = c.way.Broken(err)
	}
	if err != nil {
		return nil, err
	}
	out := []wire.UpcastTrace{}
	for i := range traced {
		t := &traced[i]
		h := &c.way.Hops[t.Hop]
		_, source, err := c.stop(t.From)
		if err != nil {
			return nil, err
		}
		before, err := source.Decode(t.Before)
		if err != nil {
			return nil, err
		}
		_, target, err := c.stop(t.To)
		if err != nil {
			return nil, err
		}
		after, err := held(target, t.After)
		if err != nil {
			return nil, c.unfit(err)
		}
		step := wire.UpcastTrace{
			Subject: other(t.From.Name, c.name), From: h.From, To: t.To.Version, Target: other(t.To.Name, t.From.Name), Part: t.Part,
			Upcaster: h.Document, Before: before, After: after, Valid: true,
		}
		for _, change := range c.way.Changes(t.Hop) {
			step.Changes = append(step.Changes, wire.UpcastChange(change))
		}
		out = append(out, step)
	}
	return out, nil
}
