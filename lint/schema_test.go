package lint

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

func TestPublishedReportSchema(t *testing.T) {
	for file, text := range map[string]string{"report": ReportSchema, "config": ConfigSchema} {
		published, err := os.ReadFile("../docs/evcheck-" + file + "-v1.schema.json")
		if err != nil || string(published) != text {
			t.Errorf("docs/evcheck-%s-v1.schema.json is not lint/%s.schema.json (%v); copy it", file, file, err)
		}
	}
}

// TestConfigSchema: the schema for editors knows the keys that are read, of every
// mapping, and takes a configuration that has them all.
func TestConfigSchema(t *testing.T) {
	var doc struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(ConfigSchema), &doc); err != nil {
		t.Fatal(err)
	}
	within := func(key, next string) map[string]any {
		m, _ := doc.Properties[key].(map[string]any)[next].(map[string]any)
		return m
	}
	for _, m := range []struct {
		where string
		known map[string]any
	}{
		{"%s", doc.Properties},
		{"sources: [{%s}]", doc.Defs["source"].Properties},
		{"references: [{%s}]", doc.Defs["reference"].Properties},
		{"waivers: [{%s}]", doc.Defs["waiver"].Properties},
		{"registries: {prod: {%s}}", within("registries", "additionalProperties")["properties"].(map[string]any)},
		{"upcasters: {%s}", within("upcasters", "properties")},
		{"limits: {%s}", within("limits", "properties")},
	} {
		_, err := ReadConfig("c", []byte("instar: evcheck/v1\n"+fmt.Sprintf(m.where, "zzzzzzzzzz: 1")))
		_, list, found := strings.Cut(fmt.Sprint(err), `unknown key "zzzzzzzzzz"; one of `)
		list, _, _ = strings.Cut(list, "\n")
		read := slices.DeleteFunc(strings.Split(list, ", "), func(k string) bool { return k == "custom" }) // refused
		if known := sortedKeys(m.known); !found || !slices.Equal(read, known) {
			t.Errorf("%s: read are %v, the schema has %v (%v)", m.where, read, known, err)
		}
	}

	s, err := jsonschema.Parse(ConfigSchema, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	upper := strings.ReplaceAll(whole, "backward_transitive", "BACKWARD_TRANSITIVE")
	for text, want := range map[string]int{
		upper: 0, strings.Replace(upper, "files: 10", "files: 0", 1): 1, strings.Replace(upper, "sources:", "source:", 1): 1,
		strings.Replace(upper, "permanent: true", "until: 2026-01-01, permanent: true", 1): 1,
	} {
		body := newText("c.schema.yaml", []byte(text), 1<<20)
		if body.err != nil {
			t.Fatal(body.err)
		}
		answer, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(body.body)})
		if err != nil || len(answer.Violations) < want || want == 0 && len(answer.Violations) > 0 {
			t.Errorf("%v, %v for %s", answer.Violations, err, text)
		}
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
