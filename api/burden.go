package api

import (
	"context"
	"sync"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// burden bounds the memory that the events in hand take together. The decoded
// form of an event takes many times its bytes, and one event may have ten
// megabytes of them; so a request declares what its event may take before it is
// decoded, and waits while others hold too much. Who came first is served first,
// so that a large event is not put off for ever by small ones.
type burden struct {
	mu      sync.Mutex
	free    int64
	max     int64
	waiting []*claim
}

// claim is a request that waits for room.
type claim struct {
	bytes int64
	ready chan struct{} // closed once the room is given
}

func newBurden(max int64) *burden { return &burden{free: max, max: max} }

// take waits for room for so many bytes; release gives it back. What is larger
// than all the room there is takes all of it, and so is worked on alone.
func (b *burden) take(ctx context.Context, bytes int64) (release func(), err error) {
	bytes = min(bytes, b.max)
	release = func() { b.give(bytes) }
	b.mu.Lock()
	if len(b.waiting) == 0 && bytes <= b.free {
		b.free -= bytes
		b.mu.Unlock()
		return release, nil
	}
	c := &claim{bytes, make(chan struct{})}
	b.waiting = append(b.waiting, c)
	b.mu.Unlock()
	select {
	case <-c.ready:
		return release, nil
	case <-ctx.Done():
		b.withdraw(c)
		return nil, ctx.Err()
	}
}

func (b *burden) give(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += bytes
	b.serve()
}

// serve gives room to those who wait, in order.
func (b *burden) serve() {
	for len(b.waiting) > 0 && b.waiting[0].bytes <= b.free {
		c := b.waiting[0]
		b.waiting = b.waiting[1:]
		b.free -= c.bytes
		close(c.ready)
	}
}

// withdraw takes back a claim, which may have been served in between.
func (b *burden) withdraw(c *claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range b.waiting {
		if w == c {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			b.serve() // a smaller one behind it may have room
			return
		}
	}
	b.free += c.bytes
	b.serve()
}

// The memory that an event takes, as measured by TestEventBurden over the large
// events of package hostile: for each of its bytes (the text, its print and the
// answer) and for each JSON value or, in binary Protobuf, each pair of bytes,
// which is the least field. A byte in binary Avro can become six of JSON.
const (
	perByte       = 12
	perAvroByte   = 32
	perAvroValue  = 250
	perJSONValue  = 600
	perProtoValue = 1000
)

// eventBurden estimates the memory that judging an event takes. values bounds
// how many JSON values are decoded before the event is refused.
func eventBurden(format schema.Format, e *schema.Event, values int) int64 {
	bytes := int64(len(e.Bytes))
	asJSON := e.Encoding == schema.EncodingJSON || format == schema.JSON
	n := bytes / 2
	if asJSON {
		n = int64(jsonValues(e.Bytes))
	}
	n = min(n, int64(values))
	switch {
	case format == schema.JSON:
		return perByte*bytes + perJSONValue*n
	case format == schema.Protobuf:
		return perByte*bytes + perProtoValue*n
	case asJSON:
		return perByte*bytes + perAvroValue*n
	default:
		return perAvroByte * bytes
	}
}

// jsonValues counts at least the values of a JSON text, by what stands before
// each. What is no JSON is counted too low or too high, and refused anyway.
func jsonValues(text []byte) int {
	n, quoted := 1, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '[' || c == '{'):
			n++
		}
	}
	return n
}

// carry waits for the room that an event needs.
func (x *request) carry(format schema.Format, e *schema.Event) (release func(), err error) {
	limits := x.api.service.Limits()
	release, err = x.api.burden.take(x.ctx, eventBurden(format, e, limits.EventNodes))
	if err != nil {
		x.api.opt.Metrics.Rejected("overload")
		return nil, registry.Fail(registry.Canceled, "The request waited too long for the memory that its event needs; repeat it")
	}
	return release, nil
}
