package registry

import (
	"github.com/instar-registry/instar/schema"
)

// Command is something a caller wants to happen. Every command is decided by
// [Decide] against a state and becomes changes, or is refused.
type Command interface{ command() }

// Register asks for a new version of a subject.
type Register struct {
	Name       Name
	Format     schema.Format
	Text       string // empty: the newest live version's, for metadata-only changes
	References []schema.Reference
	Metadata   *Metadata
	RuleSet    *RuleSet
	Version    int   // 0: not given; -1: the next one
	ID         int64 // 0: not given
	Normalize  bool
	Force      bool // skip the compatibility check; recorded
	DryRun     bool
	// Explain adds to a refusal what both directions and every policy say. It
	// changes nothing about the decision, so it is no part of the command's
	// digest.
	Explain bool `json:"-"`

	TagsToAdd     []schema.TagEdit
	TagsToRemove  []schema.TagEdit
	PropagateTags bool
	RulesToMerge  *RuleSet
	RulesToRemove []string

	// Upcaster is the body of a document that leads from the newest version to
	// this one: a breaking change is let in if it is proved to carry every event.
	// AcceptPartial allows it to send events to the dead letter.
	Upcaster      string `json:",omitempty"`
	AcceptPartial bool   `json:",omitempty"`
	// Author is who sends it, for the list of upcasters; no part of the digest.
	Author string `json:"-"`

	// Imports only.
	SourceGUID *GUID
	Deleted    bool
	At         int64      // µs since 1970; 0 = now
	Inherited  *Inherited `json:",omitempty"`
	Import     bool       // as if the subject were in IMPORT mode
}

// Registered is the answer to [Register].
type Registered struct {
	Name    Name  `json:"name"`
	Version int   `json:"version"`
	ID      int64 `json:"id"`
	GUID    GUID  `json:"guid"`
	At      int64 `json:"at"`
	Created bool  `json:"created"`
	// Unreadable says why an imported text does not parse; it is stored as it
	// was sent, and checks against it say so.
	Unreadable string `json:"unreadable,omitempty"`
	// Upcaster is the one that came with the version.
	Upcaster *UpcasterAdded `json:"upcaster,omitempty"`
	// Content is not part of a recorded outcome; it is found again by version.
	Content *Content `json:"-"`
	// Text is set on a dry run, whose text is stored nowhere.
	Text string `json:"text,omitempty"`
}

// DeleteVersion hides a version, or removes a hidden one for good. Version -1
// is the newest live one.
type DeleteVersion struct {
	Name      Name
	Version   int
	Permanent bool
}

// DeleteSubject hides all versions of a subject, or removes hidden ones for
// good.
type DeleteSubject struct {
	Name      Name
	Permanent bool
}

// Undelete brings hidden versions back: one, or all when Version is 0.
type Undelete struct {
	Name    Name
	Version int
	Force   bool
}

// SetConfig edits the configuration of a scope. IfMatch, when given, must be
// the [ConfigTag] of the current entry.
type SetConfig struct {
	Scope   Name
	Patch   ConfigPatch
	IfMatch string
}

// DeleteConfig removes the configuration entry of a scope.
type DeleteConfig struct {
	Scope   Name
	IfMatch string
}

// SetMode sets the mode of a scope; an empty Mode clears it.
type SetMode struct {
	Scope   Name
	Mode    string
	Force   bool
	IfMatch string
}

// DeleteMode removes the mode of a scope, with Recursive those of all scopes
// below it too.
type DeleteMode struct {
	Scope     Name
	Recursive bool
}

// DeleteContext takes an empty context off the list.
type DeleteContext struct{ Context string }

// CreateToken makes an API token known by the hash of its secret; Rotate
// replaces an existing one and leaves the old secret valid for Overlap µs.
type CreateToken struct {
	Name    string
	Hash    string // hex SHA-256 of the secret
	Groups  []string
	TTL     int64 // µs; 0 = never expires
	Rotate  bool
	Overlap int64 // µs
}

// RevokeToken makes a token invalid.
type RevokeToken struct{ Name string }

// ChangeGrant gives a principal or group a role on a pattern, or takes it.
type ChangeGrant struct {
	Grant  Grant
	Remove bool
}

// Batch runs commands as one: all of them, or nothing. A dry run decides all of
// them, each seeing the ones before, and changes nothing.
type Batch struct {
	Commands []Command
	DryRun   bool
}

func (Register) command()      {}
func (DeleteVersion) command() {}
func (DeleteSubject) command() {}
func (Undelete) command()      {}
func (SetConfig) command()     {}
func (DeleteConfig) command()  {}
func (SetMode) command()       {}
func (DeleteMode) command()    {}
func (DeleteContext) command() {}
func (CreateToken) command()   {}
func (RevokeToken) command()   {}
func (ChangeGrant) command()   {}
func (Batch) command()         {}

// Decision is what a command came to.
type Decision struct {
	Changes []Change
	Texts   []Text // bodies that the changes need
	Result  any
}
