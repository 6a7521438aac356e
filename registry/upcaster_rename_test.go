package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast"
)

// record is a schema with one field.
func record(name, field string) string {
	return fmt.Sprintf(`{"type":"record","name":%q,"fields":[{"name":%q,"type":"int"}]}`, name, field)
}

// nextText is a document of two neighbours, and away one that leads to another
// subject.
func nextText(from int, steps string) string {
	return fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[%s]}`, from, from+1, steps)
}

func away(from int, subject string, version int, steps string) string {
	to := fmt.Sprintf(`{"subject":%q,"version":%d}`, subject, version)
	return fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%s,"steps":[%s,{"renameType":{"to":%s}}]}`, from, to, steps, to)
}

func renameStep(from, to string) string {
	return fmt.Sprintf(`{"rename":{"from":%q,"to":%q}}`, from, to)
}

// leads registers a document.
func (n *node) leads(subject string, from, to, revision int, text string) error {
	_, err := n.AddUpcaster(n.t.Context(), by, AddUpcaster{Name: ParseName(subject), From: from, To: to, Text: text, Revision: revision})
	return err
}

// renamedSubjects has three subjects of two or three versions each: events of a/2 go
// on as b/2, those of b/3 as c/1. Field by field, a1 becomes a2, b2, b3, c1, c2.
func renamedSubjects(t *testing.T, log *memLog) *node {
	t.Helper()
	n := start(t, log)
	for subject, versions := range map[string]int{"a": 2, "b": 3, "c": 2} {
		n.configure(ParseName(subject), Config{Compatibility: "NONE"})
		for i := 1; i <= versions; i++ {
			n.must(subject, record(strings.ToUpper(subject), fmt.Sprintf("%s%d", subject, i)))
		}
	}
	for _, err := range []error{
		n.leads("a", 1, 2, 0, nextText(1, renameStep("a1", "a2"))),
		n.leads("b", 1, 2, 0, nextText(1, renameStep("b1", "b2"))),
		n.leads("b", 2, 3, 0, nextText(2, renameStep("b2", "b3"))),
		n.leads("c", 1, 2, 0, nextText(1, renameStep("c1", "c2"))),
		n.leads("a", 2, 2, 0, away(2, "b", 2, renameStep("a2", "b2"))),
		n.leads("b", 3, 1, 0, away(3, "c", 1, renameStep("b3", "c1"))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// hops names the versions that a way leads over.
func hops(w *Way) string {
	out := ""
	for i, h := range w.Hops {
		if i == 0 {
			out = fmt.Sprintf("%s/%d", h.Source, h.From)
		}
		out += fmt.Sprintf(" %s/%d", h.Target, h.To)
	}
	return out
}

// TestWaysOverSubjects: a way leads up through the subjects that documents take
// events to, down again, and over both to where two subjects come together.
func TestWaysOverSubjects(t *testing.T) {
	ctx := t.Context()
	n := renamedSubjects(t, newMemLog())
	for _, c := range []struct {
		from, to string
		version  [2]int
		over     string
	}{
		{"a", "c", [2]int{1, 2}, "a/1 a/2 b/2 b/3 c/1 c/2"},
		{"c", "a", [2]int{2, 1}, "c/2 c/1 b/3 b/2 a/2 a/1"},
		{"a", "b", [2]int{2, 3}, "a/2 b/2 b/3"},
		{"a", "b", [2]int{1, 1}, "a/1 a/2 b/2 b/1"}, // up, and down from where they meet
		{"b", "a", [2]int{1, 2}, "b/1 b/2 a/2"},
		{"b", "b", [2]int{1, 3}, "b/1 b/2 b/3"},
		{"b", "b", [2]int{3, 1}, "b/3 b/2 b/1"},
		{"c", "b", [2]int{1, 3}, "c/1 b/3"},
	} {
		from, to := Target{ParseName(c.from), c.version[0]}, Target{ParseName(c.to), c.version[1]}
		w, err := n.WayOf(ctx, "", from, to)
		if err != nil {
			t.Errorf("%s: %v", c.over, err)
			continue
		}
		if got := hops(w); got != c.over || w.Class() != upcast.Iso || w.Verdict() != upcast.Proved {
			t.Errorf("%s is %s, %s, %s", c.over, got, w.Class(), w.Verdict())
		}
		field := func(t Target) string { return fmt.Sprintf("%s%d", t.Name.Subject, t.Version) }
		text := func(t Target) string { return record(strings.ToUpper(t.Name.Subject), field(t)) }
		if got := carried(t, w, text(from), text(to), fmt.Sprintf(`{%q:7}`, field(from))); got != fmt.Sprintf(`{%q:7}`, field(to)) {
			t.Errorf("%s gives %s", c.over, got)
		}
		again, err := n.WayOf(ctx, "", from, to)
		if err != nil || again != w {
			t.Errorf("%s is not remembered: %v", c.over, err)
		}
	}
	st := n.State()
	if to := st.Destination(Target{ParseName("a"), 1}); to != ParseName("c") {
		t.Errorf("events of a end in %s", to)
	}
	n.must("d", record("D", "d1"))
	_, err := n.WayOf(ctx, "", Target{ParseName("a"), 1}, Target{ParseName("d"), 1})
	wantCode(t, err, UpcasterGap, "no way from version 1 of subject 'a' to version 1 of subject 'd'")
}

// TestReachOverSubjects: coverage and sources know the versions of other subjects,
// up and down, and what is lost on the way.
func TestReachOverSubjects(t *testing.T) {
	ctx := t.Context()
	n := renamedSubjects(t, newMemLog())
	lossy := away(2, "b", 2, `{"convert":{"path":"a2","to":"int","expr":"this < 0 ? 0 : this"}},`+renameStep("a2", "b2"))
	if err := n.leads("a", 2, 2, 1, lossy); err != nil {
		t.Fatal(err)
	}
	c, err := n.Coverage(ctx, ParseName("c"), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range c.Others {
		got = append(got, fmt.Sprintf("%s/%d %s %t", r.Name, r.Version, r.To.Class, r.Back.Reachable))
	}
	want := []string{"b/1 iso true", "b/2 iso true", "b/3 iso true", "a/1 one-way false", "a/2 one-way false"}
	if !slices.Equal(got, want) {
		t.Errorf("coverage of c/2: %q", got)
	}
	for target, want := range map[Target][]string{
		{ParseName("c"), 2}: {"a/1 one-way", "a/2 one-way", "b/1 iso", "b/2 iso", "b/3 iso", "c/1 iso", "c/2 iso"},
		{ParseName("b"), 1}: {"a/1 one-way", "a/2 one-way", "b/1 iso", "b/2 iso", "b/3 iso", "c/1 iso", "c/2 iso"},
		{ParseName("a"), 2}: {"a/1 iso", "a/2 iso"}, // nothing comes back
	} {
		list, err := n.Sources(ctx, target)
		var got []string
		for _, s := range list {
			got = append(got, fmt.Sprintf("%s/%d %s", s.Name, s.Version.Number, s.Path.Class))
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("sources of %v: %q, %v", target, got, err)
		}
	}
}

// TestRenamedSubjects: what a document that leads to another subject is held to, and
// what rests on it.
func TestRenamedSubjects(t *testing.T) {
	ctx := t.Context()
	log := newMemLog()
	n := renamedSubjects(t, log)
	a, b, c := ParseName("a"), ParseName("b"), ParseName("c")
	wantCode(t, n.leads("c", 2, 1, 0, away(2, "a", 1, renameStep("c2", "a1"))), UpcasterCycle, "c/2 → a/1 → a/2 → b/2 → b/3 → c/1 → c/2")
	wantCode(t, n.leads("a", 2, 3, 0, away(2, "b", 3, renameStep("a2", "b3"))), UpcasterExists, "go to version 2 of subject 'b'")
	wantCode(t, n.leads("c", 1, 1, 0, away(1, "b", 1, renameStep("c1", "b1"))), InvalidUpcaster, "from the newest version")
	_, err := n.register("a", record("A", "a3"), func(c *Register) { c.Upcaster = `{"steps":[` + renameStep("a2", "a3") + `]}` })
	wantCode(t, err, InvalidUpcaster, "no events to lead")
	wantCode(t, n.purge(b, 2), UpcasterBridges, "leads to version 2 of subject 'b'")
	wantCode(t, n.purge(a, 2), UpcasterBridges, "go to version 2 of subject 'b'")

	// A later version is no way on, as long as events leave before it.
	n.must("a", record("A", "a3"))
	wantCode(t, n.leads("a", 2, 3, 0, nextText(2, renameStep("a2", "a3"))), UpcasterExists, "go to version 2 of subject 'b'")
	_, err = n.Way(ctx, a, 1, 3)
	wantCode(t, err, UpcasterGap, "no way from version 2 to 3: events of version 2 leave the subject")
	coverage, err := n.Coverage(ctx, a, 3)
	if err != nil || coverage.Versions[1].To.Reachable || !strings.Contains(coverage.Versions[1].To.Gap, "leave the subject by the upcaster from version 2 to 2") {
		t.Errorf("%+v, %v", coverage, err)
	}
	if w, err := n.WayOf(ctx, "", Target{a, 1}, Target{c, 2}); err != nil || len(w.Hops) != 5 {
		t.Errorf("%v, %v", w, err)
	}

	// The state keeps it, and so do snapshots and replays; a plan is found on any node.
	plan, err := n.Plan(ctx, "", Target{c, 2}, Target{a, 1})
	if err != nil {
		t.Fatal(err)
	}
	restored, err := DecodeState(EncodeState(n.State()))
	if err != nil || restored.Digest() != n.State().Digest() {
		t.Errorf("the snapshot lost where events go: %v", err)
	}
	if findings, err := n.Verify(ctx, true); err != nil || len(findings) != 0 {
		t.Errorf("%v, %v", findings, err)
	}
	other := start(t, log)
	if w, err := other.WayOf(ctx, "", Target{a, 1}, Target{c, 2}); err != nil || hops(w) != "a/1 a/2 b/2 b/3 c/1 c/2" {
		t.Errorf("on another node: %v, %v", w, err)
	}
	if p, err := other.PlanByHash(ctx, plan.Hash, PlanPlace{}, nil); err != nil || string(p.Text) != string(plan.Text) {
		t.Errorf("on another node the plan is %v, %v", p, err)
	}
	_, err = n.PlanByHash(context.Background(), plan.Hash, PlanPlace{}, func(n Name) bool { return n != b })
	wantCode(t, err, PlanNotFound, "not found")

	// Withdrawn, events stay in the subject.
	if _, err := n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: a, From: 2, To: 2}); err != nil {
		t.Fatal(err)
	}
	if err := n.leads("a", 2, 3, 0, nextText(2, renameStep("a2", "a3"))); err != nil {
		t.Error(err)
	}
	if w, err := n.Way(ctx, a, 1, 3); err != nil || hops(w) != "a/1 a/2 a/3" {
		t.Errorf("%v, %v", w, err)
	}
	wantCode(t, n.purge(b, 3), UpcasterBridges, "go to version 1 of subject 'c'")
	if _, err := n.DeleteVersion(ctx, by, DeleteVersion{Name: b, Version: 2, Permanent: true}); err != nil { // nothing leads there any more
		t.Error(err)
	}
	if w, err := n.WayOf(ctx, "", Target{b, 1}, Target{c, 1}); err != nil || hops(w) != "b/1 b/3 c/1" {
		t.Errorf("%v, %v", w, err)
	}
}
