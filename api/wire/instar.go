package wire

import "encoding/json"

// The bodies of Instar's own routes. Unlike Confluent's, requests with a
// property that is not listed here are refused.

// BulkRegisterRequest is the body of POST /bulk/register. Atomic is true unless
// it is sent as false.
type BulkRegisterRequest struct {
	Atomic *bool              `json:"atomic,omitempty"`
	DryRun bool               `json:"dryRun,omitempty"`
	Items  []BulkRegisterItem `json:"items"`
}

// BulkRegisterItem is one registration, with the configuration that its subject
// gets first.
type BulkRegisterItem struct {
	Subject string `json:"subject"`
	RegisterRequest
	Normalize bool            `json:"normalize,omitempty"`
	Config    json.RawMessage `json:"config,omitempty"`
}

// BulkRegistered is the answer to POST /bulk/register, one result per item in
// the order of the request.
type BulkRegistered struct {
	Atomic bool                   `json:"atomic"`
	DryRun bool                   `json:"dryRun"`
	Items  []BulkRegisteredResult `json:"items"`
}

// BulkRegisteredResult is what became of one item: a registration, or an error
// with its HTTP status.
type BulkRegisteredResult struct {
	Subject string `json:"subject"`
	Status  int    `json:"status"`
	Created bool   `json:"created"`
	*Registered
	Error *Error `json:"error,omitempty"`
}

// BulkSchemasRequest is the body of POST /bulk/schemas. Context is the one that
// the ids belong to; empty means the default context.
type BulkSchemasRequest struct {
	Context  string           `json:"context,omitempty"`
	IDs      []int64          `json:"ids,omitempty"`
	GUIDs    []string         `json:"guids,omitempty"`
	Versions []SubjectVersion `json:"versions,omitempty"`
	Format   string           `json:"format,omitempty"`
}

// BulkSchemas is the answer to POST /bulk/schemas: each list in the order of
// the question, with an error in the place of what was not found.
type BulkSchemas struct {
	IDs      []BulkSchema `json:"ids,omitempty"`
	GUIDs    []BulkSchema `json:"guids,omitempty"`
	Versions []BulkSchema `json:"versions,omitempty"`
}

// BulkSchema is one schema or the error that stands for it.
type BulkSchema struct {
	Subject    string      `json:"subject,omitempty"`
	Version    int         `json:"version,omitempty"`
	ID         int64       `json:"id,omitempty"`
	GUID       string      `json:"guid,omitempty"`
	SchemaType string      `json:"schemaType,omitempty"`
	References []Reference `json:"references,omitempty"`
	Metadata   *Metadata   `json:"metadata,omitempty"`
	RuleSet    *RuleSet    `json:"ruleSet,omitempty"`
	Schema     string      `json:"schema,omitempty"`
	Timestamp  int64       `json:"ts,omitempty"` // ms since 1970
	Deleted    *bool       `json:"deleted,omitempty"`
	Error      *Error      `json:"error,omitempty"`
}

// InspectRequest is the body of POST /inspect. Context is the one that
// unqualified references belong to. Seed varies the sample event.
type InspectRequest struct {
	Schema     string      `json:"schema"`
	SchemaType string      `json:"schemaType,omitempty"`
	References []Reference `json:"references,omitempty"`
	Metadata   *Metadata   `json:"metadata,omitempty"`
	RuleSet    *RuleSet    `json:"ruleSet,omitempty"`
	Context    string      `json:"context,omitempty"`
	Seed       uint64      `json:"seed,omitempty"`
}

// Inspection is the answer to POST /inspect.
type Inspection struct {
	SchemaType   string           `json:"schemaType"`
	Schema       string           `json:"schema"`     // canonical
	Normalized   string           `json:"normalized"` // as normalize=true stores it
	GUID         string           `json:"guid"`       // of the canonical text with references, metadata and rules
	SHA256       string           `json:"sha256"`     // of the canonical text
	Fingerprints []Fingerprint    `json:"fingerprints"`
	References   []Reference      `json:"references"`
	Fields       []Field          `json:"fields"`
	Warnings     []Warning        `json:"warnings"`
	Sample       *Sample          `json:"sample,omitempty"`
	Subjects     []SubjectVersion `json:"subjects"` // that hold this schema already
}

// Fingerprint is a hash of a schema under a named algorithm.
type Fingerprint struct {
	Algorithm string `json:"algorithm"`
	Hex       string `json:"hex"`
}

// Field is a named part of a schema.
type Field struct {
	Path    string   `json:"path"`
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Logical string   `json:"logical,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	Doc     string   `json:"doc,omitempty"`
	Entity  string   `json:"entity,omitempty"` // the path that tag edits use
	Record  bool     `json:"record,omitempty"` // the entity is a record or message
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
}

// Warning is something a reader should know about an accepted schema.
type Warning struct {
	Message string `json:"message"`
	Path    string `json:"path,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// Sample is a generated event: as JSON, and in the format's own bytes, base64.
type Sample struct {
	JSON   json.RawMessage `json:"json"`
	Binary []byte          `json:"binary,omitempty"`
}

// ValidateRequest is the body of POST /validate. The schema is named by subject
// and version ("latest" when empty), by id, or sent along; the event is JSON, or
// bytes in base64. Encoding is json, avro, protobuf or frame.
type ValidateRequest struct {
	Subject     string          `json:"subject,omitempty"`
	Version     json.RawMessage `json:"version,omitempty"` // a number or "latest"
	ID          int64           `json:"id,omitempty"`
	Context     string          `json:"context,omitempty"` // of id and frame
	Schema      string          `json:"schema,omitempty"`
	SchemaType  string          `json:"schemaType,omitempty"`
	References  []Reference     `json:"references,omitempty"`
	Event       json.RawMessage `json:"event,omitempty"`
	EventBase64 *[]byte         `json:"eventBase64,omitempty"`
	Encoding    string          `json:"encoding,omitempty"`
	Message     []int           `json:"message,omitempty"` // index path of a Protobuf message
}

// Validation is the answer to POST /validate.
type Validation struct {
	Valid      bool            `json:"valid"`
	Violations []Violation     `json:"violations"`
	Decoded    json.RawMessage `json:"decoded,omitempty"`
	ID         int64           `json:"id,omitempty"` // of the schema that judged, when it is registered
	GUID       string          `json:"guid,omitempty"`
}

// Violation says where an event breaks its schema. Offset is a byte position in
// the event, where it is known.
type Violation struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	Offset  *int   `json:"offset,omitempty"`
}

// SearchResults is the answer to GET /search. Next continues the list.
type SearchResults struct {
	Results []SearchResult `json:"results"`
	Next    string         `json:"next,omitempty"`
}

// SearchResult is one version and what of it matched.
type SearchResult struct {
	Subject    string        `json:"subject"`
	Version    int           `json:"version"`
	ID         int64         `json:"id"`
	SchemaType string        `json:"schemaType"`
	Deleted    bool          `json:"deleted,omitempty"`
	Matches    []SearchMatch `json:"matches"`
}

// SearchMatch says which term matched what: the subject's name, a field, a
// type, a tag or a property.
type SearchMatch struct {
	Term  string `json:"term"` // the parameter: q, name, field, type, tag, meta
	Kind  string `json:"kind"` // name, field, type, tag, meta
	Value string `json:"value"`
	Path  string `json:"path,omitempty"`
}

// Change is a record of the change feed. At is RFC 3339 with microseconds.
type Change struct {
	Seq     int64           `json:"seq"`
	At      string          `json:"at"`
	Actor   string          `json:"actor"`
	Request string          `json:"request,omitempty"`
	Kind    string          `json:"kind"`
	Context string          `json:"context,omitempty"`
	Subject string          `json:"subject,omitempty"`
	Version int             `json:"version,omitempty"`
	ID      int64           `json:"id,omitempty"`
	GUID    string          `json:"guid,omitempty"`
	Payload json.RawMessage `json:"payload"`
}

// ImportReport is the answer to POST /import.
type ImportReport struct {
	DryRun      bool               `json:"dryRun"`
	Lines       int64              `json:"lines"`
	Texts       int64              `json:"texts"`
	Versions    int64              `json:"versions"`
	Upcasters   int64              `json:"upcasters,omitempty"` // revisions; each is skipped if it was there already
	Configs     int64              `json:"configs"`
	Modes       int64              `json:"modes"`
	Created     int64              `json:"created"` // versions that were not there before
	Skipped     int64              `json:"skipped"` // versions that were there already, or left out
	Dangling    int64              `json:"dangling"`
	LastLine    int64              `json:"lastLine"` // last line that was applied
	Differences []ImportDifference `json:"differences"`
}

// ImportDifference is a version that is not as the archive has it.
type ImportDifference struct {
	Line    int64  `json:"line"`
	Subject string `json:"subject"`
	Version int    `json:"version,omitempty"`
	Message string `json:"message"`
}

// Me is the answer to GET /auth/me.
type Me struct {
	Principal string   `json:"principal"`
	Groups    []string `json:"groups"`
	Mode      string   `json:"mode"` // auth.mode
	ExpiresAt string   `json:"expiresAt,omitempty"`
	Grants    []Grant  `json:"grants"`
}

// TokenRequest is the body of POST /auth/tokens and, without a name, of
// POST /auth/tokens/{name}/rotate. TTLSeconds 0 means 90 days.
type TokenRequest struct {
	Name           string   `json:"name,omitempty"`
	Groups         []string `json:"groups,omitempty"`
	TTLSeconds     int64    `json:"ttlSeconds,omitempty"`
	OverlapSeconds int64    `json:"overlapSeconds,omitempty"` // rotate: how long the old secret stays valid
}

// Token is an API token. Token, the secret, is in the answers to creation and
// rotation alone.
type Token struct {
	Name      string   `json:"name"`
	Token     string   `json:"token,omitempty"`
	Groups    []string `json:"groups"`
	CreatedAt string   `json:"createdAt"`
	ExpiresAt string   `json:"expiresAt,omitempty"`
	Expired   bool     `json:"expired,omitempty"`
}

// Grant gives a principal or group a role on a pattern.
type Grant struct {
	Principal string `json:"principal"`
	Role      string `json:"role"`
	Pattern   string `json:"pattern"`
}
