package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/instar-registry/instar/migrations"
	"github.com/instar-registry/instar/store/internal/failpoint"
	"github.com/instar-registry/instar/store/internal/sqllog"
)

// readers is the size of the reading pool. Reads are rare (start, texts,
// misses), since the service answers from memory.
const readers = 4

// database implements sqllog.DB.
type database struct {
	write  *sql.DB // one connection; nil when read-only
	writer *writer // holds that connection once it was used
	read   *sql.DB
	lock   *lockFile // nil when read-only
	warn   func(string)
}

func (db *database) open(ctx context.Context, c Config) error {
	var err error
	if db.read, err = sql.Open("sqlite", dsn(c.Path, "ro", "_query_only", "1")); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	if c.ReadOnly {
		return db.read.PingContext(ctx)
	}
	db.write, err = sql.Open("sqlite", dsn(c.Path, "rw",
		"_pragma", "journal_mode(WAL)", "_pragma", "synchronous(FULL)", "_pragma", "foreign_keys(1)"))
	if err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	db.write.SetMaxIdleConns(1)
	db.writer = newWriter(db.write)
	return db.checkSettings(ctx)
}

// dsn writes the path as a URI, in which SQLite takes "?", "#" and "%" of a file
// name only escaped.
func dsn(path, mode string, pairs ...string) string {
	q := url.Values{"mode": {mode}, "_pragma": {"busy_timeout(5000)"}, "_txlock": {"immediate"}}
	for i := 0; i < len(pairs); i += 2 {
		q.Add(pairs[i], pairs[i+1])
	}
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?" + q.Encode()
}

// checkSettings makes sure that what durability rests on is really so; SQLite
// answers a PRAGMA it cannot fulfil with the old value and no error.
func (db *database) checkSettings(ctx context.Context) error {
	for _, s := range []struct{ pragma, want, why string }{
		{"journal_mode", "wal", "the file system has no shared memory, as network ones do not"},
		{"synchronous", "2", "an acknowledged write could be lost"},
		{"foreign_keys", "1", "the guard tables would not guard"},
	} {
		var got string
		if err := db.write.QueryRowContext(ctx, "PRAGMA "+s.pragma).Scan(&got); err != nil {
			return tag(ctx, err)
		}
		if got != s.want {
			return fmt.Errorf("PRAGMA %s is %q and not %q: %s", s.pragma, got, s.want, s.why)
		}
	}
	return nil
}

// ready brings the database into the state that the log expects.
func (db *database) ready(ctx context.Context, c Config) error {
	if db.lock != nil && db.lock.unclean {
		db.warn(fmt.Sprintf("the server was not stopped cleanly the last time; checking %s", c.Path))
		if err := db.check(ctx); err != nil {
			return err
		}
		db.lock.unclean = false
	}
	if !c.ReadOnly && !c.NoMigrate {
		return db.migrate(ctx)
	}
	n, err := migrations.Pending(ctx, db.read, migrations.SQLite)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d migrations are pending; run \"registry db migrate\"", n)
	}
	return err
}

func (db *database) migrate(ctx context.Context) error {
	failpoint.Hit(failpoint.MigrateBefore)
	if err := migrations.Up(ctx, db.write, migrations.SQLite); err != nil {
		return err
	}
	failpoint.Hit(failpoint.MigrateAfter)
	return nil
}

// check runs SQLite's own checks of the file.
func (db *database) check(ctx context.Context) error {
	var found []string
	for _, pragma := range []string{"integrity_check", "foreign_key_check"} {
		lines, err := db.firstColumn(ctx, "PRAGMA "+pragma)
		var state *sqllog.StateError
		switch {
		case errors.As(err, &state) && state.State == "XX001":
			lines = append(lines, state.Error())
		case err != nil:
			return fmt.Errorf("check the database: %w", err)
		}
		for _, line := range lines {
			if line != "ok" {
				found = append(found, pragma+": "+line)
			}
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("the database is damaged; restore it from a backup: %s", strings.Join(found, "; "))
	}
	return nil
}

// firstColumn returns the first column of all rows, and those before an error.
func (db *database) firstColumn(ctx context.Context, text string) (out []string, err error) {
	rows, err := db.write.QueryContext(ctx, text)
	if err != nil {
		return nil, tag(ctx, err)
	}
	defer func() { err = errors.Join(tag(ctx, err), rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	dest := make([]any, len(names))
	var first sql.NullString
	for i := range dest {
		dest[i] = new(any)
	}
	dest[0] = &first
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return out, err
		}
		out = append(out, first.String)
	}
	return out, rows.Err()
}

// Close closes both pools, which folds the WAL into the file, and then marks
// the stop as clean.
func (db *database) Close() error {
	var errs []error
	if db.writer != nil {
		errs = append(errs, db.writer.close())
	}
	for _, pool := range []*sql.DB{db.read, db.write} { // the writer last: it can checkpoint
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.lock != nil {
		errs = append(errs, db.lock.release(errors.Join(errs...) == nil))
	}
	return errors.Join(errs...)
}
