package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/instar-registry/instar/store/internal/sqllog"
)

// database implements sqllog.DB.
type database struct {
	pool     *pgxpool.Pool
	settings map[string]string // of each transaction; nil if the session has them
}

var _ sqllog.DB = (*database)(nil)

func (db *database) Close() error {
	db.pool.Close()
	return nil
}

// Write begins a transaction. A connection of the pool may have died since it
// was last used, which shows only now and harms nothing, so one more is tried.
func (db *database) Write(ctx context.Context, fresh bool, first ...sqllog.Read) (sqllog.Tx, error) {
	if fresh {
		db.pool.Reset() // those in the pool may be as lost as the one that was
	}
	t, begun, err := db.begin(ctx, first)
	if lost(err) && !begun {
		db.pool.Reset()
		t, _, err = db.begin(ctx, first)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// begin says the isolation level each time, because under a SERIALIZABLE default
// the head update would fail instead of wait. BEGIN and the first statements
// travel together. begun tells that a row has been seen.
func (db *database) begin(ctx context.Context, first []sqllog.Read) (t *transaction, begun bool, err error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, false, tag(err, nil)
	}
	t = &transaction{conn: conn, pool: db.pool}
	batch := &pgx.Batch{}
	batch.Queue("begin isolation level read committed read write")
	for name, value := range db.settings {
		batch.Queue("SELECT set_config($1, $2, true)", name, value)
	}
	for _, r := range first {
		batch.Queue(r.SQL, r.Args...)
	}
	results := conn.SendBatch(ctx, batch)
	begun, err = t.readFirst(results, 1+len(db.settings), first)
	if closed := results.Close(); err == nil {
		err = t.tag(closed)
	}
	if err != nil {
		t.Rollback()
		return nil, begun, err
	}
	return t, false, nil
}

// readFirst takes the answers to a beginning: those of statements without rows,
// then the caller's.
func (t *transaction) readFirst(results pgx.BatchResults, silent int, first []sqllog.Read) (begun bool, err error) {
	for range silent {
		if _, err := results.Exec(); err != nil {
			return false, t.tag(err)
		}
	}
	for _, r := range first {
		rows, err := results.Query()
		if err != nil {
			return begun, t.tag(err)
		}
		err = each(rows, t.conn.Conn(), func(scan sqllog.Scan) error {
			begun = true
			return r.Row(scan)
		})
		if err != nil {
			resetOn(t.pool, err)
			return begun, err
		}
	}
	return begun, nil
}

// Query asks once more, on a new connection, if the one it got turns out to be
// dead before the first row.
func (db *database) Query(ctx context.Context, text string, args []any, row func(sqllog.Scan) error) error {
	begun := false
	first := func(scan sqllog.Scan) error {
		begun = true
		return row(scan)
	}
	err := db.query(ctx, text, args, first)
	if lost(err) && !begun {
		db.pool.Reset()
		err = db.query(ctx, text, args, first)
	}
	return err
}

func (db *database) query(ctx context.Context, text string, args []any, row func(sqllog.Scan) error) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return tag(err, nil)
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, text, args...)
	if err != nil {
		return db.seen(tag(err, conn.Conn()))
	}
	return db.seen(each(rows, conn.Conn(), row))
}

// lost says that a connection has ended, by the server's word or without one.
func lost(err error) bool {
	var s *sqllog.StateError
	return errors.As(err, &s) && (s.State == sqllog.StateConnectionLost || s.State == "57P01")
}

// seen empties the pool after an error that its other connections would meet
// too: the server has become read-only, or is going away.
func (db *database) seen(err error) error {
	resetOn(db.pool, err)
	return err
}

func resetOn(pool *pgxpool.Pool, err error) {
	var s *sqllog.StateError
	if errors.As(err, &s) && (s.State == "25006" || s.State == "57P01") {
		pool.Reset()
	}
}

func each(rows pgx.Rows, conn *pgx.Conn, row func(sqllog.Scan) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return tag(rows.Err(), conn)
}

// transaction is driven by statements, so that its beginning and its end travel
// with others.
type transaction struct {
	conn *pgxpool.Conn
	pool *pgxpool.Pool
}

func (t *transaction) tag(err error) error {
	if t.conn == nil {
		return tag(err, nil)
	}
	err = tag(err, t.conn.Conn())
	resetOn(t.pool, err)
	return err
}

func (t *transaction) Query(ctx context.Context, text string, args []any, row func(sqllog.Scan) error) error {
	rows, err := t.conn.Query(ctx, text, args...)
	if err != nil {
		return t.tag(err)
	}
	err = each(rows, t.conn.Conn(), row)
	resetOn(t.pool, err)
	return err
}

// Batch sends all statements in one round trip.
func (t *transaction) Batch(ctx context.Context, stmts []sqllog.Stmt) (failed int, err error) {
	results := t.send(ctx, stmts)
	defer func() {
		if closed := results.Close(); closed != nil && err == nil {
			failed, err = len(stmts)-1, t.tag(closed)
		}
	}()
	for i, s := range stmts {
		done, err := results.Exec()
		if err != nil {
			return i, t.tag(err)
		}
		if err := s.Check(done.RowsAffected()); err != nil {
			return i, err
		}
	}
	return len(stmts), nil
}

func (t *transaction) send(ctx context.Context, stmts []sqllog.Stmt, more ...string) pgx.BatchResults {
	batch := &pgx.Batch{}
	for _, s := range stmts {
		batch.Queue(s.SQL, s.Args...)
	}
	for _, text := range more {
		batch.Queue(text)
	}
	return t.conn.SendBatch(ctx, batch)
}

// Finish sends the statements and COMMIT in one round trip. The server skips
// what follows a statement that failed, so COMMIT runs only after all of them.
func (t *transaction) Finish(ctx context.Context, stmts []sqllog.Stmt) (int, error) {
	results := t.send(ctx, stmts, "commit")
	for i := range stmts {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // says the same again
			if !refused(err) {
				i = len(stmts) // COMMIT is under way, and nobody knows how far it came
			}
			return i, t.tag(err)
		}
	}
	err := committed(results.Exec())
	if closed := results.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return len(stmts), t.tag(err)
	}
	t.release()
	return len(stmts), nil
}

// refused says that the server answered a statement with an error and goes on.
func refused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Severity == "ERROR"
}

// committed looks at the answer to COMMIT, which a server gives to a transaction
// that has failed too, having rolled it back.
func committed(answer pgconn.CommandTag, err error) error {
	if err == nil && answer.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return err
}

func (t *transaction) Commit(ctx context.Context) error {
	if err := committed(t.conn.Exec(ctx, "commit")); err != nil {
		return t.tag(err)
	}
	t.release()
	return nil
}

// idle is the state of a connection without a transaction.
const idle = 'I'

// Rollback gives back the connection; the pool throws away one that is closed or
// still in a transaction.
func (t *transaction) Rollback() {
	if t.conn == nil {
		return
	}
	if conn := t.conn.Conn(); !conn.IsClosed() && conn.PgConn().TxStatus() != idle {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := conn.Exec(ctx, "rollback"); err != nil {
			_ = conn.Close(ctx) // that rolls back too
		}
	}
	t.release()
}

func (t *transaction) release() {
	t.conn.Release()
	t.conn = nil
}

// tag gives an error its SQLSTATE. What has none is a lost or refused
// connection if the connection is closed or there never was one.
func tag(err error, conn *pgx.Conn) error {
	if err == nil {
		return nil
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return &sqllog.StateError{State: pg.Code, Constraint: pg.ConstraintName, Cause: err}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if conn == nil || conn.IsClosed() || errors.Is(err, pgx.ErrTxCommitRollback) {
		return &sqllog.StateError{State: sqllog.StateConnectionLost, Cause: err}
	}
	return err
}
