package protobuf

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/internal/lru"
	"github.com/instar-registry/instar/schema"
)

// memoryStore is a store that counts what it gave.
type memoryStore struct {
	mu     sync.Mutex
	values map[string][]byte
	hits   int
}

func (s *memoryStore) Load(key string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.values[key]
	if v != nil {
		s.hits++
	}
	return v
}

func (s *memoryStore) Store(key string, value []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] = value
}

// linkedKeys are those of documents, in order.
func (s *memoryStore) linkedKeys() []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(s.values)) {
		if strings.HasPrefix(k, storedLayout+"linked ") {
			out = append(out, k)
		}
	}
	return out
}

// fresh is a process that begins: it has the store, and no memo yet.
func (s *memoryStore) fresh(keep bool) schema.Options {
	return schema.Options{Memo: lru.New[string, any](1 << 20), Store: s, Keep: keep}
}

// sameOutcome parses a case with options and without any.
func sameOutcome(t *testing.T, c *memoCase, o schema.Options) (*Schema, bool) {
	t.Helper()
	want, wantErr := c.parse(nil)
	got, err := c.parseWith(o)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Errorf("%s: %v, without a store %v", c.name, err, wantErr)
		return nil, false
	}
	if err != nil {
		return nil, false
	}
	sameSchema(t, c.name, got, want)
	sameEvents(t, c.name, got, want)
	return got, true
}

// sameEvents compares the shapes of events, which imports have a part in.
func sameEvents(t *testing.T, name string, got, want *Schema) {
	t.Helper()
	if len(want.Outline().Messages) == 0 {
		return
	}
	a, err := got.Sample(1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.Sample(1)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s: a sample is %+v and without a store %+v", name, a, b)
	}
}

// TestStoreChangesNothing: what a schema is, and what is wrong with it, is the
// same in a process that has what earlier ones stored.
func TestStoreChangesNothing(t *testing.T) {
	s := &memoryStore{values: map[string][]byte{}}
	for _, c := range memoCases() {
		sameOutcome(t, &c, s.fresh(true))
	}
	stored := len(s.values)
	if n := len(s.linkedKeys()); n < 12 {
		t.Errorf("%d documents are stored", n)
	}
	used := 0
	for _, c := range memoCases() {
		s.hits = 0
		if _, ok := sameOutcome(t, &c, s.fresh(false)); ok && s.hits > 0 {
			used++
		}
	}
	if used < 10 {
		t.Errorf("%d schemas took something from the store", used)
	}
	if len(s.values) != stored {
		t.Errorf("%d values, and %d where none was to be kept", stored, len(s.values))
	}
	one := s.fresh(true) // one process has all of them
	for round := range 2 {
		for _, c := range memoCases() {
			if _, ok := sameOutcome(t, &c, one); !ok && round > 0 && c.name == "first" {
				t.Error("the first one is no schema")
			}
		}
	}
}

// TestStoreKeeps: what a process has in its memo is stored when that is asked for
// later, and what the store has is not linked again.
func TestStoreKeeps(t *testing.T) {
	c := memoCases()[0]
	s := &memoryStore{values: map[string][]byte{}}
	o := s.fresh(false)
	if _, err := c.parseWith(o); err != nil || len(s.values) != 0 {
		t.Fatalf("%v, %d values are stored", err, len(s.values))
	}
	o.Keep = true
	if _, err := c.parseWith(o); err != nil || len(s.linkedKeys()) != 2 {
		t.Fatalf("%v, stored are %q", err, s.linkedKeys())
	}
	next := &memoryStore{values: maps.Clone(s.values)}
	memo := &forgetful{Memo: lru.New[string, any](1 << 20), puts: map[string]int{}}
	got, err := c.parseWith(schema.Options{Memo: memo, Store: next})
	if err != nil || next.hits != 4 { // two documents and what they import
		t.Fatalf("%v, %d hits", err, next.hits)
	}
	if got.file.FindImportByPath("b.proto").FindImportByPath("a.proto") == nil {
		t.Error("the documents are not linked with each other")
	}
}

// TestStoreOfOptions: custom options come back as options, not as bytes that
// nobody knows.
func TestStoreOfOptions(t *testing.T) {
	var c memoCase
	for _, c = range memoCases() {
		if c.name == "options of a document" {
			break
		}
	}
	s := &memoryStore{values: map[string][]byte{}}
	for range 2 {
		s.hits = 0
		got, ok := sameOutcome(t, &c, s.fresh(true))
		if !ok {
			t.Fatal("no schema")
		}
		fd := got.file.FindImportByPath("m.proto").Messages().Get(0).Fields().Get(0)
		if list, _ := fieldOptions(fd); len(list) != 1 || list[0].name != "(tag)" || list[0].text != "t" {
			t.Errorf("the options are %+v", list)
		}
	}
	if s.hits == 0 {
		t.Error("the document was not stored")
	}
}

// TestStoreOfGarbage: a value that is none of its key's is as good as no value.
func TestStoreOfGarbage(t *testing.T) {
	good := &memoryStore{values: map[string][]byte{}}
	cases := memoCases()
	for _, c := range cases {
		sameOutcome(t, &c, good.fresh(true))
	}
	for _, bad := range []string{"", "x", "[]", "null", "\xff\xff\xff", "\x0a\x07a.proto", "{"} {
		s := &memoryStore{values: map[string][]byte{}}
		for k := range good.values {
			s.values[k] = []byte(bad)
		}
		for _, c := range cases {
			sameOutcome(t, &c, s.fresh(false))
		}
	}
}

// TestStoreIsTheSame: what is stored under a key does not depend on how the schema
// that stored it was parsed, or on what else it imports.
func TestStoreIsTheSame(t *testing.T) {
	all := &memoryStore{values: map[string][]byte{}}
	for _, lenient := range []bool{false, true} {
		for _, c := range memoCases() {
			one := &memoryStore{values: map[string][]byte{}}
			c.lenient = lenient
			if _, err := c.parseWith(one.fresh(true)); err != nil {
				continue
			}
			for k, v := range one.values {
				if was := all.values[k]; was != nil && !bytes.Equal(was, v) {
					t.Errorf("%s, lenient %v: %s has another value", c.name, lenient, k)
				}
				all.values[k] = v
			}
		}
	}
	if n := len(all.linkedKeys()); n < 12 {
		t.Errorf("%d documents are stored", n)
	}
}
