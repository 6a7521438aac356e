package upcast

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/cputime"
	history "github.com/instar-registry/instar/internal/oracle"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// TestCorpusJSON derives the hops between neighbouring versions of real event
// schemas: most are proved, or refuted by an event. The variable INSTAR_CORPORA
// names the folder of the complete histories.
func TestCorpusJSON(t *testing.T) {
	files := history.Files{Repository: "..", Corpora: os.Getenv("INSTAR_CORPORA")}
	for _, project := range []string{"octokit-webhooks", "cdevents-spec"} {
		counts, pairs, unread, edits := map[Outcome]int{}, 0, 0, 0
		var took []time.Duration
		err := files.Edits(project, func(e *history.Edit) error {
			if edits++; files.Corpora == "" && edits%4 > 0 {
				return nil // the rest is for the full run
			}
			from, to := parseSource(e.Old), parseSource(e.New)
			if from == nil || to == nil {
				unread++ // its references are not in the history
				return nil
			}
			begin := cputime.Used()
			h, err := Derive(t.Context(), from, to)
			if err != nil {
				t.Errorf("%s: %v", e.Name, err)
				return nil
			}
			took = append(took, cputime.Used()-begin)
			pairs++
			if counts[h.Verdict.Outcome]++; testing.Verbose() && h.Verdict.Outcome == Tested {
				t.Logf("%s: %s: %s", e.Name, h.Verdict.Problems[0].Path, h.Verdict.Problems[0].Message)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(took)
		settled := counts[Proved] + counts[Refuted]
		if pairs < 4 || settled*10 < pairs*8 {
			t.Fatalf("%s: %d of %d pairs are settled", project, settled, pairs)
		}
		t.Logf("%s: %d pairs, %d not read: %v, %.1f %% settled; p50 %v, p95 %v", project, pairs, unread, counts, 100*float64(settled)/float64(pairs), took[pairs/2], took[pairs*95/100])
	}
}

func parseSource(s history.Source) *jsonschema.Schema {
	out, err := jsonschema.Parse(s.Text, s.Docs, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		return nil
	}
	return out
}
