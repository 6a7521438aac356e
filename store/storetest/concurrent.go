package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/instar-registry/instar/registry"
)

// sixteenWriters append from four nodes at once. Each acknowledged request must
// be in the log once, the order dense, and every decide shown all before it,
// which node.try checks.
func sixteenWriters(t *testing.T, s Store) {
	const writers, nodes = 16, 4
	each := 1000
	if s.brief() {
		each = 40
	}
	ctx := withTimeout(t)
	var logs []registry.Log
	for range nodes {
		logs = append(logs, s.Open(t))
	}
	var want []string
	var wg sync.WaitGroup
	for w := range writers {
		for i := range each {
			want = append(want, fmt.Sprintf("w%d-%d", w, i))
		}
		wg.Go(func() {
			n := newNode(logs[w%nodes])
			for i := range each {
				if err := n.put(ctx, fmt.Sprintf("w%d-%d", w, i)); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	wg.Wait()
	mustHoldOnce(t, logs[0], want)
}

// followerBesideWriters tails the log while it grows and must see each record
// once and in order, which the chain proves.
func followerBesideWriters(t *testing.T, s Store) {
	const writers, each = 4, 50
	ctx := withTimeout(t)
	var wg sync.WaitGroup
	var done atomic.Bool
	for w := range writers {
		log := s.Open(t)
		wg.Go(func() {
			n := newNode(log)
			for i := range each {
				if err := n.put(ctx, fmt.Sprintf("w%d-%d", w, i)); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	follower := newNode(s.Open(t))
	var followed sync.WaitGroup
	followed.Go(func() {
		for last := false; ; {
			last = done.Load()
			if err := follower.catchUp(ctx); err != nil {
				t.Errorf("follower: %v", err)
				return
			}
			if last {
				return
			}
			wait(ctx, follower.log, 20*time.Millisecond)
		}
	})
	wg.Wait()
	done.Store(true)
	followed.Wait()
	if len(follower.requests) != writers*each {
		t.Errorf("the follower saw %d of %d records", len(follower.requests), writers*each)
	}
}

// wait returns at a wake, which may be missing, or after the poll interval.
func wait(ctx context.Context, log registry.Log, poll time.Duration) {
	timer := time.NewTimer(poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-log.Wake():
	}
}

func paging(t *testing.T, s Store) {
	const total = 10_000
	log, ctx := s.Open(t), withTimeout(t)
	for i := range total / 1000 {
		mustAppend(t, log, registry.Append{Entries: entries(fmt.Sprintf("p%d", i), 1000)})
	}
	epoch := mustHead(t, log).Epoch
	for _, limit := range []int{1 << 20, total, total - 1, 4096, 999} {
		at, pages := registry.Head{Epoch: epoch}, 0
		for {
			page, err := log.Read(ctx, at, limit)
			if err != nil {
				t.Fatalf("pages of %d: read after %d: %v", limit, at.Seq, err)
			}
			if want := min(int64(limit), total-at.Seq); int64(len(page)) != want {
				t.Fatalf("pages of %d: %d records after %d instead of %d", limit, len(page), at.Seq, want)
			}
			if at, err = registry.VerifyChain(at, page); err != nil {
				t.Fatalf("pages of %d: %v", limit, err)
			}
			pages++
			if len(page) == 0 {
				break
			}
		}
		if want := (total+limit-1)/limit + 1; pages != want {
			t.Errorf("pages of %d: %d instead of %d", limit, pages, want)
		}
	}
}

func wake(t *testing.T, s Store) {
	a, b := s.Open(t), s.Open(t)
	if first, second := a.Wake(), a.Wake(); first != second {
		t.Error("the wake channel changes")
	}
	drain(a.Wake())
	drain(b.Wake())
	for i := range 5 {
		mustAppend(t, a, registry.Append{Entries: entries(fmt.Sprint("w", i), 1)})
		if s.Notifies {
			mustWake(t, b, "the other node")
		}
	}
	if len(a.Wake()) > 0 {
		t.Error("a writer was woken by what it wrote itself")
	}
	// A wake that nobody takes must not block a writer, nor pile up.
	for i := range 50 {
		mustAppend(t, a, registry.Append{Entries: entries(fmt.Sprint("x", i), 1)})
	}
	if n := newNode(b); n.catchUp(withTimeout(t)) != nil || len(n.requests) != 55 {
		t.Errorf("a node that missed the wakes sees %d records", len(n.requests))
	}
}

func mustWake(t *testing.T, log registry.Log, who string) {
	t.Helper()
	select {
	case <-log.Wake():
	case <-time.After(20 * time.Second):
		t.Fatalf("%s was not woken", who)
	}
}

// drain waits until no wake has come for a moment: a store may send one when it
// opens.
func drain(c <-chan struct{}) {
	for {
		select {
		case <-c:
		case <-time.After(100 * time.Millisecond):
			return
		}
	}
}

// eightStarters begin on an empty database at once; each must come up, and all
// on the same log.
func eightStarters(t *testing.T, fresh func(tb testing.TB) Store) {
	for round := range 20 {
		s, ctx := fresh(t), withTimeout(t)
		if round == 3 && s.brief() {
			return
		}
		var want []string
		var wg sync.WaitGroup
		for i := range 8 {
			request := fmt.Sprintf("starter-%d", i)
			want = append(want, request)
			wg.Go(func() {
				log, err := s.Start(ctx)
				if err != nil {
					t.Errorf("round %d, starter %d: %v", round, i, err)
					return
				}
				if err := newNode(log).put(ctx, request); err != nil {
					t.Errorf("round %d, starter %d: %v", round, i, err)
				}
				if err := log.Close(); err != nil {
					t.Errorf("round %d, starter %d: close: %v", round, i, err)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		mustHoldOnce(t, s.Open(t), want)
	}
}
