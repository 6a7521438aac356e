package contain

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

type corpus struct {
	Project   string
	Documents []schema.Document
	Schemas   []struct {
		Path     string
		Texts    []string
		Payloads []json.RawMessage
	}
}

func corpora(t testing.TB) []corpus {
	t.Helper()
	f, err := os.Open("../testdata/corpus.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	var out []corpus
	for d := json.NewDecoder(z); ; {
		var c corpus
		if err := d.Decode(&c); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
}

// TestCorpusIsDecided asks of every edit of the extracts, in both directions.
// Payloads that a project published must stay readable where the engine says
// so.
func TestCorpusIsDecided(t *testing.T) {
	asked := 0
	for _, c := range corpora(t) {
		for _, s := range c.Schemas {
			var versions []*jsonschema.Schema
			for _, text := range s.Texts {
				// A version whose references are not in the extract says nothing.
				if p, err := jsonschema.Parse(text, c.Documents, defaults); err == nil {
					versions = append(versions, p)
				}
			}
			for i := 1; i < len(versions); i++ {
				for _, pair := range [][2]*jsonschema.Schema{{versions[i-1], versions[i]}, {versions[i], versions[i-1]}} {
					asked++
					begin := time.Now()
					got, err := Schemas(context.Background(), pair[0], pair[1], Options{})
					if err != nil {
						t.Fatal(err)
					}
					if testing.Verbose() {
						t.Logf("%s %d: %v, %d breaks, %v, %d steps, %v", s.Path, i, got.Verdict, len(got.Breaks), got.Undecided, got.Steps, time.Since(begin))
						for _, b := range got.Breaks {
							t.Logf("   %s %s %s %s", b.Kind, b.Path, b.Reader.Pointer, clip(b.Witness.Value))
						}
					}
					if got.Verdict == schema.Unknown {
						t.Errorf("%s: %v", s.Path, got.Undecided)
					}
				}
			}
		}
	}
	if asked < 16 {
		t.Errorf("the extract has only %d edits", asked)
	}
}
