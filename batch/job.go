package batch

import (
	"fmt"
	"time"
)

// Format is the form of a file.
type Format string

// The formats.
const (
	Lines Format = "jsonl" // lines of JSON, plain or gzipped
	OCF   Format = "ocf"   // an Avro object container file
)

// Payload is how a line holds an event.
type Payload string

// The payloads.
const (
	JSON   Payload = "json"   // as JSON
	Base64 Payload = "base64" // as a text with its binary encoding
)

// Job is one file to migrate.
type Job struct {
	// In and Out are paths; Out must not exist, and is renamed into place at the
	// end.
	In, Out string
	// Format of both files; empty looks at the first bytes of In.
	Format Format
	// Envelope says where lines keep what.
	Envelope Envelope
	// From is the version of events that do not say theirs; 0 if all do.
	From int
	// Payload is how lines hold events; empty is [JSON].
	Payload Payload
	// Dead is the file for events that cannot be carried; without one the run
	// stops at the first.
	Dead string
	// Checkpoint is the directory of the manifest; empty is that of Out.
	Checkpoint string
	// Redrive says that In holds the dead letters of an earlier run; their
	// records are carried again.
	Redrive bool
	// DryRun carries everything and writes nothing.
	DryRun bool
	// Verify validates every image once more under the target schema.
	Verify bool
	// Workers is the number of blocks at work; 0 is the number of CPUs.
	Workers int
	// Rate is the most events in a second; 0 is unbounded.
	Rate int
	// Subject is named in dead letters and in the manifest.
	Subject string
	// Reproducers is the folder for what shows a broken plan again, the event included;
	// empty keeps nothing. Program is the version of the program that the file names.
	Reproducers, Program string
	// Progress, if set, is called after each block, from one goroutine.
	Progress func(Report) `json:"-"`
	// Samples is how many changed events a dry run shows for each version.
	Samples int

	// flushBytes overrides how much is written between flushes, for tests.
	flushBytes int64
	now        func() time.Time
	sleep      func(time.Duration)
}

// Limits of files.
const (
	// MaxLine bounds one line: an event of 10 MiB and what is around it.
	MaxLine = 16 << 20
	// MaxBlock bounds one block of a container file, unpacked.
	MaxBlock = 64 << 20
	// MaxHeader bounds the header of a container file.
	MaxHeader = 4 << 20

	lineBlock    = 1 << 20
	defaultFlush = 64 << 20
)

// Outcome is what became of an event.
type Outcome string

// The outcomes.
const (
	Changed   Outcome = "events"     // it has an image
	Unchanged Outcome = "unchanged"  // it is of the target version
	Dropped   Outcome = "dropped"    // its upcaster ends it
	Dead      Outcome = "deadLetter" // it has no image
	Passed    Outcome = "passed"     // it is of another type
)

// Count counts the events of a version that ended in one way.
type Count struct {
	Version int     `json:"version,omitempty"`
	Outcome Outcome `json:"outcome"`
	Events  int64   `json:"events"`
}

// Sample is an event before and after, as JSON.
type Sample struct {
	Version       int
	Before, After string
}

// Report is how far a run is.
type Report struct {
	// Bytes of the input that are done (unpacked, if it is gzipped) and their
	// lines, or events of a container file; Written is bytes of the output.
	Bytes, Records, Written int64
	Counts                  []Count
	// Resumed says that the run went on from a manifest, at ResumedAt bytes.
	Resumed   bool
	ResumedAt int64
	// Samples belong to dry runs.
	Samples []Sample
	// Done says that the output is complete and has its name.
	Done bool
}

// Total adds the counts of an outcome.
func (r *Report) Total(o Outcome) int64 {
	var n int64
	for _, c := range r.Counts {
		if c.Outcome == o {
			n += c.Events
		}
	}
	return n
}

// EventError is an event that cannot be carried.
type EventError struct {
	File string
	// Offset of the record in the file: of its line, or of the block of a
	// container file that holds it. Record counts from 1.
	Offset, Record int64
	Version        int
	// Code is that of the failure: "O1" to "O8", "dead", "input", "gap".
	Code, Reason string
	// Step and Path are the place in the upcaster between the versions From and
	// To, if there is one.
	From, To, Step int
	Path           string
}

// Error implements error.
func (e *EventError) Error() string {
	s := fmt.Sprintf("%s: record %d (offset %d)", e.File, e.Record, e.Offset)
	if e.Version > 0 {
		s += fmt.Sprintf(" of version %d", e.Version)
	}
	if e.Step > 0 {
		s += fmt.Sprintf(", upcaster %d to %d, step %d", e.From, e.To, e.Step)
	}
	if e.Path != "" {
		s += ", " + e.Path
	}
	return s + ": " + e.Reason
}
