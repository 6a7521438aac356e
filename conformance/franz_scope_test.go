package conformance

import (
	"net/http"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"
)

// contract sends metadata and rules and demands them back unchanged.
func (f franz) contract() {
	rules := &sr.SchemaRuleSet{DomainRules: []sr.SchemaRule{{
		Name: "has_id", Kind: sr.SchemaRuleKindCondition, Mode: sr.SchemaRuleModeWrite,
		Type: "CEL", Expr: "message.id != ''",
	}}}
	meta := &sr.SchemaMetadata{Properties: map[string]string{"owner": "shop"}, Tags: map[string][]string{"Order.id": {"PII"}}}
	created, err := f.cl.CreateSchema(f.ctx, "contract", sr.Schema{Schema: avroV1, SchemaMetadata: meta, SchemaRuleSet: rules})
	f.must(err)
	if created.SchemaMetadata == nil || created.SchemaMetadata.Properties["owner"] != "shop" || !slices.Equal(created.SchemaMetadata.Tags["Order.id"], []string{"PII"}) {
		f.t.Errorf("the metadata came back as %+v", created.SchemaMetadata)
	}
	if created.SchemaRuleSet == nil || len(created.SchemaRuleSet.DomainRules) != 1 || created.SchemaRuleSet.DomainRules[0].Expr != "message.id != ''" {
		f.t.Errorf("the rules came back as %+v", created.SchemaRuleSet)
	}
	rules.DomainRules[0].Name = "1 bad name"
	_, err = f.cl.CreateSchema(f.ctx, "contract", sr.Schema{Schema: avroV1, SchemaRuleSet: rules})
	f.refused(err, sr.ErrInvalidRuleset, 422, "1 bad name")
	plain, err := f.cl.CreateSchema(f.ctx, "no-contract", sr.Schema{Schema: avroV1})
	f.must(err)
	if plain.SchemaMetadata != nil || plain.SchemaRuleSet != nil {
		f.t.Errorf("metadata or rules were invented: %+v", plain)
	}
}

func (f franz) config() {
	const subject = "order/AVRO"
	global := f.cl.Compatibility(f.ctx)
	if len(global) != 1 || global[0].Err != nil || global[0].Level != sr.CompatBackward {
		f.t.Errorf("the global level is %+v", global)
	}
	own := f.cl.Compatibility(f.ctx, subject)
	f.refused(own[0].Err, sr.ErrSubjectLevelCompatibilityNotConfigured, 404, "Subject '"+subject+"' does not have subject-level compatibility configured")
	inherited := f.cl.Compatibility(sr.WithParams(f.ctx, sr.DefaultToGlobal), subject)
	if inherited[0].Err != nil || inherited[0].Level != sr.CompatBackward {
		f.t.Errorf("the inherited level is %+v", inherited)
	}
	for level := sr.CompatNone; level <= sr.CompatFullTransitive; level++ {
		set := f.cl.SetCompatibility(f.ctx, sr.SetCompatibility{Level: level}, subject)
		f.must(set[0].Err)
		if got := f.cl.Compatibility(f.ctx, subject); got[0].Err != nil || got[0].Level != level {
			f.t.Errorf("%v was set, read is %+v", level, got)
		}
	}
	f.must(f.cl.SetCompatibility(f.ctx, sr.SetCompatibility{Level: sr.CompatNone}, subject)[0].Err)
	_, err := f.cl.CreateSchema(f.ctx, subject, sr.Schema{Schema: avroBad})
	f.must(err)
	f.must(f.cl.DeleteSchema(f.ctx, subject, -1, sr.SoftDelete))
	// The answer names the old level "compatibilityLevel", as Confluent's does;
	// this client looks for "compatibility" and leaves the level out.
	f.must(f.cl.ResetCompatibility(f.ctx, subject)[0].Err)
	f.refused(f.cl.ResetCompatibility(f.ctx, subject)[0].Err, sr.ErrSubjectNotFound, 404, subject)

	f.must(f.cl.SetCompatibility(f.ctx, sr.SetCompatibility{Level: sr.CompatFull})[0].Err)
	if got := f.cl.Compatibility(f.ctx); got[0].Level != sr.CompatFull {
		f.t.Errorf("the global level is %+v", got)
	}
	_, err = f.cl.CreateSchema(f.ctx, "full", sr.Schema{Schema: avroV1})
	f.must(err)
	_, err = f.cl.CreateSchema(f.ctx, "full", sr.Schema{Schema: `{"type":"record","name":"Order","namespace":"shop","fields":[]}`})
	f.refused(err, sr.ErrIncompatibleSchema, http.StatusConflict, "full")
	f.must(f.cl.ResetCompatibility(f.ctx)[0].Err)
	err = f.cl.Do(f.ctx, http.MethodPut, "/config", map[string]string{"compatibility": "SIDEWAYS"}, nil)
	f.refused(err, sr.ErrInvalidCompatibilityLevel, 422, "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive")
}

func (f franz) mode() {
	const subject = "order/AVRO"
	global := f.cl.Mode(f.ctx)
	if global[0].Err != nil || global[0].Mode != sr.ModeReadWrite {
		f.t.Errorf("the global mode is %+v", global)
	}
	f.refused(f.cl.Mode(f.ctx, subject)[0].Err, sr.ErrSubjectLevelModeNotConfigured, 404, "Subject '"+subject+"' does not have subject-level mode configured")
	if got := f.cl.Mode(sr.WithParams(f.ctx, sr.DefaultToGlobal), subject); got[0].Err != nil || got[0].Mode != sr.ModeReadWrite {
		f.t.Errorf("the inherited mode is %+v", got)
	}
	f.must(f.cl.SetMode(f.ctx, sr.ModeReadOnly, subject)[0].Err)
	_, err := f.cl.CreateSchema(f.ctx, subject, sr.Schema{Schema: strings.Replace(avroV2, "note", "remark", 1)})
	f.refused(err, sr.ErrOperationNotPermitted, 422, "Subject "+subject+" in context . is in read-only mode")
	_, err = f.cl.CreateSchema(f.ctx, subject, sr.Schema{Schema: avroV2})
	f.must(err) // re-registering succeeds in READONLY too
	_, err = f.cl.DeleteSubject(f.ctx, subject, sr.SoftDelete)
	f.refused(err, sr.ErrOperationNotPermitted, 422, subject)
	old := f.cl.ResetMode(f.ctx, subject)
	if old[0].Err != nil || old[0].Mode != sr.ModeReadOnly {
		f.t.Errorf("the reset answered %+v", old)
	}
	f.refused(f.cl.ResetMode(f.ctx, subject)[0].Err, sr.ErrSubjectNotFound, 404, subject)
	f.refused(f.cl.SetMode(f.ctx, sr.ModeImport)[0].Err, sr.ErrOperationNotPermitted, 422, "Cannot import since found existing subjects")
	err = f.cl.Do(f.ctx, http.MethodPut, "/mode", map[string]string{"mode": "SIDEWAYS"}, nil)
	f.refused(err, sr.ErrInvalidMode, 422, "Invalid mode.")
}

// importing keeps the ids and versions of another registry.
func (f franz) importing() {
	const subject = "imported"
	_, err := f.cl.CreateSchemaWithIDAndVersion(f.ctx, subject, sr.Schema{Schema: `{"type":"enum","name":"E","symbols":["A"]}`}, 9001, 7)
	f.refused(err, sr.ErrOperationNotPermitted, 422, "Subject "+subject+" in context . is not in import mode")
	f.must(f.cl.SetMode(f.ctx, sr.ModeImport, subject)[0].Err)
	made, err := f.cl.CreateSchemaWithIDAndVersion(f.ctx, subject, sr.Schema{Schema: `{"type":"enum","name":"E","symbols":["A"]}`}, 9001, 7)
	f.must(err)
	if made.ID != 9001 || made.Version != 7 {
		f.t.Errorf("the import answered %+v", made)
	}
	_, err = f.cl.CreateSchemaWithIDAndVersion(f.ctx, subject, sr.Schema{Schema: `"long"`}, 9001, 8)
	f.refused(err, sr.ErrOperationNotPermitted, 422, "Overwrite new schema with id 9001 in context . is not permitted.")
	f.must(f.cl.ResetMode(f.ctx, subject)[0].Err)
	next, err := f.cl.CreateSchema(f.ctx, subject, sr.Schema{Schema: `{"type":"enum","name":"E","symbols":["A","B"]}`})
	f.must(err)
	if next.ID != 9002 || next.Version != 8 {
		f.t.Errorf("after an import of id 9001 and version 7 the next is %+v", next)
	}
}

func (f franz) contexts(url string) {
	cl, err := sr.NewClient(sr.URLs(url), sr.DefaultSchemaContext(".pay"))
	f.must(err)
	made, err := cl.CreateSchema(f.ctx, "bill", sr.Schema{Schema: avroV1})
	f.must(err)
	if made.ID != 1 || made.Subject != ":.pay:bill" {
		f.t.Errorf("the first schema of a context is %+v", made)
	}
	inside, err := cl.Subjects(f.ctx)
	f.must(err)
	outside, err := f.cl.Subjects(f.ctx)
	f.must(err)
	plain, err := f.cl.Subjects(sr.WithParams(f.ctx, sr.SubjectPrefix("bill")))
	f.must(err)
	if !slices.Equal(inside, []string{":.pay:bill"}) || !slices.Contains(outside, ":.pay:bill") || len(plain) != 0 {
		f.t.Errorf("inside are %q, everywhere %q, in the default context %q", inside, outside, plain)
	}
	every, err := f.cl.Subjects(sr.WithParams(f.ctx, sr.SubjectPrefix(":*:")))
	f.must(err)
	if !slices.Contains(every, ":.pay:bill") || !slices.Contains(every, "full") {
		f.t.Errorf("all contexts hold %q", every)
	}
	names, err := f.cl.Contexts(f.ctx)
	f.must(err)
	if !slices.Equal(names, []string{".", ".pay"}) {
		f.t.Errorf("the contexts are %q", names)
	}
	f.must(cl.SetCompatibility(f.ctx, sr.SetCompatibility{Level: sr.CompatNone}, "bill")[0].Err)
	if got := f.cl.Compatibility(f.ctx, ":.pay:bill"); got[0].Err != nil || got[0].Level != sr.CompatNone {
		f.t.Errorf("the config under the qualified name is %+v", got)
	}
	f.refused(f.cl.DeleteContext(f.ctx, ".pay"), sr.ErrContextNotEmpty, 422, "The specified context '.pay' is not empty.")
	for _, how := range []sr.DeleteHow{sr.SoftDelete, sr.HardDelete} {
		_, err = cl.DeleteSubject(f.ctx, "bill", how)
		f.must(err)
	}
	f.must(f.cl.DeleteContext(f.ctx, ".pay"))
	names, err = f.cl.Contexts(f.ctx)
	f.must(err)
	if !slices.Equal(names, []string{"."}) {
		f.t.Errorf("after the delete the contexts are %q", names)
	}
}

func (f franz) deletes() {
	const subject = "order/JSON"
	s := samples()[1]
	_, err := f.cl.DeleteSubject(f.ctx, "absent", sr.SoftDelete)
	f.refused(err, sr.ErrSubjectNotFound, 404, "Subject 'absent' not found.")
	_, err = f.cl.DeleteSubject(f.ctx, subject, sr.HardDelete)
	f.refused(err, sr.ErrSubjectNotSoftDeleted, 404, "Subject '"+subject+"' was not deleted first before being permanently deleted")
	f.refused(f.cl.DeleteSchema(f.ctx, subject, 1, sr.HardDelete), sr.ErrSchemaVersionNotSoftDeleted, 404, "Subject '"+subject+"' Version 1 was not deleted first before being permanently deleted")
	first, err := f.cl.SchemaByVersion(f.ctx, subject, 1)
	f.must(err)
	f.must(f.cl.DeleteSchema(f.ctx, subject, 1, sr.SoftDelete))
	f.refused(f.cl.DeleteSchema(f.ctx, subject, 1, sr.SoftDelete), sr.ErrSchemaVersionSoftDeleted, 404, "Subject '"+subject+"' Version 1 was soft deleted.Set permanent=true to delete permanently")
	_, err = f.cl.SchemaByVersion(f.ctx, subject, 1)
	f.refused(err, sr.ErrVersionNotFound, 404, "Version 1 not found.")
	hidden, err := f.cl.SchemaByVersion(sr.WithParams(f.ctx, sr.ShowDeleted), subject, 1)
	f.must(err)
	if hidden.ID != first.ID {
		f.t.Errorf("the hidden version is %+v", hidden)
	}
	if text, err := f.cl.SchemaTextByID(f.ctx, first.ID); err != nil || text != s.v1 {
		f.t.Errorf("the id of a soft-deleted version gives %q, %v", text, err)
	}
	f.must(f.cl.DeleteSchema(f.ctx, subject, 1, sr.HardDelete))
	_, err = f.cl.SchemaByID(f.ctx, first.ID)
	f.refused(err, sr.ErrSchemaNotFound, 404, "not found")
	gone, err := f.cl.DeleteSubject(f.ctx, subject, sr.SoftDelete)
	f.must(err)
	if !slices.Equal(gone, []int{2}) {
		f.t.Errorf("the subject's delete answered %v", gone)
	}
	_, err = f.cl.DeleteSubject(f.ctx, subject, sr.SoftDelete)
	f.refused(err, sr.ErrSubjectSoftDeleted, 404, "Subject '"+subject+"' was soft deleted.Set permanent=true to delete permanently")
	back, err := f.cl.CreateSchema(f.ctx, subject, f.schema(s, s.v1))
	f.must(err)
	if back.ID != first.ID || back.Version != 3 {
		f.t.Errorf("content that was hard-deleted came back as %+v; its id was %d and two versions went before", back, first.ID)
	}
}

// serde frames events with franz-go's own header and finds the schema by id.
func (f franz) serde() {
	made, err := f.cl.CreateSchema(f.ctx, "serde", sr.Schema{Schema: `{"type":"record","name":"S","fields":[{"name":"a","type":"string"}]}`})
	f.must(err)
	type event struct{ A string }
	var serde sr.Serde
	serde.Register(made.ID, event{},
		sr.EncodeFn(func(v any) ([]byte, error) { return []byte(v.(event).A), nil }),
		sr.DecodeFn(func(b []byte, v any) error { v.(*event).A = string(b); return nil }))
	framed, err := serde.Encode(event{"x"})
	f.must(err)
	id, _, err := serde.DecodeID(framed)
	f.must(err)
	text, err := f.cl.SchemaTextByID(f.ctx, id)
	f.must(err)
	var back event
	f.must(serde.Decode(framed, &back))
	if back.A != "x" || !strings.Contains(text, `"name":"S"`) {
		f.t.Errorf("the event came back as %+v under %s", back, text)
	}
}
