package registry

import (
	"fmt"
	"slices"
	"testing"
)

// TestCircles: parts of events may go on through other subjects and their versions,
// and never come back to a version that the document begins at or before.
func TestCircles(t *testing.T) {
	ctx := t.Context()
	n := start(t, newMemLog())
	for _, subject := range []string{"a", "b", "c"} {
		n.configure(ParseName(subject), Config{Compatibility: "NONE"})
		for i := 1; i <= 3; i++ {
			n.must(subject, fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"f","type":"int"},{"name":"v%d","type":"int","default":0}]}`, i))
		}
	}
	split := func(from string, hop int, to string, version int) error {
		doc := fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[{"splitEvent":{"outputs":[{"name":"x","to":{"subject":%q,"version":%d},"steps":[{"drop":{"path":"v%d"}}]}]}}]}`, hop, hop+1, to, version, hop)
		_, err := n.AddUpcaster(ctx, by, AddUpcaster{Name: ParseName(from), From: hop, To: hop + 1, Text: doc})
		return err
	}
	for _, step := range []struct {
		from    string
		hop     int
		to      string
		version int
		circle  string
	}{
		{"a", 2, "b", 1, ""},
		{"b", 2, "c", 2, ""},
		{"c", 2, "a", 3, ""}, // beyond the hop from 2
		{"c", 1, "b", 3, ""},
		{"b", 1, "a", 2, "b/1 → a/2 → b/1"},
		{"b", 1, "a", 1, "b/1 → a/1 → a/2 → b/1"},
		{"a", 1, "c", 1, ""},
		{"b", 1, "b", 1, "b/1 → b/1"},
	} {
		err := split(step.from, step.hop, step.to, step.version)
		if step.circle == "" {
			if err != nil {
				t.Errorf("%+v: %v", step, err)
			}
			continue
		}
		wantCode(t, err, UpcasterCycle, step.circle)
	}
	if x := n.State().Upcasters(ParseName("a")).Active(2, 3); len(x.Spreads) != 1 || x.Spreads[0].Name() != ParseName("b") || x.Spreads[0].Version != 1 {
		t.Errorf("%+v", x)
	}
	// c/1 splits into b/3, whose only way there is from itself; b/2 into c/2, c/2
	// into a/3, which a/2 does not reach: its hop splits.
	sources, err := n.Sources(ctx, Target{ParseName("a"), 3})
	var names []string
	for _, s := range sources {
		names = append(names, fmt.Sprintf("%s/%d %s", s.Name, s.Version.Number, s.Path.Class))
	}
	if err != nil || !slices.Contains(names, "a/3 iso") || !slices.Contains(names, "c/2 one-way") || !slices.Contains(names, "b/2 one-way") || slices.Contains(names, "a/2 iso") {
		t.Errorf("%v, %v", names, err)
	}
	// What parts go to stays.
	wantCode(t, n.purge(ParseName("b"), 1), UpcasterBridges, "sends parts")
	restored, err := DecodeState(EncodeState(n.State()))
	if err != nil || restored.Digest() != n.State().Digest() {
		t.Errorf("the snapshot lost where parts go: %v", err)
	}
	if findings, err := n.Verify(ctx, true); err != nil || len(findings) != 0 {
		t.Errorf("%v, %v", findings, err)
	}
}
