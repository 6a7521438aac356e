package registry

import (
	"context"
	"sync"
	"time"
)

// Refusal is a request that was refused, for the audit trail. Refusals lie
// beside the log and outside its chain: they change nothing, and somebody who
// is refused a thousand times must not make the log grow.
type Refusal struct {
	At      int64 // µs since 1970
	Actor   string
	Request string
	Route   string // template, never the path
	Subject string
	Status  int // HTTP
	Code    int // of the REST surface
	// Times is above 1 where an actor was refused more often in a minute than
	// is kept one by one; Request, Route and Subject are empty then.
	Times int
}

// The bounds of what is kept.
const (
	refusalsPerMinute = 100 // one by one, per actor
	refusalActors     = 10_000
	refusalBuffer     = 10_000
	refusalAge        = 90 * 24 * time.Hour
)

// refusals gathers what is stored with the next flush.
type refusals struct {
	mu     sync.Mutex
	minute int64
	seen   map[string]int // refusals of this minute by actor
	rows   []Refusal
	lost   int // rows over the buffer, while the store is away
}

// add notes a refusal; over the rate of its actor it is only counted.
func (r *refusals) add(x Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute := x.At / time.Minute.Microseconds(); minute != r.minute || r.seen == nil {
		r.summarise()
		r.minute, r.seen = minute, map[string]int{}
	}
	if _, known := r.seen[x.Actor]; !known && len(r.seen) >= refusalActors {
		x.Actor = "others"
	}
	r.seen[x.Actor]++
	if r.seen[x.Actor] <= refusalsPerMinute {
		x.Times = 1
		r.keep(x)
	}
}

// summarise turns what was only counted into one row an actor.
func (r *refusals) summarise() {
	for _, actor := range sortedKeys(r.seen) {
		if over := r.seen[actor] - refusalsPerMinute; over > 0 {
			r.keep(Refusal{At: (r.minute + 1) * time.Minute.Microseconds(), Actor: actor, Times: over})
		}
	}
}

func (r *refusals) keep(x Refusal) {
	if len(r.rows) >= refusalBuffer {
		r.lost++
		return
	}
	r.rows = append(r.rows, x)
}

// take returns what is to be stored. A minute that is over is summarised.
func (r *refusals) take(now int64) (rows []Refusal, lost int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute := now / time.Minute.Microseconds(); minute != r.minute {
		r.summarise()
		r.minute, r.seen = minute, nil
	}
	rows, lost = r.rows, r.lost
	r.rows, r.lost = nil, 0
	return rows, lost
}

// back puts rows back that could not be stored.
func (r *refusals) back(rows []Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	newer := r.rows
	r.rows = nil
	for _, x := range append(rows, newer...) {
		r.keep(x)
	}
}

// Refused notes a refused request; it is stored within seconds.
func (s *Service) Refused(x Refusal) {
	if x.At == 0 {
		x.At = s.opt.Clock().UnixMicro()
	}
	s.refused.add(x)
}

// flushRefusals stores what was noted. While the store is away rows wait, up to
// a bound.
func (s *Service) flushRefusals(ctx context.Context) {
	now := s.opt.Clock()
	rows, lost := s.refused.take(now.UnixMicro())
	if lost > 0 {
		s.logger.Warn("refusals were not recorded", "count", lost)
	}
	if len(rows) == 0 {
		return
	}
	if err := s.log.Refused(ctx, rows, now.Add(-refusalAge).UnixMicro()); err != nil {
		s.refused.back(rows)
	}
}
