package api

import (
	"time"

	"github.com/instar-registry/instar/internal/lru"
	"github.com/instar-registry/instar/registry"
)

// uses remembers when an event of a version was last carried by this node, so that
// one can see when an old version is gone.
type uses struct {
	times *lru.Cache[registry.Target, int64]
}

// maxUses bounds the versions that are remembered.
const maxUses = 100_000

func newUses() uses { return uses{lru.New[registry.Target, int64](maxUses)} }

func (u *uses) note(t registry.Target, now time.Time) { u.times.Put(t, now.UnixMicro(), 1) }

// last is when, in µs; 0 if it is not known.
func (u *uses) last(t registry.Target) int64 {
	at, _ := u.times.Get(t)
	return at
}
