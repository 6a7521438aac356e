//go:build failpoint

package storetest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
)

// ChildVariable tells a test binary that it is the child of [Kill]; its value is
// for the child's way of opening the store.
const ChildVariable = "INSTAR_STORETEST_CHILD"

// oncePoints are passed once per process, so that there is no later visit.
var oncePoints = []string{
	failpoint.OpenLocked, failpoint.OpenReady, failpoint.MigrateBefore, failpoint.MigrateAfter,
}

// Kill starts the test binary again and again as a child that calls [Work], each
// time with kill -9 at another failpoint, and compares the log with what the
// child has acknowledged. test is the name of the calling test, which must call
// Work when [ChildVariable] is set. absent are the failpoints that this store
// does not pass.
func Kill(t *testing.T, test, child string, open func(tb testing.TB) registry.Log, absent ...string) {
	acknowledged, kills := map[string]bool{}, 0
	for _, point := range failpoint.Names() {
		for _, visit := range []int{1, 2, 5} {
			out, killed := runChild(t, test, child, fmt.Sprintf("%s=kill@%d", point, visit))
			if mustDie := !slices.Contains(absent, point) && (visit == 1 || !slices.Contains(oncePoints, point)); killed != mustDie {
				t.Fatalf("visit %d of %s: killed is %v", visit, point, killed)
			}
			if killed {
				kills++
			}
			for line := bufio.NewScanner(bytes.NewReader(out)); line.Scan(); {
				if request, ok := strings.CutPrefix(line.Text(), "acknowledged "); ok {
					acknowledged[request] = true
				}
			}
			t.Run(fmt.Sprintf("%s %d", point, visit), func(t *testing.T) {
				mustHoldAcknowledged(t, open(t), acknowledged, kills)
			})
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d kills at %d points, %d acknowledged records", kills, len(failpoint.Names())-len(absent), len(acknowledged))
	if len(acknowledged) < kills {
		t.Errorf("only %d records were acknowledged over %d kills", len(acknowledged), kills)
	}
}

// mustHoldAcknowledged allows one record per kill that was written and not
// acknowledged.
func mustHoldAcknowledged(t *testing.T, log registry.Log, acknowledged map[string]bool, kills int) {
	t.Helper()
	n := newNode(log)
	if err := n.apply(mustReadAll(t, log)); err != nil {
		t.Fatal(err)
	}
	for request := range acknowledged {
		if n.index[request] == 0 {
			t.Fatalf("%s was acknowledged and is lost", request)
		}
	}
	if extra := len(n.requests) - len(acknowledged); extra > kills {
		t.Fatalf("%d records were not acknowledged after %d kills", extra, kills)
	}
}

func runChild(t *testing.T, test, child, plan string) (out []byte, killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), ChildVariable+"="+child, failpoint.Variable+"="+plan)
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return out, false
	case errors.As(err, &exit) && exit.ExitCode() == -1:
		return out, true
	default:
		t.Fatalf("the child with %s ended with %v:\n%s", plan, err, out)
		return nil, false
	}
}

// Work writes for a while, through every statement that a log has, and prints
// each request once it is acknowledged.
func Work(log registry.Log, out io.Writer) error {
	ctx := context.Background()
	head, err := log.Head(ctx)
	if err != nil {
		return err
	}
	for i := range 8 {
		n := head.Seq + 1
		add := registration(n)
		request := fmt.Sprintf("kill-%d", n)
		add.Entries[0].Request = request
		// The id and the version of a moment, so that all guards are passed.
		brief := registry.Guard{Context: ".brief", Subject: "s", Version: 1, ID: 1, Hash: add.Texts[0].Hash}
		for _, op := range []registry.GuardOp{registry.BindID, registry.AddVersion, registry.DropVersion, registry.ReleaseID} {
			brief.Op = op
			add.Guards = append(add.Guards, brief)
		}
		add.Drop = []registry.Hash{registration(n - 1).Texts[0].Hash}
		records, err := log.Update(ctx, head, func(newer []registry.Record, _ registry.Head) (registry.Append, error) {
			if len(newer) > 0 {
				return registry.Append{}, fmt.Errorf("there are %d newer records and one writer", len(newer))
			}
			return add, nil
		})
		if err != nil {
			return fmt.Errorf("append %d: %w", i, err)
		}
		head.Seq, head.Hash = records[0].Seq, records[0].Hash()
		if _, err := fmt.Fprintln(out, "acknowledged", request); err != nil {
			return err
		}
		if err := log.SaveSnapshot(ctx, registry.Snapshot{Seq: n, Body: []byte(request)}); err != nil {
			return fmt.Errorf("snapshot %d: %w", i, err)
		}
	}
	return log.Close()
}
