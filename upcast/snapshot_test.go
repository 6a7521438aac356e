package upcast

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestSnapshots: a snapshot is carried by the steps of its own subject, or stale;
// nothing else becomes of it.
func TestSnapshots(t *testing.T) {
	h := hopWith(t, 1, id+`,{"name":"n","type":"int"}`, id+`,{"name":"count","type":"int"}`,
		"steps: [{rename: {from: n, to: count}}, {dropEvent: {when: event.id == 'gone'}}, {set: {path: id, expr: \"event.id == 'bad' ? '' : this\"}}, {narrow: {path: id, minLength: 1, mode: else, else: deadLetter}}]")
	way := runnerFor(t, h)
	document := func(rule string) []*Document {
		d, err := Parse("instar: upcast/v1\nsubject: order-value\nfrom: 3\nto: 4\nsnapshots: " + rule + "\nsteps: []\n")
		if err != nil {
			t.Fatal(err)
		}
		return []*Document{d}
	}
	const in = `{"id":"a","n":3}`
	for name, c := range map[string]struct {
		s     Snapshots
		event []byte
		want  string // in the reason; empty if it is carried
	}{
		"same steps":              {Snapshots{Way: way}, encoded(t, h.from, in), ""},
		"migrate":                 {Snapshots{Way: way, Documents: document("{subject: order-snap, policy: migrate}")}, encoded(t, h.from, in), ""},
		"of another subject":      {Snapshots{Way: way, Documents: document("{subject: other-snap, policy: invalidate}")}, encoded(t, h.from, in), ""},
		"invalidate":              {Snapshots{Way: way, Documents: document("{subject: order-snap, policy: invalidate}")}, encoded(t, h.from, in), "events from version 3 to 4 makes it invalid"},
		"invalidate by default":   {Snapshots{Way: way, Documents: document("{subject: order-snap}")}, encoded(t, h.from, in), "makes it invalid"},
		"no chain":                {Snapshots{}, encoded(t, h.from, in), "no way between"},
		"bytes that are no event": {Snapshots{Way: way}, []byte{0xff}, "input"},
		"dropped":                 {Snapshots{Way: way}, encoded(t, h.from, `{"id":"gone","n":3}`), "drop"},
		"dead letter":             {Snapshots{Way: way}, encoded(t, h.from, `{"id":"bad","n":3}`), "dead"},
	} {
		c.s.Subject, c.s.From, c.s.To = "order-snap", 1, 2
		out, err := c.s.Load(t.Context(), &Envelope{}, c.event)
		var stale *StaleSnapshot
		switch {
		case c.want == "" && (err != nil || !strings.Contains(decodedTo(t, h, out), `"count":3`)):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!errors.Is(err, ErrSnapshotStale) || !errors.As(err, &stale) || stale.From != 1 || stale.To != 2 || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	now := Snapshots{Subject: "order-snap", From: 2, To: 2, Documents: document("{subject: order-snap}")}
	if out, err := now.Load(t.Context(), &Envelope{}, []byte("x")); err != nil || string(out) != "x" {
		t.Errorf("a snapshot of the version itself: %q, %v", out, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := Snapshots{Subject: "order-snap", From: 1, To: 2, Way: way}
	if _, err := s.Load(ctx, &Envelope{}, encoded(t, h.from, in)); !errors.Is(err, context.Canceled) || errors.Is(err, ErrSnapshotStale) {
		t.Errorf("canceled: %v", err)
	}
}

// TestRulesOfDocuments: rules that mean nothing are refused with their place.
func TestRulesOfDocuments(t *testing.T) {
	s := avroSchema(t, id)
	for text, want := range map[string]string{
		"subject: o\nsnapshots: {subject: o}":                                                "of their own (at /snapshots/subject)",
		"context: {c: {type: string, kind: stream, of: {type: T, path: 'a[]'}}}":             "names no one member",
		"context: {c: {type: string, kind: stream, of: {type: T, path: $}}}":                 "names no one member",
		"context: {c: {type: string, kind: stream, of: {type: T, path: a}, keep: smallest}}": "cannot be \"smallest\"",
		"context: {c: {type: blob, kind: stream, of: {type: T, path: a}}}":                   "no type of values",
	} {
		d, err := Parse("instar: upcast/v1\nfrom: 1\nto: 2\nsteps: []\n" + text + "\n")
		if err == nil {
			_, err = Verify(t.Context(), d, s, s)
		}
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Code != Invalid || !strings.Contains(err.Error(), strings.Split(want, " (at")[0]) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
