//go:build failpoint

package failpoint

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	p, err := parse("commit.before=kill,change.insert=kill@17,head.after=sleep:250ms")
	if err != nil {
		t.Fatal(err)
	}
	if a := p[CommitBefore]; a == nil || !a.kill || a.at != 0 {
		t.Errorf("commit.before is %+v", a)
	}
	if a := p[ChangeInsert]; a == nil || !a.kill || a.at != 17 {
		t.Errorf("change.insert is %+v", a)
	}
	if a := p[HeadAfter]; a == nil || a.kill || a.sleep != 250*time.Millisecond {
		t.Errorf("head.after is %+v", a)
	}
	for _, bad := range []string{"commit.before", "a=explode", "a=kill@0", "a=kill@x", "a=sleep:soon"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestKill starts this test binary again, which must die at the second visit.
func TestKill(t *testing.T) {
	if os.Getenv("INSTAR_FAILPOINT_CHILD") != "" {
		Hit(CommitAfter)
		if err := os.WriteFile(os.Getenv("INSTAR_FAILPOINT_CHILD"), []byte("1"), 0o600); err != nil {
			t.Fatal(err)
		}
		Hit(CommitAfter)
		t.Fatal("still alive")
	}
	mark := t.TempDir() + "/first"
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
	child.Env = append(os.Environ(), "INSTAR_FAILPOINT_CHILD="+mark, Variable+"=commit.after=kill@2")
	err := child.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Errorf("the child ended with %v, not by a signal", err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Errorf("the child did not survive the first visit: %v", err)
	}
}
