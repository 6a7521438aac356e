package sqllog

import (
	"context"
	"fmt"
	"strings"
)

// DB is a database as the log needs it. Every error that it returns for a
// reason of the database's own is, or wraps, a [*StateError]; errors of the
// context come as they are.
type DB interface {
	// Write begins a write transaction: READ COMMITTED on PostgreSQL, BEGIN
	// IMMEDIATE on SQLite. It then runs the given statements in order, in the
	// same round trip where the driver can; if one fails there is no
	// transaction. fresh asks for a connection that has not been used, after
	// one was lost.
	Write(ctx context.Context, fresh bool, first ...Read) (Tx, error)
	// Query runs one reading statement on the primary and calls row for each
	// row. The scan function is valid during the call only.
	Query(ctx context.Context, sql string, args []any, row func(Scan) error) error
	// Close releases everything; the log calls it once, when nobody else is in.
	Close() error
}

// Tx is a running write transaction. It is used by one goroutine.
type Tx interface {
	Query(ctx context.Context, sql string, args []any, row func(Scan) error) error
	// Batch runs the statements in order, in one round trip where the driver
	// can, and stops at the first that fails or whose [Stmt.Check] does. It
	// returns the index of that statement.
	Batch(ctx context.Context, stmts []Stmt) (int, error)
	// Finish is Batch and then Commit, in one round trip where the driver can.
	// No statement may be one whose rows are counted. The index is that of the
	// statement that failed, or their number if the commit did or if it is not
	// known how far the server came.
	Finish(ctx context.Context, stmts []Stmt) (int, error)
	Commit(ctx context.Context) error
	// Rollback gives the connection back, or throws it away if that is unsure.
	// After Commit it does nothing more than that.
	Rollback()
}

// Scan copies the columns of the current row to *int64, *string and *[]byte.
// Bytes are only valid until the next row.
type Scan func(dest ...any) error

// Read is a statement that begins a transaction.
type Read struct {
	Before, After string // failpoints around it
	What          string // for errors: "lock the head"
	SQL           string
	Args          []any
	Row           func(Scan) error
}

// Stmt is one statement of a batch.
type Stmt struct {
	Point string // failpoint that it passes
	What  string // for errors: "bind id 7 in context \".\""
	SQL   string
	Args  []any
	// Guarded statements must touch exactly one row; otherwise the guard
	// struck, for the reason Miss. All others fail by themselves.
	Guarded bool
	Miss    string
}

// Check says whether a statement that touched so many rows did its work.
func (s Stmt) Check(rows int64) error {
	if s.Guarded && rows != 1 {
		return &GuardError{What: s.What, Constraint: s.Miss}
	}
	return nil
}

// GuardError says that a guard struck: what the caller decided contradicts the
// tables. It is always a bug, of ours or of whoever edited the tables, and
// nothing was written.
type GuardError struct {
	What       string // what was attempted
	Constraint string // what forbids it
	Cause      error  // the database's error, if it has one
}

func (e *GuardError) Error() string {
	return fmt.Sprintf("%s: %s", e.What, e.Constraint)
}

// Unwrap returns the database's error.
func (e *GuardError) Unwrap() error { return e.Cause }

// StateError is an error of the database with its SQLSTATE. SQLite has none of
// its own, so its driver translates.
type StateError struct {
	State      string // five characters
	Constraint string // the name of the constraint, if one was violated
	Cause      error
}

func (e *StateError) Error() string {
	text := e.Cause.Error()
	if strings.Contains(text, "SQLSTATE") { // PostgreSQL's driver says it already
		return text
	}
	return text + " (SQLSTATE " + e.State + ")"
}

// Unwrap returns the driver's error.
func (e *StateError) Unwrap() error { return e.Cause }

// SQLState returns the code, for callers that look for the method.
func (e *StateError) SQLState() string { return e.State }
