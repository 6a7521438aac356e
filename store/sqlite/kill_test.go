//go:build failpoint

package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
	"github.com/instar-registry/instar/store/sqlite"
	"github.com/instar-registry/instar/store/storetest"
)

// TestKill kills a server at each failpoint. Each later start passes the check
// that follows an unclean stop.
func TestKill(t *testing.T) {
	if path := os.Getenv(storetest.ChildVariable); path != "" {
		log := mustOpen(t, sqlite.Config{Path: path})
		if err := storetest.Work(log, os.Stdout); err != nil {
			t.Fatal(err)
		}
		return
	}
	path := filepath.Join(t.TempDir(), "log.db")
	storetest.Kill(t, "TestKill", path, func(tb testing.TB) registry.Log {
		log, err := sqlite.Open(tb.Context(), sqlite.Config{Path: path})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := log.Close(); err != nil {
				tb.Error(err)
			}
		})
		return log
	}, failpoint.Notify)
}
