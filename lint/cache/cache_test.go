package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var key = strings.Repeat("0123456789abcdef", 4)

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	if err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out = append(out, name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEntryComesBack(t *testing.T) {
	dir := t.TempDir()
	c := Open(dir, time.Now)
	if c.Load(key) != nil {
		t.Fatal("an empty cache has an entry")
	}
	c.Store(key, []byte("value"))
	if got := Open(dir, time.Now).Load(key); string(got) != "value" {
		t.Fatalf("another run reads %q", got)
	}
	if hits, misses := c.Hits(); hits != 0 || misses != 1 {
		t.Errorf("%d hits, %d misses", hits, misses)
	}
	if list := files(t, dir); len(list) != 1 {
		t.Errorf("one entry is %d files: %v", len(list), list)
	}
}

// TestDamageIsAMiss changes every byte of an entry, cuts it and moves it.
func TestDamageIsAMiss(t *testing.T) {
	dir := t.TempDir()
	c := Open(dir, time.Now)
	c.Store(key, []byte("value"))
	name := files(t, dir)[0]
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		write(t, name, bad)
		if got := c.Load(key); got != nil {
			t.Fatalf("with byte %d changed it reads %q", i, got)
		}
	}
	for n := range good {
		write(t, name, good[:n])
		if got := c.Load(key); got != nil {
			t.Fatalf("cut to %d bytes it reads %q", n, got)
		}
	}
	other := "f" + key[1:]
	if err := os.MkdirAll(filepath.Dir(c.file(other)), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, c.file(other), good)
	if got := c.Load(other); got != nil {
		t.Fatalf("under another key it reads %q", got)
	}
	write(t, name, good)
	if got := c.Load(key); string(got) != "value" {
		t.Fatalf("whole again it reads %q", got)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestStrangeKeysHaveNoPlace: a key never leads out of the directory.
func TestStrangeKeysHaveNoPlace(t *testing.T) {
	dir := t.TempDir()
	c := Open(filepath.Join(dir, "in"), time.Now)
	for _, k := range []string{"", "ab", "../../../../../../x/y", strings.Repeat("g", 64), key + "/..", strings.ToUpper(key)} {
		c.Store(k, []byte("value"))
		if c.Load(k) != nil {
			t.Errorf("%q has a place", k)
		}
	}
	if list := files(t, dir); len(list) != 0 {
		t.Errorf("files were written: %v", list)
	}
}

// TestLinkIsNotFollowed: an entry that is a link to another file is a miss.
func TestLinkIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	c := Open(dir, time.Now)
	c.Store(key, []byte("value"))
	name := c.file(key)
	if err := os.Rename(name, filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), name); err != nil {
		t.Fatal(err)
	}
	if got := c.Load(key); got != nil {
		t.Errorf("a link reads %q", got)
	}
}

// TestOldEntriesGo: the least recently used go, down to three quarters, and only
// after a run that stored something.
func TestOldEntriesGo(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := Open(dir, func() time.Time { return now })
	c.max = 10 * (32 + 100)
	name := func(i int) string { return fmt.Sprintf("%064x", i) }
	for i := range 12 {
		c.Store(name(i), make([]byte, 100))
		at := now.Add(time.Duration(i-100) * time.Hour)
		if err := os.Chtimes(c.file(name(i)), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if c.Load(name(0)) == nil { // which makes it the youngest
		t.Fatal("the entry is lost")
	}
	reader := Open(dir, time.Now)
	reader.max = 1
	reader.Close()
	if n := len(files(t, dir)); n != 12 {
		t.Fatalf("a run that stored nothing left %d of 12", n)
	}
	c.Close()
	left := ""
	for i := range 12 {
		if _, err := os.Stat(c.file(name(i))); err == nil {
			left += fmt.Sprint(i, " ")
		}
	}
	if left != "0 6 7 8 9 10 11 " {
		t.Errorf("left are %s", left)
	}
}

// TestCountedSeldom: the entries are counted once an eighth of the bound was stored
// since they were counted last, whoever stored it, and never more than the bound
// is left.
func TestCountedSeldom(t *testing.T) {
	dir := t.TempDir()
	const bound, size = 64 * tallyUnit, tallyUnit - 32
	total := func() (sum int64) {
		for _, name := range files(t, dir) {
			if info, err := os.Stat(name); err == nil && filepath.Base(name) != tallyName {
				sum += info.Size()
			}
		}
		return sum
	}
	counts, most := 0, int64(0)
	for run := range 200 {
		c := Open(dir, time.Now)
		c.max = bound
		c.Store(fmt.Sprintf("%064x", run), make([]byte, size))
		before, err := os.Stat(filepath.Join(dir, layout, tallyName))
		c.Close()
		after, e := os.Stat(filepath.Join(dir, layout, tallyName))
		if e != nil {
			t.Fatal(e)
		}
		if err != nil || after.Size() < before.Size() {
			counts++
		}
		most = max(most, total())
	}
	if counts < 200/9 || counts > 200/8+1 {
		t.Errorf("the entries were counted %d times in 200 runs", counts)
	}
	if most > bound || most < bound/2 {
		t.Errorf("the cache had up to %d bytes, the bound is %d", most, bound)
	}
	// A link is not written to, and the entries are counted.
	tally, other := filepath.Join(dir, layout, tallyName), filepath.Join(dir, "other")
	if err := errors.Join(os.Remove(tally), os.WriteFile(other, nil, 0o600), os.Symlink(other, tally)); err != nil {
		t.Fatal(err)
	}
	c := Open(dir, time.Now)
	c.max = tallyUnit
	c.Store(key, make([]byte, size))
	c.Close()
	if info, err := os.Stat(other); err != nil || info.Size() != 0 || total() > tallyUnit {
		t.Errorf("%v, %v; %d bytes are left", info, err, total())
	}
}

// TestManyAtOnce: runs at the same time never read anything but what was stored.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	value := bytes.Repeat([]byte("value"), 5000)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			c := Open(dir, time.Now)
			for range 50 {
				c.Store(key, value)
				if got := c.Load(key); got != nil && !bytes.Equal(got, value) {
					t.Error("half an entry was read")
				}
			}
		})
	}
	all.Wait()
	if list := files(t, dir); len(list) != 1 {
		t.Errorf("%d files are left", len(list))
	}
}

// TestUnwritableIsNoError: a directory that cannot be made costs time only.
func TestUnwritableIsNoError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	write(t, dir, nil)
	c := Open(dir, time.Now)
	c.Store(key, []byte("value"))
	if c.Load(key) != nil {
		t.Error("what could not be stored is there")
	}
	c.Close()
}
