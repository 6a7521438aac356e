package oracle

import (
	"testing"

	"github.com/instar-registry/instar/schema"
)

// holdReplay fails the test for wrong answers and for replays that show little.
func holdReplay(t *testing.T, r *Replay, edits, events int, percent float64) {
	t.Helper()
	t.Log(r)
	hold(t, r.Tally, percent)
	if r.Edits < edits || r.Events < events {
		t.Errorf("%d edits, %d events", r.Edits, r.Events)
	}
	if r.Verdicts[schema.Compatible]+r.Verdicts[schema.Incompatible] > 0 && (r.Verdicts[schema.Compatible] == 0 || r.Verdicts[schema.Incompatible] == 0) {
		t.Errorf("all verdicts are one: %v", r.Verdicts)
	}
}

// TestRadar replays Avro schemas that people edited: the extract in the
// repository, or everything that INSTAR_CORPORA names.
func TestRadar(t *testing.T) {
	r, err := files.AvroHistory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if files.Corpora == "" {
		holdReplay(t, r, 100, 300, 100)
	} else {
		holdReplay(t, r, 900, 3000, 100)
	}
}

// TestJSONHistories replays the histories that INSTAR_CORPORA names.
func TestJSONHistories(t *testing.T) {
	if files.Corpora == "" {
		t.Skip("INSTAR_CORPORA names no folder; TestExtracts replays what the repository holds")
	}
	for project, edits := range map[string]int{"octokit-webhooks": 2000, "cdevents-spec": 1100} {
		t.Run(project, func(t *testing.T) {
			r, err := files.JSONHistory(t.Context(), project, 1)
			if err != nil {
				t.Fatal(err)
			}
			holdReplay(t, r, edits, 0, historyDecided)
		})
	}
}

// TestExtracts replays what the repository holds of event schemas.
func TestExtracts(t *testing.T) {
	r, err := files.Extracts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	holdReplay(t, r, 20, 0, historyDecided)
}
