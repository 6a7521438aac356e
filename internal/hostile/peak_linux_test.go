package hostile

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

// peakMemory runs f and returns by how many bytes the memory of the process
// grew at its worst moment, as the kernel saw it. It sees stacks and what the
// collector did not get round to, and misses no spike.
func peakMemory(f func()) (uint64, error) {
	debug.FreeOSMemory()
	// 5 sets the kernel's mark of the highest use back to the present use.
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return 0, err
	}
	before, err := resident("VmRSS:")
	if err != nil {
		return 0, err
	}
	f()
	highest, err := resident("VmHWM:")
	if err != nil {
		return 0, err
	}
	return max(highest, before) - before, nil
}

// resident reads a line of the process's status, in bytes.
func resident(key string) (uint64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			var kib uint64
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				return 0, err
			}
			return kib << 10, nil
		}
	}
	return 0, errors.New("the status has no line " + key)
}
