package api

import "sync/atomic"

// table is a bounded memory of things that can be made again. Reading is one
// atomic load per way and takes no lock; a writer that loses a race loses its
// entry, which costs making it again.
type table[K comparable, V any] struct {
	slots  []atomic.Pointer[slot[K, V]]
	mask   uint64
	bytes  atomic.Int64
	budget int64
	hand   atomic.Uint64
}

type slot[K comparable, V any] struct {
	key  K
	v    V
	size int64
}

// ways is how many places a key may take.
const ways = 4

// newTable makes room for so many entries, a power of two, and so many bytes.
func newTable[K comparable, V any](entries int, budget int64) *table[K, V] {
	return &table[K, V]{
		slots: make([]atomic.Pointer[slot[K, V]], entries), mask: uint64(entries - ways), budget: budget,
	}
}

func (t *table[K, V]) get(hash uint64, key K) (v V, ok bool) {
	base := hash & t.mask &^ (ways - 1)
	for i := range uint64(ways) {
		if s := t.slots[base+i].Load(); s != nil && s.key == key {
			return s.v, true
		}
	}
	return v, false
}

// put stores a value. One that takes an eighth of the budget is not kept.
func (t *table[K, V]) put(hash uint64, key K, v V, size int64) {
	size += 256
	if size > t.budget/8 {
		return
	}
	base := hash & t.mask &^ (ways - 1)
	place := &t.slots[base+(hash>>32)%ways]
	for i := range uint64(ways) {
		s := t.slots[base+i].Load()
		if s == nil || s.key == key {
			place = &t.slots[base+i]
			break
		}
	}
	t.replace(place, &slot[K, V]{key, v, size})
	for tries := 0; t.bytes.Load() > t.budget && tries < len(t.slots); tries++ {
		at := t.hand.Add(1) & uint64(len(t.slots)-1)
		if victim := &t.slots[at]; victim != place {
			t.replace(victim, nil)
		}
	}
}

func (t *table[K, V]) replace(place *atomic.Pointer[slot[K, V]], s *slot[K, V]) {
	var change int64
	if s != nil {
		change = s.size
	}
	if old := place.Swap(s); old != nil {
		change -= old.size
	}
	if change != 0 {
		t.bytes.Add(change)
	}
}
