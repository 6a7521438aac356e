package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/registry"
)

// calls are all methods that reach the store.
func calls(log registry.Log) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Update": func(ctx context.Context) error {
			_, err := log.Update(ctx, registry.Head{}, func([]registry.Record, registry.Head) (registry.Append, error) {
				return registry.Append{Entries: entries("cancelled", 1)}, nil
			})
			return err
		},
		"Read":     func(ctx context.Context) error { _, err := log.Read(ctx, registry.Head{}, 10); return err },
		"ReadFrom": func(ctx context.Context) error { _, err := log.ReadFrom(ctx, 0, 10); return err },
		"Head":     func(ctx context.Context) error { _, err := log.Head(ctx); return err },
		"Texts": func(ctx context.Context) error {
			_, err := log.Texts(ctx, []registry.Hash{text("x").Hash})
			return err
		},
		"SaveSnapshot": func(ctx context.Context) error {
			return log.SaveSnapshot(ctx, registry.Snapshot{Seq: 1, Body: []byte("x")})
		},
		"LoadSnapshot": func(ctx context.Context) error { _, err := log.LoadSnapshot(ctx); return err },
	}
}

func cancel(t *testing.T, s Store) {
	log := s.Open(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for name, call := range calls(log) {
		err := call(gone)
		mustBe(t, err, registry.ErrUnavailable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v does not say that it was cancelled", name, err)
		}
		err = call(late)
		mustBe(t, err, registry.ErrUnavailable)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v does not say that it was too late", name, err)
		}
	}
	if head := mustHead(t, log); head.Seq != 0 {
		t.Errorf("a cancelled call moved the head to %d", head.Seq)
	}
	mustAppend(t, log, registry.Append{Entries: entries("r", 1)})
}

// cancelWaiting cancels a writer that waits for the head lock, and one whose
// caller leaves while it decides.
func cancelWaiting(t *testing.T, s Store) {
	a, b, ctx := s.Open(t), s.Open(t), withTimeout(t)
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := a.Update(ctx, registry.Head{}, func([]registry.Record, registry.Head) (registry.Append, error) {
			close(held)
			<-release
			return registry.Append{Entries: entries("a", 1)}, nil
		})
		if err != nil {
			t.Errorf("the writer that holds the lock: %v", err)
		}
	})
	<-held
	for _, log := range []registry.Log{a, b} {
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		begun := time.Now()
		_, err := log.Update(short, registry.Head{}, mustNotDecide(t))
		cancel()
		mustBe(t, err, registry.ErrUnavailable)
		if took := time.Since(begun); took > 4*time.Second {
			t.Errorf("a writer with 50 ms waited %s for the lock", took)
		}
	}
	close(release)
	wg.Wait()
	before := mustHead(t, b)
	leaving, cancel := context.WithCancel(ctx)
	_, err := b.Update(leaving, before, func([]registry.Record, registry.Head) (registry.Append, error) {
		cancel()
		return registry.Append{Entries: entries("b", 1)}, nil
	})
	mustBe(t, err, registry.ErrUnavailable)
	if head := mustHead(t, a); head != before {
		t.Errorf("a writer that left moved the head to %+v", head)
	}
	mustAppend(t, b, registry.Append{Entries: entries("c", 1)})
}

func closeWithWaiters(t *testing.T, s Store) {
	a, b, ctx := s.Open(t), s.Open(t), withTimeout(t)
	held, release := make(chan struct{}), make(chan struct{})
	var holder, waiters sync.WaitGroup
	holder.Go(func() {
		_, err := a.Update(ctx, registry.Head{}, func([]registry.Record, registry.Head) (registry.Append, error) {
			close(held)
			<-release
			return registry.Append{Entries: entries("a", 1)}, nil
		})
		if err != nil {
			t.Errorf("the writer that holds the lock: %v", err)
		}
	})
	<-held
	errs := make([]error, 4)
	for i := range errs {
		waiters.Go(func() {
			_, errs[i] = b.Update(ctx, registry.Head{}, mustNotDecide(t))
		})
	}
	time.Sleep(50 * time.Millisecond) // let them wait; those that come later are refused the same
	if err := b.Close(); err != nil {
		t.Errorf("close with waiters: %v", err)
	}
	waiters.Wait()
	for i, err := range errs {
		if !errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("waiter %d ended with %v", i, err)
		}
	}
	close(release)
	holder.Wait()
	for name, call := range calls(b) {
		if err := call(ctx); !errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("%s on a closed log returned %v", name, err)
		}
	}
	if err := b.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
	if head := mustHead(t, a); head.Seq != 1 {
		t.Errorf("the head is %d", head.Seq)
	}
}

// cancelAtEveryStep cancels an append at each step towards the database. The
// answer must tell the truth: nil and there, ErrUnavailable and not there.
func cancelAtEveryStep(t *testing.T, s Store) {
	if s.OpenHooked == nil {
		return // no steps
	}
	var want []string
	plain := s.Open(t)
	for step := 1; ; step++ {
		leaving, cancel := context.WithCancel(withTimeout(t))
		seen := 0
		log := s.OpenHooked(t, func(context.Context, string) error {
			if seen++; seen == step {
				cancel()
			}
			return nil
		})
		request := fmt.Sprintf("step-%d", step)
		_, err := log.Update(leaving, registry.Head{}, func([]registry.Record, registry.Head) (registry.Append, error) {
			return registry.Append{Entries: []registry.Entry{entry(request)}}, nil
		})
		cancel()
		switch {
		case err == nil:
			want = append(want, request)
		default:
			mustBe(t, err, registry.ErrUnavailable)
		}
		mustHoldOnce(t, plain, want)
		if seen < step {
			if step < 5 {
				t.Errorf("an append has only %d steps", seen)
			}
			break
		}
	}
	if len(want) < 2 { // at the last steps the commit must have been finished, not cut
		t.Errorf("only %d appends went through", len(want))
	}
}
