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
	"schema/undecided": "TestFindingUndecided", "json/values-removed": "no edit is known", "json/values-added": "no edit is known", "avro/unexplained": "no edit is known", "proto/unexplained": "no edit is known",
	"json/reserved-property-removed": "about metadata", "json/reserved-property-added": "about metadata",
	"json/reserved-property-used": "about metadata", "json/reserved-property-freed": "about metadata",
}

// shown are the formats of which every rule has an example.
var shown = []string{"schema", "avro", "json", "proto"}

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
	case slices.Contains(protoJSON, rule):
		o.JSON = true
	}
	return o
}

// protoJSON are the rules of Protobuf that break events only where these travel
// as JSON.
var protoJSON = []string{
	"proto/field-renamed", "proto/json-name-changed", "proto/field-json-form-changed", "proto/enum-value-renamed",
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
	return append(r.Findings(), Remarks(older, newer, exampleOptions(rule).Meaning)...)
}

// repaired are the findings of an example with the fixes that hold.
func repaired(t testing.TB, e *example) []Finding {
	t.Helper()
	text, err := os.ReadFile(e.newFile)
	if err != nil {
		t.Fatal(err)
	}
	q := Request{Candidate: e.newer, History: []Version{{Number: 1, Parsed: e.older}}, Level: Full, Options: exampleOptions(e.rule)}
	r, err := Check(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	src := Source{Text: string(text), Parse: func(_, text string) (schema.Parsed, error) { return parseExample(e.newFile, text) }}
	found := append(r.Findings(), Remarks(e.older, e.newer, q.Options.Meaning)...)
	if err := Repair(t.Context(), q, src, found); err != nil {
		t.Fatal(err)
	}
	return found
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
		found := repaired(t, &e)
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
		golden(t, filepath.Join(e.dir, "findings.json"), b.String())
		golden(t, filepath.Join(e.dir, "fixed"+filepath.Ext(e.newFile)), fixedText(t, &e, found))
	}
}

// fixedText is the new text after the first fix of each finding of the rule;
// empty if there is none.
func fixedText(t *testing.T, e *example, found []Finding) string {
	t.Helper()
	for i := range found {
		if found[i].Rule == e.rule && len(found[i].Fixes) > 0 {
			text, err := os.ReadFile(e.newFile)
			if err != nil {
				t.Fatal(err)
			}
			fixed, err := found[i].Fixes[0].Apply(string(text))
			if err != nil {
				t.Fatal(err)
			}
			return fixed
		}
	}
	return ""
}

// golden holds a text to a file; an empty text stands for no file.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		err := os.WriteFile(file, []byte(text), 0o644)
		if text == "" {
			err = os.RemoveAll(file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if text == "" && os.IsNotExist(err) {
		return
	}
	if err != nil || string(want) != text {
		t.Errorf("%s differs; run the test with -update and look at the difference:\n%s", file, text)
	}
}

func checkFires(t *testing.T, r *Rule, found []Finding) {
	t.Helper()
	var seen, broken Breaks
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
		if f.Class() == r.Class || mayBePolicy(r.ID) || f.Class() == ClassData {
			seen |= 1 << f.Direction
		}
		if f.Class() == ClassData {
			broken |= 1 << f.Direction
		}
		if f.Class() == ClassData && f.Break.Witness == nil {
			t.Errorf("%s: data without a witness", r.ID)
		}
	}
	switch {
	case seen == BreaksNothing:
		t.Errorf("%s does not fire: %v", r.ID, names(found))
	case broken&^r.Breaks != 0:
		t.Errorf("%s breaks %s and is said to break %s", r.ID, broken, r.Breaks)
	case r.Class == ClassData && broken == BreaksNothing && !mayBePolicy(r.ID):
		t.Errorf("%s breaks nothing", r.ID)
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
		if r.Mirror != "" {
			back := directions(findingsOf(t, e.rule, e.newer, e.older), r.Mirror)
			if back == BreaksNothing || (back != forth.mirrored() && r.Class == ClassData) {
				t.Errorf("%s fires %s, and %s fires %s in the reverse edit", e.rule, forth, r.Mirror, back)
			}
		}
		checkVerdicts(t, &e)
		for _, side := range []schema.Parsed{e.older, e.newer} {
			if found := findingsOf(t, e.rule, side, side); len(found) > 0 {
				t.Errorf("%s: a schema differs from itself: %v", e.rule, names(found))
			}
		}
	}
}

// checkVerdicts: FORWARD asks of an edit what BACKWARD asks of its reverse, and
// FULL refuses what either does.
func checkVerdicts(t *testing.T, e *example) {
	t.Helper()
	ask := func(older, newer schema.Parsed, level Level) Report {
		r, err := Check(t.Context(), Request{Candidate: newer, History: []Version{{Number: 1, Parsed: older}}, Level: level, Options: exampleOptions(e.rule)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	backward, forward, full := ask(e.older, e.newer, Backward), ask(e.older, e.newer, Forward), ask(e.older, e.newer, Full)
	if reverse := ask(e.newer, e.older, Forward); reverse.Verdict != backward.Verdict {
		t.Errorf("%s: BACKWARD is %s, FORWARD of the reverse %s", e.rule, backward.Verdict, reverse.Verdict)
	}
	if full.Refused != (backward.Refused || forward.Refused) {
		t.Errorf("%s: FULL refuses %v, BACKWARD %v, FORWARD %v", e.rule, full.Refused, backward.Refused, forward.Refused)
	}
}

// directions are those in which a rule of data breaks, or any other fires.
func directions(found []Finding, rule string) Breaks {
	var seen Breaks
	for i := range found {
		if f := &found[i]; f.Rule == rule && (f.Class() == ClassData || RuleByID(rule).Class != ClassData || mayBePolicy(rule)) {
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
