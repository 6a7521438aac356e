package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/frame"
	"github.com/instar-registry/instar/upcast"
)

// The encodings of events, beside the names of the binary formats.
const (
	asJSON  = "json"
	asFrame = "frame"
)

// carrier carries events from one version of a subject to another.
type carrier struct {
	x        *request
	name     registry.Name
	from     *registry.Version
	end      registry.Name // the subject of to
	to       *registry.Version
	way      *registry.Way
	plan     string // its hash
	source   codec
	target   codec
	as       string
	envelope upcast.Envelope // of every event
	framed   []byte          // what stood before the event, if it came in a frame
}

// inFrame is the carrier of an event that came behind a frame.
func (c *carrier) inFrame(frame []byte) *carrier {
	if c.way.Moves() {
		return c // the event gets the frame of its new version
	}
	out := *c
	out.framed = frame
	return &out
}

// beside is the carrier of an event that has something beside it.
func (c *carrier) beside(e upcast.Envelope) *carrier {
	out := *c
	e.Subject, e.Version, e.SchemaID = c.envelope.Subject, c.envelope.Version, c.envelope.SchemaID
	out.envelope = e
	return &out
}

// codec is a schema whose events can be carried: it reads and writes them in the
// JSON encoding of its format.
type codec interface {
	schema.Parsed
	Encode(json []byte) ([]byte, error)
	Decode(event []byte) ([]byte, error)
}

// jsonEvents are the events of a JSON Schema, which are JSON already.
type jsonEvents struct {
	schema.Parsed
	ctx context.Context //nolint:containedctx // of the request
}

// Encode implements codec.
func (j jsonEvents) Encode(event []byte) ([]byte, error) {
	verdict, err := j.Check(j.ctx, schema.Event{Bytes: event, Encoding: schema.EncodingJSON})
	if err != nil {
		return nil, err
	}
	if len(verdict.Violations) > 0 {
		v := verdict.Violations[0]
		return nil, &schema.Error{What: v.What, Path: v.Path}
	}
	return event, nil
}

// Decode implements codec.
func (j jsonEvents) Decode(event []byte) ([]byte, error) { return event, nil }

// goal names the version that events are to become: of a subject, or, if that is
// empty, of the one that they are of. Its latest is that of the subject that they
// end in.
type goal struct{ subject, version string }

// find looks for the version that events of another are to become.
func (g goal) find(x *request, st *registry.State, from located) (located, error) {
	latest, err := registry.ParseVersion(g.version)
	if err != nil {
		return located{}, err
	}
	name := from.name
	switch {
	case g.subject != "":
		name = x.target.qualify(g.subject)
	case latest == -1:
		name = st.Destination(registry.Target{Name: from.name, Version: from.version.Number})
	}
	s := x.findSubject(st, name)
	switch {
	case s == nil && g.subject == "" && name != from.name:
		return located{}, hiddenWay(from.name, from.version.Number)
	case s == nil:
		return located{}, subjectNotFound(name)
	}
	v, err := s.VersionOf(g.version)
	return located{name: s.Name, version: v}, err
}

// carrierFor finds the way from a version to the one that to names.
func (x *request) carrierFor(from located, to goal, as string, m message) (*carrier, error) {
	c := &carrier{x: x, name: from.name, from: from.version, as: as}
	if err := x.view(func(st *registry.State) error {
		at, err := to.find(x, st, from)
		c.end, c.to = at.name, at.version
		return err
	}); err != nil {
		return nil, err
	}
	p, err := x.api.service.Parsed(x.ctx, c.name.Context, c.from.Content)
	if err != nil {
		return nil, err
	}
	name, err := m.of(p)
	if err != nil {
		return nil, err
	}
	or(&c.as, asJSON)
	if binary := strings.ToLower(c.to.Content.Format.String()); c.as != asJSON && c.as != asFrame && c.as != binary {
		return nil, unprocessable("Events of subject '%s' are shown as json, %s or frame; found %s", c.end, binary, clip(c.as, 20))
	}
	c.envelope = upcast.Envelope{Subject: c.name.String(), Version: c.from.Number, SchemaID: int(c.from.ID)}
	if c.way, err = x.wayOf(name, registry.Target{Name: c.name, Version: c.from.Number}, registry.Target{Name: c.end, Version: c.to.Number}); err != nil {
		return nil, err
	}
	c.plan = x.api.service.PlanHash(c.way)
	if c.source, err = x.codec(c.name, c.from, name); err != nil {
		return nil, err
	}
	c.target, err = x.codec(c.end, c.to, c.way.Message())
	return c, err
}

// wayOf finds a way whose subjects the caller sees, all of them.
func (x *request) wayOf(message string, from, to registry.Target) (*registry.Way, error) {
	if sees := x.sees(); sees != nil {
		if err := x.view(func(st *registry.State) error {
			for _, n := range st.Through(from, to) {
				if !sees(n) {
					return hiddenWay(from.Name, from.Version)
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return x.api.service.WayOf(x.ctx, message, from, to)
}

// hiddenWay refuses a way over what the caller does not see, and does not name it.
func hiddenWay(n registry.Name, version int) error {
	return registry.Fail(registry.UpcasterGap, "There is no way from version %d of subject '%s' that leads through subjects which you may see", version, n)
}

// codec reads and writes the events of a version; in a Protobuf file, of a message
// by its full name, or of the first one.
func (x *request) codec(n registry.Name, v *registry.Version, name string) (codec, error) {
	p, err := x.api.service.Parsed(x.ctx, n.Context, v.Content)
	if err != nil {
		return nil, err
	}
	if p.Format() == schema.JSON {
		return jsonEvents{p, x.ctx}, nil
	}
	if e, ok, err := upcast.EventsOf(p, name); err != nil {
		return nil, &schema.Bug{Where: "the message of a version", Cause: err}
	} else if ok {
		return e, nil
	}
	s, ok := p.(codec)
	if !ok {
		return nil, registry.Fail(registry.NotYet, "Events of %s schemas are not carried yet", p.Format())
	}
	return s, nil
}

// writer finds the version that an event was written under.
func (x *request) writer(subject, from string) (located, error) {
	number, err := registry.ParseVersion(from)
	if err != nil {
		return located{}, err
	}
	var at located
	err = x.view(func(st *registry.State) error {
		at, err = x.findVersion(st, subject, number, true)
		return err
	})
	return at, err
}

// framedWriter finds the version that a frame names: of the given subject, or, if
// none is given, of the first one that the caller may see.
func (x *request) framedWriter(subject string, p frame.Prefix) (located, error) {
	var at located
	err := x.view(func(st *registry.State) error {
		if subject == "" {
			at = x.anyWriter(st, p)
		} else if s := x.findSubject(st, x.target.qualify(subject)); s != nil {
			for i := range s.Versions {
				if v := &s.Versions[i]; v.ID == int64(p.ID) || p.HasGUID() && v.Content.GUID == registry.GUID(p.GUID) {
					at = located{name: s.Name, version: v}
				}
			}
		} else {
			return subjectNotFound(x.target.qualify(subject))
		}
		if at.version == nil {
			return registry.Fail(registry.SchemaNotFound, "Schema %s not found", frameName(p))
		}
		return nil
	})
	return at, err
}

func (x *request) anyWriter(st *registry.State, p frame.Prefix) located {
	find := func(context string, id int64) located {
		if b, use := x.binding(st, context, id); b != nil {
			n := registry.Name{Context: context, Subject: use.Subject}
			return located{name: n, version: st.Subject(n).Version(use.Version)}
		}
		return located{}
	}
	if !p.HasGUID() {
		context := x.target.context
		or(&context, registry.DefaultContext)
		return find(context, int64(p.ID))
	}
	_, ids := st.ByGUID(registry.GUID(p.GUID))
	for _, id := range ids {
		if at := find(id.Context, id.ID); at.version != nil {
			return at
		}
	}
	return located{}
}

func frameName(p frame.Prefix) string {
	if p.HasGUID() {
		return registry.GUID(p.GUID).String()
	}
	return strconv.Itoa(int(p.ID))
}

// besideEvents are the names of what may be known of an event beside its bytes.
var besideEvents = []string{"headers", "context", "id", "type", "stream", "position", "time"}

// envelope reads what is known of an event beside its bytes: headers, values of the
// context as JSON, and what documents read as meta.
func (d *decoder) envelope() upcast.Envelope {
	out := upcast.Envelope{
		Headers: d.stringMap(d.root, "headers"), ID: d.string(d.root, "id"), Type: d.string(d.root, "type"), Stream: d.string(d.root, "stream"),
	}
	if d.get(d.root, "position") != nil {
		n := d.int64(d.root, "position")
		out.Position = &n
	}
	if text := d.string(d.root, "time"); text != "" {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			d.fail(d.root.Get("time"), "time must be as 2026-03-31T12:00:00Z, not %s", clip(text, 40))
		}
		micros := t.UnixMicro()
		out.Time = &micros
	}
	if o := d.object(d.root, "context"); o != nil {
		out.Context = map[string]string{}
		for _, m := range o.Members {
			out.Context[m.Key] = string(jsonx.Append(nil, m.Value))
		}
	}
	return out
}

// upcastEvent carries one event from one version of a subject to another.
func upcastEvent(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	d.only(d.root, append([]string{"subject", "from", "to", "toSubject", "event", "eventBase64", "encoding", "message", "as", "trace"}, besideEvents...)...)
	v, around := &validation{}, d.envelope()
	if err := x.readEvent(d, v); err != nil {
		return err
	}
	as, trace, subject := strings.ToLower(d.string(d.root, "as")), d.bool(d.root, "trace"), d.string(d.root, "subject")
	from, to := d.versionText(d.root, "from"), d.versionText(d.root, "to")
	or(&to, "latest")
	becomes := goal{d.string(d.root, "toSubject"), to}
	framed := v.encoding == asFrame
	switch {
	case d.err != nil:
		return d.err
	case framed && from != "":
		return unprocessable("A framed event names the version that it was written under; leave from out")
	case framed && (v.message != "" || len(v.event.Message) > 0):
		return unprocessable("A framed event names its message; leave message out")
	case !framed && (subject == "" || from == ""):
		return unprocessable("Name the subject and the version that the event was written under, as subject and from; only a framed event names its own")
	}
	var at located
	if framed {
		at, err = x.framedWriter(subject, v.prefix)
	} else {
		at, err = x.writer(subject, from)
	}
	if err != nil {
		return err
	}
	if err := v.settle(at.version.Content.Format); err != nil {
		return err
	}
	c, err := x.carrierFor(at, becomes, as, message{v.message, v.event.Message})
	if err != nil {
		return err
	}
	out, err := c.beside(around).inFrame(v.frame).carry(v.event.Bytes, v.event.Encoding == schema.EncodingJSON, trace)
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, out)
}
