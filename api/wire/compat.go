package wire

import "encoding/json"

// Explanation is what lies behind the answer of a compatibility check: the
// verdict of every pair of versions in both directions, and who may go first.
type Explanation struct {
	Summary string `json:"summary"` // one sentence
	Level   string `json:"level"`
	Policy  string `json:"policy"`
	Verdict string `json:"verdict"` // COMPATIBLE, INCOMPATIBLE or UNKNOWN
	Refused bool   `json:"refused"`
	// Unproven tells that a pair was not decided, so that compatibilityUnknown
	// was.
	Unproven bool `json:"unproven"`
	// DeployFirst is any, consumers, producers, none or unknown; DeployOrder
	// says the same in a sentence.
	DeployFirst string        `json:"deployFirst"`
	DeployOrder string        `json:"deployOrder"`
	Engine      string        `json:"engine"` // version of the rules and engines
	Pairs       []PairVerdict `json:"pairs"`
}

// PairVerdict is the answer about one version in one direction: backward, where
// the candidate reads what the version wrote, or forward, where it writes.
type PairVerdict struct {
	Version   int    `json:"version"`
	Direction string `json:"direction"`
	// Required tells that the level asks for the direction.
	Required bool   `json:"required"`
	Verdict  string `json:"verdict"` // under the policy
	// Exact is what events say, Strict or Lenient what Confluent's rule says.
	Exact    string `json:"exact,omitempty"`
	Strict   string `json:"strict,omitempty"`
	Lenient  string `json:"lenient,omitempty"`
	Unproven bool   `json:"unproven,omitempty"`
	// Reason says why Exact, or everything, is UNKNOWN.
	Reason      string      `json:"reason,omitempty"`
	Undecided   []Undecided `json:"undecided,omitempty"`
	Notes       []string    `json:"notes,omitempty"`
	Assumptions []string    `json:"assumptions,omitempty"`
	More        bool        `json:"more,omitempty"` // there are more breaks than are listed
	Steps       int         `json:"steps"`          // of limits.compat-steps
}

// Undecided is a question that the exact engine left open.
type Undecided struct {
	Reason  string `json:"reason"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
}

// DiffRequest is the body of POST /diff: two schemas, each sent along or named
// by subject and version, and what is said about their events.
type DiffRequest struct {
	Old           *DiffSchema `json:"old"`
	New           *DiffSchema `json:"new"`
	Context       string      `json:"context,omitempty"` // of unqualified references
	AssertFormats *bool       `json:"assertFormats,omitempty"`
	Encodings     []string    `json:"encodings,omitempty"`
	EventMessages []string    `json:"eventMessages,omitempty"`
}

// DiffSchema is one side of a DiffRequest.
type DiffSchema struct {
	Schema     string          `json:"schema,omitempty"`
	SchemaType string          `json:"schemaType,omitempty"`
	References []Reference     `json:"references,omitempty"`
	Subject    string          `json:"subject,omitempty"`
	Version    json.RawMessage `json:"version,omitempty"` // a number or "latest"
}

// Diff is what lies between two schemas.
type Diff struct {
	Old     DiffEnd      `json:"old"`
	New     DiffEnd      `json:"new"`
	Same    bool         `json:"same"` // the registry calls the two the same
	Summary DiffSummary  `json:"summary"`
	Changes []DiffChange `json:"changes"`
	// Pairs are the answers of the exact engine, backward first.
	Pairs  []PairVerdict `json:"pairs"`
	Engine string        `json:"engine"`
}

// DiffEnd names one side of a Diff; a schema that was sent along has no subject.
type DiffEnd struct {
	Subject    string `json:"subject,omitempty"`
	Version    int    `json:"version,omitempty"`
	ID         int64  `json:"id,omitempty"`
	SchemaType string `json:"schemaType"`
}

// VerdictTable holds verdicts by level and policy: table["BACKWARD"]["EXACT"].
type VerdictTable map[string]map[string]string

// DiffSummary sums a Diff up.
type DiffSummary struct {
	Text     string       `json:"text"` // one sentence
	Changes  int          `json:"changes"`
	Breaking int          `json:"breaking"` // changes that break events in some direction
	Verdicts VerdictTable `json:"verdicts"`
	// WeakestSafeLevel is, for each policy, the strongest level that accepts all
	// changes together: FULL, BACKWARD, FORWARD or NONE.
	WeakestSafeLevel map[string]string `json:"weakestSafeLevel"`
	DeployFirst      string            `json:"deployFirst"`
	DeployOrder      string            `json:"deployOrder"`
}

// DiffChange is one edit. Findings are the edit as each direction sees it, with
// the event that breaks.
type DiffChange struct {
	Rule     string          `json:"rule"`
	Kinds    []string        `json:"kinds,omitempty"` // Confluent's names
	Class    string          `json:"class"`
	Path     string          `json:"path"`
	Message  string          `json:"message"`
	Old      DiffSide        `json:"old"`
	New      DiffSide        `json:"new"`
	Verdicts VerdictTable    `json:"verdicts"`
	Hint     string          `json:"hint,omitempty"`
	Findings json.RawMessage `json:"findings,omitempty"`
	Help     string          `json:"help,omitempty"`
}

// DiffSide is the place of a change in one of the schemas, and what stands there.
type DiffSide struct {
	Absent   bool   `json:"absent,omitempty"`
	Document string `json:"document,omitempty"` // a reference
	Pointer  string `json:"pointer,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Text     string `json:"text,omitempty"`
}

// Matrix tells which versions of a subject read the events of which: Cells has a
// row for each reader and in it a column for each writer.
type Matrix struct {
	Subject  string     `json:"subject"`
	Policy   string     `json:"policy"`
	Versions []int      `json:"versions"`
	Deleted  []int      `json:"deleted,omitempty"` // those of the versions that are soft-deleted
	Cells    [][]string `json:"cells"`
	Worst    MatrixCell `json:"worst"`
	Engine   string     `json:"engine"`
}

// MatrixCell is a cell with its versions: "=", "ok", "break:<rule>" or
// "unknown:<reason>".
type MatrixCell struct {
	Cell   string `json:"cell"`
	Reader int    `json:"reader"`
	Writer int    `json:"writer"`
}
