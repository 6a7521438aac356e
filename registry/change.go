package registry

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// Change is something that happened, in the past tense. Its JSON form is
// versioned and lives for ever in the log; a field may be added, none may change
// its meaning. A node that meets a kind it does not know stops.
type Change interface {
	// Kind is the name of the change in the log and the change feed.
	Kind() string
	// Name is the subject the change is about; its Subject is empty for changes
	// about a whole context, and both are empty for tokens and grants.
	About() Name
}

// The kinds of changes.
const (
	KindVersionRegistered = "version.registered"
	KindVersionDeleted    = "version.deleted"
	KindVersionUndeleted  = "version.undeleted"
	KindVersionPurged     = "version.purged"
	KindSubjectDeleted    = "subject.deleted"
	KindSubjectUndeleted  = "subject.undeleted"
	KindSubjectPurged     = "subject.purged"
	KindContextCreated    = "context.created"
	KindContextDeleted    = "context.deleted"
	KindConfigChanged     = "config.changed"
	KindModeChanged       = "mode.changed"
	KindTokenCreated      = "token.created"
	KindTokenRevoked      = "token.revoked"
	KindGrantChanged      = "grant.changed"
)

// VersionRegistered binds a version of a subject to an id and its content.
type VersionRegistered struct {
	Context string `json:"context"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
	ID      int64  `json:"id"`
	// Deleted: the version came in soft-deleted (imports only).
	Deleted bool `json:"deleted,omitempty"`
	// At overrides the record's time (imports keep the source's), in µs.
	At int64 `json:"at,omitempty"`
	// The content, see Content.
	GUID       string            `json:"guid"`
	Text       string            `json:"text"` // hex
	Format     string            `json:"format"`
	References []storedReference `json:"references,omitempty"`
	Metadata   *Metadata         `json:"metadata,omitempty"`
	RuleSet    *RuleSet          `json:"ruleSet,omitempty"`
	// Inherited came with an import, see [Version].
	Inherited *Inherited `json:"inherited,omitempty"`
	// Replaces lists soft-deleted versions of the subject with the same id that
	// this registration removes.
	Replaces []int `json:"replaces,omitempty"`
	// Why the version was let in: the level and policy in force, the engine
	// that judged, and the exceptions.
	Level    string `json:"level,omitempty"`
	Policy   string `json:"policy,omitempty"`
	Engine   string `json:"engine,omitempty"`
	Verdict  string `json:"verdict,omitempty"`
	Unproven bool   `json:"unproven,omitempty"`
	Forced   bool   `json:"forced,omitempty"`
	// BridgedBy is the upcaster that let a breaking change in.
	BridgedBy string `json:"bridgedBy,omitempty"`
	Imported  bool   `json:"imported,omitempty"`
	// What the configuration said to the engine, so that the question can be
	// asked again.
	Unknown       string   `json:"unknown,omitempty"`
	AssertFormats bool     `json:"assertFormats,omitempty"`
	Encodings     []string `json:"encodings,omitempty"`
	EventMessages []string `json:"eventMessages,omitempty"`

	content *Content // cache of the decoded content, never encoded
}

type storedReference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// VersionDeleted, VersionUndeleted: one version was hidden, or came back.
type (
	VersionDeleted struct {
		Context string `json:"context"`
		Subject string `json:"subject"`
		Version int    `json:"version"`
	}
	VersionUndeleted VersionDeleted
)

// VersionPurged: a soft-deleted version is gone for good. Config tells that it
// was the last one, so that the subject's configuration and mode went with it.
type VersionPurged struct {
	Context string `json:"context"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
	Config  bool   `json:"config,omitempty"`
}

// SubjectDeleted, SubjectUndeleted: the listed versions were hidden, or came
// back.
type (
	SubjectDeleted struct {
		Context  string `json:"context"`
		Subject  string `json:"subject"`
		Versions []int  `json:"versions"`
	}
	SubjectUndeleted SubjectDeleted
)

// SubjectPurged: the listed versions are gone, and the subject's configuration
// and mode with them when Config says so. Released lists ids without any
// version left whose binding was given up (only when a scope is cleared for an
// import).
type SubjectPurged struct {
	Context  string  `json:"context"`
	Subject  string  `json:"subject"`
	Versions []int   `json:"versions"`
	Config   bool    `json:"config,omitempty"`
	Released []int64 `json:"released,omitempty"`
}

// ContextCreated, ContextDeleted: a context is listed, or no longer. Its id
// counter and bindings stay.
type (
	ContextCreated struct {
		Context string `json:"context"`
	}
	ContextDeleted struct {
		Context string `json:"context"`
	}
)

// ConfigChanged: the configuration entry of a scope; nil when it was removed.
type ConfigChanged struct {
	Context string  `json:"context"`
	Subject string  `json:"subject"`
	Config  *Config `json:"config"`
}

// ModeChanged: the mode of a scope; empty when it was removed.
type ModeChanged struct {
	Context string `json:"context"`
	Subject string `json:"subject"`
	Mode    string `json:"mode"`
}

// TokenCreated: an API token, by the hash of its secret. A token of the same
// name is replaced; PreviousHash stays valid until PreviousUntil (rotation).
type TokenCreated struct {
	Name          string   `json:"name"`
	Hash          string   `json:"hash"` // hex SHA-256 of the secret
	Groups        []string `json:"groups,omitempty"`
	CreatedAt     int64    `json:"createdAt"`           // µs
	ExpiresAt     int64    `json:"expiresAt,omitempty"` // µs, 0 = never
	PreviousHash  string   `json:"previousHash,omitempty"`
	PreviousUntil int64    `json:"previousUntil,omitempty"`
}

// TokenRevoked: a token is no longer valid.
type TokenRevoked struct {
	Name string `json:"name"`
}

// GrantChanged: a principal was granted a role on a pattern, or lost it.
type GrantChanged struct {
	Principal string `json:"principal"`
	Role      string `json:"role"`
	Pattern   string `json:"pattern"`
	Removed   bool   `json:"removed,omitempty"`
}

// Kind implements Change.
func (VersionRegistered) Kind() string { return KindVersionRegistered }

// Kind implements Change.
func (VersionDeleted) Kind() string { return KindVersionDeleted }

// Kind implements Change.
func (VersionUndeleted) Kind() string { return KindVersionUndeleted }

// Kind implements Change.
func (VersionPurged) Kind() string { return KindVersionPurged }

// Kind implements Change.
func (SubjectDeleted) Kind() string { return KindSubjectDeleted }

// Kind implements Change.
func (SubjectUndeleted) Kind() string { return KindSubjectUndeleted }

// Kind implements Change.
func (SubjectPurged) Kind() string { return KindSubjectPurged }

// Kind implements Change.
func (ContextCreated) Kind() string { return KindContextCreated }

// Kind implements Change.
func (ContextDeleted) Kind() string { return KindContextDeleted }

// Kind implements Change.
func (ConfigChanged) Kind() string { return KindConfigChanged }

// Kind implements Change.
func (ModeChanged) Kind() string { return KindModeChanged }

// Kind implements Change.
func (TokenCreated) Kind() string { return KindTokenCreated }

// Kind implements Change.
func (TokenRevoked) Kind() string { return KindTokenRevoked }

// Kind implements Change.
func (GrantChanged) Kind() string { return KindGrantChanged }

// About implements Change.
func (c VersionRegistered) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c VersionDeleted) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c VersionUndeleted) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c VersionPurged) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c SubjectDeleted) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c SubjectUndeleted) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c SubjectPurged) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c ContextCreated) About() Name { return Name{Context: c.Context} }

// About implements Change.
func (c ContextDeleted) About() Name { return Name{Context: c.Context} }

// About implements Change.
func (c ConfigChanged) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c ModeChanged) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (TokenCreated) About() Name { return Name{} }

// About implements Change.
func (TokenRevoked) About() Name { return Name{} }

// About implements Change.
func (GrantChanged) About() Name { return Name{} }

// Receipt makes a request repeatable: the same principal and key get the
// recorded outcome instead of a second effect. It rides on the last change of
// its command.
type Receipt struct {
	Principal string `json:"principal"`
	Key       string `json:"key"`
	// Strong: the key came as Idempotency-Key, so reuse with another command is
	// refused; a request id may be reused.
	Strong  bool            `json:"strong,omitempty"`
	Digest  string          `json:"digest"`
	Outcome json.RawMessage `json:"outcome"`
}

// payload is the envelope of every change in the log.
type payload struct {
	V       int             `json:"v"`
	Receipt *Receipt        `json:"r,omitempty"`
	Change  json.RawMessage `json:"c"`
}

const payloadVersion = 1

// plainPrefix starts every payload without a receipt, as EncodeChange writes
// it; replay then needs no second pass over the envelope.
const plainPrefix = `{"v":1,"c":`

// EncodeChange returns the log payload of a change.
func EncodeChange(c Change, r *Receipt) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", &schema.Bug{Where: "EncodeChange " + c.Kind(), Cause: err}
	}
	out, err := json.Marshal(payload{V: payloadVersion, Change: body, Receipt: r})
	if err != nil {
		return "", &schema.Bug{Where: "EncodeChange " + c.Kind(), Cause: err}
	}
	return string(out), nil
}

// DecodeChange reads a record of the log. An unknown kind or payload version is
// an error: the node is older than the log and must not guess.
func DecodeChange(r Record) (Change, *Receipt, error) {
	var p payload
	if body, ok := strings.CutPrefix(r.Payload, plainPrefix); ok && strings.HasSuffix(body, "}") {
		p = payload{V: payloadVersion, Change: json.RawMessage(body[:len(body)-1])}
	} else if err := json.Unmarshal([]byte(r.Payload), &p); err != nil {
		return nil, nil, fmt.Errorf("record %d (%s) is not readable: %w", r.Seq, r.Kind, err)
	}
	if p.V != payloadVersion {
		return nil, nil, fmt.Errorf("record %d (%s) has payload version %d; this release reads version %d: upgrade this node", r.Seq, r.Kind, p.V, payloadVersion)
	}
	decode, ok := decoders[r.Kind]
	if !ok {
		return nil, nil, fmt.Errorf("record %d has the kind %q, which this release does not know: upgrade this node", r.Seq, r.Kind)
	}
	c, err := decode(p.Change)
	if err != nil {
		return nil, nil, fmt.Errorf("record %d (%s) is not readable: %w", r.Seq, r.Kind, err)
	}
	return c, p.Receipt, nil
}

var decoders = map[string]func(json.RawMessage) (Change, error){
	KindVersionRegistered: decodeAs[VersionRegistered],
	KindVersionDeleted:    decodeAs[VersionDeleted],
	KindVersionUndeleted:  decodeAs[VersionUndeleted],
	KindVersionPurged:     decodeAs[VersionPurged],
	KindSubjectDeleted:    decodeAs[SubjectDeleted],
	KindSubjectUndeleted:  decodeAs[SubjectUndeleted],
	KindSubjectPurged:     decodeAs[SubjectPurged],
	KindContextCreated:    decodeAs[ContextCreated],
	KindContextDeleted:    decodeAs[ContextDeleted],
	KindConfigChanged:     decodeAs[ConfigChanged],
	KindModeChanged:       decodeAs[ModeChanged],
	KindTokenCreated:      decodeAs[TokenCreated],
	KindTokenRevoked:      decodeAs[TokenRevoked],
	KindGrantChanged:      decodeAs[GrantChanged],
	KindUpcasterActivated: decodeAs[UpcasterActivated],
	KindUpcasterDrafted:   decodeAs[UpcasterDrafted],
	KindUpcasterDiscarded: decodeAs[UpcasterDiscarded],
	KindUpcasterImported:  decodeAs[UpcasterImported],
	KindUpcasterWithdrawn: decodeAs[UpcasterWithdrawn],
}

func decodeAs[T Change](body json.RawMessage) (Change, error) {
	var c T
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, err
	}
	return c, nil
}

// registered builds the change that binds content to a version.
func registered(n Name, version int, id int64, c *Content) VersionRegistered {
	v := VersionRegistered{
		Context: n.Context, Subject: n.Subject, Version: version, ID: id,
		GUID: c.GUID.String(), Text: hex.EncodeToString(c.Text[:]), Format: c.Format.String(),
		Metadata: c.Metadata, RuleSet: c.RuleSet, content: c,
	}
	for _, r := range c.References {
		v.References = append(v.References, storedReference(r))
	}
	return v
}

// decodeContent returns the content that the change carries.
func (c VersionRegistered) decodeContent() (*Content, error) {
	if c.content != nil {
		return c.content, nil
	}
	out := &Content{Metadata: c.Metadata, RuleSet: c.RuleSet}
	var err error
	if out.Format, err = schema.ParseFormat(c.Format); err != nil {
		return nil, err
	}
	guid, ok := ParseGUID(c.GUID)
	if !ok {
		return nil, fmt.Errorf("bad GUID %q", c.GUID)
	}
	out.GUID = guid
	if n, err := hex.Decode(out.Text[:], []byte(c.Text)); err != nil || n != len(out.Text) {
		return nil, fmt.Errorf("bad text hash %q", c.Text)
	}
	for _, r := range c.References {
		out.References = append(out.References, schema.Reference(r))
	}
	out.Identity = identityOf(out)
	return out, nil
}
