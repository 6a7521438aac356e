// Package cache keeps what runs of evcheck learned in a directory, for the next
// run. Every entry is a file under its key with a checksum, written beside and
// renamed, so that runs at the same time share one directory and a run that was
// cut off leaves nothing half written. Entries are counted when an eighth of what
// may be there was stored since.
//
// An entry that is damaged, of another layout or gone is a miss; a directory that
// cannot be written makes runs slower and is no error. The least recently used
// entries go when there are too many bytes.
package cache

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// layout is the directory of this layout of entries below the one that is named.
const layout = "v1"

// MaxBytes is how large a directory may grow.
const MaxBytes = 256 << 20

// maxEntry bounds one entry.
const maxEntry = 64 << 20

// Cache is a directory of entries. It is safe for concurrent use, also by other
// processes.
type Cache struct {
	dir    string
	max    int64
	now    func() time.Time
	wrote  atomic.Int64 // bytes
	hits   atomic.Int64
	misses atomic.Int64
}

// Open returns the cache in a directory, which is made when something is stored.
func Open(dir string, now func() time.Time) *Cache {
	return &Cache{dir: filepath.Join(dir, layout), max: MaxBytes, now: now}
}

// Hits and misses of [Cache.Load] since the cache was opened.
func (c *Cache) Hits() (hits, misses int64) { return c.hits.Load(), c.misses.Load() }

// file is where an entry stands; keys are hexadecimal, others have no place.
func (c *Cache) file(key string) string {
	if len(key) < 16 || strings.Trim(key, "0123456789abcdef") != "" {
		return ""
	}
	return filepath.Join(c.dir, key[:2], key[2:])
}

// Load returns what was stored under a key, or nil.
func (c *Cache) Load(key string) []byte {
	data := c.load(key)
	if data == nil {
		c.misses.Add(1)
		return nil
	}
	c.hits.Add(1)
	return data
}

func (c *Cache) load(key string) []byte {
	name := c.file(key)
	if name == "" {
		return nil
	}
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxEntry {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil || len(data) < sha256.Size {
		return nil
	}
	sum, value := data[:sha256.Size], data[sha256.Size:]
	if want := checksum(key, value); !bytes.Equal(sum, want[:]) {
		_ = os.Remove(name) // one that stays is a miss again
		return nil
	}
	if now := c.now(); now.Sub(info.ModTime()) > time.Hour {
		_ = os.Chtimes(name, now, now) // one that seems old goes early
	}
	return value
}

// checksum covers the key, too: an entry that was moved is none.
func checksum(key string, value []byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(key+"\n"), value...))
}

// Store keeps a value if it can.
func (c *Cache) Store(key string, value []byte) {
	name := c.file(key)
	if name == "" || len(value) > maxEntry-sha256.Size {
		return
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return
	}
	sum := checksum(key, value)
	_, err = f.Write(append(sum[:], value...))
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // what is left is swept up by age
		return
	}
	c.wrote.Add(int64(sha256.Size + len(value)))
}

// tallyUnit is for how many bytes that are stored the tally grows by one.
const tallyUnit = 4 << 10

// due reports whether the directory may have too many bytes, which to count takes
// as long as there are entries. The tally is a file that every run makes longer by
// what it stored, and that is emptied when the entries were counted: appending
// loses nothing where runs end at the same time.
func (c *Cache) due() bool {
	name := filepath.Join(c.dir, tallyName)
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		if err != nil {
			_ = os.WriteFile(name, nil, 0o600) // one that cannot be made is missed next time, too
		}
		return true
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return true
	}
	defer func() { _ = f.Close() }() // what is lost is counted later
	if _, err := f.Write(make([]byte, (c.wrote.Load()+tallyUnit-1)/tallyUnit)); err != nil {
		return true
	}
	info, err := f.Stat()
	if err != nil || info.Size()*tallyUnit > c.max/sweepEvery {
		_ = f.Truncate(0) // before the count, so that what is stored meanwhile stands
		return true
	}
	return false
}

const (
	tallyName = "stored"
	// sweepEvery is the part of the most bytes after which entries are counted; that
	// much is left free.
	sweepEvery = 8
)

// Close removes the least recently used entries if this run stored some and there
// may be too many bytes before they are counted again.
func (c *Cache) Close() {
	if c.wrote.Load() == 0 || !c.due() {
		return
	}
	type entry struct {
		name string
		size int64
		used time.Time
	}
	var all []entry
	var sum int64
	_ = filepath.WalkDir(c.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || d.Name() == tallyName {
			return nil //nolint:nilerr // what cannot be read is not counted
		}
		if info, err := d.Info(); err == nil {
			all = append(all, entry{name, info.Size(), info.ModTime()})
			sum += info.Size()
		}
		return nil
	})
	if sum <= c.max-c.max/sweepEvery {
		return
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(a.used.Compare(b.used), strings.Compare(a.name, b.name))
	})
	for _, e := range all {
		if sum <= c.max*3/4 {
			return
		}
		if os.Remove(e.name) == nil {
			sum -= e.size
		}
	}
}
