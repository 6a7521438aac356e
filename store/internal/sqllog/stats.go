package sqllog

import (
	"maps"
	"sync"
)

// Stats is what a store counts, for metrics. The maps belong to the caller.
type Stats struct {
	ConnectionsInUse int
	ConnectionsIdle  int
	ConnectionsMax   int
	// Listening says that the database tells this node about appends; without
	// it only polling does.
	Listening bool

	Appended   int64            // records that this node wrote
	Retries    map[string]int64 // transactions run again, by SQLSTATE
	Wakes      map[string]int64 // by source: "notify", or "write" for an own append of unknown outcome
	Unanswered int64            // commits whose answer was lost
	Resolved   int64            // of these, found to have happened
}

type counters struct {
	mu sync.Mutex
	s  Stats
}

func newCounters() *counters {
	return &counters{s: Stats{Retries: map[string]int64{}, Wakes: map[string]int64{}}}
}

func (c *counters) edit(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.s)
}

func (c *counters) appended(n int)       { c.edit(func(s *Stats) { s.Appended += int64(n) }) }
func (c *counters) retried(state string) { c.edit(func(s *Stats) { s.Retries[state]++ }) }
func (c *counters) wake(source string)   { c.edit(func(s *Stats) { s.Wakes[source]++ }) }
func (c *counters) unanswered()          { c.edit(func(s *Stats) { s.Unanswered++ }) }
func (c *counters) resolved()            { c.edit(func(s *Stats) { s.Resolved++ }) }

// Stats returns the counters; the engines add their connections.
func (l *Log) Stats() Stats {
	var out Stats
	l.count.edit(func(s *Stats) {
		out = *s
		out.Retries = maps.Clone(s.Retries)
		out.Wakes = maps.Clone(s.Wakes)
	})
	return out
}
