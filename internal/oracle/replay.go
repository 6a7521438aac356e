package oracle

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// Replay is a history that is asked about edit by edit, in both directions.
type Replay struct {
	Name string
	// Edits is how many pairs of versions there are; the tally has two
	// questions for each that can be asked about.
	Edits int
	// Left counts the edits that cannot be asked about, by the reason.
	Left map[string]int
	// Events counts the events that were read under a reader that was said to
	// read them; Payloads are those among them that projects publish.
	Events, Payloads int
	// NamesOnly counts the questions about Protobuf versions that differ in
	// nothing but names, which must never break an event.
	NamesOnly int
	// Parsing is the time that went into reading schema texts.
	Parsing time.Duration
	*Tally
	last       schema.Parsed
	lastSource Source
}

// NewReplay returns an empty replay.
func NewReplay(name string) *Replay {
	return &Replay{Name: name, Left: map[string]int{}, Tally: NewTally()}
}

// String is one line of figures.
func (r *Replay) String() string {
	return fmt.Sprintf("%s: %d edits, left out %v; %s; %d events (%d published) read as promised", r.Name, r.Edits, r.Left, r.Tally, r.Events, r.Payloads)
}

// samples is how many events are generated for a writer that was said to be
// read, besides those that are published.
const samples = 8

// Edit is a change of a schema that somebody made.
type Edit struct {
	Format   schema.Format
	Name     string
	Old, New Source
	// Payloads are published events of the newest version.
	Payloads []json.RawMessage
}

// Replay replays what is at hand of a project: its complete history, or else
// the edits of it that the repository holds.
func (f Files) Replay(ctx context.Context, project string) (*Replay, error) {
	r := NewReplay(project)
	return r, f.edits(project, func(e *Edit) error { return r.edit(ctx, e) })
}

// Projects are those that have a history.
var Projects = []string{"octokit-webhooks", "cdevents-spec", "radar-schemas", "opentelemetry-proto"}

// Edits yields the edits of a project of [Projects], oldest first in each file:
// those of its complete history where it is at hand, or else those that the
// repository holds.
func (f Files) Edits(project string, yield func(*Edit) error) error { return f.edits(project, yield) }

func (f Files) edits(project string, yield func(*Edit) error) error {
	switch {
	case project == "radar-schemas":
		return f.avroEdits(yield)
	case f.Corpora == "":
		return f.extract(project, yield)
	case project == "opentelemetry-proto":
		return f.protoEdits(yield)
	default:
		return f.jsonEdits(project, yield)
	}
}

// edit parses both sides and asks in both directions.
func (r *Replay) edit(ctx context.Context, e *Edit) error {
	r.Edits++
	older, why := r.parse(e.Format, &e.Old)
	newer, whyNot := r.parse(e.Format, &e.New)
	if older == nil || newer == nil {
		r.Left[cmp.Or(why, whyNot)]++
		return nil
	}
	switch w := older.(type) {
	case *jsonschema.Schema:
		return r.jsonEdit(ctx, e.Name, w, newer.(*jsonschema.Schema), e.Payloads)
	case *avro.Schema:
		return r.avroEdit(ctx, e.Name, w, newer.(*avro.Schema))
	default:
		return r.protoEdit(ctx, e.Name, older.(*protobuf.Schema), newer.(*protobuf.Schema))
	}
}

// parse reads one side; nil with a reason if it is no schema of its own. The
// last one is kept, since the new side of an edit is the old one of the next.
func (r *Replay) parse(format schema.Format, s *Source) (schema.Parsed, string) {
	if r.last != nil && r.lastSource.Text == s.Text && slices.Equal(r.lastSource.Docs, s.Docs) {
		return r.last, ""
	}
	begin := time.Now()
	defer func() { r.Parsing += time.Since(begin) }()
	var p schema.Parsed
	var err error
	switch format {
	case schema.JSON:
		p, err = jsonschema.Parse(s.Text, s.Docs, lenient)
	case schema.Avro:
		p, err = avro.Parse(s.Text, s.Docs, lenient)
	default:
		p, err = protobuf.Parse(s.Text, s.Docs, lenient)
	}
	if err != nil {
		return nil, "a text is no schema of its own"
	}
	if j, ok := p.(*jsonschema.Schema); ok && slices.ContainsFunc(j.Nodes(), func(n *jsonschema.Node) bool { return n.Unresolved }) {
		return nil, "a reference leads nowhere"
	}
	r.last, r.lastSource = p, *s
	return p, ""
}

// jsonEdit asks in both directions. Where the answer is that everything is
// read, everything at hand that the writer accepts must be.
func (r *Replay) jsonEdit(ctx context.Context, name string, older, newer *jsonschema.Schema, payloads []json.RawMessage) error {
	for _, q := range []Question{
		{Name: name + ", old read by new", Writer: older, Reader: newer},
		{Name: name + ", new read by old", Writer: newer, Reader: older},
	} {
		a, err := Ask(ctx, &q)
		if err != nil {
			return err
		}
		r.Add(&q, &a)
		if a.Verdict != schema.Compatible || older.Inlined() == newer.Inlined() {
			continue
		}
		w, reader := q.Writer.(*jsonschema.Schema), q.Reader.(*jsonschema.Schema)
		for _, p := range payloads {
			if r.jsonEvent(ctx, q.Name, w, reader, p) {
				r.Payloads++
			}
		}
		for seed := range uint64(samples) {
			if s, err := w.Sample(seed); err == nil {
				r.jsonEvent(ctx, q.Name, w, reader, s.JSON)
			}
		}
	}
	return nil
}

// jsonEvent reports whether the writer accepts an event; the reader must then,
// and the validators must agree about both.
func (r *Replay) jsonEvent(ctx context.Context, name string, w, reader *jsonschema.Schema, event []byte) bool {
	accepted, err := Valid(ctx, w, event)
	if err == nil && !accepted {
		return false
	}
	read := false
	if err == nil {
		read, err = Valid(ctx, reader, event)
	}
	if r.Events++; !read {
		r.Fault(name, fmt.Sprintf("said to be read: %.300s: %t (%v)", event, read, err))
	}
	return true
}
