package compat

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/schema/protobuf"
)

func recordOf(fields ...string) string {
	return `{"type":"record","name":"R","fields":[` + strings.Join(fields, ",") + `]}`
}

const (
	fieldA    = `{"name":"a","type":"int"}`
	fieldB    = `{"name":"b","type":"string"}`
	fieldBDef = `{"name":"b","type":"string","default":""}`
)

// history makes versions from texts, the newest first.
func history(t testing.TB, newestFirst ...string) []Version {
	var list []Version
	for i, text := range newestFirst {
		list = append(list, Version{Number: len(newestFirst) - i, Parsed: parseAvro(t, text)})
	}
	return list
}

func check(t testing.TB, level Level, policy Policy, candidate string, newestFirst ...string) Report {
	t.Helper()
	r, err := Check(context.Background(), Request{Candidate: parseAvro(t, candidate), History: history(t, newestFirst...), Level: level, Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const missingB = `{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/1' in the new schema has no default value and is missing in the old schema', additionalInfo:'b'}`

// missingBForward is what an old reader says about a new writer without b.
const missingBForward = `{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/1' in the old schema has no default value and is missing in the new schema', additionalInfo:'b'}`

// TestMessages holds the list to Confluent's, byte for byte.
func TestMessages(t *testing.T) {
	a, ab := recordOf(fieldA), recordOf(fieldA, fieldB)
	as := recordOf(`{"name":"a","type":"string"}`)
	frame := func(level string) string { return "{validateFields: 'false', compatibility: '" + level + "'}" }
	old := func(version int, text string) []string {
		return []string{fmt.Sprintf("{oldSchemaVersion: %d}", version), "{oldSchema: '" + text + "'}"}
	}
	mismatch := func(reader, writer, r, w string) string {
		return "{errorType:'TYPE_MISMATCH', description:'The type (path '/fields/0/type') of a field in the " + reader + " schema does not match with the " + writer +
			" schema', additionalInfo:'reader type: " + r + " not compatible with writer type: " + w + "'}"
	}
	cases := []struct {
		name      string
		level     Level
		candidate string
		history   []string
		want      []string
	}{
		{"compatible", Backward, a, []string{ab}, nil},
		{"no history", FullTransitive, ab, nil, nil},
		{"backward", Backward, ab, []string{a}, append(append([]string{missingB}, old(1, a)...), frame("BACKWARD"))},
		{"backward looks at the newest only", Backward, ab, []string{ab, a}, nil},
		{"backward transitive finds the older", BackwardTransitive, ab, []string{ab, a}, append(append([]string{missingB}, old(1, a)...), frame("BACKWARD_TRANSITIVE"))},
		{"transitive stops at the first", BackwardTransitive, ab, []string{a, a}, append(append([]string{missingB}, old(2, a)...), frame("BACKWARD_TRANSITIVE"))},
		{"forward", Forward, a, []string{ab}, append(append([]string{missingBForward}, old(1, ab)...), frame("FORWARD"))},
		{"forward accepts an addition", Forward, ab, []string{a}, nil},
		{"forward transitive", ForwardTransitive, a, []string{a, ab}, append(append([]string{missingBForward}, old(1, ab)...), frame("FORWARD_TRANSITIVE"))},
		{"full, forward half only", Full, a, []string{ab}, []string{missingBForward, frame("FULL")}},
		{"full, backward half only", Full, ab, []string{a}, append(append([]string{missingB}, old(1, a)...), frame("FULL"))},
		{"full, both halves", FullTransitive, as, []string{a, as}, append(append([]string{mismatch("old", "new", "INT", "STRING"), mismatch("new", "old", "STRING", "INT")},
			old(2, a)...), frame("FULL_TRANSITIVE"))},
		{"none", None, as, []string{a}, nil},
	}
	for _, c := range cases {
		for _, policy := range []Policy{Strict, Lenient} {
			r := check(t, c.level, policy, c.candidate, c.history...)
			got := r.Messages()
			if got == nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: got\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if r.Refused != (len(c.want) > 0) || r.Unproven || (r.Verdict == Incompatible) != r.Refused || r.Verdict != r.Rule {
				t.Errorf("%s: %+v", c.name, r)
			}
		}
	}
}

func TestValidateFieldsInFrame(t *testing.T) {
	r, err := Check(t.Context(), Request{Candidate: parseAvro(t, recordOf(fieldA, fieldB)), History: history(t, recordOf(fieldA)), Policy: Strict, Options: Options{ValidateFields: true}})
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Messages(); m[len(m)-1] != "{validateFields: 'true', compatibility: 'BACKWARD'}" {
		t.Errorf("%q", m)
	}
}

// TestOldSchemaIsCut has its limit in Java's characters.
func TestOldSchemaIsCut(t *testing.T) {
	doc := func(n int, last string) string {
		return `{"type":"record","name":"R","doc":"` + strings.Repeat("é", n) + last + `","fields":[]}`
	}
	frame := len(doc(0, ""))
	for _, c := range []struct {
		text string
		want string
	}{
		{doc(10240-frame, ""), "{oldSchema: '" + doc(10240-frame, "") + "'}"},
		{doc(10241-frame, ""), "{oldSchema: <truncated> '" + strings.TrimSuffix(doc(10241-frame, ""), "}") + "...'}"},
		{doc(10239-frame, "😀"), "{oldSchema: <truncated> '" + strings.TrimSuffix(doc(10239-frame, "😀"), "}") + "...'}"},
	} {
		r := check(t, Backward, Strict, recordOf(fieldA), c.text)
		if got := r.Messages()[2]; got != c.want {
			t.Errorf("got  %.60s … %s\nwant %.60s … %s", got, got[len(got)-30:], c.want, c.want[len(c.want)-30:])
		}
	}
}

// foreign is a schema of another format.
type foreign struct{ schema.Parsed }

func (foreign) Format() schema.Format { return schema.Protobuf }
func (foreign) Canonical() string     { return "syntax = \"proto3\";" }
func (foreign) Inlined() string       { return "syntax = \"proto3\";" }

func TestFormatChanged(t *testing.T) {
	for policy := range Policy(len(policyNames)) {
		r, err := Check(t.Context(), Request{Candidate: foreign{}, History: history(t, `"int"`), Policy: policy})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"Incompatible because of different schema type", "{oldSchemaVersion: 1}", "{oldSchema: '\"int\"'}", "{validateFields: 'false', compatibility: 'BACKWARD'}"}
		if !r.Refused || r.Verdict != Incompatible || r.Unproven || !slices.Equal(r.Messages(), want) {
			t.Errorf("%s: %+v %q", policy, r, r.Messages())
		}
		if r, _ := Check(t.Context(), Request{Candidate: foreign{}, History: history(t, `"int"`), Policy: policy, Level: None}); r.Refused {
			t.Errorf("%s: refused at NONE", policy)
		}
	}
}

// TestExactFallsBack: what the exact engine does not decide is settled by the
// strict rule and called unproven.
func TestExactFallsBack(t *testing.T) {
	parse := func(fields string) schema.Parsed {
		s, err := protobuf.Parse("syntax = \"proto3\";\nmessage R { "+fields+" }\n", nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, ab, as := parse("int32 a = 1;"), parse("int32 a = 1; int32 b = 2;"), parse("string a = 1;")
	for _, policy := range []Policy{Exact, Declared} {
		for _, c := range []struct {
			candidate, old schema.Parsed
			refused        bool
			verdict        Verdict
		}{
			{a, a, false, Compatible},
			{parse(" int32  a=1 ;"), a, false, Compatible},
			{ab, a, false, Unknown},
			{as, a, true, Unknown},
		} {
			r, err := Check(t.Context(), Request{
				Candidate: c.candidate, History: []Version{{Number: 1, Parsed: c.old}}, Policy: policy,
				Options: Options{Budget: schema.Budget{Steps: 1}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Refused != c.refused || r.Verdict != c.verdict || r.Unproven != (c.verdict == Unknown) {
				t.Errorf("%s: %s after %s: %+v", policy, c.candidate.Canonical(), c.old.Canonical(), r)
			}
			if c.refused && !strings.HasPrefix(r.Messages()[0], `{errorType:"FIELD_SCALAR_KIND_CHANGED"`) {
				t.Errorf("%q", r.Messages())
			}
			if c.verdict == Unknown && r.Pairs[0].Reason != schema.ReasonSteps {
				t.Errorf("reason %q", r.Pairs[0].Reason)
			}
		}
	}
}

// TestBaseInvalid: an old version that does not parse is never compatible and
// never a crash.
func TestBaseInvalid(t *testing.T) {
	for policy := range Policy(len(policyNames)) {
		r, err := Check(t.Context(), Request{
			Candidate: parseAvro(t, `"int"`), Level: FullTransitive, Policy: policy,
			History: []Version{{Number: 2, Parsed: parseAvro(t, `"int"`)}, {Number: 1, Err: errors.New("the type \"X\" is not defined")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Refused || r.Verdict != Unknown || r.Pairs[2].Reason != BaseInvalid || r.Pairs[3].RuleVerdict != Unknown {
			t.Errorf("%s: %+v", policy, r)
		}
		if m := strings.Join(r.Messages(), "\n"); !strings.Contains(m, `The old schema does not parse`) || !strings.Contains(m, `"X" is not defined`) || !strings.Contains(m, "{oldSchemaVersion: 1}") {
			t.Errorf("%s: %s", policy, m)
		}
	}
}

// TestPairs: all versions are judged and kept, in message order, whatever the
// message list shows.
func TestPairs(t *testing.T) {
	a, ab := recordOf(fieldA), recordOf(fieldA, fieldB)
	r := check(t, FullTransitive, Strict, ab, a, ab, a)
	type pair struct {
		version   int
		direction Direction
		verdict   Verdict
		findings  int
	}
	var got []pair
	for _, p := range r.Pairs {
		got = append(got, pair{p.Version, p.Direction, p.Verdict, len(p.Findings)})
	}
	want := []pair{
		{3, NewToOld, Compatible, 0},
		{3, OldToNew, Incompatible, 1},
		{2, NewToOld, Compatible, 0},
		{2, OldToNew, Compatible, 0},
		{1, NewToOld, Compatible, 0},
		{1, OldToNew, Incompatible, 1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if r.Engine != EngineVersion || r.Level != FullTransitive || r.Policy != Strict {
		t.Errorf("%+v", r)
	}
}

func TestBothDirections(t *testing.T) {
	r, err := Check(t.Context(), Request{Candidate: parseAvro(t, recordOf(fieldA, fieldB)), History: history(t, recordOf(fieldA)), Level: Forward, Policy: Strict, Options: Options{BothDirections: true}})
	if err != nil || len(r.Pairs) != 2 || r.Refused || r.Verdict != Compatible || r.Pairs[1].Verdict != Incompatible || len(r.Messages()) != 0 {
		t.Errorf("%v %+v", err, r)
	}
}

func TestDeployFirst(t *testing.T) {
	a, ab, abd, as := recordOf(fieldA), recordOf(fieldA, fieldB), recordOf(fieldA, fieldBDef), recordOf(`{"name":"a","type":"string"}`)
	for _, c := range []struct {
		candidate, old string
		both           bool
		policy         Policy
		want           string
	}{
		{abd, a, true, Strict, DeployAny},
		{a, ab, true, Strict, DeployConsumers},
		{ab, a, true, Strict, DeployProducers},
		{as, a, true, Strict, DeployNone},
		{abd, a, false, Strict, DeployUnknown},
		{abd, a, true, Exact, DeployAny},
	} {
		r, err := Check(t.Context(), Request{Candidate: parseAvro(t, c.candidate), History: history(t, c.old), Policy: c.policy, Options: Options{BothDirections: c.both}})
		if err != nil || r.DeployFirst() != c.want {
			t.Errorf("%s after %s: %s, %v, want %s", c.candidate, c.old, r.DeployFirst(), err, c.want)
		}
	}
}

// TestWithoutNumbers: versions that are files have no number to show, and are
// still told apart.
func TestWithoutNumbers(t *testing.T) {
	a, ab := recordOf(fieldA), recordOf(fieldA, fieldB)
	h := history(t, a, a)
	h[0].Number, h[1].Number = 0, 0
	r, err := Check(t.Context(), Request{Candidate: parseAvro(t, ab), History: h, Level: BackwardTransitive, Policy: Strict})
	want := []string{missingB, "{oldSchema: '" + a + "'}", "{validateFields: 'false', compatibility: 'BACKWARD_TRANSITIVE'}"}
	if err != nil || !slices.Equal(r.Messages(), want) {
		t.Errorf("%v %q", err, r.Messages())
	}
}

func TestCheckErrors(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Check(cancelled, Request{Candidate: parseAvro(t, `"int"`), History: history(t, `"int"`)}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var bug *schema.Bug
	for _, r := range []Request{{}, {Candidate: parseAvro(t, `"int"`), Level: 99}, {Candidate: parseAvro(t, `"int"`), Policy: 99}} {
		if _, err := Check(t.Context(), r); !errors.As(err, &bug) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestNames(t *testing.T) {
	for i, name := range levelNames {
		if l, err := ParseLevel(strings.ToLower(name)); err != nil || l != Level(i) || l.String() != name {
			t.Errorf("%s: %v %v", name, l, err)
		}
	}
	for i, name := range policyNames {
		if p, err := ParsePolicy(strings.ToLower(name)); err != nil || p != Policy(i) || p.String() != name {
			t.Errorf("%s: %v %v", name, p, err)
		}
	}
	for _, bad := range []string{"", "BACKWARDS", "LOGICAL"} {
		if _, err := ParseLevel(bad); err == nil {
			t.Errorf("level %q", bad)
		}
		if _, err := ParsePolicy(bad); err == nil || !strings.Contains(err.Error(), "STRICT, LENIENT, EXACT and DECLARED") {
			t.Errorf("policy %q: %v", bad, err)
		}
	}
	if Level(0) != Backward || Policy(0) != Exact || Verdict(0) != Unknown {
		t.Error("the zero values are not the defaults")
	}
}

func TestValidateFields(t *testing.T) {
	s := parseAvro(t, recordOf(fieldA, fieldB))
	removed := func(name string) string {
		return "The new schema has reserved field " + name + " removed from its metadata which is present in the old schema's metadata."
	}
	conflict := func(name string) string {
		return "The new schema has field that conflicts with the reserved field " + name + "."
	}
	for _, c := range []struct {
		before, after string
		want          []string
	}{
		{"", "", nil},
		{"x", "x", nil},
		{"x, y ,", "y", []string{removed("x")}},
		{"", "a,c,b,a", []string{conflict("a"), conflict("b")}},
		{"c", "a", []string{removed("c"), conflict("a")}},
	} {
		if got := ValidateFields(s, ParseReserved(c.before), ParseReserved(c.after)); !slices.Equal(got, c.want) {
			t.Errorf("%q, %q: got %q, want %q", c.before, c.after, got, c.want)
		}
	}
}

// TestDescribe: a description names the sides as they are in the direction, and
// each format has its quotes.
func TestDescribe(t *testing.T) {
	fixed := Difference{Kind: "K", Path: "#/new schema", Description: "The new schema at path '#/new schema' differs from the old schema"}
	named := Difference{Kind: "K", Path: "#/%s schema", Description: "The %s schema at path 'p' differs from the %s schema", Additional: "x"}
	user := Difference{Kind: "K", Path: "#/%s schema", Description: "The value at path '#/%s schema' is different between the %s and %s schema"}
	for _, c := range []struct {
		d         Difference
		format    schema.Format
		direction Direction
		want      string
	}{
		{fixed, schema.Protobuf, OldToNew, `{errorType:"K", description:"The new schema at path '#/new schema' differs from the old schema"}`},
		{fixed, schema.Protobuf, NewToOld, `{errorType:"K", description:"The old schema at path '#/new schema' differs from the new schema"}`},
		{fixed, schema.JSON, NewToOld, `{errorType:"K", description:"The old schema at path '#/new schema' differs from the new schema'}`},
		{user, schema.JSON, NewToOld, `{errorType:"K", description:"The value at path '#/%s schema' is different between the old and new schema'}`},
		{named, schema.JSON, OldToNew, `{errorType:"K", description:"The new schema at path 'p' differs from the old schema", additionalInfo:'x'}`},
		{
			Difference{Kind: "K", Path: "/fields/0", Description: "The field '%s' at path '/fields/0' in the %s schema is missing in the %s schema", Additional: "%s"},
			schema.Avro, OldToNew,
			`{errorType:'K', description:'The field '%s' at path '/fields/0' in the new schema is missing in the old schema', additionalInfo:'%s'}`,
		},
		{named, schema.Avro, NewToOld, `{errorType:'K', description:'The old schema at path 'p' differs from the new schema', additionalInfo:'x'}`},
	} {
		if got := c.d.Message(c.format, c.direction); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// TestDocumentsCount: an edit of a document breaks whoever refers to it, also
// where the reference stands beside other keywords or leads in a circle.
func TestDocumentsCount(t *testing.T) {
	for name, text := range map[string]string{
		"alone":    `{"items":{"$ref":"a.json"}}`,
		"beside":   `{"$schema":"https://json-schema.org/draft/2020-12/schema","items":{"title":"t","$ref":"a.json"}}`,
		"address":  `{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://example.com/root.json","items":{"title":"t","$ref":"a.json"}}`,
		"a circle": `{"items":{"$ref":"circle.json"}}`,
	} {
		parse := func(kind string) schema.Parsed {
			var docs []schema.Document
			for _, at := range []string{"", "https://example.com/"} {
				docs = append(docs, schema.Document{Name: at + "a.json", Text: `{"type":"` + kind + `"}`})
			}
			docs = append(docs, schema.Document{Name: "circle.json", Text: `{"properties":{"a":{"$ref":"a.json"},"c":{"$ref":"circle.json"}}}`})
			p, err := format.Parse(schema.JSON, text, docs, schema.Options{Limits: schema.DefaultLimits()})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		r, err := Check(context.Background(), Request{Candidate: parse("integer"), Level: Backward, History: []Version{{Number: 1, Parsed: parse("string")}}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != Incompatible {
			t.Errorf("%s: %s", name, r.Verdict)
		}
		if old, now := KeyOf(parse("string")), KeyOf(parse("integer")); old == now {
			t.Errorf("%s: the memory of verdicts takes both for one schema", name)
		}
	}
}
