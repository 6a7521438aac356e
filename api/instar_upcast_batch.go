package api

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/frame"
)

// batchTraces is how many events of a batch are traced at most.
const batchTraces = 1000

// batch carries a stream of events. It holds one event at a time: what is read
// is carried and answered before the next is read.
type batch struct {
	x       *request
	subject string
	from    string
	to      goal
	as      string
	message string
	trace   bool
	wrapped wrapped
	in      *bufio.Reader
	out     *bufio.Writer
	limit   int // bytes of an event
	write   func(b *batch, l *wire.UpcastLine) error

	control  *http.ResponseController
	carriers map[writerKey]*carriage
	counts   wire.UpcastCounts
}

// writerKey is what names the version that an event was written under.
type writerKey struct {
	id      int32
	guid    [16]byte
	message string // the path of the message as text; empty for the version itself
}

// carriage is a version or a carrier that was found, or why there is none.
type carriage struct {
	at      located
	carrier *carrier
	err     error
}

// maxCarriers bounds what a batch remembers of the versions that it met.
const maxCarriers = 1000

// errTooLong is an event over the limit, which was read past.
type errTooLong struct{ bytes int64 }

func (e *errTooLong) Error() string { return "the event is too long" }

// upcastBatch carries events one by one as they come in. Once the answer has
// begun, no event and no error fails the others; the last line counts.
func upcastBatch(x *request) error {
	b := &batch{
		x: x, subject: x.text("subject"), from: x.text("from"), to: goal{x.text("toSubject"), x.text("to")}, as: strings.ToLower(x.text("as")), message: x.text("message"), trace: x.flag("trace"),
		wrapped: wrapped{on: x.flag("wrapped"), only: x.text("type"), midway: x.flag("midway")},
		limit:   x.api.service.Limits().EventBytes, carriers: map[writerKey]*carriage{}, control: http.NewResponseController(&x.w),
	}
	or(&b.to.version, "latest")
	kind, _, _ := strings.Cut(x.r.Header.Get("Content-Type"), ";")
	next := (*batch).line
	switch kind = strings.ToLower(strings.TrimSpace(kind)); kind {
	case wire.TypeNDJSON:
		if b.write = (*batch).writeLine; b.wrapped.on {
			next = (*batch).wrappedLine
		}
	case wire.TypeFrames:
		next, b.write = (*batch).frame, (*batch).writeFrame
	default:
		return refuse(415, "HTTP 415 Unsupported Media Type: found Content-Type %q; send events as %s, or framed as %s", clip(kind, 100), wire.TypeNDJSON, wire.TypeFrames)
	}
	if err := b.prepare(kind); err != nil {
		return err
	}
	// The answer to the first event may be under way before the last was sent.
	if err := b.control.EnableFullDuplex(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	b.in, b.out = bufio.NewReaderSize(&patient{x: x}, 64<<10), bufio.NewWriterSize(&x.w, 32<<10)
	x.stream(kind)
	err := b.run(next)
	x.lastsLong()
	return err
}

// prepare refuses what is wrong with the whole batch.
func (b *batch) prepare(kind string) error {
	framed := kind == wire.TypeFrames
	switch {
	case framed && b.from != "":
		return badRequest("A framed event names the version that it was written under; leave from out")
	case framed && b.message != "":
		return badRequest("A framed event names its message; leave message out")
	case framed && b.trace:
		return badRequest("Events in frames are not traced; send them as %s", wire.TypeNDJSON)
	case framed && b.wrapped.on:
		return badRequest("A frame holds nothing beside its event; send wrapped events as %s", wire.TypeNDJSON)
	case !b.wrapped.on && (b.wrapped.only != "" || b.wrapped.midway):
		return badRequest("Only wrapped lines say their type and stream; send wrapped=true with type and midway")
	case framed && b.as != "" && b.as != asFrame:
		return badRequest("Events in frames are answered in frames; leave as out")
	case framed:
		b.as = asFrame
	case b.subject == "" || b.from == "":
		return badRequest("Name the subject and the version that the events were written under, as subject and from")
	}
	if framed && b.subject != "" {
		n := b.x.target.qualify(b.subject)
		return b.x.view(func(st *registry.State) error {
			if b.x.findSubject(st, n) == nil {
				return subjectNotFound(n)
			}
			return nil
		})
	}
	if framed {
		return nil
	}
	at, err := b.x.writer(b.subject, b.from)
	if err != nil {
		return err
	}
	c, err := b.x.carrierFor(at, b.to, b.as, message{name: b.message})
	b.carriers[writerKey{}] = &carriage{at: at, carrier: c}
	if err == nil && b.wrapped.on {
		err = b.wrap(c)
	}
	return err
}

// run answers event by event. next reads one and carries it; io.EOF is the end.
func (b *batch) run(next func(*batch) (wire.Upcast, error)) error {
	for {
		if b.in.Buffered() == 0 {
			if err := b.flush(); err != nil {
				return err
			}
		}
		if b.x.api.opt.Draining() {
			return b.end("this node is about to stop; send the events from index " + itoa(b.counts.Total) + " on again")
		}
		out, err := next(b)
		var broken *brokenInput
		switch {
		case errors.Is(err, io.EOF):
			return b.end("")
		case b.x.ctx.Err() != nil:
			return b.x.ctx.Err()
		case errors.As(err, &broken):
			return b.end(broken.what)
		}
		l := wire.UpcastLine{Index: b.counts.Total, Outcome: out.Outcome, Events: out.Events, End: out.End, Trace: out.Trace}
		if err != nil {
			l = b.failed(err)
		}
		b.count(l.Outcome)
		if err := b.write(b, &l); err != nil {
			return err
		}
	}
}

// brokenInput is the end of what can be read: where the next event would begin is
// not known.
type brokenInput struct{ what string }

func (e *brokenInput) Error() string { return e.what }

func (b *batch) failed(err error) wire.UpcastLine {
	var long *errTooLong
	if errors.As(err, &long) {
		err = registry.Fail(registry.OverLimit, "The event has %d bytes; the limit event-bytes is %d", long.bytes, b.limit)
	}
	o, body, known := b.x.api.explain(err)
	if !known {
		b.x.api.opt.Logger.Error("request failed by a bug", "request_id", b.x.id[0], "err", err)
		body = wire.Error{ErrorCode: o.code, Message: "The event failed by a bug of the server; its log tells more under the request id"}
	}
	return wire.UpcastLine{Index: b.counts.Total, Outcome: "failed", Error: &body}
}

func (b *batch) count(outcome string) {
	c := &b.counts
	c.Total++
	switch outcome {
	case "events":
		c.Events++
	case "unchanged":
		c.Unchanged++
	case "dropped":
		c.Dropped++
	case "deadLetter":
		c.DeadLetter++
	case "passed":
		c.Passed++
	default:
		c.Failed++
	}
}

// line carries the event of one line, in the JSON encoding of its format.
func (b *batch) line() (wire.Upcast, error) {
	text, err := b.readLine(b.limit)
	if err != nil {
		return wire.Upcast{}, err
	}
	return b.carriers[writerKey{}].carrier.carry(text, true, b.trace && b.counts.Total < batchTraces)
}

// readLine reads a line that is not empty, and past one that is longer than a limit.
func (b *batch) readLine(limit int) ([]byte, error) {
	var text []byte
	size := int64(0)
	for {
		part, err := b.in.ReadSlice('\n')
		if size += int64(len(part)); size <= int64(limit)+1 {
			text = append(text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, b.broken(err)
		}
		text, size = trimLine(text), size-int64(len(part)-len(trimLine(part)))
		switch {
		case size > int64(limit):
			return nil, &errTooLong{size}
		case len(text) > 0:
			return text, nil
		case err != nil:
			return nil, io.EOF
		}
		text, size = nil, 0
	}
}

func trimLine(text []byte) []byte {
	for n := len(text); n > 0 && (text[n-1] == '\n' || text[n-1] == '\r'); n = len(text) {
		text = text[:n-1]
	}
	return text
}

// broken explains an input that ends early.
func (b *batch) broken(err error) error {
	if b.x.ctx.Err() != nil {
		return b.x.ctx.Err()
	}
	b.x.note.err = err
	return &brokenInput{"the events end early; send them from index " + itoa(b.counts.Total) + " on again"}
}

// frame carries one framed event: its length in 4 bytes, then the frame.
func (b *batch) frame() (wire.Upcast, error) {
	event, err := b.readFrame()
	if err != nil {
		return wire.Upcast{}, err
	}
	p, err := frame.ReadPrefix(event)
	if err != nil {
		return wire.Upcast{}, unprocessable("The event has no readable frame: %s", err)
	}
	at, err := b.writerOf(p)
	if err != nil {
		return wire.Upcast{}, err
	}
	v := &validation{encoding: asFrame, prefix: p, event: schema.Event{Bytes: event}}
	if err := v.settle(at.version.Content.Format); err != nil {
		return wire.Upcast{}, err
	}
	c, err := b.carrierOf(p, at, v.event.Message)
	if err != nil {
		return wire.Upcast{}, err
	}
	return c.inFrame(v.frame).carry(v.event.Bytes, v.event.Encoding == schema.EncodingJSON, false)
}

// writerOf finds the version that a frame names, once.
func (b *batch) writerOf(p frame.Prefix) (located, error) {
	found := b.once(writerKey{id: p.ID, guid: p.GUID}, func() (out carriage) {
		out.at, out.err = b.x.framedWriter(b.subject, p)
		return out
	})
	return found.at, found.err
}

// carrierOf finds the way of a message of the version that a frame names, once.
func (b *batch) carrierOf(p frame.Prefix, at located, path []int) (*carrier, error) {
	found := b.once(writerKey{p.ID, p.GUID, fmt.Sprint(path)}, func() (out carriage) {
		out.carrier, out.err = b.x.carrierFor(at, b.to, b.as, message{path: path})
		return out
	})
	return found.carrier, found.err
}

// once remembers what was found for a key.
func (b *batch) once(key writerKey, find func() carriage) carriage {
	if known, ok := b.carriers[key]; ok {
		return *known
	}
	if len(b.carriers) >= maxCarriers {
		clear(b.carriers)
	}
	found := find()
	if b.x.ctx.Err() == nil {
		b.carriers[key] = &found
	}
	return found
}

func (b *batch) flush() error {
	_ = b.control.SetWriteDeadline(time.Now().Add(feedWrite)) // not every writer has one
	if err := b.out.Flush(); err != nil {
		return err
	}
	if err := b.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
