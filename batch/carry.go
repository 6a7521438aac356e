package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
	"github.com/instar-registry/instar/upcast/plan"
)

// carrier turns blocks of the input into blocks of the output. Each worker has
// its own.
type carrier interface {
	carry(ctx context.Context, b *block) *result
	close()
}

// result is what became of a block.
type result struct {
	block     *block
	out, dead []byte
	counts    []Count // few: of each version and outcome
	samples   []Sample
	err       error
}

func (r *result) count(version int, o Outcome) {
	for i := range r.counts {
		if c := &r.counts[i]; c.Version == version && c.Outcome == o {
			c.Events++
			return
		}
	}
	r.counts = append(r.counts, Count{version, o, 1})
}

// addTo adds what was counted to the counts of a run.
func (r *result) addTo(counts map[Count]int64) {
	for _, c := range r.counts {
		n := c.Events
		c.Events = 0
		counts[c] += n
	}
}

// wants reports whether a sample of a version is one of the first few.
func wants(samples []Sample, version, most int) bool {
	for _, s := range samples {
		if s.Version == version {
			most--
		}
	}
	return most > 0
}

// worker is what the carriers of both formats share.
type worker struct {
	job     *Job
	routes  Routes
	scratch plan.Scratch
	spare   spare
	// earlier is what documents may ask of the lines before; nil if none asks.
	earlier *folding
}

// ended notes an event without an image: as a dead letter or, without a place
// for it, as the error that stops the run. Dropped events are no errors.
func (w *worker) ended(r *result, raw []byte, record int64, route *Route, f *upcast.Failure, place deadPlace) error {
	if f.Code == upcast.FailDrop {
		r.count(route.Version, Dropped)
		return nil
	}
	e := &EventError{
		File: w.job.In, Offset: place.offset, Record: record, Version: route.Version,
		Code: f.Code, Reason: f.Reason, Step: f.Step, Path: f.Path,
	}
	if f.Hop+1 < len(route.Hops) && f.Step > 0 {
		e.From, e.To = route.Hops[f.Hop], route.Hops[f.Hop+1]
	}
	if route.ruled(f.Hop) {
		e.From, e.To, e.Step = route.Hops[f.Hop], route.Hops[f.Hop+1], 0
		e.Reason = fmt.Sprintf("migration rules of version %d: %s", e.To, e.Reason)
	}
	if e.Reason == "" {
		e.Reason = "the upcaster ends the event in the dead letters"
	}
	return w.lost(r, raw, e, place)
}

// lost writes a dead letter, or gives the error back.
func (w *worker) lost(r *result, raw []byte, e *EventError, place deadPlace) error {
	if w.job.Dead == "" {
		return e
	}
	r.count(e.Version, Dead)
	b, err := json.Marshal(deadLetter{
		Format: deadFormat, Kind: w.job.Format, Raw: raw, Subject: w.job.Subject, Version: e.Version,
		Offset: e.Offset, Record: e.Record, Stream: place.stream, ID: place.id, Plan: w.routes.Identity(),
		From: e.From, To: e.To, Step: e.Step, Path: e.Path, Code: e.Code, Reason: e.Reason,
	})
	r.dead = append(append(r.dead, b...), '\n')
	return err
}

// check holds an image to the target schema.
func (w *worker) check(ctx context.Context, route *Route, image []byte, e schema.Encoding) error {
	if !w.job.Verify {
		return nil
	}
	j, err := route.Target.Check(ctx, schema.Event{Encoding: e, Bytes: image})
	if err == nil && len(j.Violations) > 0 {
		err = fmt.Errorf("%s: %s", j.Violations[0].Path, j.Violations[0].What)
	}
	return unreadable(route, err)
}

// unreadable is an image that is no event of the target.
func unreadable(route *Route, err error) error {
	if err == nil {
		return nil
	}
	return &schema.Bug{Where: "batch", Cause: fmt.Errorf("the image of an event of version %d is no event of the target: %w", route.Version, err)}
}

const deadFormat = "instar-dead/v1"

// deadLetter is one line of a file of dead letters: the record as it was stored,
// and why it has no image.
type deadLetter struct {
	Format string `json:"format"`
	Kind   Format `json:"kind"`
	// Raw is the record as stored: the line, or the bytes of the event.
	Raw     []byte `json:"raw"`
	Subject string `json:"subject,omitempty"`
	Version int    `json:"version,omitempty"`
	Offset  int64  `json:"offset"`
	Record  int64  `json:"record"`
	Stream  string `json:"stream,omitempty"`
	ID      string `json:"id,omitempty"`
	Plan    string `json:"plan"`
	From    int    `json:"from,omitempty"`
	To      int    `json:"to,omitempty"`
	Step    int    `json:"step,omitempty"`
	Path    string `json:"path,omitempty"`
	Code    string `json:"code"`
	Reason  string `json:"reason"`
}

// deadPlace says where a record came from.
type deadPlace struct {
	offset     int64
	stream, id string
}

// isBug tells an error of ours from what the data is guilty of.
func isBug(err error) bool {
	var bug *schema.Bug
	return errors.As(err, &bug) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
