package conformance

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
)

// TestFranz walks the whole surface of franz-go's registry client.
func TestFranz(t *testing.T) {
	onEachDeployment(t, func(t *testing.T, url string) {
		cl, err := sr.NewClient(sr.URLs(url))
		if err != nil {
			t.Fatal(err)
		}
		f := franz{t, t.Context(), cl}
		f.emptyRegistry()
		for _, s := range samples() {
			t.Run(s.format, func(t *testing.T) { franz{t, t.Context(), cl}.format(s) })
		}
		t.Run("lists", func(t *testing.T) { franz{t, t.Context(), cl}.lists() })
		t.Run("contract", func(t *testing.T) { franz{t, t.Context(), cl}.contract() })
		t.Run("config", func(t *testing.T) { franz{t, t.Context(), cl}.config() })
		t.Run("mode", func(t *testing.T) { franz{t, t.Context(), cl}.mode() })
		t.Run("import", func(t *testing.T) { franz{t, t.Context(), cl}.importing() })
		t.Run("contexts", func(t *testing.T) { franz{t, t.Context(), cl}.contexts(url) })
		t.Run("delete", func(t *testing.T) { franz{t, t.Context(), cl}.deletes() })
		t.Run("normalise", func(t *testing.T) { franz{t, t.Context(), cl}.normalise() })
		t.Run("own referrers", func(t *testing.T) { franz{t, t.Context(), cl}.ownReferrers() })
		t.Run("serde", func(t *testing.T) { franz{t, t.Context(), cl}.serde() })
	})
}

type franz struct {
	t   *testing.T
	ctx context.Context
	cl  *sr.Client
}

func (f franz) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// refused demands the typed error of one code, as franz-go's users match it.
func (f franz) refused(err error, want *sr.Error, status int, text string) {
	f.t.Helper()
	var re *sr.ResponseError
	if !errors.As(err, &re) {
		f.t.Fatalf("%v is no answer of the registry; wanted %s", err, want.Name)
	}
	if got := re.SchemaError(); got != want {
		f.t.Errorf("the code %d is %v, not %s: %s", re.ErrorCode, got, want.Name, re.Message)
	}
	if re.StatusCode != status {
		f.t.Errorf("the status is %d, not %d", re.StatusCode, status)
	}
	if !strings.Contains(re.Message, text) {
		f.t.Errorf("the text %q does not hold %q", re.Message, text)
	}
}

func (f franz) emptyRegistry() {
	f.t.Helper()
	subjects, err := f.cl.Subjects(f.ctx)
	f.must(err)
	if subjects == nil || len(subjects) != 0 {
		f.t.Errorf("an empty registry lists %#v, not an empty list", subjects)
	}
	all, err := f.cl.AllSchemas(f.ctx)
	f.must(err)
	if all == nil || len(all) != 0 {
		f.t.Errorf("an empty registry lists schemas %#v", all)
	}
	types, err := f.cl.SupportedTypes(f.ctx)
	f.must(err)
	for _, want := range []sr.SchemaType{sr.TypeAvro, sr.TypeJSON, sr.TypeProtobuf} {
		if !slices.Contains(types, want) {
			f.t.Errorf("the type %v is not supported: %v", want, types)
		}
	}
	contexts, err := f.cl.Contexts(f.ctx)
	f.must(err)
	if !slices.Equal(contexts, []string{"."}) {
		f.t.Errorf("the contexts are %q", contexts)
	}
	_, err = f.cl.SchemaByID(f.ctx, 4711)
	f.refused(err, sr.ErrSchemaNotFound, 404, "Schema 4711 not found")
	_, err = f.cl.SubjectVersions(f.ctx, "absent")
	f.refused(err, sr.ErrSubjectNotFound, 404, "Subject 'absent' not found.")
}

func (f franz) schema(s sample, text string) sr.Schema {
	types := map[string]sr.SchemaType{"AVRO": sr.TypeAvro, "JSON": sr.TypeJSON, "PROTOBUF": sr.TypeProtobuf}
	return sr.Schema{Schema: text, Type: types[s.format]}
}

// format registers, evolves, refuses and looks up one format with references.
func (f franz) format(s sample) {
	subject := "order/" + s.format // the slash proves that paths are decoded once
	v1, err := f.cl.CreateSchema(f.ctx, subject, f.schema(s, s.v1))
	f.must(err)
	if v1.Version != 1 || v1.ID < 1 || v1.Subject != subject {
		f.t.Errorf("the first registration answered %+v", v1)
	}
	again, err := f.cl.CreateSchema(f.ctx, subject, f.schema(s, s.v1))
	f.must(err)
	if again.ID != v1.ID || again.Version != 1 {
		f.t.Errorf("registering again answered %+v, first %+v", again, v1)
	}
	v2, err := f.cl.CreateSchema(f.ctx, subject, f.schema(s, s.v2))
	f.must(err)
	if v2.Version != 2 || v2.ID == v1.ID {
		f.t.Errorf("the second version answered %+v", v2)
	}
	f.incompatible(s, subject)
	f.readBack(s, subject, v1, v2)
	f.references(s)

	_, err = f.cl.CreateSchema(f.ctx, subject, f.schema(s, "{ this is no schema"))
	f.refused(err, sr.ErrInvalidSchema, 422, "Invalid schema")
	_, err = f.cl.SchemaByVersion(f.ctx, subject, 9)
	f.refused(err, sr.ErrVersionNotFound, 404, "Version 9 not found.")
	_, err = f.cl.LookupSchema(f.ctx, subject, f.schema(s, s.item))
	f.refused(err, sr.ErrSchemaNotFound, 404, "Schema not found")
	_, err = f.cl.LookupSchema(f.ctx, "absent", f.schema(s, s.v1))
	f.refused(err, sr.ErrSubjectNotFound, 404, "Subject 'absent' not found.")
}

func (f franz) incompatible(s sample, subject string) {
	f.t.Helper()
	_, err := f.cl.CreateSchema(f.ctx, subject, f.schema(s, s.bad))
	f.refused(err, sr.ErrIncompatibleSchema, http.StatusConflict,
		`Schema being registered is incompatible with an earlier schema for subject "`+subject+`", details: [`)
	for _, version := range []int{1, 2, -1} {
		bad, err := f.cl.CheckCompatibility(sr.WithParams(f.ctx, sr.Verbose), subject, version, f.schema(s, s.bad))
		f.must(err)
		if bad.Is || len(bad.Messages) == 0 {
			f.t.Errorf("the check against version %d answered %+v", version, bad)
		}
	}
	good, err := f.cl.CheckCompatibility(f.ctx, subject, -1, f.schema(s, s.v2))
	f.must(err)
	if !good.Is {
		f.t.Errorf("version 2 is incompatible with itself: %+v", good)
	}
	all, err := f.cl.CheckCompatibility(f.ctx, subject, -2, f.schema(s, s.bad))
	f.must(err)
	if all.Is {
		f.t.Error("the check against all versions accepts what registration refuses")
	}
}

func (f franz) readBack(s sample, subject string, v1, v2 sr.SubjectSchema) {
	f.t.Helper()
	versions, err := f.cl.SubjectVersions(f.ctx, subject)
	f.must(err)
	if !slices.Equal(versions, []int{1, 2}) {
		f.t.Errorf("the versions are %v", versions)
	}
	latest, err := f.cl.SchemaByVersion(f.ctx, subject, -1)
	f.must(err)
	if latest.ID != v2.ID || latest.Schema.Schema != s.v2 || latest.GUID == "" || latest.Type != v2.Type {
		f.t.Errorf("latest is %+v", latest)
	}
	byID, err := f.cl.SchemaByID(f.ctx, v1.ID)
	f.must(err)
	if byID.Schema != s.v1 || byID.Type != v1.Type {
		f.t.Errorf("by id it is %+v", byID)
	}
	text, err := f.cl.SchemaTextByID(f.ctx, v1.ID)
	f.must(err)
	textByVersion, err := f.cl.SchemaTextByVersion(f.ctx, subject, 1)
	f.must(err)
	if text != s.v1 || textByVersion != s.v1 {
		f.t.Errorf("the raw texts are %q and %q", text, textByVersion)
	}
	byGUID, err := f.cl.SchemaByGUID(f.ctx, latest.GUID)
	f.must(err)
	if byGUID.Schema.Schema != s.v2 {
		f.t.Errorf("by GUID it is %+v", byGUID)
	}
	ids, err := f.cl.SchemaIDsByGUID(f.ctx, latest.GUID)
	f.must(err)
	if !slices.Equal(ids, []sr.ContextID{{Context: ".", ID: v2.ID}}) {
		f.t.Errorf("the ids of the GUID are %+v", ids)
	}
	found, err := f.cl.LookupSchema(f.ctx, subject, f.schema(s, s.v1))
	f.must(err)
	if found.Version != 1 || found.ID != v1.ID {
		f.t.Errorf("the lookup found %+v", found)
	}
	subjects, err := f.cl.SubjectsByID(f.ctx, v1.ID)
	f.must(err)
	usages, err := f.cl.SchemaVersionsByID(f.ctx, v1.ID)
	f.must(err)
	if !slices.Equal(subjects, []string{subject}) || !slices.Equal(usages, []sr.SubjectVersion{{Subject: subject, Version: 1}}) {
		f.t.Errorf("the id is used by %q and %+v", subjects, usages)
	}
	schemas, err := f.cl.Schemas(f.ctx, subject)
	f.must(err)
	if len(schemas) != 2 {
		f.t.Errorf("the subject has the schemas %+v", schemas)
	}
	if s.format == "PROTOBUF" {
		b64, err := f.cl.SchemaTextByID(sr.WithParams(f.ctx, sr.Format("serialized")), v1.ID)
		f.must(err)
		if b64 == "" || strings.Contains(b64, "syntax") {
			f.t.Errorf("the serialized form is %q", b64)
		}
	}
}

func (f franz) references(s sample) {
	f.t.Helper()
	item, basket := "item-"+s.format, "basket-"+s.format
	target, err := f.cl.CreateSchema(f.ctx, item, f.schema(s, s.item))
	f.must(err)
	with := f.schema(s, s.with)
	_, err = f.cl.CreateSchema(f.ctx, basket, with)
	f.refused(err, sr.ErrInvalidSchema, 422, "Invalid schema")
	with.References = []sr.SchemaReference{{Name: s.ref, Subject: "absent", Version: 1}}
	_, err = f.cl.CreateSchema(f.ctx, basket, with)
	f.refused(err, sr.ErrInvalidSchema, 422, "absent")
	with.References[0].Subject = item
	created, err := f.cl.CreateSchema(f.ctx, basket, with)
	f.must(err)
	if !slices.Equal(created.References, with.References) {
		f.t.Errorf("the references came back as %+v", created.References)
	}
	by, err := f.cl.SchemaReferences(f.ctx, item, target.Version)
	f.must(err)
	if len(by) != 1 || by[0].ID != created.ID || by[0].Subject != basket {
		f.t.Errorf("version 1 is referred to by %+v", by)
	}
	err = f.cl.DeleteSchema(f.ctx, item, 1, sr.SoftDelete)
	f.refused(err, sr.ErrReferenceExists, 422, "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject="+item+",version=1}.")
}

func (f franz) lists() {
	all, err := f.cl.Subjects(f.ctx)
	f.must(err)
	if len(all) != 9 || !slices.IsSorted(all) {
		f.t.Fatalf("nine subjects were registered, listed are %q", all)
	}
	some, err := f.cl.Subjects(sr.WithParams(f.ctx, sr.SubjectPrefix("order/")))
	f.must(err)
	if !slices.Equal(some, []string{"order/AVRO", "order/JSON", "order/PROTOBUF"}) {
		f.t.Errorf("the prefix order/ lists %q", some)
	}
	page, err := f.cl.Subjects(sr.WithParams(f.ctx, sr.Offset(1), sr.Limit(2)))
	f.must(err)
	if !slices.Equal(page, all[1:3]) {
		f.t.Errorf("the page is %q of %q", page, all)
	}
	schemas, err := f.cl.AllSchemas(f.ctx)
	f.must(err)
	latest, err := f.cl.AllSchemas(sr.WithParams(f.ctx, sr.LatestOnly))
	f.must(err)
	if len(schemas) != 12 || len(latest) != 9 {
		f.t.Errorf("%d schemas and %d newest ones are listed", len(schemas), len(latest))
	}
}
