//go:build !race

// The race detector allocates beside what it watches, so that nothing is learnt
// from measuring under it.

package api

import (
	"runtime"
	"testing"

	"github.com/instar-registry/instar/internal/hostile"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// ownShare is what any request may take without asking for it.
const ownShare = 64 << 20

// TestEventBurden holds the estimate to what judging the large events of the
// hostile suite allocates, freed or not, which is more than its peak.
func TestEventBurden(t *testing.T) {
	limits := schema.DefaultLimits()
	seen := 0
	for _, c := range hostile.Cases() {
		if !c.Volume || c.Event == nil {
			continue
		}
		s, err := format.Parse(c.Format, c.Text(), nil, schema.Options{Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		e := schema.Event{Encoding: c.Event.Encoding, Bytes: c.Event.Bytes(), Message: c.Event.Message}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = s.Check(t.Context(), e) // the suite of package hostile judges the answer
		runtime.ReadMemStats(&after)
		took, estimate := int64(after.TotalAlloc-before.TotalAlloc), eventBurden(c.Format, &e, limits.EventNodes)
		if took > max(estimate, ownShare) {
			t.Errorf("%s: %d MiB are estimated, %d MiB were allocated", c.ID(), estimate>>20, took>>20)
		}
		t.Logf("%-50s %5d MiB estimated, %5d MiB allocated", c.ID(), estimate>>20, took>>20)
		seen++
	}
	if seen < 10 {
		t.Errorf("only %d large events", seen)
	}
}
