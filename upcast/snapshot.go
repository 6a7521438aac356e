package upcast

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/schema"
)

// ErrSnapshotStale is what a loader of snapshots gets where one is of no use any
// more: it reads the events of the stream and makes a new one.
var ErrSnapshotStale = errors.New("the snapshot is stale")

// StaleSnapshot is an [ErrSnapshotStale] with its reason.
type StaleSnapshot struct {
	Subject  string
	From, To int
	Why      string
}

// Error tells the subject, the versions and the reason.
func (s *StaleSnapshot) Error() string {
	return fmt.Sprintf("%s: %s from version %d to %d: %s", ErrSnapshotStale, s.Subject, s.From, s.To, s.Why)
}

// Is makes it an [ErrSnapshotStale].
func (s *StaleSnapshot) Is(target error) bool { return target == ErrSnapshotStale }

// Snapshots brings snapshots of one version to another. Snapshots are events with a
// subject of their own: its upcasters carry them, as far as there are any and no
// document of the stream's events says that they are invalid.
type Snapshots struct {
	Subject  string
	From, To int
	// Way leads from one version to the other; nil if there is none, or none that is
	// proved.
	Way *Runner
	// Documents are those of the events of the streams that snapshots are taken of,
	// as far as they are in use.
	Documents []*Document
}

// Load gives a snapshot as one of the newer version. The error is a
// [*StaleSnapshot], the context's, or a *schema.Bug: what cannot be carried, or
// read at all, is stale and no more than that.
func (s *Snapshots) Load(ctx context.Context, e *Envelope, snapshot []byte) ([]byte, error) {
	stale := func(format string, args ...any) ([]byte, error) {
		return nil, &StaleSnapshot{s.Subject, s.From, s.To, fmt.Sprintf(format, args...)}
	}
	if s.From == s.To {
		return snapshot, nil
	}
	for _, d := range s.Documents {
		if r := d.Snapshots; r != nil && r.Subject == s.Subject && r.Policy == "invalidate" {
			return stale("the upcaster of its events from version %s to %s makes it invalid", d.From, d.To.Version)
		}
	}
	if s.Way == nil {
		return stale("there is no way between them")
	}
	out, f, err := s.Way.Carry(ctx, e, snapshot, nil)
	var bug *schema.Bug
	switch {
	case errors.As(err, &bug), ctx.Err() != nil:
		return nil, errors.Join(err, ctx.Err())
	case err != nil:
		return stale("%v", err)
	case f != nil:
		return stale("%v", f)
	case len(out) != 1:
		return stale("it becomes %d events", len(out))
	}
	return out[0].Event, nil
}

// snapshotRule refuses a rule that speaks of the events themselves.
func (d *Document) snapshotRule() error {
	r := d.Snapshots
	if r == nil || d.Subject == "" || r.Subject != d.Subject {
		return nil
	}
	e := &Error{Code: Invalid}
	e.Problem.What, e.Problem.Path = "snapshots names the subject of the events themselves", "/snapshots/subject"
	e.Problem.Hint = "snapshots are events with a subject of their own"
	return e
}
