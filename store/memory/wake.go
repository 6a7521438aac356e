package memory

import "maps"

// Wake implements [registry.Log]. All callers of one handle share one channel.
func (l *Log) Wake() <-chan struct{} { return l.wake }

// signal wakes every other handle after one of them has written.
func (s *storage) signal(writer *Log) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for l := range s.handles {
		if l == writer {
			continue
		}
		l.woken("notify")
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

func (l *Log) woken(source string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count.Wakes[source]++
}

func (l *Log) appended(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count.Appended += int64(n)
}

// Stats returns the counters. There are no connections.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.count
	out.Listening = true
	out.Retries, out.Wakes = maps.Clone(l.count.Retries), maps.Clone(l.count.Wakes)
	return out
}
