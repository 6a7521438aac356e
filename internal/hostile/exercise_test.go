package hostile

import (
	"context"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// exercise asks an accepted schema for everything that it can compute, since a
// library may turn to the network as late as that. samples is how many events it
// must generate.
func exercise(s schema.Parsed, samples uint64) error {
	_, _, _, _ = s.Canonical(), s.Normalised(), s.Equivalence(), s.Inlined()
	_, _, _, _ = s.Fields(), s.TopLevel(), s.Fingerprints(), s.Size()
	for _, name := range []string{"resolved", "serialized", "ignore_extensions", "unknown"} {
		if _, _, err := s.Render(name); err != nil && isBug(err) {
			return err
		}
	}
	if _, err := s.EditTags([]schema.TagEdit{{Path: "a.b", Tags: []string{"PII"}}}, nil); err != nil && isBug(err) {
		return err
	}
	if err := compare(s); err != nil {
		return err
	}
	for seed := range samples {
		sample, err := s.Sample(seed)
		if err != nil {
			if isBug(err) {
				return err
			}
			continue
		}
		events := []schema.Event{{Encoding: schema.EncodingJSON, Bytes: sample.JSON}}
		if sample.Binary != nil {
			events = append(events, schema.Event{Encoding: schema.EncodingBinary, Bytes: sample.Binary})
		}
		if j, ok := s.(*jsonschema.Schema); ok {
			if _, err := j.SecondOpinion(context.Background(), sample.JSON); err != nil && isBug(err) {
				return err
			}
		}
		for _, e := range events {
			if _, err := s.Check(context.Background(), e); err != nil && isBug(err) {
				return err
			}
		}
	}
	return nil
}

// compare asks whether the schema may follow itself, which makes witnesses and
// asks second validators about them.
func compare(s schema.Parsed) error {
	r := compat.Request{Candidate: s, History: []compat.Version{{Number: 1, Parsed: s}}, Level: compat.FullTransitive, Policy: compat.Exact}
	report, err := compat.Check(context.Background(), r)
	if err != nil {
		return &schema.Bug{Where: "compat.Check", Cause: err}
	}
	if report.Verdict == compat.Incompatible {
		return &schema.Bug{Where: "compat.Check", Cause: "a schema is incompatible with itself"}
	}
	return nil
}
