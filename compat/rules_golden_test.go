package compat

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// update writes what is found into testdata/rules; look at the difference before
// it is committed.
var update = flag.Bool("update", false, "write the findings of testdata/rules anew")

const rulesDir = "testdata/rules"

// silent are the rules that no pair of schemas alone can show, with the reason.
var silent = map[string]string{
	"schema/subject-removed": "about a tree", "schema/subject-added": "about a tree", "schema/subject-moved": "about a tree",
	"schema/rules-changed": "about what travels with a schema", "schema/metadata-changed": "about what travels with a schema",
	"schema/reference-added": "about a registration", "schema/reference-removed": "about a registration",
	"schema/reference-version-changed": "about a registration", "schema/bridged": "about a registration with an upcaster",
	"schema/invalid": "the candidate does not parse", "schema/reference-unresolved": "the candidate does not parse",
	"schema/reference-cycle": "the candidate does not parse", "schema/limit-exceeded": "the candidate does not parse",
	"schema/sample-unreadable": "about a tree", "schema/base-invalid": "TestFindingUndecided", "schema/policy-disagrees": "tested with the policies",
	"schema/undecided": "TestFindingUndecided", "avro/unexplained": "no edit is known", "proto/unexplained": "no edit is known",
	"json/reserved-property-removed": "about metadata", "json/reserved-property-added": "about metadata",
	"json/reserved-property-used": "about metadata", "json/reserved-property-freed": "about metadata",
}

// shown are the formats of which every rule has an example. The rules of JSON
// Schema are tried by TestJSONRules.
var shown = []string{"schema", "avro"}

// example is one directory of testdata/rules.
type example struct {
	rule         string
	dir          string
	oldFile      string
	newFile      string
	older, newer schema.Parsed
}

func examples(t testing.TB) []example {
	t.Helper()
	dirs, err := filepath.Glob(rulesDir + "/*/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var out []example
	for _, dir := range dirs {
		rel := strings.TrimPrefix(filepath.ToSlash(dir), rulesDir+"/")
		e := example{rule: rel, dir: dir}
		e.oldFile, e.older = readSide(t, dir, "old")
		e.newFile, e.newer = readSide(t, dir, "new")
		out = append(out, e)
	}
	return out
}

// readSide reads old.avsc, old.json or old.proto.
func readSide(t testing.TB, dir, side string) (string, schema.Parsed) {
	t.Helper()
	files, err := filepath.Glob(dir + "/" + side + ".*")
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: one %s.* is needed: %v %v", dir, side, files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseExample(files[0], string(text))
	if err != nil {
		t.Fatalf("%s: %v", files[0], err)
	}
	return files[0], s
}

func parseExample(name, text string) (schema.Parsed, error) {
	opts := schema.Options{Limits: schema.DefaultLimits()}
	switch filepath.Ext(name) {
	case ".avsc":
		return avro.Parse(text, nil, opts)
	case ".proto":
		return protobuf.Parse(text, nil, opts)
	default:
		return jsonschema.Parse(text, nil, opts)
	}
}

// exampleOptions are what a rule needs to fire besides the pair of schemas.
func exampleOptions(rule string) Options {
	o := Options{}
	switch {
	case strings.HasPrefix(rule, "json/format-"):
		o.AssertFormats = true
	}
	return o
}

// findingsOf asks both directions under EXACT, and for remarks.
func findingsOf(t testing.TB, rule string, older, newer schema.Parsed) []Finding {
	t.Helper()
	r, err := Check(t.Context(), Request{
		Candidate: newer, History: []Version{{Number: 1, Parsed: older}}, Level: Full, Options: exampleOptions(rule),
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(r.Findings(), Remarks(older, newer)...)
}

func names(findings []Finding) []string {
	var out []string
	for i := range findings {
		if !slices.Contains(out, findings[i].Rule) {
			out = append(out, findings[i].Rule)
		}
	}
	return out
}

// TestRuleExamples holds the findings of each example to the file beside it. The
// rule of the directory is among them, in the directions that it breaks, and
// says what it promises.
func TestRuleExamples(t *testing.T) {
	for _, e := range examples(t) {
		found := findingsOf(t, e.rule, e.older, e.newer)
		r := RuleByID(e.rule)
		if r == nil {
			t.Errorf("%s is not in the catalogue", e.rule)
			continue
		}
		checkFires(t, r, found)
		var b bytes.Buffer
		b.WriteString("[")
		for i := range found {
			b.WriteString(strings.Repeat(",", min(i, 1)) + "\n")
			b.Write(found[i].AppendJSON(nil, "orders-value"))
		}
		b.WriteString("\n]\n")
		file := filepath.Join(e.dir, "findings.json")
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(want, b.Bytes()) {
			t.Errorf("%s differs; run the test with -update and look at the difference:\n%s", file, b.String())
		}
	}
}

func checkFires(t *testing.T, r *Rule, found []Finding) {
	t.Helper()
	var seen Breaks
	for i := range found {
		f := &found[i]
		row := RuleByID(f.Rule)
		if row == nil {
			t.Errorf("%s: %q is not in the catalogue", r.ID, f.Rule)
			continue
		}
		if f.Break != nil {
			if _, ok := f.fill(row.Message); !ok {
				t.Errorf("%s: the message of %s cannot be filled in from %v", r.ID, row.ID, f.Params())
			}
		}
		if f.Rule != r.ID {
			continue
		}
		seen |= 1 << f.Direction
		if f.Class() == ClassData && f.Break.Witness == nil {
			t.Errorf("%s: data without a witness", r.ID)
		}
		if f.Break != nil && r.Class == ClassData && f.Class() != ClassData && !mayBePolicy(r.ID) {
			t.Errorf("%s: found as %s", r.ID, f.Class())
		}
	}
	switch {
	case seen == BreaksNothing:
		t.Errorf("%s does not fire: %v", r.ID, names(found))
	case r.Class == ClassData && seen&^r.Breaks != 0:
		t.Errorf("%s fires %s and is said to break %s", r.ID, seen, r.Breaks)
	}
}

// mayBePolicy tells the rules of data that are policy where no event of the
// surfaces asked for breaks.
func mayBePolicy(rule string) bool {
	return slices.Contains([]string{
		"proto/enum-value-removed", "proto/enum-value-added", "proto/message-removed", "proto/message-added",
		"proto/field-renamed", "proto/json-name-changed", "proto/field-json-form-changed", "proto/enum-value-renamed", "proto/json-format-changed",
	}, rule)
}

// TestRuleExamplesMirror: the reverse edit is the mirror's, and breaks the other
// direction; no schema differs from itself.
func TestRuleExamplesMirror(t *testing.T) {
	for _, e := range examples(t) {
		r := RuleByID(e.rule)
		if r == nil {
			continue // TestRuleExamples says so
		}
		forth := directions(findingsOf(t, e.rule, e.older, e.newer), e.rule)
		if back := directions(findingsOf(t, e.rule, e.newer, e.older), r.Mirror); r.Mirror != "" && back != forth.mirrored() && r.Class == ClassData {
			t.Errorf("%s fires %s, and %s fires %s in the reverse edit", e.rule, forth, r.Mirror, back)
		} else if r.Mirror != "" && back == BreaksNothing {
			t.Errorf("%s does not fire in the reverse of %s", r.Mirror, e.rule)
		}
		for _, side := range []schema.Parsed{e.older, e.newer} {
			if found := findingsOf(t, e.rule, side, side); len(found) > 0 {
				t.Errorf("%s: a schema differs from itself: %v", e.rule, names(found))
			}
		}
	}
}

func directions(found []Finding, rule string) Breaks {
	var seen Breaks
	for i := range found {
		if found[i].Rule == rule {
			seen |= 1 << found[i].Direction
		}
	}
	return seen
}

// TestEveryRuleHasAnExample: a rule without one must say why.
func TestEveryRuleHasAnExample(t *testing.T) {
	have := map[string]bool{}
	for _, e := range examples(t) {
		have[e.rule] = true
	}
	for _, r := range Rules() {
		if !slices.Contains(shown, r.Format()) {
			continue
		}
		if why, ok := silent[r.ID]; have[r.ID] == ok {
			t.Errorf("%s: example %v, reason for none %q", r.ID, have[r.ID], why)
		}
	}
}
