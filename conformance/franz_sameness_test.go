package conformance

import (
	"slices"

	"github.com/twmb/franz-go/pkg/sr"
)

// normalise: the level of a subject may ask for it, and no request can refuse.
func (f franz) normalise() {
	const (
		sent   = `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"string"}},"additionalProperties":false}`
		stored = `{"additionalProperties":false,"properties":{"a":{"type":"string"},"b":{"type":"string"}},"type":"object"}`
	)
	plain, err := f.cl.CreateSchema(f.ctx, "as-sent", sr.Schema{Schema: sent, Type: sr.TypeJSON})
	f.must(err)
	f.must(f.cl.SetCompatibility(f.ctx, sr.SetCompatibility{Level: sr.CompatBackward, Normalize: true}, "normalised")[0].Err)
	sorted, err := f.cl.CreateSchema(f.ctx, "normalised", sr.Schema{Schema: sent, Type: sr.TypeJSON})
	f.must(err)
	asked, err := f.cl.CreateSchema(sr.WithParams(f.ctx, sr.Normalize), "asked", sr.Schema{Schema: sent, Type: sr.TypeJSON})
	f.must(err)
	if plain.Schema.Schema != sent || sorted.Schema.Schema != stored || asked.ID != sorted.ID {
		f.t.Errorf("stored are %s as sent, %s by config as id %d, and id %d on request", plain.Schema.Schema, sorted.Schema.Schema, sorted.ID, asked.ID)
	}
	for _, text := range []string{sent, stored} {
		found, err := f.cl.LookupSchema(f.ctx, "normalised", sr.Schema{Schema: text, Type: sr.TypeJSON})
		f.must(err)
		if found.ID != sorted.ID || found.Version != 1 {
			f.t.Errorf("the lookup of %s found %+v", text, found)
		}
	}
	// The order of keys is no part of the structure, so this is the same schema.
	same, err := f.cl.LookupSchema(f.ctx, "as-sent", sr.Schema{Schema: stored, Type: sr.TypeJSON})
	f.must(err)
	if same.ID != plain.ID {
		f.t.Errorf("the lookup with other key order found %+v", same)
	}
}

// ownReferrers: a subject whose versions refer to each other can be deleted.
func (f franz) ownReferrers() {
	const subject = "self"
	f.must(f.cl.SetCompatibility(f.ctx, sr.SetCompatibility{Level: sr.CompatNone}, subject)[0].Err)
	_, err := f.cl.CreateSchema(f.ctx, subject, sr.Schema{Schema: avroItem})
	f.must(err)
	_, err = f.cl.CreateSchema(f.ctx, subject, sr.Schema{
		Schema: avroWithItem, References: []sr.SchemaReference{{Name: "shop.Item", Subject: subject, Version: 1}},
	})
	f.must(err)
	f.refused(f.cl.DeleteSchema(f.ctx, subject, 1, sr.SoftDelete), sr.ErrReferenceExists, 422, "One or more references exist")
	for _, how := range []sr.DeleteHow{sr.SoftDelete, sr.HardDelete} {
		gone, err := f.cl.DeleteSubject(f.ctx, subject, how)
		f.must(err)
		if !slices.Equal(gone, []int{1, 2}) {
			f.t.Errorf("the delete answered %v", gone)
		}
	}
}
