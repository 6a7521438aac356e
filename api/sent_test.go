package api

import (
	"net/http"
	"strings"
	"testing"
)

// TestSameBodyAgain holds that a body which was decoded before is judged anew:
// what it meets may have changed between.
func TestSameBodyAgain(t *testing.T) {
	s := newServer(t, nil)
	const schema = `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}","version":0}`
	register := func(want int, holds string) {
		t.Helper()
		expectAnswer(s, "POST /subjects/s/versions", schema, want, holds)
	}
	lookup := func(want int, holds string) {
		t.Helper()
		expectAnswer(s, "POST /subjects/s", schema, want, holds)
	}
	lookup(404, "40401")
	register(200, `"version":1`)
	for range 3 { // from the second time on the bodies are remembered
		register(200, `"version":1`)
		lookup(200, `"version":1`)
	}
	if n := len(bodiesKept(s)); n != 2 {
		t.Fatalf("%d bodies are remembered, want that of the registration and that of the lookup", n)
	}
	expectAnswer(s, "POST /subjects/other", schema, 404, "40401") // the body names no subject

	expectAnswer(s, "DELETE /subjects/s", "", 200, "[1]")
	lookup(404, "40401")
	register(200, `"version":2`) // deleted content gets a new version
	lookup(200, `"version":2`)

	expectAnswer(s, "PUT /mode/s", `{"mode":"READONLY"}`, 200, "")
	register(200, `"version":2`) // what is there is answered in any mode
	expectAnswer(s, "DELETE /subjects/s/versions/2", "", 422, "42205")
	expectAnswer(s, "DELETE /mode/s", "", 200, "")
	expectAnswer(s, "DELETE /subjects/s", "", 200, "[2]")
	expectAnswer(s, "PUT /mode/s", `{"mode":"READONLY"}`, 200, "")
	register(422, "42205")
	expectAnswer(s, "DELETE /mode/s", "", 200, "")

	expectAnswer(s, "PUT /config/s", `{"defaultMetadata":{"properties":{"owner":"a"}}}`, 200, "")
	register(200, `"owner":"a"`)
	expectAnswer(s, "PUT /config/s", `{"overrideMetadata":{"properties":{"owner":"b"}}}`, 200, "")
	register(200, `"owner":"b"`)
}

// TestMissAgain holds that what was not found is found once it is there, and not
// any more once it is gone.
func TestMissAgain(t *testing.T) {
	s := newServer(t, nil)
	const first, second = `{"schema":"\"int\""}`, `{"schema":"\"long\""}`
	expectAnswer(s, "POST /subjects/s/versions", first, 200, `"version":1`)
	for range 3 {
		expectAnswer(s, "POST /subjects/s", second, 404, "40403")
	}
	expectAnswer(s, "POST /subjects/s/versions", second, 200, `"version":2`)
	expectAnswer(s, "POST /subjects/s", second, 200, `"version":2`)
	expectAnswer(s, "DELETE /subjects/s/versions/2", "", 200, "2")
	for range 3 {
		expectAnswer(s, "POST /subjects/s", second, 404, "40403")
		expectAnswer(s, "POST /subjects/s?deleted=true", second, 200, `"version":2`)
	}
}

// TestBodiesThatAreNotRemembered holds that mistakes and new content leave
// nothing behind.
func TestBodiesThatAreNotRemembered(t *testing.T) {
	s := newServer(t, nil)
	expectAnswer(s, "POST /subjects/s/versions", `{"schema":"\"int\""}`, 200, `"version":1`)
	expectAnswer(s, "POST /subjects/s/versions", `{"schema":`, 400, "Malformed")
	expectAnswer(s, "POST /subjects/s/versions", `{"schema":"{"}`, 422, "42201")
	expectAnswer(s, "POST /subjects/s", `{"schema":"{"}`, 422, "42201")
	if n := len(bodiesKept(s)); n != 0 {
		t.Errorf("%d bodies are remembered", n)
	}
}

// TestAnnouncedBody holds that a body's announced length changes nothing about
// what is read and refused.
func TestAnnouncedBody(t *testing.T) {
	for _, c := range []struct {
		body   string
		length int64
		max    int64
		want   string
		fails  bool
	}{
		{"abc", 3, 10, "abc", false},
		{"abc", -1, 10, "abc", false},
		{"abc", 0, 10, "abc", false},
		{"ab", 3, 10, "ab", true},
		{"abcdef", -1, 3, "abcd", false}, // one more than allowed tells that it is too long
		{strings.Repeat("x", announced+1), announced + 1, 1 << 20, strings.Repeat("x", announced+1), false},
	} {
		r, err := http.NewRequest(http.MethodPost, "http://x/", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = c.length
		got, err := readAll(r.Body, r, c.max)
		if string(got) != c.want || (err != nil) != c.fails {
			t.Errorf("%.10q announced as %d: %.10q, %v", c.body, c.length, got, err)
		}
	}
}

// bodiesKept lists the bodies in memory.
func bodiesKept(s *server) (out []sentID) {
	for i := range s.sent.slots {
		if e := s.sent.slots[i].Load(); e != nil {
			out = append(out, e.key)
		}
	}
	return out
}

// expectAnswer sends a request and holds its answer against a status and a part
// of the body.
func expectAnswer(s *server, request, body string, status int, holds string) {
	s.t.Helper()
	a := s.send(request + "\n\n" + body)
	if a.status != status || !strings.Contains(a.body, holds) {
		s.t.Errorf("%s: %d %s; want %d with %q", request, a.status, a.body, status, holds)
	}
}
