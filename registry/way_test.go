package registry

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast"
)

// TestWaysAreRemembered: the same way is made once, also for another subject
// with the same content, and any change of what it rests on makes another.
func TestWaysAreRemembered(t *testing.T) {
	n := bridgedOrders(t, newMemLog(), "BACKWARD")
	o := ParseName("o")
	way := func(from, to int) *Way {
		t.Helper()
		w, err := n.Way(t.Context(), o, from, to)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	first := way(1, 3)
	if way(1, 3) != first {
		t.Error("the way was made twice")
	}
	if way(1, 2) == first || way(2, 3) == first || way(2, 2).Moves() {
		t.Error("another way is the same")
	}
	if n.shelf.ways.Len() != 4 {
		t.Errorf("%d ways are kept", n.shelf.ways.Len())
	}
	doc := `{"instar":"upcast/v1","from":2,"to":3,"steps":[{"add":{"path":"currency","value":"USD"}}]}`
	if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: 2, To: 3, Text: doc, Revision: 1}); err != nil {
		t.Fatal(err)
	}
	if got := carried(t, way(1, 3), orderV1, orderV3, `{"id":"a","qty":2}`); got != `{"id":"a","quantity":2,"currency":"USD"}` {
		t.Errorf("after another revision the event became %s", got)
	}
	if got := carried(t, first, orderV1, orderV3, `{"id":"a","qty":2}`); got != `{"id":"a","quantity":2,"currency":"EUR"}` {
		t.Errorf("the old way gives %s", got)
	}
}

// TestWaysOverReferences: equal versions whose references lead to other schemas
// in another context have another way.
func TestWaysOverReferences(t *testing.T) {
	ctx := t.Context()
	n := start(t, newMemLog())
	v := func(field string) string {
		return `{"type":"record","name":"R","fields":[{"name":"` + field + `","type":"M"}]}`
	}
	ref := func(c *Register) { c.References = []schema.Reference{{Name: "M", Subject: "m", Version: 1}} }
	seen := map[*Way]bool{}
	for context, symbol := range map[string]string{":.:": "A", ":.c:": "B"} {
		m := `{"type":"enum","name":"M","symbols":["` + symbol + `"]}`
		n.must(context+"m", m)
		n.must(context+"r", v("a"), ref)
		n.must(context+"r", v("b"), ref, func(c *Register) { c.Upcaster = `{"steps":[{"rename":{"from":"a","to":"b"}}]}` })
		w, err := n.Way(ctx, ParseName(context+"r"), 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		docs := []schema.Document{{Name: "M", Text: m}}
		in, err := parsedAvro(t, v("a"), docs).Encode([]byte(`{"a":"` + symbol + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		out, err := w.Carry(ctx, &upcast.Envelope{}, in)
		if err != nil || out.Failure != nil {
			t.Fatal(err, out.Failure)
		}
		if image, err := parsedAvro(t, v("b"), docs).Decode(out.Events[0].Event); err != nil || string(image) != `{"b":"`+symbol+`"}` {
			t.Errorf("%s became %s, %v", symbol, image, err)
		}
		if again, err := n.Way(ctx, ParseName(context+"r"), 1, 2); err != nil || again != w || seen[w] {
			t.Errorf("%s: another way, or that of the other context: %v", context, err)
		}
		seen[w] = true
	}
	a, b := n.State().Subject(ParseName(":.:r")), n.State().Subject(ParseName(":.c:r"))
	if a.Versions[0].Content.Identity != b.Versions[0].Content.Identity {
		t.Error("the contents differ, so nothing is tested")
	}
}

func parsedAvro(t *testing.T, text string, docs []schema.Document) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(text, docs, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestProofsEndWithTheirRequest: a request that is over is told so, and what it
// began is not kept.
func TestProofsEndWithTheirRequest(t *testing.T) {
	shelf := newShelf(schema.DefaultLimits(), NopObserver{}, time.Now)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	other := errors.New("other")
	for _, c := range []struct {
		ctx  context.Context
		err  error
		code Code
	}{{cancelled, context.Canceled, Canceled}, {late, context.DeadlineExceeded, Unavailable}} {
		var e *Error
		if err := (inquiry{shelf, c.ctx}).ended(c.err); !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%v became %v", c.err, err)
		}
		if err := (inquiry{shelf, c.ctx}).ended(other); err != other { //nolint:errorlint // as it came
			t.Errorf("another error became %v", err)
		}
		if _, err := shelf.during(c.ctx).Prove(nil, parsedAvro(t, orderV1, nil), parsedAvro(t, orderV1, nil), nil); !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("a proof in a request that is over: %v", err)
		}
	}
	if shelf.hops.Len() != 0 {
		t.Error("a proof that was broken off is kept")
	}
}

// TestWaysDown: events of a newer version become events of an older one by the
// ways back, fused like those up; a hop without one is a gap that says why.
func TestWaysDown(t *testing.T) {
	n := start(t, newMemLog())
	o := ParseName("o")
	n.configure(o, Config{Compatibility: "NONE"})
	wide := strings.Replace(orderV2, `"long"`, `"int"`, 1) // renamed, not widened
	last := strings.Replace(wide, `]}`, `,{"name":"note","type":["null","string"],"default":null}]}`, 1)
	for _, text := range []string{orderV1, wide, last} {
		n.must("o", text)
	}
	if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: 1, To: 2, Text: hopText("1", "2", renameQty)}); err != nil {
		t.Fatal(err)
	}
	w, err := n.Way(t.Context(), o, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := carried(t, w, last, orderV1, `{"id":"a","quantity":2,"note":{"string":"x"}}`); got != `{"id":"a","qty":2}` {
		t.Errorf("down the event became %s", got)
	}
	want := []HopInfo{{From: 3, To: 2}, {From: 2, To: 1}}
	for i, h := range w.Hops {
		if h.From != want[i].From || h.To != want[i].To || (h.Document == "") != (i == 0) || !h.Verdict.Total {
			t.Errorf("hop %d is %+v", i, h)
		}
	}
	if w.Class() != upcast.LossyDown || w.Hops[0].Verdict.Class != upcast.LossyDown || w.Hops[1].Verdict.Class != upcast.Iso {
		t.Errorf("%s from %s and %s", w.Class(), w.Hops[0].Verdict.Class, w.Hops[1].Verdict.Class)
	}
	if up, err := n.Way(t.Context(), o, 1, 3); err != nil || up == w {
		t.Errorf("up is down: %v", err)
	}
	// A one-way hop.
	none := hopText("1", "2", renameQty) + "down: none\n"
	if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: 1, To: 2, Text: none, Revision: 1}); err != nil {
		t.Fatal(err)
	}
	w, err = n.Way(t.Context(), o, 3, 1)
	wantCode(t, err, UpcasterGap, "no way down from version 2 to 1: the document says so")
	if w != nil {
		t.Errorf("%+v", w)
	}
	if _, err := n.Way(t.Context(), o, 3, 2); err != nil {
		t.Error(err)
	}
}

func TestClassesOfWays(t *testing.T) {
	for want, of := range map[upcast.Class][]upcast.Class{
		upcast.Iso: {upcast.Iso, upcast.Iso}, upcast.LossyUp: {upcast.Iso, upcast.LossyUp}, upcast.LossyDown: {upcast.LossyDown},
		upcast.Lossy: {upcast.LossyDown, upcast.Iso, upcast.LossyUp}, upcast.OneWay: {upcast.Lossy, upcast.OneWay},
	} {
		w := &Way{}
		for _, c := range of {
			w.Hops = append(w.Hops, HopInfo{Verdict: upcast.Verdict{Class: c}})
		}
		if got := w.Class(); got != want {
			t.Errorf("%v make %s, not %s", of, got, want)
		}
	}
	if got := (&Way{Hops: []HopInfo{{Verdict: upcast.Verdict{Class: upcast.Lossy}}}}).Class(); got != upcast.Lossy {
		t.Errorf("lossy alone is %s", got)
	}
}
