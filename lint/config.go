package lint

import (
	"regexp"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// ConfigFile is the name of the configuration.
const ConfigFile = "evcheck.yaml"

// ConfigVersion is the value of "instar" in it.
const ConfigVersion = "evcheck/v1"

// Config is what a repository says about its schemas. The zero value maps
// nothing; [DefaultConfig] is what holds without a file.
type Config struct {
	// File is where it was read from, relative to the root of the tree; empty if
	// there is none.
	File string
	// Against are the bases where the command line names none.
	Against    []string
	Registries map[string]Registry
	Profile    string
	Sources    []Mapping
	References []Reference
	Upcasters  Upcasters
	Severity   []SeverityRule
	Waivers    []WaiverRule
	// Waivable are the classes that may be waived; nil is all of them.
	Waivable []string
	Lock     []string
	Limits   Limits

	// keys are those that the file has, with their places; those of upcasters and
	// limits with a dot.
	keys map[string]schema.Position
	// nested are the configurations of folders, each after those around it.
	nested []*Config
	merged map[[2]*Mapping]*Mapping
}

// Registry is a schema registry that may be a base. Credentials never stand in a
// file.
type Registry struct {
	URL, Context string
}

// The profiles.
const (
	ProfileData     = "data"     // policy breaks are warnings unless the policy refuses them
	ProfileContract = "contract" // policy breaks are errors
	ProfileReport   = "report"   // nothing above a warning
)

// Mapping maps files to subjects: one entry of "sources".
type Mapping struct {
	Match       []string
	PathPattern *regexp.Regexp // its named groups are {re:G} in Subject
	Subject     string         // template
	Format      schema.Format  // zero: told by name and content
	Level       compat.Level
	Policy      compat.Policy
	Unknown     compat.OnUnknown
	// Encodings lists "binary" and, if events are written as JSON too, "json".
	Encodings     []string
	AssertFormats bool
	EventMessages []string
	History       History
	// Roots are the directories that imports are looked for in, relative to the
	// configuration.
	Roots   []string
	Samples []string
	// Manage is what apply may set beside schemas.
	Manage []string
	// Place is where it stands in the configuration.
	Place schema.Position

	match globs
	// sampleDir is the directory that Samples start at: that of the
	// configuration that names them.
	sampleDir string
	// set are the keys that the entry has; what it lacks is its parent's.
	set map[string]bool
	// sniff marks a pattern that fits files that need not be schemas.
	sniff bool
	// needsHistory marks a transitive level without a source of versions, which
	// is refused where the base is no registry.
	needsHistory bool
}

// History says which earlier versions a level that is transitive asks for.
type History struct {
	// Kind is tags, first-parent, files, or empty for none.
	Kind string
	// Tags is the pattern of tag names.
	Tags string
	// Path, if set, keeps the commits that changed a file, the newest of them.
	Path string
}

// The kinds of history.
const (
	HistoryNone        = ""
	HistoryTags        = "tags"
	HistoryFirstParent = "first-parent"
	HistoryFiles       = "files"
)

// Reference is a schema that lies in no tree: a pinned copy of a registered
// version stands in .evcheck/refs.
type Reference struct {
	Name, Subject, Registry string
	Version                 int
	Place                   schema.Position
}

// Upcasters says where upcaster documents are, and which verdict bridges.
type Upcasters struct {
	Match   []string
	Verdict string

	match globs
}

// The values of Mapping.Manage.
const (
	ManageConfig    = "config"
	ManageUpcasters = "upcasters"
)

// SeverityRule sets the severity of the rules that a pattern names.
type SeverityRule struct {
	Pattern  string
	Severity string // error, warning, note or off
	// Place is where it stands in the configuration.
	Place schema.Position
}

// SeverityOff hides a finding.
const SeverityOff = "off"

// WaiverRule is a waiver as the configuration has it.
type WaiverRule struct {
	Waiver
	Column int
}

// Limits bound one run.
type Limits struct {
	Files      int   // schema files
	TotalBytes int64 // of all of them
	FileBytes  int   // of one
	Versions   int   // of one subject
	ReportSize int64
}

// DefaultLimits are the limits where nothing is configured.
func DefaultLimits() Limits {
	return Limits{Files: 50_000, TotalBytes: 512 << 20, FileBytes: 1 << 20, Versions: 10_000, ReportSize: 100 << 20}
}

// JSON reports whether the source declares that events are written as JSON.
func (m *Mapping) JSON() bool {
	for _, e := range m.Encodings {
		if e == "json" {
			return true
		}
	}
	return false
}

// options are what the engine is told about the events of the source.
func (m *Mapping) options() compat.Options {
	return compat.Options{
		BothDirections: true, Thorough: true, Unknown: m.Unknown,
		Meaning: compat.Meaning{AssertFormats: m.AssertFormats, JSON: m.JSON(), EventMessages: m.EventMessages},
	}
}

// DefaultConfig is what holds without a file: every file that looks like a schema
// is a subject of its own.
func DefaultConfig() *Config {
	c := &Config{
		Profile: ProfileData, Limits: DefaultLimits(),
		Sources: []Mapping{{
			Match: []string{"**/*.avsc", "**/*.proto", "**/*.schema.json", "**/*.schema.yaml", "**/*.schema.yml", "**/*.json"}, Subject: "{path}", Roots: []string{"."}, sniff: true,
		}},
		Upcasters: Upcasters{Match: []string{"**/*.upcast.yaml"}, Verdict: "PROVED"},
	}
	if err := c.compile(); err != nil {
		panic(&schema.Bug{Where: "default configuration", Cause: err})
	}
	return c
}

// compile prepares the patterns.
func (c *Config) compile() error {
	for i := range c.Sources {
		var err error
		if c.Sources[i].match, err = newGlobs(c.Sources[i].Match); err != nil {
			return err
		}
	}
	var err error
	c.Upcasters.match, err = newGlobs(c.Upcasters.Match)
	return err
}
