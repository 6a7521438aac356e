package api

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/instar-registry/instar/registry"
)

// TestBurden: what is given out never exceeds the room, everybody is served in
// the end, and a large claim is not overtaken by small ones.
func TestBurden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const room = 100
		b := newBurden(room)
		var held atomic.Int64
		var all sync.WaitGroup
		random := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			bytes, pause := random.Int64N(2*room), time.Duration(random.IntN(50))*time.Millisecond
			all.Go(func() {
				time.Sleep(pause)
				release, err := b.take(t.Context(), bytes)
				if err != nil {
					t.Error(err)
					return
				}
				if now := held.Add(min(bytes, room)); now > room {
					t.Errorf("%d of %d are given out", now, room)
				}
				time.Sleep(pause)
				held.Add(-min(bytes, room))
				release()
			})
		}
		all.Wait()
		if b.free != room || len(b.waiting) != 0 {
			t.Errorf("%d are free at the end, %d wait", b.free, len(b.waiting))
		}
	})
}

// TestBurdenInOrder: who waits is served before who comes later, and who gives
// up leaves no hole.
func TestBurdenInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBurden(100)
		release, err := b.take(t.Context(), 60)
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		claim := func(ctx context.Context, name string, bytes int64) {
			go func() {
				release, err := b.take(ctx, bytes)
				if err != nil {
					order = append(order, name+" gave up")
					return
				}
				order = append(order, name)
				release()
			}()
			synctest.Wait()
		}
		hurry, cancel := context.WithCancel(t.Context())
		claim(hurry, "large", 90)
		claim(t.Context(), "second", 80)
		claim(t.Context(), "small", 30) // would fit, but is last
		if len(order) != 0 {
			t.Fatalf("served while there was no room: %q", order)
		}
		cancel()
		synctest.Wait()
		release()
		synctest.Wait()
		if got := fmt.Sprint(order); got != "[large gave up second small]" {
			t.Errorf("the order is %s", got)
		}
		if b.free != 100 {
			t.Errorf("%d are free at the end", b.free)
		}
	})
}

// TestBurdenWithdrawn: a small claim behind a large one that gives up is served
// at once.
func TestBurdenWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBurden(100)
		if _, err := b.take(t.Context(), 60); err != nil {
			t.Fatal(err)
		}
		hurry, cancel := context.WithCancel(t.Context())
		go func() { _, _ = b.take(hurry, 90) }()
		synctest.Wait()
		var served bool
		go func() {
			_, err := b.take(t.Context(), 30)
			served = err == nil
		}()
		synctest.Wait()
		if served {
			t.Error("it overtook")
		}
		cancel()
		synctest.Wait()
		if !served || b.free != 10 {
			t.Errorf("served: %t, %d are free", served, b.free)
		}
	})
}

func TestJSONValues(t *testing.T) {
	for text, want := range map[string]int{
		`1`: 1, `[1,2,3]`: 4, `{"a":1,"b":[2]}`: 4, `"a,b[{"`: 1, `"\",["`: 1, `[[],{}]`: 5, ``: 1,
	} {
		if got := jsonValues([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// TestEventsWaitForMemory: an event that finds no room waits for it and is
// judged, or is told to come again when its time is over.
func TestEventsWaitForMemory(t *testing.T) {
	const room = 1 << 20
	s := newServer(t, func(_ *registry.Options, o *Options) { o.EventMemory, o.RequestTimeout = room, 2*time.Second })
	release, err := s.API.burden.take(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"schema":"{}","schemaType":"JSON","event":{"a":1}}`
	const request = "POST /validate\n\n" + body
	if a := s.send(request); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "waited too long for the memory") {
		t.Errorf("without room the answer is %d %s", a.status, a.body)
	}
	time.AfterFunc(50*time.Millisecond, release)
	if a := s.send(request); a.status != http.StatusOK {
		t.Errorf("once there is room the answer is %d %s", a.status, a.body)
	}
	if free := s.API.burden.free; free != room {
		t.Errorf("%d bytes are free at the end", free)
	}
}
