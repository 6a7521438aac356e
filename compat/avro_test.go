package compat

import (
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

func parseAvro(t testing.TB, text string) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// TestAvroAsJava compares with testdata/avro/java.txt: per block a writer, a
// reader, and each incompatibility that Apache Avro 1.12.0 finds ("- kind path
// message") or what it throws ("! message").
func TestAvroAsJava(t *testing.T) {
	data, err := os.ReadFile("testdata/avro/java.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(strings.TrimSpace(string(data)), "\n\n")
	if len(blocks) < 120 {
		t.Fatalf("only %d blocks", len(blocks))
	}
	for _, block := range blocks {
		lines := strings.Split(block, "\n")
		writer, reader := lines[0][2:], lines[1][2:]
		want := strings.Join(lines[2:], "\n")
		var got []string
		for _, d := range avroDifferences(parseAvro(t, writer), parseAvro(t, reader)) {
			if d.Kind == "" {
				got = append(got, "! "+strings.TrimPrefix(d.Description, "Unexpected exception during compatibility check: "))
				continue
			}
			got = append(got, "- "+d.Kind+" "+d.Path+" "+d.Additional)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s\nread by %s\n got %s\nwant %s", writer, reader, strings.Join(got, "\n"), want)
		}
	}
}
