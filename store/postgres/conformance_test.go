package postgres_test

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/instar-registry/instar/internal/pgtest"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/postgres"
	"github.com/instar-registry/instar/store/storetest"
)

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) storetest.Store { return store(tb, postgres.Config{}) })
}

// TestConformanceWithPooler uses the settings for a transaction pooler.
func TestConformanceWithPooler(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) storetest.Store { return store(tb, postgres.Config{Pooler: true}) })
}

func store(tb testing.TB, c postgres.Config) storetest.Store {
	c.DSN = pgtest.Database(tb)
	c.AllowUnsafe = true // the tests' cluster runs without fsync
	hooked := func(tb testing.TB, hook func(context.Context, string) error) registry.Log {
		tb.Helper()
		log, err := postgres.OpenHooked(tb.Context(), c, hook)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := log.Close(); err != nil {
				tb.Errorf("close: %v", err)
			}
		})
		return log
	}
	return storetest.Store{
		Open:       func(tb testing.TB) registry.Log { return hooked(tb, nil) },
		OpenHooked: hooked,
		Start:      func(ctx context.Context) (registry.Log, error) { return postgres.Open(ctx, c) },
		Notifies:   !c.Pooler,
		Brief:      c.Pooler,
	}
}

// BenchmarkLog runs on a cluster of its own, which keeps fsync on.
func BenchmarkLog(b *testing.B) {
	cluster, err := pgtest.Start(b.Context(), pgtest.Options{Fsync: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			b.Error(err)
		}
	})
	storetest.Bench(b, func(tb testing.TB) storetest.Store {
		c := postgres.Config{DSN: cluster.Database(tb), MaxConns: 20}
		return storetest.Store{Open: func(tb testing.TB) registry.Log {
			log, err := postgres.Open(tb.Context(), c)
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() { _ = log.Close() })
			return log
		}}
	})
}
