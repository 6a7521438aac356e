package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
)

// TestPaths holds the reading of request targets to a table. GET /config/{name}
// of a subject without configuration shows the name as it was understood.
func TestPaths(t *testing.T) {
	const noConfig = "' does not have subject-level compatibility configured"
	config := func(name string) string { return "Subject '" + name + noConfig }
	const (
		noRoute = "HTTP 404 Not Found"
		ok      = ""
	)
	cases := []struct {
		target  string
		status  int
		message string // of the error; ok for none
	}{
		// Decoding, exactly once.
		{"/config/a", 404, config("a")},
		{"/config/a%2Fb", 404, config("a/b")},
		{"/config/a%2fb", 404, config("a/b")},
		{"/config/a%252Fb", 404, config("a%2Fb")},
		{"/config/a%25252Fb", 404, config("a%252Fb")},
		{"/config/a+b", 404, config("a+b")},
		{"/config/a%2Bb", 404, config("a+b")},
		{"/config/a%20b", 404, config("a b")},
		{"/config/a%3Fb", 404, config("a?b")},
		{"/config/a%23b", 404, config("a#b")},
		{"/config/%C3%BC", 404, config("ü")},
		{"/config/%F0%9F%98%80", 404, config("😀")},
		{"/config/a%25b", 404, config("a%b")},
		{"/config/%2F", 404, config("/")},
		{"/config/%2Fetc%2Fpasswd", 404, config("/etc/passwd")},
		{"/config/*", 404, config("*")},
		{"/config/~", 404, config("~")},
		{"/config/a;b=c", 404, config("a;b=c")},
		{"/config/a:b", 404, config("a:b")},
		{"/config/:x:y", 404, config(":x:y")},
		{"/config/a,b", 404, config("a,b")},
		{"/config/a@b", 404, config("a@b")},
		{"/config/'", 404, config("'")},
		{"/config/%22", 404, config(`"`)},
		{"/config/%5C", 404, config(`\`)},
		{"/config/%00", 404, config("\x00")},
		{"/config/%0d%0aX-Evil:1", 404, config("\r\nX-Evil:1")},
		// Dots are characters.
		{"/config/.", 404, config(".")},
		{"/config/..", 404, config("..")},
		{"/config/%2e%2e", 404, config("..")},
		{"/config/..%2F..%2Fsubjects", 404, config("../../subjects")},
		{"/config/../subjects", 404, noRoute},
		{"/../subjects", 404, noRoute},
		{"/subjects/../config", 404, noRoute},
		{"/./subjects", 404, noRoute},
		// Slashes.
		{"/subjects", 200, ok},
		{"/subjects/", 200, ok},
		{"/config/", 200, ok},
		{"/config/a/", 404, config("a")},
		{"/", 200, ok},
		{"//", 404, noRoute},
		{"//subjects", 404, noRoute},
		{"/subjects//", 404, noRoute},
		{"/subjects//versions", 404, noRoute},
		{"/config//a", 404, noRoute},
		{"/config/a/b", 404, noRoute},
		{"/schemas/ids/1/subjects/x", 404, noRoute},
		{"/schemas/types/", 200, ok},
		{"/schemas/types/x", 404, noRoute},
		// The router matches what was sent.
		{"/%73ubjects", 404, noRoute},
		{"/Subjects", 404, noRoute},
		{"/subjects?x=/../y", 200, ok},
		{"/subjects%3Fdeleted=true", 404, noRoute},
		{"/nothing", 404, noRoute},
		{"/associations/subjects/a", 404, noRoute},
		{"/dek-registry/v1/keks", 404, noRoute},
		// Contexts.
		{"/contexts", 200, ok},
		{"/contexts/", 200, ok},
		{"/contexts/.x/subjects", 200, ok},
		{"/contexts/x/subjects", 200, ok},
		{"/contexts/:.x:/subjects", 200, ok},
		{"/contexts/%3A.x%3A/subjects", 200, ok},
		{"/contexts/.x/config/a", 404, config(":.x:a")},
		{"/contexts/.x/config/:.y:a", 404, config(":.y:a")},
		{"/contexts/.x/config/a%2Fb", 404, config(":.x:a/b")},
		{"/contexts/%2Ex/config/a", 404, config(":.x:a")},
		{"/contexts/a%2Fb/config/c", 404, config(":.a/b:c")},
		{"/contexts/./config/a", 404, config("a")},
		{"/contexts/.x/config", 404, config(":.x:")},
		{"/contexts/./config", 200, ok},
		{"/contexts/.x/", 405, "HTTP 405 Method Not Allowed"},
		{"/contexts//subjects", 404, noRoute},
		{"/contexts/.x//subjects", 404, noRoute},
		{"/contexts/a:b/subjects", 400, `The context "a:b" contains a colon; write .name or :.name:`},
		{"/contexts/.x/contexts/.y/subjects", 404, noRoute},
		{"/contexts/.x/schemas/types", 200, ok},
		{"/contexts/%0A/subjects", 400, `The context "\n" contains a control character or is not UTF-8`},
		// Ids.
		{"/schemas/ids/01", 404, "Schema 1 not found"},
		{"/schemas/ids/+1", 404, "Schema 1 not found"},
		{"/schemas/ids/-1", 404, "Schema -1 not found"},
		{"/schemas/ids/1.0", 404, noRoute},
		{"/schemas/ids/%31", 404, "Schema 1 not found"},
		// Length.
		{"/config/" + strings.Repeat("a", 8<<10-8), 404, config(strings.Repeat("a", 8<<10-8))},
		{"/config/" + strings.Repeat("a", 8<<10-7), 414, "HTTP 414 Request-URI Too Long: the request target has 8193 bytes; 8192 are allowed"},
		{"/subjects?x=" + strings.Repeat("a", 8<<10), 414, "HTTP 414 Request-URI Too Long: the request target has 8204 bytes; 8192 are allowed"},
	}
	if len(cases) < 60 {
		t.Fatalf("%d cases; there shall be 60", len(cases))
	}
	s := newServer(t, nil)
	for _, c := range cases {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			a := s.send(method + " " + c.target)
			if a.status != c.status {
				t.Errorf("%s %s: %d %s, want %d", method, clip(c.target, 80), a.status, a.body, c.status)
			}
			if method == http.MethodHead {
				if a.body != "" {
					t.Errorf("HEAD %s has a body", c.target)
				}
				continue
			}
			var e wire.Error
			if c.message != ok {
				if err := json.Unmarshal([]byte(a.body), &e); err != nil {
					t.Errorf("%s: %v in %q", c.target, err, a.body)
				}
			}
			if e.Message != c.message {
				t.Errorf("%s: %q, want %q", clip(c.target, 80), clip(e.Message, 200), clip(c.message, 200))
			}
		}
	}
}

// TestOtherTargets are forms of a request target that browsers do not send.
func TestOtherTargets(t *testing.T) {
	s := newServer(t, nil)
	for _, c := range []struct {
		request string
		status  int
	}{
		{"GET http://elsewhere/subjects", 200},
		{"GET http://elsewhere/config/a%2Fb", 404},
		{"OPTIONS *", 404},
		{"OPTIONS /subjects", 204},
		{"TRACE /subjects", 405},
		{"PATCH /config", 405},
		{"BREW /subjects", 405},
		{"BREW /coffee", 404},
	} {
		if a := s.send(c.request); a.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.request, a.status, a.body, c.status)
		}
	}
	r := parseRequest(t, "GET /config/a%252Fb")
	r.RequestURI = "" // as a handler behind http.StripPrefix or a test may see it
	w := &discard{header: http.Header{}}
	s.ServeHTTP(w, r)
	if !strings.Contains(string(w.body), "a%2Fb") {
		t.Errorf("without RequestURI: %s", w.body)
	}
}

// discard is the cheapest response writer.
type discard struct {
	header http.Header
	status int
	body   []byte
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) {
	d.body = append(d.body[:0], p...)
	return len(p), nil
}
