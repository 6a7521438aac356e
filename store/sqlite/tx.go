package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
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
func (db *database) Write(ctx context.Context, _ bool) (sqllog.Tx, error) {
	if db.write == nil {
		return nil, errReadOnly
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, tag(ctx, err)
	}
	t := &transaction{conn: conn}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		t.Rollback()
		return nil, tag(ctx, err)
	}
	return t, nil
}

func (db *database) Query(ctx context.Context, text string, args []any, row func(sqllog.Scan) error) error {
	return query(ctx, db.read, text, args, row)
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func query(ctx context.Context, q queryer, text string, args []any, row func(sqllog.Scan) error) error {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return tag(ctx, err)
	}
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
type transaction struct {
	conn *sql.Conn
}

func (t *transaction) Query(ctx context.Context, text string, args []any, row func(sqllog.Scan) error) error {
	return query(ctx, t.conn, text, args, row)
}

func (t *transaction) Batch(ctx context.Context, stmts []sqllog.Stmt) (int, error) {
	for i, s := range stmts {
		result, err := t.conn.ExecContext(ctx, s.SQL, s.Args...)
		if err != nil {
			return i, tag(ctx, err)
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

func (t *transaction) Commit(ctx context.Context) error {
	if _, err := t.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return tag(ctx, err)
	}
	t.release()
	return nil
}

// Rollback must leave a connection without a transaction, or none.
func (t *transaction) Rollback() {
	if t.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := t.conn.ExecContext(ctx, "ROLLBACK")
	if err != nil && !strings.Contains(err.Error(), "no transaction is active") {
		// The pool drops a connection whose user calls it bad.
		_ = t.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	t.release()
}

func (t *transaction) release() {
	_ = t.conn.Close() // gives it back; it fails only if that has happened
	t.conn = nil
}
