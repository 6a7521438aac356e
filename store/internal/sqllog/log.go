package sqllog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/instar-registry/instar/registry"
)

// Options are what the engines differ in.
type Options struct {
	// Notify is a statement that ends each append, or empty. What it tells
	// others need not come back to this log.
	Notify string
	// Hook, for tests, is asked before every step and its error taken as the
	// step's own.
	Hook Hook
}

// Log implements [registry.Log] over a [DB].
type Log struct {
	db     DB
	notify string
	wake   chan struct{}
	count  *counters

	// closing ends the work in flight; busy counts it.
	closing context.Context
	cancel  context.CancelFunc
	mu      sync.Mutex
	closed  bool
	busy    sync.WaitGroup
}

var _ registry.Log = (*Log)(nil)

// New returns the log in a database whose migrations have run. It owns db.
func New(db DB, o Options) *Log {
	if o.Hook != nil {
		db = hooked{db, o.Hook}
	}
	l := &Log{db: db, notify: o.Notify, wake: make(chan struct{}, 1), count: newCounters()}
	l.closing, l.cancel = context.WithCancel(context.Background())
	return l
}

// Close ends waiting calls with ErrUnavailable, waits for them, and closes the
// database. Only the first call does anything.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.busy.Wait()
	return l.db.Close()
}

// enter registers one call and returns a context that also ends when the log is
// closed. The caller must call leave.
func (l *Log) enter(ctx context.Context) (in context.Context, leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, errClosed
	}
	l.busy.Add(1)
	in, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l.closing, func() { cancel(errClosed) })
	return in, func() {
		stop()
		cancel(nil)
		l.busy.Done()
	}, nil
}

// Wake implements [registry.Log]. All callers share one channel.
func (l *Log) Wake() <-chan struct{} { return l.wake }

// Signal puts a value in the wake channel of l unless one waits there. The
// source is counted: "notify" for a message of the database, "write" for an
// append of this node whose outcome stayed unknown; one that succeeded is no
// news to its writer. (It is no method, so that it does not become one of the
// stores.)
func Signal(l *Log, source string) {
	l.count.wake(source)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// BumpEpoch begins a new epoch, after which every node that knows the old one
// stops with ErrReplaced. An operator does this after restoring an older copy.
func (l *Log) BumpEpoch(ctx context.Context) (int64, error) {
	const what = "begin a new epoch"
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return 0, explain(what, err)
	}
	defer leave()
	tx, err := l.db.Write(ctx, false)
	if err != nil {
		return 0, explain(what, err)
	}
	defer tx.Rollback()
	var epoch int64
	err = tx.Query(ctx, `UPDATE head SET epoch = epoch + 1 WHERE one = 1 RETURNING epoch`, nil,
		func(scan Scan) error { return scan(&epoch) })
	if err == nil && epoch == 0 {
		err = errNoHead
	}
	if err != nil {
		return 0, explain(what, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, unknown(what, err)
	}
	return epoch, nil
}

// errNoHead: the one row that the migrations insert is gone.
var errNoHead = errors.New("table head has no row; restore the database from a backup")

// commitTime bounds a commit, and then finding out about it, when the caller's
// context has no deadline.
const commitTime = 10 * time.Second

// finishing returns a context for work that must not be cut short because the
// caller went away. It keeps the caller's deadline but not its cancellation.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(commitTime)
	}
	return context.WithDeadline(context.WithoutCancel(ctx), deadline)
}
