package api

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
)

// server is a surface over a fresh registry in memory.
type server struct {
	*API
	t testing.TB
}

// stopped is the time of every test.
var stopped = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newServer(t testing.TB, change func(*registry.Options, *Options)) *server {
	t.Helper()
	clock := func() time.Time { return stopped }
	ro := registry.Options{Log: memory.New(), Clock: clock, Exclusive: true, Settings: registry.DefaultSettings()}
	ao := Options{Clock: clock, Version: "0.1.0", Commit: "abc"}
	if change != nil {
		change(&ro, &ao)
	}
	ao.Service = registry.Open(ro)
	t.Cleanup(func() {
		if err := ao.Service.Close(context.Background()); err != nil {
			t.Errorf("closing the service: %v", err)
		}
	})
	deadline := time.Now().Add(5 * time.Second)
	for !ao.Service.Status().Ready {
		if time.Now().After(deadline) {
			t.Fatal("the service is not ready")
		}
		time.Sleep(time.Millisecond)
	}
	a, err := New(ao)
	if err != nil {
		t.Fatal(err)
	}
	return &server{API: a, t: t}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request in the form of RFC 9112 without its boilerplate: the
// request line, headers, an empty line, the body.
func (s *server) send(text string) answer {
	s.t.Helper()
	return perform(s.t, s.API, text)
}

func perform(t testing.TB, h http.Handler, text string) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, parseRequest(t, text))
	return answer{w.Code, w.Header(), w.Body.String()}
}

func parseRequest(t testing.TB, text string) *http.Request {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	head, body = strings.TrimSpace(head), strings.TrimSuffix(body, "\n")
	line, headers, _ := strings.Cut(head, "\n")
	var wire strings.Builder
	wire.WriteString(line + " HTTP/1.1\r\nHost: registry\r\n")
	for _, h := range strings.Split(headers, "\n") {
		if h != "" {
			wire.WriteString(h + "\r\n")
		}
	}
	if body != "" || strings.HasPrefix(line, "POST") || strings.HasPrefix(line, "PUT") {
		if !strings.Contains(strings.ToLower(headers), "transfer-encoding") {
			wire.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
		}
	}
	wire.WriteString("\r\n" + body)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire.String())))
	if err != nil {
		t.Fatalf("the test's request %q is not HTTP: %v", line, err)
	}
	r.RemoteAddr = "192.0.2.1:4711"
	return r
}

// get sends a GET and returns its body; the status must be 200.
func (s *server) get(path string) string {
	s.t.Helper()
	a := s.send("GET " + path)
	if a.status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return a.body
}

// post registers and the like; the status must be 200.
func (s *server) post(path, body string) string {
	s.t.Helper()
	a := s.send("POST " + path + "\n\n" + body)
	if a.status != http.StatusOK {
		s.t.Fatalf("POST %s: %d %s", path, a.status, a.body)
	}
	return a.body
}
