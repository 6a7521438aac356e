package compat

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// ask checks one pair in one direction under EXACT.
func ask(t testing.TB, d Direction, older, newer schema.Parsed) (Report, *Pair) {
	t.Helper()
	level := Backward
	if d == NewToOld {
		level = Forward
	}
	r, err := Check(context.Background(), Request{Candidate: newer, History: []Version{{Number: 1, Parsed: older}}, Level: level})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Pairs) != 1 {
		t.Fatalf("%+v", r)
	}
	return r, &r.Pairs[0]
}

func rulesOf(p *Pair) string {
	var out []string
	for i := range p.Findings {
		out = append(out, p.Findings[i].Kind)
	}
	return strings.Join(out, " ")
}

// TestExactAvroRules: each edit from old to new is named in the direction that
// it breaks, and by its mirror in the reverse edit.
func TestExactAvroRules(t *testing.T) {
	field := func(typ string) string { return recordOf(`{"name":"a","type":` + typ + `}`) }
	uuid, decimal := `{"type":"string","logicalType":"uuid"}`, func(p string) string {
		return `{"type":"bytes","logicalType":"decimal","precision":` + p + `,"scale":2}`
	}
	millis, micros := `{"type":"long","logicalType":"timestamp-millis"}`, `{"type":"long","logicalType":"timestamp-micros"}`
	enum := func(rest string) string { return `{"type":"enum","name":"E","symbols":` + rest + `}` }
	for _, c := range []struct{ old, new, backward, forward, mirror string }{
		{recordOf(fieldA), recordOf(fieldA, fieldB), "avro/field-added-without-default", "", "avro/field-removed-without-default"},
		{recordOf(fieldA), recordOf(fieldA, fieldBDef), "", "", ""},
		{recordOf(fieldA), recordOf(`{"name":"z","type":"int"}`), "avro/field-renamed", "avro/field-renamed", "avro/field-renamed"},
		{recordOf(`{"name":"a","type":"int","aliases":["z"]}`), recordOf(`{"name":"z","type":"int"}`), "avro/field-renamed-old-alias", "", "avro/field-renamed-new-alias"},
		{`{"type":"record","name":"R","fields":[],"aliases":["S"]}`, `{"type":"record","name":"S","fields":[]}`, "avro/type-renamed-old-alias", "", "avro/type-renamed-new-alias"},
		{`{"type":"record","name":"R","fields":[]}`, `{"type":"record","name":"S","fields":[]}`, "avro/type-renamed", "avro/type-renamed", "avro/type-renamed"},
		{field(`"long"`), field(`"int"`), "avro/type-narrowed", "", "avro/type-widened"},
		{field(`"float"`), field(`"int"`), "avro/type-narrowed-lossy", "avro/type-narrowed-lossy", "avro/type-widened-lossy"},
		{field(`"bytes"`), field(`"string"`), "avro/bytes-to-string", "", "avro/string-to-bytes"},
		{field(`"int"`), field(`"string"`), "avro/type-changed", "avro/type-changed", "avro/type-changed"},
		{field(`["null","int"]`), field(`"int"`), "avro/made-non-nullable", "", "avro/made-nullable"},
		{field(`["null","int","string"]`), field(`["null","int"]`), "avro/union-branch-removed", "", "avro/union-branch-added"},
		{field(enum(`["A","B"]`)), field(enum(`["A"]`)), "avro/enum-symbol-removed", "", "avro/enum-symbol-added"},
		{field(enum(`["A","B"]`)), field(enum(`["A"],"default":"A"`)), "avro/enum-symbol-removed-defaulted", "", "avro/enum-symbol-added-defaulted"},
		{field(`{"type":"fixed","name":"F","size":1}`), field(`{"type":"fixed","name":"F","size":2}`), "avro/fixed-size-changed", "avro/fixed-size-changed", "avro/fixed-size-changed"},
		{field(decimal("9")), field(decimal("8")), "avro/decimal-precision-decreased", "", "avro/decimal-precision-increased"},
		{field(decimal("9")), field(strings.Replace(decimal("9"), `:2}`, `:4}`, 1)), "avro/decimal-scale-changed", "avro/decimal-scale-changed", "avro/decimal-scale-changed"},
		{field(millis), field(micros), "avro/logical-type-changed", "avro/logical-type-changed", "avro/logical-type-changed"},
		{field(`"string"`), field(uuid), "avro/logical-type-added", "avro/logical-type-added", "avro/logical-type-removed"},
		{field(`"int"`), field(`["float","int"]`), "avro/union-match-ambiguous", "avro/union-branch-added", ""},
		{`{"type":"record","name":"a.R","fields":[]}`, `{"type":"record","name":"b.R","fields":[]}`, "avro/namespace-changed", "avro/namespace-changed", "avro/namespace-changed"},
		{`{"type":"record","name":"R","fields":[` + fieldA + `]}`, `{"type":"record","name":"R","fields":[{"name":"a","type":"R"}]}`, "schema/became-unsatisfiable", "TYPE_MISMATCH", ""}, // STRICT's, for information
	} {
		older, newer := parseAvro(t, c.old), parseAvro(t, c.new)
		_, backward := ask(t, OldToNew, older, newer)
		_, forward := ask(t, NewToOld, older, newer)
		if rulesOf(backward) != c.backward || rulesOf(forward) != c.forward {
			t.Errorf("%s then %s: backward %q, want %q; forward %q, want %q", c.old, c.new, rulesOf(backward), c.backward, rulesOf(forward), c.forward)
		}
		if c.mirror == "" {
			continue
		}
		// The reverse edit breaks the other direction, by the mirror.
		_, reverse := ask(t, NewToOld, newer, older)
		if rulesOf(reverse) != c.mirror || reverse.Verdict != backward.Verdict {
			t.Errorf("%s then %s: forward %q, want the mirror %q", c.new, c.old, rulesOf(reverse), c.mirror)
		}
	}
}

// TestExactAvroKindsHaveRules reads the kinds off the engine's source, so that
// none can be added without a rule.
func TestExactAvroKindsHaveRules(t *testing.T) {
	data, err := os.ReadFile("../schema/avro/contain_kinds.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "\tKind") {
			continue
		}
		kinds++
		kind := strings.Split(line, `"`)[1]
		for _, rule := range avroRules[kind] {
			if !strings.HasPrefix(rule, "avro/") && !strings.HasPrefix(rule, "schema/") {
				t.Errorf("%s has no rule", kind)
			}
		}
		if avroRules[kind] == ([2]string{}) {
			t.Errorf("%s has no rule", kind)
		}
	}
	if kinds != len(avroRules) {
		t.Errorf("%d kinds, %d rules", kinds, len(avroRules))
	}
}

// TestExactAvroMessages holds the list to its form in both directions.
func TestExactAvroMessages(t *testing.T) {
	a, ab := recordOf(fieldA), recordOf(fieldA, fieldB)
	r := check(t, Backward, Exact, ab, a)
	want := []string{
		`{errorType:'avro/field-added-without-default', description:'the new schema needs the field "b", which the old schema lacks, and there is no default (at b)', additionalInfo:'{"a":0}'}`,
		`{oldSchemaVersion: 1}`, `{oldSchema: '` + a + `'}`, `{validateFields: 'false', compatibility: 'BACKWARD'}`,
	}
	if !slices.Equal(r.Messages(), want) || !r.Refused || r.Unproven || r.Verdict != Incompatible {
		t.Errorf("%+v\n%s", r, strings.Join(r.Messages(), "\n"))
	}
	r = check(t, Forward, Declared, a, ab)
	if m := r.Messages(); m[0] != `{errorType:'avro/field-removed-without-default', description:'the old schema needs the field "b", which the new schema lacks, and there is no default (at b)', additionalInfo:'{"a":0}'}` {
		t.Errorf("%s", m[0])
	}
	r = check(t, Backward, Exact, recordOf(`{"name":"a","type":"float"}`), a)
	if m := r.Messages(); m[0] != `{errorType:'avro/type-widened-lossy', description:'the new schema has float where the old schema has int, which rounds large values (at a; 16777217 is read as 16777216)', additionalInfo:'{"a":16777217}'}` {
		t.Errorf("%s", m[0])
	}
	if size := r.Pairs[0].Size(); size < 500 || size > 2000 {
		t.Errorf("size %d", size)
	}
	// A witness of more than a KiB is cut.
	var wide []string
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		wide = append(wide, `{"name":"`+strings.Repeat(string(c), 50)+`","type":"int"}`)
	}
	r = check(t, Backward, Exact, recordOf(append(wide, fieldB)...), recordOf(wide...))
	if f := r.Pairs[0].Findings[0]; len(f.Additional) != maxWitnessText+3 || !strings.HasSuffix(f.Additional, "...") || !json.Valid(f.Break.Witness.Value) {
		t.Errorf("%d %s", len(f.Additional), f.Additional)
	}
}

// TestExactAvroAndStrict: what the exact engine accepts and the strict rule
// refuses is accepted, and shown for information; and the other way round.
func TestExactAvroAndStrict(t *testing.T) {
	none := `{"type":"record","name":"N","fields":[{"name":"n","type":"N"}]}`
	r := check(t, Backward, Exact, recordOf(`{"name":"u","type":"int"}`), recordOf(`{"name":"u","type":["int",`+none+`]}`))
	if r.Refused || r.Verdict != Compatible || r.Rule != Incompatible || len(r.Messages()) > 0 || rulesOf(&r.Pairs[0]) != "TYPE_MISMATCH" || r.Pairs[0].Findings[0].Refused {
		t.Errorf("%+v", r)
	}
	decimal := func(scale string) string {
		return recordOf(`{"name":"a","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":` + scale + `}}`)
	}
	r = check(t, Backward, Exact, decimal("4"), decimal("2"))
	if !r.Refused || r.Verdict != Incompatible || r.Rule != Compatible || r.Pairs[0].Findings[0].Break.Witness.Read != "0.1234" {
		t.Errorf("%+v", r)
	}
	for _, policy := range []Policy{Strict, Lenient} {
		if r = check(t, Backward, policy, decimal("4"), decimal("2")); r.Refused || len(r.Pairs[0].Findings) > 0 {
			t.Errorf("%s: %+v", policy, r)
		}
	}
}

// TestExactAvroUnknown: what cannot be shown falls back to the strict rule.
func TestExactAvroUnknown(t *testing.T) {
	wide := func(typ string) string {
		return recordOf(`{"name":"big","type":{"type":"fixed","name":"F","size":100000}}`, `{"name":"a","type":"`+typ+`"}`)
	}
	r := check(t, Backward, Exact, wide("int"), wide("string"))
	if !r.Refused || !r.Unproven || r.Verdict != Unknown || r.Pairs[0].Reason != schema.ReasonWitnessSize || rulesOf(&r.Pairs[0]) != "TYPE_MISMATCH" {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := exactAvro(ctx, parseAvro(t, `"int"`), parseAvro(t, `"long"`), OldToNew, schema.Budget{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestExactAvroRadar: on a real history both engines agree, but for the
// differences that a test of types cannot see.
func TestExactAvroRadar(t *testing.T) {
	data, err := os.ReadFile("testdata/radar/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	agree := 0
	for line := range strings.Lines(string(data)) {
		var p struct{ Path, Old, New string }
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		opts := schema.Options{Limits: schema.DefaultLimits(), Lenient: true}
		older, err1 := avro.Parse(p.Old, nil, opts)
		newer, err2 := avro.Parse(p.New, nil, opts)
		if err1 != nil || err2 != nil {
			continue
		}
		full := map[Direction]bool{}
		for _, d := range []Direction{OldToNew, NewToOld} {
			r, pair := ask(t, d, older, newer)
			full[d] = r.Refused
			if pair.Verdict == Unknown {
				t.Errorf("%s: %+v", p.Path, pair)
			}
			// Rounding is what only the exact engine sees here.
			onlyRounding := !slices.ContainsFunc(pair.Findings, func(f Finding) bool {
				return f.Refused && f.Break.Effect != schema.Misread
			})
			if pair.Verdict != pair.RuleVerdict && (pair.Verdict == Compatible || !onlyRounding) {
				t.Errorf("%s, %s: exact %s, strict %s: %s", p.Path, d, pair.Verdict, pair.RuleVerdict, rulesOf(pair))
			}
			if pair.Verdict == pair.RuleVerdict {
				agree++
			}
			// Mirror: the reverse edit in the other direction is the same question.
			if _, mirror := ask(t, 1-d, newer, older); mirror.Verdict != pair.Verdict || len(mirror.Findings) != len(pair.Findings) {
				t.Errorf("%s: no mirror", p.Path)
			}
		}
		r, err := Check(t.Context(), Request{Candidate: newer, History: []Version{{Number: 1, Parsed: older}}, Level: Full})
		if err != nil || r.Refused != (full[OldToNew] || full[NewToOld]) {
			t.Errorf("%s: FULL is not both directions (%v)", p.Path, err)
		}
	}
	if agree < 190 {
		t.Errorf("only %d agree", agree)
	}
}
