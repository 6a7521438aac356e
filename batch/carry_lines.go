package batch

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// lineCarrier carries lines of JSON.
type lineCarrier struct {
	worker
	locate *locator
	packed bool
	zip    *gzip.Writer
	routed map[int]*Route
	buf    bytes.Buffer
	image  []byte
}

func newLineCarrier(w worker, l *locator, packed bool) *lineCarrier {
	c := &lineCarrier{worker: w, locate: l, packed: packed, routed: map[int]*Route{}}
	if packed {
		c.zip = gzip.NewWriter(&c.buf)
	}
	return c
}

func (c *lineCarrier) close() {}

func (c *lineCarrier) carry(ctx context.Context, b *block) *result {
	r := &result{block: b, counts: map[Count]int64{}, out: make([]byte, 0, len(b.data)+len(b.data)/4)}
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

// quick carries a line in one walk over its payload: the runner holds it to the
// grammar of JSON, and so says whether the guess was right where it ends. A line
// with which anything else happens than that its event has an image is left to be
// carried anew.
func (c *lineCarrier) quick(ctx context.Context, r *result, line, end []byte) bool {
	if c.job.Payload == Base64 || c.earlier != nil {
		return false
	}
	spans, ok := c.locate.guess(line)
	if !ok || !spans[atPayload].found() {
		return false
	}
	if only := c.job.Envelope.Only; only != "" && !isText(line, spans[atType], only) {
		return false
	}
	route, _, err := c.route(ctx, line, spans)
	if err != nil || route.Runner == nil || route.Runner.Surrounded() {
		return false
	}
	if _, binary := route.Source.(textual); binary {
		return false
	}
	image, f, err := route.Runner.Apply(ctx, c.image[:0], line[spans[atPayload].start:spans[atPayload].end], &c.scratch)
	if err != nil || f != nil {
		return false
	}
	c.image = image
	return c.put(ctx, r, route, line, end, spans) == nil
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
	route, code, err := c.route(ctx, line, spans)
	if err != nil {
		return bad(0, code, err)
	}
	if !spans[atPayload].found() {
		return bad(route.Version, plan.FailInput, fmt.Errorf("the line has no %s", c.job.Envelope.Payload))
	}
	if route.Runner == nil {
		return pass(route.Version, Unchanged)
	}
	event, err := c.event(route, line[spans[atPayload].start:spans[atPayload].end])
	if err != nil {
		return bad(route.Version, plan.FailInput, err)
	}
	image, f, err := c.carried(ctx, route, line, spans, event)
	switch {
	case err != nil:
		return err
	case f != nil:
		return c.ended(r, line, record, route, f, place)
	}
	c.image = image
	return c.put(ctx, r, route, line, end, spans)
}

// route is the route of a line.
func (c *lineCarrier) route(ctx context.Context, line []byte, spans [places]span) (route *Route, code string, err error) {
	version, said, err := versionAt(line, spans[atVersion])
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

// put writes a line with the image in the place of the event, and the target's
// version in the place of its own.
func (c *lineCarrier) put(ctx context.Context, r *result, route *Route, line, end []byte, spans [places]span) error {
	target, _ := c.routes.Target()
	payload := c.image
	f, binary := route.Target.(textual)
	encoding := schema.EncodingJSON
	if binary {
		encoding = schema.EncodingBinary
	}
	if err := c.check(ctx, route, payload, encoding); err != nil {
		return err
	}
	switch {
	case c.job.Payload == Base64:
		payload = strconv.AppendQuote(nil, base64.StdEncoding.EncodeToString(payload))
	case binary:
		var err error
		if payload, err = f.Decode(payload); err != nil {
			return err
		}
	}
	was := line[spans[atPayload].start:spans[atPayload].end]
	if v := spans[atVersion]; v.found() {
		number := strconv.AppendInt(nil, int64(target), 10)
		if line[v.start] == '"' {
			number = strconv.AppendQuote(nil, string(number))
		}
		r.out = appendSpliced(r.out, line, spans[atPayload], payload, v, number)
	} else {
		r.out = appendSpliced(r.out, line, spans[atPayload], payload, span{len(line), len(line)}, nil)
	}
	r.out = append(r.out, end...)
	r.count(route.Version, Changed)
	if wants(r.samples, route.Version, c.job.Samples) {
		r.samples = append(r.samples, Sample{route.Version, string(was), string(payload)})
	}
	return nil
}

// appendSpliced appends a line in which two parts are replaced.
func appendSpliced(dst, line []byte, a span, with []byte, b span, and []byte) []byte {
	if b.start < a.start {
		a, with, b, and = b, and, a, with
	}
	dst = append(append(dst, line[:a.start]...), with...)
	dst = append(append(dst, line[a.end:b.start]...), and...)
	return append(dst, line[b.end:]...)
}
