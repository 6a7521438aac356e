package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

// The server's two ways of stopping that tests need.
const (
	quitFast   = syscall.SIGINT  // ends the sessions, writes a checkpoint
	quitAtOnce = syscall.SIGQUIT // recovers from its log at the next start
)

// account is an unprivileged user, since PostgreSQL refuses to run as root.
type account struct{ uid, gid uint32 }

// unprivileged returns nil when this process is not root.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &account{uint32(uid), uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("pgtest: the tests run as root, as which PostgreSQL refuses to run, " +
		"and there is neither a user postgres nor nobody; run the tests as another user")
}

func (a *account) own(dir string) error {
	if a == nil {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}

// become makes cmd run as the account, and end when this process does.
func (a *account) become(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT, Setpgid: true}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid, NoSetGroups: false}
	}
}

// reap starts the process and waits for it on one thread, because the kernel
// sends Pdeathsig when the thread that started it ends, not the process.
func reap(cmd *exec.Cmd, begun chan<- error, ended chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(ended)
	err := cmd.Start()
	begun <- err
	if err == nil {
		_ = cmd.Wait() // how it ended is in its log
	}
}
