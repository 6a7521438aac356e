package archive

import (
	"github.com/instar-registry/instar/registry"
)

// Format and Version identify an archive in its first line.
const (
	Format  = "instar-export"
	Version = 1
)

// Header is the first line.
type Header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	// Seq is the one sequence whose state the archive shows.
	Seq int64 `json:"seq"`
	// Contexts lists the contexts that it holds, sorted.
	Contexts []string `json:"contexts"`
}

// The kinds of lines, the value of "t".
const (
	KindText    = "text"
	KindVersion = "version"
	// KindUpcaster is a revision of an upcaster. Archives without one are those
	// of releases that did not know the kind.
	KindUpcaster = "upcaster"
	KindConfig   = "config"
	KindMode     = "mode"
	KindEnd      = "end"
)

// Line is any line after the header; exactly the part that its kind names is
// set.
type Line struct {
	Kind     string
	Text     *TextLine
	Version  *VersionLine
	Upcaster *UpcasterLine
	Config   *ConfigLine
	Mode     *ModeLine
}

// TextLine is a schema text under its SHA-256 in hex. It stands before the
// first version that uses it.
type TextLine struct {
	T    string `json:"t"`
	Hash string `json:"hash"`
	Body string `json:"body"`
}

// Reference is a reference of a version.
type Reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// VersionLine is one version of a subject. Versions that others reference stand
// before those.
type VersionLine struct {
	T          string             `json:"t"`
	Context    string             `json:"context"`
	Subject    string             `json:"subject"`
	Version    int                `json:"version"`
	ID         int64              `json:"id"`
	GUID       string             `json:"guid"`
	SchemaType string             `json:"schemaType"`
	Text       string             `json:"text"` // hash of the TextLine
	References []Reference        `json:"references,omitempty"`
	Metadata   *registry.Metadata `json:"metadata,omitempty"`
	RuleSet    *registry.RuleSet  `json:"ruleSet,omitempty"`
	// Inherited are migration rules of versions before it that were deleted for good.
	Inherited *registry.Inherited `json:"inherited,omitempty"`
	At        int64               `json:"at"` // registration, µs since 1970
	Deleted   bool                `json:"deleted,omitempty"`
}

// UpcasterLine is one revision of an upcaster, with the verdict as it was given.
// The versions that it leads between stand before it, if they still exist.
type UpcasterLine struct {
	T        string `json:"t"`
	Context  string `json:"context"`
	Subject  string `json:"subject"`
	From     int    `json:"from"`
	To       int    `json:"to"`
	Revision int    `json:"revision"`
	State    string `json:"state"`
	Text     string `json:"text"`     // hash of the TextLine
	Document string `json:"document"` // hash of its canonical form
	Verdict  string `json:"verdict"`
	Class    string `json:"class,omitempty"`
	Total    bool   `json:"total,omitempty"`
	Prover   string `json:"prover"`
	Bridges  bool   `json:"bridges,omitempty"`
	Partial  bool   `json:"partial,omitempty"`
	Since    int    `json:"since,omitempty"`
	Down     bool   `json:"down,omitempty"`
	// Away: To is a version of the subject that the document leads to.
	Away   bool   `json:"away,omitempty"`
	Author string `json:"author,omitempty"`
	At     int64  `json:"at"` // µs since 1970
}

// ConfigLine is the configuration entry of a scope; an empty subject means a
// whole context.
type ConfigLine struct {
	T       string           `json:"t"`
	Context string           `json:"context"`
	Subject string           `json:"subject"`
	Config  *registry.Config `json:"config"`
}

// ModeLine is the mode of a scope.
type ModeLine struct {
	T       string `json:"t"`
	Context string `json:"context"`
	Subject string `json:"subject"`
	Mode    string `json:"mode"`
}

// Counts says how many lines of each kind an archive has.
type Counts struct {
	Texts     int64 `json:"texts"`
	Versions  int64 `json:"versions"`
	Upcasters int64 `json:"upcasters,omitempty"`
	Configs   int64 `json:"configs"`
	Modes     int64 `json:"modes"`
}

// end is the last line.
type end struct {
	T string `json:"t"`
	Counts
	SHA256 string `json:"sha256"`
}
