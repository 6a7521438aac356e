package batch

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var streamEnvelope = Envelope{Payload: "/d", Version: "/v", Type: "/t", Stream: "/s", ID: "/i", Time: "/at", Origin: "/o"}

// moveStreams carries out steps on lines and gives the output's lines.
func moveStreams(t *testing.T, steps, in string, more func(*StreamJob)) (string, StreamReport, error) {
	t.Helper()
	p, err := ParseStreams([]byte("instar: migration/v1\nstreams:\n" + steps))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	job := StreamJob{Plan: p, In: filepath.Join(dir, "in"), Out: filepath.Join(dir, "out"), Envelope: streamEnvelope}
	if more != nil {
		more(&job)
	}
	if err := os.WriteFile(job.In, []byte(in), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := RunStreams(t.Context(), job)
	out, readErr := os.ReadFile(job.Out)
	if (readErr == nil) != (err == nil) {
		t.Fatalf("%v, and the output: %v", err, readErr)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	left = slices.DeleteFunc(left, func(name string) bool {
		return name == job.In || err == nil && (name == job.Out || name == job.Dead)
	})
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return string(out), report, err
}

const carts = `{"s":"cart","i":"1","t":"Added","at":"2026-01-01T00:00:01Z","d":{"shop":"b","n":12345678901234567890}}
{"s":"cart","i":"2","t":"Added","at":"2026-01-01T00:00:03Z","d":{"shop":"c\"d"}}
{"s":"wish","i":"3","t":"Paid","at":"2026-01-01T00:00:02Z","d":{}}
{"s":"cart","i":"4","t":"Paid","at":"2026-01-01T00:00:02.5Z","d":{"shop":"b"}}`

// TestStreamOperations: stream, id and origin of what each operation gives.
func TestStreamOperations(t *testing.T) {
	for _, c := range [][2]string{
		{`- create: {name: audit}`, `cart/1 cart/2 wish/3 cart/4`},
		{`- create: {name: wish}`, `in: record 3 (offset 184): stream wish is there already; create it under another name, or leave the step out`},
		{`- delete: {match: "w*"}`, `cart/1 cart/2 cart/4`},
		{`- rename: {from: "(c)(.*)", to: "$1-${2}s"}`, `c-arts/1<cart c-arts/2<cart wish/3 c-arts/4<cart`},
		{`- rename: {from: ".*", to: all}`, `in: record 3 (offset 184): streams cart and wish would both be all; say merge: true if they shall become one`},
		{`- rename: {from: ".*", to: all, merge: true}`, `all/1<cart all/2<cart all/3<wish all/4<cart`},
		{`- rename: {from: "cart", to: "wish"}`, `in: record 3 (offset 184): streams cart and wish would both be wish; say merge: true if they shall become one`},
		{`- split: {from: cart, by: event.shop, to: "cart-{by}"}`, `cart-b/1<cart cart-c"d/2<cart wish/3 cart-b/4<cart`},
		{`- split: {from: wish, by: event.shop, to: "wish-{by}"}`, `in: record 3 (offset 184): event.shop: no such key: shop`},
		{`- split: {from: cart, by: "event", to: "wish-{by}"}`, `in: record 1 (offset 0): event is a map, and a text, a number or true/false is needed`},
		{`- move: {when: "meta.type == 'Paid'", from: cart, to: payment}`, `cart/1 cart/2 wish/3 payment/4<cart`},
		{`- move: {when: "meta.type", from: cart, to: payment}`, `in: record 1 (offset 0): meta.type is Added, neither true nor false`},
		{`- merge: {from: [wish, cart], to: both}`, `both/1<cart both/3<wish both/4<cart both/2<cart`},
		{`- merge: {from: [wish, cart], to: both, order: file}`, `both/1<cart both/2<cart both/3<wish both/4<cart`},
		{`- merge: {from: [wish, other], to: both}`, `cart/1 cart/2 both/3<wish cart/4`},
		{`- reorder: {by: meta.time, window: 2}`, `cart/1 wish/3 cart/4 cart/2`},
		{`- reorder: {by: meta.time, window: 1}`, `cart/1 wish/3 cart/4 cart/2`},
		{`- reorder: {by: "-meta.record", window: 1}`, `in: record 3 (offset 184): it is later in the file than the window of 1 events allows for; name a larger window`},
		{`- reorder: {by: meta.type, window: 1}`, `in: record 1 (offset 0): meta.type: Added is neither a number nor a time such as 2026-03-31T12:00:00Z`},
		{`- dedupe: {by: meta.type, window: 2}`, `cart/1 wish/3`},
		{`- dedupe: {by: "meta.type + meta.stream", window: 1}`, `cart/1 wish/3 cart/4`},
		{`- close: {stream: wish, next: wish2}`, `cart/1 cart/2 wish/3 cart/4 wish/closed:wish wish2/3<wish`},
		{`- close: {stream: cart, next: cart2, snapshot: true, when: "event.shop != 'b'"}`, `cart/1 cart/2 wish/3 cart/4 cart/closed:cart cart2/2<cart cart2/4<cart`},
		{`- close: {stream: cart, next: cart2, snapshot: true, when: "event.shop == 'x'"}`, `in: close cart for cart2: the stream has no snapshot`},
		{`- close: {stream: none, next: cart2}`, `in: close none for cart2: the file has no such stream`},
		{`- close: {stream: cart, next: wish}`, `in: record 3 (offset 184): stream wish is there already; name another one as the next`},
	} {
		out, report, err := moveStreams(t, c[0], carts, nil)
		got := []string{}
		for line := range strings.Lines(out) {
			l, wrong := newLocator(streamEnvelope)
			if wrong != nil {
				t.Fatal(wrong)
			}
			spans, wrong := l.find([]byte(strings.TrimSpace(line)))
			if wrong != nil {
				t.Fatal(wrong, line)
			}
			stream, _ := textAt([]byte(line), spans[atStream])
			id, _ := textAt([]byte(line), spans[atID])
			if origin, ok := textAt([]byte(line), spans[atOrigin]); ok {
				id += "<" + origin
			}
			got = append(got, stream+"/"+id)
		}
		text := strings.Join(got, " ")
		if err != nil {
			text = err.Error()[strings.Index(err.Error(), "in: "):]
		}
		if text != c[1] {
			t.Errorf("%s\ngives %s\nwant  %s", c[0], text, c[1])
		}
		if err == nil && (report.Records != 4 || int(report.Written) != len(got) || report.Steps[0].In != 4) {
			t.Errorf("%s: %+v", c[0], report)
		}
	}
}

// TestStreamsKeepBytes: what no step names is copied as it was.
func TestStreamsKeepBytes(t *testing.T) {
	in := " { \"s\" : \"cart\" , \"d\":{\"n\":1.50e2,\"n2\":\"\\u00e9\"} }\r\n\n{\"s\":\"wish\"}"
	out, _, err := moveStreams(t, `- rename: {from: cart, to: "ü\"b"}`, in, nil)
	want := " { \"s\" : \"ü\\\"b\" , \"d\":{\"n\":1.50e2,\"n2\":\"\\u00e9\"} ,\"o\":\"cart\"}\r\n{\"s\":\"wish\"}\n"
	if err != nil || out != want {
		t.Errorf("%v\n%q\n%q", err, out, want)
	}
}

// TestSplitUndoesMerge: the streams of a merge come back by their parked names,
// and so do the events' places if they were in order.
func TestSplitUndoesMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var in strings.Builder
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 5000 {
		at = at.Add(time.Duration(r.IntN(3)) * time.Millisecond)
		fmt.Fprintf(&in, `{"s":"%c","i":"%d","at":%q,"d":{}}`+"\n", 'a'+rune(r.IntN(4)), i, at.Format(time.RFC3339Nano))
	}
	merged, _, err := moveStreams(t, "- merge: {from: [d, c, b], to: all}\n", in.String(), nil)
	if err != nil || strings.Contains(merged, `"s":"b"`) {
		t.Fatal(err)
	}
	back, _, err := moveStreams(t, `- split: {from: all, by: meta.origin, to: "{by}"}`, merged, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Events of one time are in the order of the merge's list, so compare by stream.
	for _, s := range []string{"a", "b", "c", "d"} {
		if got, want := ids(back, s), ids(in.String(), s); !slices.Equal(got, want) || len(got) < 1000 {
			t.Errorf("stream %s: %d events come back of %d", s, len(got), len(want))
		}
	}
	var times []string
	for line := range strings.Lines(merged) {
		if strings.Contains(line, `"s":"all"`) {
			_, after, _ := strings.Cut(line, `"at":"`)
			times = append(times, after[:19])
		}
	}
	if !slices.IsSorted(times) {
		t.Error("the merged stream is not in order")
	}
}

func ids(text, stream string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, `{"s":"`+stream+`"`) {
			_, after, _ := strings.Cut(line, `"i":"`)
			id, _, _ := strings.Cut(after, `"`)
			out = append(out, id)
		}
	}
	return out
}

// TestStreamsApply runs upcasters in the pass, before and after steps of streams.
func TestStreamsApply(t *testing.T) {
	in := `{"s":"o-1","t":"Order","v":1,"d":{"id":"a","qty":14}}
{"s":"o-1","t":"Other","d":{"id":"a","qty":14}}
{"s":"o-2","t":"Order","v":2,"d":{"id":"heartbeat","quantity":1}}
{"s":"o-2","t":"Order","v":1,"d":{"id":"b","qty":13}}
`
	steps := "- rename: {from: \"o-(.*)\", to: \"order-$1\"}\n" +
		"- apply: {subject: orders, type: Order}\n" +
		"- move: {when: \"meta.type == 'Order' && event.quantity > 9000\", from: order-1, to: large}\n"
	routes := func(_ context.Context, name string, to int) (Routes, error) {
		if name != "orders" || to != 0 {
			return nil, fmt.Errorf("asked for %s, %d", name, to)
		}
		return subject(t, documents...), nil
	}
	_, _, err := moveStreams(t, steps, in, func(j *StreamJob) { j.Routes = routes })
	if err == nil || !strings.Contains(err.Error(), "record 4 (offset 168) of version 1, upcaster 1 to 2, step 1") {
		t.Errorf("without a place for dead letters: %v", err)
	}
	var dead string
	out, report, err := moveStreams(t, steps, in, func(j *StreamJob) {
		j.Routes, j.Dead = routes, j.Out+".dead"
		dead = j.Dead
	})
	want := `{"s":"large","t":"Order","v":3,"d":{"id":"a","quantity":10000,"currency":"EUR"},"o":"o-1"}
{"s":"order-1","t":"Other","d":{"id":"a","qty":14},"o":"o-1"}
`
	if err != nil || out != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
	letters, err := os.ReadFile(dead) //nolint:gosec // a file of the test
	if err != nil || bytes.Count(letters, []byte{'\n'}) != 1 || report.Written != 2 || report.Streams != 2 {
		t.Errorf("%v, %s, %+v", err, letters, report)
	}
}

// TestStreamsApplyWithEarlierEvents: a document that asks what earlier events said is
// answered as the streams are at its step, whoever's events those are.
func TestStreamsApplyWithEarlierEvents(t *testing.T) {
	in := `{"s":"x","t":"Opened","d":{"terms":{"currency":"EUR"}}}
{"s":"y","t":"Opened","d":{"terms":{"currency":"USD"}}}
{"s":"x","t":"Order","v":1,"d":{"id":"a"}}
{"s":"z","t":"Order","v":1,"d":{"id":"b"}}
{"s":"y","t":"Order","v":1,"d":{"id":"c"}}
`
	routes := func(context.Context, string, int) (Routes, error) { return foldedSubject(t), nil }
	out, _, err := moveStreams(t, `- rename: {from: "[xz]", to: both, merge: true}
- apply: {subject: orders, type: Order}
- delete: {match: y}
`, in, func(j *StreamJob) { j.Routes = routes })
	want := `{"s":"both","t":"Opened","d":{"terms":{"currency":"EUR"}},"o":"x"}
{"s":"both","t":"Order","v":2,"d":{"id":"a","currency":"EUR","of":"both"},"o":"x"}
{"s":"both","t":"Order","v":2,"d":{"id":"b","currency":"EUR","of":"both"},"o":"z"}
`
	if err != nil || out != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
	_, _, err = moveStreams(t, "- apply: {subject: orders}\n", in, func(j *StreamJob) { j.Routes, j.Envelope.Type = routes, "" })
	if err == nil || !strings.Contains(err.Error(), "say where lines keep stream and type") {
		t.Errorf("without types: %v", err)
	}
}

// TestStreamMistakes: each mistake of a document has its place and a remedy.
func TestStreamMistakes(t *testing.T) {
	for _, c := range [][2]string{
		{"streams: []", `line 1, column 1: instar must be a text`},
		{"instar: migration/v2\nstreams: []", `begin the file with: instar: migration/v1`},
		{"instar: migration/v1", `the list of steps is missing`},
		{"instar: migration/v1\nstreams: [{renam: {}}]", `line 2, column 11: there is no operation "renam"; did you mean rename?`},
		{"instar: migration/v1\nstreams: [{rename: {from: a, too: b}}]", `to must be a text`},
		{"instar: migration/v1\nstreams: [{rename: {from: a, to: b, mrge: true}}]", `unknown key "mrge"; did you mean merge?`},
		{"instar: migration/v1\nstreams: [{rename: {from: '(', to: b}}]", `the pattern "(" cannot be read`},
		{"instar: migration/v1\nstreams: [{rename: {from: a, to: ''}}]", `to must be a text`},
		{"instar: migration/v1\nstreams: [{delete: {match: '[a'}}]", `the pattern "[a" cannot be read`},
		{"instar: migration/v1\nstreams: [{split: {from: a, by: event.x, to: b}}]", `"b" would be one stream`},
		{"instar: migration/v1\nstreams: [{split: {from: a, by: 'event.', to: 'b{by}'}}]", `at column 7: Syntax error`},
		{"instar: migration/v1\nstreams: [{split: {from: a, by: 'events.a', to: 'b{by}'}}]", `there is no events`},
		{"instar: migration/v1\nstreams: [{merge: {from: [a], to: b}}]", `from must be a list of two or more names`},
		{"instar: migration/v1\nstreams: [{merge: {from: [a, b], to: b, order: size}}]", `order is "size"`},
		{"instar: migration/v1\nstreams: [{close: {stream: a, next: b, snapshot: true}}]", `nothing says which events are snapshots`},
		{"instar: migration/v1\nstreams: [{reorder: {by: meta.time, window: 0}}]", `window is "0"; a whole number from 1 to 1000000 is needed`},
		{"instar: migration/v1\nstreams: [{dedupe: {by: meta.id}}]", `window is missing`},
		{"instar: migration/v1\nstreams: [{apply: {to: 3}}]", `subject must be a text`},
		{"instar: migration/v1\nstreams: [{create: {name: a}, delete: {match: b}}]", `a step is a mapping with one operation`},
	} {
		if _, err := ParseStreams([]byte(c[0])); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s\n%v\nwant %s", c[0], err, c[1])
		}
	}
}

// TestStreamRefusals: jobs and lines that are refused before anything is written.
func TestStreamRefusals(t *testing.T) {
	for _, c := range []struct {
		steps, in, want string
		more            func(*StreamJob)
	}{
		{`- delete: {match: a}`, "{}", "the line does not say its stream at /s", nil},
		{`- delete: {match: a}`, `{"s":1}`, "the line does not say its stream at /s", nil},
		{`- delete: {match: a}`, `{"s":"a"`, "not JSON at byte", nil},
		{`- delete: {match: a}`, `{"s":"a"}`, "as in stream=/s", func(j *StreamJob) { j.Envelope = Envelope{Payload: "/d"} }},
		{`- delete: {match: a}`, `{"s":"a"}`, "lines can keep it only beside the payload", func(j *StreamJob) { j.Envelope.Origin = "/o/p" }},
		{`- merge: {from: [a, b], to: c}`, `{"s":"a"}`, "does not say where lines keep their time, as in time=/x", func(j *StreamJob) { j.Envelope.Time = "" }},
		{`- merge: {from: [a, b], to: c}`, `{"s":"a"}`, "it has no time at /at", nil},
		{`- merge: {from: [a, b], to: c}`, `{"s":"a","at":1}` + "\n" + `{"s":"b","at":"2026-01-01T00:00:00Z"}`, "of another kind", nil},
		{`- apply: {subject: a}`, `{"s":"a"}`, "there is no registry", nil},
		{`- delete: {match: a}`, `{"s":"a"}`, "is the input too", func(j *StreamJob) { j.In = j.Out }},
		{`- delete: {match: a}`, `{"s":"a"}`, "is the output too", func(j *StreamJob) { j.Dead = j.Out }},
	} {
		name := filepath.Join(t.TempDir(), "in")
		if err := os.WriteFile(name, []byte(c.in), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := ParseStreams([]byte("instar: migration/v1\nstreams:\n" + c.steps))
		if err != nil {
			t.Fatal(err)
		}
		job := StreamJob{Plan: p, In: name, Out: name + ".out", Envelope: streamEnvelope}
		if c.more != nil {
			c.more(&job)
		}
		if job.In == job.Out {
			job.In, job.Out = name, name
		}
		if _, err := RunStreams(t.Context(), job); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v, want %s", c.steps, c.in, err, c.want)
		}
		if _, err := os.Stat(name + ".out"); err == nil {
			t.Errorf("%s, %s: there is an output", c.steps, c.in)
		}
	}
}

// TestStreamsOfGzip: a gzipped file gives a gzipped file, and a dry run none.
func TestStreamsOfGzip(t *testing.T) {
	p, err := ParseStreams([]byte("instar: migration/v1\nstreams: [{delete: {match: wish}}]"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "in.gz")
	if err := os.WriteFile(name, zipped(t, []byte(carts)), 0o600); err != nil {
		t.Fatal(err)
	}
	job := StreamJob{Plan: p, In: name, Out: name + ".out", Envelope: streamEnvelope, DryRun: true}
	report, err := RunStreams(t.Context(), job)
	if _, there := os.Stat(job.Out); err != nil || there == nil || report.Written != 3 {
		t.Fatalf("dry run: %v, %+v", err, report)
	}
	job.DryRun = false
	if _, err := RunStreams(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(job.Out)
	if err != nil {
		t.Fatal(err)
	}
	if got := unzipped(t, out); bytes.Count(got, []byte{'\n'}) != 3 || bytes.Contains(got, []byte("wish")) {
		t.Errorf("%s", got)
	}
}
