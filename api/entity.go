package api

import (
	"net/http"
	"slices"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// formats are the values of the query parameter "format" by schema language.
// Others are ignored with a warning.
func knownFormat(f schema.Format, name string) bool {
	switch f {
	case schema.Avro:
		return name == "resolved"
	case schema.Protobuf:
		return name == "serialized" || name == "ignore_extensions"
	default:
		return false
	}
}

// format returns the representation asked for, or "" with a warning if the
// language does not have it.
func (x *request) format(f schema.Format) string {
	name := x.text("format")
	if name == "" || knownFormat(f, name) {
		return name
	}
	x.header().Set(wire.HeaderWarning, "the format is not known for "+f.String()+" and was ignored")
	return ""
}

// schemaText returns the text of a content in a representation.
func (x *request) schemaText(context string, c *registry.Content, format string) (string, error) {
	if format == "" {
		return x.api.service.Text(x.ctx, c.Text)
	}
	p, err := x.api.service.Parsed(x.ctx, context, c)
	if err != nil {
		return "", err
	}
	text, ok, err := p.Render(format)
	if err != nil {
		return "", err
	}
	if !ok {
		return x.api.service.Text(x.ctx, c.Text)
	}
	return text, nil
}

// wantsTags returns the tags that findTags asks for; nil for none.
func (x *request) wantsTags() []string { return x.arg("findTags").list }

// foundTags lists the places in a schema that have one of the tags; "*" stands
// for any.
func (x *request) foundTags(context string, c *registry.Content, tags []string) ([]wire.SchemaTags, error) {
	p, err := x.api.service.Parsed(x.ctx, context, c)
	if err != nil {
		return nil, err
	}
	var out []wire.SchemaTags
	for _, f := range p.Fields() {
		var hit []string
		for _, tag := range f.Tags {
			if slices.Contains(tags, tag) || slices.Contains(tags, "*") {
				hit = append(hit, tag)
			}
		}
		if len(hit) == 0 {
			continue
		}
		e := wire.SchemaEntity{EntityPath: f.Entity, EntityType: "SR_FIELD"}
		if f.Record {
			e.EntityType = "SR_RECORD"
		}
		out = append(out, wire.SchemaTags{SchemaEntity: e, Tags: hit})
	}
	return out, nil
}

// bodyKeyOf is what the rendered body of a version depends on.
func bodyKeyOf(at located, format string, qualified bool) bodyKey {
	v := at.version
	key := bodyKey{
		shows: showsVersion, format: format, content: v.Content, name: at.name, version: v.Number,
		id: v.ID, at: v.At, deleted: v.Deleted,
	}
	if qualified {
		key.shows = showsQualified
	}
	return key
}

// versionBody renders a version of a subject as the answer to reads, from
// memory if it was rendered before.
func (x *request) versionBody(at located, format string, qualified bool) (*rendered, error) {
	return x.api.body(bodyKeyOf(at, format, qualified), func() ([]byte, error) {
		e, err := x.entity(at, format, qualified)
		if err != nil {
			return nil, err
		}
		return wire.Marshal(e)
	})
}

// entity is the body of a version of a subject.
func (x *request) entity(at located, format string, qualified bool) (*wire.Schema, error) {
	v, c := at.version, at.version.Content
	text, err := x.schemaText(at.name.Context, c, format)
	if err != nil {
		return nil, err
	}
	e := &wire.Schema{
		Subject: at.name.String(), Version: v.Number, ID: v.ID, SchemaType: x.api.typeName(c.Format),
		References: referenceBodies(c.References, at.name.Context, qualified),
		Metadata:   metadataBody(c.Metadata), RuleSet: ruleSetBody(c.RuleSet), Schema: text,
	}
	if !x.api.opt.LegacyBodies {
		deleted := v.Deleted
		e.GUID, e.Timestamp, e.Deleted = c.GUID.String(), milliseconds(v.At), &deleted
	}
	return e, nil
}

// sendVersion answers with a version.
func (x *request) sendVersion(at located) error {
	x.note.version, x.note.id = at.version.Number, at.version.ID
	format := x.format(at.version.Content.Format)
	qualified := x.text("referenceFormat") == "qualified"
	if tags := x.wantsTags(); tags != nil {
		e, err := x.entity(at, format, qualified)
		if err != nil {
			return err
		}
		if e.SchemaTags, err = x.foundTags(at.name.Context, at.version.Content, tags); err != nil {
			return err
		}
		return x.fresh(e)
	}
	b, err := x.versionBody(at, format, qualified)
	if err != nil {
		return err
	}
	x.rememberFor(at)
	return x.send(http.StatusOK, b, revalidate)
}

// rememberFor lets the fast lane repeat the answer to callers who see the
// subject.
func (x *request) rememberFor(at located) {
	x.remember = true
	if !at.searched {
		x.readable = []registry.Name{at.name}
	}
}
