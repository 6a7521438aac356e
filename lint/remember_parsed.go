package lint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// parsedKind is the first part of the keys of what parsing gave.
const parsedKind = "parsed/1"

// maxParsed bounds what one run stores of what parsing gave, in bytes: a tree that
// is judged in full must not push all results out of the cache.
const maxParsed = 64 << 20

// parsedStore is the part of the cache that has what parsing gave. It is safe for
// concurrent use.
type parsedStore struct {
	cache  Cache
	build  string
	verify bool

	mu     sync.Mutex
	stored int
	wrong  string // the key of an entry that is not what was computed
}

// newParsedStore is the store of a run; nil without a cache.
func (x *run) newParsedStore() *parsedStore {
	if x.Cache == nil {
		return nil
	}
	return &parsedStore{cache: x.Cache, build: x.Build, verify: x.VerifyCache}
}

func (s *parsedStore) key(key string) string {
	sum := sha256.Sum256([]byte(parsedKind + "\x00" + s.build + "\x00" + compat.EngineVersion + "\x00" + key))
	return hex.EncodeToString(sum[:])
}

// Load implements [schema.Store]. Where the cache is held to fresh results it has
// nothing.
func (s *parsedStore) Load(key string) []byte {
	if s.verify {
		return nil
	}
	return s.cache.Load(s.key(key))
}

// Store implements [schema.Store].
func (s *parsedStore) Store(key string, value []byte) {
	key = s.key(key)
	if s.verify {
		if was := s.cache.Load(key); was != nil && !bytes.Equal(was, value) {
			s.mu.Lock()
			s.wrong = key
			s.mu.Unlock()
			return
		}
	}
	s.mu.Lock()
	s.stored += len(value)
	full := s.stored > maxParsed
	s.mu.Unlock()
	if !full {
		s.cache.Store(key, value)
	}
}

// mistake is an entry of the cache that is not what was computed.
func (s *parsedStore) mistake() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong == "" {
		return nil
	}
	return &schema.Bug{Where: "the cache, about a parsed document", Cause: "the cached document " + s.wrong + " is not the one that was parsed"}
}
