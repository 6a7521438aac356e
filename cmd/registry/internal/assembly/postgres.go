package assembly

import (
	"context"
	"log/slog"
	"net/url"
	"strings"

	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/migrations"
	"github.com/instar-registry/instar/store/postgres"
)

func postgresConfig(c *config.Config, logger *slog.Logger) postgres.Config {
	p := &c.Storage.Postgres
	return postgres.Config{
		DSN: p.DSN.Reveal(), MaxConns: p.MaxConns, ConnectTimeout: p.ConnectTimeout, LockTimeout: p.LockTimeout,
		StatementTimeout: p.StatementTimeout, NoListen: !p.Listen, Pooler: p.Pooler, AllowUnsafe: p.AllowUnsafe,
		NoMigrate: !c.Storage.Migrate,
		Warn:      func(text string) { logger.Warn("storage needs attention", "what", text) },
	}
}

func openPostgres(ctx context.Context, c *config.Config, access Access, logger *slog.Logger) (*Store, error) {
	cfg := postgresConfig(c, logger)
	if access == Inspect {
		cfg.NoMigrate, cfg.NoListen = true, true
	}
	l, err := postgres.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &Store{
		Log: l, Description: describePostgres(c.Storage.Postgres.DSN.Reveal()),
		Connections: func() map[string]int {
			s := l.Stats()
			return map[string]int{"in_use": s.ConnectionsInUse, "idle": s.ConnectionsIdle}
		},
	}, nil
}

// describePostgres names host and database of a connection string, never the
// user or the password.
func describePostgres(dsn string) string {
	if u, err := url.Parse(dsn); err == nil && u.Host != "" {
		return "PostgreSQL, " + u.Host + u.Path
	}
	var parts []string
	for _, f := range strings.Fields(dsn) {
		if name, value, ok := strings.Cut(f, "="); ok && (name == "host" || name == "port" || name == "dbname") {
			parts = append(parts, value)
		}
	}
	return strings.TrimSuffix("PostgreSQL, "+strings.Join(parts, " "), ", ")
}

func postgresMigrations(ctx context.Context, c *config.Config, run bool, logger *slog.Logger) ([]migrations.Status, error) {
	if run {
		return postgres.Migrate(ctx, postgresConfig(c, logger))
	}
	return postgres.Status(ctx, postgresConfig(c, logger))
}
