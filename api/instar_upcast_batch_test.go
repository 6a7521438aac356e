package api

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// TestBatchesStream: an event is answered before the next one is sent, and what
// comes later may be anything.
func TestBatchesStream(t *testing.T) {
	h := bridgedHouse(t)
	in, feed := io.Pipe()
	answered := make(chan wire.UpcastLine)
	var counts wire.UpcastCounts
	done := make(chan error, 1)
	go func() {
		var err error
		counts, err = h.admin.UpcastBatch(bg, client.UpcastBatchQuery{Subject: ":.pay:s", From: "1"}, in, func(l wire.UpcastLine) error {
			answered <- l
			return nil
		})
		done <- err
	}()
	for i, c := range []struct{ event, outcome, image string }{
		{`{"a":1}`, "events", `{"b":1,"c":3}`}, {`{"a":"x"}`, "failed", ""}, {`{"a":2}`, "events", `{"b":2,"c":3}`},
	} {
		if _, err := io.WriteString(feed, c.event+"\n"); err != nil {
			t.Fatal(err)
		}
		l := <-answered
		if l.Index != int64(i) || l.Outcome != c.outcome || c.image != "" && string(l.Events[0].Event) != c.image || (l.Error != nil) != (c.outcome == "failed") {
			t.Errorf("event %d: %+v", i, l)
		}
	}
	if err := feed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || counts != (wire.UpcastCounts{Total: 3, Events: 2, Failed: 1}) {
		t.Errorf("%+v %v", counts, err)
	}
	// Who does not want to see more ends it.
	stop := errors.New("enough")
	_, err := h.admin.UpcastBatch(bg, client.UpcastBatchQuery{Subject: ":.pay:s", From: "1"}, strings.NewReader("{\"a\":1}\n"), func(wire.UpcastLine) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	wrapped := client.UpcastBatchQuery{Subject: ":.pay:s", From: "1", Wrapped: true, Midway: true, Type: "R"}
	counts, err = h.admin.UpcastBatch(bg, wrapped, strings.NewReader(`{"event":{"a":1},"type":"R"}`+"\n"+`{"event":{},"type":"Q"}`), func(wire.UpcastLine) error { return nil })
	if err != nil || counts != (wire.UpcastCounts{Total: 2, Events: 1, Passed: 1}) {
		t.Errorf("%+v, %v", counts, err)
	}
	viewer := h.as("other", nil, [2]string{"viewer", ":.x:*"})
	_, err = viewer.UpcastBatch(bg, client.UpcastBatchQuery{Subject: ":.pay:s", From: "1"}, strings.NewReader("{}\n"), nil)
	refused(t, "a hidden subject", err, 404, 40401)
}

// answeredFrame is one item of an answer in frames.
type answeredFrame struct {
	index  uint32
	status byte
	body   string
}

func readFrames(t *testing.T, body string) []answeredFrame {
	t.Helper()
	var out []answeredFrame
	for b := []byte(body); len(b) > 0; {
		if len(b) < 9 {
			t.Fatalf("%d bytes are left over", len(b))
		}
		n := binary.BigEndian.Uint32(b[5:])
		out = append(out, answeredFrame{binary.BigEndian.Uint32(b), b[4], string(b[9 : 9+n])})
		b = b[9+n:]
	}
	return out
}

func framed(id int, payload ...byte) []byte {
	out := binary.BigEndian.AppendUint32([]byte{0}, uint32(id))
	return append(out, payload...)
}

func withLength(events ...[]byte) string {
	var b []byte
	for _, e := range events {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(e))), e...)
	}
	return string(b)
}

func sendBatch(t *testing.T, h http.Handler, path, kind, body string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// batchServer holds the versions {a int}, {b int} and {b int, c int} as the ids 1
// to 3, with the documents between them, and an id 4 of another subject.
func batchServer(t *testing.T, edit func(*registry.Options, *Options)) *server {
	t.Helper()
	s := newServer(t, edit)
	field := func(names ...string) string {
		var fields []string
		for _, n := range names {
			fields = append(fields, `{\"name\":\"`+n+`\",\"type\":\"int\"}`)
		}
		return `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[` + strings.Join(fields, ",") + `]}"`
	}
	s.post("/subjects/s/versions", field("a")+`}`)
	s.post("/subjects/s/versions", field("b")+`,"upcaster":{"steps":[{"rename":{"from":"a","to":"b"}}]}}`)
	s.post("/subjects/s/versions", field("b", "c")+`,"upcaster":{"steps":[{"add":{"path":"c","value":3}}]}}`)
	s.post("/subjects/other/versions", field("o")+`}`)
	return s
}

func TestBatchesOfFrames(t *testing.T) {
	s := batchServer(t, nil)
	body := withLength(framed(1, 2), framed(2, 4), framed(3, 6, 8), framed(1), []byte{9, 9}, framed(77, 2), framed(4, 2), nil, framed(1, 10))
	a := sendBatch(t, s.API, "/upcast/batch?subject=s", wire.TypeFrames, body)
	if a.status != 200 || a.header.Get("Content-Type") != wire.TypeFrames {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	got := readFrames(t, a.body)
	want := []answeredFrame{
		{0, 0, string(framed(3, 2, 6))},
		{1, 0, string(framed(3, 4, 6))},
		{2, 1, string(framed(3, 6, 8))},
		{3, 4, `"error_code":42254`},
		{4, 4, `"error_code":422,`},
		{5, 4, `"error_code":40403`},
		{6, 4, `"error_code":40403`},
		{7, 4, `no readable frame`},
		{8, 0, string(framed(3, 10, 6))},
		{9, wire.FrameEnd, `{"counts":{"total":9,"events":3,"unchanged":1,"dropped":0,"deadLetter":0,"failed":5}}`},
	}
	if len(got) != len(want) {
		t.Fatalf("%d frames: %+v", len(got), got)
	}
	for i, w := range want {
		g := got[i]
		if g.index != w.index || g.status != w.status || w.status == 4 && !strings.Contains(g.body, w.body) || w.status != 4 && g.body != w.body {
			t.Errorf("frame %d is %+v, not %+v", i, g, w)
		}
	}
	// Without a subject each id says its own; down, the way back is taken.
	got = readFrames(t, sendBatch(t, s.API, "/upcast/batch?to=1", wire.TypeFrames, withLength(framed(3, 6, 8), framed(4, 2))).body)
	if len(got) != 3 || got[0].body != string(framed(1, 6)) || got[1].body != string(framed(4, 2)) || got[1].status != 1 {
		t.Errorf("%+v", got)
	}
	for path, want := range map[string]string{
		"/upcast/batch?from=1":       "leave from out",
		"/upcast/batch?as=json":      "leave as out",
		"/upcast/batch?trace=true":   "not traced",
		"/upcast/batch?subject=none": "not found",
	} {
		if a := sendBatch(t, s.API, path, wire.TypeFrames, ""); a.status/100 != 4 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// TestBatchesAreBounded: an event over the limit is read past and fails alone; an
// input that ends early is told.
func TestBatchesAreBounded(t *testing.T) {
	s := batchServer(t, func(ro *registry.Options, _ *Options) {
		ro.Limits = schema.DefaultLimits()
		ro.Limits.EventBytes = 100_000
	})
	long := `{"a":` + strings.Repeat("1", 200_000) + "}"
	a := sendBatch(t, s.API, "/upcast/batch?subject=s&from=1&to=2", wire.TypeNDJSON, "{\"a\":1}\r\n"+long+"\n\n{\"a\":2}")
	lines := strings.Split(strings.TrimSpace(a.body), "\n")
	if len(lines) != 4 || !strings.Contains(lines[1], "has 200006 bytes; the limit event-bytes is 100000") || !strings.Contains(lines[2], `{"b":2}`) || !strings.Contains(lines[3], `"failed":1`) {
		t.Errorf("%s", a.body)
	}
	exact := `{"a":` + strings.Repeat(" ", 100_000-7) + "1}"
	for size, want := range map[string]string{exact: `"events":1`, strings.Replace(exact, " ", "  ", 1): `"failed":1`} {
		if a := sendBatch(t, s.API, "/upcast/batch?subject=s&from=1&to=2", wire.TypeNDJSON, size+"\n"); !strings.Contains(a.body, want) {
			t.Errorf("%d bytes: %s", len(size), a.body)
		}
	}

	frames := withLength(framed(1, 2), append(framed(1), make([]byte, 100_000)...), framed(1, 4))
	got := readFrames(t, sendBatch(t, s.API, "/upcast/batch", wire.TypeFrames, frames).body)
	if len(got) != 4 || got[1].status != 4 || !strings.Contains(got[1].body, "event-bytes") || got[2].body != string(framed(3, 4, 6)) {
		t.Errorf("%+v", got)
	}
	for _, cut := range []string{frames[:2], frames[:7], withLength(framed(1, 2)) + "\xff\xff\xff\xff123", withLength(framed(1, 2)) + "\x00\x00\xff"} {
		got := readFrames(t, sendBatch(t, s.API, "/upcast/batch", wire.TypeFrames, cut).body)
		last := got[len(got)-1]
		if last.status != wire.FrameEnd || !strings.Contains(last.body, fmt.Sprintf("send them from index %d on again", len(got)-1)) {
			t.Errorf("%q: %+v", cut, got)
		}
	}
}

// TestBatchesTraceTheFirst: tracing ends, carrying goes on.
func TestBatchesTraceTheFirst(t *testing.T) {
	s := batchServer(t, nil)
	a := sendBatch(t, s.API, "/upcast/batch?subject=s&from=1&trace=true", wire.TypeNDJSON, strings.Repeat("{\"a\":1}\n", batchTraces+5))
	if n := strings.Count(a.body, `"trace":[`); n != batchTraces || !strings.Contains(a.body, fmt.Sprintf(`"events":%d`, batchTraces+5)) {
		t.Errorf("%d traces", n)
	}
}

func TestBatchesEndWhenTheNodeStops(t *testing.T) {
	var draining atomic.Bool
	s := batchServer(t, func(_ *registry.Options, o *Options) { o.Draining = draining.Load })
	in, feed := io.Pipe()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/upcast/batch?subject=s&from=1", in)
	r.Header.Set("Content-Type", wire.TypeNDJSON)
	w := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ServeHTTP(w, r)
	}()
	if _, err := io.WriteString(feed, "{\"a\":1}\n"); err != nil {
		t.Fatal(err)
	}
	draining.Store(true)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = io.WriteString(feed, "{\"a\":2}\n") // read if the handler waits for it, else cut off below
	}()
	<-done
	_ = in.Close()
	<-sent
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	if last := lines[len(lines)-1]; !strings.Contains(last, "about to stop") || !strings.Contains(last, fmt.Sprintf("from index %d on again", len(lines)-1)) {
		t.Errorf("%s", w.Body.String())
	}
}

// TestMessagesOfBatches: each framed event goes the way of its own Protobuf
// message, and its answer names the place that the message has in the target.
func TestMessagesOfBatches(t *testing.T) {
	s := newServer(t, nil)
	for _, text := range []string{
		`message A { string x = 1; } message B { int32 n = 1; message C { string y = 1; } }`,
		`message B { string n = 1; message Z { string z = 1; } message C { string y = 1; } } message A { string x = 1; }`,
	} {
		body := `{"schemaType":"PROTOBUF","schema":"syntax = \"proto3\"; ` + text + `","upcaster":{"message":"B","steps":[{"convert":{"path":"n","to":"string","expr":"string(this)"}}]}}`
		if strings.HasPrefix(text, "message A") {
			body = `{"schemaType":"PROTOBUF","schema":"syntax = \"proto3\"; ` + text + `"}`
		}
		s.post("/subjects/s/versions", body)
	}
	events := withLength(
		framed(1, 0, 10, 1, 'a'), framed(1, 2, 2, 8, 7), framed(1, 4, 2, 0, 10, 1, 'c'), framed(1, 2, 2, 8, 9), framed(1, 2, 8, 8, 9), framed(1, 2),
	)
	a := sendBatch(t, s.API, "/upcast/batch?subject=s", wire.TypeFrames, events)
	got := readFrames(t, a.body)
	for i, want := range [][]byte{
		framed(2, 2, 2, 10, 1, 'a'), framed(2, 0, 10, 1, '7'), framed(2, 4, 0, 2, 10, 1, 'c'), framed(2, 0, 10, 1, '9'),
	} {
		if got[i].status != 0 || got[i].body != string(want) {
			t.Errorf("event %d: %d %x, want %x", i, got[i].status, got[i].body, want)
		}
	}
	for _, i := range []int{4, 5} { // no such message, no readable place of one
		if got[i].status != 4 || !strings.Contains(got[i].body, "message") {
			t.Errorf("event %d: %d %s", i, got[i].status, got[i].body)
		}
	}
	a = sendBatch(t, s.API, "/upcast/batch?subject=s&from=1&message=B", wire.TypeNDJSON, "{\"n\":7}\n")
	if !strings.Contains(a.body, `"event":{"n":"7"}`) {
		t.Errorf("%s", a.body)
	}
	if a = sendBatch(t, s.API, "/upcast/batch?message=B", wire.TypeFrames, events); a.status != 400 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestWrappedBatches: what stands beside an event has bounds, a value of an earlier
// event that is too large to be kept is told at that event, and the others go on.
func TestWrappedBatches(t *testing.T) {
	s := batchServer(t, func(o *registry.Options, _ *Options) {
		o.Limits = schema.DefaultLimits()
		o.Limits.EventBytes = 8 << 10
	})
	put := s.send("PUT /subjects/s/upcasters/2/3\nIf-Match: \"1\"\n\n" + `{"instar":"upcast/v1","from":2,"to":3,
		"context":{"was":{"type":"string","kind":"stream","of":{"type":"Opened","path":"name"},"keep":"last"}},
		"steps":[{"add":{"path":"c","expr":"ctx.was.hasValue() ? size(ctx.was.value()) : -1"}}]}`)
	if put.status != 200 {
		t.Fatal(put)
	}
	send := func(query string, lines ...string) string {
		t.Helper()
		return sendBatch(t, s.API, "/upcast/batch?subject=s&from=2&wrapped=true"+query, wire.TypeNDJSON, strings.Join(lines, "\n")).body
	}
	one := `{"stream":"x","type":"R","event":{"b":1}}`
	open := func(stream string, n int) string {
		return fmt.Sprintf(`{"stream":%q,"type":"Opened","event":{"name":"%s"}}`, stream, strings.Repeat("n", n))
	}
	for _, c := range []struct {
		query string
		lines []string
		want  []string
	}{
		{"&type=R", []string{open("x", 3), one}, []string{`{"index":0,"outcome":"passed"}`, `"event":{"b":1,"c":3}`}},
		{"&type=R", []string{open("y", 3), one}, []string{`{"index":0,"outcome":"passed"}`, `"event":{"b":1,"c":-1}`}},
		// Of no type in particular every event is one of the subject.
		{"", []string{open("x", 3), one}, []string{`"error_code":42254`, `"event":{"b":1,"c":3}`}},
		{"&type=R", []string{open("x", 5000), one}, []string{`"error_code":42259`, `"event":{"b":1,"c":-1}`}},
		{"&type=R", []string{open("x", 9000), one}, []string{`the limit event-bytes is 8192`, `"event":{"b":1,"c":-1}`}},
		{"&type=R", []string{`{"event":{"b":1},"type":"R","headers":{"k":"` + strings.Repeat("h", 9000) + `"}}`}, []string{`"c":-1}`}},
		{"&type=R", []string{`{"event":{"b":1},"type":"R","headers":{"k":"` + strings.Repeat("h", besideBytes+8<<10) + `"}}`, one}, []string{`the limit event-bytes is 8192`, `"c":-1}`}},
		{"&type=R", []string{`{"event":`, `[]`, `{"event":{"b":1},"event":{}}`, `{"position":-1,"event":{}}`, one}, []string{
			`"error_code":400`, `must be an object, not an array`, `"error_code":400`, `position must be a whole number`, `"c":-1}`,
		}},
	} {
		got := strings.Split(strings.TrimSpace(send(c.query, c.lines...)), "\n")
		if len(got) != len(c.want)+1 {
			t.Errorf("%s: %d lines: %.300s", c.query, len(got), got)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: line %d is %.300s, without %s", c.query, i, got[i], want)
			}
		}
	}
}

// TestFramesOfSplits: an event that becomes several answers with a frame for each,
// which repeat its index; one that becomes none says so.
func TestFramesOfSplits(t *testing.T) {
	s := newServer(t, nil)
	record := func(names ...string) string {
		return `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"` + strings.Join(names, `\",\"type\":\"int\"},{\"name\":\"`) + `\",\"type\":\"int\"}]}"`
	}
	s.post("/subjects/left/versions", record("a")+"}")
	s.post("/subjects/right/versions", record("b")+"}")
	s.post("/subjects/o/versions", record("a", "b")+"}")
	s.post("/subjects/o/versions", record("a", "b", "c")+`,"upcaster":{"steps":[{"add":{"path":"c","value":1}}]}}`)
	if a := s.send("PUT /config/o\n\n" + `{"compatibility":"NONE"}`); a.status != 200 {
		t.Fatal(a)
	}
	s.post("/subjects/o/versions", record("d")+`,"upcaster":{"steps":[{"splitEvent":{"outputs":[
		{"name":"l","when":"event.a > 0","to":{"subject":"left","version":1},"steps":[{"drop":{"path":"b"}},{"drop":{"path":"c"}}]},
		{"name":"r","when":"event.b > 0","to":{"subject":"right","version":1},"steps":[{"drop":{"path":"a"}},{"drop":{"path":"c"}}]}]}}]}}`)
	got := readFrames(t, sendBatch(t, s.API, "/upcast/batch", wire.TypeFrames, withLength(framed(3, 2, 4), framed(3, 1, 6), framed(3, 1, 1), framed(4, 8, 10, 2))).body)
	want := []answeredFrame{
		{0, 0, string(framed(1, 2))},
		{0, 0, string(framed(2, 4))},
		{1, 0, string(framed(2, 6))},
		{2, 2, `"outcome":"dropped"`},
		{3, 0, string(framed(1, 8))},
		{3, 0, string(framed(2, 10))},
		{4, wire.FrameEnd, `{"counts":{"total":4,"events":3,"unchanged":0,"dropped":1,"deadLetter":0,"failed":0}}`},
	}
	if len(got) != len(want) {
		t.Fatalf("%d frames: %+v", len(got), got)
	}
	for i, w := range want {
		if g := got[i]; g.index != w.index || g.status != w.status || g.body != w.body && (w.status != 2 || !strings.Contains(g.body, w.body)) {
			t.Errorf("frame %d is %+v, not %+v", i, g, w)
		}
	}
}
