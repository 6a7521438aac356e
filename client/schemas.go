package client

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/instar-registry/instar/api/wire"
)

// SchemaByID returns the content behind an id, from memory once it was seen. The
// subject says which context the id belongs to; "" means the default context.
// The result has no subject or version and must not be changed.
func (c *Client) SchemaByID(ctx context.Context, subject string, id int64) (*wire.SchemaByID, error) {
	key := idKey{scope: splitContext(subject), id: id}
	if key.scope == "" {
		key.scope = subject
	}
	return c.ids.get(ctx, key, func(ctx context.Context) (*wire.SchemaByID, error) {
		s, err := c.QueryByID(ctx, id, IDQuery{Subject: subject})
		if err != nil {
			return nil, err
		}
		return immutable(s), nil
	})
}

// immutable leaves out what may change.
func immutable(s wire.SchemaByID) *wire.SchemaByID {
	s.Subject, s.Version, s.Deleted, s.MaxID = "", 0, nil, 0
	return &s
}

// SchemaByGUID returns the content behind a GUID, from memory once it was seen.
// The result must not be changed.
func (c *Client) SchemaByGUID(ctx context.Context, guid string) (*wire.SchemaByID, error) {
	return c.guids.get(ctx, guid, func(ctx context.Context) (*wire.SchemaByID, error) {
		s, err := fetch[wire.SchemaByID](ctx, c, "/schemas/guids/"+segment(guid), nil)
		if err != nil {
			return nil, err
		}
		return immutable(s), nil
	})
}

// IDQuery are the parameters of [Client.QueryByID].
type IDQuery struct {
	Subject         string // also asks for subject, version and deleted
	Format          string // "resolved", "serialized" …
	ReferenceFormat string // "qualified"
	FindTags        []string
	FetchMaxID      bool
}

// QueryByID reads by id with all parameters, always from the registry.
func (c *Client) QueryByID(ctx context.Context, id int64, q IDQuery) (wire.SchemaByID, error) {
	return fetch[wire.SchemaByID](ctx, c, idPath(id), values("subject", q.Subject, "format", q.Format,
		"referenceFormat", q.ReferenceFormat, "findTags", q.FindTags, "fetchMaxId", q.FetchMaxID))
}

func idPath(id int64) string { return "/schemas/ids/" + strconv.FormatInt(id, 10) }

// TextByID returns the bare schema text behind an id in a representation.
func (c *Client) TextByID(ctx context.Context, subject string, id int64, format string) (string, error) {
	return fetch[string](ctx, c, idPath(id)+"/schema", values("subject", subject, "format", format))
}

// SubjectsByID returns the subjects that use an id.
func (c *Client) SubjectsByID(ctx context.Context, subject string, id int64, deleted bool) ([]string, error) {
	return fetch[[]string](ctx, c, idPath(id)+"/subjects", values("subject", subject, "deleted", deleted))
}

// VersionsByID returns the versions that use an id.
func (c *Client) VersionsByID(ctx context.Context, subject string, id int64, deleted bool) ([]wire.SubjectVersion, error) {
	return fetch[[]wire.SubjectVersion](ctx, c, idPath(id)+"/versions", values("subject", subject, "deleted", deleted))
}

// IDsByGUID returns where a GUID is bound.
func (c *Client) IDsByGUID(ctx context.Context, guid string) ([]wire.ContextID, error) {
	return fetch[[]wire.ContextID](ctx, c, "/schemas/guids/"+segment(guid)+"/ids", nil)
}

// SchemaTypes returns the names of the formats that the registry knows.
func (c *Client) SchemaTypes(ctx context.Context) ([]string, error) {
	return fetch[[]string](ctx, c, "/schemas/types", nil)
}

// SchemasQuery are the parameters of [Client.Schemas].
type SchemasQuery struct {
	SubjectPrefix                string // ":*:" for all contexts
	Aliases, Deleted, LatestOnly bool
	RuleType                     string
	Offset, Limit                int
}

// Schemas lists versions of many subjects, one page of them.
func (c *Client) Schemas(ctx context.Context, q SchemasQuery) ([]wire.Schema, error) {
	return fetch[[]wire.Schema](ctx, c, "/schemas", values("subjectPrefix", q.SubjectPrefix, "aliases", q.Aliases,
		"deleted", q.Deleted, "latestOnly", q.LatestOnly, "ruleType", q.RuleType, "offset", q.Offset, "limit", q.Limit))
}

// SubjectsQuery are the parameters of [Client.Subjects].
type SubjectsQuery struct {
	SubjectPrefix        string // "" all contexts, ":.ctx:p" one
	Deleted, DeletedOnly bool
	Offset, Limit        int
}

// Subjects lists subjects.
func (c *Client) Subjects(ctx context.Context, q SubjectsQuery) ([]string, error) {
	return fetch[[]string](ctx, c, "/subjects", values("subjectPrefix", q.SubjectPrefix, "deleted", q.Deleted,
		"deletedOnly", q.DeletedOnly, "offset", q.Offset, "limit", q.Limit))
}

// LookupOptions are the parameters of [Client.Lookup].
type LookupOptions struct {
	Normalize, Deleted bool
	Format             string
}

// Lookup finds the version of a subject that holds a schema.
func (c *Client) Lookup(ctx context.Context, subject string, r wire.RegisterRequest, o LookupOptions) (wire.Schema, error) {
	return send[wire.Schema](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject), body: r, repeatable: true,
		query: values("normalize", o.Normalize, "deleted", o.Deleted, "format", o.Format),
	})
}

// RegisterOptions are the parameters of [Client.Register].
type RegisterOptions struct {
	Normalize bool
	Format    string
	Force     bool // skip the compatibility check; needs the role steward
	DryRun    bool // Instar: check everything, store nothing
}

// Register makes a schema a version of a subject, or finds that it is one.
func (c *Client) Register(ctx context.Context, subject string, r wire.RegisterRequest, o RegisterOptions) (wire.Registered, error) {
	out, err := send[wire.Registered](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject, "versions"), body: r, repeatable: true,
		query: values("normalize", o.Normalize, "format", o.Format, "force", o.Force, "dryRun", o.DryRun),
	})
	if err == nil && !o.DryRun {
		c.ids.forgetRefusals()
		c.guids.forgetRefusals()
	}
	return out, err
}

// VersionsQuery are the parameters of [Client.Versions].
type VersionsQuery struct {
	Deleted, DeletedOnly, DeletedAsNegative bool
	Offset, Limit                           int
}

// Versions lists the version numbers of a subject.
func (c *Client) Versions(ctx context.Context, subject string, q VersionsQuery) ([]int, error) {
	return fetch[[]int](ctx, c, subjectPath(subject, "versions"), values("deleted", q.Deleted, "deletedOnly", q.DeletedOnly,
		"deletedAsNegative", q.DeletedAsNegative, "offset", q.Offset, "limit", q.Limit))
}

// VersionQuery are the parameters of [Client.Version].
type VersionQuery struct {
	Format, ReferenceFormat string
	Deleted                 bool
	FindTags                []string
}

// Version reads a version of a subject; [Latest] names the newest live one.
func (c *Client) Version(ctx context.Context, subject string, version int, q VersionQuery) (wire.Schema, error) {
	return fetch[wire.Schema](ctx, c, subjectPath(subject, "versions", versionSegment(version)), values("format", q.Format,
		"referenceFormat", q.ReferenceFormat, "deleted", q.Deleted, "findTags", q.FindTags))
}

// TextByVersion returns the bare text of a version in a representation.
func (c *Client) TextByVersion(ctx context.Context, subject string, version int, format string, deleted bool) (string, error) {
	return fetch[string](ctx, c, subjectPath(subject, "versions", versionSegment(version), "schema"), values("format", format, "deleted", deleted))
}

// LatestWithMetadata returns the newest version whose metadata properties hold
// all the pairs.
func (c *Client) LatestWithMetadata(ctx context.Context, subject string, properties map[string]string, deleted bool, format string) (wire.Schema, error) {
	q := values("deleted", deleted, "format", format)
	for k, v := range properties {
		q.Add("key", k)
		q.Add("value", v)
	}
	return fetch[wire.Schema](ctx, c, subjectPath(subject, "metadata"), q)
}

// ReferencedBy returns the ids of schemas that reference a version.
func (c *Client) ReferencedBy(ctx context.Context, subject string, version int, deleted bool) ([]int64, error) {
	return fetch[[]int64](ctx, c, subjectPath(subject, "versions", versionSegment(version), "referencedby"), values("deleted", deleted))
}

// DeleteSubject hides all versions of a subject, or removes hidden ones for
// good, and returns their numbers.
func (c *Client) DeleteSubject(ctx context.Context, subject string, permanent bool) ([]int, error) {
	return send[[]int](ctx, c, &call{method: http.MethodDelete, path: subjectPath(subject), query: values("permanent", permanent)})
}

// DeleteVersion hides a version, or removes a hidden one for good.
func (c *Client) DeleteVersion(ctx context.Context, subject string, version int, permanent bool) (int, error) {
	return send[int](ctx, c, &call{
		method: http.MethodDelete, path: subjectPath(subject, "versions", versionSegment(version)), query: values("permanent", permanent),
	})
}

// EditTags registers a version with tags, metadata or rules edited in.
func (c *Client) EditTags(ctx context.Context, subject string, version int, r wire.TagRequest) (wire.Registered, error) {
	return send[wire.Registered](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject, "versions", versionSegment(version), "tags"), body: r,
	})
}

// CheckOptions are the parameters of [Client.Check].
type CheckOptions struct {
	Normalize, Verbose bool
	// Explain asks for findings and explanation where the registry does not send
	// them anyway; Instar's does. Fixes asks for the edits of the text that make
	// findings go away, besides.
	Explain, Fixes bool
}

// AllVersions asks [Client.Check] for the check that a registration would make.
const AllVersions = 0

// Check asks whether a schema is compatible with one version of a subject, or,
// with [AllVersions], with those that a registration would be held against.
func (c *Client) Check(ctx context.Context, subject string, version int, r wire.RegisterRequest, o CheckOptions) (wire.Compatibility, error) {
	path := "/compatibility" + subjectPath(subject, "versions")
	if version != AllVersions {
		path += "/" + versionSegment(version)
	}
	return send[wire.Compatibility](ctx, c, &call{
		method: http.MethodPost, path: path, body: r, repeatable: true, query: values("normalize", o.Normalize, "verbose", o.Verbose, "explain", o.Explain, "fixes", o.Fixes),
	})
}

// String names the registry without its credential.
func (c *Client) String() string { return fmt.Sprintf("registry at %s", c.bases[c.good.Load()].url) }

// GoString does the same, so that no verb prints a credential.
func (c *Client) GoString() string { return c.String() }
