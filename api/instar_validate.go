package api

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/frame"
)

// validation is a request to judge an event, as far as it was read.
type validation struct {
	context  string
	event    schema.Event
	message  string // of a Protobuf file, by name
	encoding string
	prefix   frame.Prefix // of encoding frame
	frame    []byte       // all that stood before the event
	judge    schema.Parsed
	out      wire.Validation
}

// validate judges an event against a registered schema or one sent along.
func validate(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	d.only(d.root, "subject", "version", "id", "context", "schema", "schemaType", "references",
		"event", "eventBase64", "encoding", "message")
	v := &validation{out: wire.Validation{Violations: []wire.Violation{}}}
	if v.context, err = x.contextArg(d.string(d.root, "context")); err != nil {
		return err
	}
	if err := x.readEvent(d, v); err != nil {
		return err
	}
	if err := x.chooseJudge(d, v); err != nil {
		return err
	}
	if err := v.settle(v.judge.Format()); err != nil {
		return err
	}
	if v.message != "" {
		if err := v.findMessage(); err != nil {
			return err
		}
	}
	verdict, err := x.judgeEvent(v)
	if err != nil {
		return err
	}
	v.out.Valid = len(verdict.Violations) == 0
	v.out.Decoded = verdict.Decoded
	for _, w := range verdict.Violations {
		one := wire.Violation{Path: w.Path, Message: w.What}
		if w.Offset >= 0 {
			one.Offset = &w.Offset
		}
		v.out.Violations = append(v.out.Violations, one)
	}
	return x.json(http.StatusOK, v.out)
}

// judgeEvent judges the event once there is room for what it decodes to.
func (x *request) judgeEvent(v *validation) (schema.Judgement, error) {
	release, err := x.carry(v.judge.Format(), &v.event)
	if err != nil {
		return schema.Judgement{}, err
	}
	defer release()
	verdict, err := v.judge.Check(x.ctx, v.event)
	if err != nil {
		return schema.Judgement{}, refusedEvent(err)
	}
	return verdict, nil
}

// refusedEvent turns what a judge could not judge into an answer: limits are
// the caller's, everything else ours.
func refusedEvent(err error) error {
	var user *schema.Error
	var walk *schema.WalkError
	switch {
	case errors.As(err, &user) && user.Limit != "", errors.As(err, &walk) && walk.Limit != "":
		return &registry.Error{Code: registry.OverLimit, Message: "The event cannot be judged: " + err.Error(), Cause: err}
	case errors.As(err, &user), errors.As(err, &walk):
		return &registry.Error{Code: registry.InvalidArgument, Message: "The event cannot be judged: " + err.Error(), Cause: err}
	}
	return err
}

// readIndexes reads the place of a message in its file.
func (x *request) readIndexes(d *decoder, v *validation) {
	for i, item := range d.items(d.root, "message", jsonx.Number) {
		n, ok := wholeNumber(item)
		if !ok || n > 1<<20 || i >= x.api.service.Limits().MessageIndexes {
			d.fail(item, "message must be a short list of message indexes")
			break
		}
		v.event.Message = append(v.event.Message, int(n))
	}
}

// readEvent reads the bytes of the event and how they are written.
func (x *request) readEvent(d *decoder, v *validation) error {
	event, packed := d.root.Get("event"), d.get(d.root, "eventBase64")
	v.encoding = strings.ToLower(d.string(d.root, "encoding"))
	if m := d.root.Get("message"); m != nil && m.Kind == jsonx.String {
		v.message = m.Text
	} else {
		x.readIndexes(d, v)
	}
	switch {
	case d.err != nil:
	case (event == nil) == (packed == nil):
		d.fail(d.root, "Send the event either as event, in JSON, or as eventBase64")
	case event != nil:
		v.event.Bytes = jsonx.Append(nil, event)
		or(&v.encoding, "json")
		if v.encoding != "json" {
			d.fail(event, "An event in JSON has the encoding json; bytes of the encoding %s are sent as eventBase64", clip(v.encoding, 40))
		}
	case packed.Kind != jsonx.String:
		d.wrong(packed, "eventBase64", "a string")
	default:
		bytes, err := base64.StdEncoding.DecodeString(packed.Text)
		if err != nil {
			d.fail(packed, "eventBase64 is not base64")
		}
		v.event.Bytes = bytes
		or(&v.encoding, "frame")
	}
	if d.err != nil {
		return d.err
	}
	if max := x.api.service.Limits().EventBytes; len(v.event.Bytes) > max {
		return registry.Fail(registry.OverLimit, "The event has %d bytes; the limit event-bytes is %d", len(v.event.Bytes), max)
	}
	if v.encoding != "frame" {
		return nil
	}
	var err error
	if v.prefix, err = frame.ReadPrefix(v.event.Bytes); err != nil {
		return unprocessable("The event has no readable frame: %s", err)
	}
	return nil
}

// chooseJudge finds the schema that the request names in one of its ways.
func (x *request) chooseJudge(d *decoder, v *validation) error {
	subject, id, inline := d.get(d.root, "subject"), d.get(d.root, "id"), d.get(d.root, "schema")
	ways := 0
	for _, w := range []*jsonx.Value{subject, id, inline} {
		if w != nil {
			ways++
		}
	}
	if ways > 1 || ways == 0 && v.encoding != "frame" {
		d.fail(d.root, "Name the schema by subject and version, by id, or send it as schema; only a framed event names its own")
	}
	if d.err != nil {
		return d.err
	}
	switch {
	case subject != nil:
		return x.judgeBySubject(d, v)
	case id != nil:
		return x.judgeByID(v, d.int64(d.root, "id"), d)
	case inline != nil:
		return x.judgeInline(d, v)
	case v.prefix.HasGUID():
		return x.judgeByGUID(v, registry.GUID(v.prefix.GUID))
	default:
		return x.judgeByID(v, int64(v.prefix.ID), d)
	}
}

func (x *request) judgeBySubject(d *decoder, v *validation) error {
	number := -1
	if w := d.get(d.root, "version"); w != nil {
		var err error
		if number, err = registry.ParseVersion(w.Text); err != nil {
			return err
		}
	}
	subject := d.string(d.root, "subject")
	if d.err != nil {
		return d.err
	}
	var at located
	if err := x.view(func(st *registry.State) error {
		var err error
		at, err = x.findVersion(st, subject, number, false)
		return err
	}); err != nil {
		return err
	}
	v.out.ID = at.version.ID
	return x.judgeBy(v, at.name.Context, at.version.Content)
}

func (x *request) judgeByID(v *validation, id int64, d *decoder) error {
	if d.err != nil {
		return d.err
	}
	var b *registry.Binding
	if err := x.view(func(st *registry.State) error {
		if b, _ = x.binding(st, v.context, id); b == nil {
			return registry.Fail(registry.SchemaNotFound, "Schema %d not found", id)
		}
		return nil
	}); err != nil {
		return err
	}
	v.out.ID = id
	return x.judgeBy(v, v.context, b.Content)
}

func (x *request) judgeByGUID(v *validation, guid registry.GUID) error {
	var context string
	var c *registry.Content
	if err := x.view(func(st *registry.State) error {
		_, ids := st.ByGUID(guid)
		for _, at := range ids {
			if b, _ := x.binding(st, at.Context, at.ID); b != nil {
				context, c = at.Context, b.Content
				return nil
			}
		}
		return registry.Fail(registry.SchemaNotFound, "Schema %s not found", guid)
	}); err != nil {
		return err
	}
	return x.judgeBy(v, context, c)
}

func (x *request) judgeBy(v *validation, context string, c *registry.Content) (err error) {
	v.out.GUID = c.GUID.String()
	v.judge, err = x.api.service.Parsed(x.ctx, context, c)
	return err
}

func (x *request) judgeInline(d *decoder, v *validation) error {
	c, err := d.candidate(d.root)
	if err != nil {
		return err
	}
	if err := x.needReferences(v.context, c.references); err != nil {
		return err
	}
	v.judge, err = x.api.service.Candidate(x.ctx, v.context, c.format, c.text, c.references)
	return err
}

// settle holds the encoding against the format and takes the frame off.
func (v *validation) settle(format schema.Format) error {
	v.event.Encoding = schema.EncodingBinary
	switch v.encoding {
	case "json":
		v.event.Encoding = schema.EncodingJSON
	case "avro", "protobuf":
		if !strings.EqualFold(format.String(), v.encoding) {
			return unprocessable("The encoding is %s, but the schema's format is %s", v.encoding, format)
		}
	case "frame":
		return v.unframe(format)
	default:
		return unprocessable("The encoding %q is unknown; json, avro, protobuf and frame are known", clip(v.encoding, 40))
	}
	return nil
}

func (v *validation) unframe(format schema.Format) error {
	start := v.prefix.Size
	switch format {
	case schema.JSON:
		v.event.Encoding = schema.EncodingJSON
	case schema.Protobuf:
		var path frame.Indexes
		next, err := frame.ReadIndexes(v.event.Bytes, start, frame.ZigZag, &path)
		if err != nil {
			return unprocessable("The event has no readable message indexes: %s", err)
		}
		start, v.event.Message = next, path.Path()
	}
	v.frame, v.event.Bytes = v.event.Bytes[:start:start], v.event.Bytes[start:]
	return nil
}
