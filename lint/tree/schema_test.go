package tree

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// TestPlanSchema: the published schema takes a plan with every member, and knows
// no other.
func TestPlanSchema(t *testing.T) {
	if published, err := os.ReadFile("../../docs/evcheck-plan-v1.schema.json"); err != nil || string(published) != PlanSchema {
		t.Errorf("docs/evcheck-plan-v1.schema.json is not lint/tree/plan.schema.json (%v); copy it", err)
	}
	setting := &Setting{Level: "FULL", Policy: "EXACT"}
	text, err := json.Marshal(Plan{Instar: PlanFormat, Registry: "https://registry.example", Context: ".orders", Actions: []Action{{
		Op: OpVersion, Subject: "orders-value", File: "a.avsc", Schema: "{}", SchemaType: "AVRO", References: []wire.Reference{{Name: "n", Subject: "s", Version: 0}},
		Latest: 1, Version: 1, Upcaster: json.RawMessage("{}"), UpcasterFile: "u", From: 1, To: 2, Document: "d", Replaces: 1, Config: setting, Was: setting,
		Lowers: true, Prune: true, Why: []string{"w"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.Parse(PlanSchema, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: text})
	if err != nil || len(answer.Violations) > 0 {
		t.Errorf("%v, %v", answer.Violations, err)
	}
	type object = map[string]any
	var doc, plan object
	if json.Unmarshal([]byte(PlanSchema), &doc) != nil || json.Unmarshal(text, &plan) != nil {
		t.Fatal("no JSON")
	}
	names := func(o any) []string { return slices.Sorted(maps.Keys(o.(object))) }
	defs := doc["$defs"].(object)
	action := plan["actions"].([]any)[0].(object)
	for _, c := range []struct {
		known any
		has   any
	}{{doc["properties"], plan}, {defs["action"].(object)["properties"], action}, {defs["setting"].(object)["properties"], action["was"]}} {
		if known, has := names(c.known), names(c.has); !slices.Equal(known, has) {
			t.Errorf("the schema knows %v, a plan has %v", known, has)
		}
	}
}
