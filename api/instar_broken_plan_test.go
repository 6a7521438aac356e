package api

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/internal/reproducer"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// TestBrokenPlans: an image that is none of its version, although that was proved,
// is never answered. The refusal says that it is our bug and names the plan; the
// log has both and no event. A file keeps what shows it again, which both name: one
// for the plan and the reason, however many events meet it.
func TestBrokenPlans(t *testing.T) {
	var log bytes.Buffer
	dir := t.TempDir()
	s := newServer(t, func(_ *registry.Options, ao *Options) {
		ao.Logger = slog.New(slog.NewTextHandler(&log, nil))
		ao.Reproducers = reproducer.NewFolder(filepath.Join(dir, "reproducers"), "0.1.0", ao.Logger)
	})
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
		c = c.beside(upcast.Envelope{ID: "e-1", Headers: map[string]string{"k": "v"}})
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
		s.opt.Reproducers.Wait(t.Context())
		list, err := filepath.Glob(filepath.Join(dir, "reproducers", "*"))
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		if !strings.Contains(log.String(), list[0]) || !strings.Contains(body, filepath.Base(list[0])) || strings.Contains(body, dir) {
			t.Errorf("%s: the log says %s, the answer %s", as, log.String(), body)
		}
		reproduced(t, list[0], c.plan)
	}
}

// reproduced holds a file to the bug that TestBrokenPlans makes.
func reproduced(t *testing.T, path, plan string) {
	t.Helper()
	c, err := reproducer.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Subject != "o" || c.From != 1 || c.To != 2 || c.PlanHash != plan || !strings.Contains(string(c.Plan), `"plan/v1"`) || !strings.Contains(c.Reason, "677,389") ||
		string(c.Event.Base64) != `{"a":677389}` || c.Event.ID != "e-1" || c.Event.Headers["k"] != "v" ||
		len(c.Versions) != 2 || c.Versions[1].ID != 2 || !strings.Contains(c.Versions[1].Schema, `"b"`) ||
		len(c.Hops) != 1 || !strings.Contains(c.Hops[0].Document, `"rename"`) || !strings.HasPrefix(c.Hops[0].Hash, "sha256:") {
		text, _ := os.ReadFile(path)
		t.Errorf("%s", text)
	}
	out, err := reproducer.Replay(t.Context(), c)
	if err != nil || out.Bug() || out.NoDocuments != "" || out.NoPlan != "" {
		t.Errorf("%+v, %v: the plan is as good as its proof", out, err)
	}
	c.Versions[1].Schema = `{"type":"object","properties":{"b":{"maximum":5}}}` // what the event was held to
	if out, err = reproducer.Replay(t.Context(), c); err != nil || !strings.Contains(out.ByPlan, "version 2 of o") || !strings.Contains(out.NoDocuments, "REFUTED") {
		t.Errorf("%+v, %v", out, err)
	}
}

// replayed holds what a server would keep of an event, if its plan failed, to be
// enough to carry the event again, to as many images. Every event of every transcript
// is: over splits, renamed subjects, migration rules, and down.
func replayed(t *testing.T, c *carrier, in []byte, out *wire.Upcast) {
	t.Helper()
	if out.Outcome != "events" && out.Outcome != "unchanged" {
		return
	}
	kept, err := caseOf(t.Context(), c.x.api.service, c.way)
	if err != nil {
		t.Fatal(err)
	}
	kept.Holds(&c.envelope, in)
	path := filepath.Join(t.TempDir(), "case.json")
	if err := reproducer.Write(path, kept); err != nil {
		t.Fatal(err)
	}
	if kept, err = reproducer.Read(path); err != nil {
		t.Fatal(err)
	}
	if kept.LeftOut != "" {
		return
	}
	shown, err := reproducer.Replay(t.Context(), kept)
	if err != nil || shown.Bug() || shown.NoDocuments != "" || (shown.NoPlan != "") != (c.plan == "") || shown.Images != len(out.Events) {
		t.Errorf("%s version %d to %s version %d: %v, %+v, %d images", c.name, c.from.Number, c.end, c.to.Number, err, shown, len(out.Events))
	}
}
