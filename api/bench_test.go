package api

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/cputime"
	"github.com/instar-registry/instar/registry"
)

// fields20 is a schema of the size that the performance bars speak of.
func fields20(name string) string {
	var fields []string
	for i := range 20 {
		fields = append(fields, fmt.Sprintf(`{\"name\":\"field_%02d\",\"type\":[\"null\",\"string\"],\"default\":null}`, i))
	}
	return `{"schema":"{\"type\":\"record\",\"name\":\"` + name + `\",\"fields\":[` + strings.Join(fields, ",") + `]}"}`
}

// benchServer holds some subjects and has answered the hot reads once. The
// clock is the real one, as in production.
func benchServer(t testing.TB, subjects int) *server {
	s := newServer(t, func(ro *registry.Options, ao *Options) { ro.Clock, ao.Clock = time.Now, time.Now })
	for i := range subjects {
		s.post(fmt.Sprintf("/subjects/subject-%d/versions", i), fields20(fmt.Sprintf("Record%d", i)))
	}
	return s
}

var hotReads = []struct{ name, path string }{
	{"id", "/schemas/ids/7"},
	{"id_with_subject", "/schemas/ids/7?fetchMaxId=false&subject=subject-6"},
	{"latest", "/subjects/subject-6/versions/latest"},
	{"version", "/subjects/subject-6/versions/1"},
}

// BenchmarkChain is the whole chain in process, without a connection.
func BenchmarkChain(b *testing.B) {
	s := benchServer(b, 100)
	guid := guidOf(s, "/schemas/ids/7")
	for _, h := range append(hotReads, struct{ name, path string }{"guid", "/schemas/guids/" + guid}) {
		for _, encoding := range []string{"", "gzip"} {
			b.Run(h.name+encoding, func(b *testing.B) {
				r := parseRequest(b, "GET "+h.path+"\nAccept: application/vnd.schemaregistry.v1+json\nAccept-Encoding: "+encoding)
				w := &discard{header: make(http.Header, 16)}
				s.ServeHTTP(w, r)
				b.ReportAllocs()
				for b.Loop() {
					clear(w.header)
					s.ServeHTTP(w, r)
				}
				if w.status != 200 {
					b.Fatalf("%d %s", w.status, w.body)
				}
			})
		}
	}
}

// BenchmarkOrdinaryLane is the same without the memory of the fast lane.
func BenchmarkOrdinaryLane(b *testing.B) {
	s := benchServer(b, 100)
	for _, h := range hotReads {
		b.Run(h.name, func(b *testing.B) {
			r := parseRequest(b, "GET "+h.path)
			w := &discard{header: make(http.Header, 16)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				s.memo = newTable[string, *remembered](ways, 1) // too small to keep anything
				s.ServeHTTP(w, r)
			}
		})
	}
}

func guidOf(s *server, path string) string {
	body := s.get(path)
	_, rest, _ := strings.Cut(body, `"guid":"`)
	return rest[:36]
}

// bare answers what the registry answers, and nothing else.
func bare(a answer) http.Handler {
	body := []byte(a.body)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range a.header {
			w.Header()[name] = values
		}
		_, _ = w.Write(body) // the client is the benchmark
	})
}

// BenchmarkAgainstBareHandler serves the same bytes over TCP from the whole
// surface and from a bare net/http handler, in turns on one machine, and reports
// the ratio of CPU time, client included on both sides.
func BenchmarkAgainstBareHandler(b *testing.B) {
	s := benchServer(b, 100)
	for _, h := range hotReads {
		b.Run(h.name, func(b *testing.B) {
			request := "GET " + h.path
			s.send(request)
			ours := listen(b, s.API)
			base := listen(b, bare(s.send(request)))
			wire := "GET " + h.path + " HTTP/1.1\r\nHost: x\r\nAccept: application/vnd.schemaregistry.v1+json\r\nUser-Agent: bench\r\n\r\n"
			const turn = 2000
			for _, warm := range []string{ours, base} {
				drive(b, warm, wire, turn)
			}
			var us, them time.Duration
			var n int
			for b.Loop() {
				us += drive(b, ours, wire, turn)
				them += drive(b, base, wire, turn)
				n += turn
			}
			b.ReportMetric(float64(us.Nanoseconds())/float64(n), "ns-cpu/request")
			b.ReportMetric(float64(them.Nanoseconds())/float64(n), "ns-cpu/bare")
			b.ReportMetric(float64(us)/float64(them), "ratio")
		})
	}
}

func listen(b *testing.B, h http.Handler) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // always http.ErrServerClosed here
	}()
	b.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return l.Addr().String()
}

// drive sends requests over one connection and returns the CPU time it took.
func drive(b *testing.B, address, request string, n int) time.Duration {
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 64<<10)
	read := func() int {
		k, err := c.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		return k
	}
	if _, err := io.WriteString(c, request); err != nil {
		b.Fatal(err)
	}
	size := read()
	for !complete(buf[:size]) {
		k, err := c.Read(buf[size:])
		if err != nil {
			b.Fatal(err)
		}
		size += k
	}
	before := cputime.Used()
	for range n {
		if _, err := io.WriteString(c, request); err != nil {
			b.Fatal(err)
		}
		for got := 0; got < size; {
			got += read()
		}
	}
	return cputime.Used() - before
}

// complete reports whether a buffer ends with a whole answer that names its
// length.
func complete(buf []byte) bool {
	head, body, ok := strings.Cut(string(buf), "\r\n\r\n")
	var length int
	for _, line := range strings.Split(head, "\r\n") {
		if v, is := strings.CutPrefix(line, "Content-Length: "); is {
			_, _ = fmt.Sscan(v, &length)
		}
	}
	return ok && len(body) >= length
}

// TestFastLaneAllocations holds the chain to its bar: two allocations, which are
// the request id and its header value.
func TestFastLaneAllocations(t *testing.T) {
	s := benchServer(t, 10)
	guid := guidOf(s, "/schemas/ids/7")
	for _, path := range []string{hotReads[0].path, hotReads[1].path, hotReads[2].path, hotReads[3].path, "/schemas/guids/" + guid} {
		r := parseRequest(t, "GET "+path+"\nAccept: application/vnd.schemaregistry.v1+json")
		w := &discard{header: make(http.Header, 16), body: make([]byte, 0, 8<<10)}
		s.ServeHTTP(w, r)
		if n := testing.AllocsPerRun(200, func() {
			clear(w.header)
			s.ServeHTTP(w, r)
		}); n > 2 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

// BenchmarkKnownContent is what producers do at start-up: registering and
// looking up what is there already. Its bar is 0.4 times the rate of a read by
// id over TCP, and 30,000 a second and core.
func BenchmarkKnownContent(b *testing.B) {
	s := benchServer(b, 100)
	for _, c := range []struct{ name, request string }{
		{"register", "POST /subjects/subject-6/versions\n\n" + fields20("Record6")},
		{"lookup", "POST /subjects/subject-6\n\n" + fields20("Record6")},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := parseRequest(b, c.request)
			body, err := io.ReadAll(r.Body)
			if err != nil {
				b.Fatal(err)
			}
			w := &discard{header: make(http.Header, 16)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				s.ServeHTTP(w, r)
			}
			if w.status != 200 {
				b.Fatalf("%d %s", w.status, w.body)
			}
		})
	}
}

// BenchmarkListPages reads pages of 1,000 out of 20,000 subjects, the first and
// one from the middle, which must cost the same.
func BenchmarkListPages(b *testing.B) {
	s := newServer(b, nil)
	const subjects, batch = 20_000, 500
	for i := 0; i < subjects; i += batch {
		var cmd registry.Batch
		for j := i; j < i+batch; j++ {
			cmd.Commands = append(cmd.Commands, registry.Register{
				Name: registry.Name{Context: registry.DefaultContext, Subject: fmt.Sprintf("subject-%06d", j)}, Format: 1, Text: `"string"`,
			})
		}
		if _, err := s.service.Batch(b.Context(), registry.By{}, cmd); err != nil {
			b.Fatal(err)
		}
	}
	middle := "/subjects?limit=1000&cursor=" + writeCursor(1, "subject-010000")
	for _, c := range []struct{ name, path string }{
		{"first", "/subjects?limit=1000"}, {"middle", middle}, {"schemas", "/schemas?latestOnly=true&limit=1000"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := parseRequest(b, "GET "+c.path)
			w := &discard{header: make(http.Header, 16)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				s.ServeHTTP(w, r)
			}
			if w.status != 200 {
				b.Fatalf("%d %s", w.status, w.body)
			}
		})
	}
}
