//go:build !linux

package pgtest

import (
	"os"
	"os/exec"
	"syscall"
)

// The server's two ways of stopping that tests need.
var (
	quitFast   os.Signal = syscall.SIGINT
	quitAtOnce os.Signal = syscall.SIGQUIT
)

// account is used on Linux only, where tests run as root in containers.
type account struct{}

func unprivileged() (*account, error) { return nil, nil }

func (*account) own(string) error { return nil }

func (*account) become(*exec.Cmd) {}

// reap starts the process and waits for it.
func reap(cmd *exec.Cmd, begun chan<- error, ended chan<- struct{}) {
	defer close(ended)
	err := cmd.Start()
	begun <- err
	if err == nil {
		_ = cmd.Wait() // how it ended is in its log
	}
}
