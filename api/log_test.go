package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
)

// TestAccessLog holds the lines of each setting of log.requests to their
// contents.
func TestAccessLog(t *testing.T) {
	for setting, want := range map[string]int{"errors": 2, "writes": 3, "all": 6} {
		var out bytes.Buffer
		s := newServer(t, func(_ *registry.Options, o *Options) {
			o.Logger, o.LogRequests = slog.New(slog.NewJSONHandler(&out, nil)), setting
		})
		s.send("POST /subjects/or%0Aders/versions\n\n" + orderSchema)                                     // refused
		s.send("POST /subjects/s/versions\nX-Request-ID: abc\nAuthorization: Bearer x\n\n" + orderSchema) // a write
		s.get("/schemas/ids/1")
		s.get("/schemas/ids/1") // fast
		s.get("/subjects")
		s.send("GET /subjects/" + strings.Repeat("n", 600) + "/versions") // refused
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != want {
			t.Errorf("%s: %d lines, want %d:\n%s", setting, len(lines), want, &out)
		}
		for _, line := range lines {
			var e map[string]any
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"time", "level", "msg", "request_id", "principal", "method", "route", "status", "dur_ms", "bytes_in", "bytes_out", "seq", "remote"} {
				if _, ok := e[name]; !ok {
					t.Errorf("%s: no %s in %s", setting, name, line)
				}
			}
			if e["msg"] != "request" || e["remote"] != "192.0.2.1" || len(line) > 2000 || strings.Contains(line, "Bearer") || strings.Contains(line, "fields") {
				t.Errorf("%s: %s", setting, line)
			}
			if e["request_id"] == "abc" && (e["subject"] != "s" || e["version"] != 1.0 || e["id"] != 1.0 || e["route"] != "/subjects/:subject/versions" || e["bytes_in"] == 0.0) {
				t.Errorf("%s: %s", setting, line)
			}
		}
	}
}

// TestReadersMeetWriters: while subjects change, every answer of the fast lane
// and the ordinary one is whole and never older than what its reader wrote.
func TestReadersMeetWriters(t *testing.T) {
	s := newServer(t, func(ro *registry.Options, _ *Options) { ro.Log, ro.Exclusive = memory.New(), false })
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 40 {
				path := fmt.Sprintf("/subjects/w%d/versions", worker)
				body := fmt.Sprintf(`{"schema":"{\"type\":\"record\",\"name\":\"R\",\"doc\":\"%d %d\",\"fields\":[]}"}`, worker, i)
				if a := perform(t, s.API, "POST "+path+"\n\n"+body); a.status != 200 {
					t.Errorf("%s: %d %s", path, a.status, a.body)
					return
				}
				for range 3 {
					a := perform(t, s.API, "GET "+path+"/latest")
					var got struct{ Version int }
					if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Version != i+1 {
						t.Errorf("%s/latest after version %d: %d %s", path, i+1, a.status, a.body)
						return
					}
				}
			}
		}()
	}
	wg.Wait()
}
