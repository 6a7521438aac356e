package oracle

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/instar-registry/instar/schema"
)

var update = flag.Bool("update", false, "write the extract of the histories that INSTAR_CORPORA names")

// TestHistories replays what people did to schemas: the complete histories that
// INSTAR_CORPORA names, or else the edits that the repository holds.
func TestHistories(t *testing.T) {
	large(t)
	for project, least := range map[string]struct{ complete, extract int }{
		"octokit-webhooks": {2000, 60}, "cdevents-spec": {1100, 60}, "radar-schemas": {900, 100}, "opentelemetry-proto": {300, 40},
	} {
		t.Run(project, func(t *testing.T) {
			r, err := files.Replay(t.Context(), project)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r)
			hold(t, r.Tally, historyDecided)
			edits, events := least.complete, 1000
			if files.Corpora == "" {
				edits, events = least.extract, 20
			}
			if r.Edits < edits || r.Events < events {
				t.Errorf("%d edits, %d events", r.Edits, r.Events)
			}
			if r.Verdicts[schema.Compatible] == 0 || r.Verdicts[schema.Incompatible] == 0 {
				t.Errorf("all verdicts are one: %v", r.Verdicts)
			}
			if project == "opentelemetry-proto" && r.NamesOnly < 10 {
				t.Errorf("only %d pairs differ in names alone", r.NamesOnly)
			}
		})
	}
}

// TestExtract: the repository holds every n-th edit of the histories.
func TestExtract(t *testing.T) {
	if files.Corpora == "" {
		t.Skip("INSTAR_CORPORA names no folder; TestHistories reads the extract")
	}
	var x extracted
	for project, n := range map[string]int{"octokit-webhooks": 31, "cdevents-spec": 17, "opentelemetry-proto": 7} {
		i := 0
		if err := files.edits(project, func(e *Edit) error {
			if i++; i%n == 0 {
				x.collect(project, e)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(x.Edits) < 160 {
		t.Errorf("only %d edits", len(x.Edits))
	}
	if !*update {
		return
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(z).Encode(&x); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files.repository(extractFile), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
