package registry

import (
	"context"
	"sync"
)

// coalesced runs one function for many callers. A caller is served by a run that
// began after it came, so that what the run saw is not older than the question.
type coalesced struct {
	run func(context.Context) error

	mu      sync.Mutex
	running *flight
	next    *flight
}

type flight struct {
	done chan struct{}
	err  error
}

// do waits for a run that begins from now on.
func (c *coalesced) do(ctx context.Context) error {
	c.mu.Lock()
	var f *flight
	switch {
	case c.running == nil:
		f = &flight{done: make(chan struct{})}
		c.running = f
		go c.fly(f)
	case c.next == nil:
		f = &flight{done: make(chan struct{})}
		c.next = f
	default:
		f = c.next
	}
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *coalesced) fly(f *flight) {
	for f != nil {
		f.err = c.run(context.Background())
		close(f.done)
		c.mu.Lock()
		f, c.next = c.next, nil
		c.running = f
		c.mu.Unlock()
	}
}
