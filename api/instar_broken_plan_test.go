package api

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// TestBrokenPlans: an image that is none of its version, although that was proved,
// is never answered. The refusal says that it is our bug and names the plan; the
// log has both and no event.
func TestBrokenPlans(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, func(_ *registry.Options, ao *Options) { ao.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	s.post("/subjects/o/versions", `{"schemaType":"JSON","schema":"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"],\"additionalProperties\":false}"}`)
	s.post("/subjects/o/versions", `{"schemaType":"JSON","schema":"{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"integer\"}},\"required\":[\"b\"],\"additionalProperties\":false}",
		"upcaster":{"steps":[{"rename":{"from":"a","to":"b"}}]}}`)
	strict, err := s.service.Candidate(t.Context(), registry.DefaultContext, schema.JSON, `{"type":"object","properties":{"b":{"maximum":5}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, as := range []string{asJSON, asFrame} {
		w := httptest.NewRecorder()
		x := s.newRequest(w, httptest.NewRequest("POST", "/upcast", nil), &visit{id: []string{"r-1"}})
		at, err := x.writer("o", "1")
		if err != nil {
			t.Fatal(err)
		}
		c, err := x.carrierFor(at, goal{version: "2"}, as, message{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.carry([]byte(`{"a":5}`), true, true); err != nil {
			t.Fatalf("before the target is another one: %v", err)
		}
		c.target = jsonEvents{strict, t.Context()} // not what the proof was about
		if _, err := c.carry([]byte(`{"a":5}`), true, false); err != nil {
			t.Errorf("an event that fits all the same: %v", err)
		}
		log.Reset()
		out, err := c.carry([]byte(`{"a":677389}`), true, false)
		if err == nil || len(out.Events) > 0 {
			t.Fatalf("%s: %v, %+v", as, err, out)
		}
		x.fail(err)
		body := w.Body.String()
		if w.Code != 500 || !strings.Contains(body, `"error_code":50050`) || !strings.Contains(body, c.plan) || c.plan == "" {
			t.Errorf("%s: %d %s", as, w.Code, body)
		}
		if line := log.String(); !strings.Contains(line, c.plan) || !strings.Contains(line, "r-1") || strings.Contains(line, `{"a":677389}`) {
			t.Errorf("%s: the log says %s", as, line)
		}
	}
}
