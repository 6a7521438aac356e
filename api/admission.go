package api

import (
	"context"
	"sync/atomic"
	"time"
)

// admission bounds how many requests are worked on at once. Entering and
// leaving is an atomic addition while there is room.
type admission struct {
	max     int64
	inside  atomic.Int64
	waiting atomic.Int64
	wake    chan struct{}
}

// enter takes a place, waiting for one up to the timeout; ok is false when none
// came free. waited is zero if there was room at once.
func (d *admission) enter(ctx context.Context, timeout time.Duration) (waited time.Duration, ok bool) {
	if d.try() {
		return 0, true
	}
	start := time.Now()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	d.waiting.Add(1)
	defer d.waiting.Add(-1)
	for {
		// Tried after waiting was raised, so that a leave in between is seen.
		if d.try() {
			if d.inside.Load() < d.max {
				d.signal() // a leave may have woken only us
			}
			return time.Since(start), true
		}
		select {
		case <-d.wake:
		case <-timer.C:
			return time.Since(start), false
		case <-ctx.Done():
			return time.Since(start), false
		}
	}
}

func (d *admission) try() bool {
	if d.inside.Add(1) <= d.max {
		return true
	}
	d.inside.Add(-1)
	return false
}

// leave gives the place back.
func (d *admission) leave() {
	d.inside.Add(-1)
	if d.waiting.Load() > 0 {
		d.signal()
	}
}

func (d *admission) signal() {
	select {
	case d.wake <- struct{}{}:
	default: // a wake is already under way
	}
}
