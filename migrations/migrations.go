// Package migrations holds the SQL files of the log and runs them. The stores
// call it when they open, and the commands "db status" and "db migrate" through
// them.
//
// Migrations go forward only and only add, because the binary of the release
// before must keep working on a newer schema. One dialect serves both engines;
// a statement that only one of them understands must never get in here.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// FS returns the SQL files, named NNNNN_what.sql.
func FS() fs.FS { return files }

// Engine is a database that the files are written for.
type Engine int

// The engines.
const (
	SQLite Engine = iota + 1
	PostgreSQL
)

// VersionTable is the table in which applied migrations are listed.
const VersionTable = "goose_db_version"

// Status is one migration and when it was applied.
type Status struct {
	Version int64
	Name    string
	Applied bool
	At      time.Time // zero if not applied
}

// Up applies what is missing. Several processes may call it at once on
// PostgreSQL, where a lock table with a lease lets one of them work while the
// others wait; on SQLite the caller holds the database's lock file.
//
// Up returns without a lock, and without needing the right to create tables,
// when nothing is missing. A database that is newer than this binary is left
// alone.
func Up(ctx context.Context, db *sql.DB, engine Engine) error {
	return up(ctx, db, engine, files)
}

func up(ctx context.Context, db *sql.DB, engine Engine, from fs.FS) error {
	target, err := newest(db, engine, from)
	if err != nil {
		return err
	}
	if current, err := applied(ctx, db); err == nil && current >= target {
		return nil
	}
	p, err := provider(db, engine, from, true)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// List reports the state of every migration this binary knows. It changes
// nothing, so it may look at a database that was never migrated.
func List(ctx context.Context, db *sql.DB, engine Engine) ([]Status, error) {
	p, err := provider(db, engine, files, false)
	if err != nil {
		return nil, err
	}
	at, err := appliedAll(ctx, db)
	if err != nil {
		return nil, err
	}
	var out []Status
	for _, s := range p.ListSources() {
		when, ok := at[s.Version]
		out = append(out, Status{Version: s.Version, Name: s.Path, Applied: ok, At: when})
	}
	return out, nil
}

// Pending counts the migrations that Up would apply.
func Pending(ctx context.Context, db *sql.DB, engine Engine) (int, error) {
	list, err := List(ctx, db, engine)
	n := 0
	for _, s := range list {
		if !s.Applied {
			n++
		}
	}
	return n, err
}

func provider(db *sql.DB, engine Engine, from fs.FS, locked bool) (*goose.Provider, error) {
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if engine == PostgreSQL {
		dialect = goose.DialectPostgres
		if locked {
			l, err := locker()
			if err != nil {
				return nil, err
			}
			options = append(options, goose.WithLocker(l))
		}
	}
	p, err := goose.NewProvider(dialect, db, from, options...)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}

// locker serialises starters by a lease in a table, since session and advisory
// locks do not survive a transaction pooler. A starter that is killed while it
// holds the lease delays the others by at most its length.
func locker() (lock.Locker, error) {
	l, err := lock.NewPostgresTableLocker(
		lock.WithTableLeaseDuration(15*time.Second),
		lock.WithTableHeartbeatInterval(3*time.Second),
		lock.WithTableLockTimeout(200*time.Millisecond, 1500),
		lock.WithTableUnlockTimeout(200*time.Millisecond, 50),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare the migration lock: %w", err)
	}
	return l, nil
}

func newest(db *sql.DB, engine Engine, from fs.FS) (int64, error) {
	p, err := provider(db, engine, from, false)
	if err != nil {
		return 0, err
	}
	sources := p.ListSources()
	if len(sources) == 0 {
		return 0, errors.New("read the migrations: there are none")
	}
	return sources[len(sources)-1].Version, nil
}

// applied returns the newest version in the version table, and an error if the
// table cannot be read, most likely because it is not there yet.
func applied(ctx context.Context, db *sql.DB) (int64, error) {
	var v sql.NullInt64
	err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM "+VersionTable).Scan(&v)
	return v.Int64, err
}
