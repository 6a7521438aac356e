package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/instar-registry/instar/store/internal/sqllog"
)

var _ sqllog.DB = (*database)(nil)

// errReadOnly: the log was opened for a tool.
var errReadOnly = &sqllog.StateError{State: "25006", Cause: errors.New("the database was opened read-only")}

// Write takes the one writing connection and begins. There is no connection to
// lose, so fresh makes no difference.
func (db *database) Write(ctx context.Context, _ bool, first ...sqllog.Read) (sqllog.Tx, error) {
	if db.writer == nil {
		return nil, errReadOnly
	}
	if err := db.writer.take(ctx); err != nil {
		return nil, tag(ctx, err)
	}
	t := &transaction{w: db.writer}
	// Only here may another process hold the lock, and a wait must end with ctx.
	if _, err := t.w.exec(ctx, "BEGIN IMMEDIATE", nil); err != nil {
		t.Rollback()
		return nil, tag(ctx, err)
	}
	for _, r := range first {
		if err := t.Query(ctx, r.SQL, r.Args, r.Row); err != nil {
			t.Rollback()
			return nil, err
		}
	}
	return t, nil
}

func (db *database) Query(ctx context.Context, text string, args []any, row func(sqllog.Scan) error) error {
	rows, err := db.read.QueryContext(ctx, text, args...)
	if err != nil {
		return tag(ctx, err)
	}
	return each(ctx, rows, row)
}

func each(ctx context.Context, rows *sql.Rows, row func(sqllog.Scan) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return tag(ctx, rows.Err())
}

// transaction is driven by statements and not by database/sql, whose Tx gives a
// connection back after a failed COMMIT although the transaction is still open.
//
// Its statements are short, and the lock is held, so ctx is asked before each
// and does not interrupt one: the driver would need a goroutine for that.
type transaction struct{ w *writer }

func (t *transaction) Query(ctx context.Context, text string, args []any, row func(sqllog.Scan) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	rows, err := t.w.query(ctx, text, args)
	if err != nil {
		return tag(ctx, err)
	}
	return each(ctx, rows, row)
}

func (t *transaction) Batch(ctx context.Context, stmts []sqllog.Stmt) (int, error) {
	for i, s := range stmts {
		if err := ctx.Err(); err != nil {
			return i, err
		}
		result, err := t.w.exec(context.WithoutCancel(ctx), s.SQL, s.Args)
		if err != nil {
			return i, tag(ctx, err)
		}
		if !s.Guarded {
			continue
		}
		n, err := result.RowsAffected()
		if err != nil {
			return i, tag(ctx, err)
		}
		if err := s.Check(n); err != nil {
			return i, err
		}
	}
	return len(stmts), nil
}

func (t *transaction) Finish(ctx context.Context, stmts []sqllog.Stmt) (int, error) {
	if i, err := t.Batch(ctx, stmts); err != nil {
		return i, err
	}
	return len(stmts), t.Commit(ctx)
}

func (t *transaction) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := t.w.exec(context.WithoutCancel(ctx), "COMMIT", nil); err != nil {
		return tag(ctx, err)
	}
	t.release()
	return nil
}

// Rollback must leave a connection without a transaction, or none.
func (t *transaction) Rollback() {
	if t.w == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := t.w.exec(ctx, "ROLLBACK", nil)
	if err != nil && !strings.Contains(err.Error(), "no transaction is active") {
		t.w.drop()
	}
	t.release()
}

func (t *transaction) release() {
	t.w.give()
	t.w = nil
}
