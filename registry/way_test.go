package registry

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
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
	if way(1, 2) == first || way(2, 3) == first || way(2, 2).Runner != nil {
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
		out, failure, err := w.Runner.Apply(ctx, nil, in, nil)
		if err != nil || failure != nil {
			t.Fatal(err, failure)
		}
		if image, err := parsedAvro(t, v("b"), docs).Decode(out); err != nil || string(image) != `{"b":"`+symbol+`"}` {
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
		if _, err := shelf.during(c.ctx).Prove(nil, parsedAvro(t, orderV1, nil), parsedAvro(t, orderV1, nil)); !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("a proof in a request that is over: %v", err)
		}
	}
	if shelf.hops.Len() != 0 {
		t.Error("a proof that was broken off is kept")
	}
}
