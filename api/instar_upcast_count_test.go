package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
)

// eventCounts notes what [Metrics] is told about events.
type eventCounts struct {
	noMetrics
	mu   sync.Mutex
	seen map[string]int
}

func (c *eventCounts) note(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[what]++
}

func (c *eventCounts) Upcast(subject string, from, to int, outcome string) {
	c.note(fmt.Sprintf("%s %d-%d %s", subject, from, to, outcome))
}

func (c *eventCounts) UpcastFailure(operation, code string) { c.note(operation + "!" + code) }

// TestEventsAreCounted: by what became of them on which way, and where they ended,
// alone, in lines and in frames; coverage says when a version was last used.
func TestEventsAreCounted(t *testing.T) {
	c := &eventCounts{seen: map[string]int{}}
	s := newServer(t, func(_ *registry.Options, o *Options) { o.Metrics = c })
	field := func(name string) string {
		return `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"` + name + `\",\"type\":\"int\"}]}"`
	}
	s.post("/subjects/s/versions", field("a")+"}")
	s.post("/subjects/s/versions", field("b")+`,"upcaster":{"acceptPartial":true,"steps":[
		{"dropEvent":{"when":"event.a == 7"}},{"rename":{"from":"a","to":"b"}},{"narrow":{"path":"b","min":0,"mode":"else","else":"deadLetter"}}]}}`)
	if got := s.get("/subjects/s/upcasters/coverage"); strings.Contains(got, "lastUsed") {
		t.Errorf("used before any event: %s", got)
	}
	for _, event := range []string{`{"a":1}`, `{"a":2}`, `{"a":-1}`, `{"a":7}`, `{"a":"x"}`} {
		s.send("POST /upcast\n\n" + `{"subject":"s","from":1,"event":` + event + "}")
	}
	s.post("/upcast", `{"subject":"s","from":2,"event":{"b":1}}`)
	sendBatch(t, s.API, "/upcast/batch?subject=s&from=1", wire.TypeNDJSON, "{\"a\":1}\n{\"a\":-1}\nx\n")
	sendBatch(t, s.API, "/upcast/batch", wire.TypeFrames, withLength(framed(1, 2), framed(1, 1), framed(1, 2, 2)))
	want := map[string]int{
		"s 1-2 events": 4, "s 1-2 deadLetter": 3, "s 1-2 dropped": 1, "s 1-2 failed": 3, "s 2-2 unchanged": 1,
		"narrow!dead": 3, "!input": 3,
	}
	if !maps.Equal(c.seen, want) {
		t.Errorf("counted %v, want %v", lines(c.seen), lines(want))
	}
	if got := s.get("/subjects/s/upcasters/coverage"); strings.Count(got, `"lastUsed":"2026-01-02T03:04:05.000000Z"`) != 2 {
		t.Errorf("coverage after events of both versions: %s", got)
	}
}

func lines(counts map[string]int) []string {
	out := make([]string, 0, len(counts))
	for k, n := range counts {
		out = append(out, fmt.Sprintf("%s: %d", k, n))
	}
	slices.Sort(out)
	return out
}
