package batch

import (
	"bytes"
	"context"

	"github.com/instar-registry/instar/schema"
)

// quick carries a line in one walk over its payload: the runner holds it to the
// grammar of JSON, and so says whether the guess was right where it ends. A line
// with which anything else happens than that its event has an image is left to be
// carried anew.
func (c *lineCarrier) quick(ctx context.Context, r *result, line, end []byte) bool {
	if c.job.Payload == Base64 || c.earlier != nil {
		return false
	}
	spans, ok := c.guess.guess(line)
	if !ok || !spans[atPayload].found() {
		return false
	}
	if only := c.job.Envelope.Only; only != "" && !isText(line, spans[atType], only) {
		return false
	}
	at, version := spans[atPayload], spans[atVersion]
	route := c.quickly(ctx, line, version)
	if route == nil {
		return false
	}
	// The image is written to where it belongs.
	kept := len(r.out)
	out := c.between(r.out, line, span{0, at.start}, version)
	begin := len(out)
	out, f, err := c.last.runner.Apply(ctx, out, line[at.start:at.end], &c.scratch)
	if err != nil || f != nil || c.check(ctx, route, out[begin:], schema.EncodingJSON) != nil {
		r.out = r.out[:kept]
		return false
	}
	image := out[begin:]
	out = c.between(out, line, span{at.end, len(line)}, version)
	r.out = append(out, end...)
	c.changed(r, route, line[at.start:at.end], image)
	return true
}

// quickly is the route of a line if it may be carried in one walk, else nil. Lines
// mostly say the version that the one before said.
func (c *lineCarrier) quickly(ctx context.Context, line []byte, version span) *Route {
	said := line[version.start:version.end]
	if c.last.Route == nil || !bytes.Equal(said, c.said) {
		route, _, err := c.version(ctx, line, version)
		if err != nil {
			return nil
		}
		_, binary := route.Source.(textual)
		_, becomes := route.Target.(textual)
		c.said = append(c.said[:0], said...)
		c.last = lineRoute{Route: route}
		if r := route.Runner(); r != nil && !binary && !becomes && !r.Surrounded() {
			c.last.runner = r
		}
	}
	if c.last.runner == nil {
		return nil
	}
	return c.last.Route
}

// between appends a part of a line beside the event, with the target's version in
// the place of its own.
func (c *lineCarrier) between(dst, line []byte, part, version span) []byte {
	if !version.found() || version.start < part.start || version.end > part.end {
		return append(dst, line[part.start:part.end]...)
	}
	dst = append(dst, line[part.start:version.start]...)
	quote := line[version.start] == '"'
	if quote {
		dst = append(dst, '"')
	}
	dst = append(dst, c.target...)
	if quote {
		dst = append(dst, '"')
	}
	return append(dst, line[version.end:part.end]...)
}
