package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/instar-registry/instar/registry"
)

// front stands before the registry's handler: until that one is there, and once
// the node has stopped serving, it answers in its place.
type front struct {
	basePath string
	handler  atomic.Pointer[http.Handler]
	service  atomic.Pointer[registry.Service]
	draining atomic.Bool
	// probed remembers that somebody watches readiness, so that draining is
	// worth a delay.
	probed atomic.Bool
}

// set puts the registry's handler in place, or a new one after a reload.
func (f *front) set(h http.Handler) { f.handler.Store(&h) }

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.draining.Load() {
		w.Header().Set("Connection", "close") // the client's next request must find another node
	}
	if strings.HasPrefix(r.URL.Path, f.basePath+"/readyz") || strings.HasPrefix(r.URL.Path, "/readyz") {
		f.probed.Store(true)
	}
	if h := f.handler.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	if r.URL.Path == "/healthz" || r.URL.Path == f.basePath+"/healthz" {
		write(w, http.StatusOK, map[string]any{"status": "starting"})
		return
	}
	w.Header().Set("Retry-After", "1")
	write(w, http.StatusServiceUnavailable, map[string]any{
		"error_code": 50001, "message": "The registry is starting: " + f.progress(),
	})
}

// progress tells how far the start has come.
func (f *front) progress() string {
	s := f.service.Load()
	if s == nil {
		return "the store is being opened"
	}
	st := s.Status()
	return fmt.Sprintf("%d of %d changes replayed", st.Applied, st.Head)
}

func write(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone if this fails
}
