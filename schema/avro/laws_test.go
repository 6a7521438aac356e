package avro

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestRealTexts holds real schemas to the promises about texts and events.
func TestRealTexts(t *testing.T) {
	data, err := os.ReadFile("../../compat/testdata/radar/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		var p struct{ Old, New string }
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{p.Old, p.New} {
			s, err := Parse(text, nil, lenient)
			if seen[text] || err != nil {
				continue // what cannot be parsed alone is compared with Java in package compat
			}
			seen[text] = true
			checkFixedPoints(t, s, lenient)
			for seed := range uint64(4) {
				checkSample(t, s, seed)
			}
			if fields := s.Fields(); s.Root.Kind == Record && len(fields) < len(s.TopLevel())+1 {
				t.Errorf("%s: %d fields listed", s.Root.Name, len(fields))
			}
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d texts", len(seen))
	}
}

// TestConcurrentUse lets the race detector watch the texts made on first use.
func TestConcurrentUse(t *testing.T) {
	s := mustParse(t, kinds)
	sample, err := mustParse(t, kinds).Sample(3)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := s.Walk(sample.Binary, WalkOptions{}); err != nil {
				t.Error(err)
			}
			if got, err := s.Sample(3); err != nil || string(got.JSON) != string(sample.JSON) {
				t.Errorf("%s %v", got.JSON, err)
			}
			if s.Normalised() == "" || s.Equivalence() == "" || s.Inlined() == "" || len(s.Fingerprints()) != 3 {
				t.Error("a text is empty")
			}
			if j, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingJSON, Bytes: sample.JSON}); err != nil || len(j.Violations) > 0 {
				t.Errorf("%v %v", j, err)
			}
		})
	}
	wait.Wait()
}

// TestFieldsOfSharedTypes bounds the list where types are shared by many: 2^60
// paths lead to the leaf.
func TestFieldsOfSharedTypes(t *testing.T) {
	var b strings.Builder
	name := func(i int) string { return "T" + string(rune('a'+i/26)) + string(rune('a'+i%26)) }
	b.WriteString(`{"type":"record","name":"R","fields":[{"name":"f0","type":{"type":"record","name":"` + name(0) + `","fields":[{"name":"x","type":"int"}]}}`)
	for i := 1; i < 200; i++ {
		b.WriteString(`,{"name":"f` + name(i) + `","type":{"type":"record","name":"` + name(i) + `","fields":[{"name":"a","type":"` + name(i-1) + `"},{"name":"b","type":"` + name(i-1) + `"}]}}`)
	}
	b.WriteString(`]}`)
	if n := len(mustParse(t, b.String()).Fields()); n < 1000 || n > maxListed+200 {
		t.Errorf("%d fields listed", n)
	}
}

// TestLibraryComparisonIsUnused keeps the decoder library's own schema
// comparison out of the module: it answers from a cache keyed by a form without
// defaults. The benchmarks' naive peer, a module of its own, may use it.
func TestLibraryComparisonIsUnused(t *testing.T) {
	forbidden := "Schema" + "Compatibility"
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "bench") {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		text := string(data)
		if strings.Contains(text, forbidden) && filepath.Base(path) != "contain_hamba_test.go" {
			t.Errorf("%s mentions %s", path, forbidden)
		}
		return nil
	})
	if err != nil || files < 20 {
		t.Errorf("%d files: %v", files, err)
	}
}
