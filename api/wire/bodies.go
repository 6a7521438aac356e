package wire

import "encoding/json"

// Error is the body of every refusal. The properties after Message are sent only
// to clients that accept [TypeInstar].
type Error struct {
	ErrorCode int    `json:"error_code"`
	Message   string `json:"message"`

	Why         string          `json:"why,omitempty"`
	Findings    json.RawMessage `json:"findings,omitempty"`
	Explanation *Explanation    `json:"explanation,omitempty"`
	Path        string          `json:"path,omitempty"`
	Line        int             `json:"line,omitempty"`
	Column      int             `json:"column,omitempty"`
	Limit       *Limit          `json:"limit,omitempty"`
	Referrers   []string        `json:"referrers,omitempty"`
	Seq         int64           `json:"seq,omitempty"`
	RequestID   string          `json:"requestId,omitempty"`
}

// Limit names a limit that was broken, as in the configuration key without
// "limits.".
type Limit struct {
	Name  string `json:"name"`
	Max   int64  `json:"max"`
	Found int64  `json:"found"`
}

// Reference names a registered schema version that a schema builds on.
type Reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Metadata is what users attach to a schema.
type Metadata struct {
	Tags       map[string][]string `json:"tags,omitempty"`
	Properties map[string]string   `json:"properties,omitempty"`
	Sensitive  []string            `json:"sensitive,omitempty"`
}

// Rule is one data-contract rule.
type Rule struct {
	Name      string            `json:"name"`
	Doc       string            `json:"doc,omitempty"`
	Kind      string            `json:"kind,omitempty"`
	Mode      string            `json:"mode,omitempty"`
	Type      string            `json:"type,omitempty"`
	Tags      []string          `json:"tags,omitempty"`
	Params    map[string]string `json:"params,omitempty"`
	Expr      string            `json:"expr,omitempty"`
	OnSuccess string            `json:"onSuccess,omitempty"`
	OnFailure string            `json:"onFailure,omitempty"`
	Disabled  bool              `json:"disabled"`
}

// RuleSet is the rules of a schema in their three lists.
type RuleSet struct {
	MigrationRules []Rule `json:"migrationRules,omitempty"`
	DomainRules    []Rule `json:"domainRules,omitempty"`
	EncodingRules  []Rule `json:"encodingRules,omitempty"`
	EnableAt       string `json:"enableAt,omitempty"`
}

// SchemaEntity is a place in a schema that tags can sit on. EntityType is
// "SR_RECORD" or "SR_FIELD".
type SchemaEntity struct {
	EntityPath string `json:"entityPath"`
	EntityType string `json:"entityType"`
}

// SchemaTags are tags at one place.
type SchemaTags struct {
	SchemaEntity SchemaEntity `json:"schemaEntity"`
	Tags         []string     `json:"tags"`
}

// Schema is a version of a subject: the answer to reads by subject and version
// and to look-ups, and an item of the list of schemas.
type Schema struct {
	Subject    string       `json:"subject"`
	Version    int          `json:"version"`
	ID         int64        `json:"id"`
	GUID       string       `json:"guid,omitempty"`
	SchemaType string       `json:"schemaType,omitempty"`
	References []Reference  `json:"references,omitempty"`
	Metadata   *Metadata    `json:"metadata,omitempty"`
	RuleSet    *RuleSet     `json:"ruleSet,omitempty"`
	Schema     string       `json:"schema"`
	SchemaTags []SchemaTags `json:"schemaTags,omitempty"`
	Timestamp  int64        `json:"ts,omitempty"` // ms since 1970
	Deleted    *bool        `json:"deleted,omitempty"`
	Aliases    []string     `json:"aliases,omitempty"`
}

// SchemaByID is the answer to reads by id or GUID. Subject, Version and Deleted
// are there only when the question named a subject.
type SchemaByID struct {
	Schema     string       `json:"schema"`
	SchemaType string       `json:"schemaType,omitempty"`
	References []Reference  `json:"references,omitempty"`
	Metadata   *Metadata    `json:"metadata,omitempty"`
	RuleSet    *RuleSet     `json:"ruleSet,omitempty"`
	SchemaTags []SchemaTags `json:"schemaTags,omitempty"`
	MaxID      int64        `json:"maxId,omitempty"`
	Subject    string       `json:"subject,omitempty"`
	Version    int          `json:"version,omitempty"`
	GUID       string       `json:"guid,omitempty"`
	Timestamp  int64        `json:"ts,omitempty"` // ms since 1970
	Deleted    *bool        `json:"deleted,omitempty"`
}

// Registered is the answer to a registration. A server that is told to speak
// like Confluent 7 sends the id alone.
type Registered struct {
	ID         int64       `json:"id"`
	Version    int         `json:"version,omitempty"`
	GUID       string      `json:"guid,omitempty"`
	SchemaType string      `json:"schemaType,omitempty"`
	Schema     string      `json:"schema,omitempty"`
	References []Reference `json:"references,omitempty"`
	Metadata   *Metadata   `json:"metadata,omitempty"`
	RuleSet    *RuleSet    `json:"ruleSet,omitempty"`
	Timestamp  int64       `json:"ts,omitempty"` // ms since 1970
	// Upcaster is the one that came with the version.
	Upcaster *UpcasterAdded `json:"upcaster,omitempty"`
}

// RegisterRequest is the body of registrations, look-ups and compatibility
// checks.
type RegisterRequest struct {
	Schema             string       `json:"schema,omitempty"`
	SchemaType         string       `json:"schemaType,omitempty"`
	References         []Reference  `json:"references,omitempty"`
	Metadata           *Metadata    `json:"metadata,omitempty"`
	RuleSet            *RuleSet     `json:"ruleSet,omitempty"`
	Version            int          `json:"version,omitempty"`
	ID                 int64        `json:"id,omitempty"`
	SchemaTagsToAdd    []SchemaTags `json:"schemaTagsToAdd,omitempty"`
	SchemaTagsToRemove []SchemaTags `json:"schemaTagsToRemove,omitempty"`
	PropagateTags      bool         `json:"propagateSchemaTags,omitempty"`
	// Upcaster leads from the newest version to this one: the body of a document
	// (Instar).
	Upcaster json.RawMessage `json:"upcaster,omitempty"`
}

// TagRequest is the body of POST …/versions/{v}/tags.
type TagRequest struct {
	NewVersion    int          `json:"newVersion,omitempty"`
	TagsToAdd     []SchemaTags `json:"tagsToAdd,omitempty"`
	TagsToRemove  []SchemaTags `json:"tagsToRemove,omitempty"`
	Metadata      *Metadata    `json:"metadata,omitempty"`
	RuleSet       *RuleSet     `json:"ruleSet,omitempty"`
	RulesToMerge  *RuleSet     `json:"rulesToMerge,omitempty"`
	RulesToRemove []string     `json:"rulesToRemove,omitempty"`
}

// SubjectVersion names a version of a subject.
type SubjectVersion struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// ContextID is an id in its context.
type ContextID struct {
	Context string `json:"context"`
	ID      int64  `json:"id"`
}

// Compatibility is the answer to a compatibility check. Messages is nil unless
// the check was asked to be verbose.
type Compatibility struct {
	IsCompatible bool            `json:"is_compatible"`
	Messages     *[]string       `json:"messages,omitempty"`
	Findings     json.RawMessage `json:"findings,omitempty"`
	Explanation  *Explanation    `json:"explanation,omitempty"`
	Seq          int64           `json:"seq,omitempty"`
	RequestID    string          `json:"requestId,omitempty"`
}

// Config is a configuration entry. Answers to GET and DELETE name the level
// CompatibilityLevel, PUT names it Compatibility in both directions.
type Config struct {
	CompatibilityLevel   string    `json:"compatibilityLevel,omitempty"`
	Compatibility        string    `json:"compatibility,omitempty"`
	CompatibilityPolicy  string    `json:"compatibilityPolicy,omitempty"`
	CompatibilityGroup   string    `json:"compatibilityGroup,omitempty"`
	CompatibilityUnknown string    `json:"compatibilityUnknown,omitempty"`
	Normalize            *bool     `json:"normalize,omitempty"`
	ValidateFields       *bool     `json:"validateFields,omitempty"`
	ValidateNewSchemas   *bool     `json:"validateNewSchemas,omitempty"`
	ValidateRules        *bool     `json:"validateRules,omitempty"`
	Alias                string    `json:"alias,omitempty"`
	AliasForDeks         string    `json:"aliasForDeks,omitempty"`
	DefaultMetadata      *Metadata `json:"defaultMetadata,omitempty"`
	OverrideMetadata     *Metadata `json:"overrideMetadata,omitempty"`
	DefaultRuleSet       *RuleSet  `json:"defaultRuleSet,omitempty"`
	OverrideRuleSet      *RuleSet  `json:"overrideRuleSet,omitempty"`
	UpcasterVerdict      string    `json:"upcasterVerdict,omitempty"`
	// RequireUpcasterAcrossGroups refuses a version of another compatibility group
	// than the one before it unless events have a proved way to it.
	RequireUpcasterAcrossGroups *bool `json:"requireUpcasterAcrossGroups,omitempty"`
	// AssertFormats, Encodings and EventMessages say about the events of a
	// subject what their schemas do not say.
	AssertFormats *bool    `json:"assertFormats,omitempty"`
	Encodings     []string `json:"encodings,omitempty"`     // binary, json
	EventMessages []string `json:"eventMessages,omitempty"` // full names of Protobuf messages
	// Sources tells where each property comes from (explain=true): a subject or
	// scope, "" for the global entry, or "server".
	Sources map[string]string `json:"sources,omitempty"`
}

// Mode is the mode of a scope.
type Mode struct {
	Mode string `json:"mode,omitempty"`
}

// ClusterID is the answer to GET /v1/metadata/id.
type ClusterID struct {
	Scope ClusterScope `json:"scope"`
}

// ClusterScope tells which cluster answers.
type ClusterScope struct {
	Path     []string          `json:"path"`
	Clusters map[string]string `json:"clusters"`
}

// ServerVersion is the answer to GET /v1/metadata/version.
type ServerVersion struct {
	Version  string `json:"version"`
	CommitID string `json:"commitId"`
}
