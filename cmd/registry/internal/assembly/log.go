package assembly

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/migrations"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
	"github.com/instar-registry/instar/store/sqlite"
)

// Access says what a command needs the store for.
type Access uint8

// The kinds of access.
const (
	// Serve is the server's: it may run migrations and takes the lock.
	Serve Access = iota
	// Inspect only reads, also beside a running server.
	Inspect
)

// Store is an open log with what the drivers add to it.
type Store struct {
	registry.Log
	// Exclusive tells that no other process can write to the log.
	Exclusive bool
	// Connections counts the database connections by state; nil without any.
	Connections func() map[string]int
	// Description names the store without secrets, for the banner.
	Description string
}

// Open opens the log that the configuration names.
func Open(ctx context.Context, c *config.Config, access Access, logger *slog.Logger) (*Store, error) {
	switch c.Storage.Driver {
	case "memory":
		return &Store{Log: memory.New(), Exclusive: true, Description: "memory (nothing is kept when the process ends)"}, nil
	case "sqlite":
		return openSQLite(ctx, c, access, logger)
	case "postgres":
		return openPostgres(ctx, c, access, logger)
	}
	return nil, fmt.Errorf("storage.driver %q is not known", c.Storage.Driver)
}

func sqliteConfig(c *config.Config, access Access, logger *slog.Logger) sqlite.Config {
	return sqlite.Config{
		Path: c.Storage.SQLite.Path, ReadOnly: access == Inspect, NoMigrate: !c.Storage.Migrate,
		Warn: func(text string) { logger.Warn("storage needs attention", "what", text) },
	}
}

func openSQLite(ctx context.Context, c *config.Config, access Access, logger *slog.Logger) (*Store, error) {
	l, err := sqlite.Open(ctx, sqliteConfig(c, access, logger))
	if err != nil {
		return nil, err
	}
	return &Store{
		Log: l, Exclusive: access == Serve, Description: "SQLite, " + c.Storage.SQLite.Path,
		Connections: func() map[string]int {
			s := l.Stats()
			return map[string]int{"in_use": s.ConnectionsInUse, "idle": s.ConnectionsIdle}
		},
	}, nil
}

// Migrations reports the state of the migrations.
func Migrations(ctx context.Context, c *config.Config, logger *slog.Logger) ([]migrations.Status, error) {
	switch c.Storage.Driver {
	case "sqlite":
		return sqlite.Status(ctx, sqliteConfig(c, Inspect, logger))
	case "postgres":
		return postgresMigrations(ctx, c, false, logger)
	}
	return nil, nil // memory has none
}

// Migrate runs the pending migrations and reports the state of all.
func Migrate(ctx context.Context, c *config.Config, logger *slog.Logger) ([]migrations.Status, error) {
	switch c.Storage.Driver {
	case "sqlite":
		return sqlite.Migrate(ctx, sqliteConfig(c, Serve, logger))
	case "postgres":
		return postgresMigrations(ctx, c, true, logger)
	}
	return nil, nil
}
