package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/instar-registry/instar/lint"
)

// FuzzSARIF: no name breaks the document, and no address in it leads out of the
// tree or to another host.
func FuzzSARIF(f *testing.F) {
	for i, n := range nasty {
		f.Add(n, nasty[(i+7)%len(nasty)], i, i*3)
	}
	f.Add("../../etc/passwd", "C:\\x", -1, 1<<30)
	f.Add("//host/x", "a b%20c#d?e", 0, 0)
	f.Fuzz(func(t *testing.T, name, other string, line, column int) {
		r := lint.NewReport("0")
		at := &lint.Location{File: name, Commit: other, Span: lint.Span{Line: line, Column: column, EndLine: line, EndColumn: column + 1}, Snippet: other}
		r.Findings = []lint.Finding{{
			Rule: "avro/field-removed", Class: "data", Severity: lint.SeverityError, Fingerprint: "1:0123456789abcdef", Subject: name, Subjects: []string{name}, Path: other, Message: other, New: at, Old: at,
			Params: map[string]string{name: other}, Waived: &lint.Waived{Kind: lint.WaiverInline, Reason: other, By: name},
			Fixes:   []lint.Fix{{ID: name, Title: other, Edits: []lint.Edit{{File: name, Insert: other, Span: at.Span}}}},
			Witness: &lint.Witness{Effect: "refused", Writer: lint.Party(other), Reader: "head", Value: json.RawMessage("1"), Origin: name},
		}}
		r.Count()
		got := render(t, "sarif", &r, Options{Notes: true})
		var doc any
		if err := json.Unmarshal([]byte(got), &doc); err != nil {
			t.Fatalf("%q %q: %v in %s", name, other, err, got)
		}
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case []any:
				for _, x := range v {
					walk(x)
				}
			case map[string]any:
				if uri, ok := v["uri"].(string); ok && v["uriBaseId"] == sarifRoot {
					if strings.HasPrefix(uri, "/") || strings.ContainsAny(uri, " \\\"<>^`{|}") || strings.Contains(strings.SplitN(uri, "/", 2)[0], ":") {
						t.Errorf("%q becomes the address %q", name, uri)
					}
				}
				for _, x := range v {
					walk(x)
				}
			}
		}
		walk(doc)
	})
}
