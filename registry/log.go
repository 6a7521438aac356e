package registry

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/internal/plant"
)

// Hash is a SHA-256: the address of a schema text or a link of the log's chain.
type Hash [sha256.Size]byte

// Record is one change as the log keeps it. Records are numbered densely from 1
// and chained: PrevHash is the [Record.Hash] of the record before, or zero for
// the first.
type Record struct {
	Seq      int64
	At       int64 // µs since 1970, from the clock of the node that wrote it
	Actor    string
	Request  string
	Kind     string
	Payload  string // JSON
	PrevHash Hash
}

// Hash is SHA-256 over the length-prefixed fields, PrevHash first.
func (r Record) Hash() Hash {
	h := sha256.New()
	h.Write(r.PrevHash[:])
	var n [8]byte
	put := func(v uint64) {
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	put(uint64(r.Seq))
	put(uint64(r.At))
	for _, s := range []string{r.Actor, r.Request, r.Kind, r.Payload} {
		put(uint64(len(s)))
		h.Write([]byte(s))
	}
	return Hash(h.Sum(nil))
}

// Head is the end of the log: its last sequence, the hash of that record, and
// the epoch, which an operator raises after restoring an older copy. The empty
// log has sequence 0 and the zero hash.
type Head struct {
	Seq   int64
	Epoch int64
	Hash  Hash
}

// Text is a schema text under its content address.
type Text struct {
	Hash Hash // SHA-256 of Body
	Body string
}

// Guard is one edit of the guard tables. They are never read by the service;
// they turn a logic error into an aborted transaction and give operators SQL.
// Guards run in order.
type Guard struct {
	Op      GuardOp
	Context string
	Subject string
	Version int64
	ID      int64
	Hash    Hash // BindID: the content identity that the id stands for
	Entry   int  // AddVersion: index of the entry whose sequence the row names
}

// GuardOp says what a [Guard] does.
type GuardOp uint8

// The guard operations. BindID fails on an id bound to other content and is a
// no-op when it is bound to the same; ReleaseID and DropVersion fail when the
// row is missing; AddVersion fails when the number exists or the id is unknown.
const (
	BindID GuardOp = iota + 1
	ReleaseID
	AddVersion
	DropVersion
)

// Append is what one transaction adds. An Append without entries adds nothing.
type Append struct {
	Entries []Entry
	Texts   []Text // stored unless already there
	Drop    []Hash // texts that no version needs any more
	Guards  []Guard
}

// Entry is a record before the log gives it a sequence and a link.
type Entry struct {
	At      int64
	Actor   string
	Request string
	Kind    string
	Payload string
}

// Log is the ordered log of changes, implemented by the packages under store.
// All methods are safe for concurrent use.
type Log interface {
	// Update runs one write transaction. It locks the head first, then reads
	// the records after "after" (verifying their chain from after.Hash), calls
	// decide with them and appends what decide returns. It returns the records
	// that were appended, complete with sequence and chain.
	//
	// decide may be called again from the start if the transaction must be
	// retried (serialisation failure, deadlock); it must therefore have no
	// effect that a second call with the same or more records would double. An
	// error from decide rolls back and is returned as it is.
	//
	// A nil error means durable. ErrUnavailable means that certainly nothing
	// was written, ErrUnknownOutcome that this could not be found out within
	// ctx, ErrReplaced that the log is not the one that "after" belongs to.
	Update(ctx context.Context, after Head, decide func(newer []Record, head Head) (Append, error)) ([]Record, error)
	// Read returns up to limit records after the given head, in order, and
	// verifies their chain; it returns ErrReplaced when the log went back or
	// another epoch began.
	Read(ctx context.Context, after Head, limit int) ([]Record, error)
	// ReadFrom returns up to limit records after a sequence, for readers of
	// history that hold no head; it verifies the chain among them.
	ReadFrom(ctx context.Context, after int64, limit int) ([]Record, error)
	// Head returns the end of the log as the writable primary knows it.
	Head(ctx context.Context) (Head, error)
	// Texts returns the bodies of the given hashes; a missing one is absent
	// from the map, not an error.
	Texts(ctx context.Context, hashes []Hash) (map[Hash]string, error)
	// Guards yields the guard tables for verification: BindID for every bound
	// id with its hash, then AddVersion for every version with its id.
	Guards(ctx context.Context, yield func(Guard)) error
	// Refused stores refused requests beside the log and removes those from
	// before the given time (µs since 1970). Refusals yields those since a time,
	// oldest first.
	Refused(ctx context.Context, rows []Refusal, before int64) error
	Refusals(ctx context.Context, since int64, yield func(Refusal)) error
	// Wake returns a channel that receives a value when records may have been
	// appended by somebody else. It is a hint: wakes may be lost, doubled or
	// late.
	Wake() <-chan struct{}
	// SaveSnapshot stores a derived state for fast start; LoadSnapshot returns
	// the newest one, or a zero Snapshot if there is none. Either may be
	// deleted by an operator at any time.
	SaveSnapshot(ctx context.Context, s Snapshot) error
	LoadSnapshot(ctx context.Context) (Snapshot, error)
	// Close releases the store. Waiting calls end with ErrUnavailable.
	Close() error
}

// Snapshot is a serialised state at one sequence.
type Snapshot struct {
	Seq  int64
	Body []byte
}

// The classes of log failures; test with errors.Is. Everything else that a Log
// returns is a bug of ours (a guard that struck, a broken statement).
var (
	// ErrUnavailable: the store cannot be reached or refused, and certainly
	// nothing was written.
	ErrUnavailable = errors.New("the store is not available")
	// ErrDiskFull: as ErrUnavailable, because no space is left.
	ErrDiskFull = errors.New("the store has no space left")
	// ErrUnknownOutcome: the connection was lost around the commit and the
	// outcome could not be found out in time.
	ErrUnknownOutcome = errors.New("the outcome of the write is unknown")
	// ErrReplaced: the database was replaced or went back; the node must stop.
	ErrReplaced = errors.New("the database was replaced or went back")
)

// VerifyChain checks that records follow the head densely with intact links and
// returns the new head.
func VerifyChain(after Head, records []Record) (Head, error) {
	if plant.Is(plant.GapSkipped) {
		for _, r := range records {
			after.Seq, after.Hash = r.Seq, r.Hash()
		}
		return after, nil
	}
	for _, r := range records {
		if r.Seq != after.Seq+1 {
			return after, fmt.Errorf("%w: record %d follows record %d", ErrReplaced, r.Seq, after.Seq)
		}
		if r.PrevHash != after.Hash {
			return after, fmt.Errorf("%w: the chain is broken at record %d", ErrReplaced, r.Seq)
		}
		after.Seq, after.Hash = r.Seq, r.Hash()
	}
	return after, nil
}

// Chain turns entries into records that follow head.
func Chain(head Head, entries []Entry) []Record {
	out := make([]Record, len(entries))
	for i, e := range entries {
		out[i] = Record{
			Seq: head.Seq + 1, At: e.At, Actor: e.Actor, Request: e.Request,
			Kind: e.Kind, Payload: e.Payload, PrevHash: head.Hash,
		}
		head.Seq, head.Hash = out[i].Seq, out[i].Hash()
	}
	return out
}
