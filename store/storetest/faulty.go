package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/instar-registry/instar/registry"
)

// Fault is a way in which a store can fail its caller.
type Fault int

// The faults. Each keeps the contract of [registry.Log]: a caller that breaks
// under one of them would break in production.
const (
	Fail       Fault = iota + 1 // the call does nothing and answers ErrUnavailable
	Timeout                     // the same, after having taken its time
	LostAnswer                  // the call is done and answers ErrUnknownOutcome; a read, ErrUnavailable
	Late                        // the call is done late, and wakes come late
	Twice                       // decide is called twice, reads are done twice, wakes come twice
)

// Faults lists all of them.
func Faults() []Fault { return []Fault{Fail, Timeout, LostAnswer, Late, Twice} }

func (f Fault) String() string {
	return [...]string{"none", "fail", "timeout", "lost answer", "late", "twice"}[f]
}

// Plan says which calls fail, and how.
type Plan struct {
	Fault Fault
	// Nth call fails, counted from 1 over all methods but Wake and Close.
	Nth int
	// Every further Nth call fails too.
	Every bool
	// State is the SQLSTATE in the error, "08006" if empty.
	State string
	// Delay of Timeout and Late; 5 ms if zero.
	Delay time.Duration
}

// FaultyLog is a log behind the wrapper.
type FaultyLog struct {
	log  registry.Log
	plan Plan

	mu    sync.Mutex
	calls int

	wake    chan struct{}
	closing chan struct{}
	once    sync.Once
	relay   sync.WaitGroup
}

var _ registry.Log = (*FaultyLog)(nil)

// Faulty wraps a log so that it fails according to plan. Closing it closes the
// log.
func Faulty(log registry.Log, plan Plan) *FaultyLog {
	if plan.State == "" {
		plan.State = "08006"
	}
	if plan.Delay == 0 {
		plan.Delay = 5 * time.Millisecond
	}
	f := &FaultyLog{log: log, plan: plan, wake: make(chan struct{}, 1), closing: make(chan struct{})}
	f.relay.Go(f.relayWakes)
	return f
}

// Calls returns how many calls were made so far.
func (f *FaultyLog) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// next counts a call and returns the fault that it meets, or 0.
func (f *FaultyLog) next() Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	n := f.plan.Nth
	if n > 0 && (f.calls == n || f.plan.Every && f.calls%n == 0) {
		return f.plan.Fault
	}
	return 0
}

// sqlState is an error with a SQLSTATE, as a driver returns.
type sqlState string

func (s sqlState) Error() string    { return "injected fault (SQLSTATE " + string(s) + ")" }
func (s sqlState) SQLState() string { return string(s) }

// meet runs do under a fault. lost is the answer instead of the true one when it
// gets lost. What Twice means is the caller's business.
func (f *FaultyLog) meet(ctx context.Context, fault Fault, lost error, do func() error) error {
	down := fmt.Errorf("%w: %w", registry.ErrUnavailable, sqlState(f.plan.State))
	switch fault {
	case Fail:
		return down
	case Timeout:
		f.sleep(ctx)
		return fmt.Errorf("%w: %w", registry.ErrUnavailable, context.DeadlineExceeded)
	case LostAnswer:
		if err := do(); err != nil {
			return err
		}
		return fmt.Errorf("%w: %w", lost, sqlState(f.plan.State))
	case Late:
		f.sleep(ctx)
		return do()
	default:
		return do()
	}
}

// again runs do under the fault that is due, a second time for Twice.
func (f *FaultyLog) again(ctx context.Context, do func() error) error {
	fault := f.next()
	err := f.meet(ctx, fault, registry.ErrUnavailable, do)
	if err == nil && fault == Twice {
		err = do()
	}
	return err
}

func (f *FaultyLog) sleep(ctx context.Context) {
	timer := time.NewTimer(f.plan.Delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-f.closing:
	case <-timer.C:
	}
}

// Update implements [registry.Log]. Twice calls decide a second time within the
// transaction, as a retry of the store's would, and drops the first answer.
func (f *FaultyLog) Update(
	ctx context.Context, after registry.Head,
	decide func(newer []registry.Record, head registry.Head) (registry.Append, error),
) (records []registry.Record, err error) {
	fault := f.next()
	err = f.meet(ctx, fault, registry.ErrUnknownOutcome, func() error {
		records, err = f.log.Update(ctx, after, func(newer []registry.Record, head registry.Head) (registry.Append, error) {
			if fault == Twice {
				if _, err := decide(newer, head); err != nil {
					return registry.Append{}, err
				}
			}
			return decide(newer, head)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// Read implements [registry.Log].
func (f *FaultyLog) Read(ctx context.Context, after registry.Head, limit int) ([]registry.Record, error) {
	return fetch(ctx, f, func() ([]registry.Record, error) { return f.log.Read(ctx, after, limit) })
}

// ReadFrom implements [registry.Log].
func (f *FaultyLog) ReadFrom(ctx context.Context, after int64, limit int) ([]registry.Record, error) {
	return fetch(ctx, f, func() ([]registry.Record, error) { return f.log.ReadFrom(ctx, after, limit) })
}

// Head implements [registry.Log].
func (f *FaultyLog) Head(ctx context.Context) (registry.Head, error) {
	return fetch(ctx, f, func() (registry.Head, error) { return f.log.Head(ctx) })
}

// Texts implements [registry.Log].
func (f *FaultyLog) Texts(ctx context.Context, hashes []registry.Hash) (map[registry.Hash]string, error) {
	return fetch(ctx, f, func() (map[registry.Hash]string, error) { return f.log.Texts(ctx, hashes) })
}

// Guards implements [registry.Log]. Verification is not a fault's business.
func (f *FaultyLog) Guards(ctx context.Context, yield func(registry.Guard)) error {
	return f.log.Guards(ctx, yield)
}

// Refused implements [registry.Log].
func (f *FaultyLog) Refused(ctx context.Context, rows []registry.Refusal, before int64) error {
	return f.log.Refused(ctx, rows, before)
}

// Refusals implements [registry.Log].
func (f *FaultyLog) Refusals(ctx context.Context, since int64, yield func(registry.Refusal)) error {
	return f.log.Refusals(ctx, since, yield)
}

// LoadSnapshot implements [registry.Log].
func (f *FaultyLog) LoadSnapshot(ctx context.Context) (registry.Snapshot, error) {
	return fetch(ctx, f, func() (registry.Snapshot, error) { return f.log.LoadSnapshot(ctx) })
}

// SaveSnapshot implements [registry.Log].
func (f *FaultyLog) SaveSnapshot(ctx context.Context, s registry.Snapshot) error {
	return f.again(ctx, func() error { return f.log.SaveSnapshot(ctx, s) })
}

func fetch[T any](ctx context.Context, f *FaultyLog, do func() (T, error)) (out T, err error) {
	err = f.again(ctx, func() error {
		out, err = do()
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return out, nil
}

// Wake implements [registry.Log].
func (f *FaultyLog) Wake() <-chan struct{} { return f.wake }

// relayWakes passes wakes on, or loses, delays or doubles each of them.
func (f *FaultyLog) relayWakes() {
	for {
		select {
		case <-f.closing:
			return
		case <-f.log.Wake():
		}
		times := 1
		switch f.plan.Fault {
		case Fail, Timeout, LostAnswer:
			times = 0
		case Late:
			f.sleep(context.Background())
		case Twice:
			times = 2
		}
		for range times {
			select {
			case <-f.closing:
				return
			case f.wake <- struct{}{}:
			}
		}
	}
}

// Close implements [registry.Log].
func (f *FaultyLog) Close() error {
	f.once.Do(func() { close(f.closing) })
	f.relay.Wait()
	return f.log.Close()
}
