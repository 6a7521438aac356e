package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
)

// TestRefusalsAreRecorded holds that a refused change reaches the audit, and
// that reads and what succeeds do not.
func TestRefusalsAreRecorded(t *testing.T) {
	log := memory.New()
	s := newServer(t, func(o *registry.Options, _ *Options) { o.Log = log })
	send := func(method, path, body string) int {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Request-ID", "r-42")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/subjects/none/versions", "", http.StatusNotFound},
		{"POST", "/subjects/s/versions", `{"schema":"\"string\""}`, http.StatusOK},
		{"POST", "/subjects/s/versions", `{"schema":"{\"type\":\"nope\"}"}`, http.StatusUnprocessableEntity},
		{"DELETE", "/subjects/none", "", http.StatusNotFound},
	} {
		if got := send(c.method, c.path, c.body); got != c.status {
			t.Fatalf("%s %s: %d, want %d", c.method, c.path, got, c.status)
		}
	}
	if err := s.opt.Service.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	var got []registry.Refusal
	if err := log.Refusals(t.Context(), 0, func(r registry.Refusal) { got = append(got, r) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Code != 42201 || got[0].Request != "r-42" || !strings.HasPrefix(got[0].Route, "POST /subjects/") ||
		got[1].Code != 40401 || got[1].Status != http.StatusNotFound || !strings.HasPrefix(got[0].Actor, "anonymous") {
		t.Errorf("recorded %+v", got)
	}
}
