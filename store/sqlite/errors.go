package sqlite

import (
	"context"
	"errors"
	"strings"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/instar-registry/instar/store/internal/sqllog"
)

// states translates SQLite's result codes: extended ones first, then primary
// ones, which are the lowest byte.
var states = map[int]string{
	codes.SQLITE_CONSTRAINT_UNIQUE:     "23505",
	codes.SQLITE_CONSTRAINT_PRIMARYKEY: "23505",
	codes.SQLITE_CONSTRAINT_FOREIGNKEY: "23503",
	codes.SQLITE_CONSTRAINT_CHECK:      "23514",
	codes.SQLITE_CONSTRAINT_NOTNULL:    "23502",
	codes.SQLITE_CONSTRAINT:            "23000",

	codes.SQLITE_BUSY:      "55P03", // lock_not_available
	codes.SQLITE_LOCKED:    "55P03",
	codes.SQLITE_FULL:      "53100", // disk_full
	codes.SQLITE_NOMEM:     "53200", // out_of_memory
	codes.SQLITE_IOERR:     "58030", // io_error
	codes.SQLITE_CANTOPEN:  "58030",
	codes.SQLITE_READONLY:  "25006", // read_only_sql_transaction
	codes.SQLITE_INTERRUPT: "57014", // query_canceled
	codes.SQLITE_PERM:      "42501", // insufficient_privilege
	codes.SQLITE_AUTH:      "42501",
	codes.SQLITE_CORRUPT:   "XX001", // data_corrupted
	codes.SQLITE_NOTADB:    "XX001",
}

// tag gives an error of the driver its SQLSTATE. An interruption is reported as
// what the context says, if that was the reason.
func tag(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var e *driver.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Code() == codes.SQLITE_INTERRUPT && ctx.Err() != nil {
		return ctx.Err()
	}
	state, ok := states[e.Code()]
	if !ok {
		state, ok = states[e.Code()&0xff]
	}
	if !ok {
		state = "XX000" // internal_error
	}
	return &sqllog.StateError{State: state, Constraint: constraint(e.Error()), Cause: err}
}

// constraint cuts what was violated out of a text such as "constraint failed:
// CHECK constraint failed: head_is_one_row (275)". SQLite names a foreign key
// by nothing at all.
func constraint(text string) string {
	if strings.Contains(text, "FOREIGN KEY") {
		return "a foreign key"
	}
	i := strings.LastIndex(text, "constraint failed: ")
	if i < 0 {
		return "a constraint"
	}
	name, _, _ := strings.Cut(text[i+len("constraint failed: "):], " (")
	return name
}
