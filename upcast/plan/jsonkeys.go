package plan

import (
	"bytes"
	"hash/maphash"
)

// jsonKey is a key of an open object: a part of the text or, if it was written
// with escapes, of the run's own.
type jsonKey struct {
	start, end int32
	own        bool
}

// jsonKeys are the keys of one open object, to find one that occurs twice.
type jsonKeys struct {
	run         *jsonRun
	base, table int
	size        int // of the table; 0 while there are few keys
}

// fewKeys is up to where looking through all keys is as fast as a table.
const fewKeys = 12

var keySeed = maphash.MakeSeed()

// add notes a key; false if it is there.
func (k *jsonKeys) add(data []byte, key jsonKey) bool {
	r := k.run
	b := r.keyBytes(data, key)
	n := len(r.keys) - k.base
	if n < fewKeys {
		for _, x := range r.keys[k.base:] {
			if x.end-x.start == key.end-key.start && bytes.Equal(r.keyBytes(data, x), b) {
				return false
			}
		}
		r.keys = append(r.keys, key)
		return true
	}
	if 2*(n+1) > k.size {
		k.grow(data, 8*n)
	}
	r.keys = append(r.keys, key)
	return k.put(data, int32(n))
}

// grow makes a larger table of all keys.
func (k *jsonKeys) grow(data []byte, size int) {
	r := k.run
	for k.size = 4 * fewKeys; k.size < size; k.size *= 2 {
	}
	r.tables = r.tables[:k.table]
	for range k.size {
		r.tables = append(r.tables, -1)
	}
	for i := range len(r.keys) - k.base {
		k.put(data, int32(i))
	}
}

func (k *jsonKeys) put(data []byte, i int32) bool {
	r := k.run
	b := r.keyBytes(data, r.keys[k.base+int(i)])
	table := r.tables[k.table : k.table+k.size]
	for at := maphash.Bytes(keySeed, b) % uint64(k.size); ; at = (at + 1) % uint64(k.size) {
		switch j := table[at]; {
		case j < 0:
			table[at] = i
			return true
		case bytes.Equal(r.keyBytes(data, r.keys[k.base+int(j)]), b):
			return false
		}
	}
}

func (r *jsonRun) keyBytes(data []byte, k jsonKey) []byte {
	if k.own {
		return r.text[k.start:k.end]
	}
	return data[k.start:k.end]
}

// lastOf leaves out the entries whose key a later one has: maps of Avro may say a
// key twice, of which readers take the last. JSON has no such objects.
func lastOf(entries Entries) Entries {
	last := make(map[string]int, len(entries))
	for i := range entries {
		last[entries[i].Key] = i
	}
	if len(last) == len(entries) {
		return entries
	}
	out := make(Entries, 0, len(last))
	for i := range entries {
		if last[entries[i].Key] == i {
			out = append(out, entries[i])
		}
	}
	return out
}
