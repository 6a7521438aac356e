//go:build !linux

package oracle

import "time"

var started = time.Now()

// ThreadTime is the time that has passed, where the processor time of a thread
// cannot be had.
func ThreadTime() time.Duration { return time.Since(started) }
