package upcast

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// jsonHistory is a project of the corpus: versions of its schemas, oldest first.
type jsonHistory struct {
	Project   string
	Documents []schema.Document
	Schemas   []struct {
		Path  string
		Texts []string
	}
}

func jsonHistories(t testing.TB, name string) []jsonHistory {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	var out []jsonHistory
	for d := json.NewDecoder(z); ; {
		var x jsonHistory
		if err := d.Decode(&x); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
}

// TestCorpusJSON derives the hops between neighbouring versions of real event
// schemas: most are proved, or refuted by an event. The variable
// INSTAR_UPCAST_CORPUS names a larger file of the same form.
func TestCorpusJSON(t *testing.T) {
	name := "../schema/jsonschema/testdata/corpus.jsonl.gz"
	if s := os.Getenv("INSTAR_UPCAST_CORPUS"); s != "" {
		name = s
	}
	counts, pairs := map[Outcome]int{}, 0
	for _, project := range jsonHistories(t, name) {
		for _, s := range project.Schemas {
			var versions []*jsonschema.Schema
			for _, text := range s.Texts {
				// A version whose references are not in the extract says nothing.
				if x, err := jsonschema.Parse(text, project.Documents, schema.Options{Limits: schema.DefaultLimits()}); err == nil {
					versions = append(versions, x)
				}
			}
			for i := 1; i < len(versions); i++ {
				h, err := Derive(t.Context(), versions[i-1], versions[i])
				if err != nil {
					t.Errorf("%s, version %d: %v", s.Path, i, err)
					continue
				}
				pairs++
				counts[h.Verdict.Outcome]++
				if testing.Verbose() {
					first := ""
					if len(h.Verdict.Problems) > 0 {
						first = h.Verdict.Problems[0].Path + ": " + h.Verdict.Problems[0].Message
					}
					t.Logf("%s %d: %s %s %.100s", s.Path, i, h.Verdict.Outcome, first, h.Verdict.Event)
				}
			}
		}
	}
	settled := counts[Proved] + counts[Refuted]
	t.Logf("%d pairs: %v, %.1f %% settled", pairs, counts, 100*float64(settled)/float64(pairs))
	if pairs < 8 || settled*10 < pairs*8 {
		t.Errorf("%d of %d pairs are settled", settled, pairs)
	}
}
