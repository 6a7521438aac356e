// Package sqlite keeps the log in one SQLite file: the store of a single server
// that needs no other. It is the only package that knows SQLite's driver.
//
// Durability is WAL with synchronous=FULL, so an acknowledged append survives
// kill -9 and a power cut. All writes go through one connection and BEGIN
// IMMEDIATE; reads have a small pool of their own and never wait for a writer.
// A lock file beside the database keeps a second server out, because two would
// each serve from memory what the other does not know. Tools open read-only.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/instar-registry/instar/migrations"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
	"github.com/instar-registry/instar/store/internal/sqllog"
)

// Config says which file to open and how.
type Config struct {
	// Path of the database file. It is created, with mode 0600, if it is
	// missing; its directory is not.
	Path string
	// ReadOnly opens for tools, also beside a running server: no lock, no
	// migrations, and every write answers ErrUnavailable.
	ReadOnly bool
	// NoMigrate refuses a database with pending migrations instead of running
	// them.
	NoMigrate bool
	// Warn receives sentences for the operator: a network file system, a check
	// after an unclean stop. It may be nil.
	Warn func(text string)

	hook   sqllog.Hook // tests inject faults here
	shared bool        // tests of several nodes on one file: no lock file
}

// Stats is what the store counts.
type Stats = sqllog.Stats

// Log is the log in a SQLite file. It implements [registry.Log].
type Log struct {
	*sqllog.Log
	db *database
}

var _ registry.Log = (*Log)(nil)

// Open opens the file, which includes the check of an unclean stop and pending
// migrations. The caller must Close the log, since that marks the stop as clean.
func Open(ctx context.Context, c Config) (*Log, error) {
	db, err := openDatabase(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the SQLite database %s: %w", c.Path, err)
	}
	if err := db.ready(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("open the SQLite database %s: %w", c.Path, err), db.Close())
	}
	failpoint.Hit(failpoint.OpenReady)
	return &Log{Log: sqllog.New(db, sqllog.Options{Hook: c.hook}), db: db}, nil
}

// Migrate runs pending migrations and reports the state of all. The server must
// not be running.
func Migrate(ctx context.Context, c Config) ([]migrations.Status, error) {
	c.ReadOnly = false
	return administer(ctx, c, func(db *database) ([]migrations.Status, error) {
		if err := db.migrate(ctx); err != nil {
			return nil, err
		}
		return migrations.List(ctx, db.write, migrations.SQLite)
	})
}

// Status reports the state of all migrations without changing anything.
func Status(ctx context.Context, c Config) ([]migrations.Status, error) {
	c.ReadOnly = true
	return administer(ctx, c, func(db *database) ([]migrations.Status, error) {
		return migrations.List(ctx, db.read, migrations.SQLite)
	})
}

func administer(ctx context.Context, c Config, do func(*database) ([]migrations.Status, error)) ([]migrations.Status, error) {
	db, err := openDatabase(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the SQLite database %s: %w", c.Path, err)
	}
	list, err := do(db)
	return list, errors.Join(err, db.Close())
}

// Stats returns the counters and the state of the connections.
func (l *Log) Stats() Stats {
	s, p := l.Log.Stats(), l.db.read.Stats()
	s.ConnectionsInUse, s.ConnectionsIdle, s.ConnectionsMax = p.InUse, p.Idle, p.MaxOpenConnections
	if l.db.writer != nil {
		s.ConnectionsMax++
		if l.db.writer.taken() {
			s.ConnectionsInUse++
		} else {
			s.ConnectionsIdle++
		}
	}
	return s
}

// openDatabase takes the lock and opens the file without looking into it.
func openDatabase(ctx context.Context, c Config) (*database, error) {
	if err := prepareFile(c); err != nil {
		return nil, err
	}
	db := &database{warn: c.Warn}
	if db.warn == nil {
		db.warn = func(string) {}
	}
	if name, ok := networkFileSystem(filepath.Dir(c.Path)); ok {
		db.warn(fmt.Sprintf("%s is on a network file system (%s), on which SQLite's locks are not reliable; "+
			"use a local disk, or PostgreSQL", c.Path, name))
	}
	if !c.ReadOnly && !c.shared {
		lock, err := takeLock(c.Path + ".lock")
		if err != nil {
			return nil, err
		}
		db.lock = lock
		failpoint.Hit(failpoint.OpenLocked)
	}
	if err := db.open(ctx, c); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// prepareFile creates an empty file with narrow permissions, which SQLite then
// gives to its WAL too: the log holds the hashes of access tokens.
func prepareFile(c Config) error {
	switch {
	case c.Path == "":
		return errors.New("the path is empty; set storage.sqlite.path")
	case c.Path == ":memory:":
		return errors.New("the path is :memory:, which would be a file of that name; use storage.driver memory")
	}
	if _, err := os.Stat(c.Path); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if c.ReadOnly {
		return fmt.Errorf("%w; a read-only open does not create it", os.ErrNotExist)
	}
	f, err := os.OpenFile(c.Path, os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the directory %s does not exist; create it", filepath.Dir(c.Path))
	}
	if err != nil {
		return err
	}
	return f.Close()
}
