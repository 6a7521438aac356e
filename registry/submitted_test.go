package registry

import (
	"context"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestInheritedMetadataAreNotRemembered: what a text without metadata is depends
// on the newest version, and not on what it was when it came before.
func TestInheritedMetadataAreNotRemembered(t *testing.T) {
	n := start(t, newMemLog())
	major := func(v string) func(*Register) {
		return func(r *Register) { r.Metadata = &Metadata{Properties: map[string]string{"major": v}} }
	}
	n.must("s", avroRecord(fieldA), major("0"))
	if v := n.must("s", avroRecord(fieldA)).Version; v != 1 { // inherits what version 1 has
		t.Fatalf("the text of version 1 is version %d", v)
	}
	n.must("s", avroRecord(fieldA, fieldBD), major("1"))
	r := n.must("s", avroRecord(fieldA))
	if r.Version != 3 || r.Content.Metadata.Properties["major"] != "1" {
		t.Errorf("a text after a version of major 1 is version %d with %+v", r.Version, r.Content.Metadata)
	}

	lookup := func() int {
		_, v, err := n.Lookup(context.Background(), LookupRequest{Name: ParseName("t"), Format: schema.Avro, Text: avroRecord(fieldA)})
		if err != nil {
			return 0
		}
		return v.Number
	}
	n.must("t", avroRecord(fieldA), major("0"))
	if v := lookup(); v != 1 {
		t.Fatalf("the text of version 1 is found as version %d", v)
	}
	n.must("t", avroRecord(fieldA, fieldBD), major("1"))
	if v := lookup(); v != 0 {
		t.Errorf("a text after a version of major 1 is found as version %d", v)
	}
}
