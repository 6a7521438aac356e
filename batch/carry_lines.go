package batch

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
	"github.com/instar-registry/instar/upcast/plan"
)

// lineCarrier carries lines of JSON.
type lineCarrier struct {
	worker
	locate *locator
	guess  *guesser
	packed bool
	zip    *gzip.Writer
	routed map[int]*Route
	said   []byte // the version as the line before said it
	last   lineRoute
	target []byte // the version that images say
	buf    bytes.Buffer
	image  []byte
}

// lineRoute is a route, and its runner if lines may be carried on it in one walk: from
// JSON to JSON, with nothing beside the event that counts.
type lineRoute struct {
	*Route
	runner *upcast.Runner
}

func newLineCarrier(w worker, l *locator, packed bool) *lineCarrier {
	c := &lineCarrier{worker: w, locate: l, guess: newGuesser(l), packed: packed, routed: map[int]*Route{}}
	target, _ := w.routes.Target()
	c.target = strconv.AppendInt(nil, int64(target), 10)
	if packed {
		c.zip = gzip.NewWriter(&c.buf)
	}
	return c
}

func (c *lineCarrier) close() {}

func (c *lineCarrier) carry(ctx context.Context, b *block) *result {
	r := &result{block: b, out: c.spare.take(len(b.data) + len(b.data)/4)}
	rest, at, record := b.data, b.in, b.record
	for len(rest) > 0 && ctx.Err() == nil {
		line, size := rest, len(rest)
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, size = rest[:i], i+1
		}
		record++
		if r.err = c.line(ctx, r, line, rest[len(line):size], at, record); r.err == nil && c.earlier != nil {
			r.err = c.earlier.see(c.locate, line)
		}
		if r.err != nil {
			return r
		}
		rest, at = rest[size:], at+int64(size)
	}
	if r.err = ctx.Err(); r.err == nil && c.packed && len(r.out) > 0 {
		r.err = c.pack(r)
	}
	return r
}

// pack makes a member of a gzip file of the block; members one after the other
// are a file.
func (c *lineCarrier) pack(r *result) error {
	c.buf.Reset()
	c.zip.Reset(&c.buf)
	_, err := c.zip.Write(r.out)
	if err = errors.Join(err, c.zip.Close()); err != nil {
		return err
	}
	r.out = append(r.out[:0], c.buf.Bytes()...)
	return nil
}

// line carries one line; end is its newline, if it has one.
func (c *lineCarrier) line(ctx context.Context, r *result, line, end []byte, at, record int64) error {
	if c.quick(ctx, r, line, end) {
		return nil
	}
	pass := func(version int, o Outcome) error {
		r.out = append(append(r.out, line...), end...)
		r.count(version, o)
		return nil
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return pass(0, Passed)
	}
	place := deadPlace{offset: at}
	bad := func(version int, code string, err error) error {
		if isBug(err) {
			return err
		}
		e := &EventError{File: c.job.In, Offset: at, Record: record, Version: version, Code: code, Reason: err.Error()}
		return c.lost(r, line, e, place)
	}
	spans, err := c.locate.find(line)
	if err != nil {
		return bad(0, plan.FailInput, err)
	}
	place.stream, _ = textAt(line, spans[atStream])
	place.id, _ = textAt(line, spans[atID])
	if only := c.job.Envelope.Only; only != "" && !isText(line, spans[atType], only) {
		return pass(0, Passed)
	}
	route, code, err := c.version(ctx, line, spans[atVersion])
	if err != nil {
		return bad(0, code, err)
	}
	if !spans[atPayload].found() {
		return bad(route.Version, plan.FailInput, fmt.Errorf("the line has no %s", c.job.Envelope.Payload))
	}
	if !route.Moves() {
		return pass(route.Version, Unchanged)
	}
	event, err := c.event(route, line[spans[atPayload].start:spans[atPayload].end])
	if err != nil {
		return bad(route.Version, plan.FailInput, err)
	}
	around := c.around(route, line, spans)
	image, f, err := route.apply(ctx, c.image[:0], around, event, &c.scratch)
	switch {
	case err != nil:
		return c.failed(ctx, r, line, record, route, around, event, place, err)
	case f != nil:
		return c.ended(r, line, record, route, f, place)
	}
	c.image = image
	payload, err := c.payload(ctx, route)
	if err != nil {
		return c.failed(ctx, r, line, record, route, around, event, place, err)
	}
	if spans[atPayload].holds(spans[atVersion]) {
		if err := c.saysTarget(line, spans, payload); err != nil {
			return bad(route.Version, plan.FailInput, err)
		}
	}
	c.put(r, route, line, end, spans, payload)
	return nil
}

// saysTarget holds an image with the version of its event in it to the target's:
// it is part of the event, so that the documents have to set it, and a run over the
// output would take the event for an old one.
func (c *lineCarrier) saysTarget(line []byte, spans [places]span, payload []byte) error {
	at := spans[atPayload]
	whole := slices.Concat(line[:at.start], payload, line[at.end:])
	target, _ := c.routes.Target()
	found, err := c.locate.find(whole)
	if err != nil {
		return err
	}
	if n, _, err := versionAt(whole, found[atVersion]); err != nil || n != target {
		return fmt.Errorf("the version stands in the event, at %s, and is not %d in its image; let a step set it", c.job.Envelope.Version, target)
	}
	return nil
}

// version is the route of a line that says its version at a place.
func (c *lineCarrier) version(ctx context.Context, line []byte, at span) (route *Route, code string, err error) {
	version, said, err := versionAt(line, at)
	switch {
	case err != nil:
		return nil, plan.FailInput, err
	case !said && c.job.From == 0:
		return nil, plan.FailInput, errors.New("the line does not say the version of its event; name the version of those that do not with --from")
	case !said:
		version = c.job.From
	}
	if route := c.routed[version]; route != nil {
		return route, "", nil
	}
	if route, err = c.routes.Version(ctx, version); err != nil {
		return nil, "gap", err
	}
	c.routed[version] = route
	return route, "", nil
}

// event is the encoded event of a payload.
func (c *lineCarrier) event(route *Route, payload []byte) ([]byte, error) {
	if c.job.Payload == Base64 {
		text, ok := unquote(payload)
		if !ok {
			return nil, errors.New("the payload is no text; give --payload json if it is the event itself")
		}
		return base64.StdEncoding.DecodeString(text)
	}
	if f, ok := route.Source.(textual); ok {
		return f.Encode(payload)
	}
	return payload, nil
}

// payload is the image as a line holds it.
func (c *lineCarrier) payload(ctx context.Context, route *Route) ([]byte, error) {
	f, binary := route.Target.(textual)
	encoding := schema.EncodingJSON
	if binary {
		encoding = schema.EncodingBinary
	}
	if err := c.check(ctx, route, c.image, encoding); err != nil {
		return nil, err
	}
	switch {
	case c.job.Payload == Base64:
		return strconv.AppendQuote(nil, base64.StdEncoding.EncodeToString(c.image)), nil
	case binary:
		payload, err := f.Decode(c.image)
		return payload, unreadable(route, err)
	}
	return c.image, nil
}

// put writes a line with the image in the place of the event.
func (c *lineCarrier) put(r *result, route *Route, line, end []byte, spans [places]span, payload []byte) {
	at := spans[atPayload]
	r.out = c.between(r.out, line, span{0, at.start}, spans[atVersion])
	r.out = append(r.out, payload...)
	r.out = c.between(r.out, line, span{at.end, len(line)}, spans[atVersion])
	r.out = append(r.out, end...)
	c.changed(r, route, line[at.start:at.end], payload)
}

// changed counts an event that was carried, and keeps it if it is one of the first.
func (c *lineCarrier) changed(r *result, route *Route, was, is []byte) {
	r.count(route.Version, Changed)
	if wants(r.samples, route.Version, c.job.Samples) {
		r.samples = append(r.samples, Sample{route.Version, string(was), string(is)})
	}
}
