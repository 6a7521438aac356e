//go:build failpoint

package postgres_test

import (
	"os"
	"testing"

	"github.com/instar-registry/instar/internal/pgtest"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
	"github.com/instar-registry/instar/store/postgres"
	"github.com/instar-registry/instar/store/storetest"
)

// TestKill kills a node at each failpoint while the database lives on.
func TestKill(t *testing.T) {
	if dsn := os.Getenv(storetest.ChildVariable); dsn != "" {
		log, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, AllowUnsafe: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := storetest.Work(log, os.Stdout); err != nil {
			t.Fatal(err)
		}
		return
	}
	dsn := pgtest.Database(t)
	storetest.Kill(t, "TestKill", dsn, func(tb testing.TB) registry.Log {
		log, err := postgres.Open(tb.Context(), postgres.Config{DSN: dsn, AllowUnsafe: true})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = log.Close() })
		return log
	}, failpoint.OpenLocked)
}
