package hostile

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
)

// Answer is the kind of answer that a case gets.
type Answer string

// The answers. Refused, Stored, Valid, Invalid and Unjudged are said about a
// schema and perhaps an event, NotFrame and Frame about the bytes of a record
// in a topic. A Bug is never right.
const (
	Refused  Answer = "refused"   // the schema is a user's mistake
	Stored   Answer = "stored"    // the schema is accepted, there is no event
	Valid    Answer = "valid"     // the event fits the schema
	Invalid  Answer = "invalid"   // the event does not
	Unjudged Answer = "unjudged"  // the event was not judged: a limit, or a part that cannot be evaluated
	NotFrame Answer = "not-frame" // the bytes are no frame
	Frame    Answer = "frame"     // the bytes are a frame
	Bug      Answer = "bug"       // our mistake
)

// Want is the expected answer.
type Want struct {
	Answer Answer
	// Limit is the limit that must be named; empty means none.
	Limit string
	// Text must occur in the message.
	Text string
	// Placed says that the answer must tell the place: line and column, a
	// path, or a byte offset.
	Placed bool
}

// Event is an event to judge.
type Event struct {
	Encoding schema.Encoding
	Bytes    func() []byte
	Message  []int
}

// Case is one hostile input.
type Case struct {
	// Row is the kind of bad input, Name says which one; together they are
	// unique.
	Row, Name string
	Format    schema.Format
	// Text is the schema. It is built when it is asked for.
	Text    func() string
	Docs    func() []schema.Document
	Lenient bool
	// Event is judged against the schema if it is not nil.
	Event *Event
	// Volume marks an input whose cost is its size: it breaks no limit, or only
	// the last one, and is as large as the limits allow. Other bounds hold
	// for it than for a small input that asks for much.
	Volume bool
	// Frame is read as the start of a record if it is not nil; then there is
	// no schema.
	Frame func() []byte
	Want  Want
}

// ID names the case.
func (c *Case) ID() string { return c.Row + "/" + c.Name }

// Cases returns the whole table, always in the same order.
func Cases() []Case {
	var t table
	for _, fill := range []func(*table){
		jsonTexts, numbers, nesting, sizes, names,
		references, addresses, loops, combinators, patterns, enumerations,
		avroDetails, avroPaths, protobufTexts, protobufImports, protobufDescriptors,
		avroEvents, avroPrefixes, protobufEvents, jsonEvents, volumes, frames,
	} {
		fill(&t)
	}
	return t.cases
}

// table collects cases.
type table struct {
	cases []Case
	seen  map[string]bool
}

// add adds a case. Two cases of one name are a mistake in the table.
func (t *table) add(c Case) {
	if t.seen == nil {
		t.seen = map[string]bool{}
	}
	if t.seen[c.ID()] {
		panic(fmt.Sprintf("two hostile cases are called %q", c.ID()))
	}
	t.seen[c.ID()] = true
	t.cases = append(t.cases, c)
}

// schema adds a schema without an event.
func (t *table) schema(row, name string, f schema.Format, text func() string, w Want) {
	t.add(Case{Row: row, Name: name, Format: f, Text: text, Want: w})
}

// event adds an event.
func (t *table) event(row, name string, f schema.Format, text string, e Event, w Want) {
	t.add(Case{Row: row, Name: name, Format: f, Text: is(text), Event: &e, Want: w})
}
