package compat

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// parseProto reads a file; one without a syntax line is proto3.
func parseProto(t testing.TB, text string) *protobuf.Schema {
	t.Helper()
	if !strings.HasPrefix(text, "syntax") && !strings.HasPrefix(text, "edition") {
		text = `syntax = "proto3"; ` + text
	}
	s, err := protobuf.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

const syntax2, edition2023 = `syntax = "proto2"; `, `edition = "2023"; `

// exactProtoEdits are edits from old to new, the rules that name them where the old
// side writes and where the new one does, and whether events break there.
var exactProtoEdits = []struct {
	old, new          string
	backward, forward string
	breaks            string // of "backward", "forward", "both", or ""
}{
	{"message M { int64 a = 1; }", "message M { int32 a = 1; }", "field-type-narrowed", "", "backward"},
	{"message M { int32 a = 1; }", "message M { int64 a = 1; }", "", "field-type-widened", "forward"},
	{"message M { int32 a = 1; }", "message M { bool a = 1; }", "int-to-bool", "field-json-form-changed", "backward"},
	{"message M { uint32 a = 1; } enum E { A = 0; B = 1; }", "message M { E a = 1; } enum E { A = 0; B = 1; }", "int-to-enum", "int-to-enum", "both"},
	{syntax2 + "message M { optional int32 a = 1; } enum E { A = 0; B = 1; }", syntax2 + "message M { optional E a = 1; } enum E { A = 0; B = 1; }", "int-to-enum", "field-json-form-changed", "backward"},
	{syntax2 + "message M { optional E a = 1; } enum E { A = 0; B = 1; }", syntax2 + "message M { optional int32 a = 1; } enum E { A = 0; B = 1; }", "field-json-form-changed", "enum-to-int", "forward"},
	{"message M { bytes a = 1; }", "message M { string a = 1; }", "bytes-to-string", "field-json-form-changed", "backward"},
	{"message M { bytes a = 1; } message N { int32 x = 1; }", "message M { N a = 1; } message N { int32 x = 1; }", "bytes-to-message", "bytes-to-message", "both"},
	{"message M { repeated string a = 1; }", "message M { string a = 1; }", "field-made-singular", "field-json-form-changed", "backward"},
	{syntax2 + "message M { optional int32 a = 1; }", syntax2 + "message M { required int32 a = 1; }", "field-made-required", "", "backward"},
	{syntax2 + "message M { }", syntax2 + "message M { required int32 a = 1; }", "required-field-added", "field-removed", "backward"},
	{"message M { int32 a = 1; int32 b = 2; }", "message M { oneof o { int32 a = 1; int32 b = 2; } }", "fields-grouped-into-oneof", "oneof-added", "backward"},
	{"message M { int32 a = 1; oneof o { int32 b = 2; } }", "message M { oneof o { int32 a = 1; int32 b = 2; } }", "field-moved-into-oneof", "oneof-field-added", "backward"},
	{"message M { oneof p { int32 a = 1; int32 c = 3; } oneof o { int32 b = 2; } }", "message M { oneof p { int32 c = 3; } oneof o { int32 a = 1; int32 b = 2; } }", "field-moved-between-oneofs", "field-moved-between-oneofs", "both"},
	{"message M { repeated E a = 1; } message E { string k = 1; int32 v = 2; }", "message M { map<string, int32> a = 1; } message E { string k = 1; int32 v = 2; }", "repeated-to-map", "field-json-form-changed", "backward"},
	{edition2023 + "message M { E a = 1; } enum E { A = 0; }", edition2023 + "message M { E a = 1; } enum E { A = 0; option features.enum_type = CLOSED; }", "enum-closed", "", "backward"},
	{syntax2 + "message M { optional E a = 1; } enum E { A = 0; B = 1; }", syntax2 + "message M { optional E a = 1; } enum E { A = 0; }", "enum-value-removed", "enum-value-added", "backward"},
	{"message M { E a = 1; } enum E { A = 0; B = 1; }", "message M { E a = 1; } enum E { A = 0; }", "enum-value-removed", "enum-value-added", ""},
	{syntax2 + "message M { optional string a = 1; }", "message M { optional string a = 1; }", "utf8-validation-added", "syntax-changed", "backward"},
	{"message M { int32 a = 1; } message N { int32 a = 1; }", "message M { int32 a = 1; }", "message-removed", "message-added", "backward"},
	{"message M { int32 a = 1; }", "message M { string a = 1; }", "field-type-changed", "field-type-changed", "both"},
	{"message M { int32 a = 1; }", "message M { sint32 a = 1; }", "field-type-reinterpreted", "field-type-reinterpreted", "both"},
	{"message M { int32 a = 1; }", "message M { int32 a = 2; }", "field-number-changed", "field-number-changed", "both"},
	{"message M { N a = 1; } message N { int32 x = 1; }", "message M { O a = 1; } message O { string x = 1; }", "field-message-type-changed", "field-message-type-changed", "both"},
	{edition2023 + "message M { M a = 1; }", edition2023 + "message M { M a = 1 [features.message_encoding = DELIMITED]; }", "message-encoding-changed", "message-encoding-changed", "both"},
	{syntax2 + "message M { optional int32 a = 1 [default = 1]; }", syntax2 + "message M { optional int32 a = 1 [default = 2]; }", "field-default-changed", "field-default-changed", "both"},
	{"message M { E a = 1; } enum E { A = 0; B = 1; }", "message M { E a = 1; } enum E { A = 0; B = 2; }", "enum-value-number-changed", "enum-value-number-changed", "both"},
	{syntax2 + "message M { optional E a = 1; } enum E { A = 0; B = 1; }", syntax2 + "message M { optional E a = 1; } enum E { B = 1; A = 0; }", "enum-zero-changed", "enum-zero-changed", "both"},
	{syntax2 + "message M { extensions 5; extensions 6; } extend M { optional int32 x = 5; }", syntax2 + "message M { extensions 5; extensions 6; } extend M { optional int32 x = 6; }", "extension-number-changed", "extension-number-changed", "both"},
	{syntax2 + "message S { option message_set_wire_format = true; extensions 4 to max; } message X { extend S { optional X x = 4; } }", syntax2 + "message S { extensions 4 to max; } message X { extend S { optional X x = 4; } }", "message-set-changed", "message-set-changed", "both"},
	{"message M { int32 a = 1; }", "message M { int32 b = 1; }", "field-renamed", "field-renamed", ""},
	{"message M { int32 a = 1 [json_name = \"x\"]; }", "message M { int32 a = 1 [json_name = \"y\"]; }", "json-name-changed", "json-name-changed", ""},
	{"message M { int32 a = 1; }", "message M { repeated int32 a = 1; }", "field-json-form-changed", "field-made-repeated", "forward"},
	{"message M { E a = 1; } enum E { A = 0; B = 1; }", "message M { E a = 1; } enum E { A = 0; C = 1; }", "enum-value-renamed", "enum-value-renamed", ""},
	{edition2023 + "message M { }", edition2023 + "option features.json_format = LEGACY_BEST_EFFORT; message M { }", "json-format-changed", "json-format-changed", ""},
	{"message M { reserved 5; reserved \"x\"; }", "message M { }", "reserved-number-removed", "reserved-number-removed", ""},
	{"message M { reserved \"x\"; }", "message M { }", "reserved-name-removed", "reserved-name-removed", ""},
	{"message M { optional int32 a = 1; }", "message M { int32 a = 1; }", "presence-removed", "presence-removed", ""},
	{"message M { oneof o { int32 a = 1; } }", "message M { int32 a = 1; }", "oneof-removed", "oneof-removed", ""},
	{"message M { oneof o { int32 a = 1; int32 b = 2; } }", "message M { oneof o { int32 a = 1; } }", "oneof-field-removed", "oneof-field-removed", ""},
	{"message M { } enum E { A = 0; }", "message M { }", "enum-removed", "enum-removed", ""},
	{syntax2 + "message M { extensions 5; } extend M { optional int32 x = 5; }", syntax2 + "message M { extensions 5; }", "extension-removed", "extension-removed", ""},
	{syntax2 + "message M { extensions 5 to 9; }", syntax2 + "message M { extensions 5; }", "extension-range-removed", "extension-range-removed", ""},
	{"import public \"google/protobuf/any.proto\"; message M { }", "message M { }", "public-import-removed", "public-import-removed", ""},
	{"message M { } service S { }", "message M { }", "service-removed", "service-removed", ""},
	{"message M { } service S { rpc A(M) returns (M); }", "message M { } service S { }", "rpc-removed", "rpc-removed", ""},
	{"message M { } service S { rpc A(M) returns (M); }", "message M { } service S { rpc A(M) returns (stream M); }", "rpc-signature-changed", "rpc-signature-changed", ""},
	{"package a; message M { }", "package b; message M { }", "package-changed", "package-changed", ""},
	{"message M { N n = 1; } message N { int32 a = 1; }", "message M { O n = 1; } message O { int32 a = 1; }", "message-renamed", "message-renamed", ""},
	{"message M { E n = 1; } enum E { A = 0; }", "message M { F n = 1; } enum F { A = 0; }", "enum-renamed", "enum-renamed", ""},
	{"message M { oneof o { int32 a = 1; } }", "message M { oneof p { int32 a = 1; } }", "oneof-renamed", "oneof-renamed", ""},
	{"message M { N n = 1; } message N { int32 a = 1; }", "message M { O n = 1; } message O { int32 a = 1; int32 b = 2; }", "field-type-renamed", "field-type-renamed", ""},
	{syntax2 + "message M { }", "message M { }", "syntax-changed", "syntax-changed", ""},
	{"option java_package = \"a\"; message M { }", "message M { }", "file-option-changed", "file-option-changed", ""},
	{"message M { int64 a = 1; }", "message M { int64 a = 1 [jstype = JS_STRING]; }", "field-option-changed", "field-option-changed", ""},
	{"message M { int64 a = 1; }", "message M { int64 a = 1 [deprecated = true]; }", "schema/deprecated-added", "schema/deprecated-added", ""},
	{"message M { int32 a = 1; }", "message M { }", "field-number-unreserved", "field-removed", ""},
	{"message M { int32 a = 1; }", "message M { reserved 1; }", "field-name-unreserved", "field-removed", ""},
	{"message M { E a = 1; } enum E { A = 0; B = 1; }", "message M { E a = 1; } enum E { A = 0; reserved \"B\"; }", "enum-number-unreserved", "enum-value-added", ""},
	{"message M { E a = 1; } enum E { A = 0; B = 1; }", "message M { E a = 1; } enum E { A = 0; reserved 1; }", "enum-name-unreserved", "enum-value-added", ""},
	{"message M { reserved 1; }", "message M { int32 a = 1; }", "reserved-number-used", "field-added", ""},
	{"message M { reserved \"a\"; }", "message M { int32 a = 1; }", "reserved-name-used", "field-added", ""},
	{"message M { }", "message M { int32 a = 1; }", "field-added", "field-added", ""},
	{"message M { }", "import \"google/protobuf/any.proto\"; message M { }", "import-added", "import-added", ""},
	{"message M { E a = 1; } enum E { A = 0; }", "message M { E a = 1; } enum E { option allow_alias = true; A = 0; B = 0; }", "enum-alias-added", "enum-alias-added", ""},
	{"message M { repeated int32 a = 1; }", "message M { repeated int32 a = 1 [packed = false]; }", "packed-changed", "packed-changed", ""},
	{"message M { int32 a = 1; } message N { int32 a = 1; }", "message N { int32 a = 1; } message M { int32 a = 1; }", "message-moved", "message-moved", ""},
}

// hasRule reports whether a pair names a rule, by its id or what follows
// "proto/".
func hasRule(p *Pair, id string) bool {
	return id == "" || slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Kind == id || f.Kind == "proto/"+id })
}

// TestExactProtoRules: each edit is named in both directions, refused where an
// event breaks and nowhere else, and the reverse edit is named by the mirrors.
func TestExactProtoRules(t *testing.T) {
	for _, c := range exactProtoEdits {
		older, newer := parseProto(t, c.old), parseProto(t, c.new)
		_, backward := ask(t, OldToNew, older, newer)
		_, forward := ask(t, NewToOld, older, newer)
		if !hasRule(backward, c.backward) || !hasRule(forward, c.forward) && !hasRule(forward, mirrorOf(c.forward)) {
			t.Errorf("%s then %s: backward %q, want %q; forward %q, want %q", c.old, c.new, rulesOf(backward), c.backward, rulesOf(forward), c.forward)
		}
		for _, d := range []struct {
			p    *Pair
			name string
		}{{backward, "backward"}, {forward, "forward"}} {
			want := Compatible
			if c.breaks == "both" || c.breaks == d.name {
				want = Incompatible
			}
			if d.p.Verdict != want {
				t.Errorf("%s then %s: %s is %s, want %s", c.old, c.new, d.name, d.p.Verdict, want)
			}
			for i := range d.p.Findings {
				checkProtoFinding(t, &d.p.Findings[i])
			}
		}
		// The reverse edit, asked the other way, is the same question.
		_, reverse := ask(t, NewToOld, newer, older)
		if reverse.Verdict != backward.Verdict {
			t.Errorf("%s then %s: backward %s, reversed %s", c.old, c.new, backward.Verdict, reverse.Verdict)
		}
		for i := range backward.Findings {
			id := backward.Findings[i].Kind
			if r := RuleByID(id); backward.Findings[i].Break != nil && r != nil && r.Mirror != "" && !hasRule(reverse, r.Mirror) {
				t.Errorf("%s then %s: %s has no mirror in %q", c.old, c.new, id, rulesOf(reverse))
			}
		}
	}
}

func mirrorOf(id string) string {
	if !strings.Contains(id, "/") {
		id = "proto/" + id
	}
	if r := RuleByID(id); r != nil {
		return r.Mirror
	}
	return id
}

// checkProtoFinding holds a finding to what the catalogue promises.
func checkProtoFinding(t *testing.T, f *Finding) {
	t.Helper()
	if f.Break == nil {
		if f.Refused {
			t.Errorf("%s is refused without an event", f.Kind)
		}
		return
	}
	r := RuleByID(f.Kind)
	if r == nil {
		t.Errorf("%s is not in the catalogue", f.Kind)
		return
	}
	if f.Refused != (f.Break.Class == schema.ClassData) || f.Refused != (f.Break.Witness != nil) {
		t.Errorf("%s: refused %v, class %s, witness %v", f.Kind, f.Refused, f.Break.Class, f.Break.Witness)
	}
	if _, ok := f.fill(r.Message); !ok {
		t.Errorf("%s: %q lacks a value; there are %v", f.Kind, r.Message, f.Params())
	}
	if strings.ContainsAny(strings.ReplaceAll(f.Break.Message, "{}", ""), "{}") {
		t.Errorf("%s: %q has a hole", f.Kind, f.Break.Message)
	}
}

// TestExactProtoRulesAreProducible: every rule of the catalogue that a pair of
// files can show is shown by one of the edits above.
func TestExactProtoRulesAreProducible(t *testing.T) {
	shown := map[string]bool{
		"proto/unexplained": true, // by no edit, as long as every kind has a rule
	}
	for _, c := range exactProtoEdits {
		for _, pair := range [][2]string{{c.old, c.new}, {c.new, c.old}} {
			older, newer := parseProto(t, pair[0]), parseProto(t, pair[1])
			for _, d := range []Direction{OldToNew, NewToOld} {
				_, p := ask(t, d, older, newer)
				for i := range p.Findings {
					shown[p.Findings[i].Kind] = true
				}
			}
		}
	}
	for _, r := range Rules() {
		if r.Format() == "proto" && !shown[r.ID] {
			t.Errorf("no edit shows %s", r.ID)
		}
	}
}

// TestExactProtoKindsHaveRules reads the kinds off the engine's source, so that
// none can be added without a rule.
func TestExactProtoKindsHaveRules(t *testing.T) {
	data, err := os.ReadFile("../schema/protobuf/contain_kinds.go")
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
		rule, ok := protoRules[kind]
		for _, id := range rule {
			if !ok || id != "" && RuleByID(id) == nil {
				t.Errorf("%s has no rule: %q", kind, id)
			}
		}
	}
	if kinds != len(protoRules) {
		t.Errorf("%d kinds, %d rules", kinds, len(protoRules))
	}
}

// TestExactProtoOptions: the JSON form and the event messages of a subject
// decide what is data.
func TestExactProtoOptions(t *testing.T) {
	verdict := func(older, newer string, m Meaning) Verdict {
		r, err := Check(context.Background(), Request{
			Candidate: parseProto(t, newer), History: []Version{{Number: 1, Parsed: parseProto(t, older)}}, Level: Backward, Options: Options{Meaning: m},
		})
		if err != nil {
			t.Fatal(err)
		}
		return r.Verdict
	}
	a, b := "message M { int32 a = 1; }", "message M { int32 b = 1; }"
	if v := verdict(a, b, Meaning{}); v != Compatible {
		t.Errorf("a renamed field is %s", v)
	}
	if v := verdict(a, b, Meaning{JSON: true}); v != Incompatible {
		t.Errorf("a renamed field is %s as JSON", v)
	}
	two, one := "message M { int32 a = 1; } message N { int32 a = 1; string b = 2; }", "message M { int32 a = 1; }"
	if v := verdict(two, one, Meaning{}); v != Incompatible {
		t.Errorf("a removed event is %s", v)
	}
	if v := verdict(two, one, Meaning{EventMessages: []string{"M"}}); v != Compatible {
		t.Errorf("a removed message is %s", v)
	}
}

// TestExactProtoMessages holds the list to its form in both directions.
func TestExactProtoMessages(t *testing.T) {
	older, newer := parseProto(t, "message M { int64 a = 1; }"), parseProto(t, "message M { int32 a = 1; }")
	r, p := ask(t, OldToNew, older, newer)
	want := `{errorType:"proto/field-type-narrowed", description:"the new schema has int32 for a where the old schema has int64, which holds more numbers (at a; 2147483648 is read as -2147483648)", additionalInfo:'{"a":"2147483648"}'}`
	if got := r.Messages(); got[0] != want {
		t.Errorf("%s", got[0])
	}
	if text := p.Findings[0].Text(); text != "field a was int64 and is int32, which cuts large values" {
		t.Errorf("%s", text)
	}
	r, p = ask(t, NewToOld, newer, older)
	want = `{errorType:"proto/field-type-widened", description:"the old schema has int32 for a where the new schema has int64, which holds more numbers (at a; 2147483648 is read as -2147483648)", additionalInfo:'{"a":"2147483648"}'}`
	if got := r.Messages(); got[0] != want {
		t.Errorf("%s", got[0])
	}
	if text := p.Findings[0].Text(); text != "field a was int32 and is int64; readers of the old schema cut large values" {
		t.Errorf("%s", text)
	}
}
