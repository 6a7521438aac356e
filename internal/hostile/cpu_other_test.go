//go:build !unix

package hostile

import "time"

var started = time.Now()

// cpuTime is the time of the clock where that of the processor is not to be had
// from the standard library.
func cpuTime() time.Duration { return time.Since(started) }
