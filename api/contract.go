package api

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// candidate is a schema in a request body, as registration, look-up and
// compatibility checks send it.
type candidate struct {
	text       string
	format     schema.Format
	references []schema.Reference
	metadata   *registry.Metadata
	ruleSet    *registry.RuleSet
}

// candidate reads the schema and what goes with it.
func (d *decoder) candidate(o *jsonx.Value) (c candidate, err error) {
	if v := d.get(o, "schema"); v != nil && v.Kind == jsonx.Object {
		d.fail(v, "schema must be a string, not an object: send the schema as JSON text in quotes")
	}
	c.text = d.string(o, "schema")
	name := d.string(o, "schemaType")
	c.references = d.references(o)
	c.metadata = d.metadata(o, "metadata")
	c.ruleSet = d.ruleSet(o, "ruleSet")
	if d.err != nil {
		return c, d.err
	}
	c.format, err = schema.ParseFormat(name)
	if err != nil {
		return c, registry.Fail(registry.InvalidSchema, "Invalid schema type %s. Valid types are AVRO, JSON and PROTOBUF", clip(name, 100))
	}
	return c, nil
}

func (d *decoder) references(o *jsonx.Value) []schema.Reference {
	var out []schema.Reference
	for _, v := range d.items(o, "references", jsonx.Object) {
		out = append(out, schema.Reference{
			Name: d.string(v, "name"), Subject: d.string(v, "subject"), Version: d.int(v, "version"),
		})
	}
	return out
}

func (d *decoder) metadata(o *jsonx.Value, name string) *registry.Metadata {
	v := d.object(o, name)
	if v == nil {
		return nil
	}
	m := &registry.Metadata{
		Tags: d.stringsMap(v, "tags"), Properties: d.stringMap(v, "properties"), Sensitive: d.strings(v, "sensitive"),
	}
	for path, tags := range m.Tags {
		m.Tags[path] = sortedSet(tags)
	}
	m.Sensitive = sortedSet(m.Sensitive)
	return m
}

// sortedSet sorts a list that stands for a set and removes what is twice in it.
func sortedSet(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

func (d *decoder) ruleSet(o *jsonx.Value, name string) *registry.RuleSet {
	v := d.object(o, name)
	if v == nil {
		return nil
	}
	return &registry.RuleSet{
		Migration: d.rules(v, "migrationRules"), Domain: d.rules(v, "domainRules"), Encoding: d.rules(v, "encodingRules"),
		EnableAt: strings.ToUpper(d.string(v, "enableAt")),
	}
}

func (d *decoder) rules(o *jsonx.Value, name string) []registry.Rule {
	var out []registry.Rule
	for _, v := range d.items(o, name, jsonx.Object) {
		r := registry.Rule{
			Name: d.string(v, "name"), Doc: d.string(v, "doc"), Kind: d.string(v, "kind"), Mode: d.string(v, "mode"),
			Type: d.string(v, "type"), Tags: sortedSet(d.strings(v, "tags")), Params: d.stringMap(v, "params"),
			Expr: d.string(v, "expr"), OnSuccess: d.string(v, "onSuccess"), OnFailure: d.string(v, "onFailure"),
			Disabled: d.bool(v, "disabled"),
		}
		or(&r.Kind, "TRANSFORM")
		or(&r.Mode, "WRITEREAD")
		out = append(out, r)
	}
	return out
}

// tagEdits reads a list of {schemaEntity, tags}.
func (d *decoder) tagEdits(o *jsonx.Value, name string) []schema.TagEdit {
	var out []schema.TagEdit
	for _, v := range d.items(o, name, jsonx.Object) {
		e := d.object(v, "schemaEntity")
		if e == nil {
			d.fail(v, "%s needs a schemaEntity with entityPath and entityType", name)
			return nil
		}
		edit := schema.TagEdit{Path: d.string(e, "entityPath"), Tags: d.strings(v, "tags")}
		switch kind := d.string(e, "entityType"); strings.ToUpper(kind) {
		case "SR_RECORD":
			edit.Record = true
		case "SR_FIELD":
		default:
			d.fail(e, "entityType is %q; SR_RECORD and SR_FIELD are known", clip(kind, 40))
		}
		out = append(out, edit)
	}
	return out
}

// metadataBody and the rest turn what the registry holds into bodies.
func metadataBody(m *registry.Metadata) *wire.Metadata { return (*wire.Metadata)(m) }

func ruleSetBody(r *registry.RuleSet) *wire.RuleSet {
	if r == nil {
		return nil
	}
	return &wire.RuleSet{
		MigrationRules: ruleBodies(r.Migration), DomainRules: ruleBodies(r.Domain), EncodingRules: ruleBodies(r.Encoding),
		EnableAt: r.EnableAt,
	}
}

func ruleBodies(rules []registry.Rule) []wire.Rule {
	out := make([]wire.Rule, len(rules))
	for i, r := range rules {
		out[i] = wire.Rule{
			Name: r.Name, Doc: r.Doc, Kind: r.Kind, Mode: r.Mode, Type: r.Type, Tags: r.Tags, Params: r.Params,
			Expr: r.Expr, OnSuccess: r.OnSuccess, OnFailure: r.OnFailure, Disabled: r.Disabled,
		}
	}
	return out
}

// referenceBodies prints references as they are stored, or qualified with the
// context they are resolved in.
func referenceBodies(refs []schema.Reference, context string, qualified bool) []wire.Reference {
	out := make([]wire.Reference, len(refs))
	for i, r := range refs {
		out[i] = wire.Reference{Name: r.Name, Subject: r.Subject, Version: r.Version}
		if qualified {
			out[i].Subject = registry.In(context, r.Subject).String()
		}
	}
	return out
}

// typeName is the schemaType of an answer. Confluent 7 leaves AVRO out.
func (a *API) typeName(f schema.Format) string {
	if a.opt.LegacyBodies && f == schema.Avro {
		return ""
	}
	return f.String()
}

// milliseconds turns the registry's microseconds into what clients get.
func milliseconds(at int64) int64 { return at / 1000 }
