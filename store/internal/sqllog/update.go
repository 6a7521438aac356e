package sqllog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
)

const lockHead = `UPDATE head SET seq = seq WHERE one = 1 RETURNING seq, epoch`

// retries is how often a transaction is run again after a serialisation
// failure, a deadlock or a lock that did not come free.
const retries = 5

type decideFunc = func(newer []registry.Record, head registry.Head) (registry.Append, error)

// Update implements [registry.Log].
func (l *Log) Update(ctx context.Context, after registry.Head, decide decideFunc) ([]registry.Record, error) {
	const what = "append to the log"
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return nil, explain(what, err)
	}
	defer leave()
	for attempt := 0; ; attempt++ {
		records, err := l.attempt(ctx, after, decide)
		if err == nil {
			if len(records) > 0 {
				l.count.appended(len(records))
				Signal(l, "write")
			}
			return records, nil
		}
		if !l.again(ctx, err, attempt) {
			return nil, explain(what, err)
		}
	}
}

// again decides whether a failed attempt is repeated, and waits a moment if so.
func (l *Log) again(ctx context.Context, err error, attempt int) bool {
	var d decided
	if errors.As(err, &d) || isClassified(err) {
		return false
	}
	state := stateOf(err)
	if classOf(state) != classRetry || attempt >= retries {
		return false
	}
	l.count.retried(state)
	return pause(ctx, attempt)
}

// pause waits 0 to 2, 4, 8 … ms, and says whether ctx is still alive.
func pause(ctx context.Context, attempt int) bool {
	t := time.NewTimer(rand.N(2 * time.Millisecond << min(attempt, 8)))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// attempt runs the transaction once.
func (l *Log) attempt(ctx context.Context, after registry.Head, decide decideFunc) ([]registry.Record, error) {
	failpoint.Hit(failpoint.BeginBefore)
	tx, err := l.db.Write(ctx, false)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	failpoint.Hit(failpoint.BeginAfter)

	newer, head, err := lockAndRead(ctx, tx, after)
	if err != nil {
		return nil, err
	}
	add, err := decide(newer, head)
	if err != nil {
		return nil, decided{err}
	}
	failpoint.Hit(failpoint.DecideAfter)
	if len(add.Entries) == 0 {
		return nil, nil
	}
	if err := CheckAppend(add); err != nil {
		return nil, err
	}
	records := registry.Chain(head, add.Entries)
	if err := runBatch(ctx, tx, l.statements(records, add)); err != nil {
		return nil, err
	}
	if err := l.commit(ctx, tx, records); err != nil {
		return nil, err
	}
	return records, nil
}

// lockAndRead takes the head lock and then reads what the caller has not seen.
// In this order the read sees everything that was ever committed.
func lockAndRead(ctx context.Context, tx Tx, after registry.Head) ([]registry.Record, registry.Head, error) {
	head, err := lock(ctx, tx)
	if err != nil {
		return nil, head, err
	}
	if err := CheckFollows(after, head); err != nil {
		return nil, head, err
	}
	failpoint.Hit(failpoint.NewerBefore)
	var records []registry.Record
	err = tx.Query(ctx, selectFrom, []any{after.Seq}, func(scan Scan) error {
		r, err := scanRecord(scan)
		records = append(records, r)
		return err
	})
	if err != nil {
		return nil, head, fmt.Errorf("read newer records: %w", err)
	}
	failpoint.Hit(failpoint.NewerAfter)
	after.Epoch = head.Epoch
	newer, end, err := Follow(after, records)
	if err == nil && end.Seq != head.Seq {
		err = fmt.Errorf("%w: the head says %d and the last record is %d", registry.ErrReplaced, head.Seq, end.Seq)
	}
	return newer, end, err
}

func lock(ctx context.Context, tx Tx) (registry.Head, error) {
	failpoint.Hit(failpoint.HeadBefore)
	var head registry.Head
	err := tx.Query(ctx, lockHead, nil, func(scan Scan) error { return scan(&head.Seq, &head.Epoch) })
	if err == nil && head.Epoch == 0 {
		err = errNoHead
	}
	if err != nil {
		return head, fmt.Errorf("lock the head: %w", err)
	}
	failpoint.Hit(failpoint.HeadAfter)
	return head, nil
}

func runBatch(ctx context.Context, tx Tx, stmts []Stmt) error {
	if failpoint.Enabled { // one by one, so that a test can stop between them
		for _, s := range stmts {
			failpoint.Hit(s.Point)
			if _, err := tx.Batch(ctx, []Stmt{s}); err != nil {
				return struck(s, err)
			}
		}
		return nil
	}
	if i, err := tx.Batch(ctx, stmts); err != nil {
		return struck(stmts[i], err)
	}
	return nil
}

// commit ends the transaction and, if that is not answered, finds out what
// became of it. Only a server's word that it gave up the transaction counts as
// one; anything else may have arrived after the commit was durable.
func (l *Log) commit(ctx context.Context, tx Tx, records []registry.Record) error {
	fin, cancel := finishing(ctx)
	defer cancel()
	failpoint.Hit(failpoint.CommitBefore)
	err := tx.Commit(fin)
	if err == nil {
		failpoint.Hit(failpoint.CommitAfter)
		return nil
	}
	if state := stateOf(err); len(state) == 5 && (state[:2] == "40" || state[:2] == "23") {
		return fmt.Errorf("commit: %w", err)
	}
	tx.Rollback()
	l.count.unanswered()
	if _, ok := ctx.Deadline(); !ok { // a new bound, since the commit may have used up the first
		cancel()
		fin, cancel = finishing(ctx)
		defer cancel()
	}
	return l.resolve(fin, records[0], err)
}

// resolve asks whether the transaction that wrote first has been committed. It
// returns nil if so.
func (l *Log) resolve(ctx context.Context, first registry.Record, lost error) error {
	for attempt := 0; ; attempt++ {
		there, err := l.holds(ctx, first)
		switch {
		case err == nil && there:
			l.count.resolved()
			return nil
		case err == nil && classOf(stateOf(lost)) == classDiskFull:
			return fmt.Errorf("commit: %w", lost)
		case err == nil:
			return fmt.Errorf("commit: %w: %w", errRolledBack, lost)
		}
		if !pause(ctx, attempt+3) {
			return unknown("commit", fmt.Errorf("%w (and asking again: %w)", lost, err))
		}
	}
}

func (l *Log) holds(ctx context.Context, first registry.Record) (bool, error) {
	tx, err := l.db.Write(ctx, true)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if _, err := lock(ctx, tx); err != nil {
		return false, err
	}
	var found registry.Record
	err = tx.Query(ctx, selectOne, []any{first.Seq}, func(scan Scan) error {
		found, err = scanRecord(scan)
		return err
	})
	return err == nil && found.Hash() == first.Hash(), err
}

func unknown(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, registry.ErrUnknownOutcome, err)
}
