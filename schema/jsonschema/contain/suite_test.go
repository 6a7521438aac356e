package contain

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

var defaults = schema.Options{Limits: schema.DefaultLimits()}

func parse(t testing.TB, text string, deps ...schema.Document) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Parse(text, deps, defaults)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func value(t testing.TB, text string) *jsonx.Value {
	t.Helper()
	v, err := jsonx.Parse(text, jsonx.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// suiteFiles reads the official test suite's required tests and remotes.
func suiteFiles(t testing.TB) map[string]string {
	t.Helper()
	f, err := os.Open("../testdata/suite.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(text)
	}
}

type suiteTest struct {
	Description string
	Data        json.RawMessage
	Valid       bool
}

type suiteGroup struct {
	Description string
	Schema      json.RawMessage
	Tests       []suiteTest
}

var suiteDrafts = map[string]jsonschema.Draft{
	"draft4": jsonschema.Draft4, "draft6": jsonschema.Draft6, "draft7": jsonschema.Draft7,
	"draft2019-09": jsonschema.Draft2019, "draft2020-12": jsonschema.Draft2020,
}

// suiteGroups calls f for each group of the suite.
func suiteGroups(t testing.TB, f func(name string, s *jsonschema.Schema, tests []suiteTest)) {
	t.Helper()
	files := suiteFiles(t)
	var names []string
	for name := range files {
		if strings.HasPrefix(name, "tests/") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		draft := strings.Split(name, "/")[1]
		deps := suiteRemotes(files, draft)
		var groups []suiteGroup
		if err := json.Unmarshal([]byte(files[name]), &groups); err != nil {
			t.Fatal(name, err)
		}
		for _, g := range groups {
			text := strings.TrimSpace(string(g.Schema))
			own := deps
			if !strings.HasPrefix(text, "{") {
				own = nil
			} else if !strings.Contains(text, `"$schema"`) {
				text = `{"$schema":` + jsonx.Quote(suiteDrafts[draft].URI()) + strings.TrimSuffix(","+text[1:], ",}")
				if strings.HasSuffix(text, `schema"`) {
					text += "}"
				}
			}
			s, err := jsonschema.Parse(text, own, defaults)
			if err != nil {
				t.Fatalf("%s: %s: %v", name, g.Description, err)
			}
			f(strings.TrimPrefix(name, "tests/")+": "+g.Description, s, g.Tests)
		}
	}
}

func suiteRemotes(files map[string]string, draft string) []schema.Document {
	var out []schema.Document
	for name, text := range files {
		rest, ok := strings.CutPrefix(name, "remotes/")
		if !ok || (strings.HasPrefix(rest, "draft") && !strings.HasPrefix(rest, draft+"/")) {
			continue
		}
		out = append(out, schema.Document{Name: "http://localhost:1234/" + rest, Text: text})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// TestEvaluatorOnTheSuite holds the translation and the evaluator to every
// required test of the five drafts.
func TestEvaluatorOnTheSuite(t *testing.T) {
	ran := 0
	suiteGroups(t, func(name string, s *jsonschema.Schema, tests []suiteTest) {
		for _, c := range tests {
			ran++
			got, err := Valid(s, value(t, string(c.Data)), Options{})
			if err != nil || got != c.Valid {
				t.Errorf("%s: %s: valid = %t, want %t (%v)", name, c.Description, got, c.Valid, err)
			}
		}
	})
	if ran != 4942 {
		t.Errorf("ran %d tests, the suite has 4942", ran)
	}
}

// suitePair asks whether a schema that accepts one value is contained in one of
// the suite.
type suitePair struct {
	name           string
	writer, reader *jsonschema.Schema
	valid          bool
}

func suitePairs(t testing.TB) []suitePair {
	t.Helper()
	var out []suitePair
	suiteGroups(t, func(name string, s *jsonschema.Schema, tests []suiteTest) {
		for _, c := range tests {
			w := parse(t, fmt.Sprintf(`{"$schema":%q,"enum":[%s]}`, s.Root().Draft.URI(), c.Data))
			out = append(out, suitePair{name + ": " + c.Description, w, s, c.Valid})
		}
	})
	return out
}
