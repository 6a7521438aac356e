package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/registry"
)

// follow walks a list by its Link headers and returns the items of every page.
// between is called after every page.
func follow(t *testing.T, s *server, path string, between func(page int)) [][]json.RawMessage {
	t.Helper()
	var pages [][]json.RawMessage
	for n := 0; path != ""; n++ {
		if n > 1000 {
			t.Fatal("the list does not end")
		}
		a := s.send("GET " + path)
		if a.status != http.StatusOK {
			t.Fatalf("GET %s: %d %s", path, a.status, a.body)
		}
		var items []json.RawMessage
		if err := json.Unmarshal([]byte(a.body), &items); err != nil || items == nil {
			t.Fatalf("GET %s: %v in %s", path, err, a.body)
		}
		pages = append(pages, items)
		if between != nil {
			between(n)
		}
		link := a.header.Get("Link")
		if link == "" {
			return pages
		}
		target, _, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">")
		base, err := url.Parse(path)
		if err != nil || !ok {
			t.Fatalf("Link %q, %v", link, err)
		}
		next, err := base.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		path = next.String()
	}
	return pages
}

func flatten(pages [][]json.RawMessage) []string {
	var out []string
	for _, p := range pages {
		for _, item := range p {
			out = append(out, string(item))
		}
	}
	return out
}

// TestPagesNeitherSkipNorRepeat walks every list page by page and compares it
// with the whole, then again while subjects come and go.
func TestPagesNeitherSkipNorRepeat(t *testing.T) {
	s := newServer(t, func(_ *registry.Options, o *Options) { o.SchemasPage = 5 })
	for i := range 12 {
		for _, context := range []string{"", ":.x:", ":.y:"} {
			s.post(fmt.Sprintf("/subjects/%ss%02d/versions", context, i), orderSchema)
		}
	}
	for i := range 7 {
		s.post("/subjects/many/versions", fmt.Sprintf(`{"schema":"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A%d\"],\"default\":\"A%d\"}"}`, i, i))
	}
	for _, path := range []string{
		"/subjects?", "/subjects?subjectPrefix=:.x:&", "/subjects?subjectPrefix=:*:s0&", "/contexts?",
		"/schemas/ids/1/subjects?", "/schemas/ids/1/versions?", "/subjects/many/versions?", "/subjects/many/versions?deletedAsNegative=true&",
	} {
		whole := flatten(follow(t, s, strings.TrimRight(path, "?&"), nil))
		for _, limit := range []int{1, 2, 3, 5, 100} {
			pages := follow(t, s, fmt.Sprintf("%slimit=%d", path, limit), nil)
			if got := flatten(pages); strings.Join(got, " ") != strings.Join(whole, " ") {
				t.Errorf("%s in pages of %d:\n%s\nwant\n%s", path, limit, got, whole)
			}
			for i, p := range pages {
				if len(p) > limit || len(p) < limit && i < len(pages)-1 {
					t.Errorf("%s in pages of %d: page %d has %d items", path, limit, i, len(p))
				}
			}
		}
	}
	for _, query := range []string{"", "?limit=0", "?limit=-7", "?limit=6", "?limit=2147483647"} {
		if pages := follow(t, s, "/schemas"+query, nil); len(pages[0]) != 5 || len(flatten(pages)) != 19 {
			t.Errorf("/schemas%s: first page %d, all %d", query, len(pages[0]), len(flatten(pages)))
		}
	}
	if pages := follow(t, s, "/schemas?subjectPrefix=:*:&limit=4", nil); len(flatten(pages)) != 43 {
		t.Errorf("all schemas: %d", len(flatten(pages)))
	}

	// Under writes: what is there all the time is seen exactly once.
	pages := follow(t, s, "/subjects?subjectPrefix=&limit=2", func(n int) {
		s.post(fmt.Sprintf("/subjects/s%02da/versions", n), orderSchema)
		s.send(fmt.Sprintf("DELETE /subjects/s%02d", 11-n%3))
	})
	seen := map[string]int{}
	for _, item := range flatten(pages) {
		seen[item]++
	}
	for i := range 9 {
		if name := fmt.Sprintf("%q", fmt.Sprintf("s%02d", i)); seen[name] != 1 {
			t.Errorf("%s was seen %d times", name, seen[name])
		}
	}
	for name, n := range seen {
		if n > 1 {
			t.Errorf("%s was seen %d times", name, n)
		}
	}
}

// TestMinSeq: a request may ask for an answer that reflects what it wrote.
func TestMinSeq(t *testing.T) {
	s := newServer(t, func(ro *registry.Options, _ *Options) { ro.BarrierTimeout = 20 * time.Millisecond })
	s.post("/subjects/s/versions", orderSchema)
	for range 2 {
		if a := s.send("GET /schemas/ids/1\nX-Instar-Min-Seq: 1"); a.status != 200 {
			t.Errorf("reached: %d %s", a.status, a.body)
		}
		if a := s.send("GET /schemas/ids/1\nX-Instar-Min-Seq: 2"); a.status != 503 || !strings.Contains(a.body, "50002") {
			t.Errorf("not reached: %d %s", a.status, a.body)
		}
	}
}

// TestFastLaneFollowsTheState: an answer is repeated only while it is right.
func TestFastLaneFollowsTheState(t *testing.T) {
	s := newServer(t, nil)
	s.post("/subjects/s/versions", orderSchema)
	for i := range 5 {
		for range 3 {
			body := s.get("/subjects/s/versions/latest")
			if !strings.Contains(body, fmt.Sprintf(`"version":%d,`, i+1)) {
				t.Fatalf("after %d more versions: %s", i, body)
			}
		}
		s.post("/subjects/s/versions", fmt.Sprintf(`{"schema":"{\"type\":\"record\",\"name\":\"Order\",\"doc\":\"%d\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"}]}"}`, i))
	}
	s.get("/schemas/ids/1")
	s.send("DELETE /subjects/s")
	for range 2 {
		if a := s.send("GET /subjects/s/versions/latest"); a.status != 404 {
			t.Errorf("deleted: %d", a.status)
		}
		s.get("/schemas/ids/1")
	}
	s.send("DELETE /subjects/s?permanent=true")
	if a := s.send("GET /schemas/ids/1"); a.status != 404 {
		t.Errorf("purged: %d", a.status)
	}
}

func TestTableIsBounded(t *testing.T) {
	tb := newTable[int, []byte](64, 64<<10)
	for i := range 10_000 {
		tb.put(uint64(i)*0x9e3779b97f4a7c15, i, make([]byte, 100), 1000)
		if got := tb.bytes.Load(); got > 66<<10 {
			t.Fatalf("%d bytes after %d entries", got, i)
		}
	}
	tb.put(1, -1, nil, 60<<10)
	if _, ok := tb.get(1, -1); ok {
		t.Error("an entry of nearly the whole budget was kept")
	}
	var sum int64
	for i := range tb.slots {
		if s := tb.slots[i].Load(); s != nil {
			sum += s.size
		}
	}
	if sum != tb.bytes.Load() {
		t.Errorf("%d bytes counted, %d kept", tb.bytes.Load(), sum)
	}
}
