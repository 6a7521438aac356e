package client

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// maxNegative bounds how many unknown keys are remembered.
const maxNegative = 10_000

// cache remembers values that never change. A hit is one atomic load and one
// map look-up, without lock or allocation; goroutines that miss the same key
// share one fetch; a key that does not exist is not asked for again for a while.
type cache[K comparable, V any] struct {
	size        func(*V) int64
	maxEntries  int
	maxBytes    int64
	negativeFor time.Duration
	clock       func() time.Time

	read atomic.Pointer[map[K]*entry[V]] // never changed once published

	mu       sync.Mutex
	fresh    map[K]*entry[V] // newer than read, merged into it in bulk
	misses   int             // look-ups that had to come here since the last merge
	bytes    int64
	flights  map[K]*flight[V]
	negative map[K]refusal
	order    []K // of negative, oldest first
}

type entry[V any] struct {
	value *V
	used  atomic.Bool // since the last sweep
}

type flight[V any] struct {
	done  chan struct{}
	value *V
	err   error
}

type refusal struct {
	err   error
	until time.Time
}

func newCache[K comparable, V any](s *settings, size func(*V) int64) *cache[K, V] {
	c := &cache[K, V]{
		size: size, maxEntries: s.cacheEntries, maxBytes: s.cacheBytes, negativeFor: s.negativeFor, clock: s.clock,
		fresh: map[K]*entry[V]{}, flights: map[K]*flight[V]{}, negative: map[K]refusal{},
	}
	c.read.Store(&map[K]*entry[V]{})
	return c
}

// get returns the value of a key. fetch runs at most once at a time per key,
// under the context of the caller that came first; when that one gives up, the
// next in line fetches under its own.
func (c *cache[K, V]) get(ctx context.Context, key K, fetch func(context.Context) (*V, error)) (*V, error) {
	for {
		if e, ok := (*c.read.Load())[key]; ok {
			if !e.used.Load() { // a store only when needed keeps the line shared
				e.used.Store(true)
			}
			return e.value, nil
		}
		f, mine, v, err := c.join(key)
		if v != nil || err != nil {
			return v, err
		}
		if mine {
			c.fly(ctx, key, f, fetch)
			return f.value, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if errors.Is(f.err, context.Canceled) || errors.Is(f.err, context.DeadlineExceeded) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			continue
		}
		return f.value, f.err
	}
}

// join finds the value or refusal among the newer entries, or the flight under
// way, or opens one.
func (c *cache[K, V]) join(key K) (f *flight[V], mine bool, v *V, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.fresh[key]; ok {
		e.used.Store(true)
		if c.misses++; c.misses >= len(c.fresh) {
			c.merge()
		}
		return nil, false, e.value, nil
	}
	if r, ok := c.negative[key]; ok {
		if c.clock().Before(r.until) {
			return nil, false, nil, r.err
		}
		delete(c.negative, key)
	}
	if f, ok := c.flights[key]; ok {
		return f, false, nil, nil
	}
	f = &flight[V]{done: make(chan struct{})}
	c.flights[key] = f
	return f, true, nil, nil
}

func (c *cache[K, V]) fly(ctx context.Context, key K, f *flight[V], fetch func(context.Context) (*V, error)) {
	f.err = errors.New("the fetch of a schema panicked") // stands only if it did
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.flights, key)
		switch {
		case f.err == nil:
			c.put(key, f.value)
		case errors.Is(f.err, ErrNotFound):
			c.refuse(key, f.err)
		}
		close(f.done)
	}()
	f.value, f.err = fetch(ctx)
}

// put adds a value; the caller holds the lock.
func (c *cache[K, V]) put(key K, v *V) {
	if _, ok := (*c.read.Load())[key]; ok {
		return
	}
	if _, ok := c.fresh[key]; ok {
		return
	}
	e := &entry[V]{value: v}
	e.used.Store(true)
	c.fresh[key] = e
	c.bytes += c.size(v)
	if len(c.fresh)+len(*c.read.Load()) > c.maxEntries || c.bytes > c.maxBytes {
		c.sweep()
	}
}

// merge publishes the newer entries.
func (c *cache[K, V]) merge() {
	old := *c.read.Load()
	next := make(map[K]*entry[V], len(old)+len(c.fresh))
	for k, e := range old {
		next[k] = e
	}
	for k, e := range c.fresh {
		next[k] = e
	}
	c.read.Store(&next)
	c.fresh, c.misses = map[K]*entry[V]{}, 0
}

// sweep drops what was not used since the last sweep, and when that is not
// enough, whatever comes first.
func (c *cache[K, V]) sweep() {
	c.merge()
	next := map[K]*entry[V]{}
	c.bytes = 0
	for _, onlyUsed := range []bool{true, false} {
		for k, e := range *c.read.Load() {
			size := c.size(e.value)
			if _, kept := next[k]; kept || e.used.Load() != onlyUsed ||
				len(next) >= c.maxEntries*3/4 || c.bytes+size > c.maxBytes*3/4 {
				continue
			}
			next[k] = e
			c.bytes += size
		}
		if onlyUsed && len(next) > 0 {
			break
		}
	}
	for _, e := range next {
		e.used.Store(false)
	}
	c.read.Store(&next)
}

func (c *cache[K, V]) refuse(key K, err error) {
	now := c.clock()
	if _, known := c.negative[key]; !known {
		c.order = append(c.order, key)
	}
	c.negative[key] = refusal{err: err, until: now.Add(c.negativeFor)}
	for len(c.order) > maxNegative {
		delete(c.negative, c.order[0])
		c.order = c.order[1:]
	}
}

// forgetRefusals lets every unknown key be asked for again, after a write that
// may have made it known.
func (c *cache[K, V]) forgetRefusals() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.negative)
	c.order = nil
}

// len counts the values, for tests and statistics.
func (c *cache[K, V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.fresh) + len(*c.read.Load())
}
