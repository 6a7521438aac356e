package compat

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// TestJSONCorpus runs the rule over real histories: a version never differs
// from itself, the answer is the same twice, every kind is known, and LENIENT
// refuses nothing more than STRICT does.
func TestJSONCorpus(t *testing.T) {
	f, err := os.Open("../schema/jsonschema/testdata/corpus.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	pairs := 0
	for d := json.NewDecoder(z); ; {
		var c struct {
			Documents []schema.Document
			Schemas   []struct {
				Path  string
				Texts []string
			}
		}
		if err := d.Decode(&c); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Schemas {
			var previous *jsonschema.Schema
			for _, text := range s.Texts {
				parsed, err := jsonschema.Parse(text, c.Documents, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
				if err != nil {
					t.Fatalf("%s: %v", s.Path, err)
				}
				if self := jsonDifferences(parsed, parsed); len(self) != 0 {
					t.Errorf("%s differs from itself: %v", s.Path, self)
				}
				if previous != nil {
					pairs++
					holdJSONPair(t, s.Path, previous, parsed)
				}
				previous = parsed
			}
		}
	}
	if pairs < 20 {
		t.Errorf("only %d pairs were compared", pairs)
	}
}

func holdJSONPair(t *testing.T, path string, old, new *jsonschema.Schema) {
	t.Helper()
	one, two := kindsOf(jsonDifferences(old, new)), kindsOf(jsonDifferences(old, new))
	if len(one) != len(two) {
		t.Errorf("%s: %v, then %v", path, one, two)
	}
	list := jsonDifferences(old, new)
	for _, d := range list {
		if _, known := jsonKinds[d.Kind]; !known {
			t.Errorf("%s: unknown kind %q", path, d.Kind)
		}
	}
	if strict, lenient := acceptedBy(list); strict && !lenient {
		t.Errorf("%s: LENIENT refuses what STRICT accepts: %v", path, list)
	}
}
