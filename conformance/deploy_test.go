package conformance

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
	"github.com/instar-registry/instar/internal/pgtest"
)

// registry is the registry program, built once for the run.
var registry string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "instar-conformance-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for the registry program:", err)
		return 2
	}
	defer os.RemoveAll(dir)
	if registry, err = nodetest.Build(ctx, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return pgtest.Main(m)
}

// onEachDeployment runs a test against a fresh registry of every kind.
func onEachDeployment(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, start(t, map[string]string{"INSTAR_STORAGE_DRIVER": "sqlite"}).URL)
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, start(t, onPostgres(t)).URL)
	})
	t.Run("two nodes", func(t *testing.T) {
		test(t, balanced(t, true).URL)
	})
}

// balanced starts two nodes over one PostgreSQL behind a proxy that never gives
// two requests in a row to one of them.
func balanced(t *testing.T, follow bool) *nodetest.Balancer {
	t.Helper()
	env := onPostgres(t)
	b, err := nodetest.NewBalancer(follow, start(t, env), start(t, env))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// onPostgres returns the settings of a node on an empty database. The cluster
// that the tests share runs without fsync, which a node refuses unless told.
func onPostgres(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"INSTAR_STORAGE_DRIVER":                "postgres",
		"INSTAR_STORAGE_POSTGRES_DSN":          pgtest.Database(t),
		"INSTAR_STORAGE_POSTGRES_ALLOW_UNSAFE": "true",
	}
}

// start runs one node until the test ends, then stops it as an operator does:
// a node that does not stop cleanly fails the test.
func start(t *testing.T, env map[string]string) *nodetest.Node {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	n, err := nodetest.Start(ctx, nodetest.Options{Binary: registry, Dir: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := n.Stop(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the log of the registry:\n%s", n.Log())
		}
	})
	return n
}
