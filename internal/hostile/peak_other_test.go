//go:build !linux

package hostile

import (
	"runtime"
	"runtime/debug"
)

// peakMemory runs f and returns by how many bytes the memory that the runtime
// holds grew. The runtime gives memory back slowly, so this is near the peak.
func peakMemory(f func()) (uint64, error) {
	debug.FreeOSMemory()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	held := func(m *runtime.MemStats) uint64 { return m.Sys - m.HeapReleased }
	return max(held(&after), held(&before)) - held(&before), nil
}
