package lint

import (
	"fmt"
	"strings"
	"testing"
)

// TestRepairsOfSharedDefinitions: an edit of a definition has its fixes once,
// whoever uses the definition and whether or not that is a subject itself, and a
// bound leaves out the least findings and says so.
func TestRepairsOfSharedDefinitions(t *testing.T) {
	schema := func(required string) string { return `{"type":"object","required":[` + required + `]}` }
	for _, mapped := range []string{`["*.schema.json"]`, `["*.schema.json", "!money.schema.json"]`} {
		files := map[string]string{
			"evcheck.yaml":      "{instar: evcheck/v1, sources: [{match: " + mapped + "}]}",
			"money.schema.json": schema(`"a"`),
		}
		for i := range 5 {
			files[fmt.Sprintf("order%d.schema.json", i)] = `{"properties":{"total":{"$ref":"money.schema.json"}}}`
		}
		after := map[string]string{"money.schema.json": schema(`"a","b","c"`)}
		for name, text := range files {
			if after[name] == "" {
				after[name] = text
			}
		}
		for _, most := range []int{0, 1} {
			head, base := NewMemoryTree("head", after), NewMemoryTree("base", files)
			c, err := LoadConfig(t.Context(), head, ".")
			if err != nil {
				t.Fatal(err)
			}
			r, err := Compare(t.Context(), Request{Head: head, Bases: []Base{{Tree: base}}, Config: c, Fixes: true, MostFixes: most, FailOn: SeverityError})
			if err != nil {
				t.Fatal(err)
			}
			with, edited := 0, ""
			for i := range r.Findings {
				if f := &r.Findings[i]; f.Rule == "json/required-added" {
					if with += min(1, len(f.Fixes)); len(f.Fixes) > 0 {
						edited += f.Fixes[0].Edits[0].File + " "
					}
				}
			}
			if want := 2 - most; with != want || strings.Count(edited, "money.schema.json ") != want {
				t.Errorf("%s, at most %d: %d findings have fixes, of %q", mapped, most, with, edited)
			}
			if said := strings.Contains(strings.Join(r.Summary.Remarks, ""), "in the 1 worst findings"); said != (most == 1) {
				t.Errorf("at most %d: %q", most, r.Summary.Remarks)
			}
		}
	}
}

// TestRepairsOfImports: a fix of what a Protobuf file imports is tried on the
// import as the fix leaves it.
func TestRepairsOfImports(t *testing.T) {
	files := map[string]string{
		"evcheck.yaml": "{instar: evcheck/v1, sources: [{match: order.proto, policy: EXACT}]}",
		"money.proto":  "syntax = \"proto3\";\npackage money;\nmessage Money {\n  int64 units = 1;\n  string currency = 2;\n}\n",
		"order.proto":  "syntax = \"proto3\";\nimport \"money.proto\";\nmessage Order { money.Money total = 1; }\n",
	}
	after := map[string]string{}
	for name, text := range files {
		after[name] = strings.Replace(text, "  string currency = 2;\n", "", 1)
	}
	head, base := NewMemoryTree("head", after), NewMemoryTree("base", files)
	c, err := LoadConfig(t.Context(), head, ".")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Compare(t.Context(), Request{Head: head, Bases: []Base{{Tree: base}}, Config: c, Fixes: true, FailOn: SeverityError})
	if err != nil {
		t.Fatal(err)
	}
	var edited []string
	for i := range r.Findings {
		for _, f := range r.Findings[i].Fixes {
			edited = append(edited, r.Findings[i].Rule+" "+f.Edits[0].File)
		}
	}
	if got, want := strings.Join(edited, ", "), "proto/field-number-unreserved money.proto"; !strings.Contains(got, want) {
		t.Errorf("the fixes are %q, not %q", got, want)
	}
}
