package registry

import (
	"fmt"
	"testing"

	"github.com/instar-registry/instar/upcast"
)

// renamedOften makes a subject whose versions rename one field after the other, with a
// document each but for the one after gapAfter.
func renamedOften(t testing.TB, versions, gapAfter int) *node {
	t.Helper()
	n := start(t, newMemLog())
	o := ParseName("o")
	if _, err := n.SetConfig(t.Context(), by, SetConfig{Scope: o, Patch: ConfigPatch{Set: Config{Compatibility: "NONE"}}}); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= versions; i++ {
		n.must("o", fmt.Sprintf(`{"type":"record","name":"Order","fields":[{"name":"f%d","type":"int"}]}`, i))
		if i == 1 || i-1 == gapAfter {
			continue
		}
		text := fmt.Sprintf("instar: upcast/v1\nfrom: %d\nto: %d\nsteps:\n  - rename: {from: f%d, to: f%d}\n", i-1, i, i-1, i)
		if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: i - 1, To: i, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestCoverage looks at the ways to a version in the middle, from both sides and
// back, and at a gap.
func TestCoverage(t *testing.T) {
	n := renamedOften(t, 6, 4)
	c, err := n.Coverage(t.Context(), ParseName("o"), 3)
	if err != nil || c.Target != 3 || len(c.Hops) != 4 {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, v := range c.Versions {
		beyond := v.Version > 4 // the gap after 4 cuts these off
		if v.To.Reachable == beyond || v.Back.Reachable == beyond || (v.To.Gap != "") != beyond || (v.Back.Gap != "") != beyond {
			t.Errorf("version %d: %+v", v.Version, v)
		}
		if !beyond && (v.To.Class != upcast.Iso || v.To.Verdict != upcast.Proved || !v.To.Total) {
			t.Errorf("version %d: %+v", v.Version, v.To)
		}
	}
	if c.Versions[5].To.Gap != c.Versions[4].To.Gap {
		t.Errorf("the gap of version 6 is %q", c.Versions[5].To.Gap)
	}
	if _, err := n.Coverage(t.Context(), ParseName("o"), 9); err == nil {
		t.Error("coverage of a version that does not exist")
	}
}

// BenchmarkCoverage is the report of a subject with many versions, each with its
// document, once every hop was proved.
func BenchmarkCoverage(b *testing.B) {
	for _, versions := range []int{100, 1000} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			n := renamedOften(b, versions, 0)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := n.Coverage(b.Context(), ParseName("o"), 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
