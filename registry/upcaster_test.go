package registry

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast"
)

const (
	orderV1 = `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"qty","type":"int"}]}`
	orderV2 = `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"quantity","type":"long"}]}`
	orderV3 = `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"quantity","type":"long"},{"name":"currency","type":"string"}]}`
)

// orders makes a subject with three versions that break each other.
func orders(t *testing.T, log *memLog) *node {
	t.Helper()
	n := start(t, log)
	if _, err := n.SetConfig(t.Context(), by, SetConfig{Scope: ParseName("o"), Patch: ConfigPatch{Set: Config{Compatibility: "NONE"}}}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{orderV1, orderV2, orderV3} {
		n.must("o", text)
	}
	return n
}

func hopText(from, to string, steps string) string {
	return "instar: upcast/v1\nsubject: o\nfrom: " + from + "\nto: " + to + "\nsteps:\n" + steps
}

const (
	renameQty   = "  - rename: {from: qty, to: quantity}\n"
	addCurrency = "  - add: {path: currency, value: EUR}\n"
)

func TestUpcasters(t *testing.T) {
	ctx := context.Background()
	log := newMemLog()
	n := orders(t, log)
	o := ParseName("o")
	add := func(from, to int, text string) (UpcasterAdded, error) {
		return n.AddUpcaster(ctx, by, AddUpcaster{Name: o, From: from, To: to, Text: text})
	}

	if _, err := n.Way(ctx, o, 1, 3); err == nil {
		t.Fatal("a way without upcasters")
	} else {
		wantCode(t, err, UpcasterGap, "from version 1 to 2")
	}
	first, err := add(1, 2, hopText("1", "2", renameQty))
	if err != nil || !first.Created || first.Revision != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := add(1, 2, "# the same\n"+hopText("1", "2", renameQty)); err != nil || again.Created || again.Revision != 1 {
		t.Errorf("the same document again: %+v, %v", again, err)
	}
	if _, err = add(2, 3, hopText("2", "3", addCurrency)); err != nil {
		t.Fatal(err)
	}
	w, err := n.Way(ctx, o, 1, 3)
	if err != nil || len(w.Hops) != 2 {
		t.Fatalf("%+v, %v", w, err)
	}
	if got := carried(t, w, orderV1, orderV3, `{"id":"a","qty":2}`); got != `{"id":"a","quantity":2,"currency":"EUR"}` {
		t.Errorf("the event became %s", got)
	}
	c, err := n.Coverage(ctx, o, 0)
	if err != nil || c.Target != 3 || len(c.Versions) != 3 || !c.Versions[0].To.Reachable || c.Versions[0].Back.Reachable || !c.Versions[1].Back.Reachable || len(c.Hops) != 2 {
		t.Errorf("coverage: %+v, %v", c, err)
	}

	// Active revisions are immutable; the next one names the one it supersedes.
	other := hopText("2", "3", "  - add: {path: currency, value: USD}\n")
	_, err = add(2, 3, other)
	wantCode(t, err, UpcasterExists, "Revision 1")
	_, err = n.AddUpcaster(ctx, by, AddUpcaster{Name: o, From: 2, To: 3, Text: other, Revision: 7})
	wantCode(t, err, UpcasterRevision, "not the active one")
	second, err := n.AddUpcaster(ctx, by, AddUpcaster{Name: o, From: 2, To: 3, Text: other, Revision: 1})
	if err != nil || second.Revision != 2 {
		t.Fatalf("%+v, %v", second, err)
	}
	if x, text, err := n.UpcasterText(ctx, o, 2, 3, 1); err != nil || x.State != SupersededUpcaster || text != hopText("2", "3", addCurrency) {
		t.Errorf("the superseded revision: %+v, %q, %v", x, text, err)
	}
	// The way of old events outlives the versions on it.
	if _, err := n.DeleteVersion(ctx, by, DeleteVersion{Name: o, Version: 2}); err != nil {
		t.Fatal(err)
	}
	_, err = n.DeleteVersion(ctx, by, DeleteVersion{Name: o, Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = n.DeleteVersion(ctx, by, DeleteVersion{Name: o, Version: 1, Permanent: true})
	wantCode(t, err, UpcasterBridges, "needs version 1")
	if w, err := n.Way(ctx, o, 1, 3); err != nil || len(w.Hops) != 2 {
		t.Errorf("over a deleted version: %+v, %v", w, err)
	}
	if _, err := n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: o, From: 2, To: 3}); err != nil {
		t.Fatal(err)
	}
	_, err = n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: o, From: 2, To: 3})
	wantCode(t, err, UpcasterNotFound, "")

	// Another node, and a state restored from a snapshot, know the same.
	if b := start(t, log); b.State().Digest() != n.State().Digest() {
		t.Error("another node has another state")
	}
	restored, err := DecodeState(EncodeState(n.State()))
	if err != nil || restored.Digest() != n.State().Digest() || len(restored.Upcasters(o).All) != 3 {
		t.Errorf("the snapshot lost upcasters: %v", err)
	}
}

// carried carries an event over a way, in Avro's JSON encoding.
func carried(t *testing.T, w *Way, from, to, event string) string {
	t.Helper()
	parse := func(text string) *avro.Schema {
		s, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	in, err := parse(from).Encode([]byte(event))
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Carry(context.Background(), &upcast.Envelope{}, in)
	if err != nil || out.Failure != nil {
		t.Fatal(err, out.Failure)
	}
	image, err := parse(to).Decode(out.Events[0].Event)
	if err != nil {
		t.Fatal(err)
	}
	return string(image)
}

func TestRefusedUpcasters(t *testing.T) {
	n := orders(t, newMemLog())
	o := ParseName("o")
	for name, c := range map[string]struct {
		cmd  AddUpcaster
		code Code
		want string
	}{
		"unknown subject":   {AddUpcaster{Name: ParseName("x"), From: 1, To: 2, Text: "a"}, SubjectNotFound, ""},
		"unknown version":   {AddUpcaster{Name: o, From: 1, To: 9, Text: "a"}, VersionNotFound, "9"},
		"not the next":      {AddUpcaster{Name: o, From: 1, To: 3, Text: "a"}, InvalidUpcaster, "comes version 2"},
		"no document":       {AddUpcaster{Name: o, From: 1, To: 2, Text: "steps: ["}, InvalidUpcaster, "line 1"},
		"other versions":    {AddUpcaster{Name: o, From: 1, To: 2, Text: hopText("2", "3", renameQty)}, InvalidUpcaster, "from version 2 to 3"},
		"other subject":     {AddUpcaster{Name: o, From: 1, To: 2, Text: strings.Replace(hopText("1", "2", renameQty), "subject: o", "subject: p", 1)}, InvalidUpcaster, "'p'"},
		"refuted":           {AddUpcaster{Name: o, From: 2, To: 3, Text: hopText("2", "3", "  - rename: {from: id, to: currency}\n")}, UpcasterRefuted, "id has no value"},
		"unknown path":      {AddUpcaster{Name: o, From: 1, To: 2, Text: hopText("1", "2", "  - rename: {from: qyt, to: quantity}\n")}, InvalidUpcaster, "did you mean qty"},
		"later operation":   {AddUpcaster{Name: o, From: 1, To: 2, Text: hopText("1", "2", "  - mergeEvents: {by: x}\n")}, NotYet, "not carried out yet"},
		"a test that fails": {AddUpcaster{Name: o, From: 1, To: 2, Text: hopText("1", "2", renameQty) + "tests: [{name: t, in: {id: a, qty: 1}, out: {id: b, quantity: 1}}]\n"}, UpcasterTestFailed, "the image differs"},
	} {
		_, err := n.AddUpcaster(t.Context(), by, c.cmd)
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Message, c.want) {
			t.Errorf("%s: got %v, want code %d with %q", name, err, c.code, c.want)
		}
	}
	if all := n.State().Upcasters(o).All; len(all) != 0 {
		t.Errorf("refused upcasters are there: %+v", all)
	}
}

// TestProofsFitTheirSubject: a dry run refuses what the registration would.
func TestProofsFitTheirSubject(t *testing.T) {
	n := orders(t, newMemLog())
	o := ParseName("o")
	good := hopText("1", "2", renameQty)
	to := func(target string) string { return strings.Replace(good, "to: 2", "to: "+target, 1) }
	for name, c := range map[string]struct {
		text string
		code Code
		want string
	}{
		"another subject":           {strings.Replace(good, "subject: o", "subject: p", 1), InvalidUpcaster, "about subject 'p', not 'o'"},
		"another context":           {strings.Replace(good, "subject: o", "subject: ':.c:o'", 1), InvalidUpcaster, "':.c:o'"},
		"another subject's version": {to("{subject: p, version: 2}"), InvalidUpcaster, "leads to subject 'p', and no step says so"},
		"a file":                    {to("v2.avsc"), InvalidUpcaster, "name version numbers"},
	} {
		_, err := n.ProveUpcaster(t.Context(), o, c.text, nil)
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Message, c.want) {
			t.Errorf("%s: got %v, want code %d with %q", name, err, c.code, c.want)
		}
	}
	for name, text := range map[string]string{"its own": good, "its own as target": to("{subject: o, version: 2}"), "in full": to("{subject: ':.:o', version: 2}")} {
		if v, err := n.ProveUpcaster(t.Context(), o, text, nil); err != nil || v.Verdict.Outcome != upcast.Proved {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: 1, To: 2, Text: text, DryRun: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
