package api

import (
	"encoding/hex"
	"net/http"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// inspect tells everything about a candidate schema and stores nothing.
func inspect(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	c, err := d.candidate(d.root)
	if err != nil {
		return err
	}
	given, seed := d.string(d.root, "context"), d.int64(d.root, "seed")
	if err := d.strict("schema", "schemaType", "references", "metadata", "ruleSet", "context", "seed"); err != nil {
		return err
	}
	context, err := x.contextArg(given)
	if err != nil {
		return err
	}
	if err := x.needReferences(context, c.references); err != nil {
		return err
	}
	p, err := x.api.service.Candidate(x.ctx, context, c.format, c.text, c.references)
	if err != nil {
		return err
	}
	content := registry.NewContent(c.format, p.Canonical(), c.references, c.metadata, c.ruleSet, nil)
	out := wire.Inspection{
		SchemaType: c.format.String(), Schema: p.Canonical(), Normalized: p.Normalised(),
		GUID: content.GUID.String(), SHA256: hex.EncodeToString(content.Text[:]),
		Fingerprints: []wire.Fingerprint{}, References: referenceBodies(c.references, context, false),
		Fields: fieldBodies(p), Warnings: []wire.Warning{}, Subjects: []wire.SubjectVersion{},
	}
	for _, f := range p.Fingerprints() {
		out.Fingerprints = append(out.Fingerprints, wire.Fingerprint(f))
	}
	for _, w := range p.Warnings() {
		out.Warnings = append(out.Warnings, wire.Warning{Message: w.What, Path: w.Path, Line: w.Line, Column: w.Column})
	}
	if s, err := p.Sample(uint64(seed)); err == nil {
		out.Sample = &wire.Sample{JSON: s.JSON, Binary: s.Binary}
	} else {
		out.Warnings = append(out.Warnings, wire.Warning{Message: "no sample event could be generated: " + err.Error()})
	}
	err = x.view(func(st *registry.State) error {
		out.Subjects = x.holders(st, content)
		return nil
	})
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, out)
}

func fieldBodies(p schema.Parsed) []wire.Field {
	out := []wire.Field{}
	for _, f := range p.Fields() {
		out = append(out, wire.Field{
			Path: f.Path, Name: f.Name, Type: f.Type, Logical: f.Logical, Tags: f.Tags, Doc: f.Doc, Entity: f.Entity, Record: f.Record, Line: f.Line, Column: f.Column,
		})
	}
	return out
}

// holders lists the live versions, visible to the caller, that hold a content.
func (x *request) holders(st *registry.State, c *registry.Content) []wire.SubjectVersion {
	out := []wire.SubjectVersion{}
	sees := x.sees()
	known, ids := st.ByGUID(c.GUID)
	if known == nil || known.Identity != c.Identity {
		return out
	}
	for _, at := range ids {
		b := st.Binding(at.Context, at.ID)
		if b == nil || b.Content.Identity != c.Identity {
			continue
		}
		for _, u := range b.Uses {
			n := registry.Name{Context: at.Context, Subject: u.Subject}
			v := st.Subject(n).Version(u.Version)
			if v != nil && !v.Deleted && (sees == nil || sees(n)) {
				out = append(out, wire.SubjectVersion{Subject: n.String(), Version: u.Version})
			}
		}
	}
	return out
}
