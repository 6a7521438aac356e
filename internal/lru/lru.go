// Package lru is a bounded map that forgets what was used longest ago. The
// registry keeps texts, parsed schemas and verdicts in it; everything in it can
// be made again.
package lru

import (
	"container/list"
	"sync"
)

// Cache holds values up to a total cost. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	mu    sync.Mutex
	max   int
	used  int
	order *list.List // front = used last
	items map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key  K
	val  V
	cost int
}

// New returns a cache for values whose costs add up to at most max.
func New[K comparable, V any](max int) *Cache[K, V] {
	return &Cache[K, V]{max: max, order: list.New(), items: map[K]*list.Element{}}
}

// Get returns the value of key and marks it as used.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[key]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*entry[K, V]).val, true
	}
	var zero V
	return zero, false
}

// Put stores a value; one that costs more than the whole cache is not kept.
func (c *Cache[K, V]) Put(key K, val V, cost int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[key]; ok {
		c.drop(e)
	}
	if cost > c.max {
		return
	}
	c.items[key] = c.order.PushFront(&entry[K, V]{key, val, cost})
	for c.used += cost; c.used > c.max; {
		c.drop(c.order.Back())
	}
}

func (c *Cache[K, V]) drop(e *list.Element) {
	it := c.order.Remove(e).(*entry[K, V])
	delete(c.items, it.key)
	c.used -= it.cost
}

// Len returns how many values are held.
func (c *Cache[K, V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.items)
}
