// Package rulepages writes the pages of docs/rules from the rule catalogue and
// the examples beside it, so that a page never says what the engine does not do.
//
// Its test holds the committed pages to what it writes; "make generate" writes
// them anew. Nothing else calls it. What must never happen here: a verdict, an
// event or a fix that was not computed from the example shown beside it.
package rulepages

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// Render returns the pages by their paths below docs/rules. examples holds
// <format>/<rule>/{old,new,fixed}.*, as compat/testdata/rules does; fixed.* may
// be missing, and so may a whole example.
func Render(examples fs.FS) (map[string]string, error) {
	pages := map[string]string{"README.md": index()}
	for _, r := range compat.Rules() {
		e, err := readExample(examples, r.ID)
		if err != nil {
			return nil, err
		}
		text, err := page(&r, e)
		if err != nil {
			return nil, fmt.Errorf("the page of %s: %w", r.ID, err)
		}
		pages[r.ID+".md"] = text
	}
	for _, r := range lint.Rules() {
		pages[r.ID+".md"] = repositoryPage(&r)
	}
	return pages, nil
}

// example is a pair of schemas that a rule fires for.
type example struct {
	language     string // of code blocks
	newLanguage  string
	old, new     string
	fixed        string // empty if no edit of the new schema removes the finding
	older, newer schema.Parsed
}

// readExample returns nil if the rule has none.
func readExample(examples fs.FS, id string) (*example, error) {
	entries, err := fs.ReadDir(examples, id)
	if err != nil {
		return nil, nil //nolint:nilerr // a rule may have no example, see the tests of compat
	}
	e := &example{}
	for _, entry := range entries {
		name := entry.Name()
		text, err := fs.ReadFile(examples, path.Join(id, name))
		if err != nil {
			return nil, err
		}
		parsed, language := schema.Parsed(nil), languages[path.Ext(name)]
		side := strings.TrimSuffix(name, path.Ext(name))
		if side == "old" || side == "new" {
			if parsed, err = parse(path.Ext(name), string(text)); err != nil {
				return nil, fmt.Errorf("%s/%s: %w", id, name, err)
			}
		}
		switch side {
		case "old":
			e.old, e.older, e.language = string(text), parsed, language
		case "new":
			e.new, e.newer, e.newLanguage = string(text), parsed, language
		case "fixed":
			e.fixed = string(text)
		}
	}
	if e.older == nil || e.newer == nil {
		return nil, fmt.Errorf("%s needs old.* and new.*", id)
	}
	return e, nil
}

var languages = map[string]string{".avsc": "json", ".json": "json", ".proto": "proto"}

func parse(extension, text string) (schema.Parsed, error) {
	opts := schema.Options{Limits: schema.DefaultLimits()}
	switch extension {
	case ".avsc":
		return avro.Parse(text, nil, opts)
	case ".proto":
		return protobuf.Parse(text, nil, opts)
	default:
		return jsonschema.Parse(text, nil, opts)
	}
}

// verdicts asks all policies in both directions: a row for each policy, with a
// cell for each direction.
func verdicts(id string, e *example) ([][3]string, error) {
	var rows [][3]string
	for _, p := range []compat.Policy{compat.Exact, compat.Declared, compat.Strict, compat.Lenient} {
		r, err := check(id, e, p)
		if err != nil {
			return nil, err
		}
		row := [3]string{p.String()}
		for i := range r.Pairs {
			word := "accepted"
			switch r.Pairs[i].Verdict {
			case compat.Incompatible:
				word = "**refused**"
			case compat.Unknown:
				word = "not decided"
			}
			row[1+r.Pairs[i].Direction] = word
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func check(id string, e *example, p compat.Policy) (compat.Report, error) {
	q := compat.Request{Candidate: e.newer, History: []compat.Version{{Number: 1, Parsed: e.older}}, Level: compat.Full, Policy: p}
	q.Options.Meaning = meaning(id)
	return compat.Check(context.Background(), q)
}

// onlyJSON are the rules of Protobuf that break events only where these travel as
// JSON, which the example then does.
var onlyJSON = []string{
	"proto/field-renamed", "proto/json-name-changed", "proto/field-json-form-changed", "proto/enum-value-renamed",
}

// meaning is what the subject of an example says about its events.
func meaning(id string) compat.Meaning {
	return compat.Meaning{JSON: slices.Contains(onlyJSON, id), AssertFormats: strings.HasPrefix(id, "json/format-")}
}

// shown returns the findings of the rule itself, at most one a direction.
func shown(id string, e *example) ([]compat.Finding, error) {
	r, err := check(id, e, compat.Exact)
	if err != nil {
		return nil, err
	}
	var out []compat.Finding
	for _, f := range append(r.Findings(), compat.Remarks(e.older, e.newer, meaning(id))...) {
		if f.Rule == id && !slices.ContainsFunc(out, func(o compat.Finding) bool { return o.Direction == f.Direction }) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b compat.Finding) int { return int(a.Direction) - int(b.Direction) })
	return out, nil
}
