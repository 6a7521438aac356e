package compat

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// TestUnexplained: where the entry that names a kind of break is gone, the break
// is still there, with its event, as unexplained: a witness is never dropped
// because no rule explains it, and the verdict never hangs on a name.
func TestUnexplained(t *testing.T) {
	mutated := map[string]int{}
	for format, rules := range map[string]map[string][2]string{"avro": avroRules, "proto": protoRules} {
		for _, e := range examples(t) {
			if !strings.HasPrefix(e.rule, format+"/") || e.older.Format() != e.newer.Format() {
				continue
			}
			before := dataOf(findingsOf(t, e.rule, e.older, e.newer))
			for i := range before {
				kind := before[i].Break.Kind
				saved, known := rules[kind]
				if !known || strings.HasSuffix(before[i].Rule, "/unexplained") {
					continue
				}
				delete(rules, kind)
				after := dataOf(findingsOf(t, e.rule, e.older, e.newer))
				rules[kind] = saved
				mutated[format]++
				if len(after) != len(before) {
					t.Errorf("%s without %s: %d breaks instead of %d", e.rule, kind, len(after), len(before))
					continue
				}
				for k := range after {
					if after[k].Break.Witness == nil || after[k].Break.Kind == kind && after[k].Rule != format+"/unexplained" {
						t.Errorf("%s without %s: %s at %s, witness %v", e.rule, kind, after[k].Rule, after[k].Path, after[k].Break.Witness)
					}
				}
			}
		}
	}
	if mutated["avro"] < 30 || mutated["proto"] < 60 {
		t.Errorf("only %v entries were taken away", mutated)
	}
}

// TestUnexplainedJSON: a break of a JSON Schema whose keyword nobody knows is
// named by the values that are gone.
func TestUnexplainedJSON(t *testing.T) {
	older, err := parseExample("old.json", `{"type": "string"}`)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := parseExample("new.json", `{"type": "string", "maxLength": 3}`)
	if err != nil {
		t.Fatal(err)
	}
	found := dataOf(findingsOf(t, "json/max-length-added", older, newer))
	if len(found) != 1 || found[0].Rule != "json/max-length-added" {
		t.Fatalf("%v", found)
	}
	b := *found[0].Break
	b.Kind, b.Reader = "no-such-keyword", schema.Place{Pointer: "/nowhere"}
	for d, want := range map[Direction]string{OldToNew: "json/values-removed", NewToOld: "json/values-added"} {
		copied := b
		if rule := jsonRule(&copied, asJSON(t, older), asJSON(t, newer), d); rule != want {
			t.Errorf("%v: %s, want %s", d, rule, want)
		}
	}
}

// dataOf keeps what breaks events.
func dataOf(found []Finding) []Finding {
	var out []Finding
	for i := range found {
		if found[i].Break != nil && found[i].Class() == ClassData {
			out = append(out, found[i])
		}
	}
	return out
}

func asJSON(t *testing.T, s schema.Parsed) *jsonschema.Schema {
	t.Helper()
	out, ok := s.(*jsonschema.Schema)
	if !ok {
		t.Fatalf("%T is no JSON Schema", s)
	}
	return out
}
