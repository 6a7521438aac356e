package lint

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
)

// The severities, worst first.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
	SeverityNote    = "note"
)

// SeverityRank orders severities, the worst first; an unknown one is last.
func SeverityRank(severity string) int {
	if i := slices.Index([]string{SeverityError, SeverityWarning, SeverityNote}, severity); i >= 0 {
		return i
	}
	return 3
}

// Finding is one difference that a rule names, with its places in the files.
type Finding struct {
	Rule     string `json:"rule"`
	Class    string `json:"class"`
	Severity string `json:"severity"`
	// Direction is backward or forward; empty for rules about the repository.
	Direction string `json:"direction,omitempty"`
	// Required says that the subject's level asks for the direction.
	Required    bool   `json:"required"`
	Proof       string `json:"proof,omitempty"`
	Fingerprint string `json:"fingerprint"`
	// Subject is the subject, or the name of the shared type that Subjects use.
	Subject  string   `json:"subject"`
	Subjects []string `json:"subjects"`
	Format   string   `json:"format,omitempty"`
	// Path is the place in an event; Paths are further ways to the same type.
	Path  string   `json:"path"`
	Paths []string `json:"paths,omitempty"`
	// Pointer is the place in the new schema, or in the old one if the new one
	// has no such place.
	Pointer string `json:"pointer"`
	Element string `json:"element,omitempty"`
	// New is never without a file and a line: for a deletion it is the nearest
	// parent that is left. Old is nil where there is no old side.
	New     *Location         `json:"new"`
	Old     *Location         `json:"old"`
	Against []Against         `json:"against"`
	Params  map[string]string `json:"params,omitempty"`
	// RefusedBy lists the policies that refuse it, Refused says that the one in
	// force does.
	RefusedBy []string `json:"refusedBy,omitempty"`
	Refused   bool     `json:"refused"`
	// Confluent is the kind of difference that Confluent's rule reports.
	Confluent   string   `json:"confluent,omitempty"`
	Message     string   `json:"message"`
	Witness     *Witness `json:"witness,omitempty"`
	DeployFirst string   `json:"deployFirst,omitempty"`
	// Affected is kept for the consumers that a registry knows of.
	Affected []string  `json:"affected"`
	Upcaster *Upcaster `json:"upcaster,omitempty"`
	Waived   *Waived   `json:"waived"`
	Fixes    []Fix     `json:"fixes,omitempty"`
	// Bug is an internal error that kept the question open.
	Bug  string `json:"bug,omitempty"`
	Help string `json:"help,omitempty"`

	// Engine is the finding as package compat gave it, which is not part of the
	// report; nil for rules about the repository, in a report that was read and
	// where the cache had it.
	Engine *compat.Finding `json:"-"`

	// documents are the references that the old and the new side stand in, judged
	// says that an engine compared the two.
	documents [2]string
	judged    bool
	// job is one more than the job that gave it, own its fingerprint there: the
	// subject's, also where it has the name of a shared definition later.
	job int
	own string
}

// Location is a place in a file. The offset counts bytes.
type Location struct {
	// File is relative to the root of the repository, with "/".
	File    string `json:"file"`
	Commit  string `json:"commit,omitempty"`
	Version int    `json:"version,omitempty"`
	Span
	Offset int `json:"offset"`
	Length int `json:"length,omitempty"`
	// Snippet is the line, without its end; of a long one a part, which starts
	// at SnippetColumn.
	Snippet       string `json:"snippet,omitempty"`
	SnippetColumn int    `json:"snippetColumn,omitempty"`
	// Pointer is the place in the schema itself.
	Pointer string `json:"pointer,omitempty"`
	// Absent says that the thing is not there; the place is its nearest parent.
	Absent bool `json:"absent,omitempty"`
}

// Against names a base and the versions of it that a finding holds for.
type Against struct {
	Base     string `json:"base"`
	Versions []int  `json:"versions,omitempty"`
}

// Witness is an event that shows the finding.
type Witness struct {
	Effect string          `json:"effect"`
	Writer Party           `json:"writer"`
	Reader Party           `json:"reader"`
	Value  json.RawMessage `json:"value,omitempty"`
	// Encoding is AVRO, JSON or PROTOBUF; Bytes the event in it. Type is the
	// Protobuf message.
	Encoding    string `json:"encoding,omitempty"`
	Type        string `json:"type,omitempty"`
	Bytes       []byte `json:"bytes,omitempty"`
	Written     string `json:"written,omitempty"`
	Read        string `json:"read,omitempty"`
	ReaderError string `json:"readerError,omitempty"`
	Minimal     bool   `json:"minimal,omitempty"`
	// Origin is "generated", or the file of a sample.
	Origin string `json:"origin"`
}

// Upcaster is what carries old events over the finding: proposed steps, or the
// document that was found, with its verdict.
type Upcaster struct {
	File    string          `json:"file,omitempty"`
	Steps   json.RawMessage `json:"steps,omitempty"`
	Verdict *string         `json:"verdict"`
}

// Waived says why a finding does not count.
type Waived struct {
	Kind      string `json:"kind"`
	Reason    string `json:"reason"`
	By        string `json:"by,omitempty"`
	Until     string `json:"until,omitempty"`
	Permanent bool   `json:"permanent,omitempty"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
}

// Fix is an edit of the head that removes the finding; it was tried.
type Fix struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Safe says that it asks nothing and changes no meaning.
	Safe bool `json:"safe"`
	// Asks names the values in Edits that are a proposal, and Proposed gives
	// them, as JSON.
	Asks     []string          `json:"asks,omitempty"`
	Proposed map[string]string `json:"proposed,omitempty"`
	Edits    []Edit            `json:"edits"`
	// Patch is what the edits do, as a unified diff; empty where a line is so
	// long that nobody would read it.
	Patch string `json:"patch,omitempty"`
}

// Edit replaces Delete bytes at byte Offset of a file of the head. Lines and
// columns count as in [Location].
type Edit struct {
	File   string `json:"file"`
	Offset int    `json:"offset"`
	Delete int    `json:"delete"`
	Insert string `json:"insert"`
	Span
}

// Span is a part of a text. Lines and columns count from 1, columns in code
// points; the end is exclusive.
type Span struct {
	Line      int `json:"line"`
	Column    int `json:"column"`
	EndLine   int `json:"endLine,omitempty"`
	EndColumn int `json:"endColumn,omitempty"`
	// ByteColumn and EndByteColumn are the columns in bytes of UTF-8, where they
	// are not the same.
	ByteColumn    int `json:"byteColumn,omitempty"`
	EndByteColumn int `json:"endByteColumn,omitempty"`
}

// Bytes returns the columns in bytes of UTF-8.
func (s Span) Bytes() (from, to int) {
	from, to = s.Column, s.EndColumn
	if s.ByteColumn > 0 {
		from = s.ByteColumn
	}
	if s.EndByteColumn > 0 {
		to = s.EndByteColumn
	}
	return from, to
}

// Counts reports whether the finding speaks: it is not waived.
func (f *Finding) Counts() bool { return f.Waived == nil }

// Place is the location that outputs show: the new side, or the old one where
// there is no other.
func (f *Finding) Place() *Location {
	if f.New != nil {
		return f.New
	}
	if f.Old != nil {
		return f.Old
	}
	return &Location{}
}

// SortFindings puts findings into the order of a report: severity, class,
// subject, path, rule; then direction and fingerprint, so that the order never
// depends on how the work was shared out.
func SortFindings(findings []Finding) {
	classes := []string{compat.ClassData, compat.ClassUndecided, compat.ClassPolicy, compat.ClassRepo, compat.ClassInfo}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		if n := SeverityRank(a.Severity) - SeverityRank(b.Severity); n != 0 {
			return n
		}
		if n := slices.Index(classes, a.Class) - slices.Index(classes, b.Class); n != 0 {
			return n
		}
		for _, pair := range [...][2]string{
			{a.Subject, b.Subject}, {a.Path, b.Path}, {a.Rule, b.Rule}, {a.Direction, b.Direction}, {a.Fingerprint, b.Fingerprint},
		} {
			if n := strings.Compare(pair[0], pair[1]); n != 0 {
				return n
			}
		}
		return 0
	})
}

// Count sets the counts of the summary that follow from findings and subjects.
func (r *Report) Count() {
	s := &r.Summary
	s.Errors, s.Warnings, s.Notes, s.Waived, s.Baselined = 0, 0, 0, 0, 0
	for i := range r.Findings {
		f := &r.Findings[i]
		switch {
		case f.Waived != nil && f.Waived.Kind == WaiverBaseline:
			s.Baselined++
		case f.Waived != nil:
			s.Waived++
		case f.Severity == SeverityError:
			s.Errors++
		case f.Severity == SeverityWarning:
			s.Warnings++
		default:
			s.Notes++
		}
	}
	states := map[string]int{}
	for i := range r.Subjects {
		states[r.Subjects[i].State]++
	}
	s.Compared, s.Unchanged, s.First = states[SubjectCompared], states[SubjectUnchanged], states[SubjectFirst]
	s.Removed, s.Invalid = states[SubjectRemoved], states[SubjectInvalid]
	switch {
	case !r.Complete:
		s.Verdict = VerdictIncomplete
	case r.fails():
		s.Verdict = VerdictFail
	default:
		s.Verdict = VerdictPass
	}
}

// fails reports whether a finding that counts is at or above the threshold. No
// threshold is that of errors.
func (r *Report) fails() bool {
	if r.Summary.FailOn == "never" {
		return false
	}
	limit := SeverityError
	if r.Summary.FailOn != "" {
		limit = r.Summary.FailOn
	}
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Counts() && SeverityRank(f.Severity) <= SeverityRank(limit)
	})
}
