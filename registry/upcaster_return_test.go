package registry

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast"
)

// returned has events that leave subject a at version 2 for b, and come back as
// version 3: field by field a1, a2, b1, b2, a3, a4.
func returned(t *testing.T, log *memLog) *node {
	t.Helper()
	n := start(t, log)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	version := func(subject string, i int) {
		n.must(subject, record(strings.ToUpper(subject), fmt.Sprintf("%s%d", subject, i)))
	}
	for _, subject := range []string{"a", "b"} {
		n.configure(ParseName(subject), Config{Compatibility: "NONE"})
		version(subject, 1)
		version(subject, 2)
	}
	must(n.leads("a", 1, 2, 0, nextText(1, renameStep("a1", "a2"))))
	must(n.leads("b", 1, 2, 0, nextText(1, renameStep("b1", "b2"))))
	must(n.leads("a", 2, 1, 0, away(2, "b", 1, renameStep("a2", "b1"))))
	version("a", 3)
	must(n.leads("b", 2, 3, 0, away(2, "a", 3, renameStep("b2", "a3"))))
	version("a", 4)
	must(n.leads("a", 3, 4, 0, nextText(3, renameStep("a3", "a4"))))
	return n
}

// TestThereAndBack: an event may come back to its subject, at a later version than it
// left at; only the same version again is a circle.
func TestThereAndBack(t *testing.T) {
	ctx := t.Context()
	log := newMemLog()
	n := returned(t, log)
	a, b := ParseName("a"), ParseName("b")
	for over, ends := range map[string][2]Target{
		"a/1 a/2 b/1 b/2 a/3 a/4": {{a, 1}, {a, 4}},
		"a/2 b/1 b/2 a/3":         {{a, 2}, {a, 3}},
		"a/4 a/3 b/2 b/1 a/2 a/1": {{a, 4}, {a, 1}},
		"b/1 b/2 a/3":             {{b, 1}, {a, 3}},
		"b/2 b/1 a/2 a/1":         {{b, 2}, {a, 1}},
		"a/1 a/2 b/1 b/2":         {{a, 1}, {b, 2}},
	} {
		w, err := n.WayOf(ctx, "", ends[0], ends[1])
		if err != nil || hops(w) != over || w.Class() != upcast.Iso {
			t.Errorf("%s: %v, %v", over, w, err)
			continue
		}
		field := func(t Target) string { return fmt.Sprintf("%s%d", t.Name.Subject, t.Version) }
		text := func(t Target) string { return record(strings.ToUpper(t.Name.Subject), field(t)) }
		if got := carried(t, w, text(ends[0]), text(ends[1]), fmt.Sprintf(`{%q:7}`, field(ends[0]))); got != fmt.Sprintf(`{%q:7}`, field(ends[1])) {
			t.Errorf("%s gives %s", over, got)
		}
	}
	for _, back := range []int{1, 2} {
		err := n.leads("a", 4, back, 0, away(4, "a", back, renameStep("a4", fmt.Sprintf("a%d", back))))
		if err == nil {
			t.Errorf("a/4 leads to a/%d", back)
		}
	}
	n.must("b", record("B", "b3"))
	wantCode(t, n.leads("a", 4, 1, 0, away(4, "b", 1, renameStep("a4", "b1"))), UpcasterCycle, "a/4 → b/1 → b/2 → a/3 → a/4")
	if err := n.leads("a", 4, 3, 0, away(4, "b", 3, renameStep("a4", "b3"))); err != nil { // beyond where it left
		t.Error(err)
	}
	if to := n.State().Destination(Target{a, 1}); to != b {
		t.Errorf("events of a/1 end in %s", to)
	}
}

// TestReachThereAndBack: coverage and sources follow events that come back, in both
// directions.
func TestReachThereAndBack(t *testing.T) {
	ctx := t.Context()
	n := returned(t, newMemLog())
	a, b := ParseName("a"), ParseName("b")
	c, err := n.Coverage(ctx, a, 4)
	if err != nil || len(c.Versions) != 4 || len(c.Others) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, v := range slices.Concat(c.Versions, c.Others) {
		if !v.To.Reachable || !v.Back.Reachable || v.To.Class != upcast.Iso || v.To.Gap != "" {
			t.Errorf("%+v", v)
		}
	}
	if c, err = n.Coverage(ctx, a, 1); err != nil || !c.Versions[3].To.Reachable || !c.Versions[3].Back.Reachable {
		t.Errorf("%+v, %v", c, err)
	}
	for target, want := range map[Target]int{{a, 4}: 6, {a, 1}: 6, {b, 2}: 6} {
		sources, err := n.Sources(ctx, target)
		if err != nil || len(sources) != want {
			t.Errorf("%v has %d sources, %v", target, len(sources), err)
		}
	}
}

// TestPlansOfThePast: a plan over subjects that documents led between once is found by
// its hash on a node that has nothing but the log, and so is one in a subject that
// events leave today.
func TestPlansOfThePast(t *testing.T) {
	ctx := t.Context()
	log := newMemLog()
	n := renamedSubjects(t, log)
	a := ParseName("a")
	want := map[string]*Plan{}
	keep := func(what, from string, v int, to string, w int) {
		t.Helper()
		p, err := n.Plan(ctx, "", Target{ParseName(from), v}, Target{ParseName(to), w})
		if err != nil {
			t.Fatal(what, err)
		}
		want[what] = p
	}
	keep("up", "a", 1, "c", 2)
	keep("down", "c", 1, "a", 2)
	if err := n.leads("a", 2, 2, 1, away(2, "b", 2, renameStep("a2", "b2")+`,{"rename":{"from":"b2","to":"b"}},{"rename":{"from":"b","to":"b2"}}`)); err != nil {
		t.Fatal(err)
	}
	keep("superseded on the way", "a", 1, "b", 3)
	if _, err := n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: a, From: 2, To: 2}); err != nil {
		t.Fatal(err)
	}
	n.must("a", record("A", "a3"))
	if err := n.leads("a", 2, 3, 0, nextText(2, renameStep("a2", "a3"))); err != nil {
		t.Fatal(err)
	}
	keep("in the subject", "a", 1, "a", 3)
	if _, err := n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: a, From: 2, To: 3}); err != nil {
		t.Fatal(err)
	}
	n.must("d", record("D", "a4"))
	if err := n.leads("b", 3, 1, 1, away(3, "c", 1, renameStep("b3", "c1")+`,{"rename":{"from":"c1","to":"c"}},{"rename":{"from":"c","to":"c1"}}`)); err != nil {
		t.Fatal(err)
	}
	other := start(t, log)
	for what, p := range want {
		got, err := other.PlanByHash(ctx, p.Hash, PlanPlace{}, nil)
		if err != nil || string(got.Text) != string(p.Text) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := other.PlanByHash(ctx, p.Hash, PlanPlace{}, func(n Name) bool { return n.Subject == "d" }); err == nil {
			t.Errorf("%s is shown to a caller who sees no subject of it", what)
		}
		again, err := other.PlanByHash(ctx, p.Hash, PlanPlace{}, nil) // known by its hash now
		if err != nil || string(again.Text) != string(p.Text) {
			t.Errorf("%s, again: %v", what, err)
		}
	}
	_, err := other.PlanByHash(ctx, "sha256:0", PlanPlace{}, nil)
	wantCode(t, err, PlanNotFound, "not found")
	back := returned(t, newMemLog())
	p, err := back.Plan(ctx, "", Target{a, 1}, Target{a, 4})
	if err != nil {
		t.Fatal(err)
	}
	other = start(t, back.log)
	for range 2 {
		if got, err := other.PlanByHash(ctx, p.Hash, PlanPlace{}, nil); err != nil || string(got.Text) != string(p.Text) {
			t.Errorf("there and back: %v", err)
		}
	}
}
