// Package reproducer keeps what shows a broken plan again: the event, the plan, and
// the documents and schemas that it was made of, in one file that needs no registry.
// A proved plan whose image is no event of its version is a bug of ours (50050), and
// a report without the event would often be of no use.
package reproducer

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// Format names the form of the files.
const Format = "instar-reproducer/v1"

// Code is the code of what the files show.
const Code = 50050

const (
	// MaxEvent bounds the event that is kept.
	MaxEvent = 1 << 20
	// MaxFile bounds a file, schemas and documents included.
	MaxFile = 16 << 20
)

// Case is what a file holds.
type Case struct {
	Format string `json:"format"`
	Code   int    `json:"code"`
	// Reason says what is wrong with the image.
	Reason string    `json:"reason"`
	Time   time.Time `json:"time"`
	// Program is the version of the program, and Prover that of the prover.
	Program string `json:"program"`
	Prover  string `json:"prover"`
	// Subject and From are what the event was written under, Message what it is of in
	// a Protobuf file, and To where it was to go, in ToSubject if that is another.
	Subject   string `json:"subject"`
	From      int    `json:"from"`
	Message   string `json:"message,omitempty"`
	ToSubject string `json:"toSubject,omitempty"`
	To        int    `json:"to"`
	// PlanHash and Plan are the portable plan; NoPlan says why there is none.
	PlanHash string          `json:"planHash,omitempty"`
	Plan     json.RawMessage `json:"plan,omitempty"`
	NoPlan   string          `json:"noPlan,omitempty"`
	Hops     []Hop           `json:"hops"`
	Versions []Version       `json:"versions"`
	// Event is what was carried; LeftOut says why it is not here.
	Event   *Event `json:"event,omitempty"`
	LeftOut string `json:"eventLeftOut,omitempty"`
}

// Place is a version of a subject.
type Place struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// String names the version.
func (p Place) String() string { return fmt.Sprintf("version %d of %s", p.Version, p.Subject) }

// Hop is one part of the way.
type Hop struct {
	From Place `json:"from"`
	To   Place `json:"to"`
	// Down says that it is undone.
	Down bool `json:"down,omitempty"`
	// Hash and Document are those of the document; without one and without Rules the
	// hop is derived.
	Hash     string `json:"hash,omitempty"`
	Document string `json:"document,omitempty"`
	// Parts are where the parts of a split go: the document may name a subject
	// without its context.
	Parts []Part `json:"parts,omitempty"`
	// Rules are the rule sets whose migration rules are carried out.
	Rules []json.RawMessage `json:"rules,omitempty"`
}

// Part is a version as a document names it.
type Part struct {
	Name Place `json:"name"`
	To   Place `json:"to"`
}

// Version is a schema with everything that it refers to.
type Version struct {
	Place
	ID         int64             `json:"id,omitempty"`
	Type       string            `json:"schemaType"`
	Schema     string            `json:"schema"`
	References []schema.Document `json:"references,omitempty"` // dependencies first
}

// Event is an event in the bytes of its format, and what was known beside it.
type Event struct {
	Base64   []byte            `json:"base64"`
	ID       string            `json:"id,omitempty"`
	Type     string            `json:"type,omitempty"`
	Stream   string            `json:"stream,omitempty"`
	SchemaID int               `json:"schemaId,omitempty"`
	Position *int64            `json:"position,omitempty"`
	Time     *int64            `json:"time,omitempty"` // microseconds since 1970
	Headers  map[string]string `json:"headers,omitempty"`
	Key      []byte            `json:"key,omitempty"`
	Context  map[string]string `json:"context,omitempty"`
}

// Holds puts an event into the case, unless it is larger than is kept or a document
// on the way erases parts of it: what somebody wanted gone is not copied.
func (c *Case) Holds(e *upcast.Envelope, event []byte) {
	switch {
	case c.erases():
		c.LeftOut = "a document on the way erases parts of events"
		return
	case len(event) > MaxEvent:
		c.LeftOut = fmt.Sprintf("it has %d bytes, and %d are kept at most", len(event), MaxEvent)
		return
	}
	c.Event = &Event{Base64: event}
	if e != nil {
		c.Event.ID, c.Event.Type, c.Event.Stream, c.Event.SchemaID = e.ID, e.Type, e.Stream, e.SchemaID
		c.Event.Position, c.Event.Time = e.Position, e.Time
		c.Event.Headers, c.Event.Key, c.Event.Context = e.Headers, e.Key, e.Context
	}
}

// erases reports whether a document on the way erases, or cannot be read.
func (c *Case) erases() bool {
	for i := range c.Hops {
		if c.Hops[i].Document == "" {
			continue
		}
		d, err := upcast.Parse(c.Hops[i].Document)
		if err != nil || d.Erases() {
			return true
		}
	}
	return false
}

func (e *Event) envelope(c *Case) upcast.Envelope {
	return upcast.Envelope{
		ID: e.ID, Type: e.Type, Subject: c.Subject, Version: c.From, SchemaID: e.SchemaID, Stream: e.Stream,
		Position: e.Position, Time: e.Time, Headers: e.Headers, Key: e.Key, Context: e.Context,
	}
}
