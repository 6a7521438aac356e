package chaos

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
	"github.com/instar-registry/instar/internal/pgtest"
)

var (
	races = flag.Int("chaos.races", 216, "races of incompatible pairs in all, spread over nodes, formats and levels")
	kills = flag.Int("chaos.kills", 24, "kills per engine")
	bug   = flag.String("chaos.plant", "", "bug to plant in the registries; then a test that stays green is broken")
	seed  = flag.Uint64("chaos.seed", 0, "seed of the kill test; 0 takes one from the clock and prints it")
)

// programs is where the built registries lie.
var programs string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "instar-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for the registry program:", err)
		return 2
	}
	defer os.RemoveAll(dir)
	programs = dir
	return pgtest.Main(m)
}

// released is the registry as users run it, failing the one that a failpoint
// can kill. Each is built at most once for a run.
var (
	released = sync.OnceValues(func() (string, error) { return build() })
	failing  = sync.OnceValues(func() (string, error) { return build("failpoint") })
)

func build(tags ...string) (string, error) {
	if *bug != "" {
		tags = append(tags, "plant")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	return nodetest.Build(ctx, programs, tags...)
}

func program(t *testing.T, get func() (string, error)) string {
	t.Helper()
	bin, err := get()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// withBug adds the bug that the registries of this run have, if any.
func withBug(env map[string]string) map[string]string {
	if *bug != "" {
		env["INSTAR_PLANT"] = *bug
	}
	return env
}

// onSQLite and onPostgres are the settings of nodes on an empty store. The
// cluster that the tests share runs without fsync, since only the registry is
// killed and never the machine; a node refuses that unless told.
func onSQLite(t *testing.T) map[string]string {
	return withBug(map[string]string{
		"INSTAR_STORAGE_DRIVER":      "sqlite",
		"INSTAR_STORAGE_SQLITE_PATH": t.TempDir() + "/chaos.db",
	})
}

func onPostgres(t *testing.T) map[string]string {
	t.Helper()
	return withBug(map[string]string{
		"INSTAR_STORAGE_DRIVER":                "postgres",
		"INSTAR_STORAGE_POSTGRES_DSN":          pgtest.Database(t),
		"INSTAR_STORAGE_POSTGRES_ALLOW_UNSAFE": "true",
	})
}

// start runs a node until the test ends.
func start(t *testing.T, env map[string]string) *nodetest.Node {
	t.Helper()
	bin := program(t, released) // may take long; the time to start begins after it
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	n, err := nodetest.Start(ctx, nodetest.Options{Binary: bin, Dir: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Kill)
	return n
}

// verify runs "registry verify --deep", which checks the invariants, the hash
// chain, the guards and the compatibility of every version, against a store that
// no server holds.
func verify(t *testing.T, bin string, env map[string]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "verify", "--deep")
	cmd.Env = os.Environ()
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("registry verify --deep: %v\n%s", err, out)
	}
}
