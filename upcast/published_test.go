package upcast

import (
	"flag"
	"os"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

var update = flag.Bool("update", false, "write the golden files")

// publishedFile is where editors find the JSON Schema of documents.
const publishedFile = "../docs/upcast-v1.schema.json"

func TestPublishedSchema(t *testing.T) {
	text := JSONSchema()
	if *update {
		if err := os.WriteFile(publishedFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(publishedFile)
	if err != nil || string(committed) != text {
		t.Fatalf("%s is out of date (%v); run go test ./upcast -update", publishedFile, err)
	}
	s, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	fits := func(json string) []schema.Violation {
		j, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(json)})
		if err != nil {
			t.Fatal(err)
		}
		return j.Violations
	}
	for name, document := range sampleDocuments() {
		d, err := Parse(document)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v := fits(d.Canonical()); len(v) > 0 {
			t.Errorf("%s does not fit the published schema: %v", name, v)
		}
	}
	for _, slip := range []string{
		`{"instar":"upcast/v1","from":1,"to":2,"steps":[{"renam":{"from":"a","to":"b"}}]}`,
		`{"instar":"upcast/v1","from":1,"to":2,"steps":[{"rename":{"from":"a"}}]}`,
		`{"instar":"upcast/v1","from":1,"to":2,"steps":[{"add":{"path":"a","value":1,"expr":"2"}}]}`,
	} {
		if len(fits(slip)) == 0 {
			t.Errorf("the published schema accepts %s", slip)
		}
	}
}
