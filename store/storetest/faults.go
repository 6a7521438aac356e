package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/sqllog"
)

// faultsOfTheLog runs a small history once for each kind of fault and each call
// that can meet it; whatever happens, every request is in the log once.
func faultsOfTheLog(t *testing.T, s Store) {
	const puts = 4
	plain := s.Open(t)
	var want []string
	for _, fault := range Faults() {
		for nth := 1; ; nth++ {
			log := Faulty(plainClose{plain}, Plan{Fault: fault, Nth: nth})
			n := newNode(log)
			for i := range puts {
				request := fmt.Sprintf("%s-%d-%d", fault, nth, i)
				if err := n.put(withTimeout(t), request); err != nil {
					t.Fatalf("%s at call %d: %v", fault, nth, err)
				}
				want = append(want, request)
			}
			calls := log.Calls()
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			if calls < nth {
				break
			}
		}
	}
	mustHoldOnce(t, plain, want)
	for _, fault := range Faults() {
		want = append(want, crowdUnder(t, plain, fault)...)
	}
	mustHoldOnce(t, plain, want)
}

// crowdUnder lets nodes write at once while every third call of each fails.
func crowdUnder(t *testing.T, plain registry.Log, fault Fault) []string {
	ctx := withTimeout(t)
	var want []string
	var wg sync.WaitGroup
	for w := range 4 {
		log := Faulty(plainClose{plain}, Plan{Fault: fault, Nth: 3 + w, Every: true, Delay: time.Millisecond})
		for i := range 10 {
			want = append(want, fmt.Sprintf("crowd-%s-%d-%d", fault, w, i))
		}
		wg.Go(func() {
			n := newNode(log)
			for i := range 10 {
				if err := n.put(ctx, fmt.Sprintf("crowd-%s-%d-%d", fault, w, i)); err != nil {
					t.Errorf("%s: node %d: %v", fault, w, err)
				}
			}
			if err := log.Close(); err != nil {
				t.Errorf("%s: node %d: close: %v", fault, w, err)
			}
		})
	}
	wg.Wait()
	return want
}

// plainClose lets several wrappers share one log.
type plainClose struct{ registry.Log }

func (plainClose) Close() error { return nil }

// injected is an error as a driver of ours returns it.
func injected(state string) error {
	return &sqllog.StateError{State: state, Cause: errors.New("injected fault")}
}

// states are the SQLSTATEs that a store must expect, and what they mean when
// nothing was written.
var states = []struct {
	code   string
	retry  bool  // the store runs the transaction again by itself
	answer error // otherwise, or if it goes on
}{
	{"40001", true, registry.ErrUnavailable},
	{"40P01", true, registry.ErrUnavailable},
	{"55P03", true, registry.ErrUnavailable},
	{"53300", false, registry.ErrUnavailable},
	{"25006", false, registry.ErrUnavailable},
	{"57P01", false, registry.ErrUnavailable},
	{"57014", false, registry.ErrUnavailable},
	{"08006", false, registry.ErrUnavailable},
	{"53100", false, registry.ErrDiskFull},
}

var steps = []string{"write", "tx.query", "batch", "commit"}

// faultsOfTheDatabase injects every SQLSTATE at every step of an append.
func faultsOfTheDatabase(t *testing.T, s Store) {
	if s.OpenHooked == nil {
		return // no database
	}
	f := &injector{}
	log := s.OpenHooked(t, f.hook)
	plain := s.Open(t)
	var want []string
	append1 := func(ctx context.Context, request string) error {
		_, err := appendNow(ctx, plainHead{log, plain}, registry.Append{Entries: []registry.Entry{entry(request)}})
		return err
	}
	for _, state := range states {
		for _, step := range steps {
			t.Run(state.code+" at "+step, func(t *testing.T) {
				ctx, request := withTimeout(t), state.code+" at "+step
				f.set(injected(state.code), 1, step)
				err := append1(ctx, request)
				if state.retry {
					if err != nil {
						t.Fatalf("it was not run again: %v", err)
					}
					want = append(want, request)
				} else {
					mustBe(t, err, state.answer)
				}
				mustHoldOnce(t, plain, want)

				f.set(injected(state.code), 100, "write", step) // "write", so that nothing can be found out either
				if step != "commit" {
					mustBe(t, append1(ctx, request+" for ever"), state.answer)
				}
				f.set(nil, 0)
				mustHoldOnce(t, plain, want)
			})
		}
	}
	want = append(want, lostAnswers(t, f, append1)...)
	want = append(want, lostToAnother(t, f, append1, plain))
	mustHoldOnce(t, plain, want)
	brokenReads(t, f, log)
}

// lostAnswers lets the commit succeed and its answer get lost.
func lostAnswers(t *testing.T, f *injector, append1 func(context.Context, string) error) []string {
	var want []string
	for _, state := range []string{"08006", "57P01", "53300", "57014"} {
		f.set(injected(state), 1, "committed")
		request := "lost answer " + state
		if err := append1(withTimeout(t), request); err != nil {
			t.Errorf("%s: the outcome was not found out: %v", request, err)
		}
		want = append(want, request)

		// The first attempts to find out fail too.
		f.set(injected(state), 3, "committed", "after", "write")
		request = "lost answer and more " + state
		if err := append1(withTimeout(t), request); err != nil {
			t.Errorf("%s: the outcome was not found out: %v", request, err)
		}
		want = append(want, request)

		// Nothing can be found out in time, whether it was written or not.
		for _, last := range []string{"committed", "commit"} {
			short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			f.set(injected(state), 1_000_000, last, "after", "write")
			request = fmt.Sprintf("unknown outcome %s %s", state, last)
			mustBe(t, append1(short, request), registry.ErrUnknownOutcome)
			cancel()
			if last == "committed" {
				want = append(want, request)
			}
		}
	}
	f.set(nil, 0)
	return want
}

// lostToAnother loses a commit, and before the outcome is asked for another node
// takes the sequence: its record must not be mistaken for the lost one.
func lostToAnother(t *testing.T, f *injector, append1 func(context.Context, string) error, plain registry.Log) string {
	const other = "taken by another"
	f.set(injected("08006"), 1, "commit")
	f.next("write", func() { mustAppend(t, plain, registry.Append{Entries: []registry.Entry{entry(other)}}) })
	mustBe(t, append1(withTimeout(t), "lost to another"), registry.ErrUnavailable)
	return other
}

func brokenReads(t *testing.T, f *injector, log registry.Log) {
	ctx := withTimeout(t)
	for name, call := range calls(log) {
		if name == "Update" || name == "SaveSnapshot" {
			continue
		}
		f.set(injected("57P01"), 1, "query")
		mustBe(t, call(ctx), registry.ErrUnavailable)
		f.set(injected("42P01"), 1, "query") // undefined_table: ours
		mustBeBug(t, call(ctx))
	}
	f.set(injected("40001"), 1, "commit")
	if err := log.SaveSnapshot(ctx, registry.Snapshot{Seq: 1, Body: []byte("x")}); err != nil {
		t.Errorf("a snapshot was not tried again: %v", err)
	}
	f.set(nil, 0)
}

// injector is a hook that fails given steps for a number of times. After the
// word "after" come steps that fail only once the others have.
type injector struct {
	mu    sync.Mutex
	err   error
	times int
	first []string
	then  []string

	// once the errors are used up, do runs before the step called at
	at string
	do func()
}

// next arranges for do, once the errors of set are used up.
func (f *injector) next(step string, do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.do = step, do
}

func (f *injector) set(err error, times int, steps ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.times, f.first, f.then = err, times, steps, nil
	if i := slices.Index(steps, "after"); i >= 0 {
		f.first, f.then = steps[:i], steps[i+1:]
	}
}

func (f *injector) hook(_ context.Context, step string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times == 0 && f.do != nil && f.at == step {
		f.do()
		f.do = nil
	}
	if f.times == 0 || !slices.Contains(f.first, step) {
		return nil
	}
	f.times--
	if f.then != nil {
		f.first, f.then = f.then, nil
	}
	return f.err
}

// plainHead asks another log for the head, so that only the append meets faults.
type plainHead struct {
	registry.Log
	plain registry.Log
}

func (p plainHead) Head(ctx context.Context) (registry.Head, error) { return p.plain.Head(ctx) }
