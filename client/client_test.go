package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/instar-registry/instar/api/wire"
)

// fake is a registry whose answers tests write.
type fake struct {
	*httptest.Server
	calls atomic.Int32
	mu    sync.Mutex
	seen  []*http.Request
}

func serve(t *testing.T, h func(n int, w http.ResponseWriter, r *http.Request)) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(f.calls.Add(1))
		f.mu.Lock()
		f.seen = append(f.seen, r)
		f.mu.Unlock()
		h(n, w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", wire.TypeV1)
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// open returns a client that waits without time passing, and its waits.
func open(t *testing.T, urls []string, options ...Option) (*Client, *[]time.Duration) {
	t.Helper()
	waits := &[]time.Duration{}
	options = append(options, func(s *settings) error {
		s.sleep = func(ctx context.Context, d time.Duration) error {
			*waits = append(*waits, d)
			return ctx.Err()
		}
		return nil
	})
	c, err := New(urls, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c, waits
}

var ctx = context.Background()

func TestRetriesUntilItWorks(t *testing.T) {
	f := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			w.Header().Set("Retry-After", "7")
			reply(w, 429, `{"error_code":429,"message":"slow down"}`)
		case 2:
			reply(w, 408, `{"error_code":408,"message":"too slow"}`)
		case 3:
			reply(w, 500, `{"error_code":50001,"message":"store"}`)
		default:
			reply(w, 200, `["a"]`)
		}
	})
	c, waits := open(t, []string{f.URL})
	got, err := c.Subjects(ctx, SubjectsQuery{})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if w := *waits; len(w) != 3 || w[0] != 7*time.Second || w[1] > 200*time.Millisecond || w[2] > 400*time.Millisecond {
		t.Errorf("waits %v", w)
	}
}

func TestGivesUp(t *testing.T) {
	f := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		reply(w, 503, `{"error_code":50001,"message":"no store"}`)
	})
	c, _ := open(t, []string{f.URL}, Attempts(3))
	_, err := c.Subjects(ctx, SubjectsQuery{})
	var e *Error
	if !errors.As(err, &e) || e.Code != 50001 || f.calls.Load() != 3 {
		t.Errorf("%v after %d", err, f.calls.Load())
	}
	f.Close()
	_, err = c.Subjects(ctx, SubjectsQuery{})
	var down *UnavailableError
	if !errors.As(err, &down) || down.Causes[0] == nil || !strings.Contains(err.Error(), f.URL) {
		t.Errorf("%v", err)
	}
}

func TestNeverRepeatsWhatMayNotBe(t *testing.T) {
	for _, instar := range []bool{false, true} {
		f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			if instar {
				w.Header().Set("X-Instar-Seq", "5")
			}
			if r.Method == http.MethodGet {
				reply(w, 200, `[]`)
				return
			}
			reply(w, 500, `{"error_code":50002,"message":"outcome unknown"}`)
		})
		c, _ := open(t, []string{f.URL})
		if _, err := c.Subjects(ctx, SubjectsQuery{}); err != nil {
			t.Fatal(err)
		}
		_, err := c.DeleteSubject(ctx, "x", false)
		want := int32(2)
		if instar {
			want = 5
		}
		if !errors.Is(err, ErrUnknownOutcome) || f.calls.Load() != want {
			t.Errorf("instar %v: %v after %d", instar, err, f.calls.Load())
		}
		keys := map[string]bool{}
		for _, r := range f.seen[1:] {
			keys[r.Header.Get("Idempotency-Key")] = true
		}
		if len(keys) != 1 || keys[""] {
			t.Errorf("idempotency keys %v", keys)
		}
	}
	for _, status := range []int{400, 401, 403, 404, 409, 422, 501} {
		f := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { reply(w, status, `{}`) })
		c, _ := open(t, []string{f.URL}, Bearer("x"))
		if _, err := c.Subjects(ctx, SubjectsQuery{}); err == nil || f.calls.Load() != 1 {
			t.Errorf("%d: %v after %d", status, err, f.calls.Load())
		}
	}
}

func TestFailover(t *testing.T) {
	now := time.Unix(1000, 0)
	var broken atomic.Bool
	broken.Store(true)
	a := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			reply(w, 502, `<html>`)
			return
		}
		reply(w, 200, `["a"]`)
	})
	b := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { reply(w, 200, `["b"]`) })
	c, waits := open(t, []string{a.URL, b.URL + "/"}, func(s *settings) error { s.clock = func() time.Time { return now }; return nil })
	for range 3 {
		got, err := c.Subjects(ctx, SubjectsQuery{})
		if err != nil || got[0] != "b" {
			t.Fatal(got, err)
		}
	}
	if a.calls.Load() != 1 || b.calls.Load() != 3 || len(*waits) != 0 {
		t.Errorf("calls %d and %d, waits %v", a.calls.Load(), b.calls.Load(), *waits)
	}
	b.Close()
	broken.Store(false)
	got, err := c.Subjects(ctx, SubjectsQuery{})
	if err != nil || got[0] != "a" {
		t.Errorf("back to the first: %v %v", got, err)
	}
}

func TestContextEndsEverything(t *testing.T) {
	f := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { reply(w, 503, `{}`) })
	c, err := New([]string{f.URL}, Backoff(time.Hour, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err = c.Subjects(short, SubjectsQuery{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestErrorsSaySomething(t *testing.T) {
	for body, want := range map[string]string{
		``:                                   "no body",
		`<html>login</html>`:                 "not JSON",
		`{"error_code":40401,"message":"m"}`: "(40401): m",
	} {
		f := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
			fmt.Fprint(w, body)
		})
		c, _ := open(t, []string{strings.Replace(f.URL, "http://", "http://user:hunter2@", 1)})
		_, err := c.Versions(ctx, "x", VersionsQuery{})
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", body, err)
		}
		if all := fmt.Sprintf("%v %+v %#v %s", err, c, c, c); strings.Contains(all, "hunter2") || strings.Contains(all, "dXNlcjpodW50ZXIy") {
			t.Errorf("a password in %s", all)
		}
		if name, password, _ := f.seen[0].BasicAuth(); name != "user" || password != "hunter2" {
			t.Errorf("basic %q %q", name, password)
		}
	}
}

func TestIncompatibleHasOneName(t *testing.T) {
	for _, code := range []int{409, 40901} {
		f := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
			reply(w, 409, fmt.Sprintf(`{"error_code":%d,"message":"m","findings":[{"rule":"x"}]}`, code))
		})
		c, _ := open(t, []string{f.URL})
		_, err := c.Register(ctx, "x", wire.RegisterRequest{Schema: `"int"`}, RegisterOptions{})
		var e *Error
		if !errors.Is(err, ErrIncompatible) || errors.Is(err, ErrImportConflict) || !errors.As(err, &e) || string(e.Findings) != `[{"rule":"x"}]` {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestReadsItsOwnWrites(t *testing.T) {
	f := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Instar-Seq", fmt.Sprint([]int{0, 41, 40, 42}[n]))
		reply(w, 200, `[]`)
	})
	c, _ := open(t, []string{f.URL})
	for range 3 {
		if _, err := c.Subjects(ctx, SubjectsQuery{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"", "41", "41"} {
		if got := f.seen[i].Header.Get("X-Instar-Min-Seq"); got != want {
			t.Errorf("request %d asks for %q, want %q", i, got, want)
		}
	}
	if c.Seq() != 42 {
		t.Errorf("seq %d", c.Seq())
	}
}

func TestPathsAreEscapedOnce(t *testing.T) {
	f := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { reply(w, 200, `[]`) })
	c, _ := open(t, []string{f.URL + "/base/"})
	for subject, want := range map[string]string{
		"a/b": "a%2Fb", "a%2Fb": "a%252Fb", "a b+c?d": "a%20b+c%3Fd", "..": "%2E%2E", "": ":.:", ":.ctx:x": ":.ctx:x", "ü": "%C3%BC",
	} {
		if _, err := c.Versions(ctx, subject, VersionsQuery{}); err != nil {
			t.Fatal(err)
		}
		f.mu.Lock()
		got := f.seen[len(f.seen)-1].RequestURI
		f.mu.Unlock()
		if got != "/base/subjects/"+want+"/versions" {
			t.Errorf("%q: %s", subject, got)
		}
	}
}

func TestRedirectsStayAtHome(t *testing.T) {
	other := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { reply(w, 200, `[]`) })
	f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	c, _ := open(t, []string{f.URL}, Bearer("secret"), Attempts(1))
	if _, err := c.Subjects(ctx, SubjectsQuery{}); err == nil || !strings.Contains(err.Error(), "another origin") || other.calls.Load() != 0 {
		t.Errorf("%v", err)
	}
}

func TestBearerIsRenewed(t *testing.T) {
	f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t2" {
			reply(w, 401, `{"error_code":401,"message":"no"}`)
			return
		}
		reply(w, 200, `[]`)
	})
	n := 0
	c, _ := open(t, []string{f.URL}, BearerFrom(func(context.Context) (string, time.Time, error) {
		n++
		return fmt.Sprintf("t%d", n), time.Time{}, nil
	}))
	if _, err := c.Subjects(ctx, SubjectsQuery{}); err != nil || n != 2 {
		t.Errorf("%v after %d tokens", err, n)
	}
}

func TestBadConstruction(t *testing.T) {
	for name, make := range map[string]func() (*Client, error){
		"no URL":      func() (*Client, error) { return New(nil) },
		"no scheme":   func() (*Client, error) { return New([]string{"localhost:8081"}) },
		"no attempts": func() (*Client, error) { return New([]string{"http://x"}, Attempts(0)) },
		"nil client":  func() (*Client, error) { return New([]string{"http://x"}, HTTPClient(nil)) },
		"no time":     func() (*Client, error) { return New([]string{"http://x"}, Timeout(0)) },
	} {
		if _, err := make(); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestChangesResume(t *testing.T) {
	f := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", wire.TypeNDJSON)
		since := r.URL.Query().Get("since")
		switch n {
		case 1:
			if since != "" {
				t.Errorf("first since %q", since)
			}
			fmt.Fprint(w, `{"seq":1,"kind":"a"}`+"\n\n"+`{"seq":2,"kind":"b"}`+"\n"+`{"seq":3,"ki`)
		default:
			if since != "2" {
				t.Errorf("second since %q", since)
			}
			fmt.Fprint(w, `{"seq":3,"kind":"c"}`+"\n")
		}
	})
	c, _ := open(t, []string{f.URL})
	var kinds string
	last, err := c.Changes(ctx, ChangesQuery{Follow: true}, func(ch wire.Change) error {
		if kinds += ch.Kind; ch.Seq == 3 {
			return fmt.Errorf("enough: %w", ErrStop)
		}
		return nil
	})
	if err != nil || kinds != "abc" || last != 2 {
		t.Errorf("%q %d %v", kinds, last, err)
	}
}
