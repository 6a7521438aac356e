package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// writer is the one writing connection with its prepared statements. It belongs
// to whoever has taken it.
type writer struct {
	pool  *sql.DB
	free  chan struct{} // holds a value while nobody has it
	conn  *sql.Conn     // nil until it is used, and after one was dropped
	stmts map[string]*sql.Stmt
}

func newWriter(pool *sql.DB) *writer {
	w := &writer{pool: pool, free: make(chan struct{}, 1)}
	w.free <- struct{}{}
	return w
}

// take waits until nobody else has the writer.
func (w *writer) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-w.free:
	case <-ctx.Done():
		return ctx.Err()
	}
	if w.conn != nil {
		return nil
	}
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		w.give()
		return err
	}
	w.conn, w.stmts = conn, map[string]*sql.Stmt{}
	return nil
}

// taken tells whether somebody has the writer.
func (w *writer) taken() bool { return len(w.free) == 0 }

func (w *writer) give() { w.free <- struct{}{} }

// prepared returns a statement, prepared at its first use. Their texts are few,
// since what varies is in their arguments.
func (w *writer) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := w.stmts[text]; s != nil {
		return s, nil
	}
	if w.conn == nil {
		return nil, driver.ErrBadConn // dropped before
	}
	s, err := w.conn.PrepareContext(ctx, text)
	if err == nil {
		w.stmts[text] = s
	}
	return s, err
}

func (w *writer) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	s, err := w.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (w *writer) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	s, err := w.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// drop closes a connection of which it is not known whether a transaction is
// open; the pool forgets one whose user calls it bad.
func (w *writer) drop() {
	for _, s := range w.stmts {
		_ = s.Close() // the connection ends with them
	}
	if w.conn != nil {
		_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
		_ = w.conn.Close()
	}
	w.conn, w.stmts = nil, nil
}

// close gives the connection back to the pool, which is about to be closed.
// Nobody may have it any more.
func (w *writer) close() error {
	if w.conn == nil {
		return nil
	}
	for _, s := range w.stmts {
		_ = s.Close() // closing the connection finalises what is left
	}
	err := w.conn.Close()
	w.conn, w.stmts = nil, nil
	return err
}
