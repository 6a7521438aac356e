package batch

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast"
	"github.com/instar-registry/instar/upcast/plan"
)

// ocfCarrier carries blocks of a container file, whose events all have one
// version.
type ocfCarrier struct {
	worker
	route *Route
	head  *ocfHeader // of the output
	pack  *packer
	data  []byte
	image []byte
}

func newOCFCarrier(w worker, route *Route, head *ocfHeader) (*ocfCarrier, error) {
	p, err := newPacker(head.codec)
	return &ocfCarrier{worker: w, route: route, head: head, pack: p}, err
}

func (c *ocfCarrier) close() { c.pack.close() }

func (c *ocfCarrier) carry(ctx context.Context, b *block) *result {
	r := &result{block: b}
	if !c.route.Moves() && !c.job.Verify {
		r.counts = []Count{{c.route.Version, Unchanged, b.records}}
		r.out = c.head.appendBlock(nil, b.records, b.data)
		return r
	}
	data, err := c.pack.unpack(c.data[:0], b.data)
	if err != nil {
		r.err = c.broken(b, err)
		return r
	}
	c.data, c.image = data, c.image[:0]
	kept := int64(0)
	for i := range b.records {
		n, stays, err := c.event(ctx, r, data, b, b.record+i+1)
		if err != nil {
			r.err = err
			return r
		}
		if stays {
			kept++
		}
		data = data[n:]
	}
	if len(data) > 0 {
		r.err = c.broken(b, fmt.Errorf("%d bytes follow its last event", len(data)))
		return r
	}
	if kept == 0 {
		return r
	}
	packed, err := c.pack.pack(nil, c.image)
	r.out, r.err = c.head.appendBlock(r.out, kept, packed), err
	return r
}

func (c *ocfCarrier) broken(b *block, err error) error {
	return fmt.Errorf("%s: the block at byte %d cannot be read: %w", c.job.In, b.in, err)
}

// event carries the event that data begins with. It returns the event's length,
// and whether it has an image.
func (c *ocfCarrier) event(ctx context.Context, r *result, data []byte, b *block, record int64) (length int, stays bool, err error) {
	if !c.route.Moves() {
		n, err := c.same(ctx, r, data, b)
		return n, true, err
	}
	before := len(c.image)
	image, n, f, err := c.next(ctx, data)
	switch {
	case err != nil && n == 0:
		return 0, false, err
	case err != nil:
		return n, false, c.failed(ctx, r, data[:n], record, c.route, nil, data[:n], deadPlace{offset: b.in}, err)
	case f != nil && n == 0:
		return 0, false, c.broken(b, fmt.Errorf("event %d: %s", record, f.Reason))
	case f != nil:
		return n, false, c.ended(r, data[:n], record, c.route, f, deadPlace{offset: b.in})
	}
	c.image = image
	if err := c.check(ctx, c.route, image[before:], schema.EncodingBinary); err != nil {
		c.image = image[:before]
		return n, false, c.failed(ctx, r, data[:n], record, c.route, nil, data[:n], deadPlace{offset: b.in}, err)
	}
	r.count(c.route.Version, Changed)
	if wants(r.samples, c.route.Version, c.job.Samples) {
		err = c.sample(r, data[:n], image[before:])
	}
	return n, true, err
}

// next appends the image of the event that data begins with, and returns the event's
// length; it is 0 if there is no event.
func (c *ocfCarrier) next(ctx context.Context, data []byte) (image []byte, length int, f *upcast.Failure, err error) {
	if r := c.route.Runner(); r != nil && !r.Surrounded() {
		return r.Next(ctx, c.image, data, &c.scratch)
	}
	s, ok := c.route.Source.(*avro.Schema)
	if !ok {
		return c.image, 0, nil, errNotAvro
	}
	if length, err = s.Walk(data, avro.WalkOptions{AllowTrailing: true}); err != nil {
		return c.image, 0, &upcast.Failure{Code: plan.FailInput, Reason: err.Error()}, nil
	}
	image, f, err = c.route.apply(ctx, c.image, nil, data[:length], &c.scratch)
	return image, length, f, err
}

// errNotAvro is a route for files that hold nothing but Avro.
var errNotAvro = errors.New("the schemas at both ends of a container file are no Avro schemas")

// sample keeps an event and its image for the report of a dry run.
func (c *ocfCarrier) sample(r *result, event, image []byte) error {
	source, ok := c.route.Source.(textual)
	target, ok2 := c.route.Target.(textual)
	if !ok || !ok2 {
		return nil
	}
	before, err := source.Decode(event)
	if err != nil {
		return err
	}
	after, err := target.Decode(image)
	r.samples = append(r.samples, Sample{c.route.Version, string(before), string(after)})
	return err
}

// same copies an event that is of the target already, and validates it.
func (c *ocfCarrier) same(ctx context.Context, r *result, data []byte, b *block) (int, error) {
	s, ok := c.route.Target.(*avro.Schema)
	if !ok {
		return 0, errNotAvro
	}
	n, err := s.Walk(data, avro.WalkOptions{AllowTrailing: true})
	if err != nil {
		return 0, c.broken(b, err)
	}
	if err := c.check(ctx, c.route, data[:n], schema.EncodingBinary); err != nil {
		return 0, err
	}
	c.image = append(c.image, data[:n]...)
	r.count(c.route.Version, Unchanged)
	return n, nil
}
