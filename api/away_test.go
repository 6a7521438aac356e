package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
)

// awayLog is a log whose store can be away.
type awayLog struct {
	registry.Log
	err atomic.Pointer[error]
}

func (l *awayLog) fail(err error) { l.err.Store(&err) }

func (l *awayLog) failure() error {
	if e := l.err.Load(); e != nil {
		return *e
	}
	return nil
}

func (l *awayLog) Update(ctx context.Context, after registry.Head, decide func([]registry.Record, registry.Head) (registry.Append, error)) ([]registry.Record, error) {
	if err := l.failure(); err != nil {
		return nil, err
	}
	return l.Log.Update(ctx, after, decide)
}

func (l *awayLog) Read(ctx context.Context, after registry.Head, limit int) ([]registry.Record, error) {
	if err := l.failure(); err != nil {
		return nil, err
	}
	return l.Log.Read(ctx, after, limit)
}

func (l *awayLog) Head(ctx context.Context) (registry.Head, error) {
	if err := l.failure(); err != nil {
		return registry.Head{}, err
	}
	return l.Log.Head(ctx)
}

func (l *awayLog) SaveSnapshot(ctx context.Context, s registry.Snapshot) error {
	if err := l.failure(); err != nil {
		return nil // the tests end with the store away; nothing is lost
	}
	return l.Log.SaveSnapshot(ctx, s)
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 5 s", what)
		}
	}
}

func TestStoreAway(t *testing.T) {
	l := &awayLog{Log: memory.New()}
	var now atomic.Int64
	now.Store(stopped.UnixNano())
	clock := func() time.Time { return time.Unix(0, now.Load()) }
	s := newServer(t, func(ro *registry.Options, ao *Options) {
		ro.Log, ro.Exclusive, ro.PollInterval, ro.Clock, ao.Clock = l, false, 5*time.Millisecond, clock, clock
		ao.MaxStale = time.Minute
	})
	s.post("/subjects/s/versions", orderSchema)
	s.get("/schemas/ids/1")
	l.fail(registry.ErrUnavailable)
	eventually(t, "degraded", func() bool { return s.service.Status().Degraded })
	now.Add(int64(7 * time.Second))

	expect := func(request string, status int, want string) answer {
		t.Helper()
		a := s.send(request)
		if a.status != status || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s, want %d with %s", strings.Split(request, "\n")[0], a.status, a.body, status, want)
		}
		return a
	}
	for _, known := range []string{"/schemas/ids/1", "/subjects/s/versions/1", "/subjects/s/versions/latest", "/subjects", "/config"} {
		if a := expect("GET "+known, 200, ""); a.header.Get("Instar-Stale") != "7" {
			t.Errorf("%s: Instar-Stale %q", known, a.header.Get("Instar-Stale"))
		}
	}
	for _, miss := range []string{"/schemas/ids/2", "/subjects/s/versions/2", "/subjects/q/versions/latest", "/config/s"} {
		if a := expect("GET "+miss, 503, `"error_code":50001`); a.header.Get("Retry-After") != "1" {
			t.Errorf("%s: no Retry-After", miss)
		}
	}
	expect("GET /readyz", 200, `"degraded":true`)
	expect("GET /readyz/write", 503, `"status":"ready"`)
	write := "POST /subjects/s2/versions\n\n" + orderSchema
	expect(write, 503, `"error_code":50001`)
	l.fail(fmt.Errorf("at commit: %w", registry.ErrUnknownOutcome))
	expect(write, 503, `"error_code":50002`)
	l.fail(registry.ErrDiskFull)
	expect(write, 507, `"error_code":50001`)

	now.Add(int64(2 * time.Minute))
	expect("GET /schemas/ids/1", 200, "Order")
	expect("GET /subjects/s/versions/latest", 503, "storage.max-stale")
	expect("GET /subjects", 503, "storage.max-stale")

	l.fail(nil)
	eventually(t, "recovered", func() bool { return !s.service.Status().Degraded })
	expect("GET /schemas/ids/2", 404, `"error_code":40403`)
	expect(write, 200, `"id":1`)
}

func TestStarting(t *testing.T) {
	l := &awayLog{Log: memory.New()}
	l.fail(registry.ErrUnavailable)
	service := registry.Open(registry.Options{Log: l})
	t.Cleanup(func() {
		if err := service.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	draining := false
	a, err := New(Options{Service: service, Draining: func() bool { return draining }})
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]int{
		"GET /": 200, "GET /healthz": 200, "GET /readyz": 503, "GET /subjects": 503, "GET /schemas/ids/1": 503,
		"GET /nothing": 404, "GET /v1/metadata/version": 200, "GET /master_available": 200,
		"POST /subjects/s/versions\n\n" + orderSchema: 503,
	} {
		if got := perform(t, a, request); got.status != want {
			t.Errorf("%s: %d %s, want %d", request, got.status, got.body, want)
		}
	}
	if got := perform(t, a, "GET /subjects"); !strings.Contains(got.body, "starting") {
		t.Errorf("no progress in %s", got.body)
	}
	l.fail(nil)
	eventually(t, "ready", func() bool { return perform(t, a, "GET /readyz").status == 200 })
	draining = true
	if got := perform(t, a, "GET /readyz"); got.status != 503 || !strings.Contains(got.body, "draining") {
		t.Errorf("draining: %d %s", got.status, got.body)
	}
	if got := perform(t, a, "GET /subjects"); got.status != 200 {
		t.Errorf("a draining node refuses reads: %d", got.status)
	}
}

// addRoute gives the surface a route of the test.
func addRoute(a *API, path string, handle func(*request) error) {
	old := routeSets
	routeSets = append(routeSets[:len(routeSets):len(routeSets)], func(*API) []route {
		return []route{{method: "GET", path: path, action: 1, class: 0, handle: handle}}
	})
	defer func() { routeSets = old }()
	fresh, err := New(a.opt)
	if err != nil {
		panic(err)
	}
	a.echo, a.table, a.allow, a.routes = fresh.echo, fresh.table, fresh.allow, fresh.routes
}

func TestOverload(t *testing.T) {
	s := newServer(t, func(_ *registry.Options, o *Options) { o.MaxInFlight, o.QueueTimeout = 2, 50*time.Millisecond })
	inside, release := make(chan struct{}, 8), make(chan struct{})
	addRoute(s.API, "/hold", func(x *request) error {
		inside <- struct{}{}
		<-release
		return x.json(200, "held")
	})
	var wg sync.WaitGroup
	hold := func() {
		wg.Add(1)
		go func() {
			defer wg.Done()
			perform(t, s.API, "GET /hold")
		}()
	}
	hold()
	hold()
	<-inside
	<-inside
	a := s.send("GET /subjects")
	if a.status != 503 || a.header.Get("Retry-After") != "1" || !strings.Contains(a.body, "too many requests in flight") {
		t.Errorf("%d %s", a.status, a.body)
	}
	// One that waits gets the place that becomes free.
	got := make(chan int)
	go func() { got <- perform(t, s.API, "GET /subjects").status }()
	time.Sleep(5 * time.Millisecond)
	close(release)
	if status := <-got; status != 200 {
		t.Errorf("the waiting request: %d", status)
	}
	wg.Wait()
	if n := s.admission.inside.Load(); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
}

type countingMetrics struct {
	noMetrics
	panics, inFlight atomic.Int64
}

func (m *countingMetrics) Panic()         { m.panics.Add(1) }
func (m *countingMetrics) InFlight(d int) { m.inFlight.Add(int64(d)) }

func TestPanicIsOneRequestsTrouble(t *testing.T) {
	m := &countingMetrics{}
	s := newServer(t, func(_ *registry.Options, o *Options) { o.Metrics = m })
	addRoute(s.API, "/panic", func(*request) error { panic("secret detail") })
	a := s.send("GET /panic\nX-Request-ID: find-me")
	if a.status != 500 || !strings.Contains(a.body, `"error_code":50001`) || !strings.Contains(a.body, "find-me") || strings.Contains(a.body, "secret") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if m.panics.Load() != 1 || m.inFlight.Load() != 0 || s.admission.inside.Load() != 0 {
		t.Errorf("panics %d, in flight %d, inside %d", m.panics.Load(), m.inFlight.Load(), s.admission.inside.Load())
	}
	s.get("/subjects")

	addRoute(s.API, "/half", func(x *request) error {
		x.stream("application/x-ndjson")
		panic("in the middle")
	})
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("half an answer ends with %v; the connection must break", p)
			}
		}()
		s.send("GET /half")
	}()
	if s.admission.inside.Load() != 0 {
		t.Error("the place of the broken request is still taken")
	}
}

func TestRequestTimeout(t *testing.T) {
	s := newServer(t, func(_ *registry.Options, o *Options) { o.RequestTimeout = 10 * time.Millisecond })
	addRoute(s.API, "/slow", func(x *request) error {
		<-x.ctx.Done()
		return x.ctx.Err()
	})
	if a := s.send("GET /slow"); a.status != 503 || !strings.Contains(a.body, "took too long") {
		t.Errorf("%d %s", a.status, a.body)
	}
}
