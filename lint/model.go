// Package lint is what evcheck does: it compares two snapshots of a tree of
// event schemas and says which change breaks which event. What breaks is decided
// by package compat and what an upcaster carries over by package upcast; this
// package finds the pairs, adds places in files, waivers and reports. It owns no
// rule that judges schemas, only those that judge the repository. Commands,
// editors and the user interface call it; it must never reach a verdict that
// differs from the registry's.
package lint

import (
	"encoding/json"
	"strconv"

	"github.com/instar-registry/instar/compat"
)

// ReportVersion names the shape of a report. Members are only ever added to it.
const ReportVersion = "evcheck-report/v1"

// Report is the answer of one run and the only thing that the output formats
// read. Two runs over the same inputs give the same bytes, unless timing was
// asked for.
type Report struct {
	Instar string `json:"instar"` // [ReportVersion]
	Tool   Tool   `json:"tool"`
	// Complete is false if something could not be read or compared, so that the
	// absence of a finding means nothing.
	Complete bool `json:"complete"`
	// Base are the snapshots that the head was compared with, in the order given.
	Base     []Snap    `json:"base"`
	Head     Snap      `json:"head"`
	Summary  Summary   `json:"summary"`
	Subjects []Subject `json:"subjects"`
	// Findings are in the order of [SortFindings].
	Findings []Finding `json:"findings"`
	Waivers  []Waiver  `json:"waivers"`
	Timing   *Timing   `json:"timing,omitempty"`
}

// Tool names who wrote a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Engine identifies the rules and engines that decided; see
	// compat.EngineVersion.
	Engine string `json:"engine"`
}

// Snap describes a snapshot that was read.
type Snap struct {
	// Name is the snapshot as it was asked for: "git:origin/main",
	// "registry:prod", "worktree".
	Name string `json:"name"`
	// Commit is the full object id, empty outside git. Ref is the reference that
	// it was found by, if that differs from Name.
	Commit string `json:"commit,omitempty"`
	Ref    string `json:"ref,omitempty"`
	// Notes are what a reader must know about how it was read, such as that the
	// merge base is out of reach in a shallow clone.
	Notes []string `json:"notes,omitempty"`
}

// The values of [Summary.Verdict].
const (
	VerdictPass       = "pass"       // nothing at or above the threshold
	VerdictFail       = "fail"       // findings at or above it
	VerdictIncomplete = "incomplete" // not everything could be compared
)

// Summary counts. A subject is compared, unchanged, first or invalid; those that
// are gone are counted apart.
type Summary struct {
	Verdict string `json:"verdict"`
	// FailOn is the threshold: error, warning, note or never.
	FailOn string `json:"failOn,omitempty"`
	// Reason says why a report is incomplete.
	Reason   string `json:"reason,omitempty"`
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
	Notes    int    `json:"notes"`
	// Waived and Baselined are not among the counts above.
	Waived    int `json:"waived"`
	Baselined int `json:"baselined"`
	Compared  int `json:"compared"`
	Unchanged int `json:"unchanged"`
	First     int `json:"first"`
	Removed   int `json:"removed"`
	Invalid   int `json:"invalid"`
	// Remarks are lines for the head of every output: a level that was given for
	// this run only, a submodule that was not entered.
	Remarks []string `json:"remarks,omitempty"`
}

// The states of a subject.
const (
	SubjectCompared  = "compared"
	SubjectUnchanged = "unchanged"
	SubjectFirst     = "first"
	SubjectRemoved   = "removed"
	SubjectInvalid   = "invalid"
)

// Subject is one subject of the head or of a base.
type Subject struct {
	Subject string `json:"subject"`
	Format  string `json:"format,omitempty"`
	File    string `json:"file,omitempty"`
	OldFile string `json:"oldFile,omitempty"`
	State   string `json:"state"`
	Level   string `json:"level,omitempty"`
	Policy  string `json:"policy,omitempty"`
	// DeployFirst is any, consumers, producers, none or unknown, over all
	// versions; DeployWorst names the version that decided it.
	DeployFirst string  `json:"deployFirst,omitempty"`
	DeployWorst Party   `json:"deployWorst,omitempty"`
	Checks      []Check `json:"checks,omitempty"`
}

// Check is one question about a subject, whatever the answer.
type Check struct {
	// Direction is backward or forward, Required whether the level asks for it.
	Direction string `json:"direction"`
	Required  bool   `json:"required"`
	Base      string `json:"base"`
	// Version is the old version; empty where the base numbers none.
	Version Party `json:"version,omitempty"`
	// Verdict is COMPATIBLE, INCOMPATIBLE or UNKNOWN, Reason why it is unknown.
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`
	// Refused says that the answer speaks against the head under the level, the
	// policy and what an undecided question comes to.
	Refused bool `json:"refused"`
	// BridgedBy is the upcaster document that carries the events over what would
	// be refused otherwise.
	BridgedBy string `json:"bridgedBy,omitempty"`
	// Findings are the fingerprints of the findings of this question.
	Findings []string `json:"findings,omitempty"`
}

// Timing is what a run cost, in milliseconds.
type Timing struct {
	TotalMillis int64        `json:"totalMillis"`
	Slowest     []PairTiming `json:"slowest,omitempty"`
}

// PairTiming is what one question cost.
type PairTiming struct {
	Subject string `json:"subject"`
	Base    string `json:"base"`
	Version Party  `json:"version,omitempty"`
	Millis  int64  `json:"millis"`
}

// The kinds of waivers.
const (
	WaiverConfig   = "config"   // in evcheck.yaml
	WaiverInline   = "inline"   // a comment in the schema
	WaiverBaseline = "baseline" // in evcheck.baseline.yaml
)

// Waiver is one waiver, inline ignore or baseline entry that was in force, and
// what became of it.
type Waiver struct {
	Kind        string `json:"kind"`
	Rule        string `json:"rule,omitempty"`
	Subject     string `json:"subject,omitempty"`
	Path        string `json:"path,omitempty"`
	Versions    string `json:"versions,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Reason      string `json:"reason,omitempty"`
	By          string `json:"by,omitempty"`
	Until       string `json:"until,omitempty"` // a date; empty if permanent
	Permanent   bool   `json:"permanent,omitempty"`
	File        string `json:"file,omitempty"`
	Line        int    `json:"line,omitempty"`
	// Matched counts the findings that it covers. State is used, unused, expired
	// or unchecked.
	Matched int    `json:"matched"`
	State   string `json:"state,omitempty"`
}

// Party names a side of an event in few words: a version number, which is a
// number in JSON, or "head" or "base".
type Party string

// VersionParty names a version; 0, which is none, gives the fallback.
func VersionParty(number int, fallback string) Party {
	if number <= 0 {
		return Party(fallback)
	}
	return Party(strconv.Itoa(number))
}

// Number is the version that the party names, or 0.
func (p Party) Number() int {
	n, err := strconv.Atoi(string(p))
	if err != nil || n <= 0 || strconv.Itoa(n) != string(p) {
		return 0
	}
	return n
}

// String returns "version 3", "head" or "base".
func (p Party) String() string {
	if n := p.Number(); n > 0 {
		return "version " + strconv.Itoa(n)
	}
	return string(p)
}

// MarshalJSON writes a number for a version and a string otherwise.
func (p Party) MarshalJSON() ([]byte, error) {
	if n := p.Number(); n > 0 {
		return strconv.AppendInt(nil, int64(n), 10), nil
	}
	return json.Marshal(string(p))
}

// UnmarshalJSON reads what [Party.MarshalJSON] writes.
func (p *Party) UnmarshalJSON(data []byte) error {
	var n int
	if err := json.Unmarshal(data, &n); err == nil {
		*p = VersionParty(n, "")
		return nil
	}
	return json.Unmarshal(data, (*string)(p))
}

// NewReport returns an empty report of this engine with every list present.
func NewReport(version string) Report {
	return Report{
		Instar: ReportVersion, Tool: Tool{Name: "evcheck", Version: version, Engine: compat.EngineVersion},
		Base: []Snap{}, Subjects: []Subject{}, Findings: []Finding{}, Waivers: []Waiver{},
	}
}
