package registry

import (
	"fmt"
	"slices"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// planOf makes a plan and holds it to what a reader of it demands.
func (n *node) planOf(name string, from, to int) *Plan {
	n.t.Helper()
	p, err := n.Plan(n.t.Context(), "", Target{ParseName(name), from}, Target{ParseName(name), to})
	if err != nil {
		n.t.Fatal(err)
	}
	loaded, err := plan.Load(string(p.Text))
	if err != nil || loaded.Hash() != p.Hash {
		n.t.Fatalf("%v: %s", err, p.Text)
	}
	return p
}

// TestPlansAreFoundAnywhere: a plan that one node gave is found by its hash on
// another one, which has nothing but the log, whatever its documents have become
// since.
func TestPlansAreFoundAnywhere(t *testing.T) {
	ctx := t.Context()
	log := newMemLog()
	n := bridgedOrders(t, log, "NONE")
	o := ParseName("o")
	add := func(from, revision int, value string) {
		t.Helper()
		doc := fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[{"add":{"path":"currency","value":%q}}]}`, from, from+1, value)
		if _, err := n.AddUpcaster(ctx, by, AddUpcaster{Name: o, From: from, To: from + 1, Text: doc, Revision: revision}); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]*Plan{}
	keep := func(what string, from, to int) { want[what] = n.planOf("o", from, to) }
	keep("one hop", 1, 2)
	keep("first", 1, 3)
	keep("down", 3, 2)
	add(2, 1, "USD")
	keep("second", 1, 3)
	add(2, 2, "CHF")
	keep("third", 1, 3)
	n.configure(ParseName("p"), Config{Compatibility: "NONE"})
	n.must("p", orderV1)
	n.must("p", orderV1+" ")
	n.must("p", `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"qty","type":"int"},{"name":"x","type":"int","default":1}]}`)
	want["derived"] = n.planOf("p", 1, 2)
	hashes := map[string]bool{}
	for what, p := range want {
		if hashes[p.Hash] {
			t.Errorf("%s has the hash of another plan", what)
		}
		hashes[p.Hash] = true
	}
	other := start(t, log)
	for what, p := range want {
		got, err := other.PlanByHash(ctx, p.Hash, PlanPlace{}, nil)
		if err != nil || string(got.Text) != string(p.Text) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := other.PlanByHash(ctx, p.Hash, PlanPlace{}, func(n Name) bool { return n.Subject == "q" }); err == nil {
			t.Errorf("%s is shown to a caller who sees no subject of it", what)
		}
		if _, err := other.PlanByHash(ctx, p.Hash, PlanPlace{From: 2, To: 1}, nil); err == nil {
			t.Errorf("%s is found between other versions", what)
		}
	}
	_, err := other.PlanByHash(ctx, "sha256:0", PlanPlace{}, nil)
	wantCode(t, err, PlanNotFound, "sha256:0")
	made := other.shelf.written.Len()
	if _, err := other.PlanByHash(ctx, "sha256:1", PlanPlace{}, nil); err == nil || other.shelf.written.Len() != made {
		t.Errorf("the second search made %d plans more", other.shelf.written.Len()-made)
	}
	restored, err := DecodeState(EncodeState(n.State()))
	if err != nil || !slices.Equal(restored.Upcasters(o).moments(1, 3), n.State().Upcasters(o).moments(1, 3)) {
		t.Errorf("the snapshot lost the times of documents: %v", err)
	}
}

// TestPlansThatAreNone: a way without a portable plan is carried out all the same,
// and says why it has none.
func TestPlansThatAreNone(t *testing.T) {
	n := bridgedOrders(t, newMemLog(), "NONE")
	_, err := n.Plan(t.Context(), "", Target{ParseName("o"), 2}, Target{ParseName("o"), 2})
	wantCode(t, err, InvalidArgument, "version 2 is both")
	doc := `{"instar":"upcast/v1","from":2,"to":3,"steps":[{"add":{"path":"currency","value":"USD"}},{"rekey":{"expr":"bytes(event.id)"}}]}`
	if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: ParseName("o"), From: 2, To: 3, Text: doc, Revision: 1}); err != nil {
		t.Fatal(err)
	}
	_, err = n.Plan(t.Context(), "", Target{ParseName("o"), 1}, Target{ParseName("o"), 3})
	wantCode(t, err, NotYet, "beside the event")
	w, err := n.Way(t.Context(), ParseName("o"), 1, 3)
	if err != nil || n.PlanHash(w) != "" {
		t.Errorf("%v", err)
	}
	if got := carried(t, w, orderV1, orderV3, `{"id":"a","qty":2}`); got != `{"id":"a","quantity":2,"currency":"USD"}` {
		t.Error(got)
	}
}

// TestTheSearchForPlansEnds: a search makes so many plans, and goes on where it
// ended.
func TestTheSearchForPlansEnds(t *testing.T) {
	n := start(t, newMemLog())
	n.configure(ParseName("s"), Config{Compatibility: "NONE"})
	const versions = 18 // 306 ways
	for i := range versions {
		n.must("s", fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"id","type":"string"},{"name":"n","type":"int","default":%d}]}`, i))
	}
	_, err := n.PlanByHash(t.Context(), "sha256:0", PlanPlace{}, nil)
	wantCode(t, err, UpcasterLimit, "name its subject")
	_, err = n.PlanByHash(t.Context(), "sha256:0", PlanPlace{}, nil)
	wantCode(t, err, PlanNotFound, "not found")
	if got := n.shelf.written.Len(); got != versions*(versions-1) {
		t.Errorf("%d ways were looked at", got)
	}
}
