package registry

import (
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestDrafts: a draft is in no plan, is replaced by the next one and by the
// revision that becomes active, and its text goes with it.
func TestDrafts(t *testing.T) {
	ctx := t.Context()
	log := newMemLog()
	n := orders(t, log)
	o := ParseName("o")
	put := func(text string, revision int, draft bool) (UpcasterAdded, error) {
		return n.AddUpcaster(ctx, by, AddUpcaster{Name: o, From: 1, To: 2, Text: text, Revision: revision, Draft: draft})
	}
	texts := func(want ...string) {
		t.Helper()
		for _, text := range []string{"# 1\n", "# 2\n", "# 3\n"} {
			kept := false
			for _, w := range want {
				kept = kept || w == text
			}
			h := textHash(text + hopText("1", "2", renameQty))
			if uses, _ := n.State().texts.Get(string(h[:])); (uses > 0) != kept {
				t.Errorf("the text %q is used %d times", text, uses)
			}
			if found, err := log.Texts(ctx, []Hash{h}); err != nil || (len(found) > 0) != kept {
				t.Errorf("the text %q is stored: %v, %v", text, found, err)
			}
		}
	}
	doc := func(mark string) string { return mark + hopText("1", "2", renameQty) }
	first, err := put(doc("# 1\n"), 0, true)
	if err != nil || first.State != DraftUpcaster || first.Revision != 1 || !first.Created {
		t.Fatalf("%+v, %v", first, err)
	}
	texts("# 1\n")
	_, err = n.Way(ctx, o, 1, 2)
	wantCode(t, err, UpcasterGap, "")
	second, err := put(doc("# 2\n"), 1, true)
	if err != nil || second.Revision != 1 || !second.Created {
		t.Fatalf("%+v, %v", second, err)
	}
	texts("# 2\n")
	if _, err = put(doc("# 3\n"), 0, false); err != nil {
		t.Fatal(err)
	}
	texts("# 3\n")
	if third, err := put(doc("# 1\n"), 0, true); err != nil || third.Revision != 2 {
		t.Fatalf("a draft beside the active one: %+v, %v", third, err)
	}
	texts("# 1\n", "# 3\n")
	restored, err := DecodeState(EncodeState(n.State()))
	if err != nil || restored.Upcasters(o).Draft(1, 2) == nil || start(t, log).State().Digest() != n.State().Digest() {
		t.Errorf("another node or the snapshot lost the draft: %v", err)
	}
	if dropped, err := n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: o, From: 1, To: 2, Draft: true}); err != nil || dropped != 2 {
		t.Fatalf("%d, %v", dropped, err)
	}
	texts("# 3\n")
	_, err = n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: o, From: 1, To: 2, Draft: true})
	wantCode(t, err, UpcasterNotFound, "No draft")
}

// TestBridgesLeanOnHops: a version that was let in because of a way over several
// hops keeps each of them from being withdrawn or weakened.
func TestBridgesLeanOnHops(t *testing.T) {
	ctx := t.Context()
	n := start(t, newMemLog())
	o := ParseName("o")
	level := func(level string) {
		t.Helper()
		if _, err := n.SetConfig(ctx, by, SetConfig{Scope: o, Patch: ConfigPatch{Set: Config{Compatibility: level}}}); err != nil {
			t.Fatal(err)
		}
	}
	record := func(field string) string {
		return `{"type":"record","name":"Order","fields":[{"name":"` + field + `","type":"int"}]}`
	}
	level("NONE")
	n.must("o", record("a"))
	n.must("o", record("b"))
	doc := func(steps, more string) string {
		return "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n" + steps + more
	}
	add := func(cmd AddUpcaster) error {
		cmd.Name, cmd.From, cmd.To = o, 1, 2
		_, err := n.AddUpcaster(ctx, by, cmd)
		return err
	}
	const rename = "  - rename: {from: a, to: b}\n"
	if err := add(AddUpcaster{Text: doc(rename, "")}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: o, From: 1, To: 2}); err != nil {
		t.Fatalf("nothing leans on it yet: %v", err)
	}
	if err := add(AddUpcaster{Text: doc(rename, "")}); err != nil {
		t.Fatal(err)
	}
	level("FULL_TRANSITIVE")
	if _, err := n.Register(ctx, by, Register{Name: o, Format: schema.Avro, Text: record("c"), Upcaster: `{"steps":[{"rename":{"from":"b","to":"c"}}]}`}); err != nil {
		t.Fatal(err)
	}
	_, err := n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: o, From: 1, To: 2})
	wantCode(t, err, UpcasterBridges, "bridges version 3")
	wantCode(t, add(AddUpcaster{Text: doc(rename, "down: none\n"), Revision: 2}), UpcasterBelowVerdict, "way down")
	const partial = rename + "  - narrow: {path: b, min: 0, mode: else, else: deadLetter}\n"
	wantCode(t, add(AddUpcaster{Text: doc(partial, ""), Revision: 2}), UpcasterBelowVerdict, "dead letter")
	if err := add(AddUpcaster{Text: doc(partial, ""), Revision: 2, AcceptPartial: true}); err != nil {
		t.Fatal(err)
	}
	if x := n.State().Upcasters(o).Active(1, 2); x.Revision != 3 || !x.Partial || x.Bridges {
		t.Errorf("%+v", x)
	}
	if x := n.State().Upcasters(o).Active(2, 3); x.Since != 1 || !x.Down || x.Author != by.Principal {
		t.Errorf("%+v", x)
	}
}

// TestLeastVerdict: only a proved document becomes active, unless the
// configuration asks for less; a refuted one never does.
func TestLeastVerdict(t *testing.T) {
	n := orders(t, newMemLog())
	o := ParseName("o")
	for _, v := range []string{"tested", "PROVED", ""} {
		c, err := n.SetConfig(t.Context(), by, SetConfig{Scope: o, Patch: ConfigPatch{Set: Config{UpcasterVerdict: v}}})
		if err != nil || v == "tested" && c.UpcasterVerdict != "TESTED" {
			t.Errorf("%q: %+v, %v", v, c, err)
		}
	}
	_, err := n.SetConfig(t.Context(), by, SetConfig{Scope: o, Patch: ConfigPatch{Set: Config{UpcasterVerdict: "REFUTED"}}})
	wantCode(t, err, InvalidLevel, "upcasterVerdict")
}

// TestForwardBridges: where only old readers count, the way down is what bridges,
// and a way up alone does not.
func TestForwardBridges(t *testing.T) {
	ctx := t.Context()
	n := start(t, newMemLog())
	o := ParseName("o")
	if _, err := n.SetConfig(ctx, by, SetConfig{Scope: o, Patch: ConfigPatch{Set: Config{Compatibility: "FORWARD"}}}); err != nil {
		t.Fatal(err)
	}
	n.must("o", `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"note","type":"string"}]}`)
	register := func(document string) error {
		_, err := n.Register(ctx, by, Register{
			Name: o, Format: schema.Avro, Upcaster: document,
			Text: `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}`,
		})
		return err
	}
	if err := register(""); err == nil {
		t.Fatal("old readers need the field that is gone")
	}
	wantCode(t, register(`{"down":"none","steps":[{"drop":{"path":"note"}}]}`), UpcasterBelowVerdict, "way down")
	wantCode(t, register(`{"steps":[{"drop":{"path":"note"}}]}`), UpcasterBelowVerdict, "way down")
	if err := register(`{"steps":[{"drop":{"path":"note","restore":{"value":""}}}]}`); err != nil {
		t.Fatal(err)
	}
	if x := n.State().Upcasters(o).Active(1, 2); x == nil || !x.Bridges || !x.Down {
		t.Errorf("%+v", x)
	}
}
