package compat

import (
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// TestRepairReferences: a break that lies in a reference is repaired there, and
// only where the caller lets references be edited.
func TestRepairReferences(t *testing.T) {
	for _, c := range []struct {
		name            string
		format          schema.Format
		text            string
		document        string
		old, new, fixed string
		asks            string
	}{
		{
			name: "Avro, a default", format: schema.Avro, document: "shop.Money",
			text:  `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"a","type":{"type":"array","items":["null","Money"]}}]}`,
			old:   `{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"long"}]}`,
			new:   "{\"type\": \"record\", \"name\": \"Money\", \"namespace\": \"shop\", \"fields\": [\n  {\"name\": \"cents\", \"type\": \"long\"},\n  {\"name\": \"scale\", \"type\": \"int\"}\n]}",
			fixed: "{\"type\": \"record\", \"name\": \"Money\", \"namespace\": \"shop\", \"fields\": [\n  {\"name\": \"cents\", \"type\": \"long\"},\n  {\"name\": \"scale\", \"type\": \"int\", \"default\": 0}\n]}",
			asks:  "default",
		},
		{
			name: "Avro, a symbol of an enum in a map", format: schema.Avro, document: "Colour",
			text:  `{"type":"record","name":"Order","fields":[{"name":"m","type":{"type":"map","values":"Colour"}}]}`,
			old:   `{"type":"enum","name":"Colour","symbols":["RED","BLUE"]}`,
			new:   `{"type":"enum","name":"Colour","symbols":["RED"]}`,
			fixed: `{"type":"enum","name":"Colour","symbols":["RED","BLUE"]}`,
		},
		{
			name: "JSON, a bound", format: schema.JSON, document: "https://shop.example/address",
			text:  `{"$id":"https://shop.example/signup","type":"object","properties":{"address":{"$ref":"address"}}}`,
			old:   `{"$id":"https://shop.example/address","type":"string","maxLength":9}`,
			new:   `{"$id":"https://shop.example/address","type":"string","maxLength":4}`,
			fixed: `{"$id":"https://shop.example/address","type":"string","maxLength":9}`,
		},
		{
			name: "Protobuf, a type", format: schema.Protobuf, document: "money.proto",
			text:  "syntax = \"proto3\";\nimport \"money.proto\";\nmessage Order {\n  Money total = 1;\n}\n",
			old:   "syntax = \"proto3\";\nmessage Money {\n  int64 cents = 1; // of a euro\n}\n",
			new:   "syntax = \"proto3\";\nmessage Money {\n  string cents = 1; // of a euro\n}\n",
			fixed: "syntax = \"proto3\";\nmessage Money {\n  int64 cents = 1; // of a euro\n}\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			with := func(body string) func(document, text string) (schema.Parsed, error) {
				return func(document, text string) (schema.Parsed, error) {
					if document == "" {
						return format.Parse(c.format, text, []schema.Document{{Name: c.document, Text: body}}, schema.Options{Limits: schema.DefaultLimits()})
					}
					if document != c.document {
						t.Errorf("the reference %q was edited", document)
					}
					return format.Parse(c.format, c.text, []schema.Document{{Name: c.document, Text: text}}, schema.Options{Limits: schema.DefaultLimits()})
				}
			}
			older, err1 := with(c.old)("", c.text)
			newer, err2 := with(c.new)("", c.text)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			q := Request{Candidate: newer, History: []Version{{Number: 1, Parsed: older}}, Level: Backward}
			r, err := Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			found := r.Findings()
			if len(found) == 0 {
				t.Fatal("nothing breaks")
			}
			src := Source{Text: c.text, Parse: with(c.new)}
			if err := Repair(t.Context(), q, src, found); err != nil {
				t.Fatal(err)
			}
			if len(found[0].Fixes) != 0 {
				t.Errorf("a reference that may not be edited has the fix %+v", found[0].Fixes[0])
			}
			src.Documents = []schema.Document{{Name: c.document, Text: c.new}}
			if err := Repair(t.Context(), q, src, found); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range found[0].Fixes {
				after, err := x.Apply(c.new)
				if err != nil || x.Document != c.document {
					t.Errorf("%s edits %q: %v", x.Kind, x.Document, err)
				}
				if strings.Join(x.Asks, ",") == c.asks {
					got = append(got, after)
				}
			}
			if !slices.Contains(got, c.fixed) {
				t.Errorf("the fixes of %s give %q, want %q", found[0].Rule, got, c.fixed)
			}
		})
	}
}
