package cli

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// The collector's settings: room is what may be allocated until the next
// collection. A quiet registry has the least of it, and a large one at least
// half of what is alive; one that collects more than once a tick gets more, up
// to the most or to a part of the memory there is.
const (
	leastRoom  = 32 << 20
	mostRoom   = 128 << 20
	partOfAll  = 8
	minPercent = 50
	tuneEvery  = time.Second
	quietTicks = 10 // without any collection, until room is given back
	// minHeap is what Go's own rule takes for alive at least.
	minHeap = 4 << 20
)

// tuner fits the collector to what the registry does. With Go's own setting a
// small one would collect many times a second under load, a large one would
// reserve as much again as its long-lived state.
type tuner struct {
	most    uint64 // room
	room    uint64
	percent int
	cycles  uint64 // collections so far
	quiet   int    // ticks since the last one
}

// tuneMemory runs the tuner until ctx ends. GOGC in the environment wins.
func tuneMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	t := tuner{most: roomWithin(memoryLimit()), room: leastRoom}
	seen := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	tick := time.NewTicker(tuneEvery)
	defer tick.Stop()
	for {
		metrics.Read(seen)
		shrunk := t.tick(seen[1].Value.Uint64())
		if next := gcPercent(seen[0].Value.Uint64(), t.room); next != t.percent {
			t.percent = next
			debug.SetGCPercent(next)
		}
		if shrunk {
			debug.FreeOSMemory()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tick adapts the room to the number of collections so far; shrunk says that a
// time of load is over, so that what it needed can be given back.
func (t *tuner) tick(cycles uint64) (shrunk bool) {
	since := cycles - t.cycles
	t.cycles = cycles
	switch {
	case since > 1:
		t.room = min(2*t.room, t.most)
		t.quiet = 0
	case since == 1:
		t.quiet = 0
	default:
		t.quiet++
	}
	if t.quiet < quietTicks || t.room == leastRoom {
		return false
	}
	t.room, t.quiet = leastRoom, 0
	return true
}

// gcPercent returns the setting for a heap of which live bytes are in use. It
// moves in steps of 50, so that it does not change with every collection.
func gcPercent(live, room uint64) int {
	percent := 100 * room / max(live, minHeap)
	return max(minPercent, int(min(percent, math.MaxInt32))/50*50)
}

// roomWithin returns how much room there may be in so much memory.
func roomWithin(limit uint64) uint64 {
	return max(leastRoom, min(mostRoom, limit/partOfAll))
}

// memoryLimit is how much memory the process may use: what GOMEMLIMIT, its
// control group and the machine allow, whichever is least.
func memoryLimit() uint64 {
	limit := uint64(debug.SetMemoryLimit(-1)) //nolint:gosec // never negative
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(file); err == nil {
			limit = min(limit, numberOr(strings.TrimSpace(string(text)), limit))
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		first, _, _ := strings.Cut(string(text), "\n")
		if fields := strings.Fields(first); len(fields) == 3 && fields[0] == "MemTotal:" {
			limit = min(limit, numberOr(fields[1], limit>>10)<<10)
		}
	}
	return limit
}

// numberOr reads a number; "max" and the like stand for no limit.
func numberOr(text string, otherwise uint64) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}
