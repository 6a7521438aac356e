package lint

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestPublishedReportSchema(t *testing.T) {
	published, err := os.ReadFile("../docs/evcheck-report-v1.schema.json")
	if err != nil || string(published) != ReportSchema {
		t.Errorf("docs/evcheck-report-v1.schema.json is not lint/report.schema.json (%v); copy it", err)
	}
}

// TestSchemaKnowsMembers: every member of the model is in the published schema,
// and nothing else is.
func TestSchemaKnowsMembers(t *testing.T) {
	var doc struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(ReportSchema), &doc); err != nil {
		t.Fatal(err)
	}
	compare := func(name string, model any, known map[string]any) {
		members := membersOf(reflect.TypeOf(model))
		for _, m := range members {
			if _, ok := known[m]; !ok {
				t.Errorf("%s: the schema does not know %q", name, m)
			}
		}
		for m := range known {
			if !slices.Contains(members, m) {
				t.Errorf("%s: the model has no %q", name, m)
			}
		}
	}
	compare("report", Report{}, doc.Properties)
	for name, model := range map[string]any{
		"tool": Tool{}, "snapshot": Snap{}, "summary": Summary{}, "subject": Subject{}, "check": Check{}, "finding": Finding{}, "location": Location{},
		"witness": Witness{}, "upcaster": Upcaster{}, "waived": Waived{}, "fix": Fix{}, "waiver": Waiver{}, "timing": Timing{},
	} {
		compare(name, model, doc.Defs[name].Properties)
	}
}

// membersOf lists the JSON members of a struct, those of embedded ones too.
func membersOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			out = append(out, membersOf(f.Type)...)
		case name != "-" && f.IsExported():
			out = append(out, name)
		}
	}
	return out
}
