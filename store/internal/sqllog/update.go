package sqllog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
)

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
			}
			return records, nil
		}
		if !l.again(ctx, err, attempt) {
			if errors.Is(err, registry.ErrUnknownOutcome) {
				Signal(l, "write") // it may have appended what its caller does not know
			}
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
	tx, newer, head, err := l.lockAndRead(ctx, after)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
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
	if err := l.finish(ctx, tx, l.statements(records, add), records); err != nil {
		return nil, err
	}
	return records, nil
}

// lockAndRead begins, takes the head lock and then reads what the caller has not
// seen. In this order the read sees everything that was ever committed.
func (l *Log) lockAndRead(ctx context.Context, after registry.Head) (Tx, []registry.Record, registry.Head, error) {
	var head registry.Head
	var records []registry.Record
	tx, err := l.begin(ctx, false, lockHead(&head), Read{
		Before: failpoint.NewerBefore, After: failpoint.NewerAfter, What: "read newer records",
		SQL: selectFrom, Args: []any{after.Seq},
		Row: func(scan Scan) error {
			r, err := scanRecord(scan)
			records = append(records, r)
			return err
		},
	})
	if err != nil {
		return nil, nil, head, err
	}
	newer, end, err := continued(after, head, records)
	if err != nil {
		tx.Rollback()
		return nil, nil, head, err
	}
	return tx, newer, end, nil
}

// continued returns the records behind after, which must lead to the head.
func continued(after, head registry.Head, records []registry.Record) ([]registry.Record, registry.Head, error) {
	if head.Epoch == 0 {
		return nil, head, errNoHead
	}
	if err := CheckFollows(after, head); err != nil {
		return nil, head, err
	}
	after.Epoch = head.Epoch
	newer, end, err := Follow(after, records)
	if err == nil && end.Seq != head.Seq {
		err = fmt.Errorf("%w: the head says %d and the last record is %d", registry.ErrReplaced, head.Seq, end.Seq)
	}
	return newer, end, err
}

// lockHead is the statement that makes whoever runs it the writer.
func lockHead(head *registry.Head) Read {
	return Read{
		Before: failpoint.HeadBefore, After: failpoint.HeadAfter, What: "lock the head",
		SQL: `UPDATE head SET seq = seq WHERE one = 1 RETURNING seq, epoch`,
		Row: func(scan Scan) error { return scan(&head.Seq, &head.Epoch) },
	}
}

// begin begins a transaction with the given statements.
func (l *Log) begin(ctx context.Context, fresh bool, first ...Read) (Tx, error) {
	failpoint.Hit(failpoint.BeginBefore)
	if !failpoint.Enabled {
		tx, err := l.db.Write(ctx, fresh, first...)
		if err != nil {
			return nil, fmt.Errorf("begin: %w", err)
		}
		return tx, nil
	}
	tx, err := l.db.Write(ctx, fresh) // one by one, so that a test can stop between them
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	failpoint.Hit(failpoint.BeginAfter)
	for _, r := range first {
		failpoint.Hit(r.Before)
		if err := tx.Query(ctx, r.SQL, r.Args, r.Row); err != nil {
			tx.Rollback()
			return nil, fmt.Errorf("%s: %w", r.What, err)
		}
		failpoint.Hit(r.After)
	}
	return tx, nil
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

// finish writes the statements and commits. If the commit is not answered, it
// finds out what became of it. Only a server's word that it gave up the
// transaction counts as one; anything else may have arrived after the commit was
// durable.
func (l *Log) finish(ctx context.Context, tx Tx, stmts []Stmt, records []registry.Record) error {
	var end func(context.Context) (int, error)
	if failpoint.Enabled || slices.ContainsFunc(stmts, func(s Stmt) bool { return s.Guarded }) {
		if err := runBatch(ctx, tx, stmts); err != nil {
			return err
		}
		end = func(fin context.Context) (int, error) { return len(stmts), tx.Commit(fin) }
	} else {
		if err := ctx.Err(); err != nil { // from here on the caller's leaving changes nothing
			return err
		}
		end = func(fin context.Context) (int, error) { return tx.Finish(fin, stmts) }
	}
	fin, cancel := finishing(ctx)
	defer cancel()
	failpoint.Hit(failpoint.CommitBefore)
	failed, err := end(fin)
	if err == nil {
		failpoint.Hit(failpoint.CommitAfter)
		return nil
	}
	if failed < len(stmts) {
		return struck(stmts[failed], err)
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
	var head registry.Head
	var found registry.Record
	tx, err := l.begin(ctx, true, lockHead(&head), Read{
		What: "look for the record", SQL: selectOne, Args: []any{first.Seq},
		Row: func(scan Scan) (err error) {
			found, err = scanRecord(scan)
			return err
		},
	})
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if head.Epoch == 0 {
		return false, errNoHead
	}
	return found.Hash() == first.Hash(), nil
}

func unknown(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, registry.ErrUnknownOutcome, err)
}
