package chaos

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// TestPlantedBugs proves that the tests of the registry can fail: with each of
// the bugs that can be planted in it, at least one of them must, and without any
// none may.
func TestPlantedBugs(t *testing.T) {
	bugs := constants(t, "../internal/plant/*.go", regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`))
	if len(bugs) < 8 {
		t.Fatalf("only %d bugs can be planted: %q", len(bugs), bugs)
	}
	bin := filepath.Join(programs, "registry-planted.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-tags", "plant", "-o", bin, "../registry")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the tests of the registry: %v\n%s", err, out)
	}
	if out, err := planted(t, bin, ""); err != nil {
		t.Fatalf("without a planted bug the tests of the registry end with %v:\n%s", err, out)
	}
	for _, bug := range bugs {
		t.Run(bug, func(t *testing.T) {
			out, err := planted(t, bin, bug)
			if err == nil || !bytes.Contains(out, []byte("--- FAIL: ")) {
				t.Errorf("no test of the registry fails with this bug (%v):\n%s", err, out)
			}
		})
	}
}

// TestPlantedBugsOverProcesses proves the same of the tests of this package.
func TestPlantedBugsOverProcesses(t *testing.T) {
	for _, c := range []struct{ bug, test string }{
		{"no-second-decide", "TestRaces/two_nodes_on_postgres"},
		{"stale-config", "TestRaces/one_node_on_sqlite/config_and_register"},
		{"wake-applied-twice", "TestIncompatiblePairs/two_nodes_on_postgres"},
		{"version-is-count", "TestKill$/sqlite"},
		{"ack-before-commit", "TestKill$/sqlite"},
	} {
		t.Run(c.bug, func(t *testing.T) {
			// Whether two processes meet at the wrong moment is chance: a few
			// runs are one proof.
			var out []byte
			for range 4 {
				var caught bool
				if out, caught = overProcesses(t, c.bug, c.test); caught {
					return
				}
			}
			t.Errorf("%s stays green with this bug:\n%s", c.test, out)
		})
	}
}

// overProcesses runs one test of this package against a server with one bug
// alive, and reports whether it noticed.
func overProcesses(t *testing.T, bug, test string) ([]byte, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+test, "-chaos.plant="+bug, "-chaos.kills=8", "-chaos.races=720")
	out, err := cmd.CombinedOutput()
	return out, err != nil && bytes.Contains(out, []byte("--- FAIL: "))
}

// planted runs the tests of the registry with one bug alive.
func planted(t *testing.T, bin, bug string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "-test.timeout=90s")
	cmd.Dir = "../registry" // its test data lies there
	cmd.Env = append(os.Environ(), "INSTAR_PLANT="+bug)
	return cmd.CombinedOutput()
}
