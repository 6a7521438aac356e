package telemetry

import "sync"

// labels bounds the values of a label that clients choose: the first ones keep
// their name, all others share "_other".
// otherLabel stands for the values beyond the bound.
const otherLabel = "_other"

type labels struct {
	max  int
	mu   sync.RWMutex
	seen map[string]bool
}

func (l *labels) value(s string) string {
	l.mu.RLock()
	known := l.seen[s]
	l.mu.RUnlock()
	if known {
		return s
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[s] {
		return s
	}
	if len(l.seen) >= l.max {
		return otherLabel
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[s] = true
	return s
}
