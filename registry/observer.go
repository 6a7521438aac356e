package registry

import "time"

// Observer is told what the service does, for metrics. All methods are called
// from several goroutines and must be quick.
type Observer interface {
	Committed(changes, redecided int, d time.Duration)
	Retry(class string)
	UnknownOutcome()
	Wake(kind string) // notify, poll, write
	Replayed(d time.Duration)
	Registered(format, result string) // created, existing, incompatible, invalid, forced
	Checked(format, level, policy, result string, d time.Duration)
	Cache(name string, hit bool) // text, parsed, verdict, submitted
	PlanBuilt()                  // a way that was not kept
	Invariant(name string)
}

// NopObserver ignores everything.
type NopObserver struct{}

// Committed implements Observer.
func (NopObserver) Committed(int, int, time.Duration) {}

// Retry implements Observer.
func (NopObserver) Retry(string) {}

// UnknownOutcome implements Observer.
func (NopObserver) UnknownOutcome() {}

// Wake implements Observer.
func (NopObserver) Wake(string) {}

// Replayed implements Observer.
func (NopObserver) Replayed(time.Duration) {}

// Registered implements Observer.
func (NopObserver) Registered(string, string) {}

// Checked implements Observer.
func (NopObserver) Checked(string, string, string, string, time.Duration) {}

// Cache implements Observer.
func (NopObserver) Cache(string, bool) {}

// PlanBuilt implements Observer.
func (NopObserver) PlanBuilt() {}

// Invariant implements Observer.
func (NopObserver) Invariant(string) {}
