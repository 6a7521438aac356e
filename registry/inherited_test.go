package registry

import (
	"fmt"
	"testing"
)

// renameRule renames a field up, and back down.
func renameRule(name, from, to string) []Rule {
	expr := func(from, to string) string {
		return fmt.Sprintf(`$merge([$sift($, function($v, $k) {$k != '%s'}), {'%s': %s}])`, from, to, from)
	}
	return []Rule{
		{Name: name + "Up", Kind: "TRANSFORM", Type: "JSONATA", Mode: "UPGRADE", Expr: expr(from, to)},
		{Name: name + "Down", Kind: "TRANSFORM", Type: "JSONATA", Mode: "DOWNGRADE", Expr: expr(to, from)},
	}
}

// ruledVersions registers versions that call their field by a letter each, the rules
// of each leading to it.
func ruledVersions(t *testing.T, log *memLog, letters string) (n *node, text func(letter byte) string) {
	t.Helper()
	n = start(t, log)
	n.configure(ParseName("r"), Config{Compatibility: "NONE"})
	text = func(letter byte) string {
		return fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"id","type":"string"},{"name":"%c","type":"int"}]}`, letter)
	}
	for i := range len(letters) {
		n.must("r", text(letters[i]), func(c *Register) {
			if i > 0 {
				c.RuleSet = &RuleSet{Migration: renameRule(letters[i:i+1], letters[i-1:i], letters[i:i+1])}
			}
		})
	}
	return n, text
}

// TestRulesOutliveTheirVersion: the migration rules of versions that were deleted for
// good go on leading over their place, up and down, on every node and after a restart
// from a snapshot.
func TestRulesOutliveTheirVersion(t *testing.T) {
	ctx := t.Context()
	log := newMemLog()
	n, text := ruledVersions(t, log, "abcd")
	r := ParseName("r")
	hold := func(what string, s *node) {
		t.Helper()
		up, err := s.Way(ctx, r, 1, 4)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := carried(t, up, text('a'), text('d'), `{"id":"x","a":7}`); got != `{"id":"x","d":7}` {
			t.Errorf("%s: up gives %s", what, got)
		}
		down, err := s.Way(ctx, r, 4, 1)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := carried(t, down, text('d'), text('a'), `{"id":"x","d":7}`); got != `{"id":"x","a":7}` {
			t.Errorf("%s: down gives %s", what, got)
		}
	}
	hold("all there", n)
	for i, version := range []int{3, 2} { // the later one first: its rules are still the later ones
		if err := n.purge(r, version); err != nil {
			t.Fatal(err)
		}
		hold(fmt.Sprintf("without %d", version), n)
		if got := len(n.State().Subject(r).Version(4).Inherited.Rules); got != i+1 {
			t.Errorf("%d rule sets are inherited", got)
		}
	}
	hold("on another node", start(t, log))
	restored, err := DecodeState(EncodeState(n.State()))
	if err != nil || restored.Digest() != n.State().Digest() || len(restored.Subject(r).Version(4).Inherited.Rules) != 2 {
		t.Errorf("the snapshot lost the rules: %v", err)
	}
	if findings, err := n.Verify(ctx, true); err != nil || len(findings) != 0 {
		t.Errorf("%v, %v", findings, err)
	}
	// Nothing leads to a first version, so it inherits nothing.
	first, _ := ruledVersions(t, newMemLog(), "abc")
	for _, version := range []int{1, 2} {
		if err := first.purge(r, version); err != nil {
			t.Fatal(err)
		}
	}
	if v := first.State().Subject(r).Version(3); v.Inherited != nil {
		t.Errorf("%+v", v.Inherited)
	}
}

// TestRulesAndDocumentsDoNotJoin: where a document leads over one of two hops and
// rules over the other, nothing is both, and the version stays.
func TestRulesAndDocumentsDoNotJoin(t *testing.T) {
	r := ParseName("r")
	for from, steps := range map[int]string{1: `{"rename":{"from":"a","to":"b"}}`, 2: `{"rename":{"from":"b","to":"c"}}`} {
		n, text := ruledVersions(t, newMemLog(), "abc")
		doc := fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[%s]}`, from, from+1, steps)
		if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: r, From: from, To: from + 1, Text: doc}); err != nil {
			t.Fatal(err)
		}
		wantCode(t, n.purge(r, 2), UpcasterBridges, "by way of version 2")
		w, err := n.Way(t.Context(), r, 1, 3)
		if err != nil {
			t.Fatal(err)
		}
		if got := carried(t, w, text('a'), text('c'), `{"id":"x","a":7}`); got != `{"id":"x","c":7}` {
			t.Error(got)
		}
	}
}
