package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
)

const orderSchema = `{"schema":"{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"}]}"}`

// TestHeaders holds every kind of answer to the headers that all of them carry.
func TestHeaders(t *testing.T) {
	s := newServer(t, nil)
	s.post("/subjects/s/versions", orderSchema)
	for _, request := range []string{
		"GET /", "GET /subjects", "GET /schemas/ids/1", "GET /schemas/ids/1", "GET /nothing", "PUT /subjects", "GET /schemas/ids/7",
		"GET /subjects\nAccept: text/plain", "POST /subjects/s/versions\n\n{", "DELETE /contexts/.x",
	} {
		a := s.send(request)
		h := a.header
		if h.Get("Vary") != "Accept, Accept-Encoding" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") == "" {
			t.Errorf("%q: headers %v", request, h)
		}
		if id := h.Get("X-Request-ID"); len(id) != 36 || id[14] != '4' {
			t.Errorf("%q: X-Request-ID %q is no UUIDv4", request, id)
		}
		if seq := h.Get("X-Instar-Seq"); seq != "1" {
			t.Errorf("%q: X-Instar-Seq %q", request, seq)
		}
		if a.body != "" && h.Get("Content-Length") == "" {
			t.Errorf("%q: no Content-Length", request)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	s := newServer(t, nil)
	for _, c := range []struct {
		sent string
		kept bool
	}{
		{"a", true},
		{"A-z_0.9:x", true},
		{strings.Repeat("x", 128), true},
		{strings.Repeat("x", 129), false},
		{"a b", false},
		{"ä", false},
		{"a/b", false},
		{"", false},
	} {
		a := s.send("GET /\nX-Request-ID: " + c.sent)
		if got := a.header.Get("X-Request-ID"); (got == c.sent) != c.kept || got == "" {
			t.Errorf("sent %q, got %q", c.sent, got)
		}
	}
	if a := s.send("GET /\nX-Request-ID: a\nX-Request-ID: b"); len(a.header["X-Request-Id"]) != 1 || len(a.header.Get("X-Request-ID")) != 36 {
		t.Errorf("two ids: %v", a.header["X-Request-Id"])
	}
}

func TestCompressedAnswers(t *testing.T) {
	s := newServer(t, nil)
	doc := strings.Repeat("words ", 500)
	s.post("/subjects/big/versions", `{"schema":"{\"type\":\"record\",\"name\":\"Big\",\"doc\":\"`+doc+`\",\"fields\":[]}"}`)
	s.post("/subjects/small/versions", orderSchema)
	plain := s.send("GET /schemas/ids/1")
	for i := range 3 { // the ordinary lane, then the fast one
		packed := s.send("GET /schemas/ids/1\nAccept-Encoding: br, gzip;q=0.5")
		if packed.header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%d: not compressed: %v", i, packed.header)
		}
		z, err := gzip.NewReader(strings.NewReader(packed.body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil || string(text) != plain.body {
			t.Errorf("%d: %v, %d bytes of %d", i, err, len(text), len(plain.body))
		}
		if packed.header.Get("Etag") == plain.header.Get("Etag") {
			t.Errorf("both encodings have the tag %s", plain.header.Get("Etag"))
		}
		again := s.send("GET /schemas/ids/1\nAccept-Encoding: gzip\nIf-None-Match: " + packed.header.Get("Etag"))
		if again.status != 304 || again.body != "" || again.header.Get("Etag") != packed.header.Get("Etag") {
			t.Errorf("%d: %d %q", i, again.status, again.body)
		}
	}
	for _, accept := range []string{"gzip;q=0", "identity", "br"} {
		if a := s.send("GET /schemas/ids/1\nAccept-Encoding: " + accept); a.header.Get("Content-Encoding") != "" || a.body != plain.body {
			t.Errorf("%q: %v", accept, a.header)
		}
	}
	if a := s.send("GET /schemas/ids/2\nAccept-Encoding: gzip"); a.header.Get("Content-Encoding") != "" {
		t.Errorf("a body below 1 KiB was compressed")
	}
}

func TestCompressedRequests(t *testing.T) {
	s := newServer(t, func(_ *registry.Options, o *Options) { o.GzipRequests = true })
	pack := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"good", pack(orderSchema), 200},
		{"not gzip", orderSchema, 400},
		{"cut off", pack(orderSchema)[:20], 400},
		{"bomb", pack(`{"schema":"` + strings.Repeat("a", 1<<20) + `"}`), 413},
		{"beyond the limit", pack(strings.Repeat(" ", 3<<20)), 413},
	} {
		if a := s.send("POST /subjects/s/versions\nContent-Encoding: gzip\n\n" + c.body + "\n"); a.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, a.status, a.body, c.status)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	s := newServer(t, func(_ *registry.Options, o *Options) { o.BodyBytes = 100 })
	pad := func(n int) string {
		return `{"schema":"\"int\""` + strings.Repeat(" ", n-len(`{"schema":"\"int\""}`)) + `}`
	}
	for _, c := range []struct {
		n, status int
	}{{99, 200}, {100, 200}, {101, 413}, {1000, 413}} {
		if a := s.send("POST /subjects/s/versions\n\n" + pad(c.n)); a.status != c.status {
			t.Errorf("%d bytes: %d %s", c.n, a.status, a.body)
		}
		// Without Content-Length the limit is met while reading.
		r := parseRequest(t, "POST /subjects/s/versions\n\n"+pad(c.n))
		r.ContentLength = -1
		w := &discard{header: http.Header{}}
		s.ServeHTTP(w, r)
		if w.status != c.status {
			t.Errorf("%d bytes of unknown length: %d %s", c.n, w.status, w.body)
		}
	}
}

func TestNegotiation(t *testing.T) {
	for _, c := range []struct {
		accept  string
		streams bool
		want    media
		ok      bool
	}{
		{"", false, mediaV1, true},
		{"*/*", false, mediaV1, true},
		{"application/*", false, mediaV1, true},
		{wire.TypeV1, false, mediaV1, true},
		{wire.TypeUnversioned, false, mediaUnversioned, true},
		{wire.TypeJSON, false, mediaJSON, true},
		{wire.TypeInstar, false, mediaInstar, true},
		{"Application/JSON", false, mediaJSON, true},
		{wire.TypeJSON + ", " + wire.TypeV1, false, mediaV1, true},
		{wire.TypeV1 + ";q=0.1, " + wire.TypeJSON, false, mediaJSON, true},
		{wire.TypeV1 + ", " + wire.TypeInstar, false, mediaInstar, true},
		{wire.TypeInstar + ";q=0.5, */*", false, mediaV1, true},
		{wire.TypeJSON + ";q=0", false, 0, false},
		{"text/html, */*;q=0.1", false, mediaV1, true},
		{"text/plain", false, 0, false},
		{wire.TypeNDJSON, false, 0, false},
		{wire.TypeNDJSON, true, mediaNDJSON, true},
		{wire.TypeEvents, true, mediaEvents, true},
		{"*/*", true, mediaV1, true},
		{wire.TypeJSON + ";q=nonsense", false, mediaJSON, true},
	} {
		if got, ok := negotiate([]string{c.accept}, c.streams); got != c.want || ok != c.ok {
			t.Errorf("%q: %v %v, want %v %v", c.accept, got, ok, c.want, c.ok)
		}
	}
}

func TestRemoteAddress(t *testing.T) {
	s := newServer(t, func(_ *registry.Options, o *Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	})
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "198.51.100.7", "192.0.2.1"},
		{"10.0.0.1:5", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:5", "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "nonsense", "10.0.0.1"},
		{"10.0.0.1:5", "nonsense, 198.51.100.7", "198.51.100.7"},
		{"[::1]:5", "2001:db8::1", "2001:db8::1"},
		{"[2001:db8::9]:5", "", "2001:db8::9"},
	} {
		r := parseRequest(t, "GET /")
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := s.remoteAddress(r); got != c.want {
			t.Errorf("%s for %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

// TestEveryCodeHasAnOutcome holds the error table to the registry's codes.
func TestEveryCodeHasAnOutcome(t *testing.T) {
	for code := registry.SubjectNotFound; code <= registry.Internal; code++ {
		o, ok := outcomes[code]
		if !ok {
			t.Errorf("code %d has no outcome", code)
			continue
		}
		if o.code >= 1000 && o.status < 500 && o.code/100 != o.status {
			t.Errorf("code %d: error_code %d under HTTP status %d", code, o.code, o.status)
		}
		if o.code < 1000 && o.code != o.status {
			t.Errorf("code %d: error_code %d under HTTP status %d", code, o.code, o.status)
		}
	}
	if _, ok := outcomes[registry.Internal+1]; ok || len(outcomes) != int(registry.Internal) {
		t.Errorf("%d outcomes for %d codes", len(outcomes), registry.Internal)
	}
}

func TestCORS(t *testing.T) {
	s := newServer(t, func(_ *registry.Options, o *Options) { o.CORSOrigins = []string{"https://ui.example.com"} })
	a := s.send("OPTIONS /subjects\nOrigin: https://ui.example.com\nAccess-Control-Request-Method: GET")
	if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != "https://ui.example.com" || !strings.Contains(a.header.Get("Vary"), "Origin") {
		t.Errorf("preflight: %d %v", a.status, a.header)
	}
	for range 2 {
		a = s.send("GET /schemas/types\nOrigin: https://ui.example.com")
		if a.status != 200 || a.header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("request: %d %v", a.status, a.header)
		}
	}
	if a = s.send("GET /subjects\nOrigin: https://evil.example.com"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a stranger may read: %v", a.header)
	}
}

// TestErrorsAreJSON: a client falls back on a missing feature only if a 404 is
// JSON with an error_code that starts with 404.
func TestErrorsAreJSON(t *testing.T) {
	s := newServer(t, nil)
	a := s.send("GET /associations/resources/-/topic?resourceType=topic\nAccept: application/vnd.schemaregistry.v1+json")
	var e wire.Error
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.ErrorCode != 404 || a.header.Get("Content-Type") != wire.TypeV1 {
		t.Errorf("%v: %s %v", err, a.body, a.header)
	}
}
