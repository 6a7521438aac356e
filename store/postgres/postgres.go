// Package postgres keeps the log in PostgreSQL, which any number of servers may
// share. It is the only package that knows PostgreSQL's driver.
//
// Every connection is checked before it is used: version, encoding, that the
// server is the writable primary, and that it does not lie about durability.
// Servers tell each other about appends by NOTIFY; that is a hint, and polling
// finds everything without it. No advisory locks, sequences or session state
// are used, so the log also works behind a transaction pooler.
package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/instar-registry/instar/migrations"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
	"github.com/instar-registry/instar/store/internal/sqllog"
)

// Config says where the database is and how to treat it. Zero values mean the
// defaults named at each field.
type Config struct {
	DSN              string        // URL or key=value, as libpq reads it
	MaxConns         int           // 10
	ConnectTimeout   time.Duration // 5 s
	LockTimeout      time.Duration // 5 s
	StatementTimeout time.Duration // 10 s
	// NoListen does without the connection that listens for appends of other
	// servers; they are then found by polling.
	NoListen bool
	// Pooler is for a transaction pooler between here and the database: no
	// named statements, no session settings, no listening.
	Pooler bool
	// AllowUnsafe accepts a server that may lose acknowledged writes.
	AllowUnsafe bool
	// NoMigrate refuses a database with pending migrations instead of running
	// them.
	NoMigrate bool
	// Warn receives sentences for the operator. It may be nil. It may be called
	// from several goroutines, as connections come and go.
	Warn func(text string)

	hook sqllog.Hook // tests inject faults here
}

func (c Config) withDefaults() Config {
	if c.MaxConns == 0 {
		c.MaxConns = 10
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.ConnectTimeout, 5 * time.Second},
		{&c.LockTimeout, 5 * time.Second},
		{&c.StatementTimeout, 10 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	return c
}

// Stats is what the store counts.
type Stats = sqllog.Stats

// Log is the log in a PostgreSQL database. It implements [registry.Log].
type Log struct {
	*sqllog.Log
	pool   *pgxpool.Pool
	listen *listener // nil without listening
}

var _ registry.Log = (*Log)(nil)

// Open connects, checks the server, runs pending migrations and begins to
// listen. Several servers may do so at once, also on an empty database.
func Open(ctx context.Context, c Config) (*Log, error) {
	c = c.withDefaults()
	config, err := poolConfig(c)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, c, config); err != nil {
		return nil, fmt.Errorf("open the PostgreSQL database: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the PostgreSQL database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open the PostgreSQL database: %w", err)
	}
	db := &database{pool: pool}
	if c.Pooler {
		db.settings = settings(c)
	}
	self := rand.Text()
	log := &Log{
		Log:  sqllog.New(db, sqllog.Options{Notify: "SELECT pg_notify('" + channel + "', '" + self + "')", Hook: c.hook}),
		pool: pool,
	}
	if !c.NoListen && !c.Pooler {
		log.listen = startListener(config.ConnConfig, log.Log, self, c.Warn)
	}
	failpoint.Hit(failpoint.OpenReady)
	return log, nil
}

// Close ends waiting calls, the listening and all connections.
func (l *Log) Close() error {
	if l.listen != nil {
		l.listen.stop()
	}
	return l.Log.Close()
}

// Stats returns the counters and the state of the connections.
func (l *Log) Stats() Stats {
	s, p := l.Log.Stats(), l.pool.Stat()
	s.ConnectionsInUse = int(p.AcquiredConns())
	s.ConnectionsIdle = int(p.IdleConns())
	s.ConnectionsMax = int(p.MaxConns())
	s.Listening = l.listen != nil && l.listen.up.Load()
	return s
}

// Migrate runs pending migrations and reports the state of all.
func Migrate(ctx context.Context, c Config) ([]migrations.Status, error) {
	return administer(ctx, c, func(db *sql.DB) ([]migrations.Status, error) {
		if err := migrate(ctx, db); err != nil {
			return nil, err
		}
		return migrations.List(ctx, db, migrations.PostgreSQL)
	})
}

// Status reports the state of all migrations without changing anything.
func Status(ctx context.Context, c Config) ([]migrations.Status, error) {
	return administer(ctx, c, func(db *sql.DB) ([]migrations.Status, error) {
		return migrations.List(ctx, db, migrations.PostgreSQL)
	})
}

func administer(ctx context.Context, c Config, do func(*sql.DB) ([]migrations.Status, error)) ([]migrations.Status, error) {
	c = c.withDefaults()
	config, err := poolConfig(c)
	if err != nil {
		return nil, err
	}
	db := forMigrations(c, config)
	list, err := do(db)
	if err != nil {
		err = fmt.Errorf("open the PostgreSQL database: %w", err)
	}
	return list, errors.Join(err, db.Close())
}

// prepare brings the schema into the state that the log expects.
func prepare(ctx context.Context, c Config, config *pgxpool.Config) (err error) {
	db := forMigrations(c, config)
	defer func() { err = errors.Join(err, db.Close()) }()
	if !c.NoMigrate {
		return migrate(ctx, db)
	}
	n, err := migrations.Pending(ctx, db, migrations.PostgreSQL)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d migrations are pending; run \"registry db migrate\"", n)
	}
	return err
}

func migrate(ctx context.Context, db *sql.DB) error {
	if err := db.PingContext(ctx); err != nil { // or the check of the server would drown in a later error
		return err
	}
	failpoint.Hit(failpoint.MigrateBefore)
	if err := migrations.Up(ctx, db, migrations.PostgreSQL); err != nil {
		return err
	}
	failpoint.Hit(failpoint.MigrateAfter)
	return nil
}

// forMigrations is the same server over database/sql, which the migrations
// need. It has more than one connection because the migration lock is renewed
// beside the migration, and no statement timeout, which a long one would meet.
func forMigrations(c Config, config *pgxpool.Config) *sql.DB {
	cc := config.ConnConfig.Copy()
	delete(cc.RuntimeParams, "statement_timeout")
	db := stdlib.OpenDB(*cc, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return checkServer(ctx, conn, c)
	}))
	db.SetMaxOpenConns(4)
	return db
}
