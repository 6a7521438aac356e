package oracle

import (
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Suite is a folder of the official test suite.
type Suite struct {
	Folder string
	Draft  jsonschema.Draft
	// Tests is how many required tests the folder has.
	Tests int
}

// Suites are the folders of the suite that the repository holds.
var Suites = []Suite{
	{"draft4", jsonschema.Draft4, 618},
	{"draft6", jsonschema.Draft6, 839},
	{"draft7", jsonschema.Draft7, 927},
	{"draft2019-09", jsonschema.Draft2019, 1259},
	{"draft2020-12", jsonschema.Draft2020, 1299},
}

// Group is a schema of the suite with its tests.
type Group struct {
	Name   string
	Text   string
	Docs   []schema.Document
	Schema *jsonschema.Schema
	Tests  []Test
}

// Test is an event and whether it is valid.
type Test struct {
	Name  string
	Data  string
	Valid bool
}

// Groups reads the required tests of a folder of the suite.
func (f Files) Groups(s Suite) ([]Group, error) {
	files, err := tarFiles(f.repository(suiteFile))
	if err != nil {
		return nil, err
	}
	out, refused, err := groups(files, s, path.Join("tests", s.Folder))
	for name, why := range refused {
		return nil, fmt.Errorf("%s: %w", name, why)
	}
	return out, err
}

// Optional reads the optional tests of a folder, but for those about formats;
// refused lists the schemas that are none to us.
func (f Files) Optional(s Suite) (out []Group, refused map[string]error, err error) {
	all, err := tarFiles(filepath.Join(f.Corpora, "json-schema-test-suite.tar.gz"))
	if err != nil {
		return nil, nil, err
	}
	files := map[string]string{}
	for name, text := range all {
		_, name, _ = strings.Cut(name, "/")
		files[name] = text
	}
	return groups(files, s, path.Join("tests", s.Folder, "optional"))
}

// mentioned are the documents whose names are in a text, and in theirs.
func mentioned(text string, docs []schema.Document) []schema.Document {
	var out []schema.Document
	taken := map[string]bool{}
	todo := []string{text}
	for len(todo) > 0 {
		text, todo = todo[0], todo[1:]
		for _, d := range docs {
			if !taken[d.Name] && strings.Contains(text, d.Name) {
				taken[d.Name] = true
				out, todo = append(out, d), append(todo, d.Text)
			}
		}
	}
	return out
}

// groups reads the files right below a folder of an archive.
func groups(files map[string]string, s Suite, folder string) (out []Group, refused map[string]error, err error) {
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range files {
			if path.Dir(name) == folder && strings.HasSuffix(name, ".json") && !yield(name) {
				return
			}
		}
	})
	docs, optional := remotes(files, s.Folder), strings.HasSuffix(folder, "optional")
	if optional {
		docs = remotes(files, "") // of all drafts
	}
	refused = map[string]error{}
	for _, name := range names {
		var groups []struct {
			Description string
			Schema      json.RawMessage
			Tests       []struct {
				Description string
				Data        json.RawMessage
				Valid       bool
			}
		}
		if err := json.Unmarshal([]byte(files[name]), &groups); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, g := range groups {
			group := Group{Name: strings.TrimPrefix(name, "tests/") + ": " + g.Description, Text: withDialect(string(g.Schema), s.Draft)}
			if strings.Contains(group.Text, "localhost:1234") {
				group.Docs = docs
			}
			if optional {
				group.Docs = mentioned(group.Text, docs)
			}
			if group.Schema, err = jsonschema.Parse(group.Text, group.Docs, options); err != nil {
				refused[group.Name] = err
				continue
			}
			for _, t := range g.Tests {
				group.Tests = append(group.Tests, Test{t.Description, string(t.Data), t.Valid})
			}
			out = append(out, group)
		}
	}
	return out, refused, nil
}

var options = schema.Options{Limits: schema.DefaultLimits()}

// lenient is how history is read.
var lenient = schema.Options{Limits: schema.DefaultLimits(), Lenient: true}

// withDialect puts in the "$schema" that the suite's old drafts leave out, as
// its runners do.
func withDialect(text string, d jsonschema.Draft) string {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") || strings.Contains(text, `"$schema"`) {
		return text
	}
	comma := ","
	if strings.TrimSpace(text[1:]) == "}" {
		comma = ""
	}
	return `{"$schema":` + jsonx.Quote(d.URI()) + comma + text[1:]
}

// remotes are the documents that the suite expects at its server; without a
// folder those of all drafts.
func remotes(files map[string]string, folder string) []schema.Document {
	var out []schema.Document
	for name, text := range files {
		rest, ok := strings.CutPrefix(name, "remotes/")
		if !ok || (folder != "" && strings.HasPrefix(rest, "draft") && !strings.HasPrefix(rest, folder+"/")) {
			continue
		}
		out = append(out, schema.Document{Name: "http://localhost:1234/" + rest, Text: text})
	}
	slices.SortFunc(out, func(a, b schema.Document) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Questions are the two that each test labels: the schema that allows the event
// alone is contained in the schema exactly if the event is valid, and the
// schema is contained in the one that forbids the event alone exactly if it is
// not.
func (g *Group) Questions(d jsonschema.Draft) ([]Question, error) {
	var out []Question
	for _, t := range g.Tests {
		name := g.Name + ": " + t.Name
		only, err := jsonschema.Parse(withDialect(`{"enum":[`+t.Data+`]}`, d), nil, options)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		other, err := jsonschema.Parse(withDialect(`{"not":{"enum":[`+t.Data+`]}}`, d), nil, options)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		forth, back := schema.Incompatible, schema.Compatible
		if t.Valid {
			forth, back = back, forth
		}
		out = append(out,
			Question{Name: name + " (event in schema)", Writer: only, Reader: g.Schema, Want: forth, Event: t.Data},
			Question{Name: name + " (schema without event)", Writer: g.Schema, Reader: other, Want: back, Event: t.Data})
	}
	return out, nil
}
