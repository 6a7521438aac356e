package api

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/cputime"
	"github.com/instar-registry/instar/registry"
)

// chained makes a subject with one version more than hops, each with the
// document that renames a field of the last.
func chained(t testing.TB, s *server, hops int) {
	t.Helper()
	version := func(n int) string {
		fields := []string{fmt.Sprintf(`{\"name\":\"f%d\",\"type\":\"long\"}`, n)}
		for i := range 11 {
			fields = append(fields, fmt.Sprintf(`{\"name\":\"field_%02d\",\"type\":[\"null\",\"string\"],\"default\":null}`, i))
		}
		return `{\"type\":\"record\",\"name\":\"Chained\",\"fields\":[` + strings.Join(fields, ",") + `]}`
	}
	for n := range hops + 1 {
		upcaster := ""
		if n > 0 {
			upcaster = fmt.Sprintf(`,"upcaster":{"steps":[{"rename":{"from":"f%d","to":"f%d"}}]}`, n-1, n)
		}
		s.post("/subjects/chained/versions", fmt.Sprintf(`{"schema":"%s"%s}`, version(n), upcaster))
	}
}

// BenchmarkUpcast is POST /upcast in process: one event over one hop and over
// twenty.
func BenchmarkUpcast(b *testing.B) {
	for _, hops := range []int{1, 20} {
		b.Run(fmt.Sprintf("hops=%d", hops), func(b *testing.B) {
			s := newServer(b, func(ro *registry.Options, ao *Options) { ro.Clock, ao.Clock = time.Now, time.Now })
			chained(b, s, hops)
			event := `"f0":7`
			for i := range 11 {
				event += fmt.Sprintf(`,"field_%02d":{"string":"value %d"}`, i, i)
			}
			body := `{"subject":"chained","from":1,"event":{` + event + `}}`
			r := parseRequest(b, "POST /upcast\n\n"+body)
			w := &discard{header: make(http.Header, 16)}
			b.ReportAllocs()
			before := cputime.Used()
			for b.Loop() {
				clear(w.header)
				r.Body = io.NopCloser(strings.NewReader(body))
				s.ServeHTTP(w, r)
			}
			b.ReportMetric(float64(cputime.Used()-before)/float64(b.N), "cpu-ns/op")
			if w.status != 200 {
				b.Fatalf("%d %s", w.status, w.body)
			}
		})
	}
}
