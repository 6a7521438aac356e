package compat

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestFindingJSON holds the one encoding of a finding to its form.
func TestFindingJSON(t *testing.T) {
	r, err := Check(t.Context(), Request{
		Candidate: parseAvro(t, recordOf(fieldA, fieldB)),
		History:   []Version{{Number: 3, Parsed: parseAvro(t, recordOf(fieldA))}, {Number: 2, Parsed: parseAvro(t, recordOf(fieldA))}},
		Level:     BackwardTransitive,
	})
	if err != nil {
		t.Fatal(err)
	}
	findings := r.Findings()
	if len(findings) != 1 || !slices.Equal(findings[0].Versions, []int{3, 2}) || !slices.Equal(r.Pairs[0].Findings[0].Versions, []int{3}) {
		t.Fatalf("%+v", findings)
	}
	got := string(findings[0].AppendJSON(nil, "orders-value"))
	want := `{"rule":"avro/field-added-without-default","class":"data","severity":"error","direction":"backward","required":true,"proof":"witness",` +
		`"fingerprint":"1:9c6706dc7fb3543d","path":"b","element":"field","pointer":{"old":"","new":"/fields/1"},` +
		`"positions":{"old":{"line":1,"column":1},"new":{"line":1,"column":65}},"params":{"field":"b","record":"R","type":"string"},` +
		`"message":"the new schema needs the field \"b\", which old events lack, and it has no default",` +
		`"witness":{"effect":"refused","writer":"old","reader":"new","value":{"a":0},"bytes":"AA==","written":"nothing","readerError":"the event has no field \"b\", and it has no default","minimal":true,"origin":"generated"},` +
		`"deployFirst":"producers","versions":[3,2],"refusedBy":["EXACT","DECLARED","STRICT","LENIENT"],"help":"docs/rules/avro/field-added-without-default.md"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !json.Valid([]byte(got)) {
		t.Error("it is no JSON")
	}
}

// TestFingerprint: what a reader sees as the same finding has one fingerprint.
func TestFingerprint(t *testing.T) {
	find := func(old, now string, d Direction) Finding {
		_, p := ask(t, d, parseAvro(t, old), parseAvro(t, now))
		if len(p.Findings) != 1 {
			t.Fatalf("%s then %s: %s", old, now, rulesOf(p))
		}
		return p.Findings[0]
	}
	f := find(recordOf(fieldA), recordOf(fieldA, fieldB), OldToNew)
	print := f.Fingerprint("s")
	if !regexp.MustCompile(`^1:[0-9a-f]{16}$`).MatchString(print) {
		t.Errorf("%q", print)
	}
	moved := find(recordOf(fieldA), "\n\n"+recordOf(fieldB, fieldA), OldToNew)
	if moved.New() == f.New() || moved.Fingerprint("s") != print {
		t.Error("another place in the text gives another fingerprint")
	}
	f.Versions, f.Description = []int{7}, "reworded"
	if f.Fingerprint("s") != print {
		t.Error("versions or words count")
	}
	for what, other := range map[string]string{
		"subject":   f.Fingerprint("t"),
		"type":      fingerprintOf(find(recordOf(fieldA), recordOf(fieldA, strings.Replace(fieldB, "string", "long", 1)), OldToNew)),
		"direction": fingerprintOf(find(recordOf(fieldA, fieldB), recordOf(fieldA), NewToOld)),
	} {
		if other == print {
			t.Errorf("%s does not count", what)
		}
	}
}

func fingerprintOf(f Finding) string { return f.Fingerprint("s") }

// TestFindingSides: places and parameters are called old and new in both
// directions.
func TestFindingSides(t *testing.T) {
	fixed := func(size string) schema.Parsed {
		return parseAvro(t, recordOf(`{"name":"a","type":{"type":"fixed","name":"F","size":`+size+`}}`))
	}
	for _, d := range []Direction{OldToNew, NewToOld} {
		_, p := ask(t, d, fixed("1"), fixed("22"))
		f := &p.Findings[0]
		if text := f.Text(); text != "the size of the fixed at a was 1 and is 22" || f.Old().Pointer != "/fields/0/type/size" || f.Direction != d {
			t.Errorf("%s: %q, %+v", d, text, f.Old())
		}
	}
}

// TestFindingOfConfluent: what only a syntactic rule says has a rule of ours,
// the mirror where the new side writes, and is no break of data.
func TestFindingOfConfluent(t *testing.T) {
	for d, want := range map[Direction]string{OldToNew: "avro/field-added-without-default", NewToOld: "avro/field-removed-without-default"} {
		if got := ConfluentRule(schema.Avro, "READER_FIELD_MISSING_DEFAULT_VALUE", d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	r := check(t, Backward, Strict, recordOf(fieldA, fieldB), recordOf(fieldA))
	f := r.Findings()[0]
	if f.Rule != "avro/field-added-without-default" || f.Class() != ClassPolicy || f.Proof() != ProofRule || f.Severity() != "error" ||
		!slices.Equal(f.RefusedBy, []string{"STRICT", "LENIENT"}) {
		t.Errorf("%+v %s %s", f, f.Class(), f.Severity())
	}
	if got := string(f.AppendJSON(nil, "")); !json.Valid([]byte(got)) || !strings.Contains(got, `"confluent":"READER_FIELD_MISSING_DEFAULT_VALUE"`) {
		t.Error(got)
	}
}

// TestFindingUndecided: an open question and a broken base are findings.
func TestFindingUndecided(t *testing.T) {
	wide := func(typ string) string {
		return recordOf(`{"name":"big","type":{"type":"fixed","name":"F","size":100000}}`, `{"name":"a","type":"`+typ+`"}`)
	}
	r := check(t, Backward, Exact, wide("int"), wide("string"))
	i := slices.IndexFunc(r.Findings(), func(f Finding) bool { return f.Rule == "schema/undecided" })
	if i < 0 {
		t.Fatalf("%+v", r)
	}
	if f := r.Findings()[i]; f.Class() != ClassUndecided || f.Severity() != "warning" || f.Params()[0].Value != string(schema.ReasonWitnessSize) || strings.Contains(f.Text(), "reader schema") {
		t.Errorf("%+v %q", f, f.Text())
	}
	r, err := Check(t.Context(), Request{Candidate: parseAvro(t, `"int"`), History: []Version{{Number: 1, Err: &schema.Error{What: "it is gone"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Findings(); len(f) != 1 || f[0].Rule != "schema/base-invalid" || f[0].Text() != "the old schema does not parse: it is gone" {
		t.Errorf("%+v", f)
	}
}
