package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
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
	// Parsing is the time that went into reading schema texts.
	Parsing time.Duration
	*Tally
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

// JSONHistory replays a corpus of JSON Schemas; only every n-th edit, for n > 1.
func (f Files) JSONHistory(ctx context.Context, project string, n int) (*Replay, error) {
	t, payloads, err := readTree(f.Corpora, project)
	if err != nil {
		return nil, err
	}
	r := NewReplay(project)
	for i, h := range t.files {
		if i%n != 0 {
			continue
		}
		var previous *jsonschema.Schema
		for k := range h.Versions {
			v := &h.Versions[k]
			begin := time.Now()
			s, why := parseJSON(v, t.closure(v.Text, v.id, v.Seq))
			r.Parsing += time.Since(begin)
			if k > 0 {
				r.Edits++
				if previous == nil || s == nil {
					r.Left[why]++
				} else if err := r.jsonEdit(ctx, fmt.Sprintf("%s %s #%d", project, h.Path, k), previous, s, payloads[h.Path]); err != nil {
					return nil, err
				}
			}
			previous = s
		}
	}
	return r, nil
}

// parseJSON reads a version; nil with a reason if it is no schema of its own.
func parseJSON(v *version, docs []schema.Document) (*jsonschema.Schema, string) {
	if v.Parses != nil && !*v.Parses {
		return nil, "a text is no JSON"
	}
	s, err := jsonschema.Parse(v.Text, docs, lenient)
	if err != nil {
		return nil, "a text is no schema"
	}
	if slices.ContainsFunc(s.Nodes(), func(n *jsonschema.Node) bool { return n.Unresolved }) {
		return nil, "a reference leads nowhere"
	}
	return s, "the version before cannot be asked about"
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
