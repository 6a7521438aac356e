package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/instar-registry/instar/api/wire"
)

func TestIDsAreFetchedOnce(t *testing.T) {
	gate := make(chan struct{})
	f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		<-gate
		reply(w, 200, `{"schema":"\"int\"","subject":"s","version":3,"guid":"`+r.URL.Query().Get("subject")+`"}`)
	})
	c, _ := open(t, []string{f.URL})
	var wait sync.WaitGroup
	for range 200 {
		wait.Go(func() {
			s, err := c.SchemaByID(ctx, ":.pay:orders", 7)
			if err != nil || s.Schema != `"int"` || s.Subject != "" || s.Version != 0 {
				t.Errorf("%+v %v", s, err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	close(gate)
	wait.Wait()
	if n := f.calls.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
	if _, err := c.SchemaByID(ctx, ":.pay:users", 7); err != nil || f.calls.Load() != 1 {
		t.Error("a subject of the same context asked again")
	}
	if _, err := c.SchemaByID(ctx, ":.eu:users", 7); err != nil || f.calls.Load() != 2 {
		t.Error("another context was answered from this one")
	}
}

func TestUnknownIDsAreRemembered(t *testing.T) {
	now := time.Unix(1000, 0)
	f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			reply(w, 200, `{"id":9}`)
			return
		}
		reply(w, 404, `{"error_code":40403,"message":"Schema 9 not found"}`)
	})
	c, _ := open(t, []string{f.URL}, func(s *settings) error { s.clock = func() time.Time { return now }; return nil })
	ask := func(want int32) {
		t.Helper()
		if _, err := c.SchemaByID(ctx, "", 9); !errors.Is(err, ErrSchemaNotFound) {
			t.Fatal(err)
		}
		if n := f.calls.Load(); n != want {
			t.Fatalf("%d requests, want %d", n, want)
		}
	}
	ask(1)
	ask(1)
	now = now.Add(10 * time.Second)
	ask(2)
	ask(2)
	if _, err := c.Register(ctx, "x", wire.RegisterRequest{}, RegisterOptions{}); err != nil {
		t.Fatal(err)
	}
	ask(4)
}

func TestAFailedFetchIsNotRemembered(t *testing.T) {
	s := defaults()
	c := newCache[int](&s, func(*int) int64 { return 1 })
	boom := errors.New("boom")
	if _, err := c.get(ctx, 1, func(context.Context) (*int, error) { return nil, boom }); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	one := 1
	if v, err := c.get(ctx, 1, func(context.Context) (*int, error) { return &one, nil }); err != nil || *v != 1 {
		t.Fatal(err)
	}
}

func TestAWaiterOutlivesTheFetcher(t *testing.T) {
	s := defaults()
	c := newCache[int](&s, func(*int) int64 { return 1 })
	first, cancel := context.WithCancel(ctx)
	started := make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := c.get(first, 1, func(ctx context.Context) (*int, error) {
			close(started)
			<-ctx.Done()
			return nil, ctx.Err()
		})
		done <- err
	}()
	<-started
	var mine atomic.Bool
	go func() {
		two := 2
		v, err := c.get(ctx, 1, func(context.Context) (*int, error) { mine.Store(true); return &two, nil })
		if err == nil && *v != 2 {
			err = fmt.Errorf("got %d", *v)
		}
		done <- err
	}()
	cancel()
	canceled := 0
	for range 2 {
		if err := <-done; errors.Is(err, context.Canceled) {
			canceled++
		} else if err != nil {
			t.Error(err)
		}
	}
	if canceled != 1 || !mine.Load() {
		t.Errorf("%d canceled, own fetch %v", canceled, mine.Load())
	}
}

func TestCacheIsBoundedAndKeepsWhatIsUsed(t *testing.T) {
	s := defaults()
	s.cacheEntries = 100
	c := newCache[int](&s, func(*int) int64 { return 1 })
	fetch := func(n int) func(context.Context) (*int, error) {
		return func(context.Context) (*int, error) { return &n, nil }
	}
	lost := 0
	for i := range 2000 {
		if _, err := c.get(ctx, i, fetch(i)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.get(ctx, 0, func(context.Context) (*int, error) { lost++; n := 0; return &n, nil }); err != nil {
			t.Fatal(err)
		}
		if c.len() > 101 {
			t.Fatalf("%d entries after %d", c.len(), i)
		}
	}
	if lost > 20 {
		t.Errorf("the entry in constant use was dropped %d times", lost)
	}
}

func BenchmarkCacheHit(b *testing.B) {
	s := defaults()
	c := newCache[idKey](&s, func(*int) int64 { return 1 })
	n := 0
	fetch := func(context.Context) (*int, error) { n++; return &n, nil }
	for id := range 1000 {
		_, _ = c.get(ctx, idKey{".", int64(id)}, fetch)
	}
	for range 2000 { // hits on the newer entries publish them
		_, _ = c.get(ctx, idKey{".", 7}, fetch)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.get(ctx, idKey{".", 7}, fetch); err != nil {
			b.Fatal(err)
		}
	}
}
