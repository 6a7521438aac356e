package cli

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The collector's settings: at least this much room before the next collection,
// and no more than half of what is alive once that is more.
const (
	minRoom    = 32 << 20
	minPercent = 50
	maxPercent = 800
	tuneEvery  = time.Second
)

// tuneMemory fits the collector to the registry. A small one would collect many
// times a second under writes with Go's own setting, a large one would reserve
// as much again as its long-lived state. GOGC in the environment wins. It
// returns when ctx ends.
func tuneMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	percent := 0
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(tuneEvery)
	defer tick.Stop()
	for {
		metrics.Read(live)
		if next := gcPercent(live[0].Value.Uint64()); next != percent {
			percent = next
			debug.SetGCPercent(percent)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// gcPercent returns the setting for a heap of which live bytes are in use. It
// moves in steps of 50, so that it does not change with every collection.
func gcPercent(live uint64) int {
	if live == 0 {
		return minPercent
	}
	percent := int(min(uint64(maxPercent), 100*minRoom/live)) / 50 * 50
	return max(minPercent, percent)
}
