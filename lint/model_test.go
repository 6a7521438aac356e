package lint

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

const (
	orderOld = `{
  "type": "record", "name": "Order",
  "fields": [
    {"name": "id", "type": "string"},
    {"name": "qty", "type": "int"}
  ]
}
`
	orderNew = `{
  "type": "record", "name": "Order",
  "fields": [
    {"name": "id", "type": "string"},
    {"name": "qty", "type": "int"},
    {
      "name": "currency", "type": "string"
    }
  ]
}
`
)

// findingsOf checks a pair in both directions and places what is found.
func findingsOf(t *testing.T, f schema.Format, older, newer, file string) []Finding {
	t.Helper()
	parse := func(text string) schema.Parsed {
		p, err := format.Parse(f, text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		return p
	}
	q := compat.Request{Candidate: parse(newer), History: []compat.Version{{Number: 3, Parsed: parse(older)}}, Options: compat.Options{BothDirections: true}}
	r, err := compat.Check(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	found := r.Findings()
	src := compat.Source{Text: newer, Parse: func(_, text string) (schema.Parsed, error) {
		return format.Parse(f, text, nil, schema.Options{Limits: schema.DefaultLimits()})
	}}
	if err := compat.Repair(context.Background(), q, src, found); err != nil {
		t.Fatal(err)
	}
	var out []Finding
	for i := range found {
		out = append(out, FromCompat(&found[i], Origin{
			Subject: "orders-value", Format: f, Base: "registry:prod",
			Old: &Source{File: file, Version: 3, Format: f, Text: older}, New: &Source{File: file, Format: f, Text: newer},
		}))
	}
	SortFindings(out)
	return out
}

func TestFindingOfAvro(t *testing.T) {
	found := findingsOf(t, schema.Avro, orderOld, orderNew, "events/order.avsc")
	got, err := json.Marshal(found[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"rule":"avro/field-added-without-default","class":"data","severity":"error","direction":"backward","required":true,"proof":"witness",` +
		`"fingerprint":"` + found[0].Engine.Fingerprint("orders-value") + `","subject":"orders-value","subjects":["orders-value"],"format":"AVRO",` +
		`"path":"currency","pointer":"/fields/2","element":"field",` +
		`"new":{"file":"events/order.avsc","line":7,"column":15,"endLine":7,"endColumn":25,"offset":147,"length":10,"snippet":"      \"name\": \"currency\", \"type\": \"string\"","pointer":"/fields/2"},` +
		`"old":{"file":"events/order.avsc","version":3,"line":2,"column":29,"endLine":2,"endColumn":36,"offset":30,"length":7,"snippet":"  \"type\": \"record\", \"name\": \"Order\",","absent":true},` +
		`"against":[{"base":"registry:prod","versions":[3]}],"params":{"field":"currency","record":"Order","type":"string"},"refusedBy":["EXACT","DECLARED","STRICT","LENIENT"],"refused":true,` +
		`"message":"the new schema needs the field \"currency\", which old events lack, and it has no default",` +
		`"witness":{"effect":"refused","writer":3,"reader":"head","value":{"id":"","qty":0},"encoding":"AVRO","bytes":"AAA=","written":"nothing","readerError":"the event has no field \"currency\", and it has no default","minimal":true,"origin":"generated"},` +
		`"deployFirst":"producers","affected":[],"waived":null,` +
		`"fixes":[{"id":"add-default","title":"Give the field a default value","safe":false,"asks":["default"],"proposed":{"default":"\"\""},` +
		`"edits":[{"file":"events/order.avsc","offset":175,"delete":0,"insert":", \"default\": \"\"","line":7,"column":43,"endLine":7,"endColumn":43}],` +
		`"patch":"diff --git a/events/order.avsc b/events/order.avsc\n--- a/events/order.avsc\n+++ b/events/order.avsc\n@@ -4,7 +4,7 @@\n     {\"name\": \"id\", \"type\": \"string\"},\n     {\"name\": \"qty\", \"type\": \"int\"},\n     {\n-      \"name\": \"currency\", \"type\": \"string\"\n+      \"name\": \"currency\", \"type\": \"string\", \"default\": \"\"\n     }\n   ]\n }\n"}],` +
		`"help":"docs/rules/avro/field-added-without-default.md"}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlacesOfBothSides(t *testing.T) {
	cases := []struct {
		name            string
		format          schema.Format
		old, new        string
		rule            string
		oldText, newAt  string // what is underlined
		oldGone, newGap bool
	}{
		{
			"a property that JSON Schema needs now", schema.JSON,
			`{"type":"object","properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`,
			"json/required-added", `{"type":"object","properties":{"a":{"type":"string"}}}`, `"required"`, true, false,
		},
		{
			"a property that changed its type", schema.JSON,
			`{"type":"object","properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"integer"}}}`,
			"json/type-changed", `"string"`, `"integer"`, false, false,
		},
		{
			"a field of Avro that is gone", schema.Avro, orderNew, orderOld,
			"avro/field-removed-without-default", `"currency"`, `"Order"`, false, true,
		},
		{
			"a field of Protobuf", schema.Protobuf,
			"syntax = \"proto3\";\nmessage M {\n  string s = 1;\n}\n", "syntax = \"proto3\";\nmessage M {\n  int32 s = 1;\n}\n",
			"proto/field-type-changed", `string s = 1`, `int32 s = 1`, false, false,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := findingsOf(t, c.format, c.old, c.new, "a")
			i := slices.IndexFunc(found, func(f Finding) bool { return f.Rule == c.rule })
			if i < 0 {
				t.Fatalf("no %s in %v", c.rule, found)
			}
			f := found[i]
			if got := c.old[f.Old.Offset : f.Old.Offset+f.Old.Length]; got != c.oldText && !f.Old.Absent || f.Old.Absent != c.oldGone {
				t.Errorf("old side: %q, absent %v", got, f.Old.Absent)
			}
			if got := c.new[f.New.Offset : f.New.Offset+f.New.Length]; got != c.newAt && !f.New.Absent || f.New.Absent != c.newGap {
				t.Errorf("new side: %q, absent %v", got, f.New.Absent)
			}
		})
	}
}

// TestFingerprintSurvives: what is not the finding itself does not change its
// name, and what is does.
func TestFingerprintSurvives(t *testing.T) {
	first := findingsOf(t, schema.Avro, orderOld, orderNew, "a.avsc")[0]
	moved := findingsOf(t, schema.Avro, strings.Repeat("\n", 100)+orderOld, strings.Repeat("\n", 100)+orderNew, "other/b.avsc")[0]
	if moved.New.Line != first.New.Line+100 || moved.New.File == first.New.File {
		t.Fatalf("the text did not move: %+v", moved.New)
	}
	if moved.Fingerprint != first.Fingerprint {
		t.Errorf("100 lines above and another file: %s, was %s", moved.Fingerprint, first.Fingerprint)
	}
	reworded := *first.Engine
	reworded.Description, reworded.Versions = "quite another sentence", []int{7, 8}
	if reworded.Fingerprint("orders-value") != first.Fingerprint {
		t.Error("a sentence or a version is part of the fingerprint")
	}
	if !regexp.MustCompile(`^1:[0-9a-f]{16}$`).MatchString(first.Fingerprint) {
		t.Errorf("%s has not the shape of algorithm 1", first.Fingerprint)
	}
	retyped := findingsOf(t, schema.Avro, orderOld, strings.Replace(orderNew, `"currency", "type": "string"`, `"currency", "type": "bytes"`, 1), "a.avsc")[0]
	if retyped.Rule != first.Rule || retyped.Fingerprint == first.Fingerprint {
		t.Errorf("%s: another type has the fingerprint %s, was %s", retyped.Rule, retyped.Fingerprint, first.Fingerprint)
	}
	again := Identity{Rule: first.Rule, Subject: first.Subject, OldPath: first.Path, NewPath: first.Path, Direction: first.Direction, Params: first.Params}
	if got := again.Fingerprint(); got != first.Fingerprint {
		t.Errorf("computed from the report: %s, from the engine: %s", got, first.Fingerprint)
	}
	for _, other := range []Identity{
		{Rule: "avro/x", Subject: first.Subject, OldPath: first.Path, NewPath: first.Path, Direction: first.Direction, Params: first.Params},
		{Rule: first.Rule, Subject: "x", OldPath: first.Path, NewPath: first.Path, Direction: first.Direction, Params: first.Params},
		{Rule: first.Rule, Subject: first.Subject, OldPath: "x", NewPath: first.Path, Direction: first.Direction, Params: first.Params},
		{Rule: first.Rule, Subject: first.Subject, OldPath: first.Path, NewPath: "x", Direction: first.Direction, Params: first.Params},
		{Rule: first.Rule, Subject: first.Subject, OldPath: first.Path, NewPath: first.Path, Direction: "forward", Params: first.Params},
	} {
		if other.Fingerprint() == first.Fingerprint {
			t.Errorf("%+v has the same fingerprint", other)
		}
	}
}

func TestSameFingerprint(t *testing.T) {
	for want, same := range map[string]bool{
		"1:9f2c41d07be3a815": true, "9f2c41d07be3a815": true, "9f2c41": true, "1:9f2c41": true,
		"9f2c4": false, "": false, "2:9f2c41d07be3a815": false, "9f2c41d07be3a816": false,
	} {
		if SameFingerprint("1:9f2c41d07be3a815", want) != same {
			t.Errorf("%q: want %v", want, same)
		}
	}
}

func TestParty(t *testing.T) {
	for in, want := range map[Party]string{"3": "3", "head": `"head"`, "base": `"base"`, "03": `"03"`, "-1": `"-1"`, "": `""`} {
		data, err := json.Marshal(in)
		if err != nil || string(data) != want {
			t.Errorf("%q: %s, %v", in, data, err)
		}
		var back Party
		if err := json.Unmarshal(data, &back); err != nil || back != in {
			t.Errorf("%s read as %q, %v", data, back, err)
		}
	}
	if got := Party("3").String() + " " + Party("head").String(); got != "version 3 head" {
		t.Error(got)
	}
}

func TestSortAndCount(t *testing.T) {
	r := NewReport("test")
	r.Complete = true
	r.Subjects = []Subject{{State: SubjectCompared}, {State: SubjectUnchanged}, {State: SubjectUnchanged}, {State: SubjectFirst}, {State: SubjectInvalid}, {State: SubjectRemoved}}
	r.Findings = []Finding{
		{Severity: SeverityNote, Rule: "n"},
		{Severity: SeverityError, Class: compat.ClassPolicy, Subject: "a", Rule: "p"},
		{Severity: SeverityError, Class: compat.ClassData, Subject: "b", Rule: "d"},
		{Severity: SeverityError, Class: compat.ClassData, Subject: "a", Path: "z", Rule: "e"},
		{Severity: SeverityError, Class: compat.ClassData, Subject: "a", Path: "b", Rule: "w", Waived: &Waived{Kind: WaiverConfig}},
		{Severity: SeverityWarning, Rule: "b", Waived: &Waived{Kind: WaiverBaseline}},
	}
	SortFindings(r.Findings)
	order := ""
	for _, f := range r.Findings {
		order += f.Rule
	}
	if order != "wedpbn" {
		t.Errorf("order %s", order)
	}
	r.Count()
	want := Summary{Verdict: VerdictFail, Errors: 3, Notes: 1, Waived: 1, Baselined: 1, Compared: 1, Unchanged: 2, First: 1, Removed: 1, Invalid: 1}
	if got, _ := json.Marshal(r.Summary); string(got) != string(must(json.Marshal(want))) {
		t.Errorf("%s", got)
	}
	for failOn, verdict := range map[string]string{"never": VerdictPass, "error": VerdictFail, "note": VerdictFail} {
		r.Summary.FailOn = failOn
		if r.Count(); r.Summary.Verdict != verdict {
			t.Errorf("--fail-on %s: %s", failOn, r.Summary.Verdict)
		}
	}
	r.Findings, r.Summary.FailOn = r.Findings[5:], "warning" // the note alone
	if r.Count(); r.Summary.Verdict != VerdictPass {
		t.Errorf("a note fails at the threshold warning")
	}
	r.Complete = false
	if r.Count(); r.Summary.Verdict != VerdictIncomplete {
		t.Error("an incomplete report passes")
	}
}

func must(data []byte, _ error) []byte { return data }

func TestReadReport(t *testing.T) {
	r := NewReport("test")
	r.Findings = findingsOf(t, schema.Avro, orderOld, orderNew, "a<b>.avsc")
	text, err := r.AppendJSON(nil)
	if err != nil || !bytes.Contains(text, []byte(`"a<b>.avsc"`)) {
		t.Fatalf("%v in %s", err, text)
	}
	back, err := ReadReport(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.AppendJSON(nil); err != nil || !bytes.Equal(again, text) {
		t.Errorf("%v; read and written again:\n%s", err, again)
	}
	for text, want := range map[string]string{
		"":                               "no JSON report",
		"{":                              "no JSON report",
		`{"instar":"evcheck-report/v2"}`: `want "evcheck-report/v1"`,
		`{"instar":"evcheck-report/v1","findings":[{"rule":"x"}]}`: "no fingerprint",
	} {
		if _, err := ReadReport(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestSourceAt(t *testing.T) {
	long := `{"type":"record","name":"` + strings.Repeat("n", 3000) + `","fields":[{"name":"é","type":"int"}]}`
	s := &Source{File: "a", Format: schema.Avro, Text: long}
	l := s.At(schema.Place{Pointer: "/fields/0"})
	if at := []rune(l.Snippet)[l.Column-l.SnippetColumn:]; string(at[:3]) != `"é"` || l.EndColumn != l.Column+3 {
		t.Errorf("%+v", l)
	}
	bad := &Source{File: "a", Format: schema.Avro, Text: "{\n  not json"}
	if l := bad.At(schema.Place{Pointer: "/fields/0"}); l.Line != 1 || l.Column != 1 {
		t.Errorf("a text that is no JSON: %+v", l)
	}
	if l := bad.At(schema.Place{Position: schema.Position{Line: 2, Column: 3}}); l.Line != 2 || l.Column != 3 {
		t.Errorf("a text that is no JSON: %+v", l)
	}
	if l := bad.At(schema.Place{Position: schema.Position{Line: 99, Column: 3}}); l.Line != 2 {
		t.Errorf("beyond the end: %+v", l)
	}
	for _, pointer := range []string{"/properties/a~1b", "/properties/a~1b/items/7/x", "/none"} {
		j := &Source{Format: schema.JSON, Text: "{\"properties\": {\n \"a/b\": {\"items\": []}}}"}
		if l := j.At(schema.Place{Pointer: pointer}); l.Line == 0 || l.Absent != (pointer != "/properties/a~1b") {
			t.Errorf("%s: %+v", pointer, l)
		}
	}
}
