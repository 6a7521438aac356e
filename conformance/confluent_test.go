package conformance

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/rest"
)

// TestConfluentGo walks the surface of Confluent's own Go client.
func TestConfluentGo(t *testing.T) {
	onEachDeployment(t, func(t *testing.T, url string) {
		for _, s := range samples() {
			t.Run(s.format, func(t *testing.T) { newConfluent(t, url).format(s) })
		}
		t.Run("contract", func(t *testing.T) { newConfluent(t, url).contract() })
		t.Run("config", func(t *testing.T) { newConfluent(t, url).config() })
		t.Run("delete", func(t *testing.T) { newConfluent(t, url).deletes() })
		t.Run("contexts", func(t *testing.T) { newConfluent(t, url).contexts() })
		t.Run("associations", func(t *testing.T) { newConfluent(t, url).associations() })
	})
}

type confluent struct {
	*testing.T
	cl schemaregistry.Client
}

// newConfluent returns a client with empty caches, so that answers come from
// the registry.
func newConfluent(t *testing.T, url string) confluent {
	t.Helper()
	cl, err := schemaregistry.NewClient(schemaregistry.NewConfig(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cl.Close(); err != nil {
			t.Error(err)
		}
	})
	return confluent{t, cl}
}

func (c confluent) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c confluent) refused(err error, code int, text string) {
	c.Helper()
	var re *rest.Error
	if !errors.As(err, &re) {
		c.Fatalf("%v is no error of the registry; wanted %d", err, code)
	}
	if re.Code != code || !strings.Contains(re.Message, text) {
		c.Errorf("the error is %d %q, not %d with %q", re.Code, re.Message, code, text)
	}
}

func info(s sample, text string) schemaregistry.SchemaInfo {
	return schemaregistry.SchemaInfo{Schema: text, SchemaType: s.format}
}

func (c confluent) format(s sample) {
	subject := "go/" + s.format
	v1, err := c.cl.RegisterFullResponse(subject, info(s, s.v1), false)
	c.must(err)
	if v1.Version != 1 || v1.ID < 1 || v1.GUID == "" || v1.Metadata != nil {
		c.Errorf("the registration answered %+v", v1)
	}
	id2, err := c.cl.Register(subject, info(s, s.v2), true)
	c.must(err)
	_, err = c.cl.Register(subject, info(s, s.bad), false)
	c.refused(err, 409, `Schema being registered is incompatible with an earlier schema for subject "`+subject+`", details: [`)
	_, err = c.cl.Register(subject, info(s, "{ no schema"), false)
	c.refused(err, 42201, "Invalid schema")

	got, err := c.cl.GetBySubjectAndID(subject, v1.ID)
	c.must(err)
	byGUID, err := c.cl.GetByGUID(v1.GUID)
	c.must(err)
	if got.Schema != s.v1 || byGUID.Schema != s.v1 {
		c.Errorf("by id it is %q, by GUID %q", got.Schema, byGUID.Schema)
	}
	used, err := c.cl.GetSubjectsAndVersionsByID(v1.ID)
	c.must(err)
	if !slices.Equal(used, []schemaregistry.SubjectAndVersion{{Subject: subject, Version: 1}}) {
		c.Errorf("the id is used by %+v", used)
	}
	id, err := c.cl.GetID(subject, info(s, s.v2), false)
	c.must(err)
	version, err := c.cl.GetVersion(subject, info(s, s.v2), false)
	c.must(err)
	if id != id2 || version != 2 {
		c.Errorf("the lookup found id %d, version %d", id, version)
	}
	latest, err := c.cl.GetLatestSchemaMetadata(subject)
	c.must(err)
	first, err := c.cl.GetSchemaMetadata(subject, 1)
	c.must(err)
	if latest.Version != 2 || latest.ID != id2 || first.ID != v1.ID || first.Schema != s.v1 {
		c.Errorf("latest is %+v, the first %+v", latest, first)
	}
	versions, err := c.cl.GetAllVersions(subject)
	c.must(err)
	subjects, err := c.cl.GetAllSubjects()
	c.must(err)
	if !slices.Equal(versions, []int{1, 2}) || !slices.Contains(subjects, subject) {
		c.Errorf("the versions are %v, the subjects %q", versions, subjects)
	}
	c.checks(s, subject)
	c.reference(s)
}

func (c confluent) checks(s sample, subject string) {
	c.Helper()
	for version, want := range map[int]bool{1: false, 2: false} {
		ok, err := c.cl.TestCompatibility(subject, version, info(s, s.bad))
		c.must(err)
		if ok != want {
			c.Errorf("the check against version %d says %v", version, ok)
		}
	}
	ok, err := c.cl.TestSubjectCompatibility(subject, info(s, s.v2))
	c.must(err)
	if !ok {
		c.Error("the newest version is not compatible with its subject")
	}
	_, err = c.cl.TestCompatibility(subject, 9, info(s, s.v2))
	c.refused(err, 40402, "Version 9 not found.")
	_, err = c.cl.GetVersion("absent", info(s, s.v1), false)
	c.refused(err, 40401, "Subject 'absent' not found.")
	_, err = c.cl.GetVersion(subject, info(s, s.item), false)
	c.refused(err, 40403, "Schema not found")
}

func (c confluent) reference(s sample) {
	c.Helper()
	item, basket := "go-item-"+s.format, "go-basket-"+s.format
	_, err := c.cl.Register(item, info(s, s.item), false)
	c.must(err)
	with := info(s, s.with)
	with.References = []schemaregistry.Reference{{Name: s.ref, Subject: item, Version: 1}}
	id, err := c.cl.Register(basket, with, false)
	c.must(err)
	got, err := c.cl.GetBySubjectAndID(basket, id)
	c.must(err)
	if !slices.Equal(got.References, with.References) {
		c.Errorf("the references came back as %+v", got.References)
	}
	_, err = c.cl.DeleteSubject(item, false)
	c.refused(err, 42206, "One or more references exist to the schema")
}

func (c confluent) contract() {
	plain := schemaregistry.SchemaInfo{Schema: avroV1, SchemaType: "AVRO"}
	with := plain
	with.Metadata = &schemaregistry.Metadata{Properties: map[string]string{"owner": "shop"}}
	with.RuleSet = &schemaregistry.RuleSet{DomainRules: []schemaregistry.Rule{{
		Name: "has_id", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "message.id != ''",
	}}}
	_, err := c.cl.Register("go-contract", plain, false)
	c.must(err)
	v2, err := c.cl.RegisterFullResponse("go-contract", with, false)
	c.must(err)
	if v2.Version != 2 || v2.Metadata == nil || v2.Metadata.Properties["owner"] != "shop" || v2.RuleSet == nil || v2.RuleSet.DomainRules[0].Name != "has_id" {
		c.Errorf("the contract came back as %+v", v2)
	}
	got, err := c.cl.GetLatestWithMetadata("go-contract", map[string]string{"owner": "shop"}, false)
	c.must(err)
	if got.Version != 2 {
		c.Errorf("by metadata it is %+v", got)
	}
	_, err = c.cl.GetLatestWithMetadata("go-contract", map[string]string{"owner": "nobody"}, false)
	c.refused(err, 40403, "Schema not found")
	with.RuleSet.DomainRules[0].Mode = "UPGRADE"
	_, err = c.cl.Register("go-contract", with, false)
	c.refused(err, 42210, "has_id")
}

func (c confluent) config() {
	level, err := c.cl.GetDefaultCompatibility()
	c.must(err)
	if level != schemaregistry.Backward {
		c.Errorf("the default level is %v", level)
	}
	_, err = c.cl.GetCompatibility("go-config")
	c.refused(err, 40408, "Subject 'go-config' does not have subject-level compatibility configured")
	for _, want := range []schemaregistry.Compatibility{
		schemaregistry.None, schemaregistry.Backward, schemaregistry.Forward, schemaregistry.Full,
		schemaregistry.BackwardTransitive, schemaregistry.ForwardTransitive, schemaregistry.FullTransitive,
	} {
		_, err := c.cl.UpdateCompatibility("go-config", want)
		c.must(err)
		got, err := c.cl.GetCompatibility("go-config")
		c.must(err)
		if got != want {
			c.Errorf("%v was set, read is %v", want, got)
		}
	}
	updated, err := c.cl.UpdateConfig("go-config", schemaregistry.ServerConfig{
		CompatibilityUpdate: schemaregistry.Forward, CompatibilityGroup: "application.version", Normalize: true,
		DefaultMetadata: &schemaregistry.Metadata{Properties: map[string]string{"team": "shop"}},
	})
	c.must(err)
	if updated.CompatibilityUpdate != schemaregistry.Forward {
		c.Errorf("the update answered %+v", updated)
	}
	got, err := c.cl.GetConfig("go-config", false)
	c.must(err)
	if got.CompatibilityLevel != schemaregistry.Forward || got.CompatibilityGroup != "application.version" || !got.Normalize || got.DefaultMetadata.Properties["team"] != "shop" {
		c.Errorf("the config is %+v", got)
	}
	if inherited, err := c.cl.GetConfig("go-config-absent", true); err != nil || inherited.CompatibilityLevel != schemaregistry.Backward {
		c.Errorf("the inherited config is %+v, %v", inherited, err)
	}
	_, err = c.cl.UpdateDefaultConfig(schemaregistry.ServerConfig{CompatibilityUpdate: schemaregistry.Full})
	c.must(err)
	global, err := c.cl.GetDefaultConfig()
	c.must(err)
	if global.CompatibilityLevel != schemaregistry.Full {
		c.Errorf("the global config is %+v", global)
	}
	_, err = c.cl.UpdateDefaultCompatibility(schemaregistry.Backward)
	c.must(err)
}

func (c confluent) deletes() {
	const subject = "go-delete"
	s := samples()[0]
	for _, text := range []string{s.v1, s.v2} {
		_, err := c.cl.Register(subject, info(s, text), false)
		c.must(err)
	}
	_, err := c.cl.DeleteSubjectVersion(subject, 1, true)
	c.refused(err, 40407, "Subject '"+subject+"' Version 1 was not deleted first before being permanently deleted")
	n, err := c.cl.DeleteSubjectVersion(subject, 1, false)
	c.must(err)
	if n != 1 {
		c.Errorf("the delete answered %d", n)
	}
	_, err = c.cl.GetSchemaMetadata(subject, 1)
	c.refused(err, 40402, "Version 1 not found.")
	hidden, err := c.cl.GetSchemaMetadataIncludeDeleted(subject, 1, true)
	c.must(err)
	version, err := c.cl.GetVersionIncludeDeleted(subject, info(s, s.v1), false, true)
	c.must(err)
	if hidden.Version != 1 || version != 1 {
		c.Errorf("with deleted versions it is %+v and version %d", hidden, version)
	}
	_, err = c.cl.DeleteSubject(subject, true)
	c.refused(err, 40405, "Subject '"+subject+"' was not deleted first before being permanently deleted")
	soft, err := c.cl.DeleteSubject(subject, false)
	c.must(err)
	hard, err := c.cl.DeleteSubject(subject, true)
	c.must(err)
	if !slices.Equal(soft, []int{2}) || !slices.Equal(hard, []int{1, 2}) {
		c.Errorf("the deletes answered %v and %v", soft, hard)
	}
	_, err = c.cl.DeleteSubject(subject, false)
	c.refused(err, 40401, "Subject '"+subject+"' not found.")
}

func (c confluent) contexts() {
	_, err := c.cl.Register(":.go:bill", schemaregistry.SchemaInfo{Schema: avroV1}, false)
	c.must(err)
	names, err := c.cl.GetAllContexts()
	c.must(err)
	if !slices.Equal(names, []string{".", ".go"}) {
		c.Errorf("the contexts are %q", names)
	}
	got, err := c.cl.GetSchemaMetadata(":.go:bill", 1)
	c.must(err)
	if got.Subject != ":.go:bill" || got.ID != 1 {
		c.Errorf("the schema of the context is %+v", got)
	}
}

// associations demands the JSON 404 on which the serializers fall back to the
// topic name; any other answer breaks every Serialize.
func (c confluent) associations() {
	_, err := c.cl.GetAssociationsByResourceName("orders", "-", "topic", []string{"value"}, "", 0, -1)
	var re *rest.Error
	if !errors.As(err, &re) || !strings.HasPrefix(strings.TrimLeft(itoa(re.Code), " "), "404") {
		c.Errorf("an unknown route answered %v", err)
	}
}
