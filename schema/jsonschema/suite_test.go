package jsonschema

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

var defaults = schema.Options{Limits: schema.DefaultLimits()}

// suiteFiles reads the official test suite's required tests and remotes.
func suiteFiles(t testing.TB) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/suite.tar.gz")
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

type suiteGroup struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

var suiteDrafts = map[string]struct {
	draft Draft
	tests int
}{
	"draft4": {Draft4, 618}, "draft6": {Draft6, 839}, "draft7": {Draft7, 927},
	"draft2019-09": {Draft2019, 1259}, "draft2020-12": {Draft2020, 1299},
}

// suiteGroups calls f for each group of a draft. The suite's schemas for old
// drafts have no "$schema", so it is put in, as its runners do.
func suiteGroups(t testing.TB, files map[string]string, draft string, f func(file string, g suiteGroup, text string, deps []schema.Document)) {
	t.Helper()
	var names []string
	for name := range files {
		if strings.HasPrefix(name, "tests/"+draft+"/") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		var groups []suiteGroup
		if err := json.Unmarshal([]byte(files[name]), &groups); err != nil {
			t.Fatal(name, err)
		}
		for _, g := range groups {
			text, deps := withDialect(g.Schema, suiteDrafts[draft].draft), remotes(files, draft)
			if !strings.HasPrefix(text, "{") {
				deps = nil // true and false name no draft that the remotes could be read in
			}
			f(strings.TrimPrefix(name, "tests/"), g, text, deps)
		}
	}
}

func withDialect(raw json.RawMessage, d Draft) string {
	text := strings.TrimSpace(string(raw))
	if !strings.HasPrefix(text, "{") || strings.Contains(text, `"$schema"`) {
		return text
	}
	comma := ","
	if strings.TrimSpace(text[1:]) == "}" {
		comma = ""
	}
	return `{"$schema":` + jsonx.Quote(d.URI()) + comma + text[1:]
}

// remotes are the documents that the suite expects at its server.
func remotes(files map[string]string, draft string) []schema.Document {
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

// TestOfficialSuite holds the whole path, our parser and the validator of
// record, to every required test of the five drafts.
func TestOfficialSuite(t *testing.T) {
	files := suiteFiles(t)
	for draft, want := range suiteDrafts {
		t.Run(draft, func(t *testing.T) {
			ran := 0
			suiteGroups(t, files, draft, func(file string, g suiteGroup, text string, deps []schema.Document) {
				s, err := Parse(text, deps, defaults)
				if err != nil {
					t.Errorf("%s: %s: %v", file, g.Description, err)
					ran += len(g.Tests)
					return
				}
				for _, c := range g.Tests {
					ran++
					j, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: c.Data})
					if err != nil {
						t.Errorf("%s: %s: %s: %v", file, g.Description, c.Description, err)
						continue
					}
					if valid := len(j.Violations) == 0; valid != c.Valid {
						t.Errorf("%s: %s: %s: valid = %t, want %t (%v)", file, g.Description, c.Description, valid, c.Valid, j.Violations)
					}
				}
			})
			if ran != want.tests {
				t.Errorf("ran %d tests, the suite has %d", ran, want.tests)
			}
		})
	}
}

// TestSecondOpinion holds the second validator, through our bundle, to the
// official suite: with the bundle's rewrites it never differs.
func TestSecondOpinion(t *testing.T) {
	files := suiteFiles(t)
	for _, draft := range []string{"draft4", "draft6", "draft7"} {
		ran := 0
		suiteGroups(t, files, draft, func(file string, g suiteGroup, text string, deps []schema.Document) {
			s, err := Parse(text, deps, defaults)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				return
			}
			for _, c := range g.Tests {
				name := file + ": " + g.Description + ": " + c.Description
				valid, err := s.SecondOpinion(context.Background(), c.Data)
				ran++
				if err != nil || valid != c.Valid {
					t.Errorf("%s: valid = %t, want %t (%v)", name, valid, c.Valid, err)
				}
			}
		})
		if want := suiteDrafts[draft].tests; ran != want {
			t.Errorf("%s: ran %d tests, the suite has %d", draft, ran, want)
		}
	}
}

// TestSecondRefuses: what the second validator cannot answer is an error.
func TestSecondRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"draft":        `{"$schema":"https://json-schema.org/draft/2020-12/schema"}`,
		"look-around":  `{"patternProperties":{"(?=a)":true}}`,
		"doubled cost": `{"items":{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}}`,
	} {
		if _, err := mustParse(t, text).SecondOpinion(context.Background(), []byte(strings.Repeat("[", 50)+strings.Repeat("]", 50))); err == nil {
			t.Errorf("%s: it has an opinion", name)
		}
	}
	never := mustParse(t, `{"minLength":2,"maxLength":1,"minItems":2,"maxItems":1,"minProperties":2,"maxProperties":1,"allOf":[{"type":["string","array","object","null"]}]}`)
	for event, want := range map[string]bool{`""`: false, `"aa"`: false, `[]`: false, `[1,2]`: false, `{}`: false, `{"a":1,"b":2}`: false, `1`: false, `null`: true} {
		if got, err := never.SecondOpinion(context.Background(), []byte(event)); err != nil || got != want {
			t.Errorf("%s under bounds that exclude each other: %t %v, want %t", event, got, err, want)
		}
	}
	for event, want := range map[string]bool{`9007199254740993`: true, `9007199254740992`: false, `1`: true, `2`: false} {
		if got, err := mustParse(t, `{"enum":[9007199254740993,1,1.0,1]}`).SecondOpinion(context.Background(), []byte(event)); err != nil || got != want {
			t.Errorf("%s: %t %v, want %t", event, got, err, want)
		}
	}
}
