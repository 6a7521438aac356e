package wire

import "encoding/json"

// Upcaster is one revision of the document that leads from one version of a
// subject to the next.
type Upcaster struct {
	From int `json:"from"`
	To   int `json:"to"`
	// Target is the subject of To, if it is another one.
	Target   string `json:"target,omitempty"`
	Revision int    `json:"revision"`
	State    string `json:"state"`
	// Origin is document; derived, then the schemas say it all; or rules, then
	// migration rules are carried out. The last two have no revision, hash or time,
	// and rules that cannot be carried out have no verdict.
	Origin string `json:"origin"`
	// Rules are the rule sets with these rules: those of versions that were deleted
	// for good in between, the oldest first, and that of the version To.
	Rules []RuleSet `json:"rules,omitempty"`
	// Hash identifies the document: "sha256:…" of its canonical form.
	Hash    string `json:"hash,omitempty"`
	Verdict string `json:"verdict"`
	Class   string `json:"class,omitempty"`
	Total   bool   `json:"total"`
	Prover  string `json:"prover"`
	Bridges bool   `json:"bridges,omitempty"`
	// Partial: a version rests on it although some events end in a dead letter.
	Partial bool   `json:"partial,omitempty"`
	Author  string `json:"author,omitempty"`
	At      string `json:"at,omitempty"`
	// Document is the text as it was sent; only for a single upcaster.
	Document string `json:"document,omitempty"`
}

// UpcasterAdded is the answer to registering an upcaster.
type UpcasterAdded struct {
	From     int    `json:"from"`
	To       int    `json:"to"`
	Revision int    `json:"revision"`
	State    string `json:"state"`
	Hash     string `json:"hash"`
	// Created is false if the active revision, or the draft, says the same
	// already.
	Created bool   `json:"created"`
	Verdict string `json:"verdict,omitempty"`
	Class   string `json:"class,omitempty"`
	Total   bool   `json:"total"`
	NoDown  string `json:"noDown,omitempty"`
	// Problem says why a draft is not proved.
	Problem string `json:"problem,omitempty"`
	// Warnings say who breaks nevertheless, and what is not carried out because of
	// the document.
	Warnings []string `json:"warnings,omitempty"`
	// Supersedes is the revision that was active before, and Differences are
	// events that the two carry to different images: at most three of those that
	// a bounded search found.
	Supersedes  int                  `json:"supersedes,omitempty"`
	Differences []UpcasterDifference `json:"differences,omitempty"`
}

// UpcasterDifference is an event of the older version with its two images, as
// JSON; an end says what becomes of it instead.
type UpcasterDifference struct {
	Event     json.RawMessage `json:"event"`
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
	BeforeEnd string          `json:"beforeEnd,omitempty"`
	AfterEnd  string          `json:"afterEnd,omitempty"`
}

// UpcasterHop is one part of a way between two versions. Behind a hop that makes
// several events of one stand those of each part that goes on.
type UpcasterHop struct {
	// Subject is that of From, if it is another one than that of the first hop.
	Subject string `json:"subject,omitempty"`
	From    int    `json:"from"`
	To      int    `json:"to"`
	// Target is the subject of To, if it is another one than that of From.
	Target  string `json:"target,omitempty"`
	Origin  string `json:"origin"`
	Hash    string `json:"hash,omitempty"`
	Verdict string `json:"verdict"`
	Class   string `json:"class,omitempty"`
	Total   bool   `json:"total"`
	// Unproved says why migration rules or a document are only tried: what they
	// give is held to the schema, event by event.
	Unproved string `json:"unproved,omitempty"`
}

// UpcasterReach says whether events of a version reach the target, and back.
type UpcasterReach struct {
	// Subject is that of the version, if it is another one than that of the target.
	Subject string `json:"subject,omitempty"`
	Version int    `json:"version"`
	Deleted bool   `json:"deleted,omitempty"`
	// BridgedBy is the document because of which the version was let in.
	BridgedBy string `json:"bridgedBy,omitempty"`
	// To leads to the target, Back from it to the version.
	To   UpcasterPath `json:"to"`
	Back UpcasterPath `json:"back"`
	// LastUsed is when the node that answers last carried an event of the version;
	// empty if it did not since it was started.
	LastUsed string `json:"lastUsed,omitempty"`
}

// UpcasterPath is what is known of a way: all hops between the two versions, or
// the gap next to the target.
type UpcasterPath struct {
	Reachable bool   `json:"reachable"`
	Verdict   string `json:"verdict,omitempty"`
	Class     string `json:"class,omitempty"`
	Total     bool   `json:"total,omitempty"`
	Gap       string `json:"gap,omitempty"`
	// Witness is an event of the older version of the gap that has no image.
	Witness json.RawMessage `json:"witness,omitempty"`
}

// UpcasterCoverage says which versions of a subject reach a target. Hops are the
// ways up between neighbours; where there is a gap there is none.
type UpcasterCoverage struct {
	Subject  string          `json:"subject"`
	Target   int             `json:"target"`
	Hops     []UpcasterHop   `json:"hops"`
	Versions []UpcasterReach `json:"versions"`
}

// UpcasterSources lists the versions whose events can become events of one version,
// or of a type.
type UpcasterSources struct {
	Subject string           `json:"subject,omitempty"`
	Version int              `json:"version,omitempty"`
	Type    string           `json:"type,omitempty"`
	Sources []UpcasterSource `json:"sources"`
}

// UpcasterSource is a version, and what is known of the way from it.
type UpcasterSource struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
	ID      int64  `json:"id"`
	// Type is the name of its events, where their format has names.
	Type    string `json:"type,omitempty"`
	Deleted bool   `json:"deleted,omitempty"`
	Verdict string `json:"verdict"`
	Class   string `json:"class"`
	Total   bool   `json:"total,omitempty"`
}

// UpcastEvent is an event of the target version, as JSON or as bytes.
type UpcastEvent struct {
	Subject string          `json:"subject"`
	Version int             `json:"version"`
	ID      int64           `json:"id"`
	Event   json.RawMessage `json:"event,omitempty"`
	Base64  string          `json:"eventBase64,omitempty"`
	// Headers go with the event; those that begin with "instar." say where it
	// comes from. Key is the partition key in base64, Type the event's type, if a
	// step gave it one, Output the output of a split, and Part tells it from the
	// other parts of its event: output#index, behind that of the part that it is a
	// part of, if it is one.
	Headers map[string]string `json:"headers,omitempty"`
	Key     string            `json:"key,omitempty"`
	Type    string            `json:"type,omitempty"`
	Output  string            `json:"output,omitempty"`
	Part    string            `json:"part,omitempty"`
}

// UpcastEnd says where a document ends an event. Code is [CodeDeadLetter] for a
// dead letter; a dropped event has none.
type UpcastEnd struct {
	Code    int    `json:"code,omitempty"`
	Subject string `json:"subject,omitempty"` // as of a hop
	From    int    `json:"from"`
	To      int    `json:"to"`
	Target  string `json:"target,omitempty"` // as of a hop
	Step    int    `json:"step"`
	Path    string `json:"path,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Headers and Topic are what a migration rule says of its dead letter.
	Headers map[string]string `json:"headers,omitempty"`
	Topic   string            `json:"topic,omitempty"`
}

// UpcastTrace is an event before and after one hop. A hop that makes several events
// of one stands there once for each of them.
type UpcastTrace struct {
	// Subject is that of From, if it is another one than that of the first hop.
	Subject string `json:"subject,omitempty"`
	From    int    `json:"from"`
	To      int    `json:"to"`
	// Target is the subject of To, if it is another one than that of From.
	Target string `json:"target,omitempty"`
	// Part tells which part of the event it is, see [UpcastEvent].
	Part string `json:"part,omitempty"`
	// Upcaster is the hash of the document, if it is one that leads there.
	Upcaster string          `json:"upcaster,omitempty"`
	Before   json.RawMessage `json:"before"`
	After    json.RawMessage `json:"after"`
	// Changes are what the steps of the hop do; a derived hop, and one of migration
	// rules, has none.
	Changes []UpcastChange `json:"changes,omitempty"`
	// Valid: After is an event of version To.
	Valid bool `json:"valid"`
}

// UpcastChange is what a step does to one place. From and To are JSON Pointers in
// which * is each element or value; a step that makes something has no From, one
// that leaves something out no To, and one on the event as a whole neither.
type UpcastChange struct {
	Step int    `json:"step"`
	Op   string `json:"op"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Upcast is what became of one event: events, unchanged, dropped or deadLetter.
type Upcast struct {
	Outcome string        `json:"outcome"`
	Events  []UpcastEvent `json:"events"`
	Hops    []UpcasterHop `json:"hops"`
	// Plan is the hash of the portable plan of the way, if there is one; Verdict is
	// the weakest of the hops.
	Plan    string `json:"plan,omitempty"`
	Verdict string `json:"verdict,omitempty"`
	// Class says what the way loses.
	Class string        `json:"class,omitempty"`
	End   *UpcastEnd    `json:"end,omitempty"`
	Trace []UpcastTrace `json:"trace,omitempty"`
}

// UpcasterText is an upcaster document in YAML or JSON.
type UpcasterText struct {
	Document string `json:"document"`
}

// UpcasterCandidate asks for a proof from the newest version of a subject to a schema
// that is none yet.
type UpcasterCandidate struct {
	Document   string      `json:"document"`
	Schema     string      `json:"schema"`
	SchemaType string      `json:"schemaType,omitempty"`
	References []Reference `json:"references,omitempty"`
}

// UpcasterVerdict is what the prover says about a document.
type UpcasterVerdict struct {
	Verdict    string          `json:"verdict"`
	Total      bool            `json:"total"`
	Class      string          `json:"class,omitempty"`
	NoDown     string          `json:"noDown,omitempty"`
	Obligation string          `json:"obligation,omitempty"`
	Step       int             `json:"step,omitempty"`
	Path       string          `json:"path,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	Message    string          `json:"message,omitempty"`
	Fix        string          `json:"fix,omitempty"`
	Source     json.RawMessage `json:"source,omitempty"`
	Target     json.RawMessage `json:"target,omitempty"`
	Event      json.RawMessage `json:"event,omitempty"`
	// Image is what the steps make of Event, null if they make nothing of it.
	Image    json.RawMessage `json:"image,omitempty"`
	Problems json.RawMessage `json:"problems,omitempty"`
	// Events, Seed, Open and Coverage are of a verdict that is TESTED.
	Events      int             `json:"events,omitempty"`
	Seed        *int            `json:"seed,omitempty"`
	Open        []string        `json:"open,omitempty"`
	Coverage    json.RawMessage `json:"coverage,omitempty"`
	Notes       []string        `json:"notes,omitempty"`
	Assumptions []string        `json:"assumptions,omitempty"`
	Prover      string          `json:"prover"`
	// Plan is the portable plan of the hop, if it is proved and has one.
	Plan json.RawMessage `json:"plan,omitempty"`
}

// UpcasterBetween asks for a proof between any two schemas.
type UpcasterBetween struct {
	Document string     `json:"document"`
	From     DiffSchema `json:"from"`
	To       DiffSchema `json:"to"`
	Context  string     `json:"context,omitempty"`
}

// UpcasterPair names two versions of a subject, or a version and a schema. From
// is "latest" if it is empty.
type UpcasterPair struct {
	From       string      `json:"from,omitempty"`
	To         string      `json:"to,omitempty"`
	Schema     string      `json:"schema,omitempty"`
	SchemaType string      `json:"schemaType,omitempty"`
	References []Reference `json:"references,omitempty"`
	// Message names a message of a Protobuf file; without it the draft is for the
	// first that needs a document.
	Message string `json:"message,omitempty"`
}

// UpcasterProposal is what two schemas say about the way between them. Nothing of
// it is stored.
type UpcasterProposal struct {
	Subject string `json:"subject"`
	From    int    `json:"from"`
	To      int    `json:"to"`
	// Derived is the verdict about the hop without a document: if it is PROVED,
	// none is needed.
	Derived json.RawMessage `json:"derived"`
	// Message is the Protobuf message that the draft is for, unless it is the first
	// of its file. Others are those beside it that need a document, too.
	Message string         `json:"message,omitempty"`
	Others  []string       `json:"others,omitempty"`
	Steps   []UpcasterStep `json:"steps"`
	// Document has the steps in YAML, with what only the author knows left open.
	Document string `json:"document"`
	// Verdict is the one about the steps with the proposed values; Problem says
	// why there is none.
	Verdict json.RawMessage `json:"verdict,omitempty"`
	Problem string          `json:"problem,omitempty"`
}

// UpcasterStep is a step that was read off two schemas.
type UpcasterStep struct {
	Step       string `json:"step"`
	Reason     string `json:"reason"`
	Confidence string `json:"confidence"`
	// Open: the step holds a value that only the author knows; Value is proposed.
	Open  bool   `json:"open,omitempty"`
	Value string `json:"value,omitempty"`
}

// UpcastRequest asks for one event to be carried. From and To are version
// numbers or "latest"; an empty To is the latest. A framed event names the
// version that it was written under, so it needs no From and no Subject.
type UpcastRequest struct {
	Subject string `json:"subject,omitempty"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	// ToSubject is the subject of To, if it is another one than Subject.
	ToSubject   string          `json:"toSubject,omitempty"`
	Event       json.RawMessage `json:"event,omitempty"`
	EventBase64 string          `json:"eventBase64,omitempty"`
	Encoding    string          `json:"encoding,omitempty"`
	Message     string          `json:"message,omitempty"`
	As          string          `json:"as,omitempty"`
	Trace       bool            `json:"trace,omitempty"`
	UpcastBeside
}

// UpcastWrapped is a line of a batch that holds an event and what is known beside it.
// From is its version, if it is another one than that of the batch.
type UpcastWrapped struct {
	Event json.RawMessage `json:"event"`
	From  string          `json:"from,omitempty"`
	UpcastBeside
}

// UpcastBeside is what is known beside an event. Headers go with it; Context holds
// values of declared inputs; the rest is what documents read as meta, Time in the
// form of RFC 3339.
type UpcastBeside struct {
	Headers  map[string]string          `json:"headers,omitempty"`
	Context  map[string]json.RawMessage `json:"context,omitempty"`
	ID       string                     `json:"id,omitempty"`
	Type     string                     `json:"type,omitempty"`
	Stream   string                     `json:"stream,omitempty"`
	Position *int64                     `json:"position,omitempty"`
	Time     string                     `json:"time,omitempty"`
}

// UpcastLine is what became of one event of a batch: events, unchanged, dropped,
// deadLetter or failed; passed, if it is of another type than the batch carries.
type UpcastLine struct {
	// Index counts the events of the batch from 0.
	Index   int64         `json:"index"`
	Outcome string        `json:"outcome"`
	Events  []UpcastEvent `json:"events,omitempty"`
	End     *UpcastEnd    `json:"end,omitempty"`
	Trace   []UpcastTrace `json:"trace,omitempty"`
	Error   *Error        `json:"error,omitempty"`
}

// UpcastCounts counts what became of the events of a batch.
type UpcastCounts struct {
	Total      int64 `json:"total"`
	Events     int64 `json:"events"`
	Unchanged  int64 `json:"unchanged"`
	Dropped    int64 `json:"dropped"`
	DeadLetter int64 `json:"deadLetter"`
	Failed     int64 `json:"failed"`
	// Passed is there if the batch names the type of events that it carries.
	Passed int64 `json:"passed,omitempty"`
}

// UpcastEnded is the last line of the answer to a batch; without it the answer
// was cut. Broken says why events after the last index were not read.
type UpcastEnded struct {
	Counts UpcastCounts `json:"counts"`
	Broken string       `json:"broken,omitempty"`
}

// FrameOutcomes are the outcomes in frames: the status byte is the place in the
// list. Frames of the first two hold an event, the others an [UpcastLine].
var FrameOutcomes = []string{"events", "unchanged", "dropped", "deadLetter", "failed"}

// FrameEnd is the status of the last frame, which holds an [UpcastEnded].
const FrameEnd = 255
