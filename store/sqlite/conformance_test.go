package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/sqlite"
	"github.com/instar-registry/instar/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	storetest.Run(t, fresh)
}

func fresh(tb testing.TB) storetest.Store {
	c := sqlite.Config{Path: filepath.Join(tb.TempDir(), "log #1?.db")}
	hooked := func(tb testing.TB, hook func(context.Context, string) error) registry.Log {
		tb.Helper()
		log, err := sqlite.OpenShared(tb.Context(), c, hook)
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
		Start:      func(ctx context.Context) (registry.Log, error) { return start(ctx, c) },
	}
}

// start waits until the server before has released the file.
func start(ctx context.Context, c sqlite.Config) (registry.Log, error) {
	for {
		log, err := sqlite.Open(ctx, c)
		if err == nil {
			return log, nil
		}
		if !errors.Is(err, sqlite.ErrLocked) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// BenchmarkLog has one handle, as one file has one server.
func BenchmarkLog(b *testing.B) {
	storetest.Bench(b, func(tb testing.TB) storetest.Store {
		log, err := sqlite.Open(tb.Context(), sqlite.Config{Path: filepath.Join(tb.TempDir(), "log.db")})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = log.Close() })
		return storetest.Store{Open: func(testing.TB) registry.Log { return log }}
	})
}
